/* Answers of a generated model over a pipe, for comparing it with other engines; not part of what is shipped.
 *
 * In, to the end: 32 bits of size (little-endian), then as many bytes of text. Out, for each text: 32 bits of status;
 * where it is 0, float32 logits and probabilities, a byte a class of the decision, and a byte that says whether
 * anything is known. */

#include <stdio.h>
#include <string.h>

#include "tp_.h"

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

/* One byte more than the longest text is enough to be refused; the rest is read and dropped. */
static char text[TP_LONGEST + 1];

static void put_bits(uint32_t bits)
{
    int i;
    for (i = 0; i < 4; i++) putchar((int)(bits >> 8 * i & 255));
}

static void put_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_bits(bits);
}

/* 0 at the end of the input. */
static int get_text(size_t *size)
{
    uint32_t given = 0, i;
    for (i = 0; i < 4; i++) {
        int byte = getchar();
        if (byte == EOF) return 0;
        given |= (uint32_t)byte << 8 * i;
    }
    *size = given < sizeof text ? given : sizeof text;
    if (fread(text, 1, *size, stdin) != *size) return 0;
    for (i = (uint32_t)*size; i < given; i++)
        if (getchar() == EOF) return 0;
    return 1;
}

static void put_answer(const tp_answer *answer)
{
    static float probabilities[TP_CLASSES];
    size_t c;
    tp_probabilities(answer, probabilities);
    for (c = 0; c < TP_LOGITS; c++) put_float(answer->logits[c]);
    for (c = 0; c < TP_CLASSES; c++) put_float(probabilities[c]);
    for (c = 0; c < TP_CLASSES; c++) putchar(answer->decided[c]);
    putchar(answer->known);
}

int main(void)
{
    static tp_answer answer;
    size_t size = 0;
#ifdef _WIN32
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
#endif
    while (get_text(&size)) {
        int status = tp_classify(text, size, &answer);
        put_bits((uint32_t)status);
        if (status == TP_OK) put_answer(&answer);
    }
    return 0;
}
