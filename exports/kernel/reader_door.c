#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <string.h>

#include "reader_door.h"

#define READER_CAPSULE "tagpress.reader"
#define ALPHABET_CAPSULE "tagpress.alphabet"

static PyObject *refuse(const char *problem)
{
    return PyErr_Format(strcmp(problem, "out of memory") ? PyExc_ValueError : PyExc_MemoryError, "%s", problem);
}

static void release_reader(PyObject *capsule)
{
    reader_free(PyCapsule_GetPointer(capsule, READER_CAPSULE));
}

static void release_alphabet(PyObject *capsule)
{
    struct reader_alphabet *alphabet = PyCapsule_GetPointer(capsule, ALPHABET_CAPSULE);
    reader_alphabet_free(alphabet);
    PyMem_Free(alphabet);
}

const struct reader *reader_of(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, READER_CAPSULE);
}

const struct reader_alphabet *reader_alphabet_of(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, ALPHABET_CAPSULE);
}

PyObject *reader_door_new(PyObject *self, PyObject *args)
{
    Py_buffer alternatives, words, ends;
    struct reader_spec spec = {0};
    struct reader *reader = NULL;
    const char *problem = "buffers: whole records, aligned, are needed";
    (void)self;
    if (!PyArg_ParseTuple(args, "ippy*y*y*", &spec.scheme, &spec.collapse, &spec.ends, &alternatives, &words, &ends)) return NULL;
    if (alternatives.len % sizeof *spec.alternatives == 0 && ends.len % 4 == 0 && (uintptr_t)alternatives.buf % 4 == 0 &&
        (uintptr_t)ends.buf % 4 == 0) {
        spec.alternatives = alternatives.buf;
        spec.n_alternatives = (size_t)alternatives.len / sizeof *spec.alternatives;
        spec.stop_words = words.buf;
        spec.stop_words_size = (size_t)words.len;
        spec.stop_ends = ends.buf;
        spec.n_stop_words = (size_t)ends.len / 4;
        problem = reader_new(&spec, &reader);
    }
    PyBuffer_Release(&alternatives);
    PyBuffer_Release(&words);
    PyBuffer_Release(&ends);
    if (problem) return refuse(problem);
    PyObject *capsule = PyCapsule_New(reader, READER_CAPSULE, release_reader);
    if (!capsule) reader_free(reader);
    return capsule;
}

PyObject *reader_door_page(PyObject *self, PyObject *args)
{
    PyObject *capsule;
    Py_buffer points, pieces;
    unsigned int number;
    (void)self;
    if (!PyArg_ParseTuple(args, "OIy*y*", &capsule, &number, &points, &pieces)) return NULL;
    struct reader *reader = PyCapsule_GetPointer(capsule, READER_CAPSULE);
    const char *problem = "buffers: 256 points, whole pieces, both aligned, are needed";
    if (reader && points.len == 256 * sizeof(struct reader_point) && pieces.len % sizeof(struct reader_piece) == 0 &&
        (uintptr_t)points.buf % 4 == 0 && (uintptr_t)pieces.buf % 4 == 0)
        problem = reader_add_page(reader, number, points.buf, pieces.buf, (size_t)pieces.len / sizeof(struct reader_piece));
    PyBuffer_Release(&points);
    PyBuffer_Release(&pieces);
    if (!reader) return NULL;
    return problem ? refuse(problem) : Py_NewRef(Py_None);
}

int reader_describe(PyObject *item, const uint8_t **text, size_t *size, int *is_clean)
{
    Py_ssize_t length;
    *is_clean = PyBytes_Check(item);
    if (*is_clean) {
        char *bytes;
        if (PyBytes_AsStringAndSize(item, &bytes, &length)) return -1;
        *text = (const uint8_t *)bytes;
    } else {
        *text = (const uint8_t *)PyUnicode_AsUTF8AndSize(item, &length);
        if (!*text) {
            if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
            PyErr_Clear();
            return READER_NEEDS_PYTHON;
        }
    }
    *size = (size_t)length;
    return READER_DONE;
}

/* Read one text, with the lock of Python or without it. */
static int read_one(const struct reader *reader, PyObject *item, struct reader_text *out)
{
    const uint8_t *text;
    size_t size;
    int is_clean, status = reader_describe(item, &text, &size, &is_clean);
    if (status) return status;
    Py_BEGIN_ALLOW_THREADS
    status = reader_read(reader, text, size, is_clean, out);
    if (!status) status = reader_split(out);
    Py_END_ALLOW_THREADS
    if (status == READER_NO_MEMORY) PyErr_NoMemory();
    return status == READER_NO_MEMORY ? -1 : status;
}

PyObject *reader_door_read(PyObject *self, PyObject *args)
{
    PyObject *capsule, *item, *result = NULL;
    struct reader_text text = {0};
    (void)self;
    if (!PyArg_ParseTuple(args, "OO", &capsule, &item)) return NULL;
    const struct reader *reader = reader_of(capsule);
    if (!reader) return NULL;
    int status = read_one(reader, item, &text);
    if (status > 0) text.size = text.n_words = text.n_runs = 0;
    if (status >= 0)
        result = Py_BuildValue("iIy#y#y#", status, text.missing, text.size ? (const char *)text.clean : "", (Py_ssize_t)text.size,
                               text.n_words ? (const char *)text.words : "", (Py_ssize_t)(text.n_words * sizeof *text.words),
                               text.n_runs ? (const char *)text.runs : "", (Py_ssize_t)(text.n_runs * sizeof *text.runs));
    reader_text_free(&text);
    return result;
}

PyObject *reader_door_try(PyObject *self, PyObject *args)
{
    PyObject *capsule, *texts;
    struct reader_text text = {0};
    (void)self;
    if (!PyArg_ParseTuple(args, "OO", &capsule, &texts)) return NULL;
    const struct reader *reader = reader_of(capsule);
    PyObject *held = reader ? PySequence_Tuple(texts) : NULL;
    if (!held) return NULL;
    Py_ssize_t n = PyTuple_Size(held);
    uint8_t *statuses = PyMem_Calloc((size_t)n + 1, 1);
    PyObject *result = statuses ? NULL : PyErr_NoMemory();
    int any = 0, failed = !statuses;
    for (Py_ssize_t i = 0; i < n && !failed; i++) {
        int status = read_one(reader, PyTuple_GetItem(held, i), &text);
        failed = status < 0;
        any |= statuses[i] = (uint8_t)(failed ? 0 : status);
    }
    if (!failed) result = any ? PyBytes_FromStringAndSize((const char *)statuses, n) : Py_NewRef(Py_None);
    PyMem_Free(statuses);
    reader_text_free(&text);
    Py_DECREF(held);
    return result;
}

PyObject *reader_door_alphabet(PyObject *self, PyObject *args)
{
    Py_buffer points, ids;
    unsigned char unknown;
    int bytes;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*bp", &points, &ids, &unknown, &bytes)) return NULL;
    struct reader_alphabet *alphabet = PyMem_Calloc(1, sizeof *alphabet);
    const char *problem = "buffers: a uint32 for each id, aligned, is needed";
    if (!alphabet) problem = "out of memory";
    else if (points.len == 4 * ids.len && (uintptr_t)points.buf % 4 == 0)
        problem = reader_alphabet_new(points.buf, ids.buf, (size_t)ids.len, unknown, bytes, alphabet);
    PyBuffer_Release(&points);
    PyBuffer_Release(&ids);
    PyObject *capsule = problem ? refuse(problem) : PyCapsule_New(alphabet, ALPHABET_CAPSULE, release_alphabet);
    if (!capsule && alphabet) {
        reader_alphabet_free(alphabet);
        PyMem_Free(alphabet);
    }
    return capsule;
}

PyObject *reader_door_ids(PyObject *self, PyObject *args)
{
    PyObject *capsule, *letters, *item, *result = NULL;
    struct reader_text text = {0};
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO", &capsule, &letters, &item)) return NULL;
    const struct reader *reader = reader_of(capsule);
    const struct reader_alphabet *alphabet = reader ? reader_alphabet_of(letters) : NULL;
    if (!alphabet) return NULL;
    int status = read_one(reader, item, &text);
    if (status > 0) text.size = 0;
    uint8_t *ids = status < 0 ? NULL : PyMem_Malloc(text.size + 1);
    if (ids) {
        size_t n = text.size ? reader_ids(alphabet, text.clean, text.size, ids) : 0;
        result = Py_BuildValue("iIy#", status, text.missing, (const char *)ids, (Py_ssize_t)n);
    } else if (status >= 0) PyErr_NoMemory();
    PyMem_Free(ids);
    reader_text_free(&text);
    return result;
}
