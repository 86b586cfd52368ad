#include "said.h"

#include <string.h>

#include "decide.h"

#define CAPSULE "tagpress.decider"
#define FEW_TEXTS 8
#define FEW_CLASSES 128 /* logits of so many classes for each of a few texts lie on the stack */
/* So little text is read before another thread could have taken the interpreter's lock and given it back. */
#define FEW_BYTES 1024

enum { MULTILABEL, MULTICLASS, BINARY, TASKS };

struct said {
    int task;
    struct decide_rule rule;
    PyObject *names;   /* tuple: of each class; binary: the negative name and the positive one */
    PyObject *unknown; /* tuple: what is said of a text in which nothing is known */
    int itself;        /* whether the model's own answer to such a text holds */
    double limits[];   /* below, then from */
};

static void release(PyObject *capsule)
{
    struct said *said = PyCapsule_GetPointer(capsule, CAPSULE);
    Py_DECREF(said->names);
    Py_DECREF(said->unknown);
    PyMem_Free(said);
}

static int all_strings(PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < PyTuple_Size(tuple); i++)
        if (!PyUnicode_Check(PyTuple_GetItem(tuple, i))) return 0;
    return 1;
}

PyObject *said_decider(PyObject *self, PyObject *args)
{
    int task, itself;
    Py_buffer below, from;
    PyObject *names, *unknown, *capsule = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "iy*y*O!O!p", &task, &below, &from, &PyTuple_Type, &names, &PyTuple_Type, &unknown, &itself))
        return NULL;
    size_t n = (size_t)below.len / sizeof(double);
    struct said *said = NULL;
    if (task < 0 || task >= TASKS || !n || n > UINT32_MAX || below.len != from.len || below.len % sizeof(double) ||
        (size_t)PyTuple_Size(names) != (task == BINARY ? 2 : n) || (task == BINARY && n != 1) || !all_strings(names) ||
        !all_strings(unknown))
        PyErr_SetString(PyExc_ValueError, "decider: limits and a name for each class are needed, two names of binary");
    else if (!(said = PyMem_Calloc(1, sizeof *said + 2 * n * sizeof(double))))
        PyErr_NoMemory();
    if (said) {
        memcpy(said->limits, below.buf, n * sizeof(double));
        memcpy(said->limits + n, from.buf, n * sizeof(double));
        said->task = task;
        said->itself = itself;
        said->rule = (struct decide_rule){task == MULTICLASS ? DECIDE_LARGEST : DECIDE_EACH, n, said->limits, said->limits + n};
        said->names = Py_NewRef(names);
        said->unknown = Py_NewRef(unknown);
        if (!(capsule = PyCapsule_New(said, CAPSULE, release))) {
            Py_DECREF(names);
            Py_DECREF(unknown);
            PyMem_Free(said);
        }
    }
    PyBuffer_Release(&below);
    PyBuffer_Release(&from);
    return capsule;
}

/* What one text gets, a new list; None where that isn't sure. */
static PyObject *named(const struct said *said, const float *logits, int known, uint32_t *columns)
{
    known |= said->itself;
    PyObject *from = known ? said->names : said->unknown;
    size_t n = (size_t)PyTuple_Size(said->unknown);
    if (known) {
        if ((n = decide_columns(&said->rule, logits, columns)) == DECIDE_UNSURE) return Py_NewRef(Py_None);
        if (said->task == BINARY) columns[0] = (uint32_t)n, n = 1;
    }
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list && i < n; i++)
        PyList_SetItem(list, (Py_ssize_t)i, Py_NewRef(PyTuple_GetItem(from, known ? (Py_ssize_t)columns[i] : (Py_ssize_t)i)));
    return list;
}

struct batch {
    Py_ssize_t n, n_taken;   /* texts, and those of them that the engine reads: the first in all arrays but `place` */
    struct said_text *texts;
    Py_ssize_t *place;       /* (n,): number of the text among those taken, -1 where it is left to Python */
    float *logits;
    uint8_t *known;
    uint32_t *columns;
};

/* The texts as UTF-8; 0 where one of them is no string. */
static int describe(PyObject *held, const struct said_engine *engine, struct batch *batch, size_t *n_bytes)
{
    for (Py_ssize_t i = 0; i < batch->n; i++) {
        PyObject *text = PyTuple_GetItem(held, i);
        Py_ssize_t size;
        if (!PyUnicode_Check(text)) return 0;
        const char *data = PyUnicode_AsUTF8AndSize(text, &size);
        if (!data) PyErr_Clear(); /* half a character, which no UTF-8 holds */
        batch->place[i] = -1;
        if (!data || (!engine->any_utf8 && size != PyUnicode_GetLength(text))) continue;
        batch->texts[batch->n_taken] = (struct said_text){(const uint8_t *)data, (size_t)size, 0};
        batch->place[i] = batch->n_taken++;
        *n_bytes += (size_t)size;
    }
    return 1;
}

static PyObject *lists(const struct said *said, const struct batch *batch)
{
    PyObject *answers = PyList_New(batch->n), *left = NULL;
    for (Py_ssize_t i = 0; answers && i < batch->n; i++) {
        Py_ssize_t at = batch->place[i];
        const float *logits = batch->logits + (size_t)(at < 0 ? 0 : at) * said->rule.n_classes;
        PyObject *one = at < 0 || batch->known[at] > 1 ? Py_NewRef(Py_None) : named(said, logits, batch->known[at], batch->columns);
        if (!one || PyList_SetItem(answers, i, one)) Py_CLEAR(answers);
        if (one != Py_None || !answers) continue;
        PyObject *number = PyLong_FromSsize_t(i);
        if (!left) left = PyList_New(0);
        if (!number || !left || PyList_Append(left, number)) Py_CLEAR(answers);
        Py_XDECREF(number);
    }
    if (!left || !answers) {
        Py_XDECREF(left);
        return answers;
    }
    PyObject *pair = PyTuple_Pack(2, answers, left);
    Py_DECREF(answers);
    Py_DECREF(left);
    return pair;
}

static PyObject *answer(const struct said_engine *engine, const struct said *said, PyObject *held, size_t n_threads,
                        struct batch *batch)
{
    size_t n_bytes = 0, bad = 0;
    const char *problem = NULL;
    if (!describe(held, engine, batch, &n_bytes)) return Py_NewRef(Py_None);
    if (n_bytes <= FEW_BYTES)
        problem = engine->logits(engine->model, batch->texts, (size_t)batch->n_taken, 1, batch->logits, batch->known, &bad);
    else {
        Py_BEGIN_ALLOW_THREADS
        problem = engine->logits(engine->model, batch->texts, (size_t)batch->n_taken, n_threads, batch->logits, batch->known, &bad);
        Py_END_ALLOW_THREADS
    }
    /* The slow way says which text of all it is. */
    return problem ? Py_NewRef(Py_None) : lists(said, batch);
}

PyObject *said_answer(const struct said_engine *engine, PyObject *decider, PyObject *texts, PyObject *n_threads)
{
    struct said_text few_texts[FEW_TEXTS];
    Py_ssize_t few_places[FEW_TEXTS];
    uint8_t few_known[FEW_TEXTS];
    float few_logits[FEW_TEXTS * FEW_CLASSES];
    uint32_t few_columns[FEW_CLASSES];
    struct batch batch = {0, 0, few_texts, few_places, few_logits, few_known, few_columns};
    const struct said *said = PyCapsule_GetPointer(decider, CAPSULE);
    size_t threads = said ? PyLong_AsSize_t(n_threads) : 0;
    if (!said || (threads == SIZE_MAX && PyErr_Occurred())) return NULL;
    if (!threads || said->rule.n_classes != engine->n_classes)
        return PyErr_Format(PyExc_ValueError, "said: at least 1 thread, and a decider for %zu classes are needed", engine->n_classes);
    if (!PyList_CheckExact(texts) && !PyTuple_CheckExact(texts)) return Py_NewRef(Py_None);
    /* A tuple of our own keeps every text alive while the lock is released. */
    PyObject *held = PySequence_Tuple(texts), *result = NULL;
    if (!held) return NULL;
    batch.n = PyTuple_Size(held);
    size_t n = (size_t)batch.n, n_classes = said->rule.n_classes;
    int few = n <= FEW_TEXTS && n_classes <= FEW_CLASSES;
    if (!few) {
        int fits = n <= PY_SSIZE_T_MAX / sizeof(float) / n_classes; /* else PyMem_Malloc is asked for more than there is */
        batch.texts = PyMem_Malloc(n * sizeof *batch.texts);
        batch.place = PyMem_Malloc(n * sizeof *batch.place);
        batch.known = PyMem_Malloc(n);
        batch.logits = fits ? PyMem_Malloc(n * n_classes * sizeof *batch.logits) : NULL;
        batch.columns = PyMem_Malloc(n_classes * sizeof *batch.columns);
    }
    if (batch.texts && batch.place && batch.known && batch.logits && batch.columns)
        result = answer(engine, said, held, threads, &batch);
    else PyErr_NoMemory();
    if (!few) {
        PyMem_Free(batch.texts);
        PyMem_Free(batch.place);
        PyMem_Free(batch.known);
        PyMem_Free(batch.logits);
        PyMem_Free(batch.columns);
    }
    Py_DECREF(held);
    return result;
}
