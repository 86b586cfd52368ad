/* From texts to the names that are said of them, for any kernel that gives logits: no array is made on the way. */
#ifndef TAGPRESS_SAID_H
#define TAGPRESS_SAID_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <stddef.h>
#include <stdint.h>

/* One text: UTF-8, or ids made elsewhere. */
struct said_text {
    const uint8_t *data;
    size_t size;
    int is_ids;
};

/* `out` is (n_texts, n_logits), `known` (n_texts,): 0, 1, or more of a text that has to be read in Python, as one without
 * data has. Gives NULL, or a sentence about the text number `bad`. */
typedef const char *said_logits(const void *model, const struct said_text *texts, size_t n_texts, size_t n_threads,
                                float *out, uint8_t *known, size_t *bad);

struct said_engine {
    const void *model;
    said_logits *logits;
    size_t n_logits;
};

/* None where the texts aren't a list or tuple of strings: then Python says what is wrong, or makes one of it. Else a list
 * of lists of names; where some texts have to be read in Python, a pair: that list with None in their places, and their
 * numbers. */
PyObject *said_answer(const struct said_engine *engine, PyObject *decider, PyObject *texts, PyObject *n_threads);

/* Methods, see exports/kernel/deciding.py. */
PyObject *said_decider(PyObject *self, PyObject *args);
PyObject *said_decide(PyObject *self, PyObject *args);

#define SAID_METHODS \
    {"decider", said_decider, METH_VARARGS, "decider(task, linker, thresholds, names, unknown, itself) -> what said methods take"}, \
    {"decide", said_decide, METH_VARARGS, "decide(decider, logits, out): float32 (n_texts, n_logits) to bool (n_texts, n_classes)"}

#endif
