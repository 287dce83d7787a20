"""How Python starts in a child, where it finds its library, and how it leaves."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from harness import site
from harness.serve import Serve
from harness.server import Server

_FACTS = "SetHandler mod_python\nPythonHandler facts\n"

# What CPython itself prints when it cannot find its library.
_PYTHON_COMPLAINS = (
    r"^Could not find platform",
    r"^Consider setting \$PYTHONHOME",
    r"^Python path configuration:",
    r"^  ",
    r"^ModuleNotFoundError: ",
    r"^Fatal Python error: ",
    r"^Python runtime state: ",
    r"^Current thread ",
    r"^<no Python frame>",
)


def _started_with(serve: Serve, env: dict[str, str], **config: str) -> Server:
    return serve("facts", env=env, **{"directory": _FACTS, **config})


# --- start ---


def test_each_child_logs_its_start_once(serve: Serve) -> None:
    server = serve("facts", directory=_FACTS)
    major, minor = site.python_version()
    server.json()
    (entry,) = server.log.find("^MPY0001")
    assert entry.level == "info"
    assert entry.pid in server.process.children()
    assert f"{major}.{minor}" in entry.message
    assert str(site.python_prefix()) in entry.message


def test_the_parent_never_starts_python(serve: Serve) -> None:
    server = serve.prepare("facts", directory=_FACTS)
    # Python runs this in every process in which it starts.
    marker = server.spool / "started"
    (server.htdocs / "sitecustomize.py").write_text(
        f"import os\nwith open({str(marker)!r}, 'a') as file:\n    file.write(f'{{os.getpid()}}\\n')\n"
    )
    env = server.process.env
    env["PYTHONPATH"] += f":{server.htdocs}"
    server.start()
    first = server.json()["pid"]
    server.control("graceful")
    second = server.json()["pid"]
    pids = {int(line) for line in marker.read_text().splitlines()}
    assert {first, second} <= pids
    assert server.process.pid not in pids
    assert all(entry.pid != server.process.pid for entry in server.log.find("^MPY00"))


def test_argv_names_the_module(serve: Serve) -> None:
    """21.3: 50."""
    assert serve("facts", directory=_FACTS).json()["argv"] == ["mod_python"]


def test_the_main_interpreter_has_the_same_argv(serve: Serve) -> None:
    server = serve("facts", directory=_FACTS + "PythonInterpreter main_interpreter")
    assert server.json()["argv"] == ["mod_python"]


# --- where the library is found ---


def test_the_library_is_that_of_the_python_built_for(serve: Serve) -> None:
    facts = serve("facts", directory=_FACTS).json()
    assert tuple(facts["version"]) == site.python_version()
    assert facts["prefix"] == facts["base_prefix"] == str(site.python_prefix())
    assert facts["stdlib"].startswith(str(site.python_prefix()))


def test_another_python_first_on_path_decides_nothing(serve: Serve) -> None:
    major, minor = site.python_version()
    hostile = serve.folder / "hostile"
    library = hostile / "lib" / f"python{major}.{minor}"
    (library / "lib-dynload").mkdir(parents=True)
    (library / "os.py").write_text("raise SystemExit('the wrong os.py')\n")
    (hostile / "bin").mkdir()
    for name in ("python", "python3", f"python{major}.{minor}", "mod_python", "httpd", "apache2"):
        program = hostile / "bin" / name
        program.write_text("#!/bin/sh\nexit 3\n")
        program.chmod(0o755)
    server = _started_with(serve, {"PATH": f"{hostile}/bin:/usr/bin:/bin"})
    facts = server.json()
    assert facts["base_prefix"] == str(site.python_prefix())
    assert not any(entry.startswith(str(hostile)) for entry in facts["path"])


def test_no_path_at_all_is_enough(serve: Serve) -> None:
    assert _started_with(serve, {"PATH": ""}).json()["base_prefix"] == str(site.python_prefix())


def test_pythonpath_is_honoured(serve: Serve) -> None:
    server = serve.prepare("facts", directory="SetHandler mod_python\nPythonHandler facts::imports")
    folder = serve.folder / "elsewhere"
    folder.mkdir()
    (folder / "found_by_pythonpath.py").write_text("")
    server.process.env["PYTHONPATH"] += f":{folder}"
    server.start()
    assert server.text("/?found_by_pythonpath") == str(folder / "found_by_pythonpath.py")


def test_other_python_variables_are_honoured(serve: Serve) -> None:
    server = _started_with(serve, {"PYTHONHASHSEED": "7", "PYTHONDONTWRITEBYTECODE": "1"})
    facts = server.json()
    plain = subprocess.run(
        [site.PYTHON, "-c", "print(hash('mod_python'))"],
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert facts["hash"] == int(plain.stdout)
    assert facts["dont_write_bytecode"] is True


# --- PythonHome ---


def _venv(folder: Path) -> Path:
    subprocess.run([site.PYTHON, "-I", "-m", "venv", "--without-pip", str(folder)], check=True)
    major, minor = site.python_version()
    packages = folder / "lib" / f"python{major}.{minor}" / "site-packages"
    (packages / "only_in_venv.py").write_text("")
    return packages


def test_python_home_may_be_a_virtual_environment(serve: Serve) -> None:
    venv = serve.folder / "venv"
    packages = _venv(venv)
    server = serve(
        "facts",
        server=f'PythonHome "{venv}"',
        directory=_FACTS,
        late='<Location "/imports">\nSetHandler mod_python\nPythonHandler facts::imports\n</Location>',
    )
    facts = server.json()
    assert facts["prefix"] == str(venv)
    assert facts["base_prefix"] == str(site.python_prefix())
    assert server.text("/imports?only_in_venv") == str(packages / "only_in_venv.py")


def test_python_home_may_be_the_prefix_itself(serve: Serve) -> None:
    facts = serve("facts", server=f'PythonHome "{site.python_prefix()}"', directory=_FACTS).json()
    assert facts["prefix"] == str(site.python_prefix())


def test_a_virtual_environment_of_another_version_is_refused(serve: Serve) -> None:
    venv = serve.folder / "venv"
    _venv(venv)
    config = venv / "pyvenv.cfg"
    major, minor = site.python_version()
    config.write_text(f"home = /usr/bin\nversion = {major}.{minor + 1}.0\n")
    refusal = serve.refused("facts", server=f'PythonHome "{venv}"', directory=_FACTS)
    (line,) = (line for line in refusal.splitlines() if "MPY0004" in line)
    assert str(venv) in line
    assert f"{major}.{minor + 1}" in line
    assert f"{major}.{minor}" in line


@pytest.mark.parametrize("home", ["/no/such/folder", "/etc/passwd"])
def test_a_python_home_that_is_no_folder_is_refused(serve: Serve, home: str) -> None:
    refusal = serve.refused("facts", server=f'PythonHome "{home}"', directory=_FACTS)
    assert "MPY0004" in refusal
    assert home in refusal


# --- a Python that cannot start ---


def _broken(serve: Serve) -> Server:
    server = serve.prepare("facts", env={"PYTHONHOME": "/no/such/python"}, directory=_FACTS)
    (server.htdocs / "static").mkdir()
    (server.htdocs / "static" / ".htaccess").write_text("SetHandler None\n")
    (server.htdocs / "static" / "page.txt").write_text("static")
    server.tolerate_log(*_PYTHON_COMPLAINS)
    server.expect_log("^MPY0002")
    server.tolerate_log("^MPY0202.*not running")
    server.start()
    return server


def test_a_broken_python_is_one_clear_entry_per_child(serve: Serve) -> None:
    server = _broken(serve)
    (entry,) = server.log.wait_for("^MPY0002")
    assert entry.level == "crit"


def test_a_broken_python_answers_500_and_files_are_served(serve: Serve) -> None:
    server = _broken(serve)
    children = server.process.children()
    assert [server.get("/page").status_code for _ in range(3)] == [500] * 3
    assert server.text("/static/page.txt") == "static"
    assert server.process.children() == children


# --- restarts ---


@pytest.mark.parametrize("verb", ["graceful", "restart"])
def test_after_a_restart_new_children_serve(serve: Serve, verb: str) -> None:
    server = serve("facts", directory=_FACTS)
    before = server.json()["pid"]
    for _ in range(3):
        server.control(verb)
        after = server.json()["pid"]
        assert after != before
        before = after


def test_a_graceful_restart_finishes_the_requests_under_way(serve: Serve) -> None:
    server = serve("exits", directory="SetHandler mod_python\nPythonHandler exits::sleeps")
    answers: list[str] = []
    server.text("/?0")
    request = threading.Thread(target=lambda: answers.append(server.text("/?1.0")))
    request.start()
    time.sleep(0.3)
    server.control("graceful")
    request.join()
    assert len(answers) == 1
    assert server.text("/?0") != answers[0]


def test_no_request_is_lost_during_graceful_restarts(serve: Serve) -> None:
    server = serve("facts", directory=_FACTS, children=2)
    stop = threading.Event()
    answers: list[int] = []

    def load() -> None:
        while not stop.is_set():
            answers.append(server.get().status_code)

    server.json()
    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        server.control("graceful")
    stop.set()
    for thread in threads:
        thread.join()
    assert set(answers) == {200}


# --- the end ---


def _exits(serve: Serve, function: str) -> Server:
    return serve("exits", directory=f"SetHandler mod_python\nPythonHandler exits::{function}")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGWINCH])
def test_exit_callbacks_run_when_httpd_stops(serve: Serve, how: signal.Signals) -> None:
    server = _exits(serve, "leaves_a_note")
    pid = server.text()
    server.stop(how)
    assert (server.spool / "lines").read_text() == f"{pid} main.test ended\n"


def test_exit_callbacks_run_in_every_interpreter(serve: Serve) -> None:
    server = serve(
        "exits",
        directory="SetHandler mod_python\nPythonHandler exits::leaves_a_note",
        vhosts={"a.test": "", "b.test": "", "c.test": "PythonInterpreter main_interpreter"},
    )
    pid = server.text(host="a.test")
    assert server.text(host="b.test") == server.text(host="c.test") == pid
    server.stop()
    lines = (server.spool / "lines").read_text().splitlines()
    assert sorted(lines) == [f"{pid} {name} ended" for name in ("a.test", "b.test", "main_interpreter")]


def test_exit_callbacks_run_at_a_graceful_restart(serve: Serve) -> None:
    server = _exits(serve, "leaves_a_note")
    pid = server.text()
    server.control("graceful")
    assert (server.spool / "lines").read_text() == f"{pid} main.test ended\n"


def test_an_exit_callback_that_hangs_is_cut(serve: Serve) -> None:
    server = _exits(serve, "hangs")
    server.expect_log("^MPY0005")
    # httpd's own impatience, which begins before ours ends.
    server.tolerate_log("^AH00045")
    server.text()
    begin = time.monotonic()
    server.stop()
    assert time.monotonic() - begin < 10


@pytest.mark.skipif(site.MPM != "prefork", reason="httpd itself waits for its worker threads")
def test_stopping_does_not_wait_for_a_handler_that_runs(serve: Serve) -> None:
    server = _exits(serve, "sleeps")
    server.tolerate_log("^MPY0006")
    server.text("/?0")
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /?600 HTTP/1.0\r\nHost: main.test\r\n\r\n")
        time.sleep(0.3)
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < 10


def test_an_exit_callback_that_raises_is_reported(serve: Serve) -> None:
    server = _exits(serve, "raises")
    server.expect_log("ZeroDivisionError")
    server.tolerate_log("Exception ignored in atexit callback", "Traceback", r"^  ", r"^    ", "lambda")
    server.text()
    server.stop()


@pytest.mark.parametrize("kind", ["daemon", "not-daemon"])
def test_a_thread_left_behind_does_not_keep_the_child(serve: Serve, kind: str) -> None:
    server = _exits(serve, "leaves_a_thread")
    server.tolerate_log("^MPY0005", "^AH00045")
    server.text(f"/?{kind}")
    begin = time.monotonic()
    server.stop()
    assert time.monotonic() - begin < 10


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_restarts_leave_no_file_descriptors_in_the_parent(serve: Serve) -> None:
    server = serve("facts", directory=_FACTS)

    def open_files() -> int:
        return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))

    server.json()
    server.control("graceful")
    before = open_files()
    for _ in range(4):
        server.control("graceful")
        server.json()
    assert open_files() == before


def test_restarts_take_no_thread_specific_keys(serve: Serve) -> None:
    """A process has 1024, and children inherit what the parent has lost."""
    server = serve(
        "tls_keys", directory="SetHandler mod_python\nPythonHandler keys\nPythonInterpreter main_interpreter"
    )
    taken = [server.text()]
    for _ in range(3):
        server.control("graceful")
        taken.append(server.text())
    assert len(set(taken)) == 1, taken
