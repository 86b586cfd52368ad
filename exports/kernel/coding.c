#include "coding_parts.h"

#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__)
#define ALWAYS __attribute__((always_inline))
#else
#define ALWAYS
#endif

enum { PRECISION = 14, CERTAIN = 1 << PRECISION, LEAST = 1 << 16, FEWEST = 16, MOST_SEEN = 1023 };
enum { FIRST_WEIGHT = 24000, FIRST_CURVATURE = 1 << 21, MOST_WEIGHT = 1 << 17 };
enum { ALONE, ONE, LEFT, RIGHT, SORTS, DEEPEST = 15 };

/* Room for what is known, of n more decisions. */
static int make_room(struct coding *coding, size_t n)
{
    if (coding->n_chances + n <= coding->room) return CODING_FINE;
    size_t room = 2 * coding->room + n + 4096;
    if (room > SIZE_MAX / 4) return CODING_MEMORY;
    int16_t *more = realloc(coding->chances, room * sizeof *more);
    if (!more) return CODING_MEMORY;
    coding->chances = more;
    coding->room = room;
    return CODING_FINE;
}

/* Decisions with these chances of a yes, from the file's lanes. */
static int decode(struct coding *coding, const int32_t *chance, size_t n, uint8_t *bits)
{
    uint32_t *lanes = coding->lanes;
    size_t place = coding->place, n_words = coding->n_words;
    for (size_t j = 0; j < n; j++) {
        uint32_t lane = lanes[j % CODING_LANES], low = lane & (CERTAIN - 1), size = (uint32_t)chance[j];
        /* No branches: whether a bit came, and whether a lane needs a word, nobody could foretell. */
        uint32_t yes = low < size, no = yes - 1;
        lane = (size ^ (no & (size ^ (CERTAIN - size)))) * (lane >> PRECISION) + low - (no & size);
        bits[j] = (uint8_t)yes;
        const uint8_t *word = coding->words + 2 * (place < n_words ? place : n_words);
        uint32_t longer = lane << 16 | (uint32_t)word[1] << 8 | word[0], needs = lane < LEAST;
        lanes[j % CODING_LANES] = needs ? longer : lane;
        place += needs;
    }
    coding->place = place < n_words ? place : n_words;
    return place > n_words ? CODING_ENDS : CODING_FINE;
}

static inline ALWAYS int piece(struct coding *coding, struct coding_model *model, size_t set, const uint32_t *slots,
                               size_t n, uint8_t *bits)
{
    size_t n_contexts = model->n_contexts;
    int64_t *weights = model->weights + set * n_contexts, *curvature = model->curvature + set * n_contexts;
    int16_t guesses[CODING_CONTEXTS][CODING_MOST];
    int32_t total[CODING_MOST], chance[CODING_MOST], error[CODING_MOST], spread[CODING_MOST];
    uint32_t came[CODING_MOST]; /* what is added to a slot */
    memset(total, 0, n * sizeof *total);
    for (size_t i = 0; i < n_contexts; i++) {
        int32_t weight = (int32_t)weights[i];
        const uint32_t *slot = slots + i * CODING_MOST;
        int16_t *guess = guesses[i];
        for (size_t j = 0; j < n; j++) {
            uint32_t seen = model->slots[slot[j]];
            guess[j] = (int16_t)(coding->logarithm[seen >> 16] - coding->logarithm[seen & 0xFFFF]);
        }
        for (size_t j = 0; j < n; j++) total[j] += weight * guess[j];
    }
    for (size_t j = 0; j < n; j++) {
        int32_t sum = total[j] >> 16;
        total[j] = (sum < -2048 ? -2048 : sum > 2047 ? 2047 : sum) + 2048;
    }
    for (size_t j = 0; j < n; j++) chance[j] = coding->logistic[total[j]];
    if (coding->known) {
        if (make_room(coding, n)) return CODING_MEMORY;
        int16_t *chances = coding->chances + coding->n_chances;
        for (size_t j = 0; j < n; j++) chances[j] = (int16_t)(chance[j] | (bits[j] ? -0x8000 : 0) | (j ? 0 : 0x4000));
        coding->n_chances += n;
    } else if (decode(coding, chance, n, bits))
        return CODING_ENDS;
    for (size_t j = 0; j < n; j++) {
        came[j] = bits[j] ? 1 << 16 : 1;
        error[j] = ((int32_t)bits[j] << (PRECISION - 3)) - (chance[j] >> 3);
        spread[j] = (chance[j] * (CERTAIN - chance[j])) >> (PRECISION + 4);
    }
    for (size_t i = 0; i < n_contexts; i++) {
        const int16_t *guess = guesses[i];
        int32_t gradient = 0, bend = 0;
        for (size_t j = 0; j < n; j++) {
            gradient += guess[j] * error[j];
            bend += (guess[j] * guess[j] >> 8) * spread[j];
        }
        curvature[i] += bend;
        int64_t step = ((int64_t)(gradient < 0 ? -gradient : gradient) << model->rate) / curvature[i];
        int64_t weight = weights[i] + (gradient < 0 ? -step : step);
        weights[i] = weight < -MOST_WEIGHT ? -MOST_WEIGHT : weight > MOST_WEIGHT ? MOST_WEIGHT : weight;
        const uint32_t *slot = slots + i * CODING_MOST;
        uint32_t full = 0;
        for (size_t j = 0; j < n; j++) {
            uint32_t seen = model->slots[slot[j]] + came[j];
            model->slots[slot[j]] = seen;
            full |= MOST_SEEN - ((seen >> 16) + (seen & 0xFFFF));
        }
        /* Only once all have counted, as all at once. */
        for (size_t j = 0; full >> 31 && j < n; j++) {
            uint32_t *seen = model->slots + slot[j];
            while ((*seen >> 16) + (*seen & 0xFFFF) > MOST_SEEN) *seen = *seen >> 1 & 0x7FFF7FFF;
        }
    }
    model->seen[0] += (int64_t)n;
    return CODING_FINE;
}

#if defined(__x86_64__) && defined(__GNUC__)
/* Eight numbers at once where the machine can; whole numbers are the same either way. */
__attribute__((target("avx2"))) static int piece_wide(struct coding *coding, struct coding_model *model, size_t set,
                                                      const uint32_t *slots, size_t n, uint8_t *bits)
{
    return piece(coding, model, set, slots, n, bits);
}
#endif

int coding_piece(struct coding *coding, struct coding_model *model, size_t set, const uint32_t *slots, size_t n,
                 uint8_t *bits)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx2")) return piece_wide(coding, model, set, slots, n, bits);
#endif
    return piece(coding, model, set, slots, n, bits);
}

size_t coding_piece_size(const struct coding_model *model)
{
    int64_t size = model->seen[0] >> model->growth, most = (int64_t)model->most;
    return (size_t)(size < FEWEST ? FEWEST : size > most ? most : size);
}

int coding_new_model(struct coding_model *model, size_t n_slots, size_t n_contexts, size_t n_sets)
{
    *model = (struct coding_model){
        .slots = calloc(n_slots, sizeof *model->slots), .weights = malloc(n_sets * n_contexts * 8),
        .curvature = malloc(n_sets * n_contexts * 8), .seen = calloc(1, 8), .n_slots = n_slots,
        .n_contexts = n_contexts, .n_sets = n_sets, .most = 64, .growth = 7, .rate = CODING_RATE,
    };
    if (!model->slots || !model->weights || !model->curvature || !model->seen) return CODING_MEMORY;
    for (size_t i = 0; i < n_sets * n_contexts; i++) {
        model->weights[i] = FIRST_WEIGHT;
        model->curvature[i] = FIRST_CURVATURE;
    }
    return CODING_FINE;
}

void coding_free_model(struct coding_model *model)
{
    free(model->slots), free(model->weights), free(model->curvature), free(model->seen);
}

int coding_bits(struct coding *coding, struct coding_model *model, size_t set, const int64_t *slots, size_t n,
                int64_t *bits)
{
    uint32_t part[CODING_CONTEXTS * CODING_MOST];
    uint8_t few[CODING_MOST];
    for (size_t start = 0, size; start < n; start += size) {
        size = coding_piece_size(model);
        if (size > n - start) size = n - start;
        for (size_t i = 0; i < model->n_contexts; i++)
            for (size_t j = 0; j < size; j++) part[i * CODING_MOST + j] = (uint32_t)slots[i * n + start + j];
        for (size_t j = 0; j < size; j++) few[j] = (uint8_t)bits[start + j];
        int problem = coding_piece(coding, model, set, part, size, few);
        if (problem) return problem;
        for (size_t j = 0; j < size; j++) bits[start + j] = few[j];
    }
    return CODING_FINE;
}

/* As `coding_bits`, of the numbers listed in `open`, each in the slot `node` of its contexts. */
static int ask(struct coding *coding, struct coding_model *model, size_t set, const int64_t *contexts, size_t n,
               const size_t *open, const uint8_t *node, size_t n_open, uint8_t *bits)
{
    uint32_t part[CODING_CONTEXTS * CODING_MOST];
    for (size_t start = 0, size; start < n_open; start += size) {
        size = coding_piece_size(model);
        if (size > n_open - start) size = n_open - start;
        for (size_t i = 0; i < model->n_contexts; i++)
            for (size_t j = 0; j < size; j++)
                part[i * CODING_MOST + j] =
                    (uint32_t)(contexts[i * n + open[start + j]] * CODING_SPAN + node[start + j]);
        int problem = coding_piece(coding, model, set, part, size, bits + start);
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
        problem = ask(coding, model, set * CODING_STAGES + (digit < 4 ? digit : 4), contexts, n, open, node, n_open, bits);
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
        problem = ask(coding, model, set * CODING_STAGES + (place < 2 ? 5 + place : 7), contexts, n, open, node, n_open, bits);
        if (!coding->known)
            for (size_t j = 0; !problem && j < n_open; j++) numbers[open[j]] = 2 * numbers[open[j]] + bits[j];
    }
    for (size_t j = 0; !problem && j < n; j++) numbers[j]--;
    free(open), free(node), free(bits), free(length);
    return problem;
}

uint32_t coding_slot_of(uint64_t context, uint64_t node, unsigned table_digits)
{
    uint64_t hashed = (context + node * 0xD6E8FEB86659FD93u) * 0x9E3779B97F4A7C15u;
    hashed ^= hashed >> 29;
    return (uint32_t)((hashed * 0xD6E8FEB86659FD93u) >> (64 - table_digits));
}

uint64_t coding_mixed(const int64_t *numbers, size_t n)
{
    uint64_t total = 1;
    for (size_t i = 0; i < n; i++) {
        total = (total + (uint64_t)numbers[i] + 1) * 0x9E3779B97F4A7C15u;
        total ^= total >> 32;
    }
    return total;
}

unsigned coding_size_class(int64_t number)
{
    /* Three for each doubling from 12 on. */
    static const uint8_t firsts[] = {16, 20, 24, 31, 39, 48, 61, 77, 96, 121};
    if (number < 12) return number < 0 ? 0 : (unsigned)number + 1;
    unsigned found = 13;
    while (found < 13 + sizeof firsts && firsts[found - 13] <= number) found++;
    return found;
}

/* n decisions of one sort, each about a half of the symbols that follow a node. */
static int ask_halves(struct coding *coding, struct coding_model *model, unsigned table_digits,
                      const uint64_t *contexts, size_t n_nodes, const int64_t *node, const int64_t *half, size_t n,
                      unsigned sort, unsigned level, uint8_t *bits)
{
    size_t set = sort + SORTS * (level < DEEPEST ? level : DEEPEST);
    uint32_t part[CODING_CONTEXTS * CODING_MOST];
    for (size_t start = 0, size; start < n; start += size) {
        size = coding_piece_size(model);
        if (size > n - start) size = n - start;
        for (size_t i = 0; i < model->n_contexts; i++)
            for (size_t j = 0; j < size; j++)
                part[i * CODING_MOST + j] = (uint32_t)(i << table_digits) +
                                     coding_slot_of(contexts[i * n_nodes + (size_t)node[start + j]],
                                             (i ? (uint64_t)half[start + j] : level) * 4 + sort, table_digits);
        int problem = coding_piece(coding, model, set, part, size, bits + start);
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
    pairs->node = calloc(n + 1, sizeof *pairs->node);
    pairs->half = calloc(n + 1, sizeof *pairs->half);
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
    uint8_t *left = calloc(n + 1, 1), *right = calloc(n + 1, 1), *asked = calloc(n + 1, 1);
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
    uint8_t *single = calloc(n + 1, 1), *bits = calloc(n + 1, 1);
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
