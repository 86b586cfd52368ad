/* Where the time of one text goes, beside what the loads alone would take: a student's shape with random values.
 *   cc -O3 -std=gnu11 -ffp-contract=off parts.c reader.c -lpthread -lm -o /tmp/parts && /tmp/parts
 * Cycles come from a chain of additions, one a cycle. The limit counts the loads of the inner loops, two a cycle (three of
 * bytes). The least of many rounds counts, so a busy machine changes little. */
#include "tables.c"

#include <stdio.h>
#include <time.h>

#define ROUNDS 2000

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static double cycles_a_ns(void)
{
    double best = 0;
    for (int round = 0; round < 20; round++) {
        double start = now();
        uint64_t x = (uint64_t)start;
        for (int i = 0; i < 100000; i++) {
            x += 3;
            __asm__ volatile("" : "+r"(x)); /* none of them may be left out or joined */
        }
        double rate = 100000 / (now() - start);
        if (rate > best) best = rate;
    }
    return best;
}

#define LEAST(result, ...) \
    do { \
        result = 1e18; \
        for (int r_ = 0; r_ < ROUNDS; r_++) { \
            double start_ = now(); \
            __VA_ARGS__; \
            double took_ = now() - start_; \
            if (took_ < result) result = took_; \
        } \
    } while (0)

static const char text[] = "Attention is all you need, explained: a tutorial that builds a transformer for translation from scratch "
                           "in PyTorch, with figures for each layer and a notebook to run it on your own text.";
enum { WIDTHS = 6, FILTERS = 48, IDS = 45, CLASSES = 35 };

static struct tables *random_model(int limit)
{
    static int32_t shapes[2 * WIDTHS];
    static int8_t tables[33 * IDS * FILTERS], head[CLASSES * WIDTHS * FILTERS];
    static float scale[CLASSES], bias[CLASSES];
    static uint8_t id_of_byte[256];
    size_t size = 0;
    for (int w = 0; w < WIDTHS; w++) {
        shapes[2 * w] = w + 3, shapes[2 * w + 1] = FILTERS;
        for (int i = 0; i < (w + 3) * IDS * FILTERS; i++)
            tables[size++] = i / FILTERS % IDS ? (int8_t)(rand() % (2 * limit + 1) - limit) : 0;
    }
    for (size_t i = 0; i < sizeof head; i++) head[i] = (int8_t)(rand() % 255 - 127);
    for (int c = 0; c < 256; c++) id_of_byte[c] = (uint8_t)(2 + c % (IDS - 2));
    struct tables_spec spec = {.shapes = shapes, .n_widths = WIDTHS, .tables = tables, .tables_size = size, .head = head,
                               .head_size = sizeof head, .scale = scale, .bias = bias, .scale_size = CLASSES,
                               .bias_size = CLASSES, .n_ids = IDS, .n_classes = CLASSES, .id_of_byte = id_of_byte,
                               .id_of_byte_size = 256, .cleaning = TABLES_WORDS, .stop_words = ""};
    struct tables *model = NULL;
    const char *problem = tables_new(&spec, "", &model);
    if (problem) fprintf(stderr, "%s\n", problem), exit(1);
    return model;
}

static double rate;

static void line(const char *name, double ns, double limit)
{
    printf("| %s | %.0f | %.0f | ", name, ns, ns * rate);
    if (limit > 0) printf("%.0f ", limit);
    printf("|\n");
}

static void one(const char *sums, int limit)
{
    struct tables *model = random_model(limit);
    static _Alignas(64) int16_t best[1024];
    static uint32_t row[1024];
    static uint8_t ids[1024], known;
    static float out[CLASSES];
    size_t n = 0, n_best = model->n_blocks * TABLES_BLOCK, loads = 0, before = (model->max_width - 1) / 2, bad, width;
    double encode, rows, sum, head, whole;
    struct tables_text given = {(const uint8_t *)text, sizeof text - 1, 0};
    LEAST(encode, n = tables_encode(model, given.data, given.size, ids));
    for (size_t b = 0; b < model->n_blocks; b++) loads += n * model->blocks[b].width;
    LEAST(rows, {
        width = 0;
        for (size_t b = 0; b < model->n_blocks; b++) {
            uint32_t size = (uint32_t)(model->blocks[b].width * TABLES_BLOCK);
            if (width != model->blocks[b].width) model->level->starts(ids, n, size, row + before);
            width = model->blocks[b].width;
        }
    });
    LEAST(sum, {
        for (size_t b = 0; b < model->n_blocks; b++) {
            const struct block *block = &model->blocks[b];
            respond_fn *respond = block->narrow ? model->level->respond8 : model->level->respond16;
            uint32_t size = (uint32_t)(block->width * TABLES_BLOCK);
            if (width != block->width) model->level->starts(ids, n, size, row + before);
            width = block->width;
            respond(block->table, row + before - (width - 1) / 2, n, width, block->floors, best + b * TABLES_BLOCK);
        }
    });
    LEAST(head, {
        for (size_t c = 0; c < CLASSES; c++)
            out[c] = model->scale[c] * (float)model->level->dot(model->head + c * n_best, best, n_best) + model->bias[c];
    });
    LEAST(whole, tables_logits(model, &given, 1, 1, out, &known, &bad));
    printf("\n%s, %zu bytes of text, %zu ids, %zu rows of %d filters, %.2f GHz\n\n", sums, given.size, n, loads, TABLES_BLOCK,
           rate);
    printf("| part | ns | cycles | limit, cycles |\n|---|---:|---:|---:|\n");
    line("clean and encode (3 loads a byte)", encode, (double)given.size);
    line("where rows start (a load for 8)", rows, (double)n * WIDTHS / 8 / 3);
    line("rows added, maxima (2 loads a row)", sum - rows, (double)loads * 2 / 3);
    line("head (2 loads for 16 products)", head, (double)(CLASSES * n_best) / 16 * 2 / 3);
    line("all, text to logits", whole, 0);
    tables_free(model);
}

int main(void)
{
    rate = cycles_a_ns();
    one("int8 sums (tables of 4 bits)", 7);
    one("int16 sums (factors)", 127);
    return 0;
}
