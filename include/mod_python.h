/*
 * What mod_python.so offers to other httpd modules: APR optional functions, so that a
 * module can be loaded with or without it. Retrieve them in post_config or later:
 *
 *     static APR_OPTIONAL_FN_TYPE(mp_acquire_interpreter) *acquire;
 *     acquire = APR_RETRIEVE_OPTIONAL_FN(mp_acquire_interpreter);
 *     if (acquire && acquire("www.example.org")) { ... }
 *
 * Python runs in httpd's children only, from child_init on. Link with the Python that
 * mod_python.so was built for, or not at all: its symbols are there once mod_python.so is.
 */
#ifndef MOD_PYTHON_H
#define MOD_PYTHON_H

#include <Python.h>

#include <apr_optional.h>
#include <httpd.h>

/*
 * Enters the interpreter of that name, as PythonInterpreter would choose it; NULL means
 * main_interpreter. It is created if there is none. On return this thread holds the GIL and
 * may use the Python C API, until mp_release_interpreter. NULL if that cannot be, with
 * nothing to release: Python is not running in this process (yet, or any more), or out of
 * memory; the reason is in the error log.
 *
 * Calls nest, also inside a Python handler. Between acquire and release do nothing that
 * waits without Py_BEGIN_ALLOW_THREADS, and run no hooks, sub-requests or filters at all:
 * they may need Python themselves, and find this thread taken.
 */
APR_DECLARE_OPTIONAL_FN(PyInterpreterState *, mp_acquire_interpreter, (const char *name));

/*
 * Leaves the interpreter entered last on this thread, for the one before it if there is
 * one. Without anything to leave it does nothing.
 */
APR_DECLARE_OPTIONAL_FN(void, mp_release_interpreter, (void));

/*
 * The mp_request object of a request, mp_server of a virtual host, mp_conn of a connection
 * in the interpreter that this thread is in: the same that handlers there get. A new
 * reference; NULL with a Python exception set, or, outside of any interpreter, just NULL.
 *
 * The object can be used until the release that follows, and while handlers of the request
 * or connection run. At other times it raises ReferenceError.
 */
APR_DECLARE_OPTIONAL_FN(PyObject *, mp_get_request_object, (request_rec *r));
APR_DECLARE_OPTIONAL_FN(PyObject *, mp_get_server_object, (server_rec *s));
APR_DECLARE_OPTIONAL_FN(PyObject *, mp_get_connection_object, (conn_rec *c));

#endif
