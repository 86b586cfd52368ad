/* The table kernel in a program of its own: MODEL < texts > logits and known. */
#include "kernel.h"
#include "tables.h"

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    struct piece p[9], text;
    struct tables *model = NULL;
    uint32_t is_ids;
    size_t bad;
    uint8_t known;
    if (!file) stop("the file of a model is needed");
    for (int i = 0; i < 9; i++) p[i] = next_piece(file);
    fclose(file);
    const int64_t *numbers = p[0].data; /* ids, classes, cleaning */
    struct tables_spec spec = {
        .shapes = p[1].data, .n_widths = p[1].size / 8, .tables = p[2].data, .tables_size = p[2].size, .head = p[3].data,
        .head_size = p[3].size, .scale = p[4].data, .scale_size = p[4].size / 4, .bias = p[5].data, .bias_size = p[5].size / 4,
        .n_ids = (size_t)numbers[0], .n_classes = (size_t)numbers[1], .cleaning = (int)numbers[2], .id_of_byte = p[6].data,
        .id_of_byte_size = p[6].size, .stop_words = p[7].data, .stop_words_size = p[7].size, .floors = p[8].data,
        .floors_size = p[8].size / 2};
    const char *problem = tables_new(&spec, "", &model);
    if (problem) stop(problem);
    float *logits = malloc(sizeof *logits * spec.n_classes);
    if (!logits) stop("no memory");
    while (next_text(&is_ids, &text)) {
        struct tables_text one = {text.data, text.size, (int)is_ids};
        if ((problem = tables_logits(model, &one, 1, 1, logits, &known, &bad))) stop(problem);
        answer(logits, spec.n_classes, known);
        free(text.data);
    }
    tables_free(model);
    return 0;
}
