/* Strings and n-grams that words imply; compress/coding/strings.py and grams.py say the same, with the reasons. */
#include <stdlib.h>
#include <string.h>

#include "coding_parts.h"

enum { STRING_CONTEXTS = 4, GRAM_CONTEXTS = 3, RARITY_CONTEXTS = 5, SETS = 64, NODES = 1024, FIRST_NODES = 16 };
enum { LONGEST = 255, CLASSES = 24, SORTS = 8, HASHED_MOST = 24, IMPLIED = 2, LONGER = 4 };

/* The nodes of one depth. */
struct depth {
    size_t n;
    int64_t *parent, *letter;
    int64_t *strings; /* that end in or below each; later the place of the first of them */
    int64_t *going;   /* those that go on: what the parents of the next depth are numbers of */
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Adds n pairs of a chunk of nodes that starts at `first`. */
static int add_pairs(struct depth *depth, const int64_t *nodes, const int64_t *symbols, size_t n, size_t first)
{
    if (depth->n + n > SIZE_MAX / 32) return CODING_MEMORY;
    int64_t *parent = realloc(depth->parent, (depth->n + n + 1) * sizeof *parent);
    if (parent) depth->parent = parent;
    int64_t *letter = realloc(depth->letter, (depth->n + n + 1) * sizeof *letter);
    if (letter) depth->letter = letter;
    if (!parent || !letter) return CODING_MEMORY;
    for (size_t k = 0; k < n; k++) {
        parent[depth->n + k] = nodes[k] + (int64_t)first;
        letter[depth->n + k] = symbols[k];
    }
    depth->n += n;
    return CODING_FINE;
}

/* All nodes of a tree; `depths` has LONGEST + 1 of them. */
static int decode_tree(struct coding *coding, struct coding_model *model, unsigned table_digits, unsigned digits,
                       size_t n, size_t n_letters, struct depth *depths, size_t *n_depths)
{
    size_t here = 1, chunk = FIRST_NODES, ended = 0;
    int64_t (*tail)[2] = calloc(1, sizeof *tail);
    uint64_t contexts[STRING_CONTEXTS * NODES];
    int problem = tail ? CODING_FINE : CODING_MEMORY;
    for (; !problem && here; ++*n_depths) {
        int64_t deep = (int64_t)*n_depths;
        if (deep > LONGEST) {
            problem = CODING_LONG_STRING;
            break;
        }
        struct depth *depth = &depths[*n_depths];
        int64_t shallow = least(deep, 9);
        uint64_t of_depth[] = {coding_mixed((int64_t[]){0, shallow}, 2), coding_mixed((int64_t[]){3, shallow}, 2)};
        for (size_t start = 0, size; !problem && start < here; start += size, chunk = 2 * chunk < NODES ? 2 * chunk : NODES) {
            size = here - start < chunk ? here - start : chunk;
            for (size_t j = 0; j < size; j++) {
                const int64_t *t = tail[start + j];
                uint64_t *context = contexts + j;
                context[0] = of_depth[0], context[3 * size] = of_depth[1];
                context[size] = coding_mixed((int64_t[]){1, t[0], shallow}, 3);
                context[2 * size] = coding_mixed((int64_t[]){2, t[0], t[1]}, 3);
            }
            int64_t *nodes = NULL, *symbols = NULL;
            size_t n_pairs = 0;
            problem = coding_sets(coding, model, table_digits, contexts, size, digits, &nodes, &symbols, &n_pairs);
            if (!problem) problem = add_pairs(depth, nodes, symbols, n_pairs, start);
            free(nodes), free(symbols);
        }
        size_t going = 0;
        for (size_t k = 0; !problem && k < depth->n; k++) {
            if ((uint64_t)depth->letter[k] > n_letters) problem = CODING_CHARACTER;
            going += depth->letter[k] > 0;
        }
        if (problem) break;
        ended += depth->n - going;
        if (ended > n) problem = CODING_MORE_STRINGS;
        int64_t (*next)[2] = malloc((going + 1) * sizeof *next);
        if (!next) problem = CODING_MEMORY;
        here = 0;
        for (size_t k = 0; !problem && k < depth->n; k++) {
            if (!depth->letter[k]) continue;
            const int64_t *t = tail[depth->parent[k]];
            memcpy(next[here++], (int64_t[]){depth->letter[k], t[0]}, sizeof *next);
        }
        free(tail);
        tail = next;
    }
    free(tail);
    return problem ? problem : ended == n ? CODING_FINE : CODING_FEWER_STRINGS;
}

static int count_strings(struct depth *depths, size_t n_depths)
{
    int64_t *below = calloc(1, sizeof *below); /* each of this depth's that goes on */
    for (size_t d = n_depths; below && d-- > 0;) {
        struct depth *depth = &depths[d];
        int64_t *above = calloc(depth->n + 1, sizeof *above);
        depth->strings = malloc((depth->n + 1) * sizeof *depth->strings);
        depth->going = malloc((depth->n + 1) * sizeof *depth->going);
        if (above && depth->strings && depth->going)
            for (size_t k = 0, n_going = 0; k < depth->n; k++) {
                if (depth->letter[k]) depth->going[n_going] = (int64_t)k;
                depth->strings[k] = depth->letter[k] ? below[n_going++] : 1;
                above[depth->parent[k]] += depth->strings[k];
            }
        free(below);
        below = above;
        if (!depth->strings || !depth->going) free(below), below = NULL;
    }
    int problem = below ? CODING_FINE : CODING_MEMORY;
    free(below);
    return problem;
}

/* Sorted strings, as the children of a node are: their lengths (n,), and their characters one after the other. */
static int read_back(struct depth *depths, size_t n_depths, size_t n, const int64_t *alphabet, int64_t *lengths,
                     uint32_t **text, size_t *n_text)
{
    if (count_strings(depths, n_depths)) return CODING_MEMORY;
    int64_t *first = calloc(1, sizeof *first), *starts = calloc(n + 1, sizeof *starts);
    for (size_t d = 0; first && starts && d < n_depths; d++) {
        struct depth *depth = &depths[d];
        int64_t *next = malloc((depth->n + 1) * sizeof *next);
        for (size_t k = 0, n_going = 0; next && k < depth->n; k++) {
            int64_t place = first[depth->parent[k]];
            first[depth->parent[k]] += depth->strings[k];
            depth->strings[k] = place;
            if (depth->letter[k]) next[n_going++] = place;
            else lengths[place] = (int64_t)d;
        }
        free(first);
        first = next;
    }
    int problem = first && starts ? CODING_FINE : CODING_MEMORY;
    free(first);
    if (!problem)
        for (size_t j = 0; j < n; j++) starts[j + 1] = starts[j] + lengths[j];
    *n_text = problem ? 0 : (size_t)starts[n];
    *text = problem ? NULL : malloc((*n_text + 1) * sizeof **text);
    if (!*text) problem = CODING_MEMORY;
    for (size_t d = 0; !problem && d < n_depths; d++)
        for (size_t k = 0; k < depths[d].n; k++) {
            if (depths[d].letter[k]) continue;
            uint32_t *string = *text + starts[depths[d].strings[k]];
            int64_t node = depths[d].parent[k];
            for (size_t place = d; place-- > 0;) {
                int64_t at = depths[place].going[node];
                string[place] = (uint32_t)alphabet[depths[place].letter[at] - 1];
                node = depths[place].parent[at];
            }
        }
    free(starts);
    return problem;
}

int coding_strings(struct coding *coding, unsigned table_digits, size_t n, const int64_t *alphabet, size_t n_letters,
                   int64_t *lengths, uint32_t **text, size_t *n_text)
{
    struct coding_model model;
    unsigned digits = 0;
    while (n_letters >> digits) digits++;
    size_t n_depths = 0;
    struct depth *depths = calloc(LONGEST + 2, sizeof *depths);
    int problem = coding_new_model(&model, (size_t)STRING_CONTEXTS << table_digits, STRING_CONTEXTS, SETS);
    model.most = HASHED_MOST;
    *text = NULL, *n_text = 0;
    if (!depths) problem = CODING_MEMORY;
    if (!problem) problem = decode_tree(coding, &model, table_digits, digits, n, n_letters, depths, &n_depths);
    if (!problem) problem = read_back(depths, n_depths, n, alphabet, lengths, text, n_text);
    for (size_t d = 0; depths && d < LONGEST + 2; d++)
        free(depths[d].parent), free(depths[d].letter), free(depths[d].strings), free(depths[d].going);
    free(depths);
    coding_free_model(&model);
    return problem;
}

/* n-grams of one length, by where they first stand; a table finds them by the one that is shorter and a letter. */
struct grams {
    size_t n;
    int64_t *first, *total, *number; /* -1 where it is no term */
    int64_t *keys;                           /* (1 << digits,); -1 where there is none */
    int32_t *values;
    unsigned digits;
};

static int new_grams(struct grams *grams, size_t n_places)
{
    *grams = (struct grams){.digits = 1};
    while ((size_t)1 << grams->digits < 2 * n_places) grams->digits++;
    size_t size = (size_t)1 << grams->digits;
    grams->first = malloc((n_places + 1) * 8), grams->total = malloc((n_places + 1) * 8);
    grams->number = malloc((n_places + 1) * 8);
    grams->keys = malloc(size * sizeof *grams->keys), grams->values = malloc(size * sizeof *grams->values);
    if (!grams->first || !grams->total || !grams->number || !grams->keys || !grams->values)
        return CODING_MEMORY;
    memset(grams->keys, 0xFF, size * sizeof *grams->keys);
    return CODING_FINE;
}

static void free_grams(struct grams *grams)
{
    free(grams->first), free(grams->total), free(grams->number);
    free(grams->keys), free(grams->values);
}

static int32_t gram_of(struct grams *grams, int64_t key, int64_t place)
{
    size_t mask = ((size_t)1 << grams->digits) - 1;
    size_t at = (size_t)(((uint64_t)key * 0x9E3779B97F4A7C15u) >> (64 - grams->digits));
    while (grams->keys[at] != key) {
        if (grams->keys[at] < 0) {
            size_t n = grams->n++;
            grams->keys[at] = key;
            grams->values[at] = (int32_t)n;
            grams->first[n] = place;
            grams->total[n] = 0;
            grams->number[n] = -1;
            break;
        }
        at = (at + 1) & mask;
    }
    return grams->values[at];
}

/* Numbers of n-grams, each with two that it is near to and a third, as `Rarity.code`. */
static int rarity(struct coding *coding, struct coding_model *model, int64_t sort, const int64_t *near,
                  const int64_t *far, const int64_t *third, size_t n, int64_t *numbers)
{
    int64_t *contexts = malloc((RARITY_CONTEXTS * n + 1) * sizeof *contexts);
    if (!contexts) return CODING_MEMORY;
    for (size_t j = 0; j < n; j++) {
        int64_t a = coding_size_class(near[j]), b = coding_size_class(far[j]), c = coding_size_class(third[j]);
        int64_t low = least(a, b), high = a + b - low, *context = contexts + j, each = SORTS * CLASSES;
        context[0] = a * SORTS + sort;
        context[n] = each + b * SORTS + sort;
        context[2 * n] = 2 * each + c * SORTS + sort;
        context[3 * n] = 3 * each + low * CLASSES + high;
        context[4 * n] = 3 * each + CLASSES * CLASSES + (c * CLASSES + low) * SORTS + sort;
    }
    int problem = coding_numbers(coding, model, (size_t)sort, contexts, n, numbers);
    free(contexts);
    return problem;
}

/* Which of the n-grams of one length are terms, and their numbers; adds those to what was found. */
static int code_grams(struct coding *coding, struct coding_model *model, struct coding_model *numbers,
                      unsigned table_digits, const struct coding_words *words, int64_t length, struct grams *grams,
                      const int64_t *begins, const int64_t *ends, struct coding_terms *terms)
{
    size_t n = grams->n, n_found = 0;
    int64_t *slots = malloc((GRAM_CONTEXTS * n + 1) * 8), *bits = calloc(n + 1, 8), *facts = malloc((4 * n + 1) * 8);
    int problem = slots && bits && facts ? CODING_FINE : CODING_MEMORY;
    int64_t blank_before = words->letter[0], blank_after = words->letter[words->size[0] - 1];
    for (size_t k = 0; !problem && k < n; k++) {
        int64_t a = coding_size_class(begins[k]), b = coding_size_class(ends[k]);
        int64_t c = coding_size_class(grams->total[k]);
        const int64_t *letter = words->letter + grams->first[k];
        int64_t last = letter[length - 1], longer = least(length, 8);
        int64_t edge = (letter[0] == blank_before) * 2 + (last == blank_after);
        uint64_t contexts[GRAM_CONTEXTS] = {
            coding_mixed((int64_t[]){1, c, a > 0, b > 0, longer}, 5),
            coding_mixed((int64_t[]){4, last, a > 0, longer}, 4),
            coding_mixed((int64_t[]){6, a - c + CLASSES, b - c + CLASSES, edge}, 4),
        };
        for (size_t i = 0; i < GRAM_CONTEXTS; i++)
            slots[i * n + k] = (int64_t)((i << table_digits) + coding_slot_of(contexts[i], 0, table_digits));
    }
    if (!problem) problem = coding_bits(coding, model, 0, slots, n, bits);
    for (size_t k = 0; !problem && k < n; k++) {
        if (!bits[k]) continue;
        facts[n_found] = begins[k], facts[n + n_found] = ends[k], facts[2 * n + n_found++] = grams->total[k];
    }
    int64_t *found = facts + 3 * n;
    if (!problem)
        problem = rarity(coding, numbers, length < 3 ? IMPLIED : LONGER, facts, facts + n, facts + 2 * n, n_found, found);
    size_t at = 0;
    for (size_t k = 0; !problem && k < n; k++) {
        if (!bits[k]) continue;
        terms->first[terms->n] = grams->first[k], terms->length[terms->n] = length;
        terms->number[terms->n++] = grams->number[k] = found[at++];
    }
    free(slots), free(bits), free(facts);
    return problem;
}

/* Room for n more terms. */
static int more_terms(struct coding_terms *terms, size_t n)
{
    int64_t **arrays[] = {&terms->first, &terms->length, &terms->number};
    for (size_t i = 0; i < 3; i++) {
        int64_t *more = realloc(*arrays[i], (terms->n + n + 1) * sizeof *more);
        if (!more) return CODING_MEMORY;
        *arrays[i] = more;
    }
    return CODING_FINE;
}

int coding_grams(struct coding *coding, struct coding_model *numbers, unsigned table_digits,
                 const struct coding_words *words, int64_t low, int64_t high, struct coding_terms *terms)
{
    size_t n_places = 0;
    for (size_t w = 0; w < words->n; w++) n_places += (size_t)words->size[w];
    struct coding_model model;
    struct grams before = {0}, grams = {0};
    int64_t *place = malloc((n_places + 1) * 8), *end = malloc((n_places + 1) * 8), *weight = malloc((n_places + 1) * 8);
    int64_t *begins = malloc((n_places + 1) * 8), *ends = malloc((n_places + 1) * 8);
    int32_t *group = calloc(n_places + 1, sizeof *group);
    int problem = coding_new_model(&model, (size_t)GRAM_CONTEXTS << table_digits, GRAM_CONTEXTS, 1);
    model.most = HASHED_MOST;
    if (!place || !end || !weight || !begins || !ends || !group) problem = CODING_MEMORY;
    size_t n = 0;
    for (size_t w = 0; !problem && w < words->n; w++) {
        size_t stop = n + (size_t)words->size[w];
        for (; n < stop; n++) {
            place[n] = (int64_t)n, end[n] = (int64_t)stop;
            weight[n] = (words->number[w] < 0 ? 0 : words->number[w]) + 1;
        }
    }
    for (int64_t length = 1; !problem && length <= high; length++) {
        size_t still = 0;
        for (size_t k = 0; k < n; k++) {
            place[still] = place[k];
            still += place[k] + length <= end[place[k]];
        }
        n = still;
        if (!n) break;
        problem = new_grams(&grams, n);
        for (size_t k = 0; !problem && k < n; k++) {
            int64_t at = place[k], known = (int64_t)grams.n;
            int32_t own = gram_of(&grams, group[at] * words->n_letters + words->letter[at + length - 1], at);
            if (own == known) {
                /* The places behind this one still have the groups of before. */
                begins[own] = length > 1 ? before.number[group[at]] : -1;
                ends[own] = length > 1 ? before.number[group[at + 1]] : -1;
            }
            grams.total[own] += weight[at];
            group[at] = own;
        }
        if (!problem && length >= low) {
            problem = more_terms(terms, grams.n);
            if (!problem)
                problem = code_grams(coding, &model, numbers, table_digits, words, length, &grams, begins, ends, terms);
        }
        free_grams(&before);
        before = grams;
        grams = (struct grams){0};
    }
    free_grams(&before), free_grams(&grams), coding_free_model(&model);
    free(place), free(end), free(weight), free(begins), free(ends), free(group);
    return problem;
}
