/* Checks what a model is made of and lays it out for look-up. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rows_parts.h"

#define MOST_ROWS ((size_t)1 << 21)
#define MOST_TERM_BYTES ((size_t)1 << 30)
#define MOST_UNITS 65535
#define MOST_TF (1 << 29)

static const char *const no_memory = "out of memory";

/* ---- checks ---- */

static int within(int64_t value, int64_t low, int64_t high) { return value >= low && value <= high; }

static const char *check_block(const struct rows_spec *spec, size_t place)
{
    const struct rows_block *b = &spec->blocks[place];
    if (!within(b->analyzer, 0, ROWS_ANALYZERS - 1) || !within(b->hash, 0, ROWS_HASHES - 1) || !within(b->norm, 0, ROWS_NORMS - 1))
        return "blocks: an analyzer, hash or norm that isn't known";
    if (!within(b->low, 1, ROWS_MAX_N) || !within(b->high, b->low, ROWS_MAX_N)) return "blocks: n from 1 to 64 is allowed";
    if (!within(b->shortest_word, 0, ROWS_MAX_N)) return "blocks: a shortest word of 0 to 64 letters is allowed";
    if (!within(b->joined, 0, place ? 1 : 0) || !within(b->binary, 0, 1) || !within(b->is_signed, 0, 1) || !within(b->counted, 0, 1))
        return "blocks: switches are 0 or 1, and the first block joins no other";
    if (b->reading < 0 || (size_t)b->reading >= spec->n_readings) return "blocks: a reading that isn't there";
    if (!b->tf_size || b->tf_size > UINT32_MAX) return "tf: at least one entry is needed";
    for (size_t i = 0; i < b->tf_size; i++)
        if (!within(b->tf[i], 0, MOST_TF)) return "tf: 0 to 2^29 is allowed";
    if (b->n_rows > MOST_ROWS) return "blocks: more than 2^21 rows";
    if (b->hash != ROWS_TERMS) {
        if (!within(b->buckets, 1, (int64_t)1 << 31)) return "blocks: 1 to 2^31 buckets are allowed";
        for (size_t i = 0; i < b->n_rows; i++)
            if (!within(b->numbers[i], i ? b->numbers[i - 1] + 1 : 0, b->buckets - 1)) return "blocks: buckets must ascend and be there";
        return NULL;
    }
    if (b->is_signed) return "blocks: counts of terms have no sign";
    if (b->terms_size > MOST_TERM_BYTES || b->starts[0] || b->starts[b->n_rows] != b->terms_size) return "terms: sizes differ";
    for (size_t i = 0; i < b->n_rows; i++)
        if (b->starts[i] >= b->starts[i + 1] || b->starts[i + 1] > b->terms_size) return "terms: each needs a byte at least";
    return NULL;
}

static const char *check(const struct rows_spec *spec, size_t *n_rows)
{
    *n_rows = 0;
    if (spec->n_blocks < 1 || spec->n_blocks > ROWS_MAX_BLOCKS) return "blocks: 1 to 16 are allowed";
    if (spec->n_readings < 1 || spec->n_readings > ROWS_MAX_BLOCKS + 1) return "readings: 1 to 17 are allowed";
    if (spec->n_logits < 1 || spec->n_logits > 100000) return "logits: 1 to 100000 are allowed";
    for (size_t b = 0; b < spec->n_blocks; b++) {
        const char *problem = check_block(spec, b);
        if (problem) return problem;
        *n_rows += spec->blocks[b].n_rows;
    }
    if (*n_rows < 1 || *n_rows > MOST_ROWS) return "blocks: 1 to 2^21 rows are allowed";
    if (spec->idf_size != *n_rows) return "idf: one number for each row is needed";
    if (spec->levels_size / spec->n_logits != *n_rows || spec->levels_size % spec->n_logits) return "levels: size differs from rows times logits";
    if (spec->scale_size != spec->n_logits || spec->intercept_size != spec->n_logits)
        return "scale and intercept: one number for each logit is needed";
    if (!within(spec->bits, -64, 64) || !within(spec->without, 0, MOST_UNITS)) return "bits: -64 to 64 are allowed, and 16 of a row";
    for (size_t i = 0; i < *n_rows; i++)
        if (!within(spec->idf[i], -MOST_UNITS, MOST_UNITS)) return "idf: -65535 to 65535 is allowed";
    for (size_t i = 0; i < spec->levels_size; i++)
        if (spec->levels[i] == -128) return "levels: values must lie in -127..127";
    for (size_t c = 0; c < spec->n_logits; c++)
        if (!isfinite(spec->scale[c]) || !isfinite(spec->intercept[c])) return "scale and intercept: every value must be finite";
    return NULL;
}

/* ---- codes of characters and words ---- */

/* At least twice `n`; where that has no number, the largest power, for which there is no memory. */
static size_t power_above(size_t n)
{
    size_t size = 16;
    while (size < 2 * n && size <= SIZE_MAX / 4) size *= 2;
    return size;
}

static uint32_t point_code(struct trie *trie, uint32_t point)
{
    uint32_t *code;
    if (point < 128) code = &trie->ascii[point];
    else {
        uint64_t slot = rows_point_slot(trie, point);
        while (trie->points[slot].code && trie->points[slot].point != point) slot = (slot + 1) & trie->point_mask;
        trie->points[slot].point = point;
        code = &trie->points[slot].code;
    }
    if (!*code) *code = ++trie->n_codes;
    return *code;
}

static uint32_t word_code(struct trie *trie, const uint8_t *word, uint32_t length, size_t *arena_used)
{
    uint8_t key[16] = {0};
    memcpy(key, word, length < 16 ? length : 16);
    const uint64_t half[2] = {rows_half(key), rows_half(key + 8)};
    uint64_t hash = rows_mixed(half[0] ^ length, half[1]);
    for (uint32_t i = 16; i < length; i++) hash = (hash ^ word[i]) * 0x9E3779B97F4A7C15u;
    uint64_t slot = hash & trie->slot_mask;
    for (; trie->slots[slot].code; slot = (slot + 1) & trie->slot_mask) {
        const struct word *w = &trie->words[trie->slots[slot].code - 1];
        if (w->length == length && w->low == half[0] && w->high == half[1] && (length <= 16 || !memcmp(trie->arena + w->start, word, length)))
            return trie->slots[slot].code;
    }
    trie->words[trie->n_codes] = (struct word){half[0], half[1], length, (uint32_t)*arena_used};
    if (length > 16) {
        memcpy(trie->arena + *arena_used, word, length);
        *arena_used += length;
    }
    trie->slots[slot] = (struct slot){(uint32_t)(hash >> 32), ++trie->n_codes};
    return trie->n_codes;
}

/* Terms as codes: `codes` has room for a code a byte and one more a term, `ends[i]` is where those of term i end. */
static const char *encode_terms(struct trie *trie, const struct rows_block *b, uint32_t *codes, size_t *ends)
{
    size_t n = 0, arena_used = 0, n_units = b->terms_size + b->n_rows;
    int words = b->analyzer == ROWS_WORD;
    if (words) {
        size_t n_words = b->n_rows;
        for (size_t i = 0; i < b->terms_size; i++) n_words += b->terms[i] == ' ';
        n_units = power_above(n_words);
        trie->words = calloc(n_words, sizeof *trie->words);
        trie->arena = calloc(b->terms_size + ROWS_SLACK, 1);
        trie->slots = calloc(n_units, sizeof *trie->slots);
        trie->slot_mask = n_units - 1;
        if (!trie->words || !trie->arena || !trie->slots) return no_memory;
    } else {
        size_t far = 0;
        for (size_t i = 0; i < b->terms_size; i++) far += b->terms[i] >= 0xC2 || (b->terms[i] >= 0x80);
        if (far > 0x120000) far = 0x120000;
        trie->points = calloc(power_above(far), sizeof *trie->points);
        trie->point_mask = power_above(far) - 1;
        if (!trie->points) return no_memory;
    }
    for (size_t i = 0; i < b->n_rows; i++) {
        const uint8_t *term = b->terms + b->starts[i];
        size_t size = (size_t)(b->starts[i + 1] - b->starts[i]), start = 0;
        for (size_t at = 0; at < size && !words;) {
            uint32_t point;
            at += rows_decode(term + at, size - at, &point);
            codes[n++] = point_code(trie, point);
        }
        for (size_t at = 0; at <= size && words; at++) {
            if (at < size && term[at] != ' ') continue;
            codes[n++] = word_code(trie, term + start, (uint32_t)(at - start), &arena_used);
            start = at + 1;
        }
        ends[i] = n;
    }
    return NULL;
}

/* ---- paths ---- */

static struct edge *edge_at(const struct trie *trie, uint32_t node, uint32_t code)
{
    uint64_t slot = rows_edge_slot(trie, node, code);
    while (trie->edges[slot].node && (trie->edges[slot].node != node || trie->edges[slot].code != code)) slot = (slot + 1) & trie->edge_mask;
    return &trie->edges[slot];
}

static const char *grow(struct trie *trie)
{
    struct edge *old = trie->edges;
    size_t size = (size_t)trie->edge_mask + 1;
    if (!(trie->edges = calloc(2 * size, sizeof *trie->edges))) {
        trie->edges = old;
        return no_memory;
    }
    trie->edge_mask = 2 * size - 1;
    for (size_t i = 0; i < size; i++)
        if (old[i].node) *edge_at(trie, old[i].node, old[i].code) = old[i];
    free(old);
    return NULL;
}

/* All paths, level by level, so that nodes of one level have neighbouring numbers; `level[d]` is the first of level d. */
static const char *add_paths(struct trie *trie, const struct rows_block *b, const uint32_t *codes, const size_t *ends, uint32_t first,
                             uint32_t none, uint32_t *state, uint32_t *made)
{
    uint32_t n_nodes = trie->n_codes, n_edges = 0;
    for (uint32_t code = 0; code <= trie->n_codes; code++) trie->first_row[code] = none;
    for (int depth = 1; depth <= b->high; depth++) {
        for (size_t i = 0; i < b->n_rows; i++) {
            size_t start = i ? ends[i - 1] : 0, length = ends[i] - start;
            if (length > (size_t)b->high || length < (size_t)depth) continue; /* longer ones are never looked for */
            uint32_t code = codes[start + (size_t)depth - 1], *row;
            if (depth == 1) {
                state[i] = code;
                row = &trie->first_row[code];
            } else {
                struct edge *edge = edge_at(trie, state[i], code);
                if (!edge->node) {
                    *edge = (struct edge){state[i], code, ++n_nodes, none};
                    if (2 * (uint64_t)++n_edges > trie->edge_mask) {
                        const char *problem = grow(trie);
                        if (problem) return problem;
                        edge = edge_at(trie, state[i], code);
                    }
                }
                state[i] = edge->child;
                row = &edge->row;
            }
            if (length > (size_t)depth) continue;
            if (*row != none) return "terms: each may stand there once";
            *row = first + (uint32_t)i;
        }
    }
    *made = n_nodes;
    return NULL;
}

/* Edges of a small alphabet as maps; its rows change their places, so that those of a node's children lie side by side. */
static const char *as_maps(struct trie *trie, const struct rows_block *b, uint32_t first, uint32_t none, uint32_t n_nodes, uint32_t *place)
{
    uint32_t n_kids = trie->n_codes + 1, next = first, *number = calloc((size_t)n_nodes + 1, sizeof *number);
    struct node *made = calloc((size_t)n_nodes + 1, sizeof *made);
    uint8_t *goes_on = calloc((size_t)n_nodes + 1, 1);
    const char *problem = number && made && goes_on ? NULL : no_memory;
    for (uint64_t i = 0; !problem && i <= trie->edge_mask; i++) goes_on[trie->edges[i].node] = 1;
    for (uint64_t i = 0; !problem && i <= trie->edge_mask; i++) {
        const struct edge *edge = &trie->edges[i];
        uint64_t bit = (uint64_t)1 << edge->code;
        if (!edge->node) continue;
        if (edge->row != none) made[edge->node].rows |= bit;
        if (goes_on[edge->child]) made[edge->node].kids |= bit;
    }
    for (size_t i = 0; !problem && i < b->n_rows; i++) place[first + i] = none;
    for (uint32_t code = 1; !problem && code <= trie->n_codes; code++) {
        number[code] = code;
        if (trie->first_row[code] == none) continue;
        place[trie->first_row[code]] = next;
        trie->first_row[code] = next++;
    }
    for (uint32_t node = 1; !problem && node <= n_nodes; node++) {
        made[node].first_kid = n_kids, made[node].first_row = next;
        n_kids += (uint32_t)__builtin_popcountll(made[node].kids);
        next += (uint32_t)__builtin_popcountll(made[node].rows);
    }
    for (uint64_t i = 0; !problem && i <= trie->edge_mask; i++) {
        const struct edge *edge = &trie->edges[i];
        const struct node *parent = &made[edge->node];
        uint64_t before = ((uint64_t)1 << edge->code) - 1;
        if (!edge->node) continue;
        if (edge->row != none) place[edge->row] = parent->first_row + (uint32_t)__builtin_popcountll(parent->rows & before);
        if (goes_on[edge->child]) number[edge->child] = parent->first_kid + (uint32_t)__builtin_popcountll(parent->kids & before);
    }
    /* What is never looked for stands behind the others. */
    for (size_t i = 0; !problem && i < b->n_rows; i++)
        if (place[first + i] == none) place[first + i] = next++;
    if (!problem && !(trie->nodes = calloc((size_t)n_kids + 1, sizeof *trie->nodes))) problem = no_memory;
    for (uint32_t node = 1; !problem && node <= n_nodes; node++)
        if (number[node]) trie->nodes[number[node]] = made[node];
    free(number), free(made), free(goes_on), free(trie->edges);
    trie->edges = NULL;
    return problem;
}

static const char *fill_trie(struct block *block, const struct rows_block *b, uint32_t first, uint32_t none, uint32_t *place)
{
    struct trie *trie = &block->trie;
    uint32_t n_nodes = 0, *codes = calloc(b->terms_size + b->n_rows + 1, sizeof *codes);
    uint32_t *state = calloc(b->n_rows + 1, sizeof *state);
    size_t *ends = calloc(b->n_rows + 1, sizeof *ends);
    const char *problem = codes && state && ends ? encode_terms(trie, b, codes, ends) : no_memory;
    if (!problem) {
        trie->edge_mask = 1023;
        trie->edges = calloc(1024, sizeof *trie->edges);
        trie->first_row = calloc((size_t)trie->n_codes + 1, sizeof *trie->first_row);
        problem = trie->edges && trie->first_row ? add_paths(trie, b, codes, ends, first, none, state, &n_nodes) : no_memory;
    }
    trie->small = b->analyzer != ROWS_WORD && trie->n_codes <= ROWS_SMALL;
    if (!problem && trie->small) problem = as_maps(trie, b, first, none, n_nodes, place);
    free(codes), free(state), free(ends);
    return problem;
}

static const char *fill_buckets(struct block *block, const struct rows_block *b, uint32_t first)
{
    size_t size = power_above(b->n_rows);
    if (!(block->rows = calloc(size, sizeof *block->rows))) return no_memory;
    block->bucket_mask = size - 1;
    for (size_t i = 0; i < size; i++) block->rows[i].row = UINT32_MAX;
    for (size_t i = 0; i < b->n_rows; i++) {
        uint64_t slot = rows_bucket_slot(block, (uint32_t)b->numbers[i]);
        while (block->rows[slot].row != UINT32_MAX) slot = (slot + 1) & block->bucket_mask;
        block->rows[slot] = (struct bucket){(uint32_t)b->numbers[i], first + (uint32_t)i};
    }
    return NULL;
}

static const char *fill_block(struct block *block, const struct rows_block *b, uint32_t first, uint32_t none, uint32_t *place)
{
    *block = (struct block){
        .analyzer = (int)b->analyzer, .low = (int)b->low, .high = (int)b->high, .shortest_word = (int)b->shortest_word,
        .norm = (int)b->norm, .joined = (int)b->joined, .binary = (int)b->binary, .reading = (int)b->reading,
        .hash = (int)b->hash, .is_signed = (int)b->is_signed, .counted = (int)b->counted, .buckets = (uint64_t)b->buckets,
        .tf_last = (uint32_t)(b->tf_size - 1),
    };
    if (!(block->tf = malloc(b->tf_size * sizeof *block->tf))) return no_memory;
    memcpy(block->tf, b->tf, b->tf_size * sizeof *block->tf);
    return b->hash == ROWS_TERMS ? fill_trie(block, b, first, none, place) : fill_buckets(block, b, first);
}

/* ---- the model ---- */

/* A class of a group of 16 and the one 8 behind it share a byte, or each has one. */
static const char *fill_rows(struct rows *model, const struct rows_spec *spec, const uint32_t *places)
{
    size_t n = spec->n_logits;
    model->nibbles = 1;
    for (size_t i = 0; i < spec->levels_size; i++) model->nibbles &= spec->levels[i] >= -7 && spec->levels[i] <= 7;
    size_t used = model->nibbles ? 8 * (n / 16) + (n % 16 < 8 ? n % 16 : 8) : n;
    model->stride = (sizeof(int32_t) + used + 3) / 4 * 4;
    if (model->stride > (UINT32_MAX - ROWS_SLACK) / (model->n_rows + 1)) return "levels: more than 2^32 bytes";
    model->rows = calloc((model->n_rows + 1) * model->stride + ROWS_SLACK, 1);
    model->scale = calloc(2 * n, sizeof *model->scale);
    if (!model->rows || !model->scale) return no_memory;
    model->intercept = model->scale + n;
    memcpy(model->scale, spec->scale, n * sizeof *model->scale);
    memcpy(model->intercept, spec->intercept, n * sizeof *model->scale);
    for (size_t row = 0; row < model->n_rows; row++) {
        uint8_t *place = model->rows + places[row] * model->stride;
        memcpy(place, &spec->idf[row], sizeof(int32_t));
        place += sizeof(int32_t);
        for (size_t c = 0; c < n; c++) {
            int8_t level = spec->levels[row * n + c];
            if (!model->nibbles) place[c] = (uint8_t)level;
            else place[8 * (c / 16) + c % 8] |= (uint8_t)((level + 8) << (c % 16 < 8 ? 0 : 4));
        }
    }
    return NULL;
}

const char *rows_new(const struct rows_spec *spec, const char *level, struct rows **out)
{
    size_t n_rows;
    const char *problem = check(spec, &n_rows);
    if (problem) return problem;
    struct rows *model = calloc(1, sizeof *model);
    if (!model) return no_memory;
    model->level = rows_level(level);
    model->n_rows = n_rows, model->n_logits = spec->n_logits, model->n_readings = spec->n_readings;
    model->unit = ldexp(1.0, (int)-spec->bits), model->without = (int32_t)spec->without;
    for (size_t i = 0; i < spec->n_readings; i++) model->readers[i] = spec->readers[i];
    if (!model->level) problem = "level: not compiled in, or this CPU lacks it";
    uint32_t first = 0, *place = malloc(n_rows * sizeof *place); /* of each row in the model's own order */
    if (!place) problem = no_memory;
    for (size_t row = 0; !problem && row < n_rows; row++) place[row] = (uint32_t)row;
    for (size_t b = 0; b < spec->n_blocks && !problem; b++) {
        problem = fill_block(&model->blocks[b], &spec->blocks[b], first, (uint32_t)n_rows, place);
        model->n_blocks++;
        first += (uint32_t)spec->blocks[b].n_rows;
    }
    if (!problem) problem = fill_rows(model, spec, place);
    free(place);
    if (problem) {
        rows_free(model);
        return problem;
    }
    *out = model;
    return NULL;
}

void rows_free(struct rows *model)
{
    if (!model) return;
    for (size_t b = 0; b < model->n_blocks; b++) {
        struct block *block = &model->blocks[b];
        struct trie *trie = &block->trie;
        free(trie->first_row), free(trie->nodes), free(trie->edges), free(trie->points);
        free(trie->words), free(trie->arena), free(trie->slots), free(block->rows), free(block->tf);
    }
    for (size_t i = 0; i < ROWS_KEPT; i++) rows_free_scratch(model->kept[i]);
    free(model->rows), free(model->scale);
    free(model);
}

size_t rows_n_logits(const struct rows *model) { return model->n_logits; }
