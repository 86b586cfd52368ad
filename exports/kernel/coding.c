#include "coding.h"

#include <stdlib.h>
#include <string.h>

enum { PRECISION = 14, CERTAIN = 1 << PRECISION, LEAST = 1 << 16, FEWEST = 16, MOST = 512, MOST_SEEN = 1023 };
enum { STAGES = 8 }; /* of a number's digits, with weights of their own */
enum { ALONE, ONE, LEFT, RIGHT, SORTS, DEEPEST = 15 };

/* Room for what is known, of n more decisions. */
static int make_room(struct coding *coding, size_t n)
{
    if (coding->n_chances + n <= coding->room) return CODING_FINE;
    size_t room = 2 * coding->room + n + 4096;
    int16_t *more = realloc(coding->chances, room * sizeof *more);
    if (!more) return CODING_MEMORY;
    coding->chances = more;
    coding->room = room;
    return CODING_FINE;
}

/* Decisions that don't see each other; slots[i * MOST + j]. */
static int code_piece(struct coding *coding, struct coding_model *model, size_t set, const uint32_t *slots, size_t n,
                      uint8_t *bits)
{
    size_t n_contexts = model->n_contexts;
    int64_t *weights = model->weights + set * n_contexts, *curvature = model->curvature + set * n_contexts;
    int16_t guesses[CODING_CONTEXTS][MOST];
    int64_t total[MOST];
    int32_t chance[MOST], error[MOST], spread[MOST];
    memset(total, 0, n * sizeof *total);
    for (size_t i = 0; i < n_contexts; i++) {
        int64_t weight = weights[i];
        const uint32_t *slot = slots + i * MOST;
        for (size_t j = 0; j < n; j++) {
            guesses[i][j] = model->slots[slot[j]].logit;
            total[j] += weight * guesses[i][j];
        }
    }
    for (size_t j = 0; j < n; j++) {
        int64_t sum = total[j] >> 16;
        chance[j] = coding->logistic[(sum < -2048 ? -2048 : sum > 2047 ? 2047 : sum) + 2048];
    }
    if (coding->known) {
        if (make_room(coding, n)) return CODING_MEMORY;
        int16_t *chances = coding->chances + coding->n_chances;
        for (size_t j = 0; j < n; j++) chances[j] = (int16_t)(chance[j] | (bits[j] ? -0x8000 : 0) | (j ? 0 : 0x4000));
        coding->n_chances += n;
    } else {
        for (size_t j = 0; j < n; j++) {
            uint32_t lane = coding->lanes[j % CODING_LANES], low = lane & (CERTAIN - 1), size = (uint32_t)chance[j];
            bits[j] = low < size;
            lane = bits[j] ? size * (lane >> PRECISION) + low : (CERTAIN - size) * (lane >> PRECISION) + low - size;
            if (lane < LEAST) {
                if (coding->place >= coding->n_words) return CODING_ENDS;
                const uint8_t *word = coding->words + 2 * coding->place++;
                lane = lane << 16 | (uint32_t)word[1] << 8 | word[0];
            }
            coding->lanes[j % CODING_LANES] = lane;
        }
    }
    for (size_t j = 0; j < n; j++) {
        error[j] = ((int32_t)bits[j] << PRECISION) - chance[j];
        spread[j] = (chance[j] * (CERTAIN - chance[j])) >> PRECISION;
    }
    for (size_t i = 0; i < n_contexts; i++) {
        int64_t gradient = 0, bend = 0;
        for (size_t j = 0; j < n; j++) {
            int32_t guess = guesses[i][j];
            gradient += guess * error[j];
            bend += (int64_t)(guess * guess) * spread[j];
        }
        curvature[i] += bend;
        int64_t step = ((gradient < 0 ? -gradient : gradient) << model->rate) / curvature[i];
        weights[i] += gradient < 0 ? -step : step;
        const uint32_t *slot = slots + i * MOST;
        int full = 0;
        for (size_t j = 0; j < n; j++) {
            struct coding_slot *seen = model->slots + slot[j];
            seen->counts[bits[j]]++;
            seen->logit = (int16_t)(coding->logarithm[seen->counts[1]] - coding->logarithm[seen->counts[0]]);
            full |= seen->counts[0] + seen->counts[1] > MOST_SEEN;
        }
        /* Only once all have counted, as all at once. */
        for (size_t j = 0; full && j < n; j++) {
            struct coding_slot *seen = model->slots + slot[j];
            while (seen->counts[0] + seen->counts[1] > MOST_SEEN) {
                seen->counts[0] >>= 1;
                seen->counts[1] >>= 1;
            }
            seen->logit = (int16_t)(coding->logarithm[seen->counts[1]] - coding->logarithm[seen->counts[0]]);
        }
    }
    model->seen[0] += (int64_t)n;
    return CODING_FINE;
}

static size_t piece_size(const struct coding_model *model)
{
    int64_t size = model->seen[0] >> model->growth, most = (int64_t)model->most;
    return (size_t)(size < FEWEST ? FEWEST : size > most ? most : size);
}

int coding_bits(struct coding *coding, struct coding_model *model, size_t set, const int64_t *slots, size_t n,
                int64_t *bits)
{
    uint32_t part[CODING_CONTEXTS * MOST];
    uint8_t few[MOST];
    for (size_t start = 0, size; start < n; start += size) {
        size = piece_size(model);
        if (size > n - start) size = n - start;
        for (size_t i = 0; i < model->n_contexts; i++)
            for (size_t j = 0; j < size; j++) part[i * MOST + j] = (uint32_t)slots[i * n + start + j];
        for (size_t j = 0; j < size; j++) few[j] = (uint8_t)bits[start + j];
        int problem = code_piece(coding, model, set, part, size, few);
        if (problem) return problem;
        for (size_t j = 0; j < size; j++) bits[start + j] = few[j];
    }
    return CODING_FINE;
}

/* As `coding_bits`, of the numbers listed in `open`, each in the slot `node` of its contexts. */
static int ask(struct coding *coding, struct coding_model *model, size_t set, const int64_t *contexts, size_t n,
               const size_t *open, const uint8_t *node, size_t n_open, uint8_t *bits)
{
    uint32_t part[CODING_CONTEXTS * MOST];
    for (size_t start = 0, size; start < n_open; start += size) {
        size = piece_size(model);
        if (size > n_open - start) size = n_open - start;
        for (size_t i = 0; i < model->n_contexts; i++)
            for (size_t j = 0; j < size; j++)
                part[i * MOST + j] =
                    (uint32_t)(contexts[i * n + open[start + j]] * CODING_SPAN + node[start + j]);
        int problem = code_piece(coding, model, set, part, size, bits + start);
        if (problem) return problem;
    }
    return CODING_FINE;
}

static unsigned length_of(uint64_t number)
{
    unsigned length = 0;
    while (number >>= 1) length++;
    return length;
}

int coding_numbers(struct coding *coding, struct coding_model *model, size_t set, const int64_t *contexts, size_t n,
                   int64_t *numbers)
{
    size_t *open = malloc((n + 1) * sizeof *open), n_open = n;
    uint8_t *node = malloc(n + 1), *bits = malloc(n + 1), *length = calloc(n + 1, 1);
    int problem = open && node && bits && length ? CODING_FINE : CODING_MEMORY;
    for (size_t j = 0; !problem && j < n; j++) open[j] = j;
    for (unsigned digit = 0; !problem && digit < CODING_MOST_DIGITS && n_open; digit++) {
        for (size_t j = 0; j < n_open; j++) {
            node[j] = (uint8_t)(digit < 10 ? digit : 10);
            if (coding->known) bits[j] = length_of((uint64_t)numbers[open[j]] + 1) > digit;
        }
        problem = ask(coding, model, set * STAGES + (digit < 4 ? digit : 4), contexts, n, open, node, n_open, bits);
        size_t still = 0;
        for (size_t j = 0; !problem && j < n_open; j++)
            if (bits[j]) {
                length[open[j]]++;
                open[still++] = open[j];
            }
        n_open = still;
    }
    unsigned longest = 0;
    for (size_t j = 0; !problem && j < n; j++) {
        if (length[j] > longest) longest = length[j];
        if (!coding->known) numbers[j] = 0;
        numbers[j]++; /* with a leading one */
    }
    for (unsigned place = 0; !problem && place < longest; place++) {
        n_open = 0;
        for (size_t j = 0; j < n; j++) {
            if (length[j] <= place) continue;
            /* What is known of the number: its first digits. */
            unsigned first = (unsigned)(coding->known ? numbers[j] >> (length[j] - place) : numbers[j]) & 1;
            node[n_open] = (uint8_t)(place == 0   ? 10u + (length[j] < 9u ? length[j] : 9u)
                                     : place == 1 ? 16u + 2 * (length[j] < 6u ? length[j] : 6u) + first
                                     : place < 3  ? 28u + place
                                                  : 31u);
            if (coding->known) bits[n_open] = numbers[j] >> (length[j] - 1 - place) & 1;
            open[n_open++] = j;
        }
        problem = ask(coding, model, set * STAGES + (place < 2 ? 5 + place : 7), contexts, n, open, node, n_open, bits);
        if (!coding->known)
            for (size_t j = 0; !problem && j < n_open; j++) numbers[open[j]] = 2 * numbers[open[j]] + bits[j];
    }
    for (size_t j = 0; !problem && j < n; j++) numbers[j]--;
    free(open), free(node), free(bits), free(length);
    return problem;
}

static uint32_t slot_of(uint64_t context, uint64_t node, unsigned table_digits)
{
    uint64_t hashed = (context + node * 0xD6E8FEB86659FD93u) * 0x9E3779B97F4A7C15u;
    hashed ^= hashed >> 29;
    return (uint32_t)((hashed * 0xD6E8FEB86659FD93u) >> (64 - table_digits));
}

/* n decisions of one sort, each about a half of the symbols that follow a node. */
static int ask_halves(struct coding *coding, struct coding_model *model, unsigned table_digits,
                      const uint64_t *contexts, size_t n_nodes, const int64_t *node, const int64_t *half, size_t n,
                      unsigned sort, unsigned level, uint8_t *bits)
{
    size_t set = sort + SORTS * (level < DEEPEST ? level : DEEPEST);
    uint32_t part[CODING_CONTEXTS * MOST];
    for (size_t start = 0, size; start < n; start += size) {
        size = piece_size(model);
        if (size > n - start) size = n - start;
        for (size_t i = 0; i < model->n_contexts; i++)
            for (size_t j = 0; j < size; j++)
                part[i * MOST + j] = (uint32_t)(i << table_digits) +
                                     slot_of(contexts[i * n_nodes + (size_t)node[start + j]],
                                             (i ? (uint64_t)half[start + j] : level) * 4 + sort, table_digits);
        int problem = code_piece(coding, model, set, part, size, bits + start);
        if (problem) return problem;
    }
    return CODING_FINE;
}

struct pairs {
    int64_t *node, *half;
    size_t n;
};

static int new_pairs(struct pairs *pairs, size_t n)
{
    pairs->node = malloc((n + 1) * sizeof *pairs->node);
    pairs->half = malloc((n + 1) * sizeof *pairs->half);
    pairs->n = 0;
    return pairs->node && pairs->half ? CODING_FINE : CODING_MEMORY;
}

static void free_pairs(struct pairs *pairs)
{
    free(pairs->node), free(pairs->half);
}

static void add_pair(struct pairs *pairs, int64_t node, int64_t half)
{
    pairs->node[pairs->n] = node;
    pairs->half[pairs->n++] = half;
}

/* Goes on in the halves of all pairs that have a symbol; `at` walks through the known pairs, which are sorted alike. */
static int halve(struct coding *coding, struct coding_model *model, unsigned table_digits, const uint64_t *contexts,
                 size_t n_nodes, struct pairs *pairs, unsigned level, unsigned digits, const struct pairs *known)
{
    size_t n = pairs->n, n_open = 0;
    struct pairs open, next = {0};
    uint8_t *left = malloc(n + 1), *right = malloc(n + 1), *asked = malloc(n + 1);
    int problem = new_pairs(&open, n);
    if (!left || !right || !asked) problem = CODING_MEMORY;
    if (!problem && coding->known) {
        size_t at = 0;
        for (size_t j = 0; j < n; j++) {
            left[j] = right[j] = 0;
            for (; at < known->n && known->node[at] == pairs->node[j] &&
                   ((known->half[at] | (int64_t)1 << digits) >> (digits - level)) == pairs->half[j];
                 at++)
                *(known->half[at] >> (digits - level - 1) & 1 ? right + j : left + j) = 1;
        }
    }
    if (!problem)
        problem = ask_halves(coding, model, table_digits, contexts, n_nodes, pairs->node, pairs->half, n, LEFT, level, left);
    for (size_t j = 0; !problem && j < n; j++)
        if (left[j]) {
            asked[n_open++] = right[j];
            add_pair(&open, pairs->node[j], pairs->half[j]);
        }
    if (!problem)
        problem = ask_halves(coding, model, table_digits, contexts, n_nodes, open.node, open.half, n_open, RIGHT, level,
                             asked);
    size_t more = n;
    n_open = 0;
    for (size_t j = 0; !problem && j < n; j++) {
        right[j] = left[j] ? asked[n_open++] : 1;
        more += left[j] && right[j];
    }
    coding->left -= (int64_t)(more - n);
    if (!problem && !coding->known && coding->left < 0) problem = CODING_TOO_MUCH;
    if (!problem) problem = new_pairs(&next, more);
    for (size_t j = 0; !problem && j < n; j++) {
        if (left[j]) add_pair(&next, pairs->node[j], 2 * pairs->half[j]);
        if (right[j]) add_pair(&next, pairs->node[j], 2 * pairs->half[j] + 1);
    }
    free(left), free(right), free(asked), free_pairs(&open);
    if (problem) {
        free_pairs(&next);
        return problem;
    }
    free_pairs(pairs);
    *pairs = next;
    return CODING_FINE;
}

int coding_sets(struct coding *coding, struct coding_model *model, unsigned table_digits, const uint64_t *contexts,
                size_t n, unsigned digits, int64_t **nodes, int64_t **symbols, size_t *n_pairs)
{
    struct pairs known = {*nodes, *symbols, *n_pairs}, many_known = {0}, all = {0}, one = {0}, many = {0}, found = {0};
    uint8_t *single = calloc(n + 1, 1), *bits = malloc(n + 1);
    int problem = new_pairs(&all, n) | new_pairs(&one, n) | new_pairs(&many, n) | new_pairs(&many_known, known.n);
    if (!single || !bits) problem = CODING_MEMORY;
    problem = problem ? CODING_MEMORY : CODING_FINE;
    coding->left -= (int64_t)n;
    if (!problem && !coding->known && coding->left < 0) problem = CODING_TOO_MUCH;
    if (!problem && coding->known) {
        for (size_t k = 0; k < known.n; k++)
            if (single[known.node[k]] < 2) single[known.node[k]]++;
        for (size_t j = 0; j < n; j++) single[j] = single[j] == 1;
    }
    for (size_t j = 0; !problem && j < n; j++) add_pair(&all, (int64_t)j, 0);
    if (!problem)
        problem = ask_halves(coding, model, table_digits, contexts, n, all.node, all.half, n, ALONE, 0, single);
    for (size_t j = 0; !problem && j < n; j++) add_pair(single[j] ? &one : &many, (int64_t)j, 1);
    for (unsigned level = 0; !problem && level < digits; level++) {
        if (coding->known)
            for (size_t k = 0, j = 0; k < known.n; k++)
                if (single[known.node[k]]) bits[j++] = known.half[k] >> (digits - 1 - level) & 1;
        problem = ask_halves(coding, model, table_digits, contexts, n, one.node, one.half, one.n, ONE, level, bits);
        for (size_t j = 0; !problem && j < one.n; j++) one.half[j] = 2 * one.half[j] + bits[j];
    }
    if (!problem && coding->known)
        for (size_t k = 0; k < known.n; k++)
            if (!single[known.node[k]]) add_pair(&many_known, known.node[k], known.half[k]);
    for (unsigned level = 0; !problem && level < digits; level++)
        problem = halve(coding, model, table_digits, contexts, n, &many, level, digits, &many_known);
    if (!problem) problem = new_pairs(&found, one.n + many.n);
    for (size_t a = 0, b = 0; !problem && found.n < one.n + many.n;) {
        int first = b == many.n || (a < one.n && one.node[a] < many.node[b]);
        const struct pairs *from = first ? &one : &many;
        size_t at = first ? a++ : b++;
        add_pair(&found, from->node[at], from->half[at] - ((int64_t)1 << digits));
    }
    free(single), free(bits), free_pairs(&all), free_pairs(&one), free_pairs(&many), free_pairs(&many_known);
    if (problem) {
        free_pairs(&found);
        found = (struct pairs){0};
    }
    *nodes = found.node, *symbols = found.half, *n_pairs = found.n;
    return problem;
}

enum { RATIOS = 24, NEAR = 9, TYPES = 7 };

static int clipped(int value, int most)
{
    return value > most ? most : value < -most ? -most : value;
}

static unsigned least(size_t a, unsigned b)
{
    return a < b ? (unsigned)a : b;
}

int coding_flags(struct coding *coding, struct coding_model *model, const struct coding_chunk *chunk, uint8_t *present)
{
    size_t n = chunk->n, n_classes = chunk->n_classes, width = chunk->width, kind = chunk->kind;
    const int64_t *bases = chunk->bases;
    uint32_t part[CODING_CONTEXTS * MOST];
    uint8_t bits[MOST];
    size_t *left = malloc((n + 1) * sizeof *left), *ahead = calloc(n + 1, sizeof *ahead);
    size_t *ahead_after = calloc(n + 1, sizeof *ahead_after), *open = malloc((n + 1) * sizeof *open);
    int problem = left && ahead && ahead_after && open ? CODING_FINE : CODING_MEMORY;
    for (size_t j = 0; !problem && j < n; j++) {
        left[j] = (size_t)chunk->filled[j];
        for (size_t c = 0; c < n_classes; c++) {
            ahead[j] += chunk->before[j * n_classes + c] != 0;
            ahead_after[j] += chunk->after[j * n_classes + c] != 0;
        }
    }
    for (size_t column = 0; !problem && column < n_classes; column++) {
        size_t n_open = 0, c = column < width ? column : width - 1;
        for (size_t j = 0; j < n; j++)
            if (left[j]) open[n_open++] = j;
        if (!n_open) break;
        for (size_t start = 0, size; !problem && start < n_open; start += size) {
            size = piece_size(model);
            if (size > n_open - start) size = n_open - start;
            for (size_t k = 0; k < size; k++) {
                size_t j = open[start + k];
                int before = chunk->before[j * n_classes + column], after = chunk->after[j * n_classes + column];
                int64_t share = (int64_t)(((n_classes - column) << 12) / left[j]);
                unsigned ratio = 0, near = (unsigned)chunk->near[j], few = least(left[j], 7);
                while (ratio < RATIOS - 1 && chunk->first_of_ratio[ratio] <= share) ratio++;
                unsigned third = ratio / 8 < 2 ? ratio / 8 : 2, met = 2u * (before != 0) + (after != 0);
                size_t a = (size_t)(clipped(before, 4) + 4), b = (size_t)(clipped(after, 4) + 4);
                size_t slots[] = {
                    ((a * 9 + b) * RATIOS + ratio) * NEAR + near,
                    c * RATIOS + ratio,
                    ((size_t)(clipped(before + after, 7) + 7) * 8 + few) * TYPES + kind,
                    ((a * width + c) * 3 + third) * NEAR + near,
                    ((b * width + c) * 3 + third) * NEAR + near,
                    ((size_t)chunk->rare[j] * RATIOS + ratio) * TYPES + kind,
                    (((least(ahead[j], 5) * 8 + few) * 4 + met) * 6 + least(ahead_after[j], 5)) * NEAR + near,
                };
                for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
                    part[i * MOST + k] = (uint32_t)(slots[i] + (size_t)bases[i]);
                bits[k] = coding->known ? present[j * n_classes + column] : 0;
            }
            problem = code_piece(coding, model, kind, part, size, bits);
            for (size_t k = 0; !problem && k < size; k++) {
                size_t j = open[start + k];
                present[j * n_classes + column] = bits[k];
                left[j] -= bits[k];
            }
        }
        for (size_t j = 0; j < n; j++) {
            ahead[j] -= chunk->before[j * n_classes + column] != 0;
            ahead_after[j] -= chunk->after[j * n_classes + column] != 0;
        }
    }
    free(left), free(ahead), free(ahead_after), free(open);
    return problem;
}
