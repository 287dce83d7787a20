/*
 * An extension module that serves the interpreter that loads it first, and refuses all others in Cython's words.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static int64_t owner = -1;

static int picky_exec(PyObject *module)
{
    int64_t interpreter = PyInterpreterState_GetID(PyInterpreterState_Get());

    (void)module;
    if (owner == -1) {
        owner = interpreter;
    }
    if (owner == interpreter) {
        return 0;
    }
    PyErr_SetString(PyExc_ImportError,
                    "Interpreter change detected - this module can only be loaded into one interpreter per process.");
    return -1;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, picky_exec}, {0, NULL}};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "picky", .m_slots = slots};

PyMODINIT_FUNC PyInit_picky(void)
{
    return PyModuleDef_Init(&definition);
}
