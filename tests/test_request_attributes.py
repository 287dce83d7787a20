"""Every attribute of the request object: what it says at first, and what it takes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server

_MEMBERS = "SetHandler mod_python\nPythonHandler members"


def _members(serve: Serve, function: str = "", **config: Any) -> Server:
    directory = _MEMBERS + (f"::{function}" if function else "") + "\n" + config.pop("directory", "")
    return serve("members", directory=directory, **config)


# --- what they say ---


@pytest.mark.http1
def test_a_plain_get(serve: Serve) -> None:
    """21.7: 90 to 98, 100, 105, 107, 108, 111. A request of which nothing was changed yet."""
    server = _members(serve)
    (server.htdocs / "tests.py").write_text("")
    seen = server.json("/tests.py", host=f"main.test:{server.port}")
    assert seen["relatives"] == [None, None, None]
    assert re.match("GET /.* HTTP/1.", seen["the_request"])
    assert seen["protocol"] == seen["the_request"].split()[-1]
    assert seen["proto_num"] == 1001
    assert [seen[name] for name in ("assbackwards", "proxyreq", "header_only")] == [0, 0, 0]
    assert seen["hostname"] == "main.test"
    assert seen["request_time is now"]
    assert [seen[name] for name in ("status_line", "status", "method", "method_number")] == [None, 200, "GET", 0]
    assert seen["allowed"] == 0
    assert [seen[name] for name in ("allowed_xmethods", "allowed_methods", "content_languages")] == [[], [], []]
    assert [seen[name] for name in ("sent_bodyct", "bytes_sent", "mtime", "chunked")] == [0, 0, 0.0, 0]
    assert [seen[name] for name in ("range", "clength")] == [None, 0]
    body = ("remaining", "read_length", "read_body", "read_chunked", "expecting_100")
    assert [seen[name] for name in body] == [0, 0, 0, 0, 0]
    assert seen["phase"] == "PythonHandler"
    assert seen["interpreter"] == seen["apache.interpreter"] == "main.test"
    assert seen["handler"] == "mod_python"
    unset = ("content_encoding", "vlist_validator", "user", "ap_auth_type", "content_type", "args")
    assert [seen[name] for name in unset] == [None] * len(unset)
    assert [seen[name] for name in ("no_cache", "no_local_copy", "_content_type_set", "_bytes_queued")] == [0, 0, 0, 0]
    assert seen["unparsed_uri"] == seen["uri"] == "/tests.py"
    assert seen["filename"] == seen["document_root"] + seen["uri"]
    assert seen["canonical_filename"]
    assert seen["path_info"] == ""
    assert [seen["used_path_info"], seen["eos_sent"]] == [2, 0]


def test_the_types_are_those_of_3_5(serve: Serve) -> None:
    """7.1. Times are float, flags int, lists tuples."""
    types = _members(serve).json("/page")["types"]
    assert {types[name] for name in ("mtime",)} == {"float"}
    assert {types[name] for name in ("allowed_methods", "content_languages", "parsed_uri", "useragent_addr")} == {
        "tuple"
    }
    integers = ("status", "header_only", "_content_type_set", "clength", "read_body", "allowed", "eos_sent")
    assert {types[name] for name in integers} == {"int"}


def test_the_client_has_an_address(serve: Serve) -> None:
    """21.7: 112, 115."""
    seen = _members(serve).json("/page")
    assert seen["useragent_ip"] == "127.0.0.1"
    address, port = seen["useragent_addr"]
    assert address == "127.0.0.1"
    assert 0 < port < 65536
    assert seen["remote_host"] == ["127.0.0.1", None]


def test_the_configuration_in_effect(serve: Serve) -> None:
    """21.7: 113, 114. Q35: of several removed options that stand together none is left."""
    server = _members(
        serve,
        server="PythonOption one 1\nPythonOption two 2\nPythonOption mod_python.x 3",
        directory="""
        PythonDebug On
        PythonOption one ""
        PythonOption two
        PythonOption mod_python.x ""
        PythonOption testing 123
        """,
    )
    seen = server.json("/page")
    assert seen["config"]["PythonDebug"] == "1"
    assert seen["options"] == {"testing": "123"}


@pytest.mark.http1
def test_sending_shows(serve: Serve) -> None:
    """21.7: 97, 98. The first flushed write of unknown length starts a chunked answer."""
    before, after = _members(serve, "content").json("/page")
    assert before == [0, 0, 0]
    assert after == [1, 4, 1]


def test_head_has_headers_only(serve: Serve) -> None:
    server = serve.prepare(None, directory="SetHandler mod_python\nPythonHandler head")
    (server.htdocs / "head.py").write_text(
        "def handler(req):\n    req.headers_out['X-Seen'] = f'{req.header_only} {req.method_number}'\n    return 0\n"
    )
    server.start()
    assert server.http.head("/").headers["X-Seen"] == "1 0"


def test_parsed_uri(serve: Serve) -> None:
    """21.7: 110. (scheme, hostinfo, user, password, hostname, port, path, query, fragment)."""
    server = _members(serve)
    parts = server.json("/a/b?x=1")["parsed_uri"]
    assert len(parts) == 9
    assert parts[6:] == ["/a/b", "x=1", None]
    assert parts[:5] == [None] * 5
    assert parts[5] in (None, server.port)


def test_parsed_uri_of_an_absolute_request_target(serve: Serve) -> None:
    """7.1. RFC 9112, 3.2.2."""
    answer = _members(serve).raw(b"http://main.test:1234/p%ff?q")
    parts = '["http", "main.test:1234", null, null, "main.test", 1234, "/p\\u00ff", "q", null]'
    assert answer.status == 200
    assert f'"parsed_uri": {parts}'.encode() in answer.body


def test_a_content_language_is_a_tuple_of_str(serve: Serve) -> None:
    server = _members(serve, modules=("mime",), directory="AddLanguage de .de")
    (server.htdocs / "page.de").write_text("")
    assert server.json("/page.de")["content_languages"] == ["de"]


def test_an_extension_is_there_for_a_restricted_list_only(serve: Serve) -> None:
    """Q45. '' and None are told apart, and it belongs to the phase that runs."""
    server = serve.prepare(None, directory="SetHandler mod_python\nPythonHandler show | .py\nPythonHandler show")
    (server.htdocs / "show.py").write_text("def handler(req):\n    req.write(repr(req.extension))\n    return 0\n")
    server.start()
    assert [server.text(path) for path in ("/a.py", "/a", "/a.txt")] == ["'.py'", "''", "None"]


# --- what they take ---

READ_ONLY = [
    "the_request",
    "method",
    "method_number",
    "protocol",
    "proto_num",
    "header_only",
    "request_time",
    "unparsed_uri",
    "parsed_uri",
    "hostname",
    "useragent_ip",
    "useragent_addr",
    "range",
    "remaining",
    "read_length",
    "read_body",
    "read_chunked",
    "expecting_100",
    "_content_type_set",
    "content_encoding",
    "content_languages",
    "vlist_validator",
    "clength",
    "sent_bodyct",
    "bytes_sent",
    "_bytes_queued",
    "eos_sent",
    "mtime",
    "allowed",
    "allowed_xmethods",
    "allowed_methods",
    "headers_in",
    "headers_out",
    "err_headers_out",
    "subprocess_env",
    "notes",
    "phase",
    "hlist",
    "extension",
    "interpreter",
    "main",
    "prev",
    "next",
    "_request_rec",
]
INTEGERS = ["assbackwards", "proxyreq", "status", "chunked", "no_cache", "no_local_copy", "used_path_info"]
TEXTS = [
    "status_line",
    "content_type",
    "handler",
    "user",
    "ap_auth_type",
    "uri",
    "filename",
    "canonical_filename",
    "path_info",
    "args",
]


def test_these_are_all_attributes(inside: Inside) -> None:
    """The lists above are complete, but for what further classes add."""
    source = "result = [n for n, v in vars(type(req)).items() if type(v).__name__ == 'getset_descriptor']"
    others = {"connection", "server", "finfo", "__dict__", "__weakref__"}
    assert set(inside(source)) - others == {*READ_ONLY, *INTEGERS, *TEXTS}


@pytest.mark.parametrize("name", READ_ONLY)
def test_read_only_attributes(inside: Inside, name: str) -> None:
    assert inside.error(f"req.{name} = 1").startswith("AttributeError: ")


def test_every_attribute_has_a_docstring(inside: Inside) -> None:
    assert inside("result = [n for n, v in vars(type(req)).items() if not n.startswith('__') and not v.__doc__]") == []


@pytest.mark.parametrize("name", [*READ_ONLY, *INTEGERS, *TEXTS])
def test_nothing_built_in_can_be_deleted(inside: Inside, name: str) -> None:
    """Q23. 3.5 crashed."""
    assert inside.error(f"del req.{name}").startswith("AttributeError: ")


@pytest.mark.parametrize("name", INTEGERS)
def test_numbers_are_whole_and_fit(inside: Inside, name: str) -> None:
    """7.1. A number that does not fit is refused, not cut."""
    inside.server.tolerate_log("AH00")
    before = f"before = req.{name}\n"
    assert inside(before + f"req.{name} = 1\nresult = req.{name}\nreq.{name} = before") == 1
    assert inside(before + f"req.{name} = True\nresult = req.{name}\nreq.{name} = before") == 1
    for value in ("2**31", "-2**31 - 1", "2**80"):
        assert inside.error(f"req.{name} = {value}").startswith("OverflowError: ")
    for value in ("'1'", "1.0", "None", "b'1'"):
        assert inside.error(f"req.{name} = {value}").startswith("TypeError: ")


@pytest.mark.parametrize("name", TEXTS)
def test_none_only_where_there_may_be_nothing(inside: Inside, name: str) -> None:
    """7.1."""
    if name in ("handler", "args"):
        assert inside(f"req.{name} = None\nresult = req.{name}") is None
    else:
        assert inside.error(f"req.{name} = None").startswith("TypeError: ")


@pytest.mark.parametrize("name", ["status_line", "content_type"])
@pytest.mark.parametrize("text", ["200 a\\rb", "200 a\\nb", "200 a\\0b"])
def test_what_goes_out_in_a_line_has_no_line_end(inside: Inside, name: str, text: str) -> None:
    assert inside.error(f"req.{name} = '{text}'").startswith("ValueError: ")
    assert inside.error(f"req.{name} = b'{text}'").startswith("ValueError: ")


@pytest.mark.http1
@pytest.mark.parametrize(
    ("status", "line", "sent"),
    [(404, "404 Nothing Here", "404 Nothing Here"), (200, "404 Nothing Here", "200 OK"), (200, "strange", "200 OK")],
)
def test_the_status_line_is_sent_if_it_is_the_statuss(inside: Inside, status: int, line: str, sent: str) -> None:
    """7.1, 21.7: 95."""
    server = inside.server
    answer = server.post("/", f"req.status = {status}\nreq.status_line = '{line}'\nresult = req.status_line".encode())
    assert f"{answer.status_code} {answer.reason_phrase}" == sent
    assert answer.json()["result"] == line


def test_setting_the_content_type_shows(inside: Inside) -> None:
    """21.7: 106."""
    source = (
        "a = req._content_type_set\nreq.content_type = 'text/x'\nresult = [a, req._content_type_set, req.content_type]"
    )
    assert inside(source) == [0, 1, "text/x"]


def test_no_cache_adds_expires(inside: Inside) -> None:
    """21.2: 39."""
    assert "Expires" in inside.server.post("/", b"req.no_cache = 1").headers
    assert "Expires" not in inside.server.post("/", b"").headers


def test_tables_are_the_same_object_each_time(inside: Inside) -> None:
    names = ["headers_in", "headers_out", "err_headers_out", "subprocess_env", "notes"]
    assert inside(f"result = [getattr(req, n) is getattr(req, n) for n in {names}]") == [True] * 5


def test_notes_are_kept(inside: Inside) -> None:
    """21.7: 104."""
    source = "req.notes['testing'] = '123'\nresult = [req.notes['testing'], repr(req.notes)]"
    value, shown = inside(source)
    assert value == "123"
    assert "'testing': '123'" in shown


def test_err_headers_out_survive_an_error(serve: Serve) -> None:
    server = serve.prepare(None, directory="SetHandler mod_python\nPythonHandler fails")
    (server.htdocs / "fails.py").write_text(
        "def handler(req):\n    req.headers_out['X-Lost'] = req.err_headers_out['X-Kept'] = '1'\n    return 404\n"
    )
    server.start()
    headers = server.get("/").headers
    assert "X-Kept" in headers
    assert "X-Lost" not in headers


# --- the address for C modules ---

_POINTER = """
import ctypes
get = ctypes.pythonapi.PyCapsule_GetPointer
get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
"""


def test_the_address_is_a_capsule_without_a_name(inside: Inside) -> None:
    """7.1."""
    source = _POINTER + "c = req._request_rec\nresult = [type(c).__name__, get(c, None) > 0, c is req._request_rec]"
    assert inside(source) == ["PyCapsule", True, True]


def test_a_kept_capsule_is_revoked(inside: Inside) -> None:
    """Q43. Who keeps it longer than the request gets no address out of it."""
    assert inside("import builtins\nbuiltins.kept = req._request_rec\nresult = 1") == 1
    # httpd ends a request after the client has its answer, so the next one may come before that.
    tries = "import builtins, time\nfor _ in range(1000):\n    get(builtins.kept, None)\n    time.sleep(0.01)"
    assert inside.error(_POINTER + tries).startswith("ValueError: ")


def test_a_kept_request_has_no_attributes(inside: Inside) -> None:
    """Q43."""
    names = [name for name in [*READ_ONLY, *INTEGERS, *TEXTS] if name != "interpreter"]
    assert inside("import builtins\nbuiltins.kept = req\nresult = 1") == 1
    source = f"""
        import builtins
        result = {{}}
        for name in {names}:
            try:
                getattr(builtins.kept, name)
            except Exception as error:
                result[name] = type(error).__name__
    """
    assert inside(source) == dict.fromkeys(names, "ReferenceError")


def test_the_handler_is_what_answers(serve: Serve) -> None:
    """21.2: 38. Set and cleared by an earlier phase; also for a directory."""
    server = serve.prepare(None, directory="PythonFixupHandler chooses")
    (server.htdocs / "chooses.py").write_text(
        "def fixuphandler(req):\n"
        "    seen = [req.handler]\n"
        "    for name in 'mod_python', None, 'mod_python':\n"
        "        req.handler = name\n"
        "        seen.append(req.handler)\n"
        "    req.seen = seen\n"
        "    req.add_handler('PythonHandler', 'chooses')\n"
        "    if req.args:\n"
        "        req.handler = None\n"
        "    return 0\n\n"
        "def handler(req):\n"
        "    req.write(repr(req.seen[1:]))\n"
        "    return 0\n"
    )
    (server.htdocs / "page.txt").write_text("a file")
    server.start()
    assert server.text("/") == "['mod_python', None, 'mod_python']"
    assert server.text("/page.txt") == "['mod_python', None, 'mod_python']"
    assert server.text("/page.txt?plain") == "a file"
