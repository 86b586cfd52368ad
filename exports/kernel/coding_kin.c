/* Which terms a term begins and ends with; compress/coding/kinship.py says the same, with the reasons. */
#include <stdlib.h>

#include "coding_parts.h"

enum { WORD = 4, WORDS = 5, NAMELESS = 6, BLANK = 32, SHORTEST = 3, LONGEST = 8 };

static const uint64_t BASE = 0x9E3779B97F4A7C15u;

/* Columns by the hash of their terms. */
struct table {
    uint64_t *hashes;
    int64_t *columns; /* -1 where there is none */
    unsigned digits;
};

static uint64_t hash_of(const int64_t *points, int64_t n)
{
    uint64_t hash = 0;
    while (n-- > 0) hash = hash * BASE + (uint64_t)points[n] + 1;
    return hash;
}

static size_t place_of(const struct table *table, uint64_t hash)
{
    size_t mask = ((size_t)1 << table->digits) - 1, at = (size_t)((hash * BASE) >> (64 - table->digits));
    while (table->columns[at] >= 0 && table->hashes[at] != hash) at = (at + 1) & mask;
    return at;
}

static int64_t column_of(const struct table *table, const int64_t *points, int64_t n)
{
    return table->columns[place_of(table, hash_of(points, n))];
}

static int fill_table(struct table *table, const int64_t *points, const int64_t *starts, size_t n, int64_t first)
{
    *table = (struct table){.digits = 1};
    while ((size_t)1 << table->digits < 2 * n) table->digits++;
    size_t size = (size_t)1 << table->digits;
    if (size > SIZE_MAX / 2 / sizeof *table->hashes) return CODING_MEMORY;
    table->hashes = malloc(size * sizeof *table->hashes), table->columns = malloc(size * sizeof *table->columns);
    if (!table->hashes || !table->columns) return CODING_MEMORY;
    for (size_t at = 0; at < size; at++) table->columns[at] = -1;
    for (size_t j = 0; j < n; j++) {
        uint64_t hash = hash_of(points + starts[j], starts[j + 1] - starts[j]);
        size_t at = place_of(table, hash);
        if (table->columns[at] >= 0) continue; /* the first one counts */
        table->hashes[at] = hash;
        table->columns[at] = first + (int64_t)j;
    }
    return CODING_FINE;
}

static void free_table(struct table *table)
{
    free(table->hashes), free(table->columns);
}

static int64_t clipped(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void of_characters(const struct table *table, const int64_t *term, int64_t n, struct coding_kin *kin)
{
    kin->sort = clipped(n - 2, 0, 3), kin->rank = n, kin->prefix = kin->suffix = -1;
    for (int64_t cut = 1; cut <= 2 && cut < n; cut++) {
        if (kin->prefix < 0) kin->prefix = column_of(table, term, n - cut);
        if (kin->suffix < 0) kin->suffix = column_of(table, term + cut, n - cut);
    }
}

/* The longest n-grams of characters at both ends of a word between its marks. */
static void ends_of_word(const struct table *grams, int64_t longest, int64_t mark_before, int64_t mark_after,
                         const int64_t *term, int64_t n, struct coding_kin *kin)
{
    int64_t marked[LONGEST];
    for (int64_t size = longest < n + 2 ? longest : n + 2; size >= SHORTEST; size--) {
        if (kin->prefix < 0) {
            for (int64_t i = 0; i < size; i++) marked[i] = i == 0 ? mark_before : i <= n ? term[i - 1] : mark_after;
            kin->prefix = column_of(grams, marked, size);
        }
        if (kin->suffix < 0) {
            for (int64_t i = 0, at = n + 2 - size; i < size; i++, at++)
                marked[i] = at == 0 ? mark_before : at <= n ? term[at - 1] : mark_after;
            kin->suffix = column_of(grams, marked, size);
        }
    }
}

static void of_words(const struct table *table, const int64_t *term, int64_t n, struct coding_kin *kin)
{
    int64_t n_blanks = 0, first = -1, last = -1;
    for (int64_t i = 0; i < n; i++) {
        if (term[i] != BLANK) continue;
        if (!n_blanks++) first = i;
        last = i;
    }
    kin->sort = n_blanks ? WORDS : WORD, kin->rank = (1 << 20) + n_blanks, kin->prefix = kin->suffix = -1;
    if (!n_blanks) return;
    kin->prefix = column_of(table, term, last);
    if (kin->prefix < 0) kin->prefix = column_of(table, term, first);
    kin->suffix = column_of(table, term + first + 1, n - first - 1);
    if (kin->suffix < 0) kin->suffix = column_of(table, term + last + 1, n - last - 1);
}

int coding_kinship(const struct coding_block *blocks, size_t n_blocks, struct coding_kin *kin)
{
    struct table grams = {0};
    const struct coding_block *named = NULL; /* the block of characters that words have their kin in */
    int64_t longest = 0;
    int problem = CODING_FINE;
    for (int wordy = 0; !problem && wordy < 2; wordy++) {
        int64_t column = 0;
        for (size_t b = 0; !problem && b < n_blocks; column += (int64_t)blocks[b++].n) {
            const struct coding_block *block = &blocks[b];
            if (!block->starts) {
                for (size_t j = 0; j < block->n; j++) kin[column + (int64_t)j] = (struct coding_kin){NAMELESS, 1LL << 40, -1, -1};
                continue;
            }
            if (block->wordy != wordy || !block->n) continue;
            struct table table;
            problem = fill_table(&table, block->points, block->starts, block->n, column);
            for (size_t j = 0; !problem && j < block->n; j++) {
                const int64_t *term = block->points + block->starts[j];
                int64_t n = block->starts[j + 1] - block->starts[j];
                struct coding_kin *own = &kin[column + (int64_t)j];
                if (!wordy) {
                    of_characters(&table, term, n, own);
                    if (!named || named == block) longest = n > longest ? n : longest;
                } else {
                    of_words(&table, term, n, own);
                    if (named && own->sort == WORD)
                        ends_of_word(&grams, longest < LONGEST ? longest : LONGEST, named->mark_before,
                                     named->mark_after, term, n, own);
                }
            }
            if (!wordy && !named && !problem) named = block, grams = table;
            else free_table(&table);
        }
    }
    free_table(&grams);
    return problem;
}
