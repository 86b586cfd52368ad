/* The levels of a model's rows; compress/coding/levels.py says the same, with the reasons. */
#include <stdlib.h>
#include <string.h>

#include "coding_parts.h"

enum { RATIOS = 24, NEAR = 9, TYPES = 7, CLASSES = 256, FILLED = 16, RARE = 16 };
enum { FLAG_CONTEXTS = 3, CONTEXTS = 4, MOST_CHUNK = 1024, FEW_LEFT = 64 };

/* Models, where each context's slots begin, and what is known of the rows of one chunk. */
struct levels {
    struct coding *coding;
    const struct coding_rows *rows;
    size_t width;
    struct coding_model filled_model, flag_model, sign_model, size_model;
    size_t filled_bases[CONTEXTS + 1], sign_bases[CONTEXTS + 1], size_bases[CONTEXTS + 1];
    size_t flag_bases[FLAG_CONTEXTS + 1];
    int64_t *filled;   /* (n + 1,), the last one -1: of what has no kin */
    uint8_t *near, *rare, *present, *chunk_bits;
    int64_t *contexts, *values; /* of a chunk's rows, or of its levels */
    int32_t *at, *column;       /* of each level */
    size_t room;
};

static int clipped(int value, int most)
{
    return value > most ? most : value < -most ? -most : value;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void bases(size_t *at, const size_t *sizes, size_t n)
{
    at[0] = 0;
    for (size_t i = 0; i < n; i++) at[i + 1] = at[i] + sizes[i];
}

static int open_models(struct levels *l)
{
    size_t mixes = FILLED * FILLED, width = l->width;
    bases(l->filled_bases, (size_t[]){mixes * NEAR, mixes * TYPES, mixes * TYPES, mixes * TYPES}, CONTEXTS);
    bases(l->sign_bases, (size_t[]){81, width * 3, 15 * TYPES, 3 * 8 * TYPES}, CONTEXTS);
    bases(l->size_bases, (size_t[]){81 * 2 * NEAR, 2 * width, RARE * TYPES * 2, 9 * 8 * TYPES}, CONTEXTS);
    bases(l->flag_bases, (size_t[]){81 * RATIOS * NEAR, width * RATIOS, 6 * 8 * 4 * 6 * NEAR}, FLAG_CONTEXTS);
    int problem = coding_new_model(&l->filled_model, CODING_SPAN * l->filled_bases[CONTEXTS], CONTEXTS, CODING_STAGES * TYPES) |
                  coding_new_model(&l->sign_model, l->sign_bases[CONTEXTS], CONTEXTS, TYPES) |
                  coding_new_model(&l->size_model, CODING_SPAN * l->size_bases[CONTEXTS], CONTEXTS, CODING_STAGES * TYPES) |
                  coding_new_model(&l->flag_model, l->flag_bases[FLAG_CONTEXTS], FLAG_CONTEXTS, TYPES);
    l->flag_model.most = CODING_MOST, l->flag_model.growth = 5, l->flag_model.rate = CODING_RATE + 1;
    return problem ? CODING_MEMORY : CODING_FINE;
}

static unsigned filled_class(int64_t filled)
{
    static const int firsts[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 23, 32, 46};
    unsigned found = 0;
    while (found < sizeof firsts / sizeof *firsts && firsts[found] <= filled) found++;
    return found;
}

/* 0 where a row and its kin are in as many texts, 1 where in nearly as many, else 2. */
static unsigned nearness(const int64_t *numbers, size_t row, int64_t kin)
{
    if (kin < 0) return 2;
    int64_t own = numbers[row], other = numbers[kin];
    return own == other ? 0 : 2 * other <= 3 * own + 2 ? 1 : 2;
}

static size_t kin_of(const struct coding_rows *rows, int64_t kin)
{
    return kin < 0 ? rows->n : (size_t)kin;
}

static int code_filled(struct levels *l, size_t first, size_t n, size_t kind)
{
    const struct coding_rows *rows = l->rows;
    for (size_t j = 0; j < n; j++) {
        size_t row = first + j, a = kin_of(rows, rows->prefix[row]), b = kin_of(rows, rows->suffix[row]);
        size_t x = filled_class(l->filled[a]), y = filled_class(l->filled[b]), rare = l->rare[j];
        size_t slots[CONTEXTS] = {
            (x * FILLED + y) * NEAR + l->near[j],
            (x * RARE + rare) * TYPES + kind,
            (y * RARE + rare) * TYPES + kind,
            ((x > y ? x : y) * FILLED + least(x, y)) * TYPES + kind,
        };
        for (size_t i = 0; i < CONTEXTS; i++) l->contexts[i * n + j] = (int64_t)(slots[i] + l->filled_bases[i]);
        if (!l->coding->known) continue;
        l->filled[row] = 0;
        for (size_t c = 0; c < rows->n_classes; c++) l->filled[row] += rows->levels[row * rows->n_classes + c] != 0;
    }
    int problem = coding_numbers(l->coding, &l->filled_model, kind, l->contexts, n, l->filled + first);
    for (size_t j = 0; !problem && j < n; j++)
        if ((uint64_t)l->filled[first + j] > rows->n_classes) problem = CODING_MANY_LEVELS;
    return problem;
}

/* What of a row's flags stays the same, or changes a little, from class to class. */
struct row {
    const int8_t *before, *after;
    uint32_t left, near, ahead, ahead_after, place;
};

/* The class of how many classes are left for each level that is. */
static uint8_t ratio_of(const struct coding_rows *rows, size_t column, size_t left)
{
    int64_t share = (int64_t)(((rows->n_classes - column) << 12) / left);
    uint8_t found = 0;
    while (found < RATIOS - 1 && rows->first_of_ratio[found] <= share) found++;
    return found;
}

static int code_flags(struct levels *l, size_t first, size_t n, size_t kind)
{
    const struct coding_rows *rows = l->rows;
    size_t n_classes = rows->n_classes, width = l->width, n_open = 0;
    const size_t *base = l->flag_bases;
    struct row open[MOST_CHUNK];
    uint8_t ratios[FEW_LEFT + 1];
    uint32_t part[FLAG_CONTEXTS * CODING_MOST];
    uint8_t bits[CODING_MOST];
    for (size_t j = 0; j < n; j++) {
        size_t row = first + j;
        struct row *r = &open[n_open];
        *r = (struct row){
            .before = rows->levels + kin_of(rows, rows->prefix[row]) * n_classes,
            .after = rows->levels + kin_of(rows, rows->suffix[row]) * n_classes,
            .left = (uint32_t)l->filled[row], .near = l->near[j], .place = (uint32_t)j,
            .ahead = (uint32_t)(rows->prefix[row] < 0 ? 0 : l->filled[rows->prefix[row]]),
            .ahead_after = (uint32_t)(rows->suffix[row] < 0 ? 0 : l->filled[rows->suffix[row]]),
        };
        n_open += r->left > 0;
    }
    for (size_t column = 0; column < n_classes && n_open; column++) {
        size_t c = least(column, width - 1), still = 0, most = 0;
        for (size_t k = 0; k < n_open; k++) most = open[k].left > most ? open[k].left : most;
        for (size_t left = 1; left <= least(most, FEW_LEFT); left++) ratios[left] = ratio_of(rows, column, left);
        for (size_t start = 0, size; start < n_open; start += size) {
            size = least(coding_piece_size(&l->flag_model), n_open - start);
            for (size_t k = 0; k < size; k++) {
                struct row *r = &open[start + k];
                int before = r->before[column], after = r->after[column];
                uint32_t ratio = r->left <= FEW_LEFT ? ratios[r->left] : ratio_of(rows, column, r->left), near = r->near, few = (uint32_t)least(r->left, 7);
                uint32_t met = 2u * (before != 0) + (after != 0);
                uint32_t a = (uint32_t)(clipped(before, 4) + 4), b = (uint32_t)(clipped(after, 4) + 4);
                part[k] = ((a * 9 + b) * RATIOS + ratio) * NEAR + near;
                part[CODING_MOST + k] = (uint32_t)(base[1] + c * RATIOS) + ratio;
                part[2 * CODING_MOST + k] = (uint32_t)base[2] + near +
                                            (((uint32_t)(least(r->ahead, 5) * 8 + few) * 4 + met) * 6 +
                                             (uint32_t)least(r->ahead_after, 5)) * NEAR;
                r->ahead -= before != 0;
                r->ahead_after -= after != 0;
            }
            if (l->coding->known)
                for (size_t k = 0; k < size; k++)
                    bits[k] = rows->levels[(first + open[start + k].place) * n_classes + column] != 0;
            int problem = coding_piece(l->coding, &l->flag_model, kind, part, size, bits);
            if (problem) return problem;
            for (size_t k = 0; k < size; k++) {
                struct row *r = &open[start + k];
                l->present[r->place * n_classes + column] = bits[k];
                r->left -= bits[k];
            }
        }
        for (size_t k = 0; k < n_open; k++) {
            open[still] = open[k];
            still += open[k].left > 0;
        }
        n_open = still;
    }
    return n_open ? CODING_FEW_LEVELS : CODING_FINE;
}

/* Places for the contexts and values of n levels. */
static int make_room(struct levels *l, size_t n)
{
    if (n <= l->room) return CODING_FINE;
    size_t room = n + n / 2;
    free(l->contexts), free(l->values), free(l->at), free(l->column), free(l->chunk_bits);
    l->room = room;
    l->contexts = malloc(CONTEXTS * room * sizeof *l->contexts), l->values = malloc(room * sizeof *l->values);
    l->at = malloc(room * sizeof *l->at), l->column = malloc(room * sizeof *l->column);
    l->chunk_bits = malloc(room);
    return l->contexts && l->values && l->at && l->column && l->chunk_bits ? CODING_FINE : CODING_MEMORY;
}

static int code_values(struct levels *l, size_t first, size_t n, size_t kind)
{
    const struct coding_rows *rows = l->rows;
    size_t n_classes = rows->n_classes, m = 0;
    for (size_t j = 0; j < n; j++) m += (size_t)l->filled[first + j];
    if (make_room(l, m)) return CODING_MEMORY;
    m = 0;
    for (size_t j = 0; j < n; j++) {
        if (!l->filled[first + j]) continue;
        const uint8_t *present = l->present + j * n_classes;
        for (size_t c = 0; c < n_classes; c++)
            if (present[c]) l->at[m] = (int32_t)j, l->column[m++] = (int32_t)c;
    }
    int64_t *contexts = l->contexts, *values = l->values;
    uint8_t *minus = l->chunk_bits;
    for (size_t k = 0; k < m; k++) {
        size_t row = first + (size_t)l->at[k], c = (size_t)l->column[k];
        int before = rows->levels[kin_of(rows, rows->prefix[row]) * n_classes + c];
        int after = rows->levels[kin_of(rows, rows->suffix[row]) * n_classes + c], both = before + after;
        size_t few = least((size_t)l->filled[row], 7);
        contexts[k] = (clipped(before, 4) + 4) * 9 + clipped(after, 4) + 4;
        contexts[m + k] = (int64_t)(l->sign_bases[1] + least(c, l->width - 1) * 3) + clipped(before, 1) + 1;
        contexts[2 * m + k] = (int64_t)(l->sign_bases[2] + (size_t)(clipped(both, 7) + 7) * TYPES + kind);
        contexts[3 * m + k] =
            (int64_t)(l->sign_bases[3] + (few * 3 + (size_t)(clipped(both, 1) + 1)) * TYPES + kind);
        values[k] = l->coding->known && rows->levels[row * n_classes + c] < 0;
    }
    int problem = coding_bits(l->coding, &l->sign_model, kind, contexts, m, values);
    if (problem) return problem;
    for (size_t k = 0; k < m; k++) {
        size_t j = (size_t)l->at[k], row = first + j, c = (size_t)l->column[k], no = (size_t)values[k];
        int before = rows->levels[kin_of(rows, rows->prefix[row]) * n_classes + c];
        int after = rows->levels[kin_of(rows, rows->suffix[row]) * n_classes + c], both = before + after;
        size_t few = least((size_t)l->filled[row], 7), pair = (size_t)((clipped(before, 4) + 4) * 9 + clipped(after, 4) + 4);
        size_t agrees = (size_t)(clipped(no ? -both : both, 4) + 4);
        minus[k] = (uint8_t)no;
        contexts[k] = (int64_t)((pair * 2 + no) * NEAR + l->near[j]);
        contexts[m + k] = (int64_t)(l->size_bases[1] + least(c, l->width - 1) * 2 + no);
        contexts[2 * m + k] = (int64_t)(l->size_bases[2] + ((size_t)l->rare[j] * TYPES + kind) * 2 + (few > 2));
        contexts[3 * m + k] = (int64_t)(l->size_bases[3] + (agrees * 8 + few) * TYPES + kind);
        if (l->coding->known) values[k] = abs(rows->levels[row * n_classes + c]) - 1;
    }
    problem = coding_numbers(l->coding, &l->size_model, kind, contexts, m, values);
    for (size_t k = 0; !problem && k < m; k++) {
        if (values[k] > 126) return CODING_LARGE_LEVEL;
        int64_t size = values[k] + 1;
        rows->levels[(first + (size_t)l->at[k]) * n_classes + (size_t)l->column[k]] = (int8_t)(minus[k] ? -size : size);
    }
    return problem;
}

int coding_levels(struct coding *coding, const struct coding_rows *rows)
{
    struct levels l = {.coding = coding, .rows = rows, .width = least(rows->n_classes, CLASSES)};
    size_t n_classes = rows->n_classes;
    l.filled = calloc(rows->n + 1, sizeof *l.filled);
    l.near = malloc(MOST_CHUNK), l.rare = malloc(MOST_CHUNK), l.present = malloc(least(rows->n, MOST_CHUNK) * n_classes + 1);
    int problem = open_models(&l) | make_room(&l, 2 * MOST_CHUNK);
    if (problem || !l.filled || !l.near || !l.rare || !l.present) problem = CODING_MEMORY;
    if (!problem) l.filled[rows->n] = -1;
    for (size_t k = 0; !problem && k < rows->n_chunks; k++) {
        size_t first = (size_t)rows->chunks[3 * k], n = (size_t)rows->chunks[3 * k + 1] - first;
        size_t kind = (size_t)rows->chunks[3 * k + 2];
        for (size_t j = 0; j < n; j++) {
            size_t row = first + j;
            l.rare[j] = (uint8_t)least(coding_size_class(rows->numbers[row]), RARE - 1);
            l.near[j] = (uint8_t)(3 * nearness(rows->numbers, row, rows->prefix[row]) +
                                  nearness(rows->numbers, row, rows->suffix[row]));
        }
        memset(l.present, 0, n * n_classes);
        problem = code_filled(&l, first, n, kind);
        if (!problem) problem = code_flags(&l, first, n, kind);
        if (!problem) problem = code_values(&l, first, n, kind);
    }
    coding_free_model(&l.filled_model), coding_free_model(&l.flag_model);
    coding_free_model(&l.sign_model), coding_free_model(&l.size_model);
    free(l.filled), free(l.near), free(l.rare), free(l.present), free(l.chunk_bits);
    free(l.contexts), free(l.values), free(l.at), free(l.column);
    return problem;
}
