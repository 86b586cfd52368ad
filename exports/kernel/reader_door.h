/* Python's door to reader.c, for module.c and for kernels that read their texts with it. */
#ifndef TAGPRESS_READER_DOOR_H
#define TAGPRESS_READER_DOOR_H

#include "reader.h"

#define READER_METHODS \
    {"reader_new", reader_door_new, METH_VARARGS, "reader_new(scheme, collapse, ends, alternatives, stop_words, stop_ends)"}, \
    {"reader_page", reader_door_page, METH_VARARGS, "reader_page(reader, number, points, pieces)"}, \
    {"reader_read", reader_door_read, METH_VARARGS, "reader_read(reader, text) -> status, page, clean, words, runs"}, \
    {"reader_try", reader_door_try, METH_VARARGS, "reader_try(reader, texts) -> None, or a status for each"}, \
    {"reader_alphabet", reader_door_alphabet, METH_VARARGS, "reader_alphabet(points, ids, unknown, bytes)"}, \
    {"reader_ids", reader_door_ids, METH_VARARGS, "reader_ids(reader, alphabet, text) -> status, page, ids"}

PyObject *reader_door_new(PyObject *self, PyObject *args);
PyObject *reader_door_page(PyObject *self, PyObject *args);
PyObject *reader_door_read(PyObject *self, PyObject *args);
PyObject *reader_door_try(PyObject *self, PyObject *args);
PyObject *reader_door_alphabet(PyObject *self, PyObject *args);
PyObject *reader_door_ids(PyObject *self, PyObject *args);

/* The reader, or the alphabet, in a capsule; NULL with an exception where it is none. Who keeps one keeps its capsule. */
const struct reader *reader_of(PyObject *capsule);
const struct reader_alphabet *reader_alphabet_of(PyObject *capsule);

/* A text to be read: a str as it came, or bytes of one that is clean. They belong to `item`. Gives READER_DONE,
 * READER_NEEDS_PYTHON for a str with lone surrogates, or -1 with an exception. */
int reader_describe(PyObject *item, const uint8_t **text, size_t *size, int *is_clean);

#endif
