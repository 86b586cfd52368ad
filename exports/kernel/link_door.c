#include "link_door.h"

#include <string.h>

#define CAPSULE "tagpress.link"
#define FEW_DOUBLES 256
/* So few numbers are made before another thread could have taken the interpreter's lock and given it back. */
#define FEW_LOGITS 2048

struct linker {
    struct link link;
    uint32_t paths[]; /* ends, then steps */
};

static void release(PyObject *capsule)
{
    PyMem_Free(PyCapsule_GetPointer(capsule, CAPSULE));
}

const struct link *link_of(PyObject *capsule)
{
    struct linker *linker = PyCapsule_GetPointer(capsule, CAPSULE);
    return linker ? &linker->link : NULL;
}

PyObject *link_door_new(PyObject *self, PyObject *args)
{
    int way;
    Py_ssize_t n_classes, n_logits;
    Py_buffer ends, steps;
    (void)self;
    if (!PyArg_ParseTuple(args, "inny*y*", &way, &n_classes, &n_logits, &ends, &steps)) return NULL;
    const char *problem = NULL;
    size_t n_steps = (size_t)steps.len / 4;
    struct linker *linker = NULL;
    if (n_classes < 1 || n_logits < 0 || ends.len % 4 || steps.len % 4 ||
        (size_t)ends.len != (way == LINK_TREE ? 4 * (size_t)n_classes : 0))
        problem = "link: classes, and whole paths of a tree alone, are needed";
    else if (!(linker = PyMem_Calloc(1, sizeof *linker + (size_t)ends.len + (size_t)steps.len))) PyErr_NoMemory();
    if (linker) {
        memcpy(linker->paths, ends.buf, (size_t)ends.len);
        memcpy(linker->paths + ends.len / 4, steps.buf, (size_t)steps.len);
        linker->link = (struct link){way, (size_t)n_classes, (size_t)n_logits, linker->paths, linker->paths + ends.len / 4};
        problem = link_check(&linker->link, n_steps);
    }
    PyBuffer_Release(&ends);
    PyBuffer_Release(&steps);
    PyObject *capsule = NULL;
    if (problem) PyErr_SetString(PyExc_ValueError, problem);
    else if (linker) capsule = PyCapsule_New(linker, CAPSULE, release);
    if (!capsule) PyMem_Free(linker);
    return capsule;
}

static void rows(const struct link *link, const float *logits, size_t n_texts, float *out, double *room)
{
    for (size_t i = 0; i < n_texts; i++) link_row(link, logits + i * link->n_logits, out + i * link->n_classes, room);
}

/* The texts of both arrays, or -1 where they don't fit. */
static Py_ssize_t texts_of(const struct link *link, const Py_buffer *logits, const Py_buffer *out)
{
    size_t row = link->n_classes * sizeof(float), n = (size_t)out->len / row;
    if ((size_t)out->len % row || (size_t)logits->len != n * link->n_logits * sizeof(float)) return -1;
    if ((uintptr_t)logits->buf % sizeof(float) || (uintptr_t)out->buf % sizeof(float)) return -1;
    return logits->buf == out->buf && link->n_logits != link->n_classes ? -1 : (Py_ssize_t)n;
}

PyObject *link_door_link(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    double few[FEW_DOUBLES], *room = few;
    Py_buffer logits, out;
    (void)self;
    if (n_args != 3) return PyErr_Format(PyExc_TypeError, "link: linker, logits, out are needed");
    const struct link *link = link_of(args[0]);
    if (!link || PyObject_GetBuffer(args[1], &logits, PyBUF_SIMPLE)) return NULL;
    if (PyObject_GetBuffer(args[2], &out, PyBUF_WRITABLE)) {
        PyBuffer_Release(&logits);
        return NULL;
    }
    Py_ssize_t n_texts = texts_of(link, &logits, &out);
    if (link_room(link) > FEW_DOUBLES) room = PyMem_Malloc(link_room(link) * sizeof *room);
    if (n_texts < 0) PyErr_SetString(PyExc_ValueError, "link: aligned float32 (texts, logits) and (texts, classes) are needed");
    else if (!room) PyErr_NoMemory();
    else if ((size_t)n_texts * link->n_logits <= FEW_LOGITS) rows(link, logits.buf, (size_t)n_texts, out.buf, room);
    else {
        Py_BEGIN_ALLOW_THREADS
        rows(link, logits.buf, (size_t)n_texts, out.buf, room);
        Py_END_ALLOW_THREADS
    }
    if (room != few) PyMem_Free(room);
    PyBuffer_Release(&logits);
    PyBuffer_Release(&out);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

PyObject *link_door_exp(PyObject *self, PyObject *args)
{
    Py_buffer values;
    int want_log;
    (void)self;
    if (!PyArg_ParseTuple(args, "w*p", &values, &want_log)) return NULL;
    int fits = values.len % sizeof(double) == 0 && (uintptr_t)values.buf % sizeof(double) == 0;
    double *place = values.buf;
    for (Py_ssize_t i = 0; fits && i < values.len / (Py_ssize_t)sizeof(double); i++)
        place[i] = want_log ? link_log1p(place[i]) : link_exp(place[i]);
    PyBuffer_Release(&values);
    return fits ? Py_NewRef(Py_None) : PyErr_Format(PyExc_ValueError, "exp_log1p: aligned float64 is needed");
}
