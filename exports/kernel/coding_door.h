/* Python's door to coding.c; `CODING_METHODS` belongs in the module's list. */
#ifndef TAGPRESS_CODING_DOOR_H
#define TAGPRESS_CODING_DOOR_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>

PyObject *coding_door_open(PyObject *self, PyObject *args);
PyObject *coding_door_bits(PyObject *self, PyObject *args);
PyObject *coding_door_numbers(PyObject *self, PyObject *args);
PyObject *coding_door_sets(PyObject *self, PyObject *args);
PyObject *coding_door_levels(PyObject *self, PyObject *args);
PyObject *coding_door_strings(PyObject *self, PyObject *args);
PyObject *coding_door_grams(PyObject *self, PyObject *args);
PyObject *coding_door_kinship(PyObject *self, PyObject *args);
PyObject *coding_door_left(PyObject *self, PyObject *args);
PyObject *coding_door_finished(PyObject *self, PyObject *args);
PyObject *coding_door_chances(PyObject *self, PyObject *args);

#define CODING_METHODS \
    {"coding_open", coding_door_open, METH_VARARGS, "coding_open(logarithm, logistic, content or None, left) -> coding"}, \
    {"coding_bits", coding_door_bits, METH_VARARGS, "coding_bits(coding, *model, set, slots, bits)"}, \
    {"coding_numbers", coding_door_numbers, METH_VARARGS, "coding_numbers(coding, *model, set, contexts, numbers)"}, \
    {"coding_sets", coding_door_sets, METH_VARARGS, "coding_sets(coding, *model, table_digits, contexts, digits, nodes, symbols) -> both"}, \
    {"coding_levels", coding_door_levels, METH_VARARGS, "coding_levels(coding, prefix, suffix, numbers, chunks, first_of_ratio, levels)"}, \
    {"coding_strings", coding_door_strings, METH_VARARGS, "coding_strings(coding, table_digits, n, alphabet) -> characters, lengths"}, \
    {"coding_grams", coding_door_grams, METH_VARARGS, "coding_grams(coding, *model, table_digits, letters, sizes, numbers, low, high) -> first, length, number"}, \
    {"coding_kinship", coding_door_kinship, METH_VARARGS, "coding_kinship(points, starts, blocks, kin)"}, \
    {"coding_left", coding_door_left, METH_VARARGS, "coding_left(coding, taken) -> what is left"}, \
    {"coding_finished", coding_door_finished, METH_VARARGS, "coding_finished(coding) -> whether all is read"}, \
    {"coding_chances", coding_door_chances, METH_VARARGS, "coding_chances(coding) -> int16 of each decision"}

#endif
