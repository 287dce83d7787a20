"""The environment of a WSGI application: RFC 3875, and PEP 3333 on top of it."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from harness import client
from harness.application import application, evaluating
from harness.serve import Serve
from harness.server import Server

_TEXTS = "{key: value for key, value in environ.items() if type(value) is str}"


def _environ(server: Server, target: bytes = b"/", *headers: bytes, method: bytes = b"GET") -> dict[str, Any]:
    answer = client.request(server.port, target, *headers, method=method)
    assert answer.status == 200, answer
    found: dict[str, Any] = ast.literal_eval(answer.body.decode())
    return found


def _texts(serve: Serve, **config: Any) -> Server:
    """Answers the entries that are text."""
    return evaluating(serve, _TEXTS, **config)


@pytest.fixture
def server(serve: Serve) -> Server:
    return _texts(serve)


def test_what_is_always_there(server: Server) -> None:
    """PEP 3333, "environ Variables"; an empty value where there is none."""
    environ = _environ(server)
    always = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "main.test",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_URI": "/",
        "REQUEST_SCHEME": "http",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_ADDR": "127.0.0.1",
        "DOCUMENT_ROOT": str(server.htdocs),
        "HTTP_HOST": "main.test",
        "wsgi.url_scheme": "http",
    }
    assert {key: environ.get(key) for key in always} == always
    # That of UseCanonicalName Off: what the client's Host header means.
    assert environ["SERVER_PORT"] == "80"
    assert environ["REMOTE_PORT"].isdigit()
    assert "Python" in environ["SERVER_SOFTWARE"]


@pytest.mark.parametrize(
    ("config", "target", "headers"),
    [
        ({}, b"/a%20b/c?x=1&y", ()),
        ({}, b"/", (b"Cookie: a=b", b"User-Agent: test", b"X-Own-Header: 1", b"Accept: */*", b"accept-language: de")),
        ({"directory": "SetEnv OWN value\nSetEnv SERVER_NAME faked\nSetEnv PATH /own", "modules": ("env",)}, b"/", ()),
        ({"server": "ServerSignature EMail\nServerAdmin who@main.test\nUseCanonicalName On"}, b"/", ()),
        ({"server": "HostnameLookups On"}, b"/", ()),
        ({"server": "UseCanonicalName DNS"}, b"/", ()),
    ],
)
def test_the_variables_are_those_of_cgi(
    serve: Serve, config: dict[str, Any], target: bytes, headers: tuple[bytes, ...]
) -> None:
    """What httpd gives to programs, and nothing else but PATH_INFO where it is empty."""
    server = application(
        serve,
        """
        def application(environ, start_response):
            req = environ["wsgi.input"]
            req.add_cgi_vars()
            mine = {key: value for key, value in environ.items() if not key.startswith("wsgi.")}
            theirs = {key: value for key, value in req.subprocess_env.items() if value is not None}
            start_response("200 OK", [])
            return [ascii((mine, theirs))]
        """,
        **config,
    )
    for _ in range(2):
        answer = client.request(server.port, target, *headers)
        mine, theirs = ast.literal_eval(answer.body.decode())
        assert mine == theirs


def test_values_are_native_strings(serve: Serve) -> None:
    """PEP 3333: bytes as ISO-8859-1."""
    environ = _environ(_texts(serve), b"/caf%c3%a9/%ff?caf\xc3\xa9", b"X-Own: \xff\x80")
    assert environ["PATH_INFO"].encode("latin-1") == b"/caf\xc3\xa9/\xff"
    assert environ["QUERY_STRING"].encode("latin-1") == b"caf\xc3\xa9"
    assert environ["HTTP_X_OWN"] == "\xff\x80"


def test_nothing_of_another_request_is_left(server: Server) -> None:
    first = _environ(server, b"/one?secret", b"Cookie: secret", b"Authorization: Basic secret", b"X-Only: secret")
    assert list(first.values()).count("secret") == 3
    second = _environ(server, b"/two")
    assert "secret" not in repr(second)
    assert set(first) - set(second) == {"HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_X_ONLY"}


def test_an_application_may_change_its_environment(serve: Serve) -> None:
    server = evaluating(serve, "(environ.pop('SERVER_NAME'), environ.setdefault('own', 1), environ.clear())")
    assert [server.text() for _ in range(3)] == ["('main.test', 1, None)"] * 3


def test_the_environment_is_a_dict(serve: Serve) -> None:
    """PEP 3333: not a subclass, whose keys are all str."""
    expression = "(type(environ) is dict, {type(key) for key in environ} == {str})"
    assert evaluating(serve, expression).text() == "(True, True)"


# --- headers ---


def test_names_with_other_characters_are_dropped(server: Server) -> None:
    """`X_Own` could pass for `X-Own`, which a proxy may have checked."""
    for header in (b"X_Own: 1", b"X.Own: 1", b"X!Own: 1", b"X-Own_: 1"):
        assert not [key for key in _environ(server, b"/", header) if "OWN" in key]


def test_a_header_cannot_pass_for_another(server: Server) -> None:
    assert _environ(server, b"/", b"X_Own: false", b"X-Own: true", b"x_own: false")["HTTP_X_OWN"] == "true"


def test_repeated_headers_are_joined(server: Server) -> None:
    assert _environ(server, b"/", b"X-Own: 1", b"x-own: 2", b"X-OWN: 3")["HTTP_X_OWN"] == "1, 2, 3"


def test_proxy_is_no_variable(server: Server) -> None:
    """CVE-2016-5387: programs take HTTP_PROXY for a setting of theirs."""
    environ = _environ(server, b"/", b"Proxy: http://evil", b"Proxy-Authorization: Basic x")
    assert not [key for key in environ if "PROXY" in key]


def test_the_types_of_bodies_have_no_prefix(serve: Serve) -> None:
    server = _texts(serve)
    environ = _environ(server, b"/", b"content-type: text/x", b"Content-Length: 0", method=b"POST")
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/x", "0")
    assert not [key for key in environ if key.startswith("HTTP_CONTENT")]


def test_a_chunked_body_has_no_length(server: Server) -> None:
    assert "CONTENT_LENGTH" not in _environ(server, b"/", b"Transfer-Encoding: chunked", b"", b"0", method=b"POST")


def test_credentials_are_given(server: Server) -> None:
    assert _environ(server, b"/", b"Authorization: Bearer x")["HTTP_AUTHORIZATION"] == "Bearer x"


def test_many_different_headers(server: Server) -> None:
    """More names than are kept."""
    for start in range(0, 400, 50):
        names = [b"X-Own-%d: %d" % (number, number) for number in range(start, start + 50)]
        environ = _environ(server, b"/", *names)
        assert [environ[f"HTTP_X_OWN_{number}"] for number in range(start, start + 50)] == [
            str(number) for number in range(start, start + 50)
        ]


# --- who, and how ---


def test_the_user_that_httpd_knows(serve: Serve) -> None:
    server = _texts(serve, directory="PythonAuthenHandler login\nAuthType Basic\nAuthName x\nRequire valid-user",
                    modules=("authn_core", "authz_user"))  # fmt: skip
    (server.htdocs / "login.py").write_text(
        "def authenhandler(req):\n    req.get_basic_auth_pw()\n    req.user = 'caf\\xe9'\n    return 0\n"
    )
    environ = _environ(server, b"/", b"Authorization: Basic YTpi")
    assert (environ["REMOTE_USER"], environ["AUTH_TYPE"]) == ("caf\xe9", "Basic")


def test_without_a_user_there_is_none(server: Server) -> None:
    assert not {"REMOTE_USER", "AUTH_TYPE"} & set(_environ(server, b"/", b"Authorization: Basic YTpi"))


@pytest.mark.parametrize(("value", "scheme"), [("on", "https"), ("1", "https"), ("off", "http"), ("", "http")])
def test_the_scheme_is_what_https_says(serve: Serve, value: str, scheme: str) -> None:
    server = _texts(serve, directory=f'SetEnv HTTPS "{value}"', modules=("env",))
    assert _environ(server)["wsgi.url_scheme"] == scheme


def test_a_redirect_tells_where_it_came_from(serve: Serve) -> None:
    server = _texts(serve, server="ErrorDocument 404 /app\n<Location /lost>\nRedirect 404 /lost\n</Location>",
                    modules=("alias",))  # fmt: skip
    answer = client.request(server.port, b"/lost?x")
    environ = ast.literal_eval(answer.body.decode())
    assert (environ["REDIRECT_URL"], environ["REDIRECT_QUERY_STRING"]) == ("/lost", "x")
    assert (environ["REDIRECT_STATUS"], environ["PATH_INFO"]) == ("404", "/app")


@pytest.mark.parametrize("allow", ["On", "NoDecode"])
def test_an_encoded_slash_is_what_httpd_makes_of_it(serve: Serve, allow: str) -> None:
    path = _environ(_texts(serve, server=f"AllowEncodedSlashes {allow}"), b"/a%2Fb")["PATH_INFO"]
    assert path == {"On": "/a/b", "NoDecode": "/a%2Fb"}[allow]


def test_an_encoded_nul_does_not_get_here(server: Server) -> None:
    assert client.request(server.port, b"/a%00b").status in (400, 404)


def test_what_pep_3333_adds(serve: Serve) -> None:
    from harness import site

    names = ("version", "multithread", "multiprocess", "run_once", "input_terminated")
    server = evaluating(serve, f"[environ['wsgi.' + name] for name in {names}]")
    assert ast.literal_eval(server.text()) == [(1, 0), site.MPM != "prefork", True, False, True]


def test_stderr_is_that_of_the_moment(serve: Serve) -> None:
    server = evaluating(serve, "(environ['wsgi.errors'] is sys.stderr, setattr(sys, 'stderr', sys.stdout))")
    assert [server.text() for _ in range(2)] == ["(True, None)"] * 2
