/* Throws random models and texts, sound and hostile, at rows.c and compares with arithmetic written the plain way.
 *   cc -std=gnu11 -g -O1 -ffp-contract=off -fsanitize=address,undefined -fno-sanitize-recover \
 *      fuzz_rows.c rows.c rows_build.c rows_given.c reader.c -lpthread -lm
 *   ./a.out ROUNDS SEED        prints what it did; exit code 1 on the first difference
 * Every buffer is allocated at exactly its size, so that a read beyond it is caught. Of hashed blocks the instruction sets
 * are compared with each other; what they should say is tested from Python. */
#include <math.h>

#include "fuzz_common.h"
#include "rows.h"

#define MOST 4 /* blocks */
#define TEXTS 5

/* A short string of few letters, or of what is no UTF-8; how long it is. */
static size_t soup(uint8_t *out, size_t most, int hostile)
{
    static const char *const letters[] = {"a", "b", "a", "b", "C", " ", " ", "1", "-", "<", "\xC3\xA9", "\xE5\x85\xA5", "\xF0\x9F\xA4\x96", "\xED\xA0\x80", "\xC2\x85"};
    size_t n = 0, length = below(most + 1);
    while (n < length) {
        const char *letter = letters[below(hostile ? 15 : 10)];
        size_t size = strlen(letter);
        if (n + size > most) break;
        if (hostile && !below(20)) out[n++] = (uint8_t)next();
        else memcpy(out + n, letter, size), n += size;
    }
    return n;
}

enum { NO_READER = READER_RAW + 1 };

static const struct reader *new_reader(int scheme, int stops)
{
    static const uint32_t ends[] = {1, 3, 5};
    struct reader_spec spec = {.scheme = scheme, .stop_words = (const uint8_t *)"aabb1", .stop_ends = ends};
    struct reader *reader = NULL;
    if (scheme == READER_LETTERS && stops) spec.n_stop_words = 3, spec.stop_words_size = 5;
    if (scheme != NO_READER && reader_new(&spec, &reader)) abort();
    return reader;
}

struct model { /* owns what the spec points to */
    struct rows_spec spec;
    struct rows_block blocks[MOST];
    const struct reader *readers[MOST];
    int schemes[MOST]; /* how each reads; NO_READER where texts are given */
    int stops;
    size_t n_rows;
};

static void make_terms(struct rows_block *b, int hostile)
{
    uint8_t all[4096];
    uint64_t starts[128] = {0};
    size_t n = 0, asked = below(120);
    for (size_t i = 0; i < asked && starts[n] < sizeof all - 40; i++) {
        uint8_t term[16];
        size_t size = soup(term, sizeof term, hostile), same = 0;
        for (size_t j = 0; j < n && !same; j++)
            same = starts[j + 1] - starts[j] == size && !memcmp(all + starts[j], term, size);
        if (!size || same) continue;
        memcpy(all + starts[n], term, size);
        starts[n + 1] = starts[n] + size;
        n++;
    }
    uint8_t *terms = exactly(starts[n]);
    uint64_t *ends = exactly(8 * (n + 1));
    memcpy(terms, all, starts[n]);
    memcpy(ends, starts, 8 * (n + 1));
    b->terms = terms, b->terms_size = starts[n], b->starts = ends, b->n_rows = n;
}

static void make_model(struct model *m)
{
    size_t n_blocks = 1 + below(MOST);
    *m = (struct model){.spec = {.n_blocks = n_blocks, .n_readings = 1 + below(MOST), .n_logits = 1 + below(below(3) ? 40 : 200)}};
    struct rows_spec *s = &m->spec;
    m->stops = (int)below(2);
    for (size_t i = 0; i < s->n_readings; i++) m->schemes[i] = (int)below(NO_READER + 1), m->readers[i] = new_reader(m->schemes[i], m->stops);
    for (size_t i = 0; i < n_blocks; i++) {
        struct rows_block *b = &m->blocks[i];
        int64_t low = 1 + (int64_t)below(5);
        *b = (struct rows_block){
            .analyzer = (int64_t)below(ROWS_ANALYZERS), .low = low, .high = low + (int64_t)below(4), .shortest_word = (int64_t)below(4),
            .norm = (int64_t)below(ROWS_NORMS), .binary = (int64_t)below(2), .reading = (int64_t)below(s->n_readings),
            .hash = below(3) ? ROWS_TERMS : 1 + (int64_t)below(3), .counted = (int64_t)below(2)};
        if (i && below(2)) b->joined = 1, b->norm = m->blocks[i - 1].norm;
        if (b->hash != ROWS_TERMS) {
            int64_t *numbers = exactly(8 * 50);
            b->buckets = 50 * (1 + (int64_t)below(20)), b->is_signed = b->hash == ROWS_MURMUR3 && below(2), b->n_rows = 50;
            for (int64_t j = 0; j < 50; j++) numbers[j] = j * (b->buckets / 50);
            b->numbers = numbers;
        } else make_terms(b, (int)below(2));
        int32_t *tf = exactly(4 * 9);
        for (int j = 0; j < 9; j++) tf[j] = b->binary ? 4096 * (j > 0) : (int32_t)(4096 * j);
        b->tf = tf, b->tf_size = 9;
        m->n_rows += b->n_rows;
    }
    if (!m->n_rows) { /* one row at least */
        struct rows_block *b = &m->blocks[0];
        free((void *)(uintptr_t)b->terms), free((void *)(uintptr_t)b->starts);
        uint64_t *starts = exactly(16);
        uint8_t *terms = exactly(1);
        starts[0] = 0, starts[1] = 1, terms[0] = 'a';
        b->terms = terms, b->starts = starts, b->terms_size = 1, b->n_rows = m->n_rows = 1;
    }
    int8_t *levels = exactly(m->n_rows * s->n_logits);
    int32_t *idf = exactly(4 * m->n_rows);
    float *scale = exactly(4 * s->n_logits), *intercept = exactly(4 * s->n_logits);
    int limit = below(2) ? 7 : 127, extreme = !below(4), sign = below(3) ? 0 : 1, units = below(2) ? 65535 : 2000;
    for (size_t i = 0; i < m->n_rows * s->n_logits; i++) levels[i] = (int8_t)(extreme ? limit : (int)below(2 * (size_t)limit + 1) - limit);
    for (size_t i = 0; i < m->n_rows; i++) idf[i] = (int32_t)below((size_t)units + 1) * (sign && below(2) ? -1 : 1);
    for (size_t c = 0; c < s->n_logits; c++) scale[c] = (float)below(1000) / 3e3f, intercept[c] = (float)below(99) / 7;
    s->blocks = m->blocks, s->readers = m->readers, s->levels = levels, s->levels_size = m->n_rows * s->n_logits;
    s->idf = idf, s->idf_size = m->n_rows, s->scale = scale, s->intercept = intercept;
    s->scale_size = s->intercept_size = s->n_logits, s->bits = (int64_t)below(13), s->without = (int64_t)1 << s->bits;
}

static void free_model(struct model *m)
{
    for (size_t i = 0; i < m->spec.n_blocks; i++) {
        struct rows_block *b = &m->blocks[i];
        free((void *)(uintptr_t)b->terms), free((void *)(uintptr_t)b->starts), free((void *)(uintptr_t)b->numbers);
        free((void *)(uintptr_t)b->tf);
    }
    free((void *)(uintptr_t)m->spec.levels), free((void *)(uintptr_t)m->spec.idf), free((void *)(uintptr_t)m->spec.scale);
    free((void *)(uintptr_t)m->spec.intercept);
    for (size_t i = 0; i < m->spec.n_readings; i++) reader_free((struct reader *)(uintptr_t)m->readers[i]);
}

/* Spoil one thing; the model must be refused. */
static void spoil(const struct model *m, size_t round)
{
    struct rows_block blocks[MOST];
    struct rows_spec s = m->spec;
    struct rows *out = NULL;
    const char *level = "";
    int64_t wrong = below(2) ? -1 - (int64_t)below(5) : 1000 + (int64_t)below(1 << 20);
    int8_t *levels = exactly(s.levels_size);
    memcpy(blocks, m->blocks, sizeof blocks);
    memcpy(levels, s.levels, s.levels_size);
    struct rows_block *b = &blocks[below(s.n_blocks)];
    s.blocks = blocks, s.levels = levels;
    switch (below(20)) {
        case 0: b->analyzer = wrong; break;
        case 1: b->low = wrong; break;
        case 2: b->high = wrong; break;
        case 3: b->high = b->low - 1; break;
        case 4: b->shortest_word = wrong; break;
        case 5: b->norm = wrong; break;
        case 6: blocks[0].joined = 1; break;
        case 7: b->binary = wrong; break;
        case 8: b->reading = below(2) ? wrong : (int64_t)s.n_readings; break;
        case 9: b->hash = wrong; break;
        case 10: b->tf_size = 0; break;
        case 11: b->hash == ROWS_TERMS ? (b->terms_size += 1) : (b->buckets = 1); break;
        case 12: s.n_blocks = below(2) ? 0 : 17; break;
        case 13: s.n_readings = below(2) ? 0 : 99; break;
        case 14: s.levels_size -= 1; break;
        case 15: s.idf_size += 1; break;
        case 16: s.n_logits = below(2) ? 0 : SIZE_MAX / 2; break;
        case 17: levels[below(s.levels_size)] = -128; break;
        case 18: s.bits = wrong < 0 ? 16 * wrong - 64 : wrong; break;
        default: level = "no such instruction set";
    }
    if (!rows_new(&s, level, &out)) fail("a spoilt model was accepted", round);
    if (out) fail("a refused model was handed out", round);
    free(levels);
}

/* ---- the plain way ---- */

static size_t character(const uint8_t *text, size_t size)
{
    size_t length = text[0] < 0xC2 ? 1 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : text[0] < 0xF5 ? 4 : 1;
    if (length > size) return 1;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80) return 1;
    return length;
}

static int is_blank(const uint8_t *text, size_t length)
{
    if (length == 2) return text[0] == 0xC2 && text[1] == 0x85; /* the only other one that the soup holds */
    return length == 1 && (text[0] == 32 || (text[0] >= 9 && text[0] <= 13) || (text[0] >= 28 && text[0] <= 31));
}

static void plain_hit(const struct rows_block *b, const uint8_t *term, size_t size, int64_t *counts)
{
    for (size_t i = 0; i < b->n_rows; i++)
        if (b->starts[i + 1] - b->starts[i] == size && !memcmp(b->terms + b->starts[i], term, size)) counts[i]++;
}

/* n-grams of characters of one run that is padded already. */
static void plain_run(const struct rows_block *b, const uint8_t *run, size_t size, int whole, int edges, int64_t *counts)
{
    size_t *at = exactly(8 * (size + 1)), n = 0;
    for (size_t i = 0; i < size; i += character(run + i, size - i)) at[n++] = i;
    at[n] = size;
    for (size_t length = (size_t)b->low; length <= (size_t)b->high; length++)
        for (size_t i = 0; i + length <= n; i++)
            if (length > 1 || edges || (i && i + 1 < n)) plain_hit(b, run + at[i], at[i + length] - at[i], counts);
    if (whole && n < (size_t)b->low) plain_hit(b, run, size, counts);
    free(at);
}

struct seen { /* one reading of a text */
    uint8_t *clean, *words;
    size_t clean_size, words_size, n_words;
    uint32_t *spans;
};

static void plain_counts(const struct rows_block *b, const struct seen *seen, int64_t *counts)
{
    uint8_t *padded = exactly(seen->clean_size + seen->words_size + 2 * seen->n_words + 2);
    if (b->analyzer == ROWS_WORD || b->analyzer == ROWS_SUBWORD) {
        size_t *start = exactly(8 * (seen->n_words + 1)), n = 0, used = 0;
        for (size_t w = 0; w < seen->n_words; w++) {
            const uint8_t *word = seen->words + seen->spans[2 * w];
            size_t size = seen->spans[2 * w + 1] - seen->spans[2 * w], letters = 0;
            if (b->analyzer == ROWS_SUBWORD) {
                padded[0] = '<', padded[size + 1] = '>';
                memcpy(padded + 1, word, size);
                plain_run(b, padded, size + 2, 0, 0, counts);
                continue;
            }
            for (size_t i = 0; i < size; i += character(word + i, size - i)) letters++;
            if (letters < (size_t)b->shortest_word) continue;
            start[n++] = used;
            memcpy(padded + used, word, size);
            padded[used + size] = ' ';
            used += size + 1;
        }
        start[n] = used;
        for (size_t length = (size_t)b->low; length <= (size_t)b->high; length++)
            for (size_t i = 0; i + length <= n; i++) plain_hit(b, padded + start[i], start[i + length] - 1 - start[i], counts);
        free(start);
    } else {
        int parted = b->analyzer == ROWS_CHAR_WB, pads = b->analyzer != ROWS_CHAR_BARE;
        size_t step, n = 0;
        padded[0] = ' ';
        for (size_t i = 0; i <= seen->clean_size; i += step) {
            step = i < seen->clean_size ? character(seen->clean + i, seen->clean_size - i) : 1;
            if (i < seen->clean_size && !(parted && is_blank(seen->clean + i, step))) {
                memcpy(padded + 1 + n, seen->clean + i, step), n += step;
                continue;
            }
            padded[n + 1] = ' ';
            if (n) plain_run(b, padded + !pads, n + 2 * (size_t)pads, pads, 1, counts);
            n = 0;
        }
    }
    free(padded);
}

/* One ASCII text as a reading sees it. */
static struct seen plain_read(int reading, const uint8_t *text, size_t size, int stops)
{
    struct seen seen = {exactly(2 * size + 2), NULL, 0, 0, 0, exactly(16 * size + 8)};
    int apart = 0;
    for (size_t i = 0; i < size;) {
        size_t start = seen.clean_size, end = i;
        if (text[i] <= ' ' || text[i] == 127) {
            apart = 1, i++;
            continue;
        }
        while (end < size && ((text[end] | 32) - 'a' + 0u < 26 || text[end] - '0' + 0u < 10)) end++;
        int symbol = end == i;
        end += (size_t)symbol;
        if (symbol && reading == READER_LETTERS) {
            apart = 1, i = end;
            continue;
        }
        size_t before = start;
        if (start && (apart || reading != READER_RAW)) seen.clean[start++] = ' ';
        for (size_t j = i; j < end; j++)
            seen.clean[start + j - i] = reading != READER_RAW && text[j] >= 'A' && text[j] <= 'Z' ? text[j] + 32 : text[j];
        size_t length = end - i;
        const char *word = (const char *)seen.clean + start;
        i = end;
        if (reading == READER_LETTERS && stops && ((length == 2 && (!memcmp(word, "ab", 2) || !memcmp(word, "b1", 2))) || (length == 1 && *word == 'a'))) {
            seen.clean_size = before;
            continue;
        }
        seen.spans[2 * seen.n_words] = (uint32_t)start, seen.spans[2 * seen.n_words++ + 1] = (uint32_t)(start + length);
        seen.clean_size = start + length, apart = 0;
    }
    seen.words = seen.clean, seen.words_size = seen.clean_size;
    return seen;
}

static int plain_logits(const struct model *m, const struct seen *seen, float *out, uint8_t *known)
{
    const struct rows_spec *s = &m->spec;
    for (size_t i = 0; i < s->n_blocks; i++)
        if (m->blocks[i].hash != ROWS_TERMS) return 0;
    double *total = calloc(s->n_logits, sizeof *total);
    int64_t *sums = calloc(s->n_logits, sizeof *sums), *counts = calloc(m->n_rows, sizeof *counts);
    uint64_t size = 0;
    size_t first = 0;
    *known = 0;
    for (size_t i = 0; i < s->n_blocks; i++) {
        const struct rows_block *b = &m->blocks[i];
        plain_counts(b, &seen[b->reading], counts + first);
        if (!b->joined) memset(sums, 0, s->n_logits * sizeof *sums), size = 0;
        for (size_t r = first; r < first + b->n_rows; r++) {
            int64_t x = ((int64_t)s->idf[r] * b->tf[counts[r] < 8 ? counts[r] : 8] + 2048) >> 12;
            if (!counts[r]) continue;
            x = x > 65535 ? 65535 : x < -65535 ? -65535 : x;
            size += (uint64_t)(b->norm == ROWS_L2 ? x * x : llabs(x));
            for (size_t c = 0; c < s->n_logits; c++) sums[c] += x * s->levels[r * s->n_logits + c];
            *known = 1;
        }
        first += b->n_rows;
        if (i + 1 < s->n_blocks && m->blocks[i + 1].joined) continue;
        double inverse = b->norm == ROWS_NO_NORM ? ldexp(1, (int)-s->bits) : !size ? 0 : 1 / (b->norm == ROWS_L2 ? sqrt((double)size) : (double)size);
        for (size_t c = 0; c < s->n_logits; c++) total[c] += (double)sums[c] * inverse;
    }
    for (size_t c = 0; c < s->n_logits; c++) out[c] = (float)(total[c] * (double)s->scale[c] + (double)s->intercept[c]);
    free(total), free(sums), free(counts);
    return 1;
}

static uint8_t *put(uint8_t *to, uint32_t number)
{
    for (int i = 0; i < 4; i++) *to++ = (uint8_t)(number >> 8 * i);
    return to;
}

/* A text cleaned elsewhere: any clean text, any words. */
static struct rows_text make_given(const struct model *m, struct seen *seen)
{
    size_t size = 0;
    for (size_t r = 0; r < m->spec.n_readings; r++) {
        struct seen *own = &seen[r];
        uint8_t clean[300], words[300];
        *own = (struct seen){.clean_size = soup(clean, below(9) ? 60 : 300, 1), .n_words = below(9)};
        own->spans = exactly(8 * own->n_words);
        for (size_t w = 0; w < own->n_words; w++) {
            own->spans[2 * w] = (uint32_t)own->words_size;
            size_t start = own->words_size, end = start + soup(words + start, below(5) ? 6 : 30, 1);
            for (size_t i = start; i < end; i++) words[i] = words[i] == ' ' ? 'a' : words[i];
            own->spans[2 * w + 1] = (uint32_t)end;
            words[end] = ' ';
            own->words_size = end + (w + 1 < own->n_words);
        }
        own->clean = exactly(own->clean_size), own->words = exactly(own->words_size);
        memcpy(own->clean, clean, own->clean_size);
        memcpy(own->words, words, own->words_size);
        size += 12 + 8 * own->n_words + own->clean_size + own->words_size;
    }
    uint8_t *data = exactly(size), *to = data;
    for (size_t r = 0; r < m->spec.n_readings; r++) {
        struct seen *own = &seen[r];
        to = put(put(put(to, (uint32_t)own->clean_size), (uint32_t)own->words_size), (uint32_t)own->n_words);
        for (size_t i = 0; i < 2 * own->n_words; i++) to = put(to, own->spans[i]);
        memcpy(to, own->clean, own->clean_size), to += own->clean_size;
        memcpy(to, own->words, own->words_size), to += own->words_size;
    }
    return (struct rows_text){data, size, 1};
}

static void check_texts(const struct model *m, struct rows *const *models, size_t n_models, size_t round)
{
    struct rows_text texts[TEXTS];
    struct seen seen[TEXTS][MOST];
    size_t n_texts = below(TEXTS + 1), n = m->spec.n_logits, bad = 0, hostile = 0, raw = 1;
    for (size_t r = 0; r < m->spec.n_readings; r++) raw &= m->schemes[r] != NO_READER;
    for (size_t i = 0; i < n_texts; i++) {
        if (raw && below(2)) {
            uint8_t text[400];
            size_t size = soup(text, below(9) ? 80 : 400, 0);
            uint8_t *data = exactly(size);
            memcpy(data, text, size);
            for (size_t r = 0; r < m->spec.n_readings; r++) seen[i][r] = plain_read(m->schemes[r], data, size, m->stops);
            texts[i] = (struct rows_text){data, size, 0};
        } else texts[i] = make_given(m, seen[i]);
        if (texts[i].size && !below(15)) { /* spoil it; what comes of it is anything but a read beyond its end */
            uint8_t *data = (uint8_t *)(uintptr_t)texts[i].data;
            data[below(texts[i].size)] = (uint8_t)(128 + below(128));
            hostile = 1;
        }
    }
    float *out = exactly(n_texts * n * sizeof *out), *same = exactly(n_texts * n * sizeof *out), *want = exactly(n * sizeof *want);
    uint8_t *known = exactly(n_texts), knows = 0;
    for (size_t l = 0; l < n_models; l++) {
        const char *problem = rows_logits(models[l], texts, n_texts, 1 + below(4), l ? same : out, known, &bad);
        if (problem && !hostile) fail(problem, round);
        if (problem) break;
        if (l && memcmp(out, same, n_texts * n * sizeof *out)) fail("instruction sets differ", round);
    }
    for (size_t i = 0; i < n_texts; i++) {
        if (!hostile && plain_logits(m, seen[i], want, &knows)) {
            if (memcmp(want, out + i * n, n * sizeof *want)) fail("logits differ", round);
            if (known[i] != knows) fail("what is known differs", round);
        }
        for (size_t r = 0; r < m->spec.n_readings; r++) {
            if (seen[i][r].words != seen[i][r].clean) free(seen[i][r].words);
            free(seen[i][r].clean), free(seen[i][r].spans);
        }
        free((void *)(uintptr_t)texts[i].data);
    }
    free(out), free(same), free(want), free(known);
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? (size_t)atol(argv[1]) : 1000, n_levels = 0;
    state = argc > 2 ? (uint64_t)atoll(argv[2]) : 0;
    for (size_t round = 0; round < rounds; round++) {
        struct model m;
        struct rows *models[8];
        make_model(&m);
        n_levels = 0;
        for (size_t i = 0; rows_levels[i]; i++) {
            if (!rows_has_level(rows_levels[i])) continue;
            const char *problem = rows_new(&m.spec, rows_levels[i], &models[n_levels]);
            if (problem) fail(problem, round);
            n_levels++;
        }
        for (int i = 0; i < 3; i++) check_texts(&m, models, n_levels, round);
        for (size_t i = 0; i < n_levels; i++) rows_free(models[i]);
        spoil(&m, round);
        free_model(&m);
    }
    printf("%zu rounds, %zu instruction sets: no difference\n", rounds, n_levels);
    return 0;
}
