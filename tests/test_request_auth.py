"""Who the client says it is."""

from __future__ import annotations

import base64

import pytest
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server

_APP = """
import json

def authenhandler(req):
    password = req.get_basic_auth_pw()
    req.seen = [password, req.user, req.ap_auth_type, req.auth_type(), req.auth_name()]
    if req.user is None:
        return 401
    return 0

def anybody(req):
    req.seen = [req.get_basic_auth_pw(), req.user, req.ap_auth_type, req.auth_type(), req.auth_name()]
    req.user = "anybody"
    return 0

def handler(req):
    req.write(json.dumps(req.seen))
    return 0
"""


def _server(serve: Serve, directives: str, authen: str = "auth", modules: tuple[str, ...] = ()) -> Server:
    lines = f"SetHandler mod_python\nPythonHandler auth\nPythonAuthenHandler {authen}\n{directives}"
    server = serve.prepare(None, modules=("authn_core", "authz_user", *modules), directory=lines)
    (server.htdocs / "auth.py").write_text(_APP)
    server.start()
    return server


def _basic(credentials: bytes) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(credentials).decode()}


_ASKED = 'AuthType Basic\nAuthName "a realm"\nRequire valid-user'


def test_basic_credentials(serve: Serve) -> None:
    """21.2: 18, 19."""
    server = _server(serve, _ASKED)
    assert server.json("/", headers=_basic(b"spam:eggs")) == ["eggs", "spam", "Basic", "Basic", "a realm"]
    assert server.get("/").status_code == 401


@pytest.mark.parametrize("password", [b"caf\xe9", b"\xff\xfe", b"", b"a:b", "grün".encode()])
def test_a_password_is_latin1_text(serve: Serve, password: bytes) -> None:
    """21.2: 20."""
    seen = _server(serve, _ASKED).json("/", headers=_basic(b"us\xe9r:" + password))
    assert seen[:2] == [password.decode("latin-1"), "us\xe9r"]


@pytest.mark.parametrize("header", ["Bearer abc", "Basic", "Basic ?", "Basic AAAA", "Basic c3BhbQ=="])
def test_strange_credentials_do_no_harm(serve: Serve, header: str) -> None:
    server = _server(serve, _ASKED)
    server.tolerate_log("AH01614")
    for _ in range(3):
        assert server.get("/", headers={"Authorization": header}).status_code in {200, 401}
    assert server.json("/", headers=_basic(b"spam:eggs"))[0] == "eggs"


def test_a_missing_header_is_noted(serve: Serve) -> None:
    """7.2. mod_auth_basic writes the note down in WWW-Authenticate (RFC 9110, 11.6.1)."""
    server = _server(serve, _ASKED, modules=("auth_basic",))
    answer = server.get("/")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="a realm"'


def test_another_kind_of_authentication_gives_no_password(serve: Serve) -> None:
    """7.2."""
    server = _server(serve, "AuthType own\nAuthName x\nRequire valid-user", "auth::anybody")
    assert server.json("/", headers=_basic(b"spam:eggs"))[:3] == [None, None, None]


def test_without_auth_name_there_is_no_password(serve: Serve) -> None:
    """7.2."""
    server = _server(serve, "AuthType Basic\nRequire valid-user", "auth::anybody")
    server.expect_log("AH00572")
    assert server.json("/", headers=_basic(b"spam:eggs"))[:3] == [None, None, None]


@pytest.mark.parametrize("name", ["Grün", "two words"])
def test_auth_name_is_the_configurations_text(serve: Serve, name: str) -> None:
    """21.2: 21."""
    server = _server(serve, f'AuthType own\nAuthName "{name}"\nRequire valid-user', "auth::anybody")
    assert server.json("/")[3:] == ["own", name]


def test_without_authentication_there_is_no_name(inside: Inside) -> None:
    assert inside("result = [req.auth_name(), req.auth_type()]") == [None, None]


def test_requires_is_gone(inside: Inside) -> None:
    """21.2: 23. httpd 2.4 has no list of requirements to show."""
    assert inside("result = hasattr(req, 'requires')") is False


def test_what_an_authentication_handler_says_is_known_in_later_phases(serve: Serve) -> None:
    """21.2: 21, 22; 21.4: 63."""
    server = serve.prepare(
        None,
        modules=("authn_core", "authz_user"),
        directory="""
            SetHandler mod_python
            PythonAuthenHandler phases
            PythonAuthzHandler phases
            PythonHandler phases
            AuthType own
            AuthName "a realm"
            Require valid-user
        """,
    )
    (server.htdocs / "phases.py").write_text(
        "import json\n\n"
        "def see(req):\n"
        "    seen = getattr(req, 'seen', [])\n"
        "    req.seen = [*seen, [req.phase, req.user, req.ap_auth_type, req.auth_type(), req.auth_name()]]\n\n"
        "def authenhandler(req):\n    see(req)\n    req.user, req.ap_auth_type = 'spam', 'eggs'\n    return 0\n\n"
        "def authzhandler(req):\n    see(req)\n    return 0\n\n"
        "def handler(req):\n    see(req)\n    req.write(json.dumps(req.seen))\n    return 0\n"
    )
    server.start()
    assert server.json("/") == [
        ["PythonAuthenHandler", None, None, "own", "a realm"],
        ["PythonAuthzHandler", "spam", "eggs", "own", "a realm"],
        ["PythonHandler", "spam", "eggs", "own", "a realm"],
    ]
