#include "reader.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__) && !defined(READER_PORTABLE)
#include <emmintrin.h>
#define HAVE_SSE2 1
#endif

#define ROOM READER_ROOM  /* bytes behind a cleaned text, so that words are copied and read 16 bytes at a time */
#define MOST_MARKS 16     /* so many marks behind one letter are put in order here */
#define LONGEST_POINT (READER_MAX_PIECES * 6)
#define LIKELY(condition) __builtin_expect(!!(condition), 1)

struct page {
    struct reader_point points[256];
    struct reader_piece pieces[];
};

struct stop {
    uint32_t start, size;
};

struct reader {
    struct page *pages[READER_N_PAGES];
    int scheme, collapse, ends, cuts_runs; /* the last: words are the runs of one class */
    uint32_t run_class, run_least;
    int plain; /* whether plain ASCII is read by its edges; known with the first page */
    struct reader_alternative alternatives[READER_MAX_ALTERNATIVES];
    size_t n_alternatives;
    int needs_bounds;
    uint8_t *stop_bytes;
    struct stop *stops; /* open addressing, a size of 0 is empty; NULL where there are none */
    size_t stop_mask;
};

/* ---- stop words ---- */

static inline uint64_t eight(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

/* Eight bytes behind the word are read as well. */
static inline uint64_t stop_hash(const uint8_t *word, size_t size)
{
    uint64_t first = eight(word), last = size > 8 ? eight(word + size - 8) : 0;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    if (size < 8) first >>= 64 - 8 * size;
#else
    if (size < 8) first &= (UINT64_C(1) << 8 * size) - 1;
#endif
    uint64_t mixed = (first ^ (last * UINT64_C(0x9E3779B97F4A7C15)) ^ size) * UINT64_C(0xD6E8FEB86659FD93);
    return mixed >> 32;
}

static inline int is_stop(const struct reader *reader, const uint8_t *word, size_t size)
{
    if (!reader->stops) return 0;
    for (size_t slot = stop_hash(word, size) & reader->stop_mask;; slot = (slot + 1) & reader->stop_mask) {
        const struct stop *stop = &reader->stops[slot];
        if (!stop->size) return 0;
        if (stop->size == size && !memcmp(reader->stop_bytes + stop->start, word, size)) return 1;
    }
}

static const char *add_stop_words(struct reader *reader, const struct reader_spec *spec)
{
    size_t slots = 64, start = 0;
    if (!spec->n_stop_words) return spec->stop_words_size ? "stop words: bytes that belong to none" : NULL;
    if (spec->n_stop_words > UINT32_MAX / 64 || spec->stop_words_size > UINT32_MAX / 2) return "stop words: too many";
    while (slots < 4 * spec->n_stop_words) slots *= 2;
    reader->stop_bytes = malloc(spec->stop_words_size + ROOM);
    reader->stops = calloc(slots, sizeof *reader->stops);
    if (!reader->stop_bytes || !reader->stops) return "out of memory";
    memcpy(reader->stop_bytes, spec->stop_words, spec->stop_words_size);
    memset(reader->stop_bytes + spec->stop_words_size, 0, ROOM);
    reader->stop_mask = slots - 1;
    for (size_t i = 0; i < spec->n_stop_words; start = spec->stop_ends[i++]) {
        if (spec->stop_ends[i] <= start || spec->stop_ends[i] > spec->stop_words_size)
            return "stop words: each must end behind the one before it, and within their bytes";
        struct stop stop = {(uint32_t)start, (uint32_t)(spec->stop_ends[i] - start)};
        if (is_stop(reader, reader->stop_bytes + start, stop.size)) continue;
        size_t slot = stop_hash(reader->stop_bytes + start, stop.size) & reader->stop_mask;
        while (reader->stops[slot].size) slot = (slot + 1) & reader->stop_mask;
        reader->stops[slot] = stop;
    }
    return start == spec->stop_words_size ? NULL : "stop words: bytes that belong to none";
}

/* ---- a reader and its pages ---- */

static const char *add_alternatives(struct reader *reader, const struct reader_spec *spec)
{
    if (spec->n_alternatives > READER_MAX_ALTERNATIVES) return "alternatives: at most 32 are allowed";
    for (size_t i = 0; i < spec->n_alternatives; i++) {
        const struct reader_alternative *one = &spec->alternatives[i];
        if (one->n_heads > READER_MAX_HEADS) return "alternatives: at most 64 heads are allowed";
        for (size_t h = 0; h < one->n_heads; h++)
            if (one->heads[h] >= READER_CLASSES) return "alternatives: a class is not below 32";
        if (one->tail >= READER_CLASSES && one->tail != READER_NO_CLASS) return "alternatives: a class is not below 32";
        if (one->tail == READER_NO_CLASS && (one->least || one->most)) return "alternatives: limits of no tail";
        if (one->least > one->most) return "alternatives: a tail of at least more than at most";
        if (!one->n_heads && !one->least) return "alternatives: each must take one character or more";
        if (one->least > 1u << 20) return "alternatives: a tail of more than 1048576 characters at least";
        reader->alternatives[i] = *one;
        reader->needs_bounds |= one->bound_after;
    }
    reader->n_alternatives = spec->n_alternatives;
    /* The usual pattern: so many characters of one class, and as many more as there are. */
    const struct reader_alternative *one = reader->alternatives;
    if (spec->n_alternatives != 1 || one->tail == READER_NO_CLASS || one->most != READER_NO_LIMIT || spec->collapse)
        return NULL;
    for (size_t h = 0; h < one->n_heads; h++)
        if (one->heads[h] != one->tail) return NULL;
    if ((one->bound_before || one->bound_after) && one->tail != READER_WORD_CLASS) return NULL;
    reader->cuts_runs = 1;
    reader->run_class = 1u << one->tail;
    reader->run_least = one->n_heads + one->least;
    return NULL;
}

const char *reader_new(const struct reader_spec *spec, struct reader **out)
{
    if (spec->scheme < 0 || spec->scheme >= READER_SCHEMES) return "scheme: 0 to 4 are allowed";
    if (spec->scheme != READER_TOKENS && (spec->collapse || spec->n_alternatives)) return "alternatives: with tokens only";
    if (spec->scheme != READER_LINE && spec->ends) return "ends: with lines only";
    if ((spec->scheme == READER_WORDS || spec->scheme == READER_RAW) && spec->n_stop_words)
        return "stop words: with letters, tokens and lines only";
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader) return "out of memory";
    reader->scheme = spec->scheme;
    reader->collapse = spec->collapse;
    reader->ends = spec->ends;
    const char *problem = add_alternatives(reader, spec);
    if (!problem) problem = add_stop_words(reader, spec);
    if (problem) {
        reader_free(reader);
        return problem;
    }
    *out = reader;
    return NULL;
}

void reader_free(struct reader *reader)
{
    if (!reader) return;
    for (size_t i = 0; i < READER_N_PAGES; i++) free(reader->pages[i]);
    free(reader->stop_bytes);
    free(reader->stops);
    free(reader);
}

static const char *check_point(const struct reader *reader, const struct reader_point *point, size_t n_pieces)
{
    uint64_t limit = reader->scheme == READER_TOKENS ? UINT64_C(1) << READER_CLASSES : READER_KINDS;
    uint32_t many;
    if (point->own >= limit || point->becomes >= limit) return "page: a kind or class that there is not";
    if (!(point->flags & READER_LEADS) != !point->lead) return "page: lead and its flag differ";
    if ((point->flags & READER_PURE) && (!point->lead || point->lead != point->trail || !point->size || point->size > 4 ||
                                         (point->becomes != READER_MARK && point->becomes != READER_LETTER)))
        return "page: not one mark";
    if (point->size <= 4) return NULL;
    if (point->size != READER_MANY) return "page: a size of at most 4, or 255, is allowed";
    memcpy(&many, point->bytes, 4);
    if ((many & 255) > READER_MAX_PIECES || (many >> 8) + (many & 255) > n_pieces) return "page: pieces that there are not";
    return NULL;
}

enum { PLAIN_AS_IT_STANDS = 1, PLAIN_LOWER };

/* Whether ASCII becomes itself, or lower case, and its words are runs of what is usual, or none. */
static int plainness(const struct reader *reader, const struct reader_point *points)
{
    int same = 1, lower = 1;
    if (reader->n_alternatives && (!reader->cuts_runs || reader->run_class != 1u << READER_WORD_CLASS)) return 0;
    for (uint32_t c = 0; c < 128; c++) {
        int upper = c >= 'A' && c <= 'Z', word = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        int space = (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
        if (points[c].size != 1 || points[c].flags) return 0;
        if ((points[c].becomes >> READER_WORD_CLASS & 1) != (uint32_t)word) return 0;
        if ((points[c].becomes >> READER_SPACE_CLASS & 1) != (uint32_t)space) return 0;
        same &= points[c].bytes[0] == c;
        lower &= points[c].bytes[0] == (upper ? c + 32 : c);
    }
    return same ? PLAIN_AS_IT_STANDS : lower ? PLAIN_LOWER : 0;
}

const char *reader_add_page(struct reader *reader, uint32_t number, const struct reader_point points[256],
                            const struct reader_piece *pieces, size_t n_pieces)
{
    uint64_t limit = reader->scheme == READER_TOKENS ? UINT64_C(1) << READER_CLASSES : READER_KINDS;
    struct page *page, *none = NULL;
    if (number >= READER_N_PAGES) return "page: there are 4352";
    if (n_pieces > 256 * READER_MAX_PIECES) return "page: too many pieces";
    for (size_t i = 0; i < n_pieces; i++)
        if (!pieces[i].size || pieces[i].size > 4 || pieces[i].becomes >= limit) return "page: a piece of 1 to 4 bytes is needed";
    for (size_t i = 0; i < 256; i++) {
        const char *problem = check_point(reader, &points[i], n_pieces);
        if (problem) return problem;
    }
    page = malloc(sizeof *page + n_pieces * sizeof *pieces);
    if (!page) return "out of memory";
    memcpy(page->points, points, sizeof page->points);
    if (n_pieces) memcpy(page->pieces, pieces, n_pieces * sizeof *pieces);
    if (!number && reader->scheme == READER_TOKENS) __atomic_store_n(&reader->plain, plainness(reader, points), __ATOMIC_RELAXED);
    /* Published whole: who finds the page finds all of it. */
    if (!__atomic_compare_exchange_n(&reader->pages[number], &none, page, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) free(page);
    return NULL;
}

static inline const struct page *page_of(const struct reader *reader, uint32_t number)
{
    return __atomic_load_n(&reader->pages[number], __ATOMIC_ACQUIRE);
}

int reader_has_page(const struct reader *reader, uint32_t number)
{
    return number < READER_N_PAGES && page_of(reader, number);
}

/* ---- memory of one text ---- */

static int grow(void **memory, size_t *room, size_t needed, size_t size_of_one)
{
    if (LIKELY(needed <= *room)) return READER_DONE;
    if (needed > UINT32_MAX || needed > SIZE_MAX / 2) return READER_TOO_LONG;
    size_t more = needed < 128 ? 128 : needed + needed / 2;
    void *larger = more > SIZE_MAX / size_of_one ? NULL : realloc(*memory, more * size_of_one);
    if (!larger) return READER_NO_MEMORY;
    *memory = larger;
    *room = more;
    return READER_DONE;
}

static int grow_bytes(struct reader_text *text, size_t needed)
{
    return grow((void **)&text->bytes, &text->bytes_room, needed + ROOM, 1);
}

static int grow_words(struct reader_text *text, size_t needed)
{
    return grow((void **)&text->words, &text->words_room, needed, sizeof *text->words);
}

void reader_text_free(struct reader_text *text)
{
    free(text->bytes);
    free(text->words);
    free(text->runs);
    free(text->chars);
    memset(text, 0, sizeof *text);
}

/* ---- UTF-8 ---- */

/* Bytes of the code point at `text`, of which `left` are there; 0 where it is none. Lone surrogates are code points. */
static inline size_t decode(const uint8_t *text, size_t left, uint32_t *point)
{
    uint32_t lead = text[0];
    if (lead < 0x80) {
        *point = lead;
        return 1;
    }
    if (left < 2 || (text[1] & 0xC0) != 0x80) return 0;
    if (lead < 0xE0) {
        *point = (lead & 0x1F) << 6 | (text[1] & 0x3F);
        return lead < 0xC2 ? 0 : 2;
    }
    if (left < 3 || (text[2] & 0xC0) != 0x80) return 0;
    if (lead < 0xF0) {
        *point = (lead & 0x0F) << 12 | (text[1] & 0x3Fu) << 6 | (text[2] & 0x3F);
        return *point < 0x800 ? 0 : 3;
    }
    if (left < 4 || (text[3] & 0xC0) != 0x80) return 0;
    *point = (lead & 0x07) << 18 | (text[1] & 0x3Fu) << 12 | (text[2] & 0x3Fu) << 6 | (text[3] & 0x3F);
    return lead > 0xF4 || *point < 0x10000 || *point > 0x10FFFF ? 0 : 4;
}

/* What `str.isspace` says: separators and the controls that part lines and fields. */
static inline int is_space(uint32_t point)
{
    if (point < 0x80) return point == 0x20 || (point >= 0x09 && point <= 0x0D) || (point >= 0x1C && point <= 0x1F);
    if (point < 0x2000) return point == 0x85 || point == 0xA0 || point == 0x1680;
    return point <= 0x200A || point == 0x2028 || point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000;
}

static int is_ascii(const uint8_t *text, size_t size)
{
    size_t i = 0;
    uint64_t any = 0;
    for (; i + 8 <= size; i += 8) any |= eight(text + i);
    for (; i < size; i++) any |= text[i];
    return !(any & UINT64_C(0x8080808080808080));
}

/* ---- our cleanings, plain ASCII ---- */

/* Of 64 bytes: which lie in `first` to `first + count - 1`, letters folded before where `fold`. */
#if defined(HAVE_SSE2)
static inline __m128i lies_within(__m128i bytes, int first, int count)
{
    return _mm_cmplt_epi8(_mm_sub_epi8(bytes, _mm_set1_epi8((char)(first + 128))), _mm_set1_epi8((char)(count - 128)));
}

static inline uint64_t within(const uint8_t *text, int fold, int first, int count)
{
    uint64_t found = 0;
    for (int i = 0; i < 4; i++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)text + i);
        if (fold) bytes = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
        found |= (uint64_t)(uint32_t)_mm_movemask_epi8(lies_within(bytes, first, count)) << 16 * i;
    }
    return found;
}

static inline void copy_16(uint8_t *to, const uint8_t *from, int fold)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)from);
    if (fold) bytes = _mm_or_si128(bytes, _mm_and_si128(lies_within(bytes, 'A', 26), _mm_set1_epi8(0x20)));
    _mm_storeu_si128((__m128i *)to, bytes);
}
#else
static inline uint64_t within(const uint8_t *text, int fold, int first, int count)
{
    uint64_t found = 0;
    for (int i = 0; i < 64; i++) found |= (uint64_t)((uint8_t)((text[i] | (fold ? 0x20 : 0)) - first) < count) << i;
    return found;
}

static inline void copy_16(uint8_t *to, const uint8_t *from, int fold)
{
    for (int i = 0; i < 16; i++) to[i] = (uint8_t)(from[i] | (fold && (uint8_t)(from[i] - 'A') < 26 ? 0x20 : 0));
}
#endif

static inline uint64_t letters_of(const uint8_t *text)
{
    return within(text, 1, 'a', 26) | within(text, 0, '0', 10);
}

struct source {
    const uint8_t *text, *tail; /* the tail is a copy of the last bytes, with room behind it */
    size_t size, tail_at;
};

/* 16 bytes from here on may be read. */
static inline const uint8_t *from_here(const struct source *source, size_t at)
{
    return at + 16 <= source->size ? source->text + at : source->tail + (at - source->tail_at);
}

/* Words are found by their edges, 64 bytes at a time; `scheme` and `stops` are constants where this is called. */
static inline __attribute__((always_inline)) int read_plain(const struct reader *reader, const uint8_t *text, size_t size,
                                                            struct reader_text *out, int scheme, int stops)
{
    uint8_t tail[64 + 32] = {0}, last[64] = {0};
    struct source source = {text, tail, size, size < 32 ? 0 : size - 32};
    uint64_t open = 0, in_word = 0, after_symbol = 0;
    size_t at = 0, n = 0, start = 0, end_before = SIZE_MAX;
    memcpy(tail, text + source.tail_at, size - source.tail_at);
    for (size_t base = 0; base <= size; base += 64) {
        uint64_t letters, symbols, starts, ends;
        int status = grow_bytes(out, at + 2 * 64 + (base - (open ? start : base)) + 64);
        if (!status) status = grow_words(out, n + 66);
        if (status) return status;
        if (base + 64 > size) memcpy(last, text + base, size - base);
        const uint8_t *block = base + 64 > size ? last : text + base;
        letters = letters_of(block);
        symbols = scheme == READER_LETTERS ? 0 : within(block, 0, 33, 94) & ~letters;
        starts = (letters & ~(letters << 1 | in_word)) | symbols;
        ends = (~letters & (letters << 1 | in_word)) | symbols << 1 | after_symbol;
        in_word = letters >> 63;
        after_symbol = symbols >> 63;
        if (!open && starts) {
            start = base + (size_t)__builtin_ctzll(starts);
            starts &= starts - 1;
            open = 1;
        }
        while (ends) {
            size_t end = base + (size_t)__builtin_ctzll(ends), length = end - start, before = at;
            out->bytes[at] = ' ';
            at += scheme == READER_RAW ? (n != 0) & (start != end_before) : n != 0;
            copy_16(out->bytes + at, from_here(&source, start), scheme != READER_RAW);
            for (size_t done = 16; done < length; done += 16)
                copy_16(out->bytes + at + done, from_here(&source, start + done), scheme != READER_RAW);
            out->words[n] = (struct reader_span){(uint32_t)at, (uint32_t)(at + length)};
            int keep = !stops || !is_stop(reader, out->bytes + at, length);
            at = keep ? at + length : before;
            n += (size_t)keep;
            end_before = end;
            ends &= ends - 1;
            open = starts != 0;
            start = base + (size_t)(open ? __builtin_ctzll(starts) : 0);
            starts &= starts - 1;
        }
    }
    out->size = at;
    out->n_words = n;
    out->tidy = 1;
    return READER_DONE;
}

/* ---- our cleanings, any text ---- */

enum { NOTHING, RUN, CHARACTER }; /* what kind of word is open */

struct writer {
    const struct reader *reader;
    struct reader_text *out;
    size_t at, start, before; /* next byte; the open word's first, and what came before its blank */
    int open, gap;
};

static inline void close_word(struct writer *w)
{
    if (!w->open) return;
    w->open = NOTHING;
    if (w->reader->stops && is_stop(w->reader, w->out->bytes + w->start, w->at - w->start)) w->at = w->before;
    else w->out->words[w->out->n_words++].end = (uint32_t)w->at;
}

static inline void open_word(struct writer *w, int open)
{
    close_word(w);
    w->before = w->at;
    if (w->gap && w->at) w->out->bytes[w->at++] = ' ';
    w->gap = 0;
    w->start = w->at;
    w->open = open;
    w->out->words[w->out->n_words].start = (uint32_t)w->at;
}

/* There is room for it. */
static inline void write(struct writer *w, uint32_t kind, const uint8_t bytes[4], size_t size)
{
    switch (kind) {
        case READER_BLANK:
            close_word(w);
            w->gap = 1;
            return;
        case READER_LETTER:
            if (w->open != RUN) open_word(w, RUN);
            break;
        case READER_MARK:
            if (!w->open) open_word(w, RUN);
            break;
        case READER_ALONE: open_word(w, CHARACTER); break;
        default:
            close_word(w);
            w->gap |= w->reader->scheme == READER_WORDS;
            open_word(w, CHARACTER);
    }
    memcpy(w->out->bytes + w->at, bytes, 4);
    w->at += size;
    if (kind == READER_SYMBOL) {
        close_word(w);
        w->gap = w->reader->scheme == READER_WORDS;
    }
}

/* What stands before the next code point. */
struct neighbour {
    int first; /* whether the last letter, or a mark behind it, may compose */
    uint8_t trail, base_trail;
    uint8_t order[MOST_MARKS]; /* classes of the marks since, each with where it starts; too many are counted only */
    uint32_t place[MOST_MARKS];
    size_t n_marks;
};

/* Put the mark that was just written, from `from` on, behind those that come before it in the order of marks. */
static void put_in_order(struct writer *w, struct neighbour *before, size_t from, uint8_t lead)
{
    uint8_t mark[4], *bytes = w->out->bytes;
    size_t size = w->at - from, at = before->n_marks;
    memcpy(mark, bytes + from, 4);
    while (at && before->order[at - 1] > lead) at--;
    uint32_t place = at < before->n_marks ? before->place[at] : (uint32_t)from;
    memmove(bytes + place + size, bytes + place, from - place);
    memcpy(bytes + place, mark, size);
    for (size_t i = before->n_marks; i > at; i--) {
        before->order[i] = before->order[i - 1];
        before->place[i] = before->place[i - 1] + (uint32_t)size;
    }
    before->order[at] = lead;
    before->place[at] = place;
    before->n_marks++;
}

/* Marks, and letters that join the one before them. 0: not here; 1: written as it comes; 2: a mark to be put in order. */
static int joins(const struct reader_point *point, struct neighbour *before)
{
    if (point->flags & READER_PYTHON) return 0;
    if ((point->flags & READER_MAYBE) && before->first) return 0;
    if (!(point->flags & READER_LEADS)) {
        before->first = point->flags & READER_FIRST;
        before->trail = before->base_trail = point->trail;
        before->n_marks = 0;
        return 1;
    }
    before->first |= point->flags & READER_FIRST;
    int pure = (point->flags & READER_PURE) && before->n_marks < MOST_MARKS;
    if (point->lead < before->trail && (!pure || point->lead < before->base_trail)) return 0;
    if (!pure) {
        before->base_trail = before->trail = point->trail > before->trail ? point->trail : before->trail;
        before->n_marks = 0; /* none of them is moved any more */
        return 1;
    }
    before->trail = point->lead > before->trail ? point->lead : before->trail;
    return 2;
}

static int read_any(const struct reader *reader, const uint8_t *text, size_t size, struct reader_text *out)
{
    struct writer w = {.reader = reader, .out = out};
    struct neighbour before = {0};
    out->n_words = 0;
    for (size_t i = 0; i < size;) {
        uint32_t c;
        size_t length = decode(text + i, size - i, &c);
        if (!length) return READER_NOT_UTF8;
        const struct page *page = page_of(reader, c >> 8);
        if (!page) {
            out->missing = c >> 8;
            return READER_NEEDS_PAGES;
        }
        const struct reader_point *point = &page->points[c & 255];
        int status = grow_bytes(out, w.at + LONGEST_POINT), moves = 0;
        if (!status) status = grow_words(out, out->n_words + READER_MAX_PIECES + 1);
        if (status) return status;
        i += length;
        if (LIKELY(!(point->flags & ~READER_FIRST))) {
            before.first = point->flags;
            before.trail = before.base_trail = point->trail;
            before.n_marks = 0;
        } else {
            if (point->flags & READER_UNSEEN) continue;
            moves = joins(point, &before);
            if (!moves) return READER_NEEDS_PYTHON;
        }
        if (LIKELY(point->size != READER_MANY)) {
            write(&w, point->becomes, point->bytes, point->size);
            if (moves == 2) put_in_order(&w, &before, w.at - point->size, point->lead);
            continue;
        }
        uint32_t many;
        memcpy(&many, point->bytes, 4);
        for (const struct reader_piece *piece = page->pieces + (many >> 8), *end = piece + (many & 255); piece < end; piece++)
            write(&w, piece->becomes, piece->bytes, piece->size);
    }
    int status = grow_bytes(out, w.at);
    if (!status) status = grow_words(out, out->n_words + 1);
    if (status) return status;
    close_word(&w);
    out->size = w.at;
    return READER_DONE;
}

/* Words of a text that is clean already. */
static int cut_ours(const struct reader *reader, const uint8_t *text, size_t size, struct reader_text *out)
{
    int open = NOTHING;
    out->n_words = 0;
    for (size_t i = 0, length; i < size; i += length) {
        uint32_t c, kind;
        if (!(length = decode(text + i, size - i, &c))) return READER_NOT_UTF8;
        const struct page *page = page_of(reader, c >> 8);
        if (!page) {
            out->missing = c >> 8;
            return READER_NEEDS_PAGES;
        }
        int status = grow_words(out, out->n_words + 2);
        if (status) return status;
        kind = page->points[c & 255].own;
        if (open && (kind == READER_BLANK || kind == READER_ALONE || kind == READER_SYMBOL || (kind == READER_LETTER && open != RUN))) {
            out->words[out->n_words++].end = (uint32_t)i;
            open = NOTHING;
        }
        if (!open && kind != READER_BLANK) {
            out->words[out->n_words].start = (uint32_t)i;
            open = kind == READER_LETTER || kind == READER_MARK ? RUN : CHARACTER;
        }
        if (kind == READER_SYMBOL) { /* marks behind it are a word of their own */
            out->words[out->n_words++].end = (uint32_t)(i + length);
            open = NOTHING;
        }
    }
    if (open) out->words[out->n_words++].end = (uint32_t)size;
    int status = grow_bytes(out, size);
    if (status) return status;
    if (size) memcpy(out->bytes, text, size);
    out->size = size;
    return READER_DONE;
}

/* ---- tokens of other people's models ---- */

/* Three numbers a character, and one character of room behind the last. */
#define CHAR_CLASSES(out, i) (out)->chars[3 * (i)]
#define CHAR_START(out, i) (out)->chars[3 * (i) + 1]
#define CHAR_BOUND(out, i) (out)->chars[3 * (i) + 2]

static inline int is_word(const struct reader_text *out, size_t n, size_t i)
{
    return i < n && (CHAR_CLASSES(out, i) >> READER_WORD_CLASS & 1);
}

static inline int is_bound(const struct reader_text *out, size_t n, size_t i)
{
    return is_word(out, n, i) != (i && is_word(out, n, i - 1));
}

/* Where each alternative's run of tail characters ends that was looked at last: none is looked at twice. */
struct tails {
    size_t end[READER_MAX_ALTERNATIVES];
};

/* Characters that one alternative takes from `at` on, 0 where it fails. */
static size_t take(const struct reader *reader, const struct reader_text *out, size_t n, size_t at, size_t which,
                   struct tails *tails)
{
    const struct reader_alternative *one = &reader->alternatives[which];
    size_t from = at + one->n_heads, end = from;
    if (from > n || (one->bound_before && !is_bound(out, n, at))) return 0;
    for (size_t h = 0; h < one->n_heads; h++)
        if (!(CHAR_CLASSES(out, at + h) >> one->heads[h] & 1)) return 0;
    if (one->tail != READER_NO_CLASS) {
        end = tails->end[which] > from ? tails->end[which] : from;
        if (end == from)
            while (end < n && (CHAR_CLASSES(out, end) >> one->tail & 1)) end++;
        tails->end[which] = end;
        if (end - from > one->most) end = from + one->most;
    }
    /* The tail gives back what it must, up to the last boundary. */
    if (one->bound_after) end = CHAR_BOUND(out, end);
    if (end < from + one->least) return 0;
    return end - at;
}

static int add_token(const struct reader *reader, struct reader_text *out, size_t start, size_t end)
{
    int status = grow_words(out, out->n_words + 1);
    if (status) return status;
    if (is_stop(reader, out->bytes + start, end - start)) return READER_DONE;
    out->words[out->n_words++] = (struct reader_span){(uint32_t)start, (uint32_t)end};
    return READER_DONE;
}

static int find_tokens(const struct reader *reader, struct reader_text *out, size_t n)
{
    struct tails tails = {{0}};
    CHAR_CLASSES(out, n) = 0;
    CHAR_START(out, n) = (uint32_t)out->size;
    if (reader->needs_bounds)
        for (size_t i = 0; i <= n; i++) CHAR_BOUND(out, i) = is_bound(out, n, i) || !i ? (uint32_t)i : CHAR_BOUND(out, i - 1);
    for (size_t at = 0, taken; at < n; at += taken ? taken : 1) {
        taken = 0;
        for (size_t which = 0; which < reader->n_alternatives && !taken; which++) taken = take(reader, out, n, at, which, &tails);
        int status = taken ? add_token(reader, out, CHAR_START(out, at), CHAR_START(out, at + taken)) : READER_DONE;
        if (status) return status;
    }
    return READER_DONE;
}

/* What is being written of a text of tokens. */
struct tokens {
    size_t at, n_chars, start, length; /* next byte; characters so far; of the open run of one class */
    int blanks;                        /* whether the last character was whitespace */
    uint32_t last_start;
};

static inline int end_run(const struct reader *reader, struct reader_text *out, struct tokens *t)
{
    size_t length = t->length;
    t->length = 0;
    return length >= reader->run_least && length ? add_token(reader, out, t->start, t->at) : READER_DONE;
}

/* There is room for its bytes. */
static inline int add_char(const struct reader *reader, struct reader_text *out, struct tokens *t, uint32_t classes,
                           const uint8_t bytes[4], size_t size)
{
    int status = READER_DONE;
    if (reader->collapse) {
        int space = classes >> READER_SPACE_CLASS & 1;
        if (space && t->blanks) { /* the second of them makes a blank of the first */
            out->bytes[t->last_start] = ' ';
            t->at = t->last_start + 1;
            if (reader->n_alternatives) CHAR_CLASSES(out, t->n_chars - 1) = page_of(reader, 0)->points[' '].own;
            return READER_DONE;
        }
        t->blanks = space;
        t->last_start = (uint32_t)t->at;
    }
    if (reader->cuts_runs) {
        if (!(classes & reader->run_class)) {
            if (t->length) status = end_run(reader, out, t);
        } else if (!t->length++) t->start = t->at;
    } else if (reader->n_alternatives) {
        status = grow((void **)&out->chars, &out->chars_room, 3 * (t->n_chars + 2), sizeof *out->chars);
        if (status) return status;
        CHAR_CLASSES(out, t->n_chars) = classes;
        CHAR_START(out, t->n_chars) = (uint32_t)t->at;
        t->n_chars++;
    }
    memcpy(out->bytes + t->at, bytes, 4);
    t->at += size;
    return status;
}

/* Plain ASCII whose words are runs of letters, digits and the underscore, or of which no words are read. Gives -1 where
 * neighbouring blanks become one. */
static int read_plain_tokens(const struct reader *reader, const uint8_t *text, size_t size, struct reader_text *out)
{
    uint8_t last[64] = {0};
    uint64_t in_word = 0, after_blank = 0;
    size_t start = 0;
    int status = grow_bytes(out, size + 64), lower = __atomic_load_n(&reader->plain, __ATOMIC_RELAXED) == PLAIN_LOWER;
    if (status) return status;
    for (size_t base = 0; base <= size; base += 64) {
        if (base + 64 > size) memcpy(last, text + base, size - base);
        const uint8_t *block = base + 64 > size ? last : text + base;
        for (size_t i = 0; i < 64; i += 16) copy_16(out->bytes + base + i, block + i, lower);
        if (reader->collapse) {
            uint64_t blanks = within(block, 0, 9, 5) | within(block, 0, 28, 5);
            if (blanks & (blanks << 1 | after_blank)) return -1;
            after_blank = blanks >> 63;
        }
        if (!reader->n_alternatives) continue;
        uint64_t letters = letters_of(block) | within(block, 0, '_', 1), edges = letters ^ (letters << 1 | in_word);
        if ((status = grow_words(out, out->n_words + 33))) return status;
        for (; edges; edges &= edges - 1) {
            size_t edge = base + (size_t)__builtin_ctzll(edges);
            out->words[out->n_words] = (struct reader_span){(uint32_t)start, (uint32_t)edge};
            out->n_words += in_word && edge - start >= reader->run_least && !is_stop(reader, out->bytes + start, edge - start);
            start = edge;
            in_word = !in_word;
        }
    }
    out->size = size;
    return READER_DONE;
}

static int read_tokens(const struct reader *reader, const uint8_t *text, size_t size, int is_clean, struct reader_text *out)
{
    struct tokens t = {0};
    int status = grow((void **)&out->chars, &out->chars_room, 3, sizeof *out->chars);
    /* A page is seen whole, and so is what was found of it. */
    if (!status && !is_clean && page_of(reader, 0) && __atomic_load_n(&reader->plain, __ATOMIC_RELAXED) && is_ascii(text, size)) {
        status = read_plain_tokens(reader, text, size, out);
        if (status >= 0) return status;
        status = READER_DONE;
    }
    out->n_words = 0;
    for (size_t i = 0; i < size && !status;) {
        uint32_t c, many;
        size_t length = decode(text + i, size - i, &c);
        if (!length) return READER_NOT_UTF8;
        const struct page *page = page_of(reader, c >> 8);
        if (!page || !page_of(reader, 0)) {
            out->missing = page ? 0 : c >> 8;
            return READER_NEEDS_PAGES;
        }
        const struct reader_point *point = &page->points[c & 255];
        if ((status = grow_bytes(out, t.at + LONGEST_POINT))) return status;
        if (is_clean) { /* it is what it stands for; what was collapsed stays so */
            uint8_t bytes[4] = {0};
            memcpy(bytes, text + i, length);
            status = add_char(reader, out, &t, point->own, bytes, length);
        } else if (point->flags & READER_PYTHON) return READER_NEEDS_PYTHON;
        else if (LIKELY(point->size <= 4)) {
            if (point->size) status = add_char(reader, out, &t, point->becomes, point->bytes, point->size);
        } else {
            memcpy(&many, point->bytes, 4);
            const struct reader_piece *piece = page->pieces + (many >> 8), *end = piece + (many & 255);
            for (; piece < end && !status; piece++) status = add_char(reader, out, &t, piece->becomes, piece->bytes, piece->size);
        }
        i += length;
    }
    if (!status) status = grow_bytes(out, t.at);
    if (status) return status;
    out->size = t.at;
    if (reader->cuts_runs) return end_run(reader, out, &t);
    if (reader->n_alternatives) return find_tokens(reader, out, t.n_chars);
    return READER_DONE;
}

int reader_split(struct reader_text *text)
{
    size_t start = SIZE_MAX;
    text->n_runs = 0;
    for (size_t i = 0, length; i <= text->size; i += length) {
        uint32_t c = ' ';
        length = 1;
        if (i < text->size && !(length = decode(text->clean + i, text->size - i, &c))) return READER_NOT_UTF8;
        if (!is_space(c)) {
            if (start == SIZE_MAX) start = i;
        } else if (start != SIZE_MAX) {
            int status = grow((void **)&text->runs, &text->runs_room, text->n_runs + 1, sizeof *text->runs);
            if (status) return status;
            text->runs[text->n_runs++] = (struct reader_span){(uint32_t)start, (uint32_t)i};
            start = SIZE_MAX;
        }
    }
    return READER_DONE;
}

/* ---- words between blanks ---- */

static int is_kept(const struct reader *reader, const uint8_t *word, size_t size)
{
    int label = size >= 9 && !memcmp(word, "__label__", 9);
    return label == is_stop(reader, word, size);
}

/* The words with one blank between them; of a text that came clean, the same. */
static int read_line(const struct reader *reader, const uint8_t *text, size_t size, int is_clean, struct reader_text *out)
{
    size_t start = 0, at = 0;
    int status = grow_bytes(out, size + 8);
    if (status) return status;
    for (size_t i = 0; i <= size; i++) {
        uint8_t c = i < size ? text[i] : ' ';
        if (c != ' ' && (is_clean || (c && (c < '\t' || c > '\r')))) continue;
        size_t length = i - start, before = at;
        if (length) {
            if ((status = grow_words(out, out->n_words + 2))) return status;
            if (at) out->bytes[at++] = ' ';
            memcpy(out->bytes + at, text + start, length);
            int last = !is_clean && length == 4 && !memcmp(text + start, "</s>", 4);
            if (!last && (is_clean || is_kept(reader, out->bytes + at, length))) {
                out->words[out->n_words++] = (struct reader_span){(uint32_t)at, (uint32_t)(at + length)};
                at += length;
            } else at = before;
            if (last) break;
        }
        start = i + 1;
    }
    out->size = at;
    if (reader->ends) {
        if ((status = grow_words(out, out->n_words + 1))) return status;
        memcpy(out->bytes + at, "</s>", 4);
        out->words[out->n_words++] = (struct reader_span){(uint32_t)at, (uint32_t)at + 4};
    }
    return READER_DONE;
}

/* ---- any reader ---- */

static int read_ours(const struct reader *reader, const uint8_t *text, size_t size, struct reader_text *out)
{
    if (!is_ascii(text, size)) return read_any(reader, text, size, out);
    if (reader->scheme == READER_WORDS) return read_plain(reader, text, size, out, READER_WORDS, 0);
    if (reader->scheme == READER_RAW) return read_plain(reader, text, size, out, READER_RAW, 0);
    return reader->stops ? read_plain(reader, text, size, out, READER_LETTERS, 1)
                         : read_plain(reader, text, size, out, READER_LETTERS, 0);
}

int reader_read(const struct reader *reader, const uint8_t *text, size_t size, int is_clean, struct reader_text *out)
{
    int status;
    out->n_words = out->n_runs = out->size = 0;
    out->tidy = 0;
    if (size >= UINT32_MAX - ROOM) return READER_TOO_LONG;
    if (reader->scheme == READER_LINE) status = read_line(reader, text, size, is_clean, out);
    else if (reader->scheme == READER_TOKENS) status = read_tokens(reader, text, size, is_clean, out);
    else status = is_clean ? cut_ours(reader, text, size, out) : read_ours(reader, text, size, out);
    if (status) return status;
    /* The last word of a line stands behind its text. */
    size_t end = out->size + (reader->ends ? 4 : 0);
    if ((status = grow_bytes(out, end))) return status;
    memset(out->bytes + end, 0, ROOM);
    out->clean = out->bytes;
    return READER_DONE;
}

/* ---- ids ---- */

void reader_alphabet_free(struct reader_alphabet *alphabet)
{
    free(alphabet->by_point);
    memset(alphabet, 0, sizeof *alphabet);
}

const char *reader_alphabet_new(const uint32_t *points, const uint8_t *ids, size_t n, uint8_t unknown, int bytes,
                                struct reader_alphabet *out)
{
    size_t n_pages = 0;
    memset(out, 0, sizeof *out);
    if (n > 254) return "alphabet: at most 254 characters are allowed";
    out->bytes = bytes;
    out->unknown = unknown;
    memset(out->by_byte, unknown, sizeof out->by_byte);
    for (size_t i = 0; i < n; i++) {
        if (points[i] > (bytes ? 0xFF : 0x10FFFF)) return "alphabet: no such character";
        if (points[i] < (bytes ? 0x100 : 0x80)) out->by_byte[points[i]] = ids[i];
        else if (!out->page_of[points[i] >> 8]) out->page_of[points[i] >> 8] = (uint8_t)++n_pages;
    }
    out->by_point = malloc((n_pages + 1) * sizeof *out->by_point);
    if (!out->by_point) return "out of memory";
    memset(out->by_point, unknown, (n_pages + 1) * sizeof *out->by_point);
    for (size_t i = 0; i < n; i++)
        if (points[i] >= 0x80 && !bytes) out->by_point[out->page_of[points[i] >> 8] - 1][points[i] & 255] = ids[i];
    return NULL;
}

size_t reader_ids(const struct reader_alphabet *alphabet, const uint8_t *clean, size_t size, uint8_t *ids)
{
    size_t n = 0;
    if (alphabet->bytes) {
        for (; n < size; n++) ids[n] = alphabet->by_byte[clean[n]];
        return n;
    }
    for (size_t i = 0, length; i < size; i += length) {
        uint32_t c = clean[i];
        length = 1;
        if (c < 0x80) {
            ids[n++] = alphabet->by_byte[c];
            continue;
        }
        length = decode(clean + i, size - i, &c);
        uint8_t page = length ? alphabet->page_of[c >> 8] : 0;
        ids[n++] = page ? alphabet->by_point[page - 1][c & 255] : alphabet->unknown;
        if (!length) length = 1;
    }
    return n;
}
