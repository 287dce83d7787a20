"""Keeps what belongs to a request's connection, and uses it in the next request."""

import json

from mod_python import apache

kept = []

_USES = {
    "client_ip": lambda conn: conn.client_ip,
    "notes": lambda conn: conn.notes,
    "base_server": lambda conn: conn.base_server,
    "read": lambda conn: conn.read(),
    "write": lambda conn: conn.write("x"),
    "log_error": lambda conn: conn.log_error("x"),
    "set keepalive": lambda conn: setattr(conn, "keepalive", 1),
}


def keeps(req):
    kept[:] = [req.connection, req.connection.notes, req.server, req]
    return apache.OK


def uses(req):
    conn, notes, server, request = kept
    answer = {name: _error(use, conn) for name, use in _USES.items()}
    answer["notes' content"] = _error(len, notes)
    answer["req.connection"] = _error(lambda request: request.connection, request)
    answer["req.server"] = _error(lambda request: request.server, request)
    req.write(json.dumps([answer, server.server_hostname]))
    return apache.OK


def _error(use, thing):
    try:
        use(thing)
    except Exception as error:
        return type(error).__name__
    return "nothing"
