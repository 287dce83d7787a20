/*
 * A C module that uses what mod_python.so exports: include/mod_python.h.
 *
 * SetHandler asks-python; the last part of the URL says what to do. The answer is text.
 */
#include <Python.h>
#include "mod_python.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <string.h>

static APR_OPTIONAL_FN_TYPE(mp_acquire_interpreter) *acquire;
static APR_OPTIONAL_FN_TYPE(mp_release_interpreter) *release;
static APR_OPTIONAL_FN_TYPE(mp_get_request_object) *request_object;
static APR_OPTIONAL_FN_TYPE(mp_get_server_object) *server_object;
static APR_OPTIONAL_FN_TYPE(mp_get_connection_object) *connection_object;

static int acquired_in_parent;

/* str(expression), where `req` is a global if it is not NULL. */
static const char *eval(apr_pool_t *pool, const char *expression, PyObject *req)
{
    PyObject *globals = PyDict_New(), *value, *text = NULL;
    const char *answer = "exception";

    PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins());
    if (req)
        PyDict_SetItemString(globals, "req", req);
    value = PyRun_String(expression, Py_eval_input, globals, globals);
    if (value)
        text = PyObject_Str(value);
    if (text)
        answer = apr_pstrdup(pool, PyUnicode_AsUTF8(text));
    else {
        PyObject *class, *error, *traceback;
        PyErr_Fetch(&class, &error, &traceback);
        answer = apr_pstrdup(pool, ((PyTypeObject *)class)->tp_name);
        Py_XDECREF(class);
        Py_XDECREF(error);
        Py_XDECREF(traceback);
    }
    Py_XDECREF(text);
    Py_XDECREF(value);
    Py_DECREF(globals);
    return answer;
}

static const char *name(apr_pool_t *pool)
{
    return eval(pool, "__import__('mod_python.apache').apache.interpreter", NULL);
}

/* Enters another interpreter, and comes back; for a Python handler to call. */
const char *nested(apr_pool_t *pool, const char *inner)
{
    const char *before = name(pool), *in, *again;

    if (!acquire(inner))
        return "not acquired";
    in = name(pool);
    if (!acquire("third"))
        return "not acquired";
    if (!acquire("third"))
        return "not acquired";
    release();
    again = name(pool);
    release();
    release();
    return apr_pstrcat(pool, before, " ", in, " ", again, " ", name(pool), NULL);
}

/* The same without a pool of the caller's. */
const char *nested_for_handler(const char *inner)
{
    static char answer[200];
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    apr_cpystrn(answer, nested(pool, inner), sizeof answer);
    apr_pool_destroy(pool);
    return answer;
}

static const char *with_request(request_rec *r, const char *expression)
{
    const char *answer;
    PyObject *req, *again;

    if (!acquire(r->args))
        return "not acquired";
    req = request_object(r);
    again = request_object(r);
    answer = req == again ? eval(r->pool, expression, req) : "two objects";
    Py_XDECREF(req);
    Py_XDECREF(again);
    release();
    return answer;
}

/* The name of the server and the address of the client, as their objects have them. */
static const char *with_server_and_connection(request_rec *r)
{
    const char *name, *address;
    PyObject *server, *connection;

    if (!acquire(NULL))
        return "not acquired";
    server = server_object(r->server);
    name = eval(r->pool, "req.server_hostname", server);
    connection = connection_object(r->connection);
    address = eval(r->pool, "req.client_ip", connection);
    Py_XDECREF(server);
    Py_XDECREF(connection);
    release();
    return apr_pstrcat(r->pool, name, " ", address, NULL);
}

static const char *run(request_rec *r, const char *what)
{
    const char *answer;

    if (!strcmp(what, "around"))
        return with_server_and_connection(r);

    if (!strcmp(what, "simple")) {
        int failed;
        if (!acquire(NULL))
            return "not acquired";
        failed = PyRun_SimpleString("import sys; sys.left_here = 'by C'");
        answer = failed ? "failed" : eval(r->pool, "__import__('sys').left_here", NULL);
        release();
        return answer;
    }
    if (!strcmp(what, "name")) {
        PyInterpreterState *interpreter = acquire(r->args);
        if (!interpreter)
            return "not acquired";
        answer = interpreter == PyInterpreterState_Get() ? name(r->pool) : "another";
        release();
        return answer;
    }
    if (!strcmp(what, "nested")) {
        if (!acquire("first"))
            return "not acquired";
        answer = nested(r->pool, "second");
        release();
        return answer;
    }
    if (!strcmp(what, "type"))
        return with_request(r, "type(req).__name__");
    if (!strcmp(what, "uri"))
        return with_request(r, "req.uri");
    if (!strcmp(what, "mark"))
        return with_request(r, "getattr(req, 'mark', None)");
    if (!strcmp(what, "late")) {
        answer = with_request(r, "setattr(__import__('sys'), 'kept', req)");
        if (strcmp(answer, "None") || !acquire(r->args))
            return "failed";
        answer = eval(r->pool, "__import__('sys').kept.uri", NULL);
        release();
        return answer;
    }
    if (!strcmp(what, "outside"))
        return request_object(r) ? "an object" : "NULL";
    if (!strcmp(what, "again")) {
        release();
        release();
        return with_request(r, "req.method");
    }
    if (!strcmp(what, "parent"))
        return acquired_in_parent ? "acquired" : "NULL";
    return "what?";
}

static int handler(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, "asks-python"))
        return DECLINED;
    ap_set_content_type(r, "text/plain");
    ap_rputs(run(r, strrchr(r->uri, '/') + 1), r);
    return OK;
}

static int post_config(apr_pool_t *pool, apr_pool_t *log, apr_pool_t *temporary, server_rec *server)
{
    (void)pool, (void)log, (void)temporary, (void)server;
    acquire = APR_RETRIEVE_OPTIONAL_FN(mp_acquire_interpreter);
    release = APR_RETRIEVE_OPTIONAL_FN(mp_release_interpreter);
    request_object = APR_RETRIEVE_OPTIONAL_FN(mp_get_request_object);
    server_object = APR_RETRIEVE_OPTIONAL_FN(mp_get_server_object);
    connection_object = APR_RETRIEVE_OPTIONAL_FN(mp_get_connection_object);
    if (!acquire || !release || !request_object || !server_object || !connection_object)
        return HTTP_INTERNAL_SERVER_ERROR;
    acquired_in_parent = acquire(NULL) != NULL;
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(asks_python) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
};
