/* The int8 table form of the character CNN (compress/tables.py holds the same arithmetic in NumPy, bit for bit).
 * No Python in here, so that it can be fuzzed and embedded alone. */
#ifndef TAGPRESS_TABLES_H
#define TAGPRESS_TABLES_H

#include <stddef.h>
#include <stdint.h>

struct reader;
struct reader_alphabet;
struct tables;

/* What `known` says of a text. From TABLES_UNREAD on it wasn't read, and its logits aren't set: TABLES_UNREAD plus what
 * reader.h says of it. */
enum { TABLES_UNKNOWN, TABLES_KNOWN, TABLES_UNREAD };

/* How ASCII is cleaned: lower-case letters and digits alone; with every symbol as a word of its own; as it stands. */
enum { TABLES_LETTERS, TABLES_WORDS, TABLES_RAW, TABLES_CLEANINGS };

/* What two digits of base 255 hold (compress/formats/packed.py); no sum reaches further but of the two widest filters. */
#define TABLES_MAX_FLOOR 32512

/* What a model is made of; every size is checked against the shapes before anything is read. */
struct tables_spec {
    const int32_t *shapes; /* width and number of filters, n_widths times */
    size_t n_widths;
    const int8_t *tables; /* per width (width, n_ids, filters), one after the other */
    size_t tables_size;
    const int8_t *head; /* (n_classes, filters of all widths) */
    size_t head_size;
    const int16_t *floors; /* (filters,) that responses start from, floors_size 0 where there are none */
    size_t floors_size;
    const float *scale, *bias; /* (n_classes,) */
    size_t scale_size, bias_size;
    size_t n_ids, n_classes;
    const uint8_t *id_of_byte; /* 256: id of each ASCII character, anything from 128 on unused */
    size_t id_of_byte_size;
    int cleaning; /* one of those below */
    const char *stop_words; /* as they stand in cleaned texts, each ended by '\n' */
    size_t stop_words_size;
    /* What texts beyond ASCII are read by; NULL where those are always given as ids. They live as long as the model. */
    const struct reader *reader;
    const struct reader_alphabet *alphabet;
};

/* One text: UTF-8 to be cleaned and encoded here (no data: it has no UTF-8, and isn't read), or ids made elsewhere. */
struct tables_text {
    const uint8_t *data;
    size_t size;
    int is_ids;
};

/* Both return NULL, or a sentence that says what was wrong. `level`: "" for the best this CPU has. */
const char *tables_new(const struct tables_spec *spec, const char *level, struct tables **out);
/* `out` is (n_texts, n_classes), `known` (n_texts,): TABLES_KNOWN where a text has an id that is neither padding (0),
 * unknown (1) nor the space's, TABLES_UNKNOWN where it has none. `bad` is set to the index of the text the sentence is about. Any thread may call it. */
const char *tables_logits(const struct tables *model, const struct tables_text *texts, size_t n_texts, size_t n_threads,
                          float *out, uint8_t *known, size_t *bad);
/* Ids of one ASCII text as the model reads it, without its reader; `ids` has room for `2 * size` of them, since symbols get blanks around
 * them. SIZE_MAX when it isn't ASCII. */
size_t tables_encode(const struct tables *model, const uint8_t *text, size_t size, uint8_t *ids);
void tables_free(struct tables *model);
size_t tables_n_classes(const struct tables *model);
/* Names of the instruction sets compiled in, best first, NULL at the end; and whether this CPU has one. */
extern const char *const tables_levels[];
int tables_has_level(const char *level);

#endif
