"""The variables of CGI, and what WSGI makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server

_MEMBERS = "SetHandler mod_python\nPythonHandler members::"


def _members(serve: Serve, function: str, **config: Any) -> Server:
    config["directory"] = _MEMBERS + function + "\n" + config.get("directory", "")
    return serve("members", **config)


# --- CGI ---


def test_each_adds_to_the_table(serve: Serve) -> None:
    """21.7: 102, 103."""
    sizes, env = _members(serve, "environment").json("/page/more?a=b")
    assert sizes[0] < sizes[1] < sizes[2]
    assert "Python" in env["SERVER_SOFTWARE"]


@pytest.mark.http1
def test_the_variables_of_cgi(serve: Serve) -> None:
    """7.2. REQUEST_URI is the path only, and nothing looks for PATH_TRANSLATED."""
    server = serve.prepare("members", directory=_MEMBERS + "environment")
    (server.htdocs / "page").write_text("")
    server.start()
    _, env = server.json("/page/m%6fre?a=b")
    wanted = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": "a=b",
        "REQUEST_URI": "/page/more",
        "SCRIPT_NAME": "/page",
        "PATH_INFO": "/more",
        "SCRIPT_FILENAME": f"{server.htdocs}/page",
        "REMOTE_ADDR": "127.0.0.1",
    }
    assert {name: env.get(name) for name in wanted} == wanted
    assert "PATH_TRANSLATED" not in env
    _, env = server.json("/page")
    assert (env["SCRIPT_NAME"], env["QUERY_STRING"]) == ("/page", "")
    assert "PATH_INFO" not in env


def test_a_variable_without_value(serve: Serve) -> None:
    """10.2, 21.4: 57. httpd itself stores NULL, before it knows the file."""
    server = serve.prepare(
        "members", server="PythonPath \"['{htdocs}'] + sys.path\"\nPythonPostReadRequestHandler members::early"
    )
    server.start()
    assert server.json("/") == {
        "subscript": None,
        "get": "default",
        "in": False,
        "in values": True,
        "in items": True,
        "in repr": True,
        "mine": "1",
    }


def test_none_cannot_be_stored(inside: Inside) -> None:
    """10.2."""
    assert inside.error("req.subprocess_env['X'] = None").startswith("TypeError: ")


def test_what_scripts_store_other_modules_see(serve: Serve) -> None:
    """By way of mod_include's `echo`."""
    server = serve.prepare(
        None,
        modules=("include", "mime"),
        directory="Options +Includes\nAddOutputFilter INCLUDES .shtml\nPythonFixupHandler sets",
    )
    (server.htdocs / "page.shtml").write_text('<!--#echo var="OWN" encoding="none" -->')
    (server.htdocs / "sets.py").write_text(
        "def fixuphandler(req):\n    req.subprocess_env['OWN'] = 'caf\\xe9'\n    return 0\n"
    )
    server.start()
    assert server.get("/page.shtml").content == b"caf\xe9"


# --- WSGI ---


def test_the_environment_of_wsgi(serve: Serve) -> None:
    """21.4: 71, 7.2. Q38: run_once is there, and every value is a str."""
    server = _members(serve, "wsgi")
    env = server.json("/tests.py?q", headers={"Authorization": "Basic abc"})
    assert (env["SCRIPT_NAME"], env["PATH_INFO"], env["req.path_info"]) == ("", "/tests.py", "/tests.py")
    assert (env["QUERY_STRING"], env["REQUEST_METHOD"]) == ("q", "GET")
    assert env["same input"]
    assert env["same errors"]
    assert env["wsgi.version"] == [1, 0]
    assert env["wsgi.url_scheme"] == "http"
    assert env["wsgi.run_once"] is False
    assert env["wsgi.multiprocess"] is True
    assert env["HTTP_AUTHORIZATION"] == "Basic abc"
    assert env["kinds"] == ["str"]


def test_what_an_application_says_reaches_the_log_and_the_client(serve: Serve) -> None:
    """21.4: 71. Of a body, str is taken too."""
    server = serve.prepare(None, directory="SetHandler mod_python\nPythonHandler says")
    (server.htdocs / "says.py").write_text(
        "def handler(req):\n"
        "    env = req.build_wsgi_env()\n"
        "    write = req.wsgi_start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    env['wsgi.errors'].write('what went wrong\\n')\n"
        "    write('a body')\n"
        "    return 0\n"
    )
    server.start()
    server.expect_log("^what went wrong$")
    assert server.text() == "a body"


def test_threads_are_what_the_mpm_has(serve: Serve) -> None:
    from harness import site

    assert _members(serve, "wsgi").json("/")["wsgi.multithread"] is (site.MPM != "prefork")


@pytest.mark.parametrize(
    ("location", "path", "names"),
    [
        ("/foo", "/foo/bar", ("/foo", "/bar")),
        ("/foo", "/foo", ("/foo", "")),
        ("/foo/", "/foo/bar", ("/foo", "/bar")),
        ("/", "/foo/bar", ("", "/foo/bar")),
        ('~ "^/f"', "/foo/bar", ("", "/foo/bar")),
    ],
)
def test_a_location_is_the_base_uri(serve: Serve, location: str, path: str, names: tuple[str, str]) -> None:
    """21.4: 72. A pattern is none."""
    server = serve(
        "members",
        server=f"""
        <Location {location}>
            SetHandler mod_python
            PythonHandler members::wsgi
            PythonPath "['{{htdocs}}'] + sys.path"
        </Location>
        """,
    )
    env = server.json(path)
    assert (env["SCRIPT_NAME"], env["PATH_INFO"]) == names
    # SCRIPT_FILENAME is NULL here.
    assert env["kinds"] == ["str"]


@pytest.mark.parametrize(
    ("base", "path", "names"),
    [
        ("/app", "/app/x", ("/app", "/x")),
        ("/app", "/app", ("/app", "")),
        ("/app", "/apple", None),
        ("/app", "/other", None),
        ("/a%20", "/a%2520/x", ("/a%20", "/x")),
    ],
)
def test_an_option_names_the_base_uri(serve: Serve, base: str, path: str, names: tuple[str, str] | None) -> None:
    """7.2. None is the answer for what is not below it."""
    env = _members(serve, "wsgi", directory=f"PythonOption mod_python.wsgi.base_uri {base}").json(path)
    assert (env and (env["SCRIPT_NAME"], env["PATH_INFO"])) == names


def test_a_base_uri_does_not_end_with_a_slash(inside: Inside) -> None:
    """7.2."""
    source = "req.get_options()['mod_python.wsgi.base_uri'] = '/x/'\nreq.build_wsgi_env()"
    assert inside.error(source).startswith("ValueError: ")


def test_a_path_keeps_its_bytes(serve: Serve) -> None:
    """PEP 3333: native strings are ISO-8859-1. Q11."""
    env = _members(serve, "wsgi").json("/caf%c3%a9/%ff")
    assert env["PATH_INFO"].encode("latin-1") == b"/caf\xc3\xa9/\xff"


# --- start_response ---


def _answer(serve: Serve, code: str, **config: Any) -> Any:
    config["directory"] = "SetHandler mod_python\nPythonHandler answers\n" + config.get("directory", "")
    server = serve.prepare(None, **config)
    lines = "\n".join(f"    {line}" for line in code.splitlines())
    (server.htdocs / "answers.py").write_text(f"import sys\n\ndef handler(req):\n{lines}\n    return 0\n")
    server.start()
    return server.get("/answers.py")


@pytest.mark.http1
def test_start_response_begins_the_answer(serve: Serve) -> None:
    """Q38. Status and content type arrive, whatever mod_mime thinks."""
    answer = _answer(
        serve,
        "write = req.wsgi_start_response('404 Lost', [('Content-Type', 'text/x'), ('X-A', '1'), ('X-A', '2')])\n"
        "write(b'body')",
        modules=("mime",),
        directory="AddType text/other .py",
    )
    assert (answer.status_code, answer.reason_phrase, answer.text) == (404, "Lost", "body")
    assert answer.headers["Content-Type"] == "text/x"
    assert answer.headers.get_list("X-A") == ["1", "2"]


def test_an_error_replaces_what_was_begun(serve: Serve) -> None:
    """PEP 3333, `exc_info`."""
    answer = _answer(
        serve,
        "req.wsgi_start_response('200 OK', [('X-Old', '1'), ('Content-Length', '99')])\n"
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n"
        "    req.wsgi_start_response('500 Oops', [('X-New', '1')], sys.exc_info())\n"
        "req.write('sorry')",
    )
    assert (answer.status_code, answer.text) == (500, "sorry")
    assert "X-New" in answer.headers
    assert "X-Old" not in answer.headers


def test_an_error_after_the_headers_is_raised_again(serve: Serve) -> None:
    """PEP 3333, `exc_info`."""
    answer = _answer(
        serve,
        "req.wsgi_start_response('200 OK', [])('begun ')\n"
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n"
        "    try:\n        req.wsgi_start_response('500 Oops', [], sys.exc_info())\n"
        "    except ZeroDivisionError:\n        req.write('raised')",
    )
    assert (answer.status_code, answer.text) == (200, "begun raised")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("'200 OK', ()", "TypeError"),
        ("'200 OK', [['a', 'b']]", "TypeError"),
        ("'200 OK', [('a',)]", "TypeError"),
        ("'200 OK', [('a', 7)]", "TypeError"),
        ("'200 OK', [('a', 'b\\r\\nc: d')]", "ValueError"),
        ("'200 OK\\n', []", "ValueError"),
        ("'OK', []", "ValueError"),
        ("'99 Low', []", "ValueError"),
        ("'600 High', []", "ValueError"),
        ("'', []", "ValueError"),
        ("'2000', []", "ValueError"),
        ("'200x', []", "ValueError"),
        ("200, []", "TypeError"),
        ("'200 OK'", "TypeError"),
    ],
)
def test_start_response_refuses_what_is_none(inside: Inside, arguments: str, error: str) -> None:
    """7.2. Nothing of a refused answer is set."""
    assert inside.error(f"req.wsgi_start_response({arguments})").startswith(f"{error}: ")
    source = f"""
        try:
            req.wsgi_start_response({arguments})
        except Exception:
            result = [req.status, req.status_line, req.headers_out.get('a')]
    """
    assert inside(source) == [200, None, None]
