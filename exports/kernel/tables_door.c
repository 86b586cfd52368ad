#include "tables_door.h"

#include <string.h>

#include "reader_door.h"
#include "tables.h"

#define CAPSULE "tagpress.tables"
#define FEW_TEXTS 8 /* so many are described on the stack */

static void release_model(PyObject *capsule)
{
    tables_free(PyCapsule_GetPointer(capsule, CAPSULE));
    Py_XDECREF((PyObject *)PyCapsule_GetContext(capsule)); /* its reader and alphabet */
}

PyObject *tables_door_load(PyObject *self, PyObject *args)
{
    Py_buffer shapes, tables, head, scale, bias, id_of_byte, stop_words, floors = {0};
    Py_ssize_t n_ids, n_classes;
    int cleaning;
    const char *level = "", *problem = NULL;
    struct tables *model = NULL;
    PyObject *reader = Py_None, *alphabet = Py_None, *kept = NULL, *capsule = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*nny*y*i|sy*OO", &shapes, &tables, &head, &scale, &bias, &n_ids, &n_classes,
                          &id_of_byte, &stop_words, &cleaning, &level, &floors, &reader, &alphabet))
        return NULL;
    struct tables_spec spec = {
        .shapes = shapes.buf, .n_widths = (size_t)shapes.len / 8,
        .tables = tables.buf, .tables_size = (size_t)tables.len,
        .head = head.buf, .head_size = (size_t)head.len,
        .floors = floors.buf, .floors_size = (size_t)floors.len / sizeof(int16_t),
        .scale = scale.buf, .bias = bias.buf,
        .scale_size = (size_t)scale.len / sizeof(float), .bias_size = (size_t)bias.len / sizeof(float),
        .n_ids = (size_t)n_ids, .n_classes = (size_t)n_classes,
        .id_of_byte = id_of_byte.buf, .id_of_byte_size = (size_t)id_of_byte.len,
        .cleaning = cleaning,
        .stop_words = stop_words.buf, .stop_words_size = (size_t)stop_words.len,
    };
    if (reader != Py_None) spec.reader = reader_of(reader);
    if (alphabet != Py_None && !PyErr_Occurred()) spec.alphabet = reader_alphabet_of(alphabet);
    if (PyErr_Occurred() || !(kept = PyTuple_Pack(2, reader, alphabet))) goto done;
    if (shapes.len % 8 || floors.len % sizeof(int16_t) || scale.len % sizeof(float) || bias.len % sizeof(float) || n_ids < 0 || n_classes < 0)
        problem = "buffers: int32 pairs, float32 numbers and sizes of at least 0 are needed";
    else if ((uintptr_t)shapes.buf % 4 || (uintptr_t)floors.buf % sizeof(int16_t) || (uintptr_t)scale.buf % 4 || (uintptr_t)bias.buf % 4)
        problem = "buffers: not aligned";
    if (!problem) {
        Py_BEGIN_ALLOW_THREADS
        problem = tables_new(&spec, level, &model);
        Py_END_ALLOW_THREADS
    }
    if (problem) PyErr_SetString(PyExc_ValueError, problem);
    else if (!(capsule = PyCapsule_New(model, CAPSULE, release_model))) tables_free(model);
    else PyCapsule_SetContext(capsule, Py_NewRef(kept));
done:
    Py_XDECREF(kept);
    Py_buffer *all[] = {&shapes, &tables, &head, &scale, &bias, &id_of_byte, &stop_words, &floors};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) PyBuffer_Release(all[i]);
    return capsule;
}

/* Fill in one text; a buffer that was opened is left in `buffer` (obj set) for the caller to release. */
static int describe(PyObject *item, struct tables_text *text, Py_buffer *buffer)
{
    if (PyUnicode_Check(item)) {
        Py_ssize_t size;
        const char *data = PyUnicode_AsUTF8AndSize(item, &size);
        *text = (struct tables_text){(const uint8_t *)data, data ? (size_t)size : 0, 0};
        if (data) return 0;
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
        PyErr_Clear(); /* half a character, which no UTF-8 holds */
        return 0;
    }
    if (PyObject_GetBuffer(item, buffer, PyBUF_SIMPLE)) return -1;
    *text = (struct tables_text){buffer->buf, (size_t)buffer->len, 1};
    return 0;
}

/* logits(model, texts, out, n_threads): each text a str to be cleaned and encoded, or a buffer of uint8 ids. Gives None
 * where something is known in every text, else a byte for each: what `known` says in tables.h. */
PyObject *tables_door_logits(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    struct tables_text few_texts[FEW_TEXTS], *texts = few_texts;
    Py_buffer few_buffers[FEW_TEXTS], *buffers = few_buffers, out;
    uint8_t few_known[FEW_TEXTS], *known = few_known;
    PyObject *result = NULL;
    Py_ssize_t n_texts, opened = 0;
    const char *problem = NULL;
    size_t bad = 0;
    (void)self;
    if (n_args != 4) return PyErr_Format(PyExc_TypeError, "logits: model, texts, out, n_threads are needed");
    struct tables *model = PyCapsule_GetPointer(args[0], CAPSULE);
    if (!model) return NULL;
    Py_ssize_t n_threads = PyLong_AsSsize_t(args[3]);
    if (n_threads < 1) return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "n_threads: at least 1, got %zd", n_threads);
    /* A tuple of our own keeps every text alive while the GIL is released. */
    PyObject *held = PySequence_Tuple(args[1]);
    if (!held) return NULL;
    n_texts = PyTuple_Size(held);
    if (PyObject_GetBuffer(args[2], &out, PyBUF_WRITABLE)) {
        Py_DECREF(held);
        return NULL;
    }
    if (n_texts > FEW_TEXTS) {
        texts = PyMem_Calloc((size_t)n_texts, sizeof *texts);
        buffers = PyMem_Calloc((size_t)n_texts, sizeof *buffers);
        known = PyMem_Calloc((size_t)n_texts, 1);
        if (!texts || !buffers || !known) {
            PyErr_NoMemory();
            goto done;
        }
    }
    if ((uint64_t)out.len != (uint64_t)n_texts * tables_n_classes(model) * sizeof(float) || (uintptr_t)out.buf % sizeof(float)) {
        PyErr_SetString(PyExc_ValueError, "out: expected aligned float32 (texts, classes)");
        goto done;
    }
    for (; opened < n_texts; opened++) {
        buffers[opened].obj = NULL;
        if (describe(PyTuple_GetItem(held, opened), &texts[opened], &buffers[opened])) goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    problem = tables_logits(model, texts, (size_t)n_texts, (size_t)n_threads, out.buf, known, &bad);
    Py_END_ALLOW_THREADS
    if (problem) PyErr_Format(PyExc_ValueError, "texts[%zu]: %s", bad, problem);
    else {
        Py_ssize_t i = 0;
        while (i < n_texts && known[i] == TABLES_KNOWN) i++;
        result = i < n_texts ? PyBytes_FromStringAndSize((const char *)known, n_texts) : Py_NewRef(Py_None);
    }
done:
    while (opened-- > 0)
        if (buffers[opened].obj) PyBuffer_Release(&buffers[opened]);
    if (texts != few_texts) PyMem_Free(texts);
    if (buffers != few_buffers) PyMem_Free(buffers);
    if (known != few_known) PyMem_Free(known);
    PyBuffer_Release(&out);
    Py_DECREF(held);
    return result;
}

/* A said_text is a tables_text: neither of both files knows the other. */
_Static_assert(sizeof(struct said_text) == sizeof(struct tables_text), "texts");

static const char *read_said(const void *model, const struct said_text *texts, size_t n_texts, size_t n_threads, float *out,
                             uint8_t *known, size_t *bad)
{
    return tables_logits(model, (const struct tables_text *)texts, n_texts, n_threads, out, known, bad);
}

/* said(model, decider, texts, n_threads), see said_answer. */
PyObject *tables_door_said(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    if (n_args != 4) return PyErr_Format(PyExc_TypeError, "tables_said: model, decider, texts, n_threads are needed");
    struct tables *model = PyCapsule_GetPointer(args[0], CAPSULE);
    if (!model) return NULL;
    struct said_engine engine = {model, read_said, tables_n_classes(model)};
    return said_answer(&engine, args[1], args[2], args[3]);
}

/* Ids of one ASCII text, as bytes. */
PyObject *tables_door_encode(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    if (n_args != 2 || !PyUnicode_Check(args[1])) return PyErr_Format(PyExc_TypeError, "encode: model and a str are needed");
    struct tables *model = PyCapsule_GetPointer(args[0], CAPSULE);
    Py_ssize_t size;
    const char *text = model ? PyUnicode_AsUTF8AndSize(args[1], &size) : NULL;
    if (!text) return NULL;
    uint8_t few[1024], *ids = size <= (Py_ssize_t)sizeof few / 2 ? few : PyMem_Malloc(2 * (size_t)size);
    if (!ids) return PyErr_NoMemory();
    size_t n = tables_encode(model, (const uint8_t *)text, (size_t)size, ids);
    PyObject *result = NULL;
    if (n == SIZE_MAX) PyErr_SetString(PyExc_ValueError, "encode: only ASCII is cleaned here");
    else result = PyBytes_FromStringAndSize((const char *)ids, (Py_ssize_t)n);
    if (ids != few) PyMem_Free(ids);
    return result;
}

PyObject *tables_door_levels(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    PyObject *names = PyList_New(0);
    for (size_t i = 0; names && tables_levels[i]; i++) {
        if (!tables_has_level(tables_levels[i])) continue;
        PyObject *name = PyUnicode_FromString(tables_levels[i]);
        if (!name || PyList_Append(names, name)) Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}
