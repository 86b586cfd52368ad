/* Throws random models and texts, sound and hostile, at tables.c and compares with arithmetic written the plain way.
 *   cc -std=gnu11 -g -O1 -ffp-contract=off -fsanitize=address,undefined -fno-sanitize-recover \
 *      fuzz.c tables.c decide.c link.c reader.c -lpthread -lm
 *   ./a.out ROUNDS SEED        prints what it did; exit code 1 on the first difference
 * Every buffer is allocated at exactly its size, so that a read beyond it is caught. With -DSTACK_BYTES=512 most texts take
 * memory of their own. */
#include <math.h>

#include "decide.h"
#include "fuzz_common.h"
#include "tables.h"

struct model { /* owns what the spec points to */
    struct tables_spec spec;
    int32_t *shapes;
    int8_t *tables, *head;
    int16_t *floors;
    float *scale, *bias;
    uint8_t *id_of_byte;
    char *stop_words;
    size_t n_filters;
    struct reader *reader; /* with its first page, and NULL for one model in three */
    struct reader_alphabet alphabet;
};

/* A reader that says of ASCII what the tables' own cleaning says of it. */
static void make_reader(struct model *m)
{
    static const uint8_t words[] = "theofa1b2";
    static const uint32_t ends[] = {3, 5, 9};
    struct tables_spec *s = &m->spec;
    struct reader_spec spec = {.scheme = s->cleaning};
    struct reader_point *points = exactly(256 * sizeof *points);
    struct reader_piece *pieces = exactly(N_PIECES * sizeof *pieces);
    uint32_t *letters = exactly(254 * sizeof *letters);
    int bytes = (int)below(2);
    if (s->cleaning == TABLES_LETTERS && s->stop_words_size)
        spec.stop_words = words, spec.stop_words_size = 9, spec.stop_ends = ends, spec.n_stop_words = 3;
    make_page(spec.scheme, 0, points, pieces);
    for (uint32_t i = 0; i < 254; i++) letters[i] = i < 128 || bytes ? i : 128 + (uint32_t)below(0x300);
    if (reader_new(&spec, &m->reader) || reader_add_page(m->reader, 0, points, pieces, N_PIECES) ||
        reader_alphabet_new(letters, m->id_of_byte, 254, (uint8_t)below(s->n_ids), bytes, &m->alphabet))
        abort();
    s->reader = m->reader, s->alphabet = &m->alphabet;
    free(points), free(pieces), free(letters);
}

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
    if (below(3)) make_reader(m);
}

static void free_model(struct model *m)
{
    free(m->shapes), free(m->tables), free(m->head), free(m->floors), free(m->scale), free(m->bias), free(m->id_of_byte);
    free(m->stop_words);
    reader_free(m->reader);
    reader_alphabet_free(&m->alphabet);
}

/* Spoil one thing; the model must be refused. */
static void spoil(struct model *m, size_t round)
{
    struct tables_spec s = m->spec;
    struct tables *out = NULL;
    size_t kind = below(20), last = (size_t)m->shapes[1];
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
        case 18:
            s.reader = NULL, s.alphabet = &m->alphabet;
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

#define MOST_BYTES 2000
enum { ASCII, IDS, UNSEEN, ANY, KINDS }; /* ASCII with characters between that become nothing; any bytes */

/* A text of one kind in memory of its own size. */
static struct tables_text make_text(const struct model *m, int kind)
{
    static const char soup[] = "  the of a1b2 The THE offer bthe transformer_x-9Z@[`{/:";
    uint8_t bytes[MOST_BYTES + 4], *owned;
    size_t size = 0, length = below(below(30) ? 150 : MOST_BYTES);
    uint32_t again = below(4) ? 0 : 0x80 + (uint32_t)below(0x80); /* all of one character, which may become many */
    while (size < length) {
        uint32_t point = below(4) ? (uint8_t)soup[below(sizeof soup - 1)] : (uint32_t)below(128);
        if (kind == IDS) bytes[size++] = (uint8_t)below(m->spec.n_ids);
        else if (kind == ANY && !below(50)) bytes[size++] = (uint8_t)below(256);
        else if (kind == ANY && again) size += spell(again, bytes + size);
        else size += spell(kind == ANY && below(2) ? (uint32_t)below(below(9) ? 0x100 : 0x300) : point, bytes + size);
        if (kind == UNSEEN && !below(5)) size += spell(NOTHING_HERE, bytes + size);
    }
    owned = exactly(size);
    memcpy(owned, bytes, size);
    return (struct tables_text){owned, size, kind == IDS};
}

/* What `known` should say of a text, and its ids. */
static uint8_t reference_ids(const struct model *m, const struct tables_text *text, int kind, uint8_t **ids, size_t *n)
{
    int ascii = 1, status = READER_NEEDS_PYTHON;
    uint8_t *plain = exactly(text->size), says = TABLES_UNKNOWN;
    size_t n_plain = 0;
    for (size_t i = 0; i < text->size; i++) {
        ascii &= text->data[i] < 128;
        if (text->data[i] < 128) plain[n_plain++] = text->data[i];
    }
    /* Words of a cleaning without stop words keep them in the reader alone. */
    int same = kind == UNSEEN && (m->spec.cleaning == TABLES_LETTERS || !m->spec.stop_words_size);
    *ids = exactly(2 * text->size);
    *n = 0;
    if (text->is_ids) memcpy(*ids, text->data, *n = text->size), status = READER_DONE;
    else if (ascii || (m->reader && same)) *n = reference_encode(m, plain, n_plain, *ids), status = READER_DONE;
    else if (m->reader) {
        struct reader_text read = {0};
        status = reader_read(m->reader, text->data, text->size, 0, &read);
        free(*ids);
        *ids = exactly(status ? 0 : read.size);
        if (!status) *n = reader_ids(&m->alphabet, read.clean, read.size, *ids);
        reader_text_free(&read);
    }
    free(plain);
    for (size_t j = 0; j < *n; j++) says |= (*ids)[j] != 0 && (*ids)[j] != 1 && (*ids)[j] != m->id_of_byte[' '];
    return (uint8_t)(status ? TABLES_UNREAD + status : says);
}

static void check_texts(const struct model *m, const struct tables *model, size_t round)
{
    struct tables_text texts[6];
    int kinds[6];
    size_t n_texts = below(7), n_classes = m->spec.n_classes, bad = 0, hostile = SIZE_MAX;
    for (size_t i = 0; i < n_texts; i++) {
        texts[i] = make_text(m, kinds[i] = (int)below(KINDS));
        if (texts[i].size && !below(12) && kinds[i] == IDS && m->spec.n_ids < 256) { /* spoil it */
            ((uint8_t *)(uintptr_t)texts[i].data)[below(texts[i].size)] = (uint8_t)(m->spec.n_ids + below(256 - m->spec.n_ids));
            hostile = i;
        }
    }
    float *out = exactly(n_texts * n_classes * sizeof *out), *want = exactly(n_classes * sizeof *want);
    uint8_t *known = exactly(n_texts);
    const char *problem = tables_logits(model, texts, n_texts, 1 + below(4), out, known, &bad);
    if (!problem != (hostile == SIZE_MAX)) fail(problem ? problem : "a hostile text was accepted", round);
    for (size_t i = 0; i < n_texts; i++) {
        uint8_t *ids, *ours = exactly(2 * texts[i].size);
        size_t n_ids;
        uint8_t says = reference_ids(m, &texts[i], kinds[i], &ids, &n_ids);
        if (kinds[i] == ASCII && (tables_encode(model, texts[i].data, texts[i].size, ours) != n_ids || memcmp(ours, ids, n_ids)))
            fail("a text was encoded otherwise", round);
        if (!problem && known[i] != says) fail("what is known differs", round);
        if (!problem && says < TABLES_UNREAD) {
            reference(m, ids, n_ids, want);
            if (memcmp(want, out + i * n_classes, n_classes * sizeof *want)) fail("logits differ", round);
        }
        free(ids), free(ours), free((uint8_t *)(uintptr_t)texts[i].data);
    }
    free(out), free(want), free(known);
}

/* A link of any kind, its paths in memory of their own size; 0 where one thing about it was spoilt. */
static int make_link(struct link *link, uint32_t **ends, uint32_t **steps, size_t *n_steps)
{
    size_t n = 1 + below(9);
    *link = (struct link){(int)below(LINK_WAYS), n, n, NULL, NULL};
    *n_steps = 0;
    *ends = exactly(n * sizeof **ends);
    *steps = exactly(4 * n * sizeof **steps);
    link->ends = *ends, link->steps = *steps;
    if (link->way != LINK_TREE) {
        if (below(9)) return 1;
        if (below(2)) link->n_logits += 1;
        else link->way = below(2) ? LINK_WAYS : -1;
        return 0;
    }
    link->n_logits = 1 + below(9);
    for (size_t c = 0; c < n; c++) {
        for (size_t left = below(5); left--;) (*steps)[(*n_steps)++] = (uint32_t)below(2 * link->n_logits);
        (*ends)[c] = (uint32_t)*n_steps;
    }
    if (below(9)) return 1;
    (*ends)[n - 1] += (uint32_t)(1 + below(9));
    return 0;
}

static double plain_logistic(double z) { return 1 / (1 + exp(-z)); }

/* Probabilities by the system's `exp`: not the same bits, and near. */
static void check_link(const struct link *link, const float *logits, const float *found, size_t round)
{
    double sum = 0, largest = -INFINITY;
    for (size_t c = 0; c < link->n_logits; c++) largest = logits[c] > largest ? logits[c] : largest;
    for (size_t c = 0; c < link->n_logits && link->way != LINK_TREE; c++)
        sum += link->way == LINK_SHARES ? plain_logistic(logits[c]) : logits[c] == largest ? 1 : exp(logits[c] - largest);
    for (size_t c = 0, step = 0; c < link->n_classes; c++) {
        double want = 1;
        if (link->way == LINK_LOGISTIC) want = plain_logistic(logits[c]);
        if (link->way == LINK_SOFTMAX) want = (logits[c] == largest ? 1 : exp(logits[c] - largest)) / sum;
        if (link->way == LINK_SHARES) want = plain_logistic(logits[c]) / sum;
        for (; link->way == LINK_TREE && step < link->ends[c]; step++)
            want *= plain_logistic((link->steps[step] & 1 ? -1.0 : 1.0) * logits[link->steps[step] / 2]);
        /* Without any share, all are as likely. */
        if (!(fabs(found[c] - want) <= 1e-6) && (link->way != LINK_SHARES || sum > 0)) fail("a probability is far from what it should be", round);
    }
}

/* Random logits, many of them alike or at a limit: what is said must be what their probabilities say. */
static void check_decisions(size_t round)
{
    struct link link;
    uint32_t *ends, *steps;
    size_t n_steps;
    int sound = make_link(&link, &ends, &steps, &n_steps);
    size_t n = link.n_classes;
    if ((link_check(&link, n_steps) == NULL) != sound) fail(sound ? "a sound link was refused" : "a spoilt link was taken", round);
    if (sound) {
        float *thresholds = exactly(n * sizeof(float)), *cutoffs = exactly(n * sizeof(float)), *logits = exactly(link.n_logits * sizeof(float));
        float *found = exactly(n * sizeof(float)), *unused = exactly(n * sizeof(float));
        double *room = exactly(link_room(&link) * sizeof(double));
        uint32_t *columns = exactly(n * sizeof *columns);
        for (size_t c = 0; c < link.n_logits; c++) {
            logits[c] = !below(20) ? (below(2) ? INFINITY : -INFINITY) : (float)((int)below(200) - 100) / (below(2) ? 10 : 100);
            if (c && !below(4)) logits[c] = below(2) ? logits[c - 1] : nextafterf(logits[c - 1], below(2) ? INFINITY : -INFINITY);
        }
        link_row(&link, logits, found, room);
        check_link(&link, logits, found, round);
        for (size_t c = 0; c < n; c++) {
            thresholds[c] = !below(6) ? 0 : !below(6) ? 2 : !below(9) ? NAN : (float)below(100) / 100;
            if (!below(3)) thresholds[c] = nextafterf(found[c], (float)below(2));
        }
        struct decide_rule rule = {(int)below(DECIDE_WAYS), link, thresholds, NULL};
        if (rule.way == DECIDE_EACH && link.way == LINK_LOGISTIC && decide_cutoffs(thresholds, n, cutoffs)) rule.cutoffs = cutoffs;
        size_t n_said = decide_columns(&rule, logits, columns, unused, room), at = 0, best = 0;
        for (size_t c = 1; c < n; c++) best = found[c] > found[best] ? c : best;
        for (size_t c = 0; c < n; c++) {
            int want = found[c] >= thresholds[c] && (rule.way == DECIDE_EACH || c == best), said = at < n_said && columns[at] == c;
            if (said != want) fail("another decision than by probabilities", round);
            at += (size_t)said;
        }
        if (at != n_said) fail("classes out of order", round);
        free(thresholds), free(cutoffs), free(logits), free(found), free(unused), free(room), free(columns);
    }
    free(ends), free(steps);
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
