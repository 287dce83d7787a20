"""`mod_python.util.redirect`."""

from __future__ import annotations

import pytest
from harness import client
from harness.serve import Serve
from harness.server import Server

_HANDLERS = """
from urllib.parse import unquote
from mod_python import apache, util

def fixuphandler(req):
    eval(unquote(req.args), {"req": req, "util": util})

def handler(req):
    req.content_type = "text/plain"
    req.write("the content handler")
    return apache.OK
"""


@pytest.fixture
def server(serve: Serve) -> Server:
    server = serve.prepare(
        directory="SetHandler mod_python\nPythonFixupHandler redirects\nPythonHandler redirects",
        late="ErrorDocument 302 /error",
    )
    (server.htdocs / "redirects.py").write_text(_HANDLERS)
    server.start()
    return server


def _redirect(server: Server, call: str) -> client.RawResponse:
    target = "".join(f"%{byte:02x}" for byte in call.encode())
    return client.request(server.port, f"/?{target}".encode())


pytestmark = pytest.mark.http1


def test_a_redirect_ends_the_request_in_any_phase(server: Server) -> None:
    """L7.1: 10-12. L7.3: 20."""
    answer = _redirect(server, "util.redirect(req, location='next?a=1', text='over there')")
    assert (answer.status, answer.header("Location"), answer.body) == (302, b"next?a=1", b"over there")


def test_a_permanent_redirect(server: Server) -> None:
    assert _redirect(server, "util.redirect(req, 'http://other.test/', 1)").status == 301


def test_an_empty_text_is_a_text(server: Server) -> None:
    answer = _redirect(server, "util.redirect(req, '/x', text='')")
    assert (answer.status, answer.header("Location"), answer.body) == (302, b"/x", b"")


def test_the_page_is_escaped(server: Server) -> None:
    """L7.2: 7."""
    answer = _redirect(server, """util.redirect(req, '/?a="<b>&c')""")
    assert answer.header("Location") == b'/?a="<b>&c'
    assert b'<a href="/?a=&quot;&lt;b&gt;&amp;c">' in answer.body
    assert b"<b>" not in answer.body
    assert answer.header("Content-Type") == b"text/html; charset=UTF-8"


def test_a_type_that_was_chosen_stays(server: Server) -> None:
    """L7.2: 7."""
    answer = _redirect(server, "[setattr(req, 'content_type', 'text/x'), util.redirect(req, '/x')]")
    assert answer.header("Content-Type") == b"text/x"


def test_a_location_beyond_headers_is_encoded(server: Server) -> None:
    """What ISO-8859-1 holds is sent as it is."""
    assert _redirect(server, r"util.redirect(req, '/\xe9')").header("Location") == b"/\xe9"
    answer = _redirect(server, r"util.redirect(req, '/\xe9\u20ac\udcff?a=b%20c#d')")
    assert answer.header("Location") == b"/%C3%A9%E2%82%AC%FF?a=b%20c#d"
    assert answer.status == 302


def test_a_location_has_no_line_ends(server: Server) -> None:
    """L7.2: 7."""
    server.expect_log("^MPY0303", "^PythonFixupHandler ", "ValueError: the location must not have CR, LF or NUL")
    for location in ("/\r\nX: y", "/\n", "/\0", "\r"):
        answer = _redirect(server, f"util.redirect(req, {location!r})")
        assert (answer.status, answer.header("Location"), answer.header("X")) == (500, None, None)


def test_a_location_is_str(server: Server) -> None:
    server.expect_log("^MPY0303", "^PythonFixupHandler ", "TypeError: the location must be str, not bytes")
    assert _redirect(server, "util.redirect(req, b'/')").status == 500


def test_it_is_too_late_once_the_answer_has_begun(server: Server) -> None:
    server.expect_log("^MPY0303", "^PythonFixupHandler ", "OSError: cannot redirect: the answer has begun")
    answer = _redirect(server, "[req.write('begun'), util.redirect(req, '/')]")
    assert (answer.status, answer.header("Location")) == (200, None)
