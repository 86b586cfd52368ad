#include "rows_door.h"

#include <string.h>

#include "reader_door.h"
#include "rows.h"

#define CAPSULE "tagpress.rows"
#define FEW_TEXTS 8 /* so many are described on the stack */
#define MOST_BLOCKS 16
#define NUMBERS 12 /* of a block, in the order of struct rows_block */

static void release_model(PyObject *capsule)
{
    rows_free(PyCapsule_GetPointer(capsule, CAPSULE));
    Py_XDECREF((PyObject *)PyCapsule_GetContext(capsule)); /* its readers */
}

struct buffers { /* what is open and must be released */
    Py_buffer all[5 * MOST_BLOCKS];
    size_t n;
};

/* numbers, terms, starts, numbers of buckets, table of counts -> one block; -1 with an exception where they don't fit. */
static int read_block(PyObject *item, struct rows_block *block, struct buffers *open)
{
    static const size_t sizes[] = {8, 1, 8, 8, 4};
    if (!PyTuple_Check(item) || PyTuple_Size(item) != 5) {
        PyErr_SetString(PyExc_ValueError, "blocks: five buffers each are needed");
        return -1;
    }
    Py_buffer *own = open->all + open->n;
    for (Py_ssize_t i = 0; i < 5; i++, open->n++) {
        if (PyObject_GetBuffer(PyTuple_GetItem(item, i), &own[i], PyBUF_SIMPLE)) return -1;
        if ((size_t)own[i].len % sizes[i] || (uintptr_t)own[i].buf % sizes[i]) {
            open->n++;
            PyErr_SetString(PyExc_ValueError, "blocks: a buffer of another type, or not aligned");
            return -1;
        }
    }
    if (own[0].len != 8 * NUMBERS || own[2].len < 8 * (own[3].len ? 0 : 1)) {
        PyErr_SetString(PyExc_ValueError, "blocks: twelve numbers, and starts or buckets are needed");
        return -1;
    }
    memcpy(block, own[0].buf, 8 * NUMBERS);
    block->n_rows = block->hash == ROWS_TERMS ? (own[2].len ? (size_t)own[2].len / 8 - 1 : 0) : (size_t)own[3].len / 8;
    block->terms = own[1].buf, block->terms_size = (size_t)own[1].len;
    block->starts = own[2].buf, block->numbers = own[3].buf;
    block->tf = own[4].buf, block->tf_size = (size_t)own[4].len / 4;
    if (block->hash == ROWS_TERMS && !own[2].len) {
        PyErr_SetString(PyExc_ValueError, "blocks: starts are needed where terms are");
        return -1;
    }
    return 0;
}

PyObject *rows_door_load(PyObject *self, PyObject *args)
{
    Py_buffer levels, idf, scale, intercept;
    PyObject *blocks, *readings, *capsule = NULL;
    const struct reader *readers[MOST_BLOCKS + 1];
    long long bits, without;
    const char *level = "", *problem = NULL;
    struct rows *model = NULL;
    struct rows_block own[MOST_BLOCKS];
    struct buffers open = {.n = 0};
    (void)self;
    if (!PyArg_ParseTuple(args, "O!O!y*y*y*y*LL|s", &PyTuple_Type, &blocks, &PyTuple_Type, &readings, &levels, &idf, &scale,
                          &intercept, &bits, &without, &level))
        return NULL;
    Py_ssize_t n_blocks = PyTuple_Size(blocks);
    if (n_blocks < 1 || n_blocks > MOST_BLOCKS) problem = "blocks: 1 to 16 are allowed";
    Py_ssize_t n_readings = PyTuple_Size(readings);
    if (n_readings < 1 || n_readings > MOST_BLOCKS + 1) problem = "readings: 1 to 17 are allowed";
    if (idf.len % 4 || scale.len % 4 || intercept.len % 4 || (uintptr_t)idf.buf % 4 || (uintptr_t)scale.buf % 4 ||
        (uintptr_t)intercept.buf % 4)
        problem = "buffers: aligned numbers of four bytes are needed";
    for (Py_ssize_t i = 0; !problem && i < n_readings; i++) {
        PyObject *reading = PyTuple_GetItem(readings, i);
        readers[i] = reading == Py_None ? NULL : reader_of(reading);
        if (PyErr_Occurred()) goto done;
    }
    for (Py_ssize_t i = 0; !problem && i < n_blocks; i++)
        if (read_block(PyTuple_GetItem(blocks, i), &own[i], &open)) goto done;
    if (!problem) {
        struct rows_spec spec = {
            .blocks = own, .n_blocks = (size_t)n_blocks,
            .readers = readers, .n_readings = (size_t)n_readings,
            .levels = levels.buf, .levels_size = (size_t)levels.len,
            .idf = idf.buf, .idf_size = (size_t)idf.len / 4,
            .scale = scale.buf, .scale_size = (size_t)scale.len / 4,
            .intercept = intercept.buf, .intercept_size = (size_t)intercept.len / 4, .n_logits = (size_t)scale.len / 4,
            .bits = bits, .without = without,
        };
        Py_BEGIN_ALLOW_THREADS
        problem = rows_new(&spec, level, &model);
        Py_END_ALLOW_THREADS
    }
    if (problem) PyErr_SetString(PyExc_ValueError, problem);
    else if (!(capsule = PyCapsule_New(model, CAPSULE, release_model))) rows_free(model);
    else PyCapsule_SetContext(capsule, Py_NewRef(readings));
done:
    while (open.n) PyBuffer_Release(&open.all[--open.n]);
    Py_buffer *all[] = {&levels, &idf, &scale, &intercept};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) PyBuffer_Release(all[i]);
    return capsule;
}

/* A str, to be read here, or bytes that hold what was read elsewhere; both live as long as the sequence that holds them.
 * A str with half a character has no UTF-8, and no data: it isn't read. */
static int describe(PyObject *item, struct rows_text *text)
{
    Py_ssize_t size;
    if (PyUnicode_Check(item)) {
        const char *data = PyUnicode_AsUTF8AndSize(item, &size);
        *text = (struct rows_text){(const uint8_t *)data, data ? (size_t)size : 0, 0};
        if (data) return 0;
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
        PyErr_Clear();
        return 0;
    }
    char *data;
    if (PyBytes_AsStringAndSize(item, &data, &size)) return -1;
    *text = (struct rows_text){(const uint8_t *)data, (size_t)size, 1};
    return 0;
}

PyObject *rows_door_logits(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    struct rows_text few_texts[FEW_TEXTS], *texts = few_texts;
    uint8_t few_known[FEW_TEXTS], *known = few_known;
    PyObject *result = NULL;
    Py_buffer out;
    const char *problem;
    size_t bad = 0;
    (void)self;
    if (n_args != 4) return PyErr_Format(PyExc_TypeError, "rows_logits: model, texts, out, n_threads are needed");
    struct rows *model = PyCapsule_GetPointer(args[0], CAPSULE);
    if (!model) return NULL;
    Py_ssize_t n_threads = PyLong_AsSsize_t(args[3]);
    if (n_threads < 1) return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "n_threads: at least 1, got %zd", n_threads);
    /* A tuple of our own keeps every text alive while the GIL is released. */
    PyObject *held = PySequence_Tuple(args[1]);
    if (!held) return NULL;
    Py_ssize_t n_texts = PyTuple_Size(held);
    if (PyObject_GetBuffer(args[2], &out, PyBUF_WRITABLE)) {
        Py_DECREF(held);
        return NULL;
    }
    if (n_texts > FEW_TEXTS) {
        texts = PyMem_Calloc((size_t)n_texts, sizeof *texts);
        known = PyMem_Calloc((size_t)n_texts, 1);
        if (!texts || !known) {
            PyErr_NoMemory();
            goto done;
        }
    }
    if ((uint64_t)out.len != (uint64_t)n_texts * rows_n_logits(model) * sizeof(float) || (uintptr_t)out.buf % sizeof(float)) {
        PyErr_SetString(PyExc_ValueError, "out: expected aligned float32 (texts, logits)");
        goto done;
    }
    for (Py_ssize_t i = 0; i < n_texts; i++)
        if (describe(PyTuple_GetItem(held, i), &texts[i])) goto done;
    Py_BEGIN_ALLOW_THREADS
    problem = rows_logits(model, texts, (size_t)n_texts, (size_t)n_threads, out.buf, known, &bad);
    Py_END_ALLOW_THREADS
    if (problem) PyErr_Format(PyExc_ValueError, "texts[%zu]: %s", bad, problem);
    else {
        Py_ssize_t i = 0;
        while (i < n_texts && known[i] == ROWS_KNOWN) i++;
        result = i < n_texts ? PyBytes_FromStringAndSize((const char *)known, n_texts) : Py_NewRef(Py_None);
    }
done:
    if (texts != few_texts) PyMem_Free(texts);
    if (known != few_known) PyMem_Free(known);
    PyBuffer_Release(&out);
    Py_DECREF(held);
    return result;
}

/* A said_text is a rows_text: neither of both files knows the other. */
_Static_assert(sizeof(struct said_text) == sizeof(struct rows_text), "texts");

static const char *read_said(const void *model, const struct said_text *texts, size_t n_texts, size_t n_threads, float *out,
                             uint8_t *known, size_t *bad)
{
    return rows_logits(model, (const struct rows_text *)texts, n_texts, n_threads, out, known, bad);
}

/* rows_said(model, decider, texts, n_threads), see said_answer. */
PyObject *rows_door_said(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    if (n_args != 4) return PyErr_Format(PyExc_TypeError, "rows_said: model, decider, texts, n_threads are needed");
    struct rows *model = PyCapsule_GetPointer(args[0], CAPSULE);
    if (!model) return NULL;
    struct said_engine engine = {model, read_said, rows_n_logits(model)};
    return said_answer(&engine, args[1], args[2], args[3]);
}

PyObject *rows_door_levels(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    PyObject *names = PyList_New(0);
    for (size_t i = 0; names && rows_levels[i]; i++) {
        if (!rows_has_level(rows_levels[i])) continue;
        PyObject *name = PyUnicode_FromString(rows_levels[i]);
        if (!name || PyList_Append(names, name)) Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}
