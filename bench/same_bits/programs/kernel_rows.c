/* The kernel of rows in a program of its own: MODEL < texts > logits and known. Texts come cleaned, as rows.h says. */
#include <string.h>

#include "kernel.h"
#include "rows.h"

enum { MOST_BLOCKS = 16, NUMBERS = 12 };

static struct rows_block next_block(FILE *file)
{
    struct rows_block block;
    struct piece p[5];
    for (int i = 0; i < 5; i++) p[i] = next_piece(file);
    if (p[0].size != 8 * NUMBERS) stop("a block has twelve numbers");
    memset(&block, 0, sizeof block);
    memcpy(&block, p[0].data, 8 * NUMBERS);
    block.terms = p[1].data, block.terms_size = p[1].size, block.starts = p[2].data, block.numbers = p[3].data;
    block.tf = p[4].data, block.tf_size = p[4].size / 4;
    block.n_rows = block.hash == ROWS_TERMS ? p[2].size / 8 - 1 : p[3].size / 8;
    return block;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    struct rows_block blocks[MOST_BLOCKS];
    const struct reader *none[MOST_BLOCKS + 1] = {NULL};
    struct piece p[5], text;
    struct rows *model = NULL;
    uint32_t is_given;
    size_t bad;
    uint8_t known;
    if (!file) stop("the file of a model is needed");
    for (int i = 0; i < 5; i++) p[i] = next_piece(file);
    const int64_t *numbers = p[0].data; /* blocks, readings, bits, without */
    if (numbers[0] > MOST_BLOCKS || numbers[1] > MOST_BLOCKS + 1) stop("too many blocks or readings");
    for (int64_t i = 0; i < numbers[0]; i++) blocks[i] = next_block(file);
    fclose(file);
    struct rows_spec spec = {
        .blocks = blocks, .n_blocks = (size_t)numbers[0], .readers = none, .n_readings = (size_t)numbers[1],
        .bits = numbers[2], .without = numbers[3], .levels = p[1].data, .levels_size = p[1].size, .idf = p[2].data,
        .idf_size = p[2].size / 4, .scale = p[3].data, .scale_size = p[3].size / 4, .intercept = p[4].data,
        .intercept_size = p[4].size / 4, .n_logits = p[3].size / 4};
    const char *problem = rows_new(&spec, "", &model);
    if (problem) stop(problem);
    float *logits = malloc(sizeof *logits * spec.n_logits);
    if (!logits) stop("no memory");
    while (next_text(&is_given, &text)) {
        struct rows_text one = {text.data, text.size, 1};
        if ((problem = rows_logits(model, &one, 1, 1, logits, &known, &bad))) stop(problem);
        answer(logits, spec.n_logits, known == ROWS_KNOWN);
        free(text.data);
    }
    rows_free(model);
    return 0;
}
