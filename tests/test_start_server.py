"""`mod_python start-server`: each kind of application answers, and nothing of it stays."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from harness import site
from harness.command import PATIENCE, Command

pytestmark = pytest.mark.skipif(site.MPM != "event", reason="the command chooses the MPM by itself")

HANDLER = "def {name}(req):\n    req.write({text!r})\n    return 0\n"
WSGI = """
def {name}(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [{text!r} + environ["PATH_INFO"].encode()]
"""


def write(command: Command, **files: str) -> None:
    """`pages__index_psp="..."` writes pages/index.psp; without an underscore at its end, a name is Python's."""
    for name, text in files.items():
        path = name.replace("__", "/")
        file = command.cwd / (f"{path.removesuffix('_psp')}.psp" if path.endswith("_psp") else f"{path}.py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def temporary_folders() -> set[Path]:
    return {path for place in {"/tmp", tempfile.gettempdir()} for path in Path(place).glob("mod_python-server-*")}


def is_for(folder: Path, served: Path) -> bool:
    """Whether the server with this folder has got its configuration, and serves something in `served`."""
    try:
        return str(served) in (folder / "httpd.conf").read_text()
    except OSError:
        return False


def processes() -> Iterator[tuple[int, list[str]]]:
    """Those that run, with their command lines."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield int(entry.parent.name), entry.read_text("utf-8", "replace").split("\0")


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


# --- kinds of applications ---


@pytest.mark.parametrize("app", ["hello", "hello.py", "./hello.py", "hello::handler"])
def test_a_handler(command: Command, app: str) -> None:
    write(command, hello=HANDLER.format(name="handler", text="Hello"))
    with command.serving(app) as server:
        assert f"Serving {app} (handler) on " in server.said
        assert server.text("/") == "Hello"
        assert server.text("/any/path.py") == "Hello"


@pytest.mark.parametrize("app", ["hello::other", "hello.py::other"])
def test_an_object_of_a_handler_module(command: Command, app: str) -> None:
    write(command, hello=HANDLER.format(name="other", text="other"))
    with command.serving(app) as server:
        assert server.text() == "other"


def test_a_handler_of_a_package(command: Command) -> None:
    write(command, shop__pages__home=HANDLER.format(name="handler", text="home"))
    (command.cwd / "shop/pages/__init__.py").write_text("")
    (command.cwd / "shop/__init__.py").write_text("")
    with command.serving("shop.pages.home") as server:
        assert server.text() == "home"


def test_a_folder_of_python_files_goes_to_the_publisher(command: Command) -> None:
    write(
        command,
        pages__index="def index(req):\n    return 'index'\ndef about(req, who='x'):\n    return 'about ' + who\n",
    )
    with command.serving("pages") as server:
        assert "(publisher)" in server.said
        assert server.text("/") == "index"
        assert server.text("/about?who=you") == "about you"


def test_a_folder_of_pages_goes_to_psp(command: Command) -> None:
    write(command, pages__index_psp="One and one is <%= 1 + 1 %>")
    (command.cwd / "pages/style.css").write_text("body {}")
    (command.cwd / "pages/.secret").write_text("secret")
    with command.serving("pages") as server:
        assert "(psp)" in server.said
        assert server.text("/") == "One and one is 2"
        assert server.text("/index.psp") == "One and one is 2"
        assert server.text("/style.css") == "body {}"
        assert server.get("/.secret").status_code == 403


def test_python_files_beside_pages_are_not_sent(command: Command) -> None:
    write(command, pages__index_psp="page", pages__helper="secret = 1")
    with command.serving("pages", "--as", "psp") as server:
        assert server.text("/") == "page"
        assert server.get("/helper.py").status_code == 403


@pytest.mark.parametrize("app", ["app.py", "app:application", "app.py:application"])
def test_a_wsgi_application(command: Command, app: str) -> None:
    write(command, app=WSGI.format(name="application", text=b"wsgi "))
    with command.serving(app) as server:
        assert "(wsgi)" in server.said
        assert server.text("/some/path") == "wsgi /some/path"


def test_a_wsgi_application_of_a_package(command: Command) -> None:
    write(command, package__app=WSGI.format(name="make", text=b"wsgi "))
    (command.cwd / "package/__init__.py").write_text("")
    with command.serving("package.app:make") as server:
        assert server.text("/") == "wsgi /"


def test_as_overrides_what_it_looks_like(command: Command) -> None:
    write(command, both=WSGI.format(name="application", text=b"wsgi") + HANDLER.format(name="handler", text="handler"))
    with command.serving("both.py", "--as", "handler") as server:
        assert "(handler)" in server.said
        assert server.text() == "handler"


# --- options ---


def test_a_changed_module_runs_anew_with_reload(command: Command) -> None:
    """And so does what it imports from beside it."""
    write(
        command,
        hello="import words\ndef handler(req):\n    req.write(words.TEXT)\n    return 0\n",
        words="TEXT = 'one'\n",
    )
    with command.serving("hello", "--reload") as server:
        assert server.text() == "one"
        write(command, words="TEXT = 'other'\n")
        assert server.text() == "other"


def test_a_changed_wsgi_module_runs_anew_with_reload(command: Command) -> None:
    write(command, app=WSGI.format(name="application", text=b"one "))
    with command.serving("app.py", "--reload") as server:
        assert server.text("/") == "one /"
        write(command, app=WSGI.format(name="application", text=b"other "))
        assert server.text("/") == "other /"


def test_a_changed_module_is_left_alone_without_reload(command: Command) -> None:
    write(command, hello=HANDLER.format(name="handler", text="one"))
    with command.serving("hello") as server:
        assert server.text() == "one"
        write(command, hello=HANDLER.format(name="handler", text="other"))
        assert server.text() == "one"


def test_tracebacks_are_shown_only_with_debug(command: Command) -> None:
    write(command, hello="def handler(req):\n    raise ValueError('said')\n")
    for options, shown in (((), False), (("--debug",), True)):
        with command.serving("hello", *options) as server:
            answer = server.get()
            assert answer.status_code == 500
            assert ("ValueError" in answer.text) is shown
            server.wait_for_log("ValueError: said")


def test_what_a_handler_prints_goes_to_stderr(command: Command) -> None:
    write(command, hello="def handler(req):\n    print('printed')\n    return 0\n")
    with command.serving("hello") as server:
        server.get("/path")
        server.wait_for_log("printed")
        assert '"GET /path' not in server.log.read_text()


def test_requests_are_logged_when_asked_to(command: Command) -> None:
    write(command, hello=HANDLER.format(name="handler", text="x"))
    with command.serving("hello", "--access-log") as server:
        server.get("/path?query")
        server.wait_for_log('"GET /path?query HTTP/1.1" 200 1')


def test_threads_share_one_process(command: Command) -> None:
    source = "import os, threading\ntogether = threading.Barrier(3)\n"
    source += "def handler(req):\n    together.wait(20)\n    req.write(str(os.getpid()))\n    return 0\n"
    write(command, hello=source)
    with command.serving("hello", "--threads", "3") as server, ThreadPoolExecutor(3) as pool:
        pids = set(pool.map(lambda _: server.text(), range(3)))
    assert len(pids) == 1


def test_it_listens_on_this_machine_alone_unless_told(command: Command) -> None:
    write(command, hello=HANDLER.format(name="handler", text="x"))
    with command.serving("hello") as server:
        assert server.url.startswith("http://127.0.0.1:")
    for host, shown in [("127.0.0.2", "127.0.0.2"), *([("::1", "[::1]")] if has_ipv6() else [])]:
        with command.serving("hello", "--host", host) as server:
            assert server.url.startswith(f"http://{shown}:")
            assert server.text() == "x"


def test_a_folder_with_a_blank_and_quotes(command: Command) -> None:
    folder = command.cwd / 'my "own" site\'s'
    folder.mkdir()
    (folder / "hello.py").write_text(HANDLER.format(name="handler", text="blank"))
    with command.serving(str(folder / "hello.py")) as server:
        assert server.text() == "blank"


def test_a_folder_whose_name_is_no_text(command: Command) -> None:
    folder = command.cwd / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "hello.py").write_text(HANDLER.format(name="handler", text="served"))
    with command.serving(str(folder / "hello.py")) as server:
        assert str(folder) in server.said
        assert server.text() == "served"


def test_what_a_handler_leaves_to_httpd_is_not_found(command: Command) -> None:
    """Its own source is not sent."""
    write(command, hello="from mod_python import apache\ndef handler(req):\n    return apache.DECLINED\n")
    with command.serving("hello") as server:
        assert server.get("/hello.py").status_code == 404


def test_from_a_virtual_environment_it_runs_in_that(command: Command) -> None:
    environment = command.cwd / "venv"
    subprocess.run([site.PYTHON, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "installed.py").write_text("TEXT = 'from the environment'\n")
    write(command, hello="import installed\ndef handler(req):\n    req.write(installed.TEXT)\n    return 0\n")
    with replace(command, python=str(environment / "bin/python3")).serving("hello") as server:
        assert server.text() == "from the environment"


# --- its end ---


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_it_and_nothing_stays(command: Command, how: signal.Signals) -> None:
    write(command, hello=HANDLER.format(name="handler", text="x"))
    with command.serving("hello") as server:
        assert server.text() == "x"
        mine = [path for path in temporary_folders() if is_for(path, command.cwd)]
        assert len(mine) == 1
        assert server.stop(how) == (0, set())
        assert not mine[0].exists()


def test_a_signal_as_httpd_is_started_leaves_nothing_either(command: Command) -> None:
    write(command, hello=HANDLER.format(name="handler", text="x"))
    with command.starting("hello") as process:
        while not (mine := [path for path in temporary_folders() if is_for(path, command.cwd)]):
            time.sleep(0.001)
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert not mine[0].exists()
    assert [pid for pid, words in processes() if str(mine[0]) in words] == []


def test_a_program_that_a_handler_started_does_not_keep_it(command: Command) -> None:
    source = "import subprocess\ndef handler(req):\n    child = subprocess.Popen(['sleep', '60'])\n"
    write(command, hello=source + "    req.write(str(child.pid))\n    return 0\n")
    with command.serving("hello") as server:
        server.text()
        status, _ = server.stop(signal.SIGTERM)
        assert status == 0


# --- what it refuses ---


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("no/such/folder", "there is no folder no/such/folder, and it names no module either"),
        ("missing.py", "there is no file missing.py"),
        ("no_such_module", "there is no module no_such_module in "),
        ("no_such_package.module:app", "there is no module no_such_package.module in "),
        ("empty", "empty has neither Python files to publish nor .psp pages"),
        ("neither.py", "neither.py defines neither application nor handler"),
        ("broken.py", "broken.py, line 1: "),
        ("not-a-name.py", "'not-a-name' is no name for a module"),
    ],
)
def test_what_is_no_application_is_one_sentence(command: Command, app: str, said: str) -> None:
    (command.cwd / "empty").mkdir()
    (command.cwd / "neither.py").write_text("x = 1\n")
    (command.cwd / "broken.py").write_text("def (\n")
    (command.cwd / "not-a-name.py").write_text("def handler(req): pass\n")
    refusal = command.refusal("start-server", app)
    assert refusal.startswith("mod_python start-server: ")
    assert said in refusal
    assert refusal.count("\n") == 1


@pytest.mark.parametrize(
    ("app", "kind", "said"),
    [
        ("empty", "wsgi", "empty is a folder: name the wsgi's module or file"),
        ("hello.py", "publisher", "a publisher serves a folder, and hello.py is none"),
    ],
)
def test_a_kind_that_it_cannot_be_is_one_sentence(command: Command, app: str, kind: str, said: str) -> None:
    (command.cwd / "empty").mkdir()
    write(command, hello=HANDLER.format(name="handler", text="x"))
    assert said in command.refusal("start-server", app, "--as", kind)


def test_a_port_in_use_is_one_sentence(command: Command) -> None:
    write(command, hello=HANDLER.format(name="handler", text="x"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = command.refusal("start-server", "hello", "--port", str(port), status=1)
    assert said.endswith(f"127.0.0.1:{port} (Address already in use); choose another port with --port\n")


def test_a_module_that_is_not_there_is_one_sentence(command: Command) -> None:
    write(command, hello=HANDLER.format(name="handler", text="x"))
    said = command.refusal("start-server", "hello", status=1, MOD_PYTHON_SO="/no/such.so")
    assert "there is no /no/such.so" in said


def test_a_module_that_does_not_load_is_explained(command: Command) -> None:
    write(command, hello=HANDLER.format(name="handler", text="x"))
    (command.cwd / "broken.so").write_text("not a library")
    said = command.refusal("start-server", "hello", "--port", "0", status=1, MOD_PYTHON_SO=f"{command.cwd}/broken.so")
    assert "broken.so" in said
    assert said.endswith("httpd did not start; it says above why\n")


def test_an_address_that_is_not_ours_is_one_sentence(command: Command) -> None:
    write(command, hello=HANDLER.format(name="handler", text="x"))
    assert "cannot listen on 192.0.2.1" in command.refusal("start-server", "hello", "--host", "192.0.2.1", status=1)
