"""Threads, contexts and event loops inside handlers, in each kind of interpreter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from harness import site, wait
from harness.inside import Inside
from harness.serve import Serve

_OWN_GIL = pytest.mark.skipif(site.python_version() < (3, 13), reason="interpreters with a GIL of their own need 3.13")
_MAIN = {"directory": "PythonInterpreter main_interpreter\n"}
_OWN = {"server": "PythonInterpreterOptions * gil=own"}
_KINDS = [
    pytest.param(_MAIN, id="main"),
    pytest.param({}, id="legacy"),
    pytest.param(_OWN, id="own", marks=_OWN_GIL),
]
_DAEMONS = _KINDS[:2]
_SUB = _KINDS[1:]
_HOSTS = {"a.test": "", "b.test": ""}


def _app(function: str, kind: dict[str, str]) -> dict[str, Any]:
    directory = f"SetHandler mod_python\nPythonHandler work::{function}\n{kind.get('directory', '')}"
    return {"directory": directory, "server": kind.get("server", "")}


# --- threads that handlers start ---


@pytest.mark.parametrize("kind", _KINDS)
def test_a_thread_works_on_when_its_request_is_over(serve: Serve, kind: dict[str, str]) -> None:
    server = serve("threads", children=1, **_app("worker", kind))
    server.json("/?one")
    wait.until(lambda: len(server.json()) == 1)
    server.json("/?two")
    wait.until(lambda: len(server.json()) == 2)
    name = "main_interpreter" if kind is _MAIN else "main.test"
    assert server.json() == [["one", name], ["two", name]]


@pytest.mark.parametrize("kind", _DAEMONS)
def test_a_thread_is_a_daemon_as_httpds_are(inside: Inside, kind: dict[str, str]) -> None:
    inside.serve(**kind)
    assert inside("import threading; result = threading.Thread().daemon") is True


@_OWN_GIL
def test_no_thread_is_a_daemon_under_a_lock_of_its_own(inside: Inside) -> None:
    inside.serve(**_OWN)
    assert inside("import threading; result = threading.Thread().daemon") is False


@_OWN_GIL
def test_a_daemon_is_refused_under_a_lock_of_its_own(inside: Inside) -> None:
    inside.serve(**_OWN)
    said = inside.error("import threading; threading.Thread(daemon=True)")
    assert said == "RuntimeError: daemon threads are disabled in this (sub)interpreter"


@_OWN_GIL
def test_queues_of_processes_need_daemons(inside: Inside) -> None:
    inside.serve(**_OWN)
    said = inside.error("import multiprocessing; multiprocessing.Queue().put(1)")
    assert said == "RuntimeError: daemon threads are disabled in this (sub)interpreter"


@pytest.mark.parametrize("kind", _KINDS)
def test_a_pool_of_threads(inside: Inside, kind: dict[str, str]) -> None:
    inside.serve(**kind)
    code = """
        from concurrent.futures import ThreadPoolExecutor
        def name(number):
            return [number, apache.interpreter]
        with ThreadPoolExecutor(2) as pool:
            result = list(pool.map(name, range(3)))
    """
    name = "main_interpreter" if kind is _MAIN else "main.test"
    assert inside(code) == [[number, name] for number in range(3)]


@pytest.mark.parametrize("kind", _KINDS)
def test_a_timer(inside: Inside, kind: dict[str, str]) -> None:
    inside.serve(**kind)
    code = """
        import threading
        rang = threading.Event()
        threading.Timer(0.01, rang.set).start()
        result = rang.wait(30)
    """
    assert inside(code) is True


# --- what threads keep ---


@pytest.mark.parametrize("kind", [_KINDS[0], _KINDS[2]])
def test_thread_locals_are_kept_from_request_to_request(serve: Serve, kind: dict[str, str]) -> None:
    config = _app("", kind)
    config["directory"] = config["directory"].replace("work::", "locals")
    server = serve("thread_local", children=1, threads=1, **config)
    assert [server.json()[1] for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("kind", _SUB)
def test_a_context_variable_is_the_threads_in_one_interpreter(serve: Serve, kind: dict[str, str]) -> None:
    server = serve("threads", vhosts=_HOSTS, children=1, threads=1, **_app("variable", kind))
    assert server.text("/?a", "a.test") == "a"
    # Not the request's: as in any server whose threads serve one after another.
    assert server.text("/", "a.test") == "a"
    assert server.text("/", "b.test") == "nobody"


@pytest.mark.parametrize("kind", _KINDS)
def test_a_copy_of_the_context_is_the_requests_own(serve: Serve, kind: dict[str, str]) -> None:
    server = serve("threads", children=1, threads=1, **_app("variable_of_its_own", kind))
    assert server.text("/?first") == "first"
    assert server.text("/") == "nobody"


@pytest.mark.parametrize("kind", _SUB)
def test_decimal_contexts_of_threads_do_not_cross(serve: Serve, kind: dict[str, str]) -> None:
    server = serve("threads", vhosts=_HOSTS, children=1, threads=1, **_app("decimals", kind))
    assert server.json("/?11", "a.test") == [28, 11]
    # The first thread that is started there, too: CPython counts them in each interpreter anew.
    assert server.json("/?22", "b.test") == [28, 22]


# --- asyncio ---


@pytest.mark.parametrize("kind", _KINDS)
def test_asyncio_runs_in_a_handler(inside: Inside, kind: dict[str, str]) -> None:
    inside.serve(children=1, threads=1, **kind)
    code = """
        import asyncio
        async def both():
            return await asyncio.gather(asyncio.sleep(0.01, "slept"), asyncio.to_thread(lambda: apache.interpreter))
        result = asyncio.run(both())
    """
    name = "main_interpreter" if kind is _MAIN else "main.test"
    # Again on the same thread.
    assert [inside(code), inside(code)] == [["slept", name]] * 2


@pytest.mark.parametrize("kind", _KINDS)
def test_asyncio_runs_programs(inside: Inside, kind: dict[str, str]) -> None:
    inside.serve(**kind)
    code = """
        import asyncio
        async def output():
            program = await asyncio.create_subprocess_exec("/bin/echo", "hi", stdout=asyncio.subprocess.PIPE)
            return (await program.communicate())[0].decode()
        result = asyncio.run(output())
    """
    assert inside(code) == "hi\n"


@pytest.mark.skipif(site.MPM == "prefork", reason="two requests at the same time in one child")
@pytest.mark.parametrize("kind", _SUB)
def test_loops_run_side_by_side_in_two_interpreters(serve: Serve, kind: dict[str, str]) -> None:
    config = _app("waits_in_a_loop", kind)
    config["directory"] += '<Files "other">\nPythonHandler work::runs_another_loop\n</Files>'
    server = serve("threads", vhosts=_HOSTS, children=1, threads=2, **config)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(server.text, "/", "a.test")
        other = pool.submit(server.text, "/other", "b.test")
        assert [waiting.result(), other.result()] == ["waited", "at once"]


@pytest.mark.parametrize("kind", _KINDS)
def test_a_loop_takes_no_signal(inside: Inside, kind: dict[str, str]) -> None:
    inside.serve(**kind)
    code = """
        import asyncio, signal
        async def listen():
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, print)
        asyncio.run(listen())
    """
    assert "main thread" in inside.error(code)


# --- processes ---


@pytest.mark.parametrize("kind", _SUB)
def test_a_fork_is_refused_and_names_the_remedy(inside: Inside, kind: dict[str, str]) -> None:
    inside.serve(**kind)
    for code in (
        "import os; os.fork()",
        "from concurrent.futures import ProcessPoolExecutor as Pool\n"
        "import multiprocessing\n"
        "Pool(1, multiprocessing.get_context('fork')).submit(str)",
    ):
        said = inside.error(code)
        assert said.startswith("RuntimeError: os.fork() is not possible in a sub-interpreter")
        assert "PythonInterpreter main_interpreter" in said


@_OWN_GIL
def test_exec_is_refused_under_a_lock_of_its_own(inside: Inside) -> None:
    inside.serve(**_OWN)
    said = inside.error("import os; os.execv('/bin/true', ['true'])")
    assert said == "RuntimeError: exec not supported for isolated subinterpreters"


@pytest.mark.parametrize("kind", _KINDS)
def test_a_program_runs(inside: Inside, kind: dict[str, str]) -> None:
    inside.serve(**kind)
    code = "import subprocess; result = subprocess.run(['/bin/echo', 'hi'], capture_output=True, text=True).stdout"
    assert inside(code) == "hi\n"


_STARTS = {
    "subprocess": "subprocess.run(command, stdout=output)",
    "posix_spawn": "os.waitpid(os.posix_spawn(command[0], command, {}, file_actions=to_output), 0)",
    "posix_spawnp": "os.waitpid(os.posix_spawnp('grep', command, {'PATH': '/bin'}, file_actions=to_output), 0)",
    "thread": "threads.submit(subprocess.run, command, stdout=output).result()",
}


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("start", _STARTS)
def test_a_program_has_no_signals_blocked(inside: Inside, kind: dict[str, str], start: str) -> None:
    inside.serve(**kind)
    code = f"""
        import os, signal, subprocess, tempfile
        from concurrent.futures import ThreadPoolExecutor
        command = ["/bin/grep", "SigBlk", "/proc/self/status"]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        with tempfile.TemporaryFile() as output, ThreadPoolExecutor(1) as threads:
            to_output = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1)]
            {_STARTS[start]}
            output.seek(0)
            result = int(output.read().split()[1], 16), signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
    """
    assert inside(code) == [0, True]


@pytest.mark.parametrize("kind", _KINDS)
def test_a_program_can_be_told_to_end(inside: Inside, kind: dict[str, str]) -> None:
    inside.serve(**kind)
    code = """
        import subprocess
        program = subprocess.Popen(["/bin/sleep", "60"])
        program.terminate()
        result = program.wait(10)
    """
    assert inside(code) == -15


@pytest.mark.parametrize(
    ("kind", "how"),
    [(_MAIN, "fork"), (_MAIN, "spawn"), (_MAIN, "forkserver"), ({}, "spawn"), ({}, "forkserver")],
    ids=["main-fork", "main-spawn", "main-forkserver", "legacy-spawn", "legacy-forkserver"],
)
def test_a_pool_of_processes_works_and_ends(inside: Inside, kind: dict[str, str], how: str) -> None:
    # Where Python's program has been copied to, it would look for its library where it came from.
    inside.serve(**kind, env={"LD_LIBRARY_PATH": str(site.python_prefix() / "lib")})
    code = f"""
        import multiprocessing
        with multiprocessing.get_context({how!r}).Pool(2) as pool:
            result = pool.map(abs, [-1, 2, -3])
        pool.join()
    """
    assert inside(code) == [1, 2, 3]


# --- callbacks from C ---


@_OWN_GIL
def test_a_callback_from_c_under_a_lock_of_its_own(serve: Serve) -> None:
    directory = "SetHandler mod_python\nPythonHandler callback"
    server = serve("ctypes_callback", directory=directory, vhosts=_HOSTS, server=_OWN["server"], threads=1, children=1)
    for host in ("a.test", "b.test", "a.test"):
        answer = server.json(host=host)
        assert answer["outside"][1] == host
        assert all(seen == answer["outside"] for seen in answer["inside"])
        assert answer["sorted"] == [1, 2, 3]


def test_a_callback_on_a_thread_of_c_in_the_main_interpreter(inside: Inside) -> None:
    inside.serve(**_MAIN)
    code = """
        import ctypes, threading
        seen = []
        def called(argument):
            seen.append([apache.interpreter, argument, threading.current_thread().daemon])
            return 0
        function = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long)(called)
        libc = ctypes.CDLL(None)
        thread = ctypes.c_ulong()
        assert libc.pthread_create(ctypes.byref(thread), None, function, ctypes.c_long(5)) == 0
        assert libc.pthread_join(thread, None) == 0
        result = seen
    """
    assert inside(code) == [["main_interpreter", 5, True]]
