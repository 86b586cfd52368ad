#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "rows_parts.h"
#include "together.h"

#define MOST_UNITS 65535
#define AT_ONCE 256 /* rows whose products fit int32 together: 256 * 65535 * 128 < 2^31 */
#define LANES 16
#define MOST_KEPT_BYTES (1 << 16)

/* An n-gram's bucket that has no row; `count` is twice the count and one, and 0 where the place is empty. */
struct loose {
    uint32_t number;
    int32_t count;
};

struct scratch {
    size_t longest; /* bytes of a cleaned text for which there is room */
    uint8_t *clean, *bytes;
    uint32_t *spans, *codes, *node, *at, *row;
    int32_t *count; /* (rows + 1,): zeros between texts, but for the last, which counts what has no row */
    uint32_t *found; /* rows that occur */
    int64_t *sums;
    double *total;
    struct loose *loose;
    uint32_t *loose_used;
    size_t loose_mask, n_loose;
    void *text_memory;
    struct reader_text text;
};

/* ---- a text as codes ---- */

INLINE uint32_t code_of(const struct trie *trie, uint32_t point)
{
    if (point < 128) return trie->ascii[point];
    uint64_t slot = rows_point_slot(trie, point);
    while (trie->points[slot].code && trie->points[slot].point != point) slot = (slot + 1) & trie->point_mask;
    return trie->points[slot].code;
}

INLINE uint32_t code_of_word(const struct trie *trie, const uint8_t *word, size_t length)
{
    uint64_t low = rows_half(word), high = rows_half(word + 8);
    if (length < 8) low &= ((uint64_t)1 << 8 * length) - 1, high = 0;
    else if (length < 16) high &= ((uint64_t)1 << 8 * (length - 8)) - 1;
    uint64_t hash = rows_mixed(low ^ length, high);
    for (size_t i = 16; i < length; i++) hash = (hash ^ word[i]) * 0x9E3779B97F4A7C15u;
    for (uint64_t i = hash & trie->slot_mask; trie->slots[i].code; i = (i + 1) & trie->slot_mask) {
        if (trie->slots[i].tag != (uint32_t)(hash >> 32)) continue;
        const struct word *w = &trie->words[trie->slots[i].code - 1];
        if (w->low == low && w->high == high && w->length == length &&
            (length <= 16 || !memcmp(trie->arena + w->start, word, length)))
            return trie->slots[i].code;
    }
    return 0;
}

INLINE int is_short(const struct block *block, const uint8_t *word, size_t size)
{
    if (block->shortest_word <= 1) return size < (size_t)block->shortest_word;
    size_t letters = 0;
    for (size_t i = 0; i < size && letters < (size_t)block->shortest_word; letters++) {
        uint32_t point;
        i += rows_decode(word + i, size - i, &point);
    }
    return letters < (size_t)block->shortest_word;
}

/* ---- counting ---- */

struct hits { /* rows that occur, each once, and how often each does */
    int32_t *count;
    uint32_t *found;
    size_t n;
    const uint8_t *rows; /* the model's: they are needed soon, and lie far apart */
    size_t stride;
};

/* Without a branch: what was found before is written over by what comes next. */
INLINE void hit(struct hits *hits, uint32_t row)
{
    int32_t before = hits->count[row];
    hits->found[hits->n] = row;
    hits->n += before == 0;
    hits->count[row] = before + 1;
}

INLINE void hit_all(struct hits *hits, const uint32_t *rows, size_t n)
{
    struct hits own = *hits;
    for (size_t i = 0; i < n; i++) {
        __builtin_prefetch(own.rows + rows[i] * own.stride);
        hit(&own, rows[i]);
    }
    hits->n = own.n;
}

INLINE const struct edge *edge_of(const struct trie *trie, uint32_t node, uint32_t code)
{
    uint64_t slot = rows_edge_slot(trie, node, code);
    while (trie->edges[slot].node && (trie->edges[slot].node != node || trie->edges[slot].code != code)) slot = (slot + 1) & trie->edge_mask;
    return &trie->edges[slot];
}

/* Up to AT_ONCE rows, at `offset` bytes each, times their units, added to `sums`; nibbles as they are stored, 8 too large. */
struct batch {
    uint32_t offset[AT_ONCE + 4]; /* behind the last one, up to a multiple of 4, any row with units of 0 */
    int32_t x[AT_ONCE + 4];
    size_t n;
    int any_negative;
};

typedef void walk_fn(const struct rows *model, const struct block *block, const uint32_t *codes, size_t n, int first, struct scratch *s,
                     struct hits *hits);
typedef void sum_fn(const struct rows *model, const struct batch *batch, int64_t *sums);
typedef void add_fn(const struct rows *model, const struct block *block, const struct hits *hits, uint64_t *norm, int64_t *sums);

struct level {
    const char *name;
    walk_fn *walk; /* n-grams that are found by themselves */
    add_fn *add;   /* counts to sums and norm; counts are zero again behind it */
    sum_fn *sum;
};

/* One step of a path in a small alphabet: the row that it ends at and the node that it goes on from, if there are any.
 * Without a branch: what isn't there is written over by what comes next. */
#define STEP(from, code, place) \
    do { \
        const struct node *here = (from); \
        uint64_t bit = (uint64_t)1 << (code), before = bit - 1; \
        row[n_rows] = here->first_row + (uint32_t)__builtin_popcountll(here->rows & before); \
        n_rows += (here->rows & bit) != 0; \
        node[kept] = here->first_kid + (uint32_t)__builtin_popcountll(here->kids & before), at[kept] = (place); \
        kept += (here->kids & bit) != 0; \
    } while (0)

/* All n-grams of `n` codes, the last of them 0, level by level; paths that end nowhere are left behind. Rows of one level
 * are counted when all of them are known: to count on the way would make each wait for the one before. */
INLINE void walk_small(const struct block *block, const uint32_t *restrict codes, size_t n, struct scratch *s, struct hits *hits)
{
    const struct node *const nodes = block->trie.nodes;
    uint32_t *restrict node = s->node, *restrict at = s->at, *restrict row = s->row;
    const int low = block->low, high = block->high;
    size_t kept = 0, n_rows = 0;
    if (high < 2) return;
    for (size_t i = 0; i + 1 < n; i++) STEP(&nodes[codes[i]], codes[i + 1], (uint32_t)i);
    if (low <= 2) hit_all(hits, row, n_rows);
    for (int depth = 3; depth <= high && kept; depth++) {
        const uint32_t *next = codes + depth - 1;
        size_t live = kept;
        kept = n_rows = 0;
        for (size_t i = 0; i < live; i++) {
            uint32_t start = at[i];
            STEP(&nodes[node[i]], next[start], start);
        }
        if (low <= depth) hit_all(hits, row, n_rows);
    }
}

/* The same for words and for large alphabets. */
INLINE void walk_large(const struct block *block, const uint32_t *codes, size_t n, uint32_t none, struct scratch *s, struct hits *hits)
{
    const struct trie *trie = &block->trie;
    uint32_t *node = s->node, *at = s->at, *row = s->row;
    size_t live = 0;
    for (size_t i = 0; i < n; i++) {
        node[live] = codes[i], at[live] = (uint32_t)i;
        live += codes[i] != 0;
    }
    for (int depth = 2; depth <= block->high && live; depth++) {
        size_t kept = 0, n_rows = 0;
        for (size_t i = 0; i < live; i++)
            __builtin_prefetch(&trie->edges[rows_edge_slot(trie, node[i], codes[at[i] + (size_t)depth - 1])]);
        for (size_t i = 0; i < live; i++) {
            uint32_t code = codes[at[i] + (size_t)depth - 1];
            if (!code) continue;
            const struct edge *edge = edge_of(trie, node[i], code);
            if (!edge->node) continue;
            row[n_rows] = edge->row, n_rows += edge->row != none;
            node[kept] = edge->child, at[kept++] = at[i];
        }
        if (depth >= block->low) hit_all(hits, row, n_rows);
        live = kept;
    }
}

/* `first`: single codes are n-grams, too. */
INLINE void walk_inline(const struct rows *model, const struct block *block, const uint32_t *codes, size_t n, int first, struct scratch *s,
                        struct hits *hits)
{
    const uint32_t none = (uint32_t)model->n_rows, *first_row = block->trie.first_row;
    if (first) {
        size_t n_rows = 0;
        uint32_t *row = s->row;
        for (size_t i = 0; i < n; i++) row[n_rows] = first_row[codes[i]], n_rows += row[n_rows] != none;
        hit_all(hits, row, n_rows);
    }
    if (block->trie.small) walk_small(block, codes, n, s, hits);
    else walk_large(block, codes, n, none, s, hits);
}

#define DEFINE_WALK(name) \
    TARGET static void name(const struct rows *model, const struct block *block, const uint32_t *codes, size_t n, int first, \
                            struct scratch *s, struct hits *hits) \
    { \
        walk_inline(model, block, codes, n, first, s, hits); \
    }

/* One run that is shorter than the shortest n-gram, as a whole. */
static void walk_whole(const struct block *block, const uint32_t *codes, size_t size, uint32_t none, struct hits *hits)
{
    const struct trie *trie = &block->trie;
    uint32_t node = codes[0], row = size == 1 ? trie->first_row[node] : none;
    for (size_t i = 1; i < size && node; i++) {
        uint64_t bit = (uint64_t)1 << (codes[i] & 63);
        row = none;
        if (trie->small) {
            const struct node *from = &trie->nodes[node];
            if (i + 1 == size && from->rows & bit) row = from->first_row + (uint32_t)__builtin_popcountll(from->rows & (bit - 1));
            node = from->kids & bit ? from->first_kid + (uint32_t)__builtin_popcountll(from->kids & (bit - 1)) : 0;
        } else {
            const struct edge *edge = codes[i] ? edge_of(trie, node, codes[i]) : NULL;
            node = edge && edge->node ? edge->child : 0;
            if (i + 1 == size && node) row = edge->row;
        }
    }
    if (row != none) hit(hits, row);
}

/* Counts of rows to their units, and those to sums and to the norm. */
INLINE void add_kind(const struct rows *model, const struct block *block, const struct hits *hits, int doubled, uint64_t *norm, int64_t *sums)
{
    struct batch batch;
    int32_t idf[AT_ONCE], tf[AT_ONCE], sign[AT_ONCE];
    const int32_t *table = block->tf;
    const uint8_t *rows = model->rows;
    const uint32_t *found = hits->found, tf_last = block->tf_last, stride = (uint32_t)model->stride;
    const int turns = doubled && !block->binary, squares = block->norm == ROWS_L2;
    int32_t *counts = hits->count;
    for (size_t start = 0; start < hits->n; start += AT_ONCE) {
        size_t n = hits->n - start < AT_ONCE ? hits->n - start : AT_ONCE;
        for (size_t i = 0; i < n; i++) {
            uint32_t row = found[start + i], offset = row * stride;
            int32_t count = doubled ? counts[row] >> 1 : counts[row];
            counts[row] = 0;
            batch.offset[i] = offset;
            memcpy(&idf[i], rows + offset, sizeof *idf);
            uint32_t many = (uint32_t)(doubled && count < 0 ? -count : count);
            tf[i] = table[many < tf_last ? many : tf_last];
            if (turns) sign[i] = count < 0 ? -1 : 1;
        }
        int64_t all = 0;
        int32_t signs = 0;
        uint64_t size = 0;
        for (size_t i = 0; i < n; i++) {
            int64_t x = ((int64_t)idf[i] * tf[i] + 2048) >> 12;
            x = x > MOST_UNITS ? MOST_UNITS : x < -MOST_UNITS ? -MOST_UNITS : x;
            if (turns) x *= sign[i];
            batch.x[i] = (int32_t)x;
            all += x, signs |= (int32_t)x;
            size += squares ? (uint64_t)(x * x) : (uint64_t)(x < 0 ? -x : x);
        }
        *norm += size;
        for (size_t i = n; i < n + 4; i++) batch.offset[i] = 0, batch.x[i] = 0;
        batch.n = n, batch.any_negative = signs < 0;
        model->level->sum(model, &batch, sums);
        for (size_t c = 0; c < model->n_logits && model->nibbles; c++) sums[c] -= 8 * all;
    }
}

#define DEFINE_ADD(name) \
    TARGET static void name(const struct rows *model, const struct block *block, const struct hits *hits, uint64_t *norm, int64_t *sums) \
    { \
        if (block->hash != ROWS_TERMS) add_kind(model, block, hits, 1, norm, sums); \
        else add_kind(model, block, hits, 0, norm, sums); \
    }

/* ---- one copy of the inner loops for each instruction set ---- */

/* Class `c` of a group of 16 stands in byte `c % 8`, below or above. */
static void sum_plain(const struct rows *model, const struct batch *batch, int64_t *sums)
{
    size_t groups = (model->n_logits + LANES - 1) / LANES;
    for (size_t g = 0; g < groups; g++) {
        int32_t total[LANES] = {0};
        const uint8_t *levels = model->rows + sizeof(int32_t) + g * (model->nibbles ? 8 : 16);
        for (size_t i = 0; i < batch->n; i++) {
            const uint8_t *row = levels + batch->offset[i];
            int32_t x = batch->x[i];
            if (model->nibbles)
                for (int c = 0; c < 8; c++) total[c] += x * (row[c] & 15), total[c + 8] += x * (row[c] >> 4);
            else
                for (int c = 0; c < LANES; c++) total[c] += x * (int8_t)row[c];
        }
        for (size_t c = 0; c < LANES; c++) sums[g * LANES + c] += total[c];
    }
}

/* Groups of 16 classes whose sums stay in registers together: a copy for each number of them. */
#define EACH_GROUPS(function, nibbles) \
    for (size_t first = 0; first < groups; first += 3) { \
        size_t left = groups - first; \
        if (left == 1) function(model, batch, first, 1, nibbles, sums); \
        else if (left == 2) function(model, batch, first, 2, nibbles, sums); \
        else function(model, batch, first, 3, nibbles, sums); \
    }

#define TARGET
DEFINE_WALK(walk_plain)
DEFINE_ADD(add_plain)
#undef TARGET

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_X86 1
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,popcnt,bmi,bmi2")))
DEFINE_WALK(walk_avx2)
DEFINE_ADD(add_avx2)

TARGET INLINE __m128i levels_of(const uint8_t *row, int nibbles)
{
    if (!nibbles) return _mm_loadu_si128((const __m128i *)row);
    const __m128i low = _mm_set1_epi8(15);
    __m128i both = _mm_loadl_epi64((const __m128i *)row);
    return _mm_unpacklo_epi64(_mm_and_si128(both, low), _mm_and_si128(_mm_srli_epi16(both, 4), low));
}

TARGET INLINE void sum_avx2_groups(const struct rows *model, const struct batch *batch, size_t first, size_t groups, int nibbles, int64_t *sums)
{
    const size_t step = nibbles ? 8 : 16;
    const uint8_t *levels = model->rows + sizeof(int32_t) + first * step;
    __m256i total[6];
    for (size_t g = 0; g < 2 * groups; g++) total[g] = _mm256_setzero_si256();
    for (size_t i = 0; i < batch->n; i++) {
        const uint8_t *row = levels + batch->offset[i];
        __m256i x = _mm256_set1_epi32(batch->x[i]);
        for (size_t g = 0; g < groups; g++) {
            __m128i own = levels_of(row + g * step, nibbles);
            total[2 * g] = _mm256_add_epi32(total[2 * g], _mm256_mullo_epi32(x, _mm256_cvtepi8_epi32(own)));
            total[2 * g + 1] = _mm256_add_epi32(total[2 * g + 1], _mm256_mullo_epi32(x, _mm256_cvtepi8_epi32(_mm_srli_si128(own, 8))));
        }
    }
    for (size_t g = 0; g < 2 * groups; g++) {
        int32_t own[8];
        _mm256_storeu_si256((__m256i *)own, total[g]);
        for (size_t c = 0; c < 8; c++) sums[first * LANES + g * 8 + c] += own[c];
    }
}

TARGET static void sum_avx2(const struct rows *model, const struct batch *batch, int64_t *sums)
{
    size_t groups = (model->n_logits + LANES - 1) / LANES;
    if (model->nibbles) EACH_GROUPS(sum_avx2_groups, 1)
    else EACH_GROUPS(sum_avx2_groups, 0)
}
#undef TARGET

/* Four rows at a time: bytes of one class side by side, times one byte of the units of each row, in one instruction. */
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni,avx2,popcnt,bmi,bmi2")))
DEFINE_ADD(add_vnni)

TARGET INLINE void sum_vnni_groups(const struct rows *model, const struct batch *batch, size_t first, size_t groups, int nibbles, int64_t *sums)
{
    const uint8_t *levels = model->rows + sizeof(int32_t) + first * (nibbles ? 8 : 16);
    const size_t loads = nibbles ? (groups + 1) / 2 : groups, kinds = nibbles ? 2 : 1; /* of 16 bytes: 32 classes or 16 */
    const __m512i low = _mm512_set1_epi8(15);
    /* Byte r of lane j is byte j of row r. */
    const __m512i turn = _mm512_add_epi8(
        _mm512_set1_epi32(0x30201000), _mm512_mullo_epi32(_mm512_set1_epi32(0x01010101), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
    __m512i small[8], large[8];
    for (size_t g = 0; g < loads * kinds; g++) small[g] = large[g] = _mm512_setzero_si512();
    for (size_t i = 0; i < batch->n; i += 4) {
        const uint32_t *offset = batch->offset + i;
        __m128i x = _mm_loadu_si128((const __m128i *)(batch->x + i));
        /* The four lower and the four upper bytes. */
        __m128i parts = _mm_shuffle_epi8(x, _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, -1, -1, -1, -1, -1, -1, -1, -1));
        __m512i below = _mm512_broadcastd_epi32(parts), above = _mm512_broadcastd_epi32(_mm_srli_epi64(parts, 32));
        for (size_t g = 0; g < loads; g++) {
            __m512i four = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(levels + offset[0] + 16 * g)));
            four = _mm512_inserti32x4(four, _mm_loadu_si128((const __m128i *)(levels + offset[1] + 16 * g)), 1);
            four = _mm512_inserti32x4(four, _mm_loadu_si128((const __m128i *)(levels + offset[2] + 16 * g)), 2);
            four = _mm512_inserti32x4(four, _mm_loadu_si128((const __m128i *)(levels + offset[3] + 16 * g)), 3);
            four = _mm512_permutexvar_epi8(turn, four);
            for (size_t k = 0; k < kinds; k++) {
                __m512i own = !nibbles ? four : _mm512_and_si512(k ? _mm512_srli_epi16(four, 4) : four, low);
                small[g * kinds + k] = _mm512_dpbusd_epi32(small[g * kinds + k], below, own);
                large[g * kinds + k] = _mm512_dpbusd_epi32(large[g * kinds + k], above, own);
            }
        }
    }
    for (size_t g = 0; g < loads * kinds; g++) {
        int32_t own[LANES];
        _mm512_storeu_si512(own, _mm512_add_epi32(small[g], _mm512_slli_epi32(large[g], 8)));
        /* Nibbles: lanes 0 to 7 are of one group, the others of the next. */
        for (size_t c = 0; c < LANES; c++) {
            size_t group = nibbles ? g / 2 * 2 + c / 8 : g;
            if (group < groups) sums[(first + group) * LANES + (nibbles ? c % 8 + g % 2 * 8 : c)] += own[c];
        }
    }
}

TARGET static void sum_vnni(const struct rows *model, const struct batch *batch, int64_t *sums)
{
    size_t groups = (model->n_logits + LANES - 1) / LANES;
    if (batch->any_negative) sum_avx2(model, batch, sums);
    else if (model->nibbles) EACH_GROUPS(sum_vnni_groups, 1)
    else EACH_GROUPS(sum_vnni_groups, 0)
}
#undef TARGET
#endif

#if defined(__ARM_NEON)
#define HAVE_NEON 1
#include "rows_neon.h"
#endif

static const struct level levels[] = {
#ifdef HAVE_X86
    {"avx512vnni", walk_avx2, add_vnni, sum_vnni},
    {"avx2", walk_avx2, add_avx2, sum_avx2},
#endif
#ifdef HAVE_NEON
    {"neon", walk_plain, add_plain, sum_neon},
#endif
    {"plain", walk_plain, add_plain, sum_plain},
};
const char *const rows_levels[] = {
#ifdef HAVE_X86
    "avx512vnni", "avx2",
#endif
#ifdef HAVE_NEON
    "neon",
#endif
    "plain", NULL};

int rows_has_level(const char *level)
{
#ifdef HAVE_X86
    int modern = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    if (!strcmp(level, "avx512vnni"))
        return modern && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
    if (!strcmp(level, "avx2")) return modern;
#endif
#ifdef HAVE_NEON
    if (!strcmp(level, "neon")) return 1; /* compiled in where the whole program needs it */
#endif
    return !strcmp(level, "plain");
}

const struct level *rows_level(const char *name)
{
    for (size_t i = 0; rows_levels[i]; i++)
        if ((!name[0] || !strcmp(name, rows_levels[i])) && rows_has_level(rows_levels[i])) return &levels[i];
    return NULL;
}

/* ---- n-grams that are found by themselves ---- */

static void subword_codes(const struct rows *model, const struct block *block, const struct view *view, struct scratch *s, struct hits *hits)
{
    const struct trie *trie = &block->trie;
    size_t n = 0;
    for (size_t w = 0; w < view->n_words; w++) {
        s->codes[n++] = trie->ascii['<'];
        for (size_t i = view->spans[2 * w]; i < view->spans[2 * w + 1];) {
            uint32_t point;
            i += rows_decode(view->words + i, view->spans[2 * w + 1] - i, &point);
            s->codes[n] = code_of(trie, point);
            if (block->low == 1) hit(hits, trie->first_row[s->codes[n]]); /* a mark alone is none */
            n++;
        }
        s->codes[n++] = trie->ascii['>'];
        s->codes[n++] = 0;
    }
    model->level->walk(model, block, s->codes, n, 0, s, hits);
}

/* Runs between blanks, or the text as one, with a blank on either side, or none. */
static void run_codes(const struct rows *model, const struct block *block, const struct view *view, struct scratch *s, struct hits *hits)
{
    const struct trie *trie = &block->trie;
    const uint32_t blank = trie->ascii[' '];
    uint32_t *codes = s->codes;
    size_t n = 0, i = 0, size = view->clean_size;
    int parted = block->analyzer == ROWS_CHAR_WB, padded = block->analyzer != ROWS_CHAR_BARE;
    while (i < size) {
        size_t start = n, step = 1;
        uint32_t point;
        if (padded) codes[n++] = blank;
        for (; i < size; i += step) {
            step = rows_decode(view->clean + i, size - i, &point);
            if (parted && rows_is_blank(point)) break;
            codes[n++] = code_of(trie, point);
        }
        if (n == start + 1 && parted) { /* nothing but a blank */
            n = start;
            i += step;
            continue;
        }
        if (padded) codes[n++] = blank;
        if (padded && n - start < (size_t)block->low) {
            walk_whole(block, codes + start, n - start, (uint32_t)model->n_rows, hits);
            n = start;
        } else codes[n++] = 0;
    }
    codes[n++] = 0;
    model->level->walk(model, block, codes, n, block->low == 1, s, hits);
}

/* The same for ASCII with single blanks, where no run is too short; without a branch. */
static void tidy_codes(const struct rows *model, const struct block *block, const struct view *view, struct scratch *s, struct hits *hits)
{
    const uint32_t *ascii = block->trie.ascii, blank = ascii[' '];
    uint32_t *codes = s->codes;
    size_t n = 0;
    codes[n++] = blank;
    for (size_t i = 0; i < view->clean_size; i++) {
        uint8_t byte = view->clean[i];
        codes[n] = ascii[byte], codes[n + 1] = 0, codes[n + 2] = blank;
        n += byte == ' ' ? 3 : 1;
    }
    codes[n++] = blank, codes[n++] = 0;
    model->level->walk(model, block, codes, n, block->low == 1, s, hits);
}

static void word_codes(const struct rows *model, const struct block *block, const struct view *view, struct scratch *s, struct hits *hits)
{
    size_t n = 0;
    for (size_t w = 0; w < view->n_words; w++) {
        const uint8_t *word = view->words + view->spans[2 * w];
        size_t length = view->spans[2 * w + 1] - view->spans[2 * w];
        if (!is_short(block, word, length)) s->codes[n++] = code_of_word(&block->trie, word, length);
    }
    s->codes[n++] = 0;
    model->level->walk(model, block, s->codes, n, block->low == 1, s, hits);
}

/* ---- hashed n-grams ---- */

INLINE uint32_t murmur_mixed(uint32_t block)
{
    block *= 0xCC9E2D51u;
    return (block << 15 | block >> 17) * 0x1B873593u;
}

static uint32_t murmur3(const uint8_t *data, size_t size)
{
    uint32_t h = 0, block = 0;
    for (size_t i = 0; i + 4 <= size; i += 4) {
        block = (uint32_t)data[i] | (uint32_t)data[i + 1] << 8 | (uint32_t)data[i + 2] << 16 | (uint32_t)data[i + 3] << 24;
        h ^= murmur_mixed(block);
        h = (h << 13 | h >> 19) * 5 + 0xE6546B64u;
    }
    block = 0;
    for (size_t i = size & ~(size_t)3; i < size; i++) block |= (uint32_t)data[i] << 8 * (i & 3);
    if (size & 3) h ^= murmur_mixed(block);
    h ^= (uint32_t)size;
    h = (h ^ h >> 16) * 0x85EBCA6Bu;
    h = (h ^ h >> 13) * 0xC2B2AE35u;
    return h ^ h >> 16;
}

#define FNV_START 2166136261u
INLINE uint32_t fnv_step(uint32_t hash, uint8_t byte) { return (hash ^ (uint32_t)(int32_t)(int8_t)byte) * 16777619u; }

INLINE uint64_t chain(uint64_t total, uint32_t hash) { return total * 116049371u + (uint64_t)(int64_t)(int32_t)hash; }

static uint64_t fnv_words(const uint8_t *data, size_t size)
{
    uint64_t total = 0;
    uint32_t hash = FNV_START;
    for (size_t i = 0; i < size; i++) {
        if (data[i] != ' ') hash = fnv_step(hash, data[i]);
        else total = chain(total, hash), hash = FNV_START;
    }
    return chain(total, hash);
}

static int grow_loose(struct scratch *s)
{
    size_t size = s->loose ? 2 * (s->loose_mask + 1) : 1024;
    struct loose *made = calloc(size, sizeof *made), *old = s->loose;
    uint32_t *used = malloc(size / 2 * sizeof *used);
    if (!made || !used) {
        free(made), free(used);
        return 0;
    }
    s->loose = made, s->loose_mask = size - 1;
    for (size_t i = 0; i < s->n_loose; i++) {
        struct loose *each = &old[s->loose_used[i]];
        uint64_t slot = ((uint64_t)each->number * 0x9E3779B97F4A7C15u >> 30) & s->loose_mask;
        while (made[slot].count) slot = (slot + 1) & s->loose_mask;
        made[slot] = *each;
        used[i] = (uint32_t)slot;
    }
    free(old), free(s->loose_used);
    s->loose_used = used;
    return 1;
}

/* Count a bucket; 0 where memory is out. */
static int hit_bucket(const struct block *block, uint64_t bucket, int sign, struct scratch *s, struct hits *hits)
{
    uint32_t number = (uint32_t)bucket;
    uint64_t slot = rows_bucket_slot(block, number);
    while (block->rows[slot].row != UINT32_MAX && block->rows[slot].number != number) slot = (slot + 1) & block->bucket_mask;
    uint32_t row = block->rows[slot].row;
    if (row != UINT32_MAX) {
        int32_t before = hits->count[row];
        hits->found[hits->n] = row;
        hits->n += before == 0;
        hits->count[row] = (before ? before : 1) + 2 * sign;
        return 1;
    }
    if (!block->counted || block->norm == ROWS_NO_NORM) return 1;
    if ((!s->loose || 2 * (s->n_loose + 1) > s->loose_mask) && !grow_loose(s)) return 0;
    slot = ((uint64_t)number * 0x9E3779B97F4A7C15u >> 30) & s->loose_mask;
    while (s->loose[slot].count && s->loose[slot].number != number) slot = (slot + 1) & s->loose_mask;
    if (!s->loose[slot].count) {
        s->loose_used[s->n_loose++] = (uint32_t)slot;
        s->loose[slot] = (struct loose){number, 1};
    }
    s->loose[slot].count += 2 * sign;
    return 1;
}

static int hit_hash(const struct block *block, uint64_t hash, struct scratch *s, struct hits *hits)
{
    if (block->hash != ROWS_MURMUR3) return hit_bucket(block, hash % block->buckets, 1, s, hits);
    int32_t value = (int32_t)hash;
    /* The smallest number has no magnitude of its own size; as scikit-learn does it. */
    uint64_t size = value == INT32_MIN ? 2147483647u - (block->buckets - 1) : (uint64_t)(value < 0 ? -(int64_t)value : value);
    return hit_bucket(block, size % block->buckets, block->is_signed && value < 0 ? -1 : 1, s, hits);
}

static int hit_term(const struct block *block, const uint8_t *term, size_t size, struct scratch *s, struct hits *hits)
{
    uint64_t hash = block->hash == ROWS_MURMUR3 ? murmur3(term, size) : fnv_words(term, size);
    if (block->hash == ROWS_FNV1A) {
        uint32_t fnv = FNV_START;
        for (size_t i = 0; i < size; i++) fnv = fnv_step(fnv, term[i]);
        hash = fnv;
    }
    return hit_hash(block, hash, s, hits);
}

/* n-grams of `n` units that begin at the places `starts` of s->bytes (n + 1 of them) and hold `gap` bytes less than to the
 * next one's place, a blank between words; `edges`: single units are read at either end, too. */
static int hash_units(const struct block *block, const uint32_t *starts, size_t n, size_t gap, int edges, struct scratch *s, struct hits *hits)
{
    for (size_t i = 0; i < n; i++) {
        size_t most = n - i < (size_t)block->high ? n - i : (size_t)block->high, read = starts[i];
        uint32_t fnv = FNV_START;
        uint64_t total = 0;
        for (size_t length = 1; length <= most; length++) {
            size_t end = starts[i + length] - gap;
            int asked = length >= (size_t)block->low && (length > 1 || edges || (i && i + 1 < n));
            if (block->hash == ROWS_FNV1A) {
                for (; read < end; read++) fnv = fnv_step(fnv, s->bytes[read]);
                if (asked && !hit_hash(block, fnv, s, hits)) return 0;
            } else if (block->hash == ROWS_FNV1A_WORDS && gap) {
                read = starts[i + length - 1], fnv = FNV_START;
                for (; read < end; read++) fnv = fnv_step(fnv, s->bytes[read]);
                total = chain(total, fnv);
                if (asked && !hit_hash(block, total, s, hits)) return 0;
            } else if (asked && !hit_term(block, s->bytes + starts[i], end - starts[i], s, hits)) return 0;
        }
    }
    return 1;
}

/* Characters of a run between two marks (0 for none) to s->bytes and their places to s->codes; how many. */
static size_t place_units(const uint8_t *run, size_t size, char before, char behind, struct scratch *s)
{
    size_t n = 0, used = 0;
    if (before) s->codes[n++] = (uint32_t)used, s->bytes[used++] = (uint8_t)before;
    for (size_t i = 0; i < size;) {
        uint32_t point;
        size_t step = rows_decode(run + i, size - i, &point);
        s->codes[n++] = (uint32_t)used;
        for (size_t end = i + step; i < end;) s->bytes[used++] = run[i++];
    }
    if (behind) s->codes[n++] = (uint32_t)used, s->bytes[used++] = (uint8_t)behind;
    s->codes[n] = (uint32_t)used;
    return n;
}

static int hash_run(const struct block *block, const uint8_t *run, size_t size, struct scratch *s, struct hits *hits)
{
    char mark = block->analyzer == ROWS_CHAR_BARE ? 0 : ' ';
    size_t n = place_units(run, size, mark, mark, s);
    if (mark && n < (size_t)block->low) return hit_term(block, s->bytes, s->codes[n], s, hits);
    return hash_units(block, s->codes, n, 0, 1, s, hits);
}

static int hash_block(const struct block *block, const struct view *view, struct scratch *s, struct hits *hits)
{
    if (block->analyzer == ROWS_WORD) {
        size_t n = 0, used = 0;
        for (size_t w = 0; w < view->n_words; w++) {
            const uint8_t *word = view->words + view->spans[2 * w];
            size_t length = view->spans[2 * w + 1] - view->spans[2 * w];
            if (is_short(block, word, length)) continue;
            s->codes[n++] = (uint32_t)used;
            memcpy(s->bytes + used, word, length);
            used += length;
            s->bytes[used++] = ' ';
        }
        s->codes[n] = (uint32_t)used;
        return hash_units(block, s->codes, n, 1, 1, s, hits);
    }
    if (block->analyzer == ROWS_SUBWORD) {
        for (size_t w = 0; w < view->n_words; w++) {
            size_t n = place_units(view->words + view->spans[2 * w], view->spans[2 * w + 1] - view->spans[2 * w], '<', '>', s);
            if (!hash_units(block, s->codes, n, 0, 0, s, hits)) return 0;
        }
        return 1;
    }
    if (block->analyzer != ROWS_CHAR_WB) return !view->clean_size || hash_run(block, view->clean, view->clean_size, s, hits);
    for (size_t i = 0, start = 0, step; i <= view->clean_size; i += step) {
        uint32_t point = ' ';
        step = i < view->clean_size ? rows_decode(view->clean + i, view->clean_size - i, &point) : 1;
        if (!rows_is_blank(point)) continue;
        if (i > start && !hash_run(block, view->clean + start, i - start, s, hits)) return 0;
        start = i + step;
    }
    return 1;
}

/* ---- sums ---- */

INLINE int32_t units_of(int32_t idf, int32_t count, const int32_t *tf, uint32_t tf_last, int binary)
{
    uint32_t size = (uint32_t)(count < 0 ? -count : count);
    int64_t x = ((int64_t)idf * tf[size < tf_last ? size : tf_last] + 2048) >> 12;
    x = x > MOST_UNITS ? MOST_UNITS : x < -MOST_UNITS ? -MOST_UNITS : x;
    return (int32_t)(count < 0 && !binary ? -x : x);
}

INLINE void add_to_norm(uint64_t *norm, int kind, int32_t x)
{
    uint64_t size = (uint64_t)(x < 0 ? -(int64_t)x : x);
    *norm += kind == ROWS_L2 ? size * size : size;
}

static void add_loose(const struct rows *model, const struct block *block, struct scratch *s, uint64_t *norm)
{
    for (size_t i = 0; i < s->n_loose; i++) {
        struct loose *loose = &s->loose[s->loose_used[i]];
        add_to_norm(norm, block->norm, units_of(model->without, loose->count >> 1, block->tf, block->tf_last, block->binary));
        loose->count = 0;
    }
    s->n_loose = 0;
}

INLINE double inverse_of(const struct rows *model, int norm, uint64_t size)
{
    if (norm == ROWS_NO_NORM) return model->unit;
    if (!size) return 0;
    return 1.0 / (norm == ROWS_L2 ? sqrt((double)(int64_t)size) : (double)(int64_t)size);
}

/* ---- one text ---- */

static const char *make_room(struct scratch *s, size_t longest)
{
    if (s->text_memory && longest <= s->longest) return NULL;
    longest += longest / 2 + 512;
    free(s->text_memory);
    size_t clean = longest + ROWS_SLACK, many = 3 * longest + 16;
    s->text_memory = malloc((2 * longest + 2 + 4 * many) * sizeof(uint32_t) + clean + many + ROWS_SLACK);
    if (!s->text_memory) return "out of memory";
    s->longest = longest;
    s->spans = s->text_memory;
    s->codes = s->spans + 2 * longest + 2;
    s->node = s->codes + many;
    s->at = s->node + many;
    s->row = s->at + many;
    s->clean = (uint8_t *)(s->row + many);
    s->bytes = s->clean + clean;
    return NULL;
}

/* What a reader makes of a text; READER_DONE, or why not. */
static int look(const struct reader *reader, const struct rows_text *text, struct scratch *s, struct view *view)
{
    int status = !reader || !text->data ? READER_NEEDS_PYTHON : text->size > ROWS_LONGEST ? READER_TOO_LONG : READER_DONE;
    if (!status) status = reader_read(reader, text->data, text->size, 0, &s->text);
    if (status) return status;
    const struct reader_text *read = &s->text;
    /* A last word may stand behind the cleaned text. */
    size_t end = read->n_words && read->words[read->n_words - 1].end > read->size ? read->words[read->n_words - 1].end : read->size;
    if (end > 2 * ROWS_LONGEST) return READER_TOO_LONG;
    if (make_room(s, end + read->n_words)) return READER_NO_MEMORY;
    *view = (struct view){read->clean, read->clean, read->size, end, read->n_words, (const uint32_t *)read->words, read->tidy};
    return READER_DONE;
}

/* A text that was read elsewhere, in the scratch's own memory. */
static const char *see(const struct rows *model, size_t reading, const struct rows_text *text, struct scratch *s, struct view *view)
{
    const char *problem;
    const uint8_t *spans;
    if ((problem = rows_given(text, reading, model->n_readings, view, &spans))) return problem;
    if ((problem = make_room(s, view->clean_size + view->words_size + 2 * ROWS_SLACK + view->n_words))) return problem;
    for (size_t i = 0; i < 2 * view->n_words; i++) s->spans[i] = rows_number(spans + 4 * i);
    memcpy(s->clean, view->clean, view->clean_size);
    memset(s->clean + view->clean_size, 0, ROWS_SLACK);
    uint8_t *words = s->clean + view->clean_size + ROWS_SLACK;
    memcpy(words, view->words, view->words_size);
    memset(words + view->words_size, 0, ROWS_SLACK);
    view->clean = s->clean, view->words = words, view->spans = s->spans;
    return NULL;
}

static const char *one_text(const struct rows *model, const struct rows_text *text, struct scratch *s, float *out, uint8_t *known)
{
    struct view view;
    size_t n_logits = model->n_logits, any = 0;
    uint64_t norm = 0;
    int seen = -1;
    memset(s->total, 0, n_logits * sizeof *s->total);
    for (size_t b = 0; b < model->n_blocks; b++) {
        const struct block *block = &model->blocks[b];
        struct hits hits = {s->count, s->found, 0, model->rows, model->stride};
        const char *problem = NULL;
        if (block->reading != seen && !text->is_given) {
            int status = look(model->readers[block->reading], text, s, &view);
            if (status == READER_NO_MEMORY) return "out of memory";
            if ((*known = (uint8_t)(status ? ROWS_UNREAD + status : 0))) return NULL;
        } else if (block->reading != seen) problem = see(model, (size_t)block->reading, text, s, &view);
        if (problem) return problem;
        seen = block->reading;
        if (!block->joined) {
            norm = 0;
            memset(s->sums, 0, (n_logits + LANES - 1) / LANES * LANES * sizeof *s->sums);
        }
        if (block->hash != ROWS_TERMS) {
            if (!hash_block(block, &view, s, &hits)) return "out of memory";
        } else if (block->analyzer == ROWS_WORD) word_codes(model, block, &view, s, &hits);
        else if (block->analyzer == ROWS_SUBWORD) subword_codes(model, block, &view, s, &hits);
        else if (block->analyzer == ROWS_CHAR_WB && view.tidy && view.clean_size && block->low <= 3) tidy_codes(model, block, &view, s, &hits);
        else run_codes(model, block, &view, s, &hits);
        any |= hits.n;
        model->level->add(model, block, &hits, &norm, s->sums);
        s->count[model->n_rows] = 1;
        if (s->n_loose) add_loose(model, block, s, &norm);
        if (b + 1 < model->n_blocks && model->blocks[b + 1].joined) continue;
        double inverse = inverse_of(model, block->norm, norm);
        for (size_t c = 0; c < n_logits; c++) s->total[c] += (double)s->sums[c] * inverse;
    }
    for (size_t c = 0; c < n_logits; c++) out[c] = (float)(s->total[c] * (double)model->scale[c] + (double)model->intercept[c]);
    *known = any != 0;
    return NULL;
}

/* ---- many texts ---- */

void rows_free_scratch(struct scratch *s)
{
    if (!s) return;
    reader_text_free(&s->text);
    free(s->text_memory), free(s->count), free(s->found), free(s->sums), free(s->total), free(s->loose), free(s->loose_used);
    free(s);
}

/* One that another text has used, or a new one. */
static struct scratch *take_scratch(struct rows *model)
{
    for (size_t i = 0; i < ROWS_KEPT; i++) {
        if (!__atomic_load_n(&model->kept[i], __ATOMIC_RELAXED)) continue;
        struct scratch *kept = __atomic_exchange_n(&model->kept[i], NULL, __ATOMIC_ACQUIRE);
        if (kept) return kept;
    }
    struct scratch *s = calloc(1, sizeof *s);
    size_t lanes = (model->n_logits + LANES - 1) / LANES * LANES;
    if (!s) return NULL;
    s->count = calloc(model->n_rows + 1, sizeof *s->count);
    s->found = calloc(model->n_rows + 2, sizeof *s->found);
    s->sums = calloc(lanes, sizeof *s->sums);
    s->total = calloc(lanes, sizeof *s->total);
    if (!s->count || !s->found || !s->sums || !s->total) {
        rows_free_scratch(s);
        return NULL;
    }
    s->count[model->n_rows] = 1; /* what has no row is never found */
    return s;
}

/* Kept for the next text, unless a text was long or left counts behind. */
static void give_scratch(struct rows *model, struct scratch *s, int clean)
{
    if (!clean || s->longest > MOST_KEPT_BYTES || s->text.bytes_room > 4 * MOST_KEPT_BYTES || s->loose_mask >= MOST_KEPT_BYTES) {
        rows_free_scratch(s);
        return;
    }
    for (size_t i = 0; i < ROWS_KEPT; i++) {
        struct scratch *none = NULL;
        if (__atomic_compare_exchange_n(&model->kept[i], &none, s, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) return;
    }
    rows_free_scratch(s);
}

struct job {
    struct rows *model;
    const struct rows_text *texts;
    size_t n_texts, next, bad;
    float *out;
    uint8_t *known;
    const char *problem;
};

static void work(void *argument)
{
    struct job *job = argument;
    struct rows *model = job->model;
    struct scratch *s = take_scratch(model);
    const char *problem = s ? NULL : "out of memory";
    while (!problem) {
        size_t i = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED);
        if (i >= job->n_texts) break;
        problem = one_text(model, &job->texts[i], s, job->out + i * model->n_logits, job->known + i);
        if (problem) __atomic_store_n(&job->bad, i, __ATOMIC_RELAXED);
    }
    if (problem) __atomic_store_n(&job->problem, problem, __ATOMIC_RELAXED);
    if (s) give_scratch(model, s, !problem);
}

const char *rows_logits(const struct rows *model, const struct rows_text *texts, size_t n_texts, size_t n_threads, float *out,
                        uint8_t *known, size_t *bad)
{
    /* What is kept for the next text changes, nothing else of the model does. */
    struct job job = {(struct rows *)(uintptr_t)model, texts, n_texts, 0, 0, out, known, NULL};
    together(work, &job, n_threads < n_texts ? n_threads : n_texts);
    *bad = job.bad;
    return job.problem;
}
