#include "tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "reader.h"
#include "together.h"

#define TABLES_BLOCK 32 /* filters whose sums stay in registers together */
#ifndef STACK_BYTES
#define STACK_BYTES 16384 /* what a short text needs lies on the stack */
#endif
#define MAX_WIDTH (INT16_MAX / 127)
#define MAX_STOP_WORD 16
#define STOP_SLOTS 1024
#define UNKNOWN_ID 1

/* `floors`: what each response starts from, as wide as the sums: int8 or int16 (TABLES_BLOCK,), aligned. */
typedef void respond_fn(const int8_t *table, const uint32_t *row, size_t length, size_t width, const void *floors,
                        int16_t *best);
typedef int32_t dot_fn(const int16_t *a, const int16_t *b, size_t n);
typedef void starts_fn(const uint8_t *ids, size_t n, uint32_t size, uint32_t *row);

/* ---- one copy of the inner loops for each instruction set ---- */

typedef int8_t bytes8 __attribute__((vector_size(8)));
typedef int8_t bytes16 __attribute__((vector_size(16)));
typedef int16_t words8 __attribute__((vector_size(16)));
#define SELECT_MAX(type, a, b) ((type)(((a) & ((a) > (b))) | ((b) & ~((a) > (b)))))

/* The usual widths get a loop of constant length. */
#define CASE(function, w) case w: function(table, row, length, w, floors, best); return;
#define FOR_EACH_WIDTH(f) \
    switch (width) { \
        CASE(f, 1) CASE(f, 2) CASE(f, 3) CASE(f, 4) CASE(f, 5) CASE(f, 6) CASE(f, 7) CASE(f, 8) CASE(f, 9) CASE(f, 10) \
        default: f(table, row, length, width, floors, best); \
    }

#define DEFINE_DOT(level) \
    TARGET static int32_t dot_##level(const int16_t *a, const int16_t *b, size_t n) \
    { \
        int32_t sum = 0; \
        for (size_t i = 0; i < n; i++) sum += (int32_t)a[i] * b[i]; \
        return sum; \
    }

/* Where the rows of each character start. */
#define DEFINE_STARTS(level) \
    TARGET static void starts_##level(const uint8_t *ids, size_t n, uint32_t size, uint32_t *row) \
    { \
        for (size_t i = 0; i < n; i++) row[i] = ids[i] * size; \
    }

#define TARGET
#define NAME respond8_plain
#define ROW bytes16
#define SUM bytes16
#define WIDEN(row) (row)
#define MAX(a, b) SELECT_MAX(bytes16, a, b)
#include "respond.h"
#define NAME respond16_plain
#define ROW bytes8
#define SUM words8
#if defined(__SSE2__)
#include <emmintrin.h>
#define TWICE(row) _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)&(row)), _mm_loadl_epi64((const __m128i *)&(row)))
#define WIDEN(row) ((words8)_mm_srai_epi16(TWICE(row), 8))
#define MAX(a, b) ((words8)_mm_max_epi16((__m128i)(a), (__m128i)(b)))
#else
#define WIDEN(row) __builtin_convertvector(row, words8)
#define MAX(a, b) SELECT_MAX(words8, a, b)
#endif
#include "respond.h"
DEFINE_DOT(plain)
DEFINE_STARTS(plain)
#undef TARGET

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_X86 1
#include <immintrin.h>
typedef int8_t bytes32 __attribute__((vector_size(32)));

#define TARGET __attribute__((target("avx2")))
#define NAME respond8_avx2
#define ROW bytes32
#define SUM bytes32
#define WIDEN(row) (row)
#define MAX(a, b) ((bytes32)_mm256_max_epi8((__m256i)(a), (__m256i)(b)))
#include "respond.h"
DEFINE_DOT(avx2)
DEFINE_STARTS(avx2)

/* Two rows at a time: interleaved bytes, then one instruction that adds neighbours to int16. Half the work of widening
 * each row. `sum[0]` holds filters 0-7 and 16-23, `sum[1]` the others. Vectors of 64 bytes gain nothing here: on Zen 4,
 * 8 % with twice the filters in a block, and less than nothing where each row is widened by itself. */
TARGET static inline __attribute__((always_inline)) void respond16_avx2_width(const int8_t *table, const uint32_t *row,
                                                                               size_t length, size_t width,
                                                                               const void *floors, int16_t *best)
{
    const __m256i one = _mm256_set1_epi8(1), zero = _mm256_setzero_si256(), *low = floors;
    __m256i top[2] = {_mm256_permute2x128_si256(low[0], low[1], 0x20), _mm256_permute2x128_si256(low[0], low[1], 0x31)};
    for (size_t t = 0; t < length; t++) {
        __m256i sum[2] = {zero, zero};
        for (size_t k = 0; k < width; k += 2) {
            __m256i a = *(const __m256i *)(table + row[t + k] + k * TABLES_BLOCK);
            __m256i b = k + 1 < width ? *(const __m256i *)(table + row[t + k + 1] + (k + 1) * TABLES_BLOCK) : zero;
            sum[0] = _mm256_add_epi16(sum[0], _mm256_maddubs_epi16(one, _mm256_unpacklo_epi8(a, b)));
            sum[1] = _mm256_add_epi16(sum[1], _mm256_maddubs_epi16(one, _mm256_unpackhi_epi8(a, b)));
        }
        top[0] = _mm256_max_epi16(sum[0], top[0]);
        top[1] = _mm256_max_epi16(sum[1], top[1]);
    }
    _mm256_storeu_si256((__m256i *)best, _mm256_permute2x128_si256(top[0], top[1], 0x20));
    _mm256_storeu_si256((__m256i *)best + 1, _mm256_permute2x128_si256(top[0], top[1], 0x31));
}

TARGET static void respond16_avx2(const int8_t *table, const uint32_t *row, size_t length, size_t width,
                                  const void *floors, int16_t *best)
{
    FOR_EACH_WIDTH(respond16_avx2_width)
}
#undef TARGET
#endif

#if defined(__ARM_NEON)
#define HAVE_NEON 1
#include "tables_neon.h"
#endif

struct level {
    const char *name;
    respond_fn *respond8, *respond16;
    dot_fn *dot;
    starts_fn *starts;
};

static const struct level levels[] = {
#ifdef HAVE_X86
    {"avx2", respond8_avx2, respond16_avx2, dot_avx2, starts_avx2},
#endif
#ifdef HAVE_NEON
    {"neon", respond8_neon, respond16_neon, dot_neon, starts_neon},
#endif
    {"plain", respond8_plain, respond16_plain, dot_plain, starts_plain},
};
const char *const tables_levels[] = {
#ifdef HAVE_X86
    "avx2",
#endif
#ifdef HAVE_NEON
    "neon",
#endif
    "plain", NULL};

int tables_has_level(const char *level)
{
#ifdef HAVE_X86
    if (!strcmp(level, "avx2")) return __builtin_cpu_supports("avx2");
#endif
#ifdef HAVE_NEON
    if (!strcmp(level, "neon")) return 1; /* compiled in where the whole program needs it */
#endif
    return !strcmp(level, "plain");
}

/* ---- the model ---- */

struct block { /* TABLES_BLOCK filters, neighbours in the order of the head; as wide as the widest of them */
    const int8_t *table; /* [n_ids][width][TABLES_BLOCK] */
    const void *floors;  /* int8 or int16 (TABLES_BLOCK,), as `narrow` says */
    size_t width;
    int narrow; /* whether every sum fits int8 */
};

struct tables {
    const struct level *level;
    size_t n_ids, n_classes, n_blocks, max_width;
    struct block *blocks;
    int16_t *head; /* (n_classes, n_blocks * TABLES_BLOCK) */
    int16_t *floors; /* (n_blocks, TABLES_BLOCK), the blocks' own width of sums */
    float *scale, *bias;
    uint8_t kind_of_byte[256], id_of_byte[128]; /* before and after cleaning */
    char clean_byte[128];
    size_t n_stop;
    char stop[STOP_SLOTS][MAX_STOP_WORD]; /* open addressing, "" is empty */
    const struct reader *reader;
    const struct reader_alphabet *alphabet;
    void *memory[4];
};

/* 64-byte aligned and zeroed; `*keep` is what to free. NULL for more than a pointer can reach, as where it has 32 bits. */
static void *aligned_zeros(uint64_t size, void **keep)
{
    *keep = size < SIZE_MAX - 64 ? calloc(1, (size_t)size + 64) : NULL;
    return *keep ? (void *)(((uintptr_t)*keep + 63) & ~(uintptr_t)63) : NULL;
}

static size_t stop_slot(const struct tables *model, const char *word)
{
    uint64_t half[2];
    memcpy(half, word, sizeof half);
    size_t slot = (size_t)(((half[0] ^ (half[1] * 0x9E3779B97F4A7C15u)) * 0xD6E8FEB86659FD93u) >> 54) % STOP_SLOTS;
    while (model->stop[slot][0] && memcmp(model->stop[slot], word, MAX_STOP_WORD)) slot = (slot + 1) % STOP_SLOTS;
    return slot;
}

static const char *add_stop_words(struct tables *model, const char *words, size_t size)
{
    size_t start = 0, n_words = 0;
    for (size_t i = 0; i < size; i++) {
        if (words[i] != '\n') continue;
        char key[MAX_STOP_WORD] = {0};
        if (i == start || i - start > MAX_STOP_WORD) return "stop words: 1 to 16 bytes each are allowed";
        if (++n_words > STOP_SLOTS / 2) return "stop words: at most 512 are allowed";
        memcpy(key, words + start, i - start);
        memcpy(model->stop[stop_slot(model, key)], key, MAX_STOP_WORD);
        model->n_stop = n_words;
        start = i + 1;
    }
    return start == size ? NULL : "stop words: each must end with a newline";
}

/* Values in -127..127, padding row zero; the largest |sum| that any window of each filter can reach goes to `reach`. */
static const char *check_width(const int8_t *table, size_t width, size_t n_ids, size_t n_filters, int *reach)
{
    for (size_t i = 0; i < width * n_ids * n_filters; i++) {
        if (table[i] == -128) return "tables: values must lie in -127..127";
        if (table[i] && i / n_filters % n_ids == 0) return "tables: the padding row must be zero";
    }
    for (size_t n = 0; n < n_filters; n++) {
        reach[n] = 0;
        for (size_t k = 0; k < width; k++) {
            int largest = 0;
            for (size_t v = 0; v < n_ids; v++) {
                int value = abs(table[(k * n_ids + v) * n_filters + n]);
                if (value > largest) largest = value;
            }
            reach[n] += largest;
        }
    }
    return NULL;
}

static const char *check_shapes(const struct tables_spec *spec)
{
    uint64_t tables_size = 0, n_filters = 0, largest = 0;
    if (spec->n_widths < 1 || spec->n_widths > MAX_WIDTH) return "shapes: 1 to 258 widths are allowed";
    if (spec->n_ids < 2 || spec->n_ids > 256) return "ids: 2 to 256 are allowed";
    if (spec->n_classes < 1 || spec->n_classes > 100000) return "classes: 1 to 100000 are allowed";
    for (size_t w = 0; w < spec->n_widths; w++) {
        int64_t width = spec->shapes[2 * w], filters = spec->shapes[2 * w + 1];
        if (width < 1 || width > MAX_WIDTH) return "shapes: a width of 1 to 258 is allowed (int16 sums)";
        if (filters < 1 || filters > 65536) return "shapes: 1 to 65536 filters a width are allowed";
        tables_size += (uint64_t)width * spec->n_ids * (uint64_t)filters;
        n_filters += (uint64_t)filters;
        largest += (uint64_t)127 * 127 * (uint64_t)width * (uint64_t)filters;
    }
    if (tables_size != spec->tables_size) return "tables: size differs from what the shapes say";
    if (n_filters * spec->n_classes != spec->head_size) return "head: size differs from classes times filters";
    if (largest > INT32_MAX) return "head: the sum could overflow int32; use fewer or narrower filters";
    if (spec->floors_size && spec->floors_size != n_filters) return "floors: one for each filter is needed, or none";
    for (size_t i = 0; i < spec->floors_size; i++)
        if (spec->floors[i] < -TABLES_MAX_FLOOR || spec->floors[i] > TABLES_MAX_FLOOR)
            return "floors: -32512 to 32512 are allowed";
    if (spec->scale_size != spec->n_classes || spec->bias_size != spec->n_classes)
        return "scale and bias: one number for each class is needed";
    if (spec->cleaning < 0 || spec->cleaning >= TABLES_CLEANINGS) return "cleaning: 0 to 2 are allowed";
    if (!spec->reader != !spec->alphabet) return "reader: it is needed with an alphabet, or neither of them";
    if (spec->id_of_byte_size != 256) return "id_of_byte: 256 ids are needed";
    for (size_t i = 0; i < 256; i++)
        if (spec->id_of_byte[i] >= spec->n_ids) return "id_of_byte: an id is not below the number of ids";
    for (size_t i = 0; i < spec->head_size; i++)
        if (spec->head[i] == -128) return "head: values must lie in -127..127";
    for (size_t c = 0; c < spec->n_classes; c++)
        if (!isfinite(spec->scale[c]) || !isfinite(spec->bias[c])) return "scale and bias: every value must be finite";
    return NULL;
}

/* Room for all blocks: as wide as their widest filters. The padding around narrower ones stays zero and adds nothing. */
static uint64_t size_blocks(struct tables *model, const struct tables_spec *spec)
{
    size_t n = 0;
    uint64_t n_bytes = 0;
    for (size_t w = 0; w < spec->n_widths; w++)
        for (size_t f = 0; f < (size_t)spec->shapes[2 * w + 1]; f++, n++) {
            struct block *block = &model->blocks[n / TABLES_BLOCK];
            if (block->width < (size_t)spec->shapes[2 * w]) block->width = (size_t)spec->shapes[2 * w];
        }
    for (size_t b = 0; b < model->n_blocks; b++) {
        n_bytes += (uint64_t)model->blocks[b].width * spec->n_ids * TABLES_BLOCK;
        if (model->blocks[b].width > model->max_width) model->max_width = model->blocks[b].width;
    }
    return n_bytes;
}

/* Copy one width's filters, the first of which is number `first` of all, to where its blocks have their centres. */
static void fill_tables(const struct tables *model, int8_t *const *places, const int8_t *table, size_t width,
                        size_t n_filters, size_t first)
{
    for (size_t f = 0, used; f < n_filters; f += used) {
        size_t b = (first + f) / TABLES_BLOCK, lane = (first + f) % TABLES_BLOCK, wide = model->blocks[b].width;
        size_t before = (wide - 1) / 2 - (width - 1) / 2;
        used = n_filters - f < TABLES_BLOCK - lane ? n_filters - f : TABLES_BLOCK - lane;
        for (size_t id = 0; id < model->n_ids; id++)
            for (size_t k = 0; k < width; k++)
                memcpy(places[b] + (id * wide + before + k) * TABLES_BLOCK + lane,
                       table + (k * model->n_ids + id) * n_filters + f, used);
    }
}

/* How wide the sums of each block are, and its floors in that width; no response is below the lowest of a type. */
static void fill_floors(struct tables *model, const struct tables_spec *spec, const int *reach, size_t n_filters)
{
    int16_t *place = model->floors;
    for (size_t b = 0; b < model->n_blocks; b++, place += TABLES_BLOCK) {
        struct block *block = &model->blocks[b];
        size_t end = (b + 1) * TABLES_BLOCK < n_filters ? (b + 1) * TABLES_BLOCK : n_filters;
        block->narrow = 1;
        for (size_t n = b * TABLES_BLOCK; n < end; n++)
            if (reach[n] > INT8_MAX || (spec->floors_size && spec->floors[n] > INT8_MAX)) block->narrow = 0;
        for (size_t i = 0; i < TABLES_BLOCK; i++) {
            size_t n = b * TABLES_BLOCK + i;
            int floor = n < n_filters && spec->floors_size ? spec->floors[n] : INT16_MIN;
            if (block->narrow) ((int8_t *)place)[i] = (int8_t)(floor < INT8_MIN ? INT8_MIN : floor);
            else place[i] = (int16_t)floor;
        }
        block->floors = place;
    }
}

enum { BLANK, LETTER, SYMBOL, FOREIGN };

/* Cleaning as three look-ups a byte. */
static void fill_bytes(struct tables *model, const struct tables_spec *spec)
{
    memset(model->kind_of_byte + 128, FOREIGN, 128);
    for (int c = 0; c < 128; c++) {
        int upper = c >= 'A' && c <= 'Z', word = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        int seen = c > ' ' && c < 127;
        uint8_t other = seen && spec->cleaning == TABLES_WORDS ? SYMBOL : BLANK;
        model->kind_of_byte[c] = word || (seen && spec->cleaning == TABLES_RAW) ? LETTER : other;
        model->clean_byte[c] = (char)(upper && spec->cleaning != TABLES_RAW ? c + 'a' - 'A' : c);
        model->id_of_byte[c] = spec->id_of_byte[(uint8_t)model->clean_byte[c]];
    }
}

static void fill_head(struct tables *model, const struct tables_spec *spec, size_t n_filters)
{
    for (size_t c = 0; c < model->n_classes; c++)
        for (size_t n = 0; n < n_filters; n++)
            model->head[c * model->n_blocks * TABLES_BLOCK + n] = spec->head[c * n_filters + n];
    memcpy(model->scale, spec->scale, model->n_classes * sizeof(float));
    memcpy(model->bias, spec->bias, model->n_classes * sizeof(float));
}

static const char *fill_blocks(struct tables *model, const struct tables_spec *spec, int8_t *place, int8_t **places,
                               int *reach)
{
    const int8_t *table = spec->tables;
    size_t first = 0;
    for (size_t b = 0; b < model->n_blocks; b++) {
        model->blocks[b].table = places[b] = place;
        place += model->blocks[b].width * spec->n_ids * TABLES_BLOCK;
    }
    for (size_t w = 0; w < spec->n_widths; w++) {
        size_t width = (size_t)spec->shapes[2 * w], filters = (size_t)spec->shapes[2 * w + 1];
        const char *problem = check_width(table, width, spec->n_ids, filters, reach + first);
        if (problem) return problem;
        fill_tables(model, places, table, width, filters, first);
        table += width * spec->n_ids * filters;
        first += filters;
    }
    fill_floors(model, spec, reach, first);
    fill_head(model, spec, first);
    return NULL;
}

const char *tables_new(const struct tables_spec *spec, const char *level, struct tables **out)
{
    const char *problem = check_shapes(spec);
    if (problem) return problem;
    struct tables *model = calloc(1, sizeof *model);
    if (!model) return "out of memory";
    for (size_t i = 0; tables_levels[i] && !model->level; i++)
        if ((!level[0] || !strcmp(level, tables_levels[i])) && tables_has_level(tables_levels[i])) model->level = &levels[i];
    size_t n_filters = spec->head_size / spec->n_classes, n_blocks = (n_filters + TABLES_BLOCK - 1) / TABLES_BLOCK;
    model->n_ids = spec->n_ids;
    model->n_classes = spec->n_classes;
    model->reader = spec->reader;
    model->alphabet = spec->alphabet;
    model->n_blocks = n_blocks;
    model->blocks = calloc(n_blocks, sizeof *model->blocks);
    model->head = aligned_zeros((uint64_t)spec->n_classes * n_blocks * TABLES_BLOCK * sizeof *model->head, &model->memory[1]);
    model->scale = aligned_zeros(2 * spec->n_classes * sizeof(float), &model->memory[2]);
    model->floors = aligned_zeros(n_blocks * TABLES_BLOCK * sizeof *model->floors, &model->memory[3]);
    int8_t *place = model->blocks ? aligned_zeros(size_blocks(model, spec), &model->memory[0]) : NULL;
    int8_t **places = calloc(n_blocks, sizeof *places);
    int *reach = calloc(n_filters, sizeof *reach);
    if (!model->level) problem = "level: not compiled in, or this CPU lacks it";
    else if (!place || !model->head || !model->scale || !model->floors || !places || !reach) problem = "out of memory";
    else problem = add_stop_words(model, spec->stop_words, spec->stop_words_size);
    if (!problem) {
        fill_bytes(model, spec);
        model->bias = model->scale + spec->n_classes;
        problem = fill_blocks(model, spec, place, places, reach);
    }
    free(places);
    free(reach);
    if (problem) {
        tables_free(model);
        return problem;
    }
    *out = model;
    return NULL;
}

void tables_free(struct tables *model)
{
    if (!model) return;
    for (size_t i = 0; i < sizeof model->memory / sizeof *model->memory; i++) free(model->memory[i]);
    free(model->blocks);
    free(model);
}

size_t tables_n_classes(const struct tables *model) { return model->n_classes; }

/* ---- one text ---- */

/* Whether the letters of a text are a stop word. */
static int stops(const struct tables *model, const uint8_t *text, size_t letters)
{
    char key[MAX_STOP_WORD] = {0};
    if (!model->n_stop || letters > MAX_STOP_WORD) return 0;
    for (size_t i = 0; i < letters; i++) key[i] = model->clean_byte[text[i]];
    return model->stop[stop_slot(model, key)][0];
}

size_t tables_encode(const struct tables *model, const uint8_t *text, size_t size, uint8_t *ids)
{
    const uint8_t *kind = model->kind_of_byte, *id = model->id_of_byte;
    size_t n = 0;
    for (size_t i = 0; i < size;) {
        size_t start = n, first = i;
        if (n) ids[n++] = id[' ']; /* taken back when nothing stays behind it */
        for (; i < size && kind[text[i]] == LETTER; i++) ids[n++] = id[text[i]];
        if (i < size && kind[text[i]] == FOREIGN) return SIZE_MAX;
        if (i == first && kind[text[i]] == SYMBOL) ids[n++] = id[text[i++]];
        else if (i == first || stops(model, text + first, i - first)) n = start;
        if (i < size && kind[text[i]] == BLANK) i++;
    }
    return n;
}

struct scratch {
    uint8_t *ids;
    uint32_t *row; /* where each character's rows start in the tables of one width, with padding around the text */
    int16_t *best; /* (n_blocks * TABLES_BLOCK,) */
    size_t longest; /* ids there is room for */
    void *memory;
    struct reader_text text;
};

static size_t best_bytes(const struct tables *model) { return model->n_blocks * TABLES_BLOCK * sizeof(int16_t); }

/* What is needed beside the ids, and 5 bytes for each of them. */
static size_t row_bytes(const struct tables *model, size_t n_ids)
{
    return (n_ids + 2 * model->max_width + 2) * sizeof(uint32_t);
}

static void lay_out(const struct tables *model, struct scratch *scratch, uint8_t *place, size_t longest)
{
    scratch->best = (int16_t *)place;
    scratch->row = (uint32_t *)(place + best_bytes(model));
    scratch->ids = place + best_bytes(model) + row_bytes(model, longest);
    scratch->longest = longest;
}

static const char *make_room(const struct tables *model, struct scratch *scratch, size_t n_ids)
{
    if (scratch->best && n_ids <= scratch->longest) return NULL;
    n_ids += n_ids / 2;
    free(scratch->memory);
    uint8_t *place = aligned_zeros(best_bytes(model) + row_bytes(model, n_ids) + n_ids + 1, &scratch->memory);
    if (!place) return "out of memory";
    lay_out(model, scratch, place, n_ids);
    return NULL;
}

/* Ids of a text by the reader; READER_DONE, or why not. */
static int read_ids(const struct tables *model, const struct tables_text *text, struct scratch *scratch, size_t *n)
{
    struct reader_text *read = &scratch->text;
    int status = model->reader && text->data ? reader_read(model->reader, text->data, text->size, 0, read) : READER_NEEDS_PYTHON;
    if (status) return status;
    if (make_room(model, scratch, read->size)) return READER_NO_MEMORY;
    *n = reader_ids(model->alphabet, read->clean, read->size, scratch->ids);
    return READER_DONE;
}

static const char *one_text(const struct tables *model, const struct tables_text *text, struct scratch *scratch, float *out,
                            uint8_t *known)
{
    const uint8_t *ids = text->data;
    size_t n = text->size, before = (model->max_width - 1) / 2;
    const char *problem = make_room(model, scratch, text->is_ids ? n : 2 * n);
    if (problem) return problem;
    if (!text->is_ids) {
        n = text->data ? tables_encode(model, text->data, text->size, scratch->ids) : SIZE_MAX;
        int status = n == SIZE_MAX ? read_ids(model, text, scratch, &n) : READER_DONE;
        if (status == READER_NO_MEMORY) return "out of memory";
        if ((*known = (uint8_t)(status ? TABLES_UNREAD + status : 0))) return NULL;
        ids = scratch->ids;
    }
    uint8_t largest = 0, any = 0, space = model->id_of_byte[' '];
    for (size_t i = 0; i < n; i++) {
        largest = ids[i] > largest ? ids[i] : largest;
        any |= (ids[i] > UNKNOWN_ID) & (ids[i] != space);
    }
    *known = any;
    if (largest >= model->n_ids) return "ids: an id is not below the number of ids";
    memset(scratch->row, 0, before * sizeof *scratch->row);
    memset(scratch->row + before + n, 0, (model->max_width - before + 1) * sizeof *scratch->row);
    for (size_t b = 0, width = 0; b < model->n_blocks; b++) {
        const struct block *block = &model->blocks[b];
        respond_fn *respond = block->narrow ? model->level->respond8 : model->level->respond16;
        uint32_t size = (uint32_t)(block->width * TABLES_BLOCK);
        if (width != block->width) model->level->starts(ids, n, size, scratch->row + before);
        width = block->width;
        respond(block->table, scratch->row + before - (width - 1) / 2, n ? n : 1, width, block->floors,
                scratch->best + b * TABLES_BLOCK);
    }
    size_t n_best = model->n_blocks * TABLES_BLOCK;
    for (size_t c = 0; c < model->n_classes; c++) {
        float total = (float)model->level->dot(model->head + c * n_best, scratch->best, n_best);
        out[c] = model->scale[c] * total + model->bias[c];
    }
    return NULL;
}

/* ---- many texts ---- */

struct job {
    const struct tables *model;
    const struct tables_text *texts;
    size_t n_texts, next, bad;
    float *out;
    uint8_t *known;
    const char *problem;
};

static void work(void *argument)
{
    struct job *job = argument;
    const struct tables *model = job->model;
    _Alignas(64) uint8_t few[STACK_BYTES];
    struct scratch scratch = {.longest = 0};
    size_t without = best_bytes(model) + row_bytes(model, 0) + 1;
    const char *problem = NULL;
    if (without < sizeof few) lay_out(model, &scratch, few, (sizeof few - without) / 5);
    while (!problem) {
        size_t i = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED);
        if (i >= job->n_texts) break;
        problem = one_text(model, &job->texts[i], &scratch, job->out + i * model->n_classes, job->known + i);
        if (problem) __atomic_store_n(&job->bad, i, __ATOMIC_RELAXED);
    }
    if (problem) __atomic_store_n(&job->problem, problem, __ATOMIC_RELAXED);
    reader_text_free(&scratch.text);
    free(scratch.memory);
}

const char *tables_logits(const struct tables *model, const struct tables_text *texts, size_t n_texts, size_t n_threads,
                          float *out, uint8_t *known, size_t *bad)
{
    struct job job = {model, texts, n_texts, 0, 0, out, known, NULL};
    for (size_t i = 0; i < n_texts; i++)
        if (texts[i].size > SIZE_MAX / 32) return "text: too long";
    together(work, &job, n_threads < n_texts ? n_threads : n_texts);
    *bad = job.bad;
    return job.problem;
}
