#define PY_SSIZE_T_CLEAN
#include "coding_door.h"

#include <stdlib.h>
#include <string.h>

#include "coding.h"

#define CAPSULE "tagpress.coding"
enum { MODEL = 4, BUFFERS = 16 };
/* What is made of so many fits a size_t, also where it has 32 bits. */
#define WIDE (SIZE_MAX > UINT32_MAX)
enum { MOST_COLUMNS = 1 << (WIDE ? 26 : 15), MOST_STRINGS = 1 << (WIDE ? 26 : 21), MOST_PLACES = WIDE ? INT32_MAX : 1 << 25 };

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
        [CODING_FEW_LEVELS] = "coded bytes are damaged: fewer weights than promised; make it again",
        [CODING_MANY_LEVELS] = "coded bytes are damaged: more weights than classes; make it again",
        [CODING_LARGE_LEVEL] = "coded bytes are damaged: a weight is out of range; make it again",
        [CODING_CHARACTER] = "coded bytes are damaged: no such character; make it again",
        [CODING_MORE_STRINGS] = "coded bytes are damaged: more strings than promised; make it again",
        [CODING_FEWER_STRINGS] = "coded bytes are damaged: fewer strings than promised; make it again",
        [CODING_LONG_STRING] = "coded bytes are damaged: a string is too long; make it again",
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
        uint8_t *words = calloc(size - frame + 2, 1);
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

/* 0 where there are so many arguments, and a coding first. */
static int take_coding(struct given *given, PyObject *args, Py_ssize_t n_args)
{
    memset(given, 0, sizeof *given);
    if (PyTuple_Size(args) != n_args) {
        PyErr_Format(PyExc_TypeError, "%zd arguments are needed", n_args);
        return -1;
    }
    given->coding = PyCapsule_GetPointer(PyTuple_GetItem(args, 0), CAPSULE);
    return given->coding ? 0 : -1;
}

/* 0 where all fits. Arguments: coding, slots, weights, curvature, seen, most, growth, rate, contexts. */
static int take_model(struct given *given, PyObject *args, Py_ssize_t n_args)
{
    if (take_coding(given, args, n_args)) return -1;
    for (Py_ssize_t i = 0; i < MODEL; i++)
        if (!take_buffer(given, PyTuple_GetItem(args, 1 + i), PyBUF_WRITABLE)) return -1;
    size_t numbers[4];
    for (Py_ssize_t i = 0; i < 4; i++) {
        numbers[i] = PyLong_AsSize_t(PyTuple_GetItem(args, 1 + MODEL + i));
        if (PyErr_Occurred()) return -1;
    }
    Py_buffer *b = given->buffers;
    size_t n_slots = (size_t)b[0].len / sizeof(uint32_t), n_contexts = numbers[3];
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
    int fits = set < given.model.n_sets / (span > 1 ? 8 : 1) && (uint64_t)slots->len == (uint64_t)8 * n * given.model.n_contexts;
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
               (uint64_t)given.model.n_contexts << table_digits <= given.model.n_slots;
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

/* levels(coding, prefix, suffix, numbers, chunks, first_of_ratio, levels) */
PyObject *coding_door_levels(PyObject *self, PyObject *args)
{
    struct given given = {0};
    PyObject *result = NULL;
    Py_buffer *b[6];
    (void)self;
    if (take_coding(&given, args, 7)) goto done;
    for (Py_ssize_t i = 0; i < 6; i++)
        if (!(b[i] = take_buffer(&given, PyTuple_GetItem(args, 1 + i), i == 5 ? PyBUF_WRITABLE : PyBUF_SIMPLE))) goto done;
    struct coding_rows rows = {
        .n = (size_t)b[0]->len / 8, .n_chunks = (size_t)b[3]->len / 24, .prefix = b[0]->buf, .suffix = b[1]->buf,
        .numbers = b[2]->buf, .chunks = b[3]->buf, .first_of_ratio = b[4]->buf, .levels = b[5]->buf,
    };
    size_t size = (size_t)b[5]->len, next = 0;
    rows.n_classes = size / (rows.n + 1);
    int fits = rows.n_classes && size == rows.n_classes * (rows.n + 1) && b[1]->len == b[0]->len &&
               b[2]->len == b[0]->len && b[4]->len == 8 * 23 && rows.n_classes < MOST_COLUMNS;
    for (size_t k = 0; fits && k < rows.n_chunks; k++) {
        const int64_t *chunk = rows.chunks + 3 * k;
        fits = chunk[0] == (int64_t)next && chunk[1] > chunk[0] && chunk[1] - chunk[0] <= 1024 &&
               chunk[1] <= (int64_t)rows.n && chunk[2] >= 0 && chunk[2] < 7;
        for (; fits && next < (size_t)chunk[1]; next++)
            fits = rows.prefix[next] >= -1 && rows.prefix[next] < chunk[0] && rows.suffix[next] >= -1 &&
                   rows.suffix[next] < chunk[0] && rows.numbers[next] >= -1 && rows.numbers[next] < 1LL << 40;
    }
    if (!fits || next != rows.n) {
        PyErr_SetString(PyExc_ValueError, "levels: rows don't fit");
        goto done;
    }
    int problem = coding_levels(given.coding, &rows);
    result = problem ? failed(problem) : Py_NewRef(Py_None);
done:
    give_back(&given);
    return result;
}

/* strings(coding, table_digits, n, alphabet) -> (characters as uint32, lengths) */
PyObject *coding_door_strings(PyObject *self, PyObject *args)
{
    struct given given = {0};
    PyObject *result = NULL;
    uint32_t *text = NULL;
    int64_t *lengths = NULL;
    (void)self;
    if (take_coding(&given, args, 4)) goto done;
    size_t table_digits = PyLong_AsSize_t(PyTuple_GetItem(args, 1));
    size_t n = PyErr_Occurred() ? 0 : PyLong_AsSize_t(PyTuple_GetItem(args, 2)), n_text = 0;
    if (PyErr_Occurred()) goto done;
    Py_buffer *alphabet = take_buffer(&given, PyTuple_GetItem(args, 3), PyBUF_SIMPLE);
    if (!alphabet) goto done;
    if (given.coding->known || !table_digits || table_digits > 24 || !n || n > MOST_STRINGS || alphabet->len > 8 * 0x110000) {
        PyErr_SetString(PyExc_ValueError, "strings: beyond what is allowed");
        goto done;
    }
    lengths = calloc(n + 1, sizeof *lengths);
    int problem = lengths ? coding_strings(given.coding, (unsigned)table_digits, n, alphabet->buf,
                                           (size_t)alphabet->len / 8, lengths, &text, &n_text)
                          : CODING_MEMORY;
    result = problem ? failed(problem)
                     : Py_BuildValue("y#y#", (char *)text, (Py_ssize_t)(4 * n_text), (char *)lengths, (Py_ssize_t)(8 * n));
done:
    free(text), free(lengths);
    give_back(&given);
    return result;
}

/* grams(coding, *model, table_digits, letters, sizes, numbers, low, high) -> (first, length, number) */
PyObject *coding_door_grams(PyObject *self, PyObject *args)
{
    struct given given;
    PyObject *result = NULL;
    struct coding_terms terms = {0};
    (void)self;
    if (take_model(&given, args, 15)) goto done;
    size_t whole[3];
    for (Py_ssize_t i = 0; i < 3; i++) {
        whole[i] = PyLong_AsSize_t(PyTuple_GetItem(args, i ? 12 + i : 9));
        if (PyErr_Occurred()) goto done;
    }
    Py_buffer *letters = take_buffer(&given, PyTuple_GetItem(args, 10), PyBUF_SIMPLE);
    Py_buffer *sizes = letters ? take_buffer(&given, PyTuple_GetItem(args, 11), PyBUF_SIMPLE) : NULL;
    Py_buffer *numbers = sizes ? take_buffer(&given, PyTuple_GetItem(args, 12), PyBUF_SIMPLE) : NULL;
    if (!numbers) goto done;
    struct coding_words words = {
        .n = (size_t)sizes->len / 8, .size = sizes->buf, .number = numbers->buf, .letter = letters->buf, .n_letters = 1,
    };
    /* As many slots and sets as numbers of n-grams have in compress/coding/rarity.py. */
    size_t n_contexts = 3 * 8 * 24 + 24 * 24 + 8 * 24 * 24, n_places = (size_t)letters->len / 8;
    int fits = !given.coding->known && words.n && numbers->len == sizes->len && n_places < MOST_PLACES && whole[0] &&
               whole[0] <= 24 && whole[1] && whole[1] <= whole[2] && whole[2] <= 1 << 20 &&
               given.model.n_contexts == 5 && given.model.n_sets == 64 && given.model.n_slots >= CODING_SPAN * n_contexts;
    for (size_t k = 0; fits && k < n_places; k++) {
        fits = words.letter[k] >= 0 && words.letter[k] < 0x110000;
        if (words.letter[k] >= words.n_letters) words.n_letters = words.letter[k] + 1;
    }
    size_t left = n_places;
    for (size_t k = 0; fits && k < words.n; left -= (size_t)words.size[k++])
        fits = words.size[k] >= 2 && (size_t)words.size[k] <= left && words.number[k] < 1LL << 32;
    if (!fits || left) {
        PyErr_SetString(PyExc_ValueError, "grams: words don't fit");
        goto done;
    }
    int problem = coding_grams(given.coding, &given.model, (unsigned)whole[0], &words, (int64_t)whole[1],
                               (int64_t)whole[2], &terms);
    Py_ssize_t size = (Py_ssize_t)(8 * terms.n);
    result = problem ? failed(problem)
                     : Py_BuildValue("y#y#y#", terms.first ? (char *)terms.first : "", size,
                                     terms.length ? (char *)terms.length : "", size,
                                     terms.number ? (char *)terms.number : "", size);
done:
    free(terms.first), free(terms.length), free(terms.number);
    give_back(&given);
    return result;
}

/* kinship(points, starts, blocks, kin): blocks are (n, 5) of rows, sort (0 characters, 1 words, 2 no names), marks and
 * where its points begin; starts of all that have names, each block's with one more. */
PyObject *coding_door_kinship(PyObject *self, PyObject *args)
{
    struct given given = {0};
    PyObject *result = NULL;
    Py_buffer *b[4];
    struct coding_block blocks[64] = {{0}};
    (void)self;
    if (PyTuple_Size(args) != 4) {
        PyErr_SetString(PyExc_TypeError, "4 arguments are needed");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < 4; i++)
        if (!(b[i] = take_buffer(&given, PyTuple_GetItem(args, i), i == 3 ? PyBUF_WRITABLE : PyBUF_SIMPLE))) goto done;
    size_t n_blocks = (size_t)b[2]->len / 40, n_points = (size_t)b[0]->len / 8, n_starts = (size_t)b[1]->len / 8;
    size_t n = 0, at = 0, room = (size_t)b[3]->len / sizeof(struct coding_kin);
    const int64_t *starts = b[1]->buf;
    int fits = n_blocks <= sizeof blocks / sizeof *blocks;
    for (size_t k = 0; fits && k < n_blocks; k++) {
        const int64_t *said = (const int64_t *)b[2]->buf + 5 * k;
        fits = said[0] >= 0 && (uint64_t)said[0] <= room - n && said[1] >= 0 && said[1] <= 2 && said[4] >= 0 &&
               (uint64_t)said[4] <= n_points;
        if (!fits) break;
        blocks[k] = (struct coding_block){
            .n = (size_t)said[0], .wordy = said[1] == 1, .mark_before = said[2], .mark_after = said[3],
        };
        n += blocks[k].n;
        if (said[1] == 2) continue;
        fits = blocks[k].n < n_starts - at && at < n_starts && starts[at] == 0;
        for (size_t j = 0; fits && j < blocks[k].n; j++) fits = starts[at + j + 1] >= starts[at + j];
        fits = fits && (uint64_t)starts[at + blocks[k].n] <= n_points - (size_t)said[4];
        blocks[k].points = (const int64_t *)b[0]->buf + said[4], blocks[k].starts = starts + at;
        at += blocks[k].n + 1;
    }
    if (!fits || n != room) {
        PyErr_SetString(PyExc_ValueError, "kinship: terms don't fit");
        goto done;
    }
    int problem = coding_kinship(blocks, n_blocks, b[3]->buf);
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
