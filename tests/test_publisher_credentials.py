"""Who the client says it is, and what it is told (mod_python.publisher)."""

from __future__ import annotations

import base64
import textwrap

import pytest
from harness.modules import write
from harness.serve import Serve
from harness.server import Server

PUBLISHER = "SetHandler mod_python\nPythonHandler mod_python.publisher"


def _publishing(serve: Serve, source: str) -> Server:
    server = serve.prepare(directory=PUBLISHER)
    write(server, index=textwrap.dedent(source))
    server.start()
    return server


def _basic(user: str, password: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_the_challenge_names_the_realm(serve: Serve) -> None:
    """L7.2: 24. One spelling, whether there were credentials or not."""
    source = """
        def index():
            __auth__ = {'ann': 'secret'}
        def named():
            __auth__ = {'ann': 'secret'}
            __auth_realm__ = 'A "b" \\\\ \\u20ac'
    """
    server = _publishing(serve, source)
    for header in (b"X: y", b"Authorization: Basic YW5uOng="):
        assert server.raw(b"/", header).header("WWW-Authenticate") == b'Basic realm="unknown"'
    expected = 'Basic realm="A \\"b\\" \\\\ \u20ac"'.encode()
    assert server.raw(b"/named").header("WWW-Authenticate") == expected


def test_the_realm_is_inherited(serve: Serve) -> None:
    source = """
        __auth_realm__ = 'outer'
        def index():
            __auth__ = 0
        class C:
            __auth_realm__ = 'inner'
            def method(self):
                __auth__ = 0
        c = C()
    """
    server = _publishing(serve, source)
    assert server.get("/").headers["WWW-Authenticate"] == 'Basic realm="outer"'
    assert server.get("/c/method").headers["WWW-Authenticate"] == 'Basic realm="inner"'


def test_credentials_that_cannot_be_read_are_400_where_they_matter(serve: Serve) -> None:
    source = "def index():\n    __auth__ = 1\n    return 'yes'\ndef access():\n    __access__ = 1\n    return 'yes'\n"
    server = _publishing(serve, source)
    values = [
        "Basic !",
        "Basic ",
        "Basic YW5u",
        "Basic /w==",
        "Basic YW5uOnNlY3JldA",
        "Basic YW5uOnNlY3JldA== x",
        "basic",
    ]
    for value in values:
        for path in ("/", "/access"):
            assert server.raw(path.encode(), b"Authorization: " + value.encode()).status == 400, value
    assert server.raw(b"/", b"Authorization: Basic \xff\xfe").status == 400


def test_other_schemes_are_no_credentials(serve: Serve) -> None:
    """L7.2: 24."""
    source = "def index():\n    __auth__ = 1\n    return 'yes'\ndef access():\n    __access__ = 1\n    return 'yes'\n"
    server = _publishing(serve, source)
    for value in ('Digest username="ann"', "Bearer YW5uOnNlY3JldA==", "Basics YW5uOnNlY3JldA==", "Negotiate"):
        assert server.get("/", headers={"Authorization": value}).status_code == 401
        assert server.get("/access", headers={"Authorization": value}).status_code == 200


def test_passwords_may_have_colons_and_any_letters(serve: Serve) -> None:
    source = """
        def index():
            __auth__ = {'\\u00e4nn': 'a:b:\\u20ac', '': 'empty'}
            return 'yes'
        def seen():
            def __auth__(req, user, password):
                req.write(repr((user, password)))
                return True
    """
    server = _publishing(serve, source)
    assert server.get("/", headers=_basic("änn", "a:b:€")).status_code == 200
    assert server.get("/", headers=_basic("änn", "a")).status_code == 401
    # Nobody has an empty name.
    assert server.get("/", headers=_basic("", "empty")).status_code == 401
    assert server.text("/seen", headers=_basic("a\x00b", "")) == "('a\\x00b', '')"
    assert server.text("/seen", headers={"Authorization": "bAsIc  YTpi"}) == "('a', 'b')"


def test_access_alone_sees_the_user_that_the_client_names(serve: Serve) -> None:
    source = """
        def index(req):
            def __access__(req, user):
                req.write(repr(user))
                return True
    """
    server = _publishing(serve, source)
    assert server.text("/") == "None"
    assert server.text("/", headers=_basic("ann")) == "'ann'"


def test_authentication_comes_before_access(serve: Serve) -> None:
    source = """
        def index(req):
            def __access__(req, user):
                raise RuntimeError("asked too early")
            def __auth__(req, user, password):
                return False
    """
    server = _publishing(serve, source)
    assert server.get("/").status_code == 401
    assert server.get("/", headers=_basic("ann", "secret")).status_code == 401


def test_what_raises_in_a_protection_is_an_error(serve: Serve) -> None:
    source = """
        from mod_python import apache
        def index(req):
            def __auth__(req, user, password):
                raise RuntimeError("on purpose")
        def own(req):
            def __access__(req, user):
                raise apache.SERVER_RETURN(apache.HTTP_GONE)
    """
    server = _publishing(serve, source)
    server.expect_log("on purpose")
    server.tolerate_log(".")
    assert server.get("/", headers=_basic("ann")).status_code == 500
    assert server.get("/own").status_code == 410


def test_the_body_of_a_protected_function_is_not_read_before(serve: Serve) -> None:
    source = "def index():\n    __access__ = 0\n"
    server = _publishing(serve, source)
    assert server.post("/", b"x", headers={"Content-Type": "text/unknown"}).status_code == 403


def test_the_realm_of_a_module_may_hold_no_line_breaks(serve: Serve) -> None:
    server = _publishing(serve, "__auth__ = 0\n__auth_realm__ = 'a\\r\\nX: y'\ndef index(): pass\n")
    server.expect_log("ValueError")
    server.tolerate_log(".")
    answer = server.get("/")
    assert (answer.status_code, "X" in answer.headers) == (500, False)


@pytest.mark.parametrize("level", ["module", "function"])
def test_the_publishers_functions_can_be_used_by_handlers(serve: Serve, level: str) -> None:
    """`process_auth`, `resolve_object` and `publish_object` as 3.5 had them."""
    server = serve.prepare(directory="SetHandler mod_python\nPythonHandler own")
    write(
        server,
        own="""
        import sys
        from mod_python import apache, publisher
        def hello(req, name='nobody'): return f'hello {name}'
        def closed(req):
            __access__ = 0
        def handler(req):
            module = sys.modules[__name__]
            realm, user, passwd = publisher.process_auth(req, module)
            assert (realm, user, passwd) == ('unknown', None, None)
            found = publisher.resolve_object(req, module, req.uri[1:], realm, user, passwd)
            assert publisher.publish_object(req, found) is True
            assert publisher.publish_object(req, None) is False
            return apache.OK
        """,
    )
    server.start()
    if level == "module":
        assert server.text("/hello?name=ann") == "hello ann"
    else:
        assert server.get("/closed").status_code == 403
