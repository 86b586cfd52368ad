/* What the programs that fuzz the kernel share: numbers from a seed, memory of exact size, and random pages for a reader. */
#ifndef TAGPRESS_FUZZ_COMMON_H
#define TAGPRESS_FUZZ_COMMON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

static uint64_t state;

static inline uint32_t next(void)
{
    state += 0x9E3779B97F4A7C15u;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ (z >> 31)) >> 16);
}

static inline size_t below(size_t n) { return next() % n; }

/* Filled, so that what nothing is written to is the same in every run, with the sanitizers and without. */
static inline void *exactly(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory) abort();
    return memset(memory, 0xBE, size);
}

static inline void fail(const char *what, size_t round)
{
    printf("round %zu: %s\n", round, what);
    exit(1);
}

static inline size_t spell(uint32_t c, uint8_t *out)
{
    if (c < 0x80) return out[0] = (uint8_t)c, 1;
    if (c < 0x800) return out[0] = (uint8_t)(0xC0 | c >> 6), out[1] = (uint8_t)(0x80 | (c & 63)), 2;
    if (c < 0x10000)
        return out[0] = (uint8_t)(0xE0 | c >> 12), out[1] = (uint8_t)(0x80 | (c >> 6 & 63)), out[2] = (uint8_t)(0x80 | (c & 63)), 3;
    out[0] = (uint8_t)(0xF0 | c >> 18), out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
    return out[2] = (uint8_t)(0x80 | (c >> 6 & 63)), out[3] = (uint8_t)(0x80 | (c & 63)), 4;
}

#define N_PIECES 60
#define NOTHING_HERE 0x80 /* a code point that becomes nothing: with it a text isn't ASCII, and else the same */

static inline uint32_t sort_of(int scheme, uint32_t c)
{
    int digit = c >= '0' && c <= '9', letter = ((c | 32) >= 'a' && (c | 32) <= 'z') || digit;
    if (scheme == READER_TOKENS) {
        uint32_t space = (c >= 9 && c <= 13) || (c >= 28 && c <= 32), word = letter || c == '_';
        return word << READER_WORD_CLASS | space << READER_SPACE_CLASS | (uint32_t)digit << 1 | (uint32_t)(c == '-' || letter);
    }
    if (letter) return READER_LETTER;
    return c > 32 && c < 127 && scheme != READER_LETTERS ? READER_SYMBOL : READER_BLANK;
}

/* ASCII as every cleaning has it, and what is not ASCII at random. */
static inline void make_page(int scheme, uint32_t number, struct reader_point *points, struct reader_piece *pieces)
{
    uint32_t n_sorts = scheme == READER_TOKENS ? UINT32_MAX : scheme == READER_LETTERS ? 2 : READER_KINDS;
    memset(points, 0, 256 * sizeof *points);
    memset(pieces, 0, N_PIECES * sizeof *pieces);
    for (size_t i = 0; i < N_PIECES; i++)
        pieces[i].size = (uint8_t)spell((uint32_t)below(below(2) ? 128 : 0x110000), pieces[i].bytes), pieces[i].becomes = next() % n_sorts;
    for (uint32_t c = 0; c < 256; c++) {
        struct reader_point *point = &points[c];
        uint32_t code = number << 8 | c;
        if (!number && c < 128) {
            point->bytes[0] = (uint8_t)(c >= 'A' && c <= 'Z' && scheme != READER_RAW ? c + 32 : c);
            point->size = 1;
            point->own = point->becomes = sort_of(scheme, c);
            point->flags = scheme == READER_TOKENS ? 0 : READER_FIRST;
            continue;
        }
        point->own = next() % n_sorts;
        point->becomes = next() % n_sorts;
        point->size = (uint8_t)spell(code, point->bytes);
        if (code == NOTHING_HERE) {
            point->size = 0;
            point->flags = READER_UNSEEN;
        } else if (!below(4)) {
            uint32_t many = (uint32_t)below(N_PIECES) << 8;
            many |= (uint32_t)below(below(9) ? 5 : READER_MAX_PIECES) % (N_PIECES - (many >> 8) + 1);
            memcpy(point->bytes, &many, 4);
            point->size = READER_MANY;
        } else if (scheme != READER_TOKENS && !below(3)) {
            point->lead = point->trail = (uint8_t)(1 + below(5));
            point->flags = READER_LEADS | READER_PURE;
            point->becomes = scheme == READER_LETTERS ? READER_LETTER : READER_MARK;
        }
        if (!below(5) && code != NOTHING_HERE) point->flags |= (uint8_t)(1u << below(2)) | (below(20) ? 0 : READER_PYTHON);
    }
}

#endif
