"""17. What codec a text has, in both directions; Q10 and Q11: none fails, none is one-way."""

from __future__ import annotations

import pytest
from harness.inside import Inside
from harness.serve import Serve

LATIN1 = ["uri", "path_info", "args", "user", "ap_auth_type", "content_type", "status_line"]
PATHS = ["filename", "canonical_filename"]
CONFIGURATION = ["handler"]
WRITABLE = [*LATIN1, *PATHS, *CONFIGURATION]

_EVERY_BYTE = "bytes(b for b in range(1, 256) if b not in (10, 13))"


@pytest.mark.parametrize("name", WRITABLE)
def test_any_bytes_come_back_unchanged(inside: Inside, name: str) -> None:
    """Q11. Also what is no UTF-8: set as bytes, read as str, set as that, read again."""
    codec = "'latin-1'" if name in LATIN1 else "'utf-8', 'surrogateescape'"
    source = f"""
        before = req.{name}
        every = {_EVERY_BYTE}
        req.{name} = every
        text = req.{name}
        req.{name} = text
        result = [text == req.{name}, text.encode({codec}) == every]
        req.{name} = before or ""
    """
    assert inside(source) == [True, True]


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("text", ["\\udc80", "\\ud800", "\\u20ac", "\\U0001f40d", "a\\0b"])
def test_a_text_without_bytes_is_refused_and_changes_nothing(inside: Inside, name: str, text: str) -> None:
    """A NUL never cuts; a lone surrogate or a character beyond the codec is an error, or a byte."""
    source = f"""
        before = req.{name}
        try:
            req.{name} = "{text}"
        except (TypeError, ValueError) as error:
            result = [type(error).__name__, req.{name} == before]
        else:
            result = ["set", req.{name} == "{text}"]
            req.{name} = before or ""
    """
    outcome, unchanged = inside(source)
    assert unchanged
    if "\\0" in text or "\\ud800" in text or name in LATIN1:
        assert outcome != "set"
    else:
        assert outcome == "set"


@pytest.mark.parametrize("table", ["headers_in", "headers_out", "err_headers_out", "subprocess_env", "notes"])
def test_tables_take_and_give_any_byte(inside: Inside, table: str) -> None:
    """Q10. 3.5 crashed at the first header that was no UTF-8."""
    source = f"""
        every = {_EVERY_BYTE}
        table = req.{table}
        table["x-own"] = every
        text = table["x-own"]
        table["x-own"] = text
        result = [
            text.encode("latin-1") == every, table["x-own"] == text, ("x-own", text) in table.items(),
            text in table.values(), repr(table) != "", table.get("x-own") == text,
        ]
        del table["x-own"]
    """
    assert inside(source) == [True] * 6


@pytest.mark.parametrize("table", ["headers_in", "headers_out", "err_headers_out", "subprocess_env", "notes"])
@pytest.mark.parametrize("text", ["\\udc80", "\\u20ac", "a\\0b"])
def test_tables_refuse_what_has_no_byte(inside: Inside, table: str, text: str) -> None:
    assert inside.error(f"req.{table}['x'] = '{text}'").split(":")[0] in {"TypeError", "ValueError"}
    assert inside.error(f"req.{table}['{text}'] = 'x'").split(":")[0] in {"TypeError", "ValueError"}
    assert inside(f"result = 'x' in req.{table}") is False


_DUMP = """
def handler(req):
    for name, attribute in vars(type(req)).items():
        if type(attribute).__name__ == "getset_descriptor":
            ascii(getattr(req, name))
    for table in req.headers_in, req.headers_out, req.err_headers_out, req.subprocess_env, req.notes:
        ascii(table), table.items(), table.values(), dict(table)
    req.add_cgi_vars()
    ascii(req.build_wsgi_env()["PATH_INFO"]), ascii(req.subprocess_env)
    ascii([req.get_basic_auth_pw(), req.auth_name(), req.construct_url(req.uri), req.get_remote_host()])
    req.filename = req.filename
    req.uri = req.uri
    req.path_info = req.path_info
    req.write("whole")
    return 0
"""


@pytest.mark.parametrize(
    ("target", "header"),
    [
        (b"/%ff%fe?%ff", b"X: \xff\xfe"),
        (b"/\xff/\xfe?\xff", b"Authorization: Basic /////w=="),
        (b"/%ed%a0%80", b"Cookie: \xed\xa0\x80"),
        (b"/%01%7f%c3", b"X-\x7f: x"),
        (b"/%0a%0d?%0a", b"Content-Type: \xf0\x9f"),
        (b"//..%ff/?" + b"%f0" * 500, b"User-Agent: \xc0\xaf"),
        (b"/%f0%9f%90%8d", b"Accept-Language: \xe9"),
    ],
)
def test_no_request_makes_an_attribute_fail(serve: Serve, target: bytes, header: bytes) -> None:
    """Q10, 21.9."""
    server = serve.prepare(None, directory="SetHandler mod_python\nPythonHandler dump")
    (server.htdocs / "dump.py").write_text(_DUMP)
    server.start()
    server.tolerate_log("AH")
    answer = server.raw(target, header)
    assert answer.status == 400 or b"whole" in answer.body


@pytest.mark.parametrize("target", [b"/%00", b"/a%00b"])
def test_httpd_refuses_a_nul_itself(serve: Serve, target: bytes) -> None:
    server = serve("echo", directory="SetHandler mod_python\nPythonHandler echo")
    server.tolerate_log("AH")
    assert server.raw(target).status in (400, 404)
