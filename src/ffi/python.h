/* Sizes and offsets in this Python's headers, for src/ffi/layout.rs. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>

#define SIZE(type) MPY_SIZEOF_##type = sizeof(type)
#define OFFSET(type, field) MPY_OFFSETOF_##type##_##field = offsetof(type, field)

enum {
    SIZE(PyObject),
    SIZE(PyVarObject),
    SIZE(PyConfig),
    OFFSET(PyConfig, executable),
    OFFSET(PyConfig, home),
    OFFSET(PyConfig, user_site_directory),
    OFFSET(PyConfig, _init_main),
    SIZE(PyPreConfig),
    SIZE(PyStatus),
    SIZE(PyMethodDef),
    SIZE(PyGetSetDef),
    SIZE(PyMemberDef),
    SIZE(PyModuleDef),
    SIZE(PyModuleDef_Slot),
    SIZE(PyType_Slot),
    SIZE(PyType_Spec),
    SIZE(Py_buffer),
    OFFSET(PyThreadState, id),
};
