/* Python's door to tables.c. */
#ifndef TAGPRESS_TABLES_DOOR_H
#define TAGPRESS_TABLES_DOOR_H

#include "said.h"

PyObject *tables_door_load(PyObject *self, PyObject *args);
PyObject *tables_door_logits(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *tables_door_said(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *tables_door_encode(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *tables_door_levels(PyObject *self, PyObject *none);

#define FAST_METHOD(function) (PyCFunction)(void (*)(void))function, METH_FASTCALL
#define TABLES_METHODS \
    {"load", tables_door_load, METH_VARARGS, \
     "load(shapes, tables, head, scale, bias, n_ids, n_classes, id_of_byte, stop_words, cleaning, level='', floors=b'', reader=None, alphabet=None)"}, \
    {"logits", FAST_METHOD(tables_door_logits), \
     "logits(model, texts, out, n_threads) -> None, or which texts have something known, and why some weren't read"}, \
    {"tables_said", FAST_METHOD(tables_door_said), \
     "tables_said(model, decider, texts, n_threads) -> names of each text"}, \
    {"encode", FAST_METHOD(tables_door_encode), "encode(model, text) -> ids of an ASCII text"}, \
    {"levels", tables_door_levels, METH_NOARGS, "Names of the instruction sets this CPU can use, best first."}

#endif
