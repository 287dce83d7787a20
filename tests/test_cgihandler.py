"""`mod_python.cgihandler`: scripts that were written for CGI."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from harness.client import Conversation
from harness.serve import Serve
from harness.server import Server
from harness.wait import until

CGI = "SetHandler mod_python\nPythonHandler mod_python.cgihandler"

TRACEBACK = "^PythonHandler mod_python.cgihandler: "

Run = Callable[..., httpx.Response]


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve("cgi", directory=CGI)


@pytest.fixture
def run(server: Server) -> Run:
    """The answer of a script with the given text."""

    def run(source: str, query: str = "", body: bytes | None = None, **options: Any) -> httpx.Response:
        (server.htdocs / "script.py").write_text(textwrap.dedent(source))
        path = f"/script.py{query}"
        return server.get(path, **options) if body is None else server.post(path, body, **options)

    return run


def _facts(run: Run, source: str, *arguments: Any, **options: Any) -> Any:
    """What the script leaves in `result`."""
    printed = (
        textwrap.dedent(source) + "\nimport json\nprint('Content-Type: text/plain\\n')\nprint(json.dumps(result))\n"
    )
    answer = run(printed, *arguments, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- the answer ---


def test_headers_an_empty_line_and_text(server: Server) -> None:
    """L7.1: 53. L7.2: 30."""
    answer = server.get("/hello.py")
    assert (answer.text, answer.headers["content-type"]) == ("Hello, CGI!\n", "text/plain")


def test_headers_of_all_kinds(run: Run) -> None:
    answer = run(r"""
        import sys
        sys.stdout.write("Status: 404 Not here\r\nContent-type: text/html\r\nX-One: 1\r\nX-One: 2\r\n\r\nbody\n\nmore")
    """)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (404, "body\n\nmore", "text/html")
    assert answer.headers.get_list("x-one") == ["1", "2"]


def test_a_location_means_nothing_without_a_status(run: Run) -> None:
    assert run("print('Location: /x\\n')").status_code == 200
    assert run("print('Status: 302\\nLocation: /x\\n')").status_code == 302


def test_bytes_are_written_as_they_are(run: Run) -> None:
    answer = run(r"""
        import io, sys
        sys.stdout.buffer.write(b"Content-Type: image/png\n\n\x89PNG\0")
        sys.stdout.write("\xe9")
        sys.stdout = io.TextIOWrapper(sys.stdout.buffer, "latin-1")
        sys.stdout.write("\xe9")
    """)
    assert answer.content == b"\x89PNG\0\xc3\xa9\xe9"


def test_a_line_that_is_no_header(server: Server, run: Run) -> None:
    server.expect_log("MPY0303", TRACEBACK)
    assert run("print('no header\\n')").status_code == 500


def test_output_without_an_empty_line_is_lost(server: Server, run: Run) -> None:
    server.expect_log("MPY0970.*script.py")
    answer = run("print('Content-Type: text/plain')")
    assert (answer.status_code, answer.text) == (200, "")


def test_a_script_that_prints_nothing(run: Run) -> None:
    assert (run("").status_code, run("").text) == (200, "")


def test_what_goes_to_stderr_is_logged(server: Server, run: Run) -> None:
    server.expect_log("^to the log$")
    assert run("import sys\nprint('to the log', file=sys.stderr)\nprint('\\nx')").text == "x\n"


# --- the request ---


def test_the_variables_of_cgi(run: Run) -> None:
    """L7.2: 30. Also for who has imported `environ` before, and for the parts of Python that use it."""
    facts = _facts(
        run,
        """
        import os
        from os import environ
        names = ["QUERY_STRING", "REQUEST_METHOD", "GATEWAY_INTERFACE", "SCRIPT_NAME", "HTTP_X_Y", "HTTP_AUTHORIZATION"]
        result = [environ[name] for name in names]
        result += [os.getenv("QUERY_STRING"), os.environb[b"QUERY_STRING"].decode(), "PATH" in os.environ]
        result += [os.path.expandvars("$QUERY_STRING"), dict(os.environ)["QUERY_STRING"], "HTTP_PROXY" in environ]
        """,
        "?a=1",
        headers={"X-Y": "z", "Authorization": "Basic eDp5", "Proxy": "http://evil/"},
    )
    assert facts == [
        *("a=1", "GET", "Python-CGI/1.1", "/script.py", "z", "Basic eDp5"),
        *("a=1", "a=1", True, "a=1", "a=1", False),
    ]


def test_the_environment_is_the_same_object_and_its_changes_end_with_the_script(run: Run) -> None:
    """L7.2: 30. 3.5 put an empty dict in its place, for all of the interpreter."""
    change = """
        import os, subprocess
        os.environ["OF_THE_SCRIPT"] = "1"
        os.environ.pop("PATH")
        result = [type(os.environ).__name__, os.environ.get("OF_THE_SCRIPT"), "PATH" in os.environ]
        result.append(subprocess.run(["/bin/sh", "-c", "echo $OF_THE_SCRIPT"], capture_output=True, text=True).stdout)
    """
    look = """
        import os, subprocess
        result = ["OF_THE_SCRIPT" in os.environ, "PATH" in os.environ]
        result.append(subprocess.run(["/bin/sh", "-c", "echo $OF_THE_SCRIPT"], capture_output=True, text=True).stdout)
    """
    before = _facts(run, look)
    assert before == [False, True, "\n"]
    assert _facts(run, change) == ["_Environ", "1", False, "1\n"]
    assert _facts(run, look) == before


def test_path_info_and_the_name_of_the_script(run: Run) -> None:
    code = "import os\nresult = [os.environ[name] for name in ('SCRIPT_NAME', 'PATH_INFO')]"
    assert _facts(run, code, "/a/b?q") == ["/script.py", "/a/b"]


BODY = {
    "sys.stdin.read()": "é\nb",
    "[sys.stdin.read(1), sys.stdin.read(), sys.stdin.read()]": ["é", "\nb", ""],
    "[sys.stdin.readline(), sys.stdin.readline(), sys.stdin.readline()]": ["é\n", "b", ""],
    "sys.stdin.readlines()": ["é\n", "b"],
    "list(sys.stdin)": ["é\n", "b"],
    "[next(sys.stdin), input()]": ["é\n", "b"],
    "list(sys.stdin.buffer.read())": list("é\nb".encode()),
    "sys.stdin.read(int(os.environ['CONTENT_LENGTH']))": "é\nb",
    "[sys.stdin.seek(3), sys.stdin.close(), sys.stdout.close(), sys.stdin.read(), sys.stdin.tell()]": [
        *(0, None, None, "é\nb", 4),
    ],
    "[sys.stdout.tell(), sys.stdout.seek(3), sys.stdout.flush()]": [0, 0, None],
    "[sys.stdin.isatty(), sys.stdout.isatty()]": [False, False],
}


def test_the_body_is_standard_input(run: Run) -> None:
    """L7.2: 30."""
    for expression, value in BODY.items():
        assert _facts(run, f"import os, sys\nresult = {expression}", body="é\nb".encode()) == value, expression


def test_a_body_that_is_not_utf8_and_a_long_one(run: Run) -> None:
    code = "import sys\nresult = sys.stdin.read().encode('utf-8', 'surrogateescape') == b'\\xff' * 300000"
    assert _facts(run, code, body=b"\xff" * 300_000) is True


# --- the script ---


def test_a_script_is_a_module_of_its_file_and_no_main_program(run: Run) -> None:
    code = """
        import os, pickle, sys
        class Thing:
            pass
        result = [__name__, sys.modules[__name__].__file__ == os.path.abspath("script.py"), sys.argv]
        result.append(type(pickle.loads(pickle.dumps(Thing()))) is Thing)
    """
    assert _facts(run, code) == ["script", True, [], True]


def test_the_working_directory_is_the_script_s(server: Server, run: Run) -> None:
    assert _facts(run, "import os\nresult = os.getcwd()") == str(server.htdocs)
    assert server.text("/folder/where.py") == str(server.htdocs / "folder")


def test_every_request_begins_anew(server: Server, run: Run) -> None:
    """The script, and what it imports from the site's folders; not libraries."""
    (server.htdocs / "counted.py").write_text("import json.tool, xml.dom.minidom\ncount = 0\n")
    code = """
        import sys
        import counted
        libraries = [id(sys.modules[name]) for name in ("json.tool", "xml.dom.minidom")]
        counted.count += 1
        count = globals().get("count", 0) + 1
        result = [count, counted.count, libraries, __import__("os").getpid()]
    """
    first, second = _facts(run, code), _facts(run, code)
    assert first[:2] == second[:2] == [1, 1]
    assert first[2] == second[2] or first[3] != second[3]


def test_modules_are_found_beside_the_script(server: Server) -> None:
    """Each script has its own, and may not hide the library's."""
    for folder, name in (("", "one"), ("folder/", "two")):
        (server.htdocs / f"{folder}neighbour.py").write_text(f"name = {name!r}\n")
        (server.htdocs / f"{folder}ask.py").write_text(
            "import neighbour, colorsys\nprint('\\n' + neighbour.name, end='')"
        )
    (server.htdocs / "folder" / "colorsys.py").write_text("print('hidden')\n")
    assert [server.text(path) for path in ("/ask.py", "/folder/ask.py", "/ask.py")] == ["one", "two", "one"]


def test_a_script_may_have_the_name_of_a_library(server: Server, run: Run) -> None:
    (server.htdocs / "folder" / "json.py").write_text("import json\nprint('\\n' + json.dumps([__name__]), end='')")
    assert server.text("/folder/json.py") == '["json"]'
    assert _facts(run, "result = 1") == 1


def test_an_edit_shows_in_the_next_request(run: Run) -> None:
    assert [run(f"print('\\n{text}', end='')").text for text in ("one", "two", "six")] == ["one", "two", "six"]


@pytest.mark.parametrize("path", ["/none.py", "/folder/", "/picture.png", "/hello/x.py"])
def test_what_is_no_script(server: Server, path: str) -> None:
    """Nothing but Python's files is ever executed."""
    (server.htdocs / "picture.png").write_text("print('\\nexecuted')")
    server.tolerate_log("AH00128")
    response = server.get(path)
    assert (response.status_code, "executed" in response.text) == (200 if path == "/hello/x.py" else 404, False)


def test_the_extension_does_not_count(server: Server) -> None:
    assert [server.text(path) for path in ("/hello", "/hello.cgi")] == ["Hello, CGI!\n"] * 2


def test_a_directive_may_name_the_script(serve: Serve) -> None:
    server = serve("cgi", directory=CGI, modules=("env",))
    (server.htdocs / ".htaccess").write_text(f"SetEnv script_filename {server.htdocs}/hello.py")
    assert server.text("/whatever") == "Hello, CGI!\n"


# --- its end ---


@pytest.mark.parametrize("argument", ["", "0", "None"])
def test_exit_is_an_end_like_another(run: Run, argument: str) -> None:
    """L7.2: 30."""
    assert run(f"import sys\nprint('\\nx', end='')\nsys.exit({argument})\nprint('y')").text == "x"


@pytest.mark.parametrize("statement", ["sys.exit(1)", "sys.exit('why')", "1/0", "import nothing_like_that", "\\"])
def test_a_script_that_fails(server: Server, run: Run, statement: str) -> None:
    server.expect_log("MPY0303", TRACEBACK)
    assert run(f"import sys\nprint('\\nx')\n{statement}").status_code == 500
    assert server.text("/hello.py") == "Hello, CGI!\n"


def test_all_is_restored_after_any_end(server: Server, run: Run) -> None:
    """L7.2: 30. 3.5 put stdin in the place of stdout."""
    server.expect_log("MPY0303", TRACEBACK, "printed by another handler")
    htaccess = server.htdocs / ".htaccess"
    htaccess.write_text("PythonHandler other")
    before = server.json("/")
    htaccess.unlink()
    run("import io, os, sys\nsys.stdout = sys.stdin = io.StringIO()\nsys.argv = 1\nos.chdir('folder')\n1/0")
    htaccess.write_text("PythonHandler other")
    assert server.json("/") == before
    assert before == {**NOTHING, "directory": before["directory"]}


NOTHING = {"interface": None, "query": None, "bytes": False, "argv": ["mod_python"], "stdin": "", "directory": ""}


# --- at the same time ---


def test_scripts_run_one_at_a_time_in_a_process(serve: Serve) -> None:
    """In all interpreters, since they share the working directory."""
    server = serve("cgi", directory=CGI, vhosts={"main.test": "", "other.test": ""})
    with ThreadPoolExecutor(8) as pool:
        hosts = ["main.test", "other.test"] * 8
        answers = pool.map(lambda it: server.get(f"/one_at_a_time.py?{it[0]}", host=it[1]), enumerate(hosts))
    assert [answer.text for answer in answers] == [f"{number} htdocs" for number in range(16)]


def test_other_handlers_see_nothing_of_a_script(serve: Serve) -> None:
    """What they print meanwhile is not sent to the script's client."""
    server = serve("cgi", directory=CGI, children=2)
    server.expect_log("printed by another handler")
    folder = server.htdocs / "folder"
    folder.joinpath(".htaccess").write_text("PythonHandler other")
    folder.joinpath("other.py").write_text((server.htdocs / "other.py").read_text())
    (server.htdocs / "waits.py").write_text(
        "import pathlib, time\nprint('\\nfirst')\npathlib.Path('../spool/waits').touch()\n"
        "while not pathlib.Path('../spool/go').exists():\n    time.sleep(0.01)\nprint('last')\n"
    )
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.get, "/waits.py?secret")
        until((server.spool / "waits").exists)
        seen = server.json("/folder/x")
        (server.spool / "go").touch()
        assert answer.result().text == "first\nlast\n"
    assert {**seen, "argv": NOTHING["argv"], "directory": ""} == NOTHING


@pytest.mark.http1
def test_a_script_waits_for_no_other_client(serve: Serve) -> None:
    """The body is there before the script's turn."""
    server = serve("cgi", directory=CGI, children=2)
    (server.htdocs / "reads.py").write_text("import sys\nprint('\\n' + sys.stdin.read(), end='')\n")
    with Conversation(server.port) as slow:
        slow.post(b"Content-Length: 8", b"Expect: 100-continue", b"Connection: close", target=b"/reads.py")
        # It is being read.
        assert slow.hear().startswith(b"HTTP/1.1 100 ")
        assert server.text("/hello.py") == "Hello, CGI!\n"
        slow.say(b"the body")
        assert slow.hear_all().endswith(b"\r\n\r\nthe body")


def test_a_script_inside_of_another(serve: Serve) -> None:
    """A script's output may pass a filter that runs another script, on the same thread."""
    server = serve(
        "cgi", directory=f"{CGI}\nOptions +Includes\nAddOutputFilter INCLUDES .py", modules=("include", "mime")
    )
    (server.htdocs / "outer.py").write_text(
        "import sys\nprint('Content-Type: text/html\\n')\n"
        "print('a<!--#include virtual=\"hello.py\" -->b', flush=True)\nprint('c')\n"
    )
    assert server.text("/outer.py") == "aHello, CGI!\nb\nc\n"
