/* Python's door to link.c, for module.c and for who decides by it. */
#ifndef TAGPRESS_LINK_DOOR_H
#define TAGPRESS_LINK_DOOR_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "link.h"

#define LINK_METHODS \
    {"linker", link_door_new, METH_VARARGS, "linker(way, n_classes, n_logits, ends, steps) -> what link and decider take"}, \
    {"link", (PyCFunction)(void (*)(void))link_door_link, METH_FASTCALL, \
     "link(linker, logits, out): float32 (n_texts, n_logits) to (n_texts, n_classes), the same array where both are as many"}, \
    {"exp_log1p", link_door_exp, METH_VARARGS, "exp_log1p(values, want_log): float64 in place, exp(x) or log(1 + x)"}

PyObject *link_door_new(PyObject *self, PyObject *args);
PyObject *link_door_link(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *link_door_exp(PyObject *self, PyObject *args);

/* The link in a capsule; NULL with an exception where it is none. Who keeps one keeps its capsule. */
const struct link *link_of(PyObject *capsule);

#endif
