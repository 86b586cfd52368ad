#define PY_SSIZE_T_CLEAN
#include "coding_door.h"

#include <stdlib.h>
#include <string.h>

#include "coding.h"

#define CAPSULE "tagpress.coding"
enum { MODEL = 4, BUFFERS = 16 };

static void release(PyObject *capsule)
{
    struct coding *coding = PyCapsule_GetPointer(capsule, CAPSULE);
    free(coding->chances);
    free((void *)coding->words);
    free(coding);
}

static PyObject *failed(int problem)
{
    static const char *const said[] = {
        [CODING_ENDS] = "coded bytes end early; make it again",
        [CODING_TOO_MUCH] = "coded bytes promise more than so few can hold; make it again",
        [CODING_NUMBER] = "coded bytes are damaged: a number is too large; make it again",
    };
    if (problem == CODING_MEMORY) return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, said[problem]);
    return NULL;
}

PyObject *coding_door_open(PyObject *self, PyObject *args)
{
    Py_buffer logarithm, logistic, content;
    long long left;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*z*L", &logarithm, &logistic, &content, &left)) return NULL;
    struct coding *coding = calloc(1, sizeof *coding);
    size_t frame = sizeof coding->lanes, size = content.buf ? (size_t)content.len : 0;
    const char *problem = NULL;
    PyObject *capsule = NULL;
    if (!coding) {
        PyErr_NoMemory();
        goto done;
    }
    if (logarithm.len != sizeof coding->logarithm || logistic.len != sizeof coding->logistic)
        problem = "tables: 1536 and 4096 int16 are needed";
    else if (content.buf && (size < frame || size % 2))
        problem = "coded bytes end early; make it again";
    coding->known = !content.buf;
    coding->left = left;
    if (!problem) {
        memcpy(coding->logarithm, logarithm.buf, sizeof coding->logarithm);
        memcpy(coding->logistic, logistic.buf, sizeof coding->logistic);
    }
    if (!problem && content.buf) {
        const uint8_t *byte = content.buf;
        for (size_t lane = 0; lane < CODING_LANES; lane++, byte += 4) {
            coding->lanes[lane] = (uint32_t)byte[3] << 24 | (uint32_t)byte[2] << 16 | (uint32_t)byte[1] << 8 | byte[0];
            if (coding->lanes[lane] < 1 << 16) problem = "coded bytes are damaged; make it again";
        }
        uint8_t *words = malloc(size - frame + 1);
        if (words) memcpy(words, byte, size - frame);
        else problem = "out of memory";
        coding->words = words;
        coding->n_words = (size - frame) / 2;
    }
    if (problem) PyErr_SetString(PyExc_ValueError, problem);
    else capsule = PyCapsule_New(coding, CAPSULE, release);
done:
    if (!capsule && coding) {
        free((void *)coding->words);
        free(coding);
    }
    PyBuffer_Release(&logarithm), PyBuffer_Release(&logistic), PyBuffer_Release(&content);
    return capsule;
}

/* What every door that codes is given first: the coding, and the buffers and numbers of a model. */
struct given {
    struct coding *coding;
    struct coding_model model;
    Py_buffer buffers[BUFFERS];
    size_t n_buffers;
};

static void give_back(struct given *given)
{
    for (size_t i = 0; i < given->n_buffers; i++) PyBuffer_Release(&given->buffers[i]);
}

static Py_buffer *take_buffer(struct given *given, PyObject *object, int flags)
{
    Py_buffer *buffer = &given->buffers[given->n_buffers];
    if (PyObject_GetBuffer(object, buffer, flags)) return NULL;
    given->n_buffers++;
    if ((uintptr_t)buffer->buf % 8 && buffer->len) {
        PyErr_SetString(PyExc_ValueError, "buffers: not aligned");
        return NULL;
    }
    return buffer;
}

/* 0 where all fits. Arguments: coding, slots, weights, curvature, seen, most, growth, rate, contexts. */
static int take_model(struct given *given, PyObject *args, Py_ssize_t n_args)
{
    memset(given, 0, sizeof *given);
    if (PyTuple_Size(args) != n_args) {
        PyErr_Format(PyExc_TypeError, "%zd arguments are needed", n_args);
        return -1;
    }
    given->coding = PyCapsule_GetPointer(PyTuple_GetItem(args, 0), CAPSULE);
    if (!given->coding) return -1;
    for (Py_ssize_t i = 0; i < MODEL; i++)
        if (!take_buffer(given, PyTuple_GetItem(args, 1 + i), PyBUF_WRITABLE)) return -1;
    size_t numbers[4];
    for (Py_ssize_t i = 0; i < 4; i++) {
        numbers[i] = PyLong_AsSize_t(PyTuple_GetItem(args, 1 + MODEL + i));
        if (PyErr_Occurred()) return -1;
    }
    Py_buffer *b = given->buffers;
    size_t n_slots = (size_t)b[0].len / sizeof(struct coding_slot), n_contexts = numbers[3];
    size_t n_sets = n_contexts ? (size_t)b[1].len / 8 / n_contexts : 0;
    if ((size_t)b[1].len != 8 * n_sets * n_contexts || b[2].len != b[1].len || b[3].len != 8 ||
        n_slots >= UINT32_MAX || n_contexts < 1 || n_contexts > CODING_CONTEXTS || numbers[0] < 16 ||
        numbers[0] > 512 || numbers[1] > 62 || numbers[2] > 24) {
        PyErr_SetString(PyExc_ValueError, "model: arrays and numbers don't fit");
        return -1;
    }
    given->model = (struct coding_model){
        .slots = b[0].buf, .weights = b[1].buf, .curvature = b[2].buf, .seen = b[3].buf,
        .n_slots = n_slots, .n_contexts = n_contexts, .n_sets = n_sets,
        .most = numbers[0], .growth = (unsigned)numbers[1], .rate = (unsigned)numbers[2],
    };
    return 0;
}

/* bits(coding, *model, set, slots, bits), and the same with numbers. */
static PyObject *code(PyObject *args, size_t span,
                      int (*function)(struct coding *, struct coding_model *, size_t, const int64_t *, size_t, int64_t *))
{
    struct given given;
    PyObject *result = NULL;
    if (take_model(&given, args, 12)) goto done;
    size_t set = PyLong_AsSize_t(PyTuple_GetItem(args, 9));
    Py_buffer *slots = PyErr_Occurred() ? NULL : take_buffer(&given, PyTuple_GetItem(args, 10), PyBUF_SIMPLE);
    Py_buffer *out = slots ? take_buffer(&given, PyTuple_GetItem(args, 11), PyBUF_WRITABLE) : NULL;
    if (!out) goto done;
    size_t n = (size_t)out->len / 8, n_slots = n * given.model.n_contexts;
    int fits = set < given.model.n_sets / (span > 1 ? 8 : 1) && (size_t)slots->len == 8 * n_slots;
    const int64_t *slot = slots->buf;
    for (size_t i = 0; fits && i < n_slots; i++)
        fits = slot[i] >= 0 && (uint64_t)slot[i] < given.model.n_slots / span;
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "slots: beyond the model");
        goto done;
    }
    int problem = function(given.coding, &given.model, set, slot, n, out->buf);
    result = problem ? failed(problem) : Py_NewRef(Py_None);
done:
    give_back(&given);
    return result;
}

PyObject *coding_door_bits(PyObject *self, PyObject *args)
{
    (void)self;
    return code(args, 1, coding_bits);
}

PyObject *coding_door_numbers(PyObject *self, PyObject *args)
{
    (void)self;
    return code(args, CODING_SPAN, coding_numbers);
}

PyObject *coding_door_sets(PyObject *self, PyObject *args)
{
    struct given given;
    PyObject *result = NULL;
    int64_t *nodes = NULL, *symbols = NULL;
    (void)self;
    if (take_model(&given, args, 14)) goto done;
    size_t table_digits = PyLong_AsSize_t(PyTuple_GetItem(args, 9));
    size_t digits = PyErr_Occurred() ? 0 : PyLong_AsSize_t(PyTuple_GetItem(args, 11));
    if (PyErr_Occurred()) goto done;
    Py_buffer *contexts = take_buffer(&given, PyTuple_GetItem(args, 10), PyBUF_SIMPLE);
    Py_buffer *node = contexts ? take_buffer(&given, PyTuple_GetItem(args, 12), PyBUF_SIMPLE) : NULL;
    Py_buffer *symbol = node ? take_buffer(&given, PyTuple_GetItem(args, 13), PyBUF_SIMPLE) : NULL;
    if (!symbol) goto done;
    size_t n = (size_t)contexts->len / 8 / given.model.n_contexts, n_pairs = (size_t)node->len / 8;
    int fits = table_digits > 0 && table_digits < 32 && digits < 32 && given.model.n_sets >= 64 &&
               (size_t)contexts->len == 8 * n * given.model.n_contexts && node->len == symbol->len &&
               given.model.n_contexts << table_digits <= given.model.n_slots;
    for (size_t k = 0; fits && k < n_pairs; k++) {
        int64_t at = ((int64_t *)node->buf)[k], value = ((int64_t *)symbol->buf)[k];
        fits = at >= 0 && (uint64_t)at < n && value >= 0 && value >> digits == 0 &&
               (!k || ((int64_t *)node->buf)[k - 1] <= at);
    }
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "sets: beyond the model");
        goto done;
    }
    nodes = node->buf, symbols = symbol->buf;
    int problem = coding_sets(given.coding, &given.model, (unsigned)table_digits, contexts->buf, n, (unsigned)digits,
                              &nodes, &symbols, &n_pairs);
    if (problem) {
        failed(problem);
        goto done;
    }
    result = Py_BuildValue("y#y#", (char *)nodes, (Py_ssize_t)(8 * n_pairs), (char *)symbols, (Py_ssize_t)(8 * n_pairs));
    free(nodes), free(symbols);
done:
    give_back(&given);
    return result;
}

PyObject *coding_door_flags(PyObject *self, PyObject *args)
{
    struct given given;
    PyObject *result = NULL;
    Py_buffer *b[8];
    (void)self;
    if (take_model(&given, args, 19)) goto done;
    size_t kind = PyLong_AsSize_t(PyTuple_GetItem(args, 9));
    size_t width = PyErr_Occurred() ? 0 : PyLong_AsSize_t(PyTuple_GetItem(args, 10));
    if (PyErr_Occurred()) goto done;
    for (Py_ssize_t i = 0; i < 8; i++)
        if (!(b[i] = take_buffer(&given, PyTuple_GetItem(args, 11 + i), i == 7 ? PyBUF_WRITABLE : PyBUF_SIMPLE))) goto done;
    struct coding_chunk chunk = {
        .n = (size_t)b[4]->len / 8, .width = width, .kind = kind, .before = b[0]->buf, .after = b[1]->buf,
        .rare = b[2]->buf, .near = b[3]->buf, .filled = b[4]->buf, .bases = b[5]->buf, .first_of_ratio = b[6]->buf,
    };
    size_t size = (size_t)b[7]->len;
    chunk.n_classes = chunk.n ? size / chunk.n : 0;
    int fits = kind < 7 && kind < given.model.n_sets && given.model.n_contexts == 7 && chunk.n && chunk.n_classes &&
               size == chunk.n * chunk.n_classes && (size_t)b[0]->len == size && (size_t)b[1]->len == size &&
               b[2]->len == b[4]->len && b[3]->len == b[4]->len && b[5]->len == 64 && b[6]->len == 8 * 23 && width &&
               width <= 256 && width <= chunk.n_classes;
    /* As many slots as the contexts have values, in their order. */
    size_t sizes[] = {81 * 24 * 9, width * 24, 15 * 8 * 7, 81 * width * 3, 81 * width * 3, 16 * 24 * 7, 6 * 8 * 4 * 6 * 9};
    for (size_t i = 0; fits && i < 7; i++)
        fits = chunk.bases[i] >= 0 && (uint64_t)(chunk.bases[i + 1] - chunk.bases[i]) == sizes[i];
    fits = fits && (uint64_t)chunk.bases[7] <= given.model.n_slots;
    for (size_t j = 0; fits && j < chunk.n; j++)
        fits = chunk.rare[j] >= 0 && chunk.rare[j] < 16 && chunk.near[j] >= 0 && chunk.near[j] < 9 &&
               chunk.filled[j] >= 0 && (uint64_t)chunk.filled[j] <= chunk.n_classes;
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "flags: beyond the model");
        goto done;
    }
    int problem = coding_flags(given.coding, &given.model, &chunk, b[7]->buf);
    result = problem ? failed(problem) : Py_NewRef(Py_None);
done:
    give_back(&given);
    return result;
}

PyObject *coding_door_left(PyObject *self, PyObject *args)
{
    PyObject *capsule;
    long long taken;
    (void)self;
    if (!PyArg_ParseTuple(args, "OL", &capsule, &taken)) return NULL;
    struct coding *coding = PyCapsule_GetPointer(capsule, CAPSULE);
    if (!coding) return NULL;
    coding->left -= taken;
    return PyLong_FromLongLong(coding->left);
}

PyObject *coding_door_finished(PyObject *self, PyObject *args)
{
    PyObject *capsule;
    (void)self;
    if (!PyArg_ParseTuple(args, "O", &capsule)) return NULL;
    const struct coding *coding = PyCapsule_GetPointer(capsule, CAPSULE);
    if (!coding) return NULL;
    int fine = !coding->known;
    for (size_t lane = 0; lane < CODING_LANES; lane++) fine = fine && coding->lanes[lane] == 1 << 16;
    for (size_t i = 2 * coding->place; fine && i < 2 * coding->n_words; i++) fine = !coding->words[i];
    return PyBool_FromLong(fine);
}

PyObject *coding_door_chances(PyObject *self, PyObject *args)
{
    PyObject *capsule;
    (void)self;
    if (!PyArg_ParseTuple(args, "O", &capsule)) return NULL;
    const struct coding *coding = PyCapsule_GetPointer(capsule, CAPSULE);
    if (!coding) return NULL;
    return PyBytes_FromStringAndSize((const char *)coding->chances, (Py_ssize_t)(2 * coding->n_chances));
}
