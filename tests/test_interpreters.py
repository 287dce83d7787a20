"""Which interpreter serves a request, and what interpreters keep apart."""

from __future__ import annotations

import shutil
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import site
from harness.serve import Serve
from harness.server import Server

_WHOAMI = "SetHandler mod_python\nPythonHandler whoami\n"
_TWO_HOSTS = {"a.test": "", "b.test": ""}


def _name(server: Server, path: str = "/", host: str = "main.test") -> str:
    answer = server.json(path, host)
    assert answer["interpreter"] == answer["apache.interpreter"]
    return str(answer["interpreter"])


# --- names ---


def test_the_name_is_the_server_name(serve: Serve) -> None:
    """21.3: 53."""
    assert _name(serve("whoami", directory=_WHOAMI)) == "main.test"


def test_each_virtual_host_has_its_own(serve: Serve) -> None:
    server = serve("whoami", directory=_WHOAMI, vhosts={"a.test": "ServerAlias alias.test", "b.test": ""})
    assert _name(server, host="a.test") == "a.test"
    assert _name(server, host="b.test") == "b.test"
    # The name is the configured one, not the one that the client used.
    assert _name(server, host="alias.test") == "a.test"


def test_python_interpreter_forces_a_name(serve: Serve) -> None:
    server = serve("whoami", directory=_WHOAMI + "PythonInterpreter shared", vhosts=_TWO_HOSTS)
    a, b = server.json(host="a.test"), server.json(host="b.test")
    assert a["interpreter"] == b["interpreter"] == "shared"
    if a["pid"] == b["pid"]:
        assert a["token"] == b["token"]


def test_main_interpreter_is_the_first_one(serve: Serve) -> None:
    server = serve("whoami", directory=_WHOAMI + "PythonInterpreter main_interpreter")
    assert _name(server) == "main_interpreter"
    assert not server.log.find("MPY0201.*main_interpreter")


def test_per_directory_is_the_directory_of_the_file(serve: Serve) -> None:
    """21.3: 52."""
    server = serve.prepare("whoami", directory=_WHOAMI + "PythonInterpPerDirectory On")
    (server.htdocs / "sub").mkdir()
    server.start()
    assert _name(server, "/page") == f"{server.htdocs}/"
    assert _name(server, "/sub/page") == f"{server.htdocs}/sub/"
    # An existing directory stands for itself, with one slash.
    assert _name(server, "/sub") == f"{server.htdocs}/sub/"
    assert _name(server, "/sub/") == f"{server.htdocs}/sub/"


def test_per_directive_is_the_directory_of_the_directive(serve: Serve) -> None:
    """21.3: 51."""
    server = serve.prepare("whoami", directory=_WHOAMI + "PythonInterpPerDirective On")
    (server.htdocs / "sub").mkdir()
    server.start()
    for path in ("/whoami.py", "/page", "/sub/page", "/sub/", "/sub"):
        assert _name(server, path) == f"{server.htdocs}/"


def test_per_directive_in_htaccess_is_its_directory(serve: Serve) -> None:
    server = serve.prepare("whoami", directory=_WHOAMI + "PythonInterpPerDirective On")
    (server.htdocs / "sub").mkdir()
    (server.htdocs / "sub" / ".htaccess").write_text("PythonHandler whoami\n")
    shutil.copy(server.htdocs / "whoami.py", server.htdocs / "sub")
    server.start()
    assert _name(server, "/sub/page") == f"{server.htdocs}/sub/"
    assert _name(server, "/page") == f"{server.htdocs}/"


def test_per_directive_in_a_location_is_the_location(serve: Serve) -> None:
    server = serve(
        "whoami",
        server="""
        PythonPath "['{htdocs}'] + sys.path"
        <Location "/here">
            SetHandler mod_python
            PythonHandler whoami
            PythonInterpPerDirective On
        </Location>
        """,
    )
    assert _name(server, "/here/page") == "/here"


def test_per_directory_outranks_per_directive(serve: Serve) -> None:
    flags = "PythonInterpPerDirectory On\nPythonInterpPerDirective On"
    server = serve.prepare("whoami", directory=_WHOAMI + flags)
    (server.htdocs / "sub").mkdir()
    server.start()
    assert _name(server, "/sub/page") == f"{server.htdocs}/sub/"


def test_python_interpreter_outranks_both(serve: Serve) -> None:
    flags = "PythonInterpPerDirectory On\nPythonInterpPerDirective On\nPythonInterpreter forced"
    assert _name(serve("whoami", directory=_WHOAMI + flags)) == "forced"


def test_off_is_as_if_not_set(serve: Serve) -> None:
    flags = "PythonInterpPerDirectory Off\nPythonInterpPerDirective Off"
    assert _name(serve("whoami", directory=_WHOAMI + flags)) == "main.test"


# --- isolation ---


def test_two_hosts_have_separate_modules(serve: Serve) -> None:
    server = serve("whoami", directory=_WHOAMI, vhosts=_TWO_HOSTS)
    a, b = server.json(host="a.test"), server.json(host="b.test")
    assert a["pid"] == b["pid"]
    assert a["token"] != b["token"]
    assert server.json(host="a.test")["token"] == a["token"]
    assert server.json(host="b.test")["token"] == b["token"]


@pytest.mark.parametrize("children", [1, 4])
def test_an_interpreter_is_created_once_per_child(serve: Serve, children: int) -> None:
    server = serve("slow_import", directory="SetHandler mod_python\nPythonHandler slow", children=children)
    answers = server.at_once(12)
    assert {answer.text for answer in answers} == {"ready"}
    created = [entry.pid for entry in server.log.find("MPY0201.*main.test")]
    assert len(created) == len(set(created)) <= children
    # The module was imported once in each of them as well.
    lines = (server.spool / "imported").read_text().split("\n")[:-1]
    assert sorted(lines) == sorted(f"{pid} main.test" for pid in created)


def test_many_modules_may_be_imported_for_the_first_time_at_once(serve: Serve) -> None:
    names = [f"module{number}" for number in range(16)]
    directory = "SetHandler mod_python\n" + "\n".join(
        f'<Files "{name}">\nPythonHandler {name}\n</Files>' for name in names
    )
    server = serve.prepare(directory=directory, children=1 if site.MPM != "prefork" else 4, threads=16)
    for name in names:
        (server.htdocs / f"{name}.py").write_text(f"def handler(req):\n    req.write('{name}')\n    return 0\n")
    # Threads change over as often as Python lets them.
    (server.htdocs / "sitecustomize.py").write_text("import sys\nsys.setswitchinterval(1e-6)\n")
    server.process.env["PYTHONPATH"] += f":{server.htdocs}"
    server.start()
    for _ in range(5):
        with ThreadPoolExecutor(len(names)) as pool:
            assert list(pool.map(lambda name: server.text(f"/{name}"), names)) == names
        server.control("graceful")


def test_a_child_creates_no_interpreter_before_it_is_needed(serve: Serve) -> None:
    server = serve("whoami", directory=_WHOAMI, vhosts=_TWO_HOSTS)
    server.json(host="a.test")
    assert not server.log.find("MPY0201.*b.test")


def test_many_interpreters_at_once(serve: Serve) -> None:
    hosts = [f"h{number}.test" for number in range(12)]
    server = serve("whoami", directory=_WHOAMI, vhosts=dict.fromkeys(hosts, ""), children=2, threads=16)
    answers = [server.json(host=host) for host in hosts * 3]
    assert [answer["interpreter"] for answer in answers] == hosts * 3
    tokens = defaultdict(set)
    for answer in answers:
        tokens[answer["pid"], answer["interpreter"]].add(answer["token"])
    assert all(len(seen) == 1 for seen in tokens.values())


# --- threads ---


@pytest.mark.parametrize("hosts", [["a.test"], ["b.test", "a.test"], ["a.test", "b.test", "a.test", "b.test"]])
def test_a_callback_from_c_runs_in_the_interpreter_that_called(serve: Serve, hosts: list[str]) -> None:
    # One thread: it has just served the other interpreter.
    server = serve(
        "ctypes_callback",
        directory="SetHandler mod_python\nPythonHandler callback",
        vhosts=_TWO_HOSTS,
        threads=1,
    )
    for host in hosts:
        answer = server.json(host=host)
        assert answer["sorted"] == [1, 2, 3]
        assert answer["outside"][1] == host
        assert answer["inside"]
        assert all(seen == answer["outside"] for seen in answer["inside"])


def test_a_callback_from_c_after_the_main_interpreter(serve: Serve) -> None:
    server = serve(
        "ctypes_callback",
        directory="SetHandler mod_python\nPythonHandler callback",
        late='<Location "/main">\nPythonInterpreter main_interpreter\n</Location>',
        threads=1,
    )
    for path, name in [("/main", "main_interpreter"), ("/", "main.test")] * 2:
        answer = server.json(path)
        assert answer["outside"][1] == name
        assert all(seen == answer["outside"] for seen in answer["inside"])


def test_thread_locals_belong_to_thread_and_interpreter(serve: Serve) -> None:
    """Q44."""
    server = serve(
        "thread_local",
        directory="SetHandler mod_python\nPythonHandler locals",
        vhosts=_TWO_HOSTS,
        threads=1,
    )
    hosts = ["a.test", "a.test", "b.test", "a.test", "b.test"]
    answers = [server.json(host=host) for host in hosts]
    assert [count for _, count in answers] == [1, 2, 1, 3, 2]


def test_thread_locals_under_concurrency(serve: Serve) -> None:
    """Q44."""
    server = serve(
        "thread_local",
        directory="SetHandler mod_python\nPythonHandler locals",
        children=1 if site.MPM != "prefork" else 4,
        threads=4,
    )
    counts = defaultdict(list)
    for _ in range(5):
        for answer in server.at_once(8):
            thread, count = answer.json()
            counts[thread].append(count)
    # No thread ever saw the value of another, and none lost its own.
    for seen in counts.values():
        assert sorted(seen) == list(range(1, len(seen) + 1))


# --- PythonImport ---


def _lines(server: Server) -> list[str]:
    """What the imported modules noted, without the process."""
    return [line.split(" ", 1)[1] for line in (server.spool / "lines").read_text().splitlines()]


_IMPORT_PATH = "PythonPath \"['{htdocs}'] + sys.path\"\n"
_ANSWERS = "SetHandler mod_python\nPythonHandler answers\n"


def test_imports_run_in_the_order_of_the_configuration(serve: Serve) -> None:
    """Q7. 21.3: 54."""
    server = serve(
        "imports",
        server=_IMPORT_PATH + "PythonImport two main.test\nPythonImport one main.test\nPythonImport one::start x.test",
        directory=_ANSWERS,
    )
    assert server.text() == "imported"
    assert _lines(server) == [
        "main.test two imported",
        "main.test one imported",
        "x.test one imported",
        "x.test one started",
    ]


def test_an_import_concerns_the_named_interpreter_only(serve: Serve) -> None:
    server = serve("imports", server=_IMPORT_PATH + "PythonImport one elsewhere", directory=_ANSWERS)
    assert server.text() == "not imported"


def test_an_import_runs_in_every_child(serve: Serve) -> None:
    server = serve("imports", server=_IMPORT_PATH + "PythonImport one main.test", directory=_ANSWERS, children=3)
    server.text()
    server.log.wait_for("MPY0201.*main.test", count=len(server.process.children()))


def test_imports_of_virtual_hosts_are_honoured(serve: Serve) -> None:
    """Q7."""
    server = serve(
        "imports",
        directory=_ANSWERS,
        server="PythonPath \"['{htdocs}'] + sys.path\"",
        vhosts={"a.test": "PythonImport one a.test", "b.test": "PythonImport two b.test"},
    )
    assert server.text(host="a.test") == "imported"
    assert server.text(host="b.test") == "not imported"
    assert _lines(server) == ["a.test one imported", "b.test two imported"]


@pytest.mark.parametrize("failing", ["broken", "no_such_module", "one::fails", "one::nothing"])
def test_a_failing_import_is_logged_and_the_others_continue(serve: Serve, failing: str) -> None:
    server = serve(
        "imports",
        server=_IMPORT_PATH + f"PythonImport {failing} main.test\nPythonImport two main.test",
        directory=_ANSWERS,
    )
    server.expect_log(f"MPY0203.*{failing}", "PythonImport")
    server.text()
    assert "main.test two imported" in _lines(server)


# --- what a guest may do to the process ---


@pytest.mark.parametrize("call", ["fork", "forkpty"])
def test_fork_is_refused_in_a_sub_interpreter(serve: Serve, call: str) -> None:
    server = serve("system_calls", directory=f"SetHandler mod_python\nPythonHandler calls::{call}")
    answer = server.json()
    assert answer["error"] == "RuntimeError"
    assert "fork" in answer["text"]
    assert "subprocess" in answer["text"]
    # The child is as well as before.
    assert server.json()["pid"] == answer["pid"]


@pytest.mark.parametrize("interpreter", ["main_interpreter", "sub"])
def test_subprocess_works(serve: Serve, interpreter: str) -> None:
    server = serve(
        "system_calls",
        directory=f"""
        SetHandler mod_python
        PythonHandler calls::runs_a_program
        PythonInterpreter {interpreter}
        """,
    )
    assert server.json()["result"] == "hi\n"


def test_subprocess_can_run_python(serve: Serve) -> None:
    server = serve("system_calls", directory="SetHandler mod_python\nPythonHandler calls::runs_python")
    assert server.json()["result"].split() == [str(part) for part in site.python_version()]


@pytest.mark.parametrize("interpreter", ["main_interpreter", "sub"])
def test_a_signal_handler_is_refused(serve: Serve, interpreter: str) -> None:
    server = serve(
        "system_calls",
        directory=f"""
        SetHandler mod_python
        PythonHandler calls::sets_a_signal_handler
        PythonInterpreter {interpreter}
        """,
    )
    answer = server.json()
    assert "error" in answer
    assert "signal" in answer["text"]
    # httpd's own use of the signal still works.
    server.control("graceful")
    assert server.json()["pid"] != answer["pid"]
