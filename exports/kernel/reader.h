/* Any text as UTF-8 to its cleaned text and its words: the bits of baselines.text.cleaning, and of two readings of other
 * people's models. No Python in here, so that it can be fuzzed and embedded alone.
 *
 * What one code point becomes stands in pages of 256 code points, which the caller makes when a text first needs them:
 * this file holds no Unicode table of its own. Where neighbours could change one another (what composes, what stands in
 * another order) the text is handed back to be cleaned by the caller: it is never guessed. */
#ifndef TAGPRESS_READER_H
#define TAGPRESS_READER_H

#include <stddef.h>
#include <stdint.h>

struct reader;

/* How a text is read. The first three are our cleanings (READER_LETTERS with stop words is the course's).
 *   READER_TOKENS   scikit-learn's: each code point becomes what its page says; words are what the alternatives find
 *   READER_LINE     fastText's: bytes as they stand, cut at blanks; a word "</s>" ends the text */
enum { READER_LETTERS, READER_WORDS, READER_RAW, READER_TOKENS, READER_LINE, READER_SCHEMES };

enum {
    READER_DONE,
    READER_NEEDS_PAGES,  /* `missing` says which; give it, and those of the rest of the text, and read again */
    READER_NEEDS_PYTHON, /* clean it by the tables of all Unicode, and read the result as one that is clean */
    READER_NOT_UTF8,     /* lone surrogates are let through, as three bytes each */
    READER_TOO_LONG,     /* 4 GiB of cleaned text or more */
    READER_NO_MEMORY
};

/* Kinds of characters, in the pages of our cleanings: where words begin and end. READER_LETTERS has blanks and letters
 * only, symbols are blanks there. */
enum { READER_BLANK, READER_LETTER, READER_MARK, READER_ALONE, READER_SYMBOL, READER_KINDS };

/* Classes of characters, as bits, in the pages of READER_TOKENS: 0 to 29 as the alternatives number them, and two more. */
enum { READER_WORD_CLASS = 30, READER_SPACE_CLASS = 31, READER_CLASSES = 32, READER_NO_CLASS = 255 };

/* What neighbours must know of a code point. Any of them but FIRST costs a look at what stood before. */
enum {
    READER_FIRST = 1,   /* may compose with what follows */
    READER_MAYBE = 2,   /* may compose with what stands before it */
    READER_LEADS = 4,   /* begins with a mark that has a place in an order: `lead` is not 0 */
    READER_PURE = 8,    /* nothing but one such mark, whatever is done to it */
    READER_UNSEEN = 16, /* becomes nothing, and its neighbours are neighbours */
    READER_PYTHON = 32  /* what it becomes depends on more than itself */
};

#define READER_MANY 255 /* size of a point of several pieces: `bytes` is a uint32, 256 * the first of them + how many */
#define READER_MAX_PIECES 32
#define READER_N_PAGES 0x1100

/* One code point: `bytes` is the UTF-8 of what it becomes, `becomes` the kind or the classes of that; `own` those of the
 * code point itself, for texts that come clean. `lead` and `trail` are canonical combining classes. */
struct reader_point {
    uint8_t bytes[4], size, lead, trail, flags;
    uint32_t own, becomes;
};

struct reader_piece {
    uint8_t bytes[4], size, unused[3];
    uint32_t becomes;
};

#define READER_MAX_HEADS 64
#define READER_MAX_ALTERNATIVES 32
#define READER_NO_LIMIT UINT32_MAX

/* \b? H1 H2 ... T{least,most} \b? : classes by number, READER_NO_CLASS for no tail. At each position the alternatives
 * are tried in order; the tail takes as much as it can. */
struct reader_alternative {
    uint8_t heads[READER_MAX_HEADS];
    uint8_t n_heads, tail, bound_before, bound_after;
    uint32_t least, most;
};

struct reader_spec {
    int scheme;
    int collapse; /* two or more characters of whitespace become one blank; READER_TOKENS only */
    int ends;     /* "</s>" is the last word of every text, and stands behind the cleaned text; READER_LINE only */
    const struct reader_alternative *alternatives;
    size_t n_alternatives;
    const uint8_t *stop_words; /* UTF-8, one after the other; our cleanings take them out of the text as well. Of a line,
                                * the words that are let through if they begin with "__label__", and left out if not */
    const uint32_t *stop_ends; /* where each ends */
    size_t n_stop_words, stop_words_size;
};

/* Both give NULL, or a sentence that says what was wrong. A reader is used by any number of threads. */
const char *reader_new(const struct reader_spec *spec, struct reader **out);
/* Add one page; it is copied, and stays as long as the reader. Any thread may do so at any time; where two give the same
 * page the first stays. */
const char *reader_add_page(struct reader *reader, uint32_t number, const struct reader_point points[256],
                            const struct reader_piece *pieces, size_t n_pieces);
int reader_has_page(const struct reader *reader, uint32_t number);
void reader_free(struct reader *reader);

struct reader_span {
    uint32_t start, end; /* bytes, counted from where the cleaned text begins */
};

#define READER_ROOM 64

/* What was read, and one thread's memory for it: all zero before its first text, used again for the next, given back by
 * `reader_text_free`. */
struct reader_text {
    const uint8_t *clean; /* READER_ROOM zeros stand behind it, and behind the last word */
    size_t size;
    int tidy; /* ASCII, with single blanks between what isn't blank; not always said where it is so */
    struct reader_span *words;
    size_t n_words;
    struct reader_span *runs; /* of `reader_split` */
    size_t n_runs;
    uint32_t missing; /* number of a page */
    /* the reader's own */
    uint8_t *bytes;
    uint32_t *chars; /* for each character its classes, where it starts, and the last boundary up to it */
    size_t bytes_room, words_room, runs_room, chars_room;
};

/* Read one text of `size` bytes. Gives READER_DONE, or why not. */
int reader_read(const struct reader *reader, const uint8_t *text, size_t size, int is_clean, struct reader_text *out);
/* Find the runs between whitespace as well: what `str.split` gives for the cleaned text. */
int reader_split(struct reader_text *text);
void reader_text_free(struct reader_text *text);

/* Ids of a cleaned text's characters, or of its bytes: at most `size` of them. */
struct reader_alphabet {
    uint8_t by_byte[256]; /* id of each byte, or of each ASCII character */
    uint8_t page_of[READER_N_PAGES]; /* of characters: 0, or 1 + the page of `by_point` that holds them */
    uint8_t (*by_point)[256];
    int bytes;
    uint8_t unknown;
};

/* `points` and `ids` are the characters of the alphabet, at most 254; with `bytes` those of the bytes. */
const char *reader_alphabet_new(const uint32_t *points, const uint8_t *ids, size_t n, uint8_t unknown, int bytes,
                                struct reader_alphabet *out);
size_t reader_ids(const struct reader_alphabet *alphabet, const uint8_t *clean, size_t size, uint8_t *ids);
void reader_alphabet_free(struct reader_alphabet *alphabet);

#endif
