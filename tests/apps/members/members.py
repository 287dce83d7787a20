"""What the request says of itself, as JSON."""

import json
import time

from mod_python import apache

_PLAIN = [
    "the_request",
    "assbackwards",
    "proxyreq",
    "header_only",
    "protocol",
    "proto_num",
    "hostname",
    "status_line",
    "status",
    "method",
    "method_number",
    "allowed",
    "allowed_xmethods",
    "allowed_methods",
    "sent_bodyct",
    "bytes_sent",
    "mtime",
    "chunked",
    "range",
    "clength",
    "remaining",
    "read_length",
    "read_body",
    "read_chunked",
    "expecting_100",
    "phase",
    "interpreter",
    "content_type",
    "_content_type_set",
    "content_languages",
    "content_encoding",
    "vlist_validator",
    "handler",
    "user",
    "ap_auth_type",
    "no_cache",
    "no_local_copy",
    "unparsed_uri",
    "uri",
    "filename",
    "canonical_filename",
    "path_info",
    "args",
    "parsed_uri",
    "used_path_info",
    "eos_sent",
    "useragent_addr",
    "useragent_ip",
    "extension",
    "_bytes_queued",
]


def handler(req):
    answer = {name: getattr(req, name) for name in _PLAIN}
    answer["types"] = {name: type(getattr(req, name)).__name__ for name in _PLAIN}
    answer["relatives"] = [req.next, req.prev, req.main]
    answer["request_time is now"] = abs(time.time() - req.request_time) < 10
    answer["document_root"] = req.document_root()
    answer["apache.interpreter"] = apache.interpreter
    answer["remote_host"] = [req.get_remote_host(), req.get_remote_host(0)]
    answer["config"] = dict(req.get_config())
    answer["options"] = dict(req.get_options())
    req.write(json.dumps(answer))
    return apache.OK


def content(req):
    """What changes while the answer is sent."""
    before = [req.sent_bodyct, req.bytes_sent, req.chunked]
    req.write("    ")
    after = [req.sent_bodyct, req.bytes_sent, req.chunked]
    req.write(json.dumps([before, after]))
    return apache.OK


def environment(req):
    """How the tables grow."""
    sizes = [len(req.subprocess_env)]
    req.add_common_vars()
    sizes.append(len(req.subprocess_env))
    req.add_cgi_vars()
    sizes.append(len(req.subprocess_env))
    req.write(json.dumps([sizes, dict(req.subprocess_env)]))
    return apache.OK


def early(req):
    """PythonPostReadRequestHandler: there is no file yet."""
    req.add_common_vars()
    env = req.subprocess_env
    env["MINE"] = "1"
    seen = {
        "subscript": env["SCRIPT_FILENAME"],
        "get": env.get("SCRIPT_FILENAME", "default"),
        "in": "SCRIPT_FILENAME" in env,
        "in values": None in env.values(),
        "in items": ("SCRIPT_FILENAME", None) in env.items(),
        "in repr": "'SCRIPT_FILENAME': None" in str(env),
        "mine": env["MINE"],
    }
    req.write(json.dumps(seen))
    return apache.DONE


def wsgi(req):
    env = req.build_wsgi_env()
    if env is None:
        req.write("null")
        return apache.OK
    answer = {key: value for key, value in env.items() if isinstance(value, (str, bool))}
    answer["same input"] = env["wsgi.input"] is req
    answer["same errors"] = env["wsgi.errors"] is __import__("sys").stderr
    answer["wsgi.version"] = env["wsgi.version"]
    answer["kinds"] = sorted({type(value).__name__ for key, value in env.items() if not key.startswith("wsgi.")})
    answer["req.path_info"] = req.path_info
    req.write(json.dumps(answer))
    return apache.OK
