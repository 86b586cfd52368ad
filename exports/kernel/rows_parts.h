/* What rows_build.c makes, rows_read.c reads texts for and rows.c runs. */
#ifndef TAGPRESS_ROWS_PARTS_H
#define TAGPRESS_ROWS_PARTS_H

#include <string.h>

#include "reader.h"
#include "rows.h"

#define ROWS_MAX_BLOCKS 16
#define ROWS_MAX_N 64
#define ROWS_SMALL 63 /* characters of an alphabet whose children fit one 64-bit map; 0 stands for none */
#define ROWS_SLACK 64 /* bytes that may be read beyond rows, texts and words */
#define ROWS_KEPT 32 /* scratches that wait for the next text */
#define INLINE static inline __attribute__((always_inline))

/* ---- finding n-grams ---- */

struct node { /* of a small alphabet: which codes go on to a row, and which to a node, each numbered from the first on */
    uint64_t rows, kids;
    uint32_t first_row, first_kid;
};

struct edge { /* of any alphabet, open addressing: a node 0 is empty */
    uint32_t node, code, child, row;
};

struct point { /* code of a character beyond ASCII; a code of 0 is empty */
    uint32_t point, code;
};

struct word { /* its first 16 bytes, zeros behind it; longer ones are compared in the arena */
    uint64_t low, high;
    uint32_t length, start;
};

struct slot {
    uint32_t tag, code;
};

/* n-grams as paths of codes: of characters, or of words. Nodes of the first level are the codes themselves. */
struct trie {
    uint32_t n_codes, small;
    uint32_t *first_row; /* (n_codes + 1,) */
    struct node *nodes;  /* small: those of the first level, and all that paths go on from */
    struct edge *edges;
    uint64_t edge_mask;
    uint32_t ascii[128];
    struct point *points;
    uint64_t point_mask;
    struct word *words; /* by code - 1 */
    uint8_t *arena;
    struct slot *slots;
    uint64_t slot_mask;
};

struct bucket { /* open addressing: a row of UINT32_MAX is empty */
    uint32_t number, row;
};

struct block {
    int analyzer, low, high, shortest_word, norm, joined, binary, reading, hash, is_signed, counted;
    uint64_t buckets;
    struct trie trie;
    struct bucket *rows;
    uint64_t bucket_mask;
    int32_t *tf;
    uint32_t tf_last;
};

struct level;
struct scratch;

struct rows {
    const struct level *level;
    size_t n_blocks, n_readings, n_rows, n_logits, stride;
    int nibbles; /* two levels a byte, each 8 too large; else one */
    uint8_t *rows; /* stride bytes each: idf, then levels in groups of 16 classes */
    float *scale, *intercept;
    double unit;
    int32_t without;
    struct block blocks[ROWS_MAX_BLOCKS];
    const struct reader *readers[ROWS_MAX_BLOCKS + 1];
    struct scratch *kept[ROWS_KEPT];
};

/* Eight bytes of a word as a number whose lowest are the first, whatever the system's order. */
INLINE uint64_t rows_half(const uint8_t *bytes)
{
    uint64_t half;
    memcpy(&half, bytes, sizeof half);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    half = __builtin_bswap64(half);
#endif
    return half;
}

/* 64-bit mixing of what tells words and edges apart. */
INLINE uint64_t rows_mixed(uint64_t a, uint64_t b)
{
    uint64_t h = a * 0x9E3779B97F4A7C15u ^ (b + 0xD6E8FEB86659FD93u) * 0xC2B2AE3D27D4EB4Fu;
    h ^= h >> 32;
    return h * 0xD6E8FEB86659FD93u;
}

INLINE uint64_t rows_edge_slot(const struct trie *trie, uint32_t node, uint32_t code)
{
    return ((((uint64_t)node << 32) | code) * 0x9E3779B97F4A7C15u >> 20) & trie->edge_mask;
}

INLINE uint64_t rows_point_slot(const struct trie *trie, uint32_t point)
{
    return ((uint64_t)point * 0x9E3779B97F4A7C15u >> 30) & trie->point_mask;
}

INLINE uint64_t rows_bucket_slot(const struct block *block, uint32_t number)
{
    return ((uint64_t)number * 0x9E3779B97F4A7C15u >> 30) & block->bucket_mask;
}

/* One character of UTF-8 from `size` > 0 bytes; how long it is. What isn't UTF-8 is a character of its own. */
INLINE size_t rows_decode(const uint8_t *text, size_t size, uint32_t *point)
{
    uint8_t first = text[0];
    size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    uint32_t value = length < 2 ? first : first & (0x7Fu >> length);
    if (length > size) length = 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80) length = 0;
        else value = value << 6 | (text[i] & 0x3F);
    }
    *point = length ? value : 0x110000u + first;
    return length ? length : 1;
}

INLINE uint32_t rows_number(const uint8_t *data)
{
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

/* Where Python's `str.split` parts a text. */
INLINE int rows_is_blank(uint32_t point)
{
    if (point < 128) return point == 32 || (point >= 9 && point <= 13) || (point >= 28 && point <= 31);
    return point == 0x85 || point == 0xA0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
           point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000;
}

/* ---- a text as n-grams read it ---- */

struct view {
    const uint8_t *clean, *words; /* ROWS_SLACK bytes may be read beyond either */
    size_t clean_size, words_size, n_words;
    const uint32_t *spans; /* start and end of each word in `words` */
    int tidy;              /* ASCII with single blanks between what isn't blank */
};

/* The bytes of a reading's cleaned text and words and the number of words, or a sentence. */
const char *rows_given(const struct rows_text *text, size_t reading, size_t n_readings, struct view *view, const uint8_t **spans);

const struct level *rows_level(const char *name);
void rows_free_scratch(struct scratch *scratch);

#endif
