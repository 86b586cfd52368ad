/* The least program that classifies a text, to find out how much flash and RAM the model and what it calls take. */
#include <stddef.h>

#include "tp.h"

int main(void);

const char *volatile text = "a text";
volatile size_t size = 6;
volatile unsigned char said;

int main(void)
{
#ifdef WITH_MODEL
    tp_answer answer;
    int status = tp_classify(text, size, &answer);
    said = answer.decided[0];
    return status;
#else
    return (int)size + text[0];
#endif
}
