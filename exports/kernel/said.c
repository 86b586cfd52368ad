#include "said.h"

#include <string.h>

#include "decide.h"
#include "link_door.h"

#define CAPSULE "tagpress.decider"
#define FEW_TEXTS 8
#define FEW_CLASSES 128 /* so many logits of each of a few texts, and what a decision works in, lie on the stack */
/* So little text is read before another thread could have taken the interpreter's lock and given it back. */
#define FEW_BYTES 1024

enum { MULTILABEL, MULTICLASS, BINARY, TASKS };

struct said {
    int task;
    struct decide_rule rule;
    PyObject *linker;  /* what the rule's link lies in */
    PyObject *names;   /* tuple: of each class; binary: the negative name and the positive one */
    PyObject *unknown; /* tuple: what is said of a text in which nothing is known */
    int itself;        /* whether the model's own answer to such a text holds */
    float limits[];    /* thresholds, then cutoffs */
};

static void release(PyObject *capsule)
{
    struct said *said = PyCapsule_GetPointer(capsule, CAPSULE);
    Py_DECREF(said->linker);
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
    Py_buffer thresholds;
    PyObject *linker, *names, *unknown, *capsule = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "iOy*O!O!p", &task, &linker, &thresholds, &PyTuple_Type, &names, &PyTuple_Type, &unknown, &itself))
        return NULL;
    const struct link *link = link_of(linker);
    size_t n = link ? link->n_classes : 0;
    struct said *said = NULL;
    if (!link) goto done;
    if (task < 0 || task >= TASKS || (size_t)thresholds.len != n * sizeof(float) || (task == BINARY && n != 1) ||
        (size_t)PyTuple_Size(names) != (task == BINARY ? 2 : n) || !all_strings(names) || !all_strings(unknown))
        PyErr_SetString(PyExc_ValueError, "decider: a float32 and a name for each class are needed, two names of binary");
    else if (!(said = PyMem_Calloc(1, sizeof *said + 2 * n * sizeof(float)))) PyErr_NoMemory();
    if (!said) goto done;
    memcpy(said->limits, thresholds.buf, n * sizeof(float));
    said->task = task;
    said->itself = itself;
    said->rule = (struct decide_rule){task == MULTICLASS ? DECIDE_LARGEST : DECIDE_EACH, *link, said->limits, NULL};
    if (said->rule.way == DECIDE_EACH && link->way == LINK_LOGISTIC && decide_cutoffs(said->limits, n, said->limits + n))
        said->rule.cutoffs = said->limits + n;
    said->linker = Py_NewRef(linker);
    said->names = Py_NewRef(names);
    said->unknown = Py_NewRef(unknown);
    if (!(capsule = PyCapsule_New(said, CAPSULE, release))) {
        Py_DECREF(linker);
        Py_DECREF(names);
        Py_DECREF(unknown);
        PyMem_Free(said);
    }
done:
    PyBuffer_Release(&thresholds);
    return capsule;
}

/* What one decision works in. */
struct room {
    uint32_t *columns;
    float *probabilities;
    double *doubles;
    void *memory;
};

/* `few` has room for FEW_CLASSES; 0 where memory is out. */
static int make_room(const struct decide_rule *rule, struct room *few)
{
    size_t n = rule->link.n_classes, n_doubles = link_room(&rule->link);
    if (n <= FEW_CLASSES && n_doubles <= 2 * FEW_CLASSES) return 1;
    few->memory = PyMem_Malloc(n_doubles * sizeof(double) + n * (sizeof(float) + sizeof(uint32_t)));
    if (!few->memory) return 0;
    few->doubles = few->memory;
    few->probabilities = (float *)(few->doubles + n_doubles);
    few->columns = (uint32_t *)(few->probabilities + n);
    return 1;
}

static size_t decided(const struct said *said, const float *logits, const struct room *room)
{
    return decide_columns(&said->rule, logits, room->columns, room->probabilities, room->doubles);
}

PyObject *said_decide(PyObject *self, PyObject *args)
{
    PyObject *decider;
    Py_buffer logits, out;
    uint32_t columns[FEW_CLASSES];
    float probabilities[FEW_CLASSES];
    double doubles[2 * FEW_CLASSES];
    struct room room = {columns, probabilities, doubles, NULL};
    (void)self;
    if (!PyArg_ParseTuple(args, "Oy*w*", &decider, &logits, &out)) return NULL;
    const struct said *said = PyCapsule_GetPointer(decider, CAPSULE);
    if (said) {
        size_t n = said->rule.link.n_classes, n_logits = said->rule.link.n_logits, n_texts = (size_t)out.len / n;
        if ((size_t)out.len % n || (size_t)logits.len != n_texts * n_logits * sizeof(float) || (uintptr_t)logits.buf % sizeof(float))
            PyErr_SetString(PyExc_ValueError, "decide: aligned float32 (texts, logits) and bytes (texts, classes) are needed");
        else if (!make_room(&said->rule, &room)) PyErr_NoMemory();
        else {
            memset(out.buf, 0, (size_t)out.len);
            for (size_t i = 0; i < n_texts; i++)
                for (size_t left = decided(said, (const float *)logits.buf + i * n_logits, &room); left--;)
                    ((uint8_t *)out.buf)[i * n + room.columns[left]] = 1;
        }
    }
    PyMem_Free(room.memory);
    PyBuffer_Release(&logits);
    PyBuffer_Release(&out);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

/* What one text gets, a new list. */
static PyObject *named(const struct said *said, const float *logits, int known, const struct room *room)
{
    known |= said->itself;
    PyObject *from = known ? said->names : said->unknown;
    size_t n = known ? decided(said, logits, room) : (size_t)PyTuple_Size(said->unknown);
    if (known && said->task == BINARY) room->columns[0] = (uint32_t)n, n = 1;
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list && i < n; i++)
        PyList_SetItem(list, (Py_ssize_t)i, Py_NewRef(PyTuple_GetItem(from, known ? (Py_ssize_t)room->columns[i] : (Py_ssize_t)i)));
    return list;
}

struct batch {
    Py_ssize_t n;
    struct said_text *texts;
    float *logits;
    uint8_t *known;
};

/* The texts as UTF-8, without data where they have none; 0 where one of them is no string. */
static int describe(PyObject *held, struct batch *batch, size_t *n_bytes)
{
    for (Py_ssize_t i = 0; i < batch->n; i++) {
        PyObject *text = PyTuple_GetItem(held, i);
        Py_ssize_t size = 0;
        if (!PyUnicode_Check(text)) return 0;
        const char *data = PyUnicode_AsUTF8AndSize(text, &size);
        if (!data) PyErr_Clear(), size = 0; /* half a character, which no UTF-8 holds */
        batch->texts[i] = (struct said_text){(const uint8_t *)data, (size_t)size, 0};
        *n_bytes += (size_t)size;
    }
    return 1;
}

static PyObject *lists(const struct said *said, const struct batch *batch, const struct room *room)
{
    PyObject *answers = PyList_New(batch->n), *left = NULL;
    for (Py_ssize_t i = 0; answers && i < batch->n; i++) {
        const float *logits = batch->logits + (size_t)i * said->rule.link.n_logits;
        PyObject *one = batch->known[i] > 1 ? Py_NewRef(Py_None) : named(said, logits, batch->known[i], room);
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
                        struct batch *batch, const struct room *room)
{
    size_t n_bytes = 0, bad = 0, n = (size_t)batch->n;
    const char *problem = NULL;
    if (!describe(held, batch, &n_bytes)) return Py_NewRef(Py_None);
    if (n_bytes <= FEW_BYTES) problem = engine->logits(engine->model, batch->texts, n, 1, batch->logits, batch->known, &bad);
    else {
        Py_BEGIN_ALLOW_THREADS
        problem = engine->logits(engine->model, batch->texts, n, n_threads, batch->logits, batch->known, &bad);
        Py_END_ALLOW_THREADS
    }
    /* The slow way says which text of all it is. */
    return problem ? Py_NewRef(Py_None) : lists(said, batch, room);
}

PyObject *said_answer(const struct said_engine *engine, PyObject *decider, PyObject *texts, PyObject *n_threads)
{
    struct said_text few_texts[FEW_TEXTS];
    uint8_t few_known[FEW_TEXTS];
    float few_logits[FEW_TEXTS * FEW_CLASSES], probabilities[FEW_CLASSES];
    uint32_t columns[FEW_CLASSES];
    double doubles[2 * FEW_CLASSES];
    struct batch batch = {0, few_texts, few_logits, few_known};
    struct room room = {columns, probabilities, doubles, NULL};
    const struct said *said = PyCapsule_GetPointer(decider, CAPSULE);
    size_t threads = said ? PyLong_AsSize_t(n_threads) : 0;
    if (!said || (threads == SIZE_MAX && PyErr_Occurred())) return NULL;
    size_t n_logits = said->rule.link.n_logits;
    if (!threads || n_logits != engine->n_logits)
        return PyErr_Format(PyExc_ValueError, "said: at least 1 thread, and a decider for %zu logits are needed", engine->n_logits);
    if (!PyList_CheckExact(texts) && !PyTuple_CheckExact(texts)) return Py_NewRef(Py_None);
    /* A tuple of our own keeps every text alive while the lock is released. */
    PyObject *held = PySequence_Tuple(texts), *result = NULL;
    if (!held) return NULL;
    batch.n = PyTuple_Size(held);
    size_t n = (size_t)batch.n;
    int few = n <= FEW_TEXTS && n_logits <= FEW_CLASSES;
    if (!few) {
        int fits = !n_logits || n <= PY_SSIZE_T_MAX / sizeof(float) / n_logits; /* else PyMem_Malloc is asked for more than there is */
        batch.texts = PyMem_Calloc(n, sizeof *batch.texts); /* which asks whether the product fits */
        batch.known = PyMem_Malloc(n);
        batch.logits = fits ? PyMem_Malloc(n * n_logits * sizeof *batch.logits) : NULL;
    }
    if (batch.texts && batch.known && batch.logits && make_room(&said->rule, &room))
        result = answer(engine, said, held, threads, &batch, &room);
    else PyErr_NoMemory();
    PyMem_Free(room.memory);
    if (!few) {
        PyMem_Free(batch.texts);
        PyMem_Free(batch.known);
        PyMem_Free(batch.logits);
    }
    Py_DECREF(held);
    return result;
}
