/* A linear model over n-grams in whole numbers: the sum of a text's rows (compress/formats/integer_rows.py holds the same
 * arithmetic in NumPy, bit for bit, and says what it is). No Python in here, so that it can be fuzzed and embedded alone. */
#ifndef TAGPRESS_ROWS_H
#define TAGPRESS_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct reader;
struct rows;

enum { ROWS_WORD, ROWS_CHAR_WB, ROWS_CHAR, ROWS_CHAR_BARE, ROWS_SUBWORD, ROWS_ANALYZERS };
enum { ROWS_TERMS, ROWS_MURMUR3, ROWS_FNV1A, ROWS_FNV1A_WORDS, ROWS_HASHES };
enum { ROWS_L2, ROWS_L1, ROWS_NO_NORM, ROWS_NORMS };
/* What `known` says of a text. From ROWS_UNREAD on it wasn't read, and its logits aren't set: ROWS_UNREAD plus what
 * reader.h says of it. */
enum { ROWS_UNKNOWN, ROWS_KNOWN, ROWS_UNREAD };
/* A text is at most so long, and twice as long when it is cleaned, so that no count overflows. */
#define ROWS_LONGEST ((size_t)1 << 22)

/* One block of n-grams. Its rows follow those of the block before it. */
struct rows_block {
    int64_t analyzer, low, high, shortest_word; /* n from low to high; letters of the shortest word that is read */
    int64_t norm, joined;                       /* joined: the norm is that of the block before it, together */
    int64_t binary;                             /* counts have no sign, even where they are signed */
    int64_t reading;                            /* number of its reading */
    int64_t hash, buckets, is_signed, counted;  /* hash: ROWS_TERMS where terms are found by themselves */
    size_t n_rows;
    const uint8_t *terms; /* of ROWS_TERMS: UTF-8, one after the other; a term's words are parted by blanks */
    size_t terms_size;
    const uint64_t *starts; /* (n_rows + 1,) */
    const int64_t *numbers; /* of the hashes: the bucket of each row, ascending */
    const int32_t *tf;      /* table of counts */
    size_t tf_size;
};

/* What a model is made of; every size is checked before anything is read. */
struct rows_spec {
    const struct rows_block *blocks;
    size_t n_blocks;
    /* Each reads texts for the blocks with its number; NULL where texts are always given cleaned. They live as long as
     * the model. */
    const struct reader *const *readers;
    size_t n_readings;
    const int8_t *levels; /* (rows, n_logits) */
    size_t levels_size;
    const int32_t *idf; /* (rows,) */
    size_t idf_size;
    const float *scale, *intercept; /* (n_logits,) */
    size_t scale_size, intercept_size, n_logits;
    int64_t bits, without; /* k, and what stands for the idf of an n-gram without a row */
};

/* One text: UTF-8 to be read here, or what was read elsewhere. The latter holds for each
 * reading of the model four-byte numbers (bytes of the cleaned text, bytes of its words, number of words; then start and
 * end of each word among those bytes), the cleaned text, and the words with a blank between them; all in UTF-8, lone
 * surrogates as three bytes. */
struct rows_text {
    const uint8_t *data;
    size_t size;
    int is_given;
};

/* Both return NULL, or a sentence that says what was wrong. `level`: "" for the best this CPU has. */
const char *rows_new(const struct rows_spec *spec, const char *level, struct rows **out);
/* `out` is (n_texts, n_logits), `known` (n_texts,): whether a text has an n-gram with a row. `bad` is set to the index
 * of the text the sentence is about. Any thread may call it. */
const char *rows_logits(const struct rows *model, const struct rows_text *texts, size_t n_texts, size_t n_threads, float *out,
                        uint8_t *known, size_t *bad);
void rows_free(struct rows *model);
size_t rows_n_logits(const struct rows *model);
/* Names of the instruction sets compiled in, best first, NULL at the end; and whether this CPU has one. */
extern const char *const rows_levels[];
int rows_has_level(const char *level);

#endif
