/* Throws random models and texts, sound and hostile, at tables.c and compares with arithmetic written the plain way.
 *   cc -std=gnu11 -g -O1 -ffp-contract=off -fsanitize=address,undefined -fno-sanitize-recover fuzz.c tables.c decide.c -lpthread -lm
 *   ./a.out ROUNDS SEED        prints what it did; exit code 1 on the first difference
 * Every buffer is allocated at exactly its size, so that a read beyond it is caught. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "tables.h"

static uint64_t state;

static uint32_t next(void)
{
    state += 0x9E3779B97F4A7C15u;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ (z >> 31)) >> 16);
}

static size_t below(size_t n) { return next() % n; }

static void *exactly(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory) abort();
    return memory;
}

static void fail(const char *what, size_t round)
{
    printf("round %zu: %s\n", round, what);
    exit(1);
}

struct model { /* owns what the spec points to */
    struct tables_spec spec;
    int32_t *shapes;
    int8_t *tables, *head;
    int16_t *floors;
    float *scale, *bias;
    uint8_t *id_of_byte;
    char *stop_words;
    size_t n_filters;
};

static void make_model(struct model *m)
{
    size_t n_ids = below(8) ? 2 + below(60) : 2 + below(255), size = 0;
    int limit = below(3) ? 127 : 1 + (int)below(20);
    *m = (struct model){.spec = {.n_widths = 1 + below(4), .n_ids = n_ids, .n_classes = 1 + below(5)}};
    struct tables_spec *s = &m->spec;
    m->shapes = exactly(8 * s->n_widths);
    for (size_t w = 0; w < s->n_widths; w++) {
        m->shapes[2 * w] = (int32_t)(below(40) ? 1 + below(12) : 1 + below(258));
        m->shapes[2 * w + 1] = (int32_t)(1 + below(70));
        size += (size_t)m->shapes[2 * w] * n_ids * (size_t)m->shapes[2 * w + 1];
        m->n_filters += (size_t)m->shapes[2 * w + 1];
    }
    m->tables = exactly(size);
    int8_t *table = m->tables;
    for (size_t w = 0; w < s->n_widths; w++) {
        size_t filters = (size_t)m->shapes[2 * w + 1], rows = (size_t)m->shapes[2 * w] * n_ids;
        int extreme = !below(4); /* all values at the limit: sums as large as they can get */
        for (size_t i = 0; i < rows * filters; i++)
            *table++ = i / filters % n_ids == 0 ? 0 : (int8_t)(extreme ? limit : (int)below(2 * (size_t)limit + 1) - limit);
    }
    m->head = exactly(m->n_filters * s->n_classes);
    for (size_t i = 0; i < m->n_filters * s->n_classes; i++) m->head[i] = (int8_t)((int)below(255) - 127);
    m->floors = exactly(sizeof(int16_t) * m->n_filters);
    int height = below(3) ? 200 : below(2) ? 20 : TABLES_MAX_FLOOR; /* most act, most don't, or as far as they go */
    for (size_t i = 0; i < m->n_filters; i++) m->floors[i] = (int16_t)((int)below(2 * (size_t)height + 1) - height);
    m->scale = exactly(sizeof(float) * s->n_classes);
    m->bias = exactly(sizeof(float) * s->n_classes);
    for (size_t c = 0; c < s->n_classes; c++) m->scale[c] = (float)below(1000) / 3e7f, m->bias[c] = (float)below(99) / 7;
    m->id_of_byte = exactly(256);
    for (size_t i = 0; i < 256; i++) m->id_of_byte[i] = (uint8_t)below(n_ids);
    m->stop_words = exactly(12);
    memcpy(m->stop_words, "the\nof\na1b2\n", 12);
    s->shapes = m->shapes, s->tables = m->tables, s->tables_size = size;
    s->head = m->head, s->head_size = m->n_filters * s->n_classes;
    s->floors = m->floors, s->floors_size = below(2) ? m->n_filters : 0;
    s->scale = m->scale, s->bias = m->bias, s->scale_size = s->bias_size = s->n_classes;
    s->id_of_byte = m->id_of_byte, s->id_of_byte_size = 256;
    s->cleaning = (int)below(TABLES_CLEANINGS);
    s->stop_words = m->stop_words, s->stop_words_size = below(3) ? 12 : 0;
}

static void free_model(struct model *m)
{
    free(m->shapes), free(m->tables), free(m->head), free(m->floors), free(m->scale), free(m->bias), free(m->id_of_byte);
    free(m->stop_words);
}

/* Spoil one thing; the model must be refused. */
static void spoil(struct model *m, size_t round)
{
    struct tables_spec s = m->spec;
    struct tables *out = NULL;
    size_t kind = below(19), last = (size_t)m->shapes[1];
    const char *level = "";
    switch (kind) {
        case 0: s.tables_size -= 1 + below(s.tables_size); break;
        case 1: s.tables_size += 1 + below(1000); break;
        case 2: s.head_size += 1 + below(9); break;
        case 3: s.head_size -= 1; break;
        case 4: s.scale_size = 0; break;
        case 5: s.bias_size += 1; break;
        case 6: s.n_ids = below(2) ? 257 + below(100000) : below(2); break;
        case 7: s.n_classes = below(2) ? SIZE_MAX / 2 : 0; break;
        case 8: m->shapes[0] = below(2) ? 259 + (int32_t)below(100000) : -(int32_t)below(9); break;
        case 9: m->shapes[1] = below(2) ? INT32_MAX : INT32_MIN; break;
        case 10: m->tables[s.tables_size - 1] = -128; break;
        case 11: m->tables[below(last)] = 1; break; /* the padding row of the first table */
        case 12: m->head[below(s.head_size)] = -128; break;
        case 13: (below(2) ? m->scale : m->bias)[0] = below(2) ? NAN : -INFINITY; break;
        case 15: s.cleaning = below(2) ? TABLES_CLEANINGS + (int)below(9) : -1; break;
        case 14: s.stop_words_size = 11; break;
        case 16: s.floors_size = m->n_filters + 1 - 2 * below(2) * (m->n_filters > 1); break;
        case 17:
            s.floors_size = m->n_filters;
            m->floors[below(m->n_filters)] = (int16_t)(below(2) ? TABLES_MAX_FLOOR + 1 + below(200) : INT16_MIN + (int)below(256));
            break;
        default: level = "no such instruction set";
    }
    if (!tables_new(&s, level, &out)) fail("a spoilt model was accepted", round);
    if (out) fail("a refused model was handed out", round);
}

static void reference(const struct model *m, const uint8_t *ids, size_t n, float *out)
{
    const struct tables_spec *s = &m->spec;
    int32_t *best = exactly(m->n_filters * sizeof *best);
    const int8_t *table = s->tables;
    for (size_t w = 0, first = 0; w < s->n_widths; w++) {
        int64_t width = m->shapes[2 * w], filters = m->shapes[2 * w + 1], length = n ? (int64_t)n : 1;
        for (int64_t f = 0; f < filters; f++) {
            int32_t largest = s->floors_size ? s->floors[first + (size_t)f] : INT32_MIN;
            for (int64_t t = 0; t < length; t++) {
                int32_t sum = 0;
                for (int64_t k = 0; k < width; k++) {
                    int64_t at = t + k - (width - 1) / 2;
                    size_t id = at < 0 || at >= (int64_t)n ? 0 : ids[at];
                    sum += table[((size_t)k * s->n_ids + id) * (size_t)filters + (size_t)f];
                }
                if (sum > largest) largest = sum;
            }
            best[first + (size_t)f] = largest;
        }
        table += (size_t)width * s->n_ids * (size_t)filters;
        first += (size_t)filters;
    }
    for (size_t c = 0; c < s->n_classes; c++) {
        int32_t total = 0;
        for (size_t i = 0; i < m->n_filters; i++) total += s->head[c * m->n_filters + i] * best[i];
        float scaled = s->scale[c] * (float)total;
        out[c] = scaled + s->bias[c];
    }
    free(best);
}

/* One byte as it stands in a cleaned text: a letter, a symbol between blanks, or a blank. */
static const char *reference_clean(int cleaning, uint8_t byte)
{
    static char out[4];
    int word = byte && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", byte);
    int seen = byte >= 33 && byte <= 126;
    if (cleaning == TABLES_RAW) snprintf(out, sizeof out, "%c", seen ? byte : ' ');
    else if (word) snprintf(out, sizeof out, "%c", byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    else if (seen && cleaning == TABLES_WORDS) snprintf(out, sizeof out, " %c ", byte);
    else strcpy(out, " ");
    return out;
}

/* Ids of an ASCII text: cleaned whole, then word by word. */
static size_t reference_encode(const struct model *m, const uint8_t *text, size_t n, uint8_t *ids)
{
    static const char *const stop[] = {"the", "of", "a1b2"};
    char *clean = exactly(3 * n + 1), *word;
    size_t out = 0, end = 0;
    for (size_t i = 0; i < n; i++) {
        const char *piece = reference_clean(m->spec.cleaning, text[i]);
        memcpy(clean + end, piece, strlen(piece));
        end += strlen(piece);
    }
    clean[end] = 0;
    for (word = strtok(clean, " "); word; word = strtok(NULL, " ")) {
        int stopped = 0;
        for (size_t s = 0; s < 3 && m->spec.stop_words_size; s++) stopped |= !strcmp(word, stop[s]);
        if (stopped) continue;
        if (out) ids[out++] = m->id_of_byte[' '];
        for (size_t l = 0; word[l]; l++) ids[out++] = m->id_of_byte[(uint8_t)word[l]];
    }
    free(clean);
    return out;
}

static void check_texts(const struct model *m, const struct tables *model, size_t round)
{
    struct tables_text texts[6];
    uint8_t *owned[6], *ids[6];
    size_t n_texts = below(7), n_ids[6], n_classes = m->spec.n_classes, bad = 0, hostile = SIZE_MAX;
    static const char soup[] = "  the of a1b2 The THE offer bthe transformer_x-9Z@[`{/:";
    for (size_t i = 0; i < n_texts; i++) {
        size_t size = below(20) ? below(150) : below(400);
        int is_ids = (int)below(2);
        owned[i] = exactly(size);
        for (size_t j = 0; j < size; j++)
            owned[i][j] = (uint8_t)(is_ids ? below(m->spec.n_ids) : below(4) ? (size_t)soup[below(sizeof soup - 1)] : below(128));
        if (size && !below(12) && (!is_ids || m->spec.n_ids < 256)) { /* spoil it */
            owned[i][below(size)] = (uint8_t)(is_ids ? m->spec.n_ids + below(256 - m->spec.n_ids) : 128 + below(128));
            hostile = i;
        }
        texts[i] = (struct tables_text){owned[i], size, is_ids};
    }
    float *out = exactly(n_texts * n_classes * sizeof *out), *want = exactly(n_classes * sizeof *want);
    uint8_t *known = exactly(n_texts);
    const char *problem = tables_logits(model, texts, n_texts, 1 + below(4), out, known, &bad);
    if (!problem != (hostile == SIZE_MAX)) fail(problem ? problem : "a hostile text was accepted", round);
    for (size_t i = 0; i < n_texts; i++) {
        ids[i] = exactly(2 * texts[i].size);
        n_ids[i] = texts[i].size;
        if (texts[i].is_ids) memcpy(ids[i], owned[i], n_ids[i]);
        else if (!problem) {
            uint8_t *ours = exactly(2 * texts[i].size);
            n_ids[i] = reference_encode(m, owned[i], texts[i].size, ids[i]);
            if (tables_encode(model, owned[i], texts[i].size, ours) != n_ids[i] || memcmp(ours, ids[i], n_ids[i]))
                fail("a text was encoded otherwise", round);
            free(ours);
        }
        if (!problem) {
            reference(m, ids[i], n_ids[i], want);
            if (memcmp(want, out + i * n_classes, n_classes * sizeof *want)) fail("logits differ", round);
            size_t says = 0;
            for (size_t j = 0; j < n_ids[i]; j++) says += ids[i][j] != 0 && ids[i][j] != 1 && ids[i][j] != m->id_of_byte[' '];
            if (known[i] != (says > 0)) fail("what is known differs", round);
        }
        free(ids[i]), free(owned[i]);
    }
    free(out), free(want), free(known);
}

/* Random logits, many of them alike or at a limit: what is said must follow from the limits, whatever lies between. */
static void check_decisions(size_t round)
{
    size_t n = 1 + below(9);
    double *below_limits = exactly(n * sizeof(double)), *from = exactly(n * sizeof(double)), sum = 0;
    float *logits = exactly(n * sizeof(float)), largest = -INFINITY;
    uint32_t *columns = exactly(n * sizeof *columns);
    for (size_t c = 0; c < n; c++) {
        logits[c] = !below(20) ? (below(2) ? INFINITY : -INFINITY) : (float)((int)below(200) - 100) / (below(2) ? 10 : 100);
        from[c] = !below(6) ? -INFINITY : !below(6) ? INFINITY : (double)below(100) / 100;
        below_limits[c] = from[c] - (below(2) ? 0 : 0.05);
        if (logits[c] > largest) largest = logits[c];
    }
    struct decide_rule rule = {(int)below(DECIDE_WAYS), n, below_limits, from};
    size_t found = decide_columns(&rule, logits, columns), at = 0, n_largest = 0;
    for (size_t c = 0; c < n; c++) sum += exp((double)logits[c] - largest), n_largest += logits[c] == largest;
    if (found != DECIDE_UNSURE && found > n) fail("more classes than there are", round);
    for (size_t c = 0; c < n && found != DECIDE_UNSURE; c++) {
        int said = at < found && columns[at] == c;
        double value = rule.way == DECIDE_EACH ? logits[c] : from[c] <= 0 ? 1 : 1 / sum;
        if (rule.way == DECIDE_LARGEST && (logits[c] != largest || n_largest > 1)) {
            if (said) fail("not the largest, or one of several", round);
            continue;
        }
        if (said ? !(value >= from[c]) : !(value < below_limits[c])) fail("a decision that isn't sure", round);
        at += (size_t)said;
    }
    if (found != DECIDE_UNSURE && at != found) fail("classes out of order", round);
    free(below_limits), free(from), free(logits), free(columns);
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? (size_t)atol(argv[1]) : 1000, n_levels = 0;
    state = argc > 2 ? (uint64_t)atoll(argv[2]) : 0;
    for (size_t round = 0; round < rounds; round++) {
        struct model m;
        make_model(&m);
        for (size_t i = n_levels = 0; tables_levels[i]; i++) {
            struct tables *model = NULL;
            if (!tables_has_level(tables_levels[i])) continue;
            const char *problem = tables_new(&m.spec, tables_levels[i], &model);
            if (problem) fail(problem, round);
            check_texts(&m, model, round);
            tables_free(model);
            n_levels++;
        }
        check_decisions(round);
        spoil(&m, round);
        free_model(&m);
    }
    printf("%zu rounds, %zu instruction sets: no difference\n", rounds, n_levels);
    return 0;
}
