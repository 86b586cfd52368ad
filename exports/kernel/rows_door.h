/* Python's door to rows.c. */
#ifndef TAGPRESS_ROWS_DOOR_H
#define TAGPRESS_ROWS_DOOR_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

PyObject *rows_door_load(PyObject *self, PyObject *args);
PyObject *rows_door_logits(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *rows_door_levels(PyObject *self, PyObject *none);

#define ROWS_METHODS \
    {"rows_load", rows_door_load, METH_VARARGS, \
     "rows_load(blocks, readings, stop_words, levels, idf, scale, intercept, bits, without, level)"}, \
    {"rows_logits", (PyCFunction)(void (*)(void))rows_door_logits, METH_FASTCALL, \
     "rows_logits(model, texts, out, n_threads) -> None, or which texts have something known"}, \
    {"rows_levels", rows_door_levels, METH_NOARGS, "Names of the instruction sets this CPU can use for rows, best first."}

#endif
