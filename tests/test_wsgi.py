"""`PythonHandler mod_python.wsgi`: which application serves which URL."""

from __future__ import annotations

import ast

import pytest
from harness import site
from harness.application import DIRECTIVES, answering, application, evaluating, expect_failure
from harness.serve import Serve
from harness.written import written

_OK = "start_response('200 OK', [('Content-Type', 'text/plain')])"
_PATHS = "(environ['SCRIPT_NAME'], environ['PATH_INFO'])"


def test_an_application_of_a_directory(serve: Serve) -> None:
    """L7.1: 54. L7.3: 18. PEP 3333."""
    server = answering(
        serve,
        """
        assert environ["wsgi.input"].__class__.__name__ == "mp_request"
        assert environ["wsgi.errors"] is sys.stderr
        assert environ["wsgi.version"] == (1, 0)
        assert environ["wsgi.multithread"] in (True, False)
        assert environ["wsgi.multiprocess"] in (True, False)
        assert environ["wsgi.url_scheme"] == "http"
        assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", "/tests.py")
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "7")])
        return ["test ok"]
        """,
    )
    assert server.text("/tests.py") == "test ok"


def test_a_text_is_a_body_and_its_length_is_told(serve: Serve) -> None:
    """L7.1: 55. L7.3: 18."""
    server = answering(serve, "start_response('200 OK', [('Content-Length', '7')])\nreturn ['caf\\xe9 au']")
    answer = server.raw(b"/")
    assert answer.header("Content-Length") == b"7"
    assert answer.body == "caf\xe9 au".encode()[:7]
    server.expect_log("^MPY0978")


def test_errors_reach_the_log(serve: Serve) -> None:
    """L7.1: 56."""
    server = answering(
        serve,
        f"{_OK}\nenviron['wsgi.errors'].write('what went wrong')\nenviron['wsgi.errors'].flush()\nreturn [b'ok']",
    )
    assert server.text() == "ok"
    server.expect_log("^what went wrong$")


def test_an_application_of_a_location(serve: Serve) -> None:
    """L7.1: 57. With `module::callable`."""
    server = serve.prepare(
        None,
        server="""
        <Location /x>
            SetHandler mod_python
            PythonHandler mod_python.wsgi
            PythonPath "['{htdocs}'] + sys.path"
            PythonOption mod_python.wsgi.application base::base_app
        </Location>
        """,
    )
    (server.htdocs / "base.py").write_text(
        f"def base_app(environ, start_response):\n    {_OK}\n    return [repr({_PATHS})]\n"
    )
    server.start()
    assert server.text("/x/rest") == "('/x', '/rest')"


def test_the_status_is_the_applications(serve: Serve) -> None:
    """L7.2: 31. L7.3: 18. In 3.5 every answer went out as 200."""
    server = answering(serve, "start_response('404 Lost', [])\nreturn [b'nothing']")
    answer = server.get()
    assert (answer.status_code, answer.text) == (404, "nothing")
    assert site.HTTP2 or answer.reason_phrase == "Lost"


# --- where it is mounted ---


@pytest.mark.parametrize(
    ("base", "path", "names"),
    [
        ("/app", "/app/x", ("/app", "/x")),
        ("/app", "/app", ("/app", "")),
        ("/app", "/app/", ("/app", "/")),
        ("/a%20", "/a%2520/x", ("/a%20", "/x")),
    ],
)
def test_the_option_is_the_base_uri(serve: Serve, base: str, path: str, names: tuple[str, str]) -> None:
    server = evaluating(serve, _PATHS, directory=f"PythonOption mod_python.wsgi.base_uri {base}")
    assert ast.literal_eval(server.text(path)) == names


@pytest.mark.parametrize("path", ["/application/x", "/ap", "/APP/x", "/"])
def test_a_base_uri_ends_at_a_slash(serve: Serve, path: str) -> None:
    """L7.2: 31. In 3.5 it was any prefix. What is elsewhere is declined."""
    server = evaluating(serve, _PATHS, directory="PythonOption mod_python.wsgi.base_uri /app")
    (server.htdocs / "application").mkdir()
    (server.htdocs / "application" / "x").write_text("a file")
    assert server.get(path).text == ("a file" if path == "/application/x" else server.get("/nothing").text)
    server.expect_log("^MPY0977")
    server.tolerate_log("AH00128", "AH01276", "AH01630")


def test_a_base_uri_does_not_end_with_a_slash(serve: Serve) -> None:
    server = evaluating(serve, _PATHS, directory="PythonOption mod_python.wsgi.base_uri /app/")
    assert server.get("/app/x").status_code == 500
    expect_failure(server, "ValueError: .*base_uri must not end with '/'")


@pytest.mark.parametrize(
    ("location", "path", "names"),
    [
        ("/foo", "/foo", ("/foo", "")),
        ("/foo/", "/foo/bar", ("/foo", "/bar")),
        ("/", "/foo/bar", ("", "/foo/bar")),
        ('~ "^/f"', "/foo/bar", ("", "/foo/bar")),
    ],
)
def test_the_location_is_the_base_uri(serve: Serve, location: str, path: str, names: tuple[str, str]) -> None:
    """A pattern is none."""
    own = f"{DIRECTIVES}PythonPath \"['{{htdocs}}'] + sys.path\""
    server = serve.prepare(None, server=f"<Location {location}>\n{own}\n</Location>")
    (server.htdocs / "app.py").write_text(
        f"def application(environ, start_response):\n    {_OK}\n    return [repr({_PATHS})]\n"
    )
    server.start()
    assert ast.literal_eval(server.text(path)) == names


def test_the_option_outranks_the_location(serve: Serve) -> None:
    own = f"{DIRECTIVES}PythonOption mod_python.wsgi.base_uri /foo/bar\nPythonPath \"['{{htdocs}}'] + sys.path\""
    server = serve.prepare(None, server=f"<Location /foo>\n{own}\n</Location>")
    (server.htdocs / "app.py").write_text(
        f"def application(environ, start_response):\n    {_OK}\n    return [repr({_PATHS})]\n"
    )
    server.start()
    assert server.text("/foo/bar/x") == "('/foo/bar', '/x')"


# --- which one it is ---


def test_a_missing_option_declines(serve: Serve) -> None:
    """L7.2: 31. In 3.5 that was a KeyError."""
    server = serve(None, directory="SetHandler mod_python\nPythonHandler mod_python.wsgi")
    assert server.get("/nothing").status_code == 404
    server.expect_log("^MPY0975.*mod_python.wsgi.application")
    server.tolerate_log("AH00128")


@pytest.mark.parametrize("code", ["other = 1", "application = None", "application = []"])
def test_a_missing_or_false_application_declines(serve: Serve, code: str) -> None:
    server = application(serve, code)
    assert server.get("/nothing").status_code == 404
    server.expect_log("^MPY0976.*'app'")
    server.tolerate_log("AH00128")


def test_a_module_that_fails_is_an_error_each_time(serve: Serve) -> None:
    server = application(serve, "1 / 0")
    assert [server.get().status_code for _ in range(2)] == [500, 500]
    expect_failure(server, "ZeroDivisionError")


def test_a_missing_module_is_an_error(serve: Serve) -> None:
    server = application(serve, "", directory="PythonOption mod_python.wsgi.application not_there")
    assert server.get().status_code == 500
    expect_failure(server, "ModuleNotFoundError: No module named 'not_there'")


def test_an_option_without_a_name_is_an_error(serve: Serve) -> None:
    server = application(serve, "", directory="PythonOption mod_python.wsgi.application ::application")
    assert server.get().status_code == 500
    expect_failure(server, "ValueError: PythonOption mod_python.wsgi.application has no module")


def test_a_module_may_be_in_a_package(serve: Serve) -> None:
    server = serve.prepare(None, directory=f"{DIRECTIVES}PythonOption mod_python.wsgi.application pack.inner::run")
    (server.htdocs / "pack").mkdir()
    (server.htdocs / "pack" / "__init__.py").write_text("")
    (server.htdocs / "pack" / "inner.py").write_text(
        f"def run(environ, start_response):\n    {_OK}\n    return ['in']\n"
    )
    server.start()
    assert server.text() == "in"


def test_an_edit_shows_in_the_next_request(serve: Serve) -> None:
    server = answering(serve, f"{_OK}\nreturn ['old']")
    assert server.text() == "old"
    source = server.htdocs / "app.py"
    source.write_text(source.read_text().replace("'old'", "'quite new'"))
    assert server.text() == "quite new"


def test_an_edit_does_not_show_without_auto_reload(serve: Serve) -> None:
    server = answering(serve, f"{_OK}\nreturn ['old']", directory="PythonAutoReload Off")
    assert server.text() == "old"
    source = server.htdocs / "app.py"
    source.write_text(source.read_text().replace("'old'", "'quite new'"))
    assert server.text() == "old"


def test_two_directories_have_their_own_applications(serve: Serve) -> None:
    server = serve.prepare(
        None,
        server="\n".join(f'<Directory "{{htdocs}}/{name}">\n{DIRECTIVES}</Directory>' for name in ("one", "two")),
    )
    for name in ("one", "two"):
        (server.htdocs / name).mkdir()
        code = f"def application(environ, start_response):\n    {_OK}\n    return ['{name}']\n"
        (server.htdocs / name / "app.py").write_text(code)
    server.start()
    assert [server.text(f"/{name}/") for name in ("one", "two", "one")] == ["one", "two", "one"]


def test_a_handler_can_hand_over(serve: Serve) -> None:
    """Options that a script sets count."""
    server = written(
        serve,
        """
        from mod_python import wsgi
        req.get_options()["mod_python.wsgi.application"] = "written::application"
        return wsgi.handler(req)
        """,
    )
    with (server.htdocs / "written.py").open("a") as file:
        file.write(f"\ndef application(environ, start_response):\n    {_OK}\n    return ['handed over']\n")
    assert server.text() == "handed over"


def test_the_handler_wants_a_request(serve: Serve) -> None:
    server = written(
        serve,
        "from mod_python import wsgi\ntry:\n    wsgi.handler(7)\nexcept TypeError as error:\n    req.write(str(error))",
    )
    assert server.text() == "expected the request, not int"


def test_a_class_is_an_application(serve: Serve) -> None:
    """PEP 3333: its instances are the iterables."""
    server = application(
        serve,
        """
        class application:
            def __init__(self, environ, start_response):
                self.start_response = start_response

            def __iter__(self):
                self.start_response("200 OK", [])
                yield b"an instance"
        """,
    )
    assert server.text() == "an instance"


def test_status_is_what_server_return_says(serve: Serve) -> None:
    server = answering(serve, "raise apache.SERVER_RETURN(apache.HTTP_FORBIDDEN)")
    assert server.get().status_code == 403


def test_requests_at_once(serve: Serve) -> None:
    """Each has its own environment and answer."""
    server = answering(
        serve,
        """
        def blocks():
            for _ in range(5):
                time.sleep(0.01)
                yield environ["QUERY_STRING"].encode()
        start_response("200 OK", [("X-Query", environ["QUERY_STRING"])])
        return blocks()
        """,
        children=8 if site.MPM == "prefork" else 1,
    )
    from concurrent.futures import ThreadPoolExecutor

    server.http  # noqa: B018  (made before threads race to make it)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: server.get(f"/?{number}"), range(40)))
    assert [(answer.text, answer.headers["X-Query"]) for answer in answers] == [
        (str(number) * 5, str(number)) for number in range(40)
    ]


def test_two_interpreters_have_their_own(serve: Serve) -> None:
    server = serve.prepare(
        None,
        vhosts={
            name: f'<Directory "{{htdocs}}">\n{DIRECTIVES}PythonInterpreter {name}\n</Directory>'
            for name in ("one.test", "two.test")
        },
    )
    (server.htdocs / "app.py").write_text(
        "from mod_python import apache\ncount = 0\n"
        "def application(environ, start_response):\n    global count\n    count += 1\n"
        f"    {_OK}\n    return [f\"{{apache.interpreter}} {{count}} {{environ['SERVER_NAME']}}\"]\n"
    )
    server.start()
    hosts = ["one.test", "two.test", "one.test"]
    assert [server.text("/", host) for host in hosts] == [
        "one.test 1 one.test",
        "two.test 1 two.test",
        "one.test 2 one.test",
    ]


def test_an_application_is_loaded_once(serve: Serve) -> None:
    server = application(
        serve,
        f"""
        loaded = []
        loaded.append(os.getpid())

        def application(environ, start_response):
            {_OK}
            return [repr(len(loaded))]
        """,
    )
    assert {server.text() for _ in range(5)} == {"1"}


@pytest.mark.parametrize("name", ["app", "app.py"])
def test_a_module_may_be_a_file(serve: Serve, name: str) -> None:
    """By its path: the `<Location>` needs nothing else."""
    server = serve.prepare(
        None,
        server=f"""
        <Location /shop>
            SetHandler mod_python
            PythonHandler mod_python.wsgi
            PythonOption mod_python.wsgi.application {{root}}/spool/{name}
        </Location>
        """,
    )
    (server.spool / "app.py").write_text(
        f"def application(environ, start_response):\n    {_OK}\n    return ['a file']\n"
    )
    server.start()
    assert server.text("/shop/x") == "a file"


@pytest.mark.parametrize("name", ["none", "None", "default-handler"])
def test_a_part_of_the_site_may_be_httpds(serve: Serve, name: str) -> None:
    """`SetHandler none` below a `<Location />`."""
    own = f"{DIRECTIVES}PythonOption mod_python.wsgi.application {{root}}/spool/app.py"
    server = serve.prepare(
        None, server=f"<Location />\n{own}\n</Location>\n<Location /static>\nSetHandler {name}\n</Location>"
    )
    (server.spool / "app.py").write_text(f"def application(environ, start_response):\n    {_OK}\n    return ['app']\n")
    (server.htdocs / "static").mkdir()
    (server.htdocs / "static" / "page.txt").write_text("a page")
    server.start()
    assert (server.text("/other"), server.text("/static/page.txt")) == ("app", "a page")
