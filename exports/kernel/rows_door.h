/* Python's door to rows.c. */
#ifndef TAGPRESS_ROWS_DOOR_H
#define TAGPRESS_ROWS_DOOR_H

#include "said.h"

PyObject *rows_door_load(PyObject *self, PyObject *args);
PyObject *rows_door_logits(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *rows_door_said(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *rows_door_levels(PyObject *self, PyObject *none);

#define ROWS_METHODS \
    {"rows_load", rows_door_load, METH_VARARGS, \
     "rows_load(blocks, readers, levels, idf, scale, intercept, bits, without, level)"}, \
    {"rows_logits", (PyCFunction)(void (*)(void))rows_door_logits, METH_FASTCALL, \
     "rows_logits(model, texts, out, n_threads) -> None, or which texts have something known, and why some weren't read"}, \
    {"rows_said", (PyCFunction)(void (*)(void))rows_door_said, METH_FASTCALL, \
     "rows_said(model, decider, texts, n_threads) -> names of each text"}, \
    {"rows_levels", rows_door_levels, METH_NOARGS, "Names of the instruction sets this CPU can use for rows, best first."}

#endif
