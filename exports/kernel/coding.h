/* The decisions of a coded file (compress/coding holds the same arithmetic in NumPy, bit for bit).
 * No Python in here, so that it can be fuzzed and embedded alone. */
#ifndef TAGPRESS_CODING_H
#define TAGPRESS_CODING_H

#include <stddef.h>
#include <stdint.h>

enum { CODING_LANES = 32, CODING_CONTEXTS = 8, CODING_SPAN = 32, CODING_MOST_DIGITS = 31 };
enum { CODING_LOGARITHMS = 1536, CODING_LOGISTICS = 4096 };

/* What the contexts of one sort of decision have learned; see compress/coding/bits.py. */
struct coding_model {
    uint32_t *slots; /* (n_slots,): how often each saw a no, and 65536 times how often a yes; at most 1023 together */
    int64_t *weights, *curvature, *seen; /* (n_sets, n_contexts) twice, (1,) */
    size_t n_slots, n_contexts, n_sets;
    size_t most;     /* decisions that don't learn from each other, at most 512 */
    unsigned growth; /* and how soon they become so many */
    unsigned rate;   /* of the weights' steps */
};

/* Where decisions come from: a file's lanes and words, or, where `known`, from the caller. */
struct coding {
    int16_t logarithm[CODING_LOGARITHMS], logistic[CODING_LOGISTICS];
    int known;
    uint32_t lanes[CODING_LANES];
    const uint8_t *words; /* little-endian, not aligned; one more behind the last */
    size_t n_words, place;
    int64_t left;    /* characters, nodes and weights that the file may still hold; below zero only where they are known */
    int16_t *chances; /* of a yes, of each decision that was known; top bit: it came, next bit: a piece begins */
    size_t n_chances, room;
};

enum coding_problem {
    CODING_FINE, CODING_ENDS, CODING_TOO_MUCH, CODING_FEW_LEVELS, CODING_MANY_LEVELS, CODING_LARGE_LEVEL,
    CODING_CHARACTER, CODING_MORE_STRINGS, CODING_FEWER_STRINGS, CODING_LONG_STRING, CODING_MEMORY
};

/* n decisions in contexts slots[i * n + j], all below n_slots; `bits` is read where decisions are known, else written. */
int coding_bits(struct coding *coding, struct coding_model *model, size_t set, const int64_t *slots, size_t n,
                int64_t *bits);
/* n numbers from 0 to 2^31 - 2; contexts[i * n + j] own `CODING_SPAN` slots each, all below n_slots. */
int coding_numbers(struct coding *coding, struct coding_model *model, size_t set, const int64_t *contexts, size_t n,
                   int64_t *numbers);
/* Symbols of `digits` binary digits that follow each of n nodes, at least one; `contexts` are hashes, and a context's
 * table takes `table_digits`. Pairs are sorted; where they are known they come in, and are copied. Both arrays are the
 * caller's to free. */
int coding_sets(struct coding *coding, struct coding_model *model, unsigned table_digits, const uint64_t *contexts,
                size_t n, unsigned digits, int64_t **nodes, int64_t **symbols, size_t *n_pairs);

/* n distinct strings, sorted, where they aren't known: `lengths` (n,), and all characters, which are the caller's to free.
 * `alphabet` ascends; a context's table takes `table_digits`. */
int coding_strings(struct coding *coding, unsigned table_digits, size_t n, const int64_t *alphabet, size_t n_letters,
                   int64_t *lengths, uint32_t **text, size_t *n_text);

/* Words between their marks; see compress/coding/grams.py. */
struct coding_words {
    size_t n;
    const int64_t *size, *number; /* (n,): characters, at least 2; how many texts hold it, or -1 */
    const int64_t *letter;        /* of all words, one after the other; below n_letters */
    int64_t n_letters;
};

/* n-grams that were found: where each begins among the characters, its length and number; the caller's to free. */
struct coding_terms {
    size_t n;
    int64_t *first, *length, *number;
};

/* n-grams of words, where they aren't known, with a model of numbers of theirs. */
int coding_grams(struct coding *coding, struct coding_model *numbers, unsigned table_digits,
                 const struct coding_words *words, int64_t low, int64_t high, struct coding_terms *terms);

/* The terms of one block; see compress/coding/kinship.py. */
struct coding_block {
    size_t n;
    const int64_t *points, *starts; /* (n + 1,) where each term begins; NULL where rows have no names */
    int wordy;
    int64_t mark_before, mark_after;
};

/* The sort of a row, its place among the others, and columns of its kin, or -1. */
struct coding_kin {
    int64_t sort, rank, prefix, suffix;
};

/* Of all blocks' rows, one after the other. */
int coding_kinship(const struct coding_block *blocks, size_t n_blocks, struct coding_kin *kin);

/* Rows whose levels are coded; see compress/coding/levels.py and kinship.py. */
struct coding_rows {
    size_t n, n_classes, n_chunks;
    const int64_t *prefix, *suffix; /* (n,): an earlier chunk's row, or -1 */
    const int64_t *numbers;         /* (n,): how many texts hold each */
    const int64_t *chunks;          /* (n_chunks, 3): first row, row after the last, sort; all rows, in order, at most 1024 */
    const int64_t *first_of_ratio;  /* (23,) */
    int8_t *levels;                 /* (n + 1, n_classes), zeros; read where they are known, the last row is none's */
};

int coding_levels(struct coding *coding, const struct coding_rows *rows);

#endif
