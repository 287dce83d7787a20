"""Handlers that ask PostgreSQL. Each request is one transaction, on a connection from the child's pool."""

import contextlib
import json
import os
import threading

import psycopg2.pool
from mod_python import apache

_POOL = None
_POOL_LOCK = threading.Lock()


def handler(req):
    action = ACTIONS[req.uri]
    with transaction(req.get_options()["dsn"]) as cursor:
        answer = action(cursor)
    req.content_type = "application/json"
    req.write(json.dumps(answer))
    return apache.OK


@contextlib.contextmanager
def transaction(dsn):
    """Committed at the end, rolled back by an exception. A connection that broke is not given back."""
    pool = _pool(dsn)
    connection = pool.getconn()
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        pool.putconn(connection, close=bool(connection.closed))


def _pool(dsn):
    """One for each child, made with its first request."""
    global _POOL
    with _POOL_LOCK:
        if _POOL is None:
            # As many as there are threads: this pool refuses rather than waits.
            _POOL = psycopg2.pool.ThreadedConnectionPool(1, 8, dsn)
        return _POOL


def balances(cursor):
    cursor.execute("SELECT owner, amount FROM account ORDER BY owner")
    return dict(cursor.fetchall())


def transfer(cursor):
    cursor.execute("UPDATE account SET amount = amount - 1 WHERE owner = 'ann'")
    cursor.execute("UPDATE account SET amount = amount + 1 WHERE owner = 'bob'")


def break_off(cursor):
    transfer(cursor)
    raise RuntimeError("before the end of the transaction")


def backend(cursor):
    cursor.execute("SELECT pg_backend_pid()")
    return cursor.fetchone()[0]


def meet(cursor):
    """A query that takes until eight of its kind run; and which process asked."""
    cursor.execute("SELECT meet(8)")
    return os.getpid()


ACTIONS = {
    "/balances": balances,
    "/transfer": transfer,
    "/break_off": break_off,
    "/backend": backend,
    "/meet": meet,
}
