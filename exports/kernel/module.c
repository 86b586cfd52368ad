/* Python's door to the kernels. Limited API, so that one build serves every CPython from 3.11 on. */
#include "coding_door.h"
#include "link_door.h"
#include "reader_door.h"
#include "rows_door.h"
#include "said.h"
#include "tables_door.h"

static PyMethodDef methods[] = {
    TABLES_METHODS,
    LINK_METHODS,
    SAID_METHODS,
    CODING_METHODS,
    READER_METHODS,
    ROWS_METHODS,
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_kernel", .m_size = 0, .m_methods = methods};

PyMODINIT_FUNC PyInit__kernel(void)
{
    return PyModuleDef_Init(&definition);
}
