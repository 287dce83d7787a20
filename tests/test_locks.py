"""Locks that hold among all processes of the server: `_apache._global_lock` and its kin."""

from __future__ import annotations

import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from harness import site, wait
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server

_LOCKS = "SetHandler mod_python\nPythonHandler locks"

# So many requests at once that the locks are not fewer for that.
_BIG: dict[str, Any] = {"children": 8 if site.MPM == "prefork" else 2, "threads": 8}

_CALLS = """
import _apache
lock, trylock, unlock = _apache._global_lock, _apache._global_trylock, _apache._global_unlock
"""


def _serve(serve: Serve, **config: Any) -> Server:
    # As many processes as requests come at once, so that the locks hold between processes.
    return serve("locks", directory=_LOCKS, **{"children": 5, "threads": 1, **config})


def _intervals(server: Server) -> list[tuple[int, int, int]]:
    lines = (server.spool / "intervals").read_text().splitlines()
    return sorted((int(begun), int(ended), int(pid)) for begun, ended, pid in map(str.split, lines))


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path}"
        time.sleep(0.01)


def _next_pids() -> range:
    """What a process that is started now will probably have as its number."""
    last = int(Path("/proc/loadavg").read_text().split()[-1])
    return range(last, last + 3000)


# --- exclusion ---


def _exclude_each_other(intervals: list[tuple[int, int, int]]) -> bool:
    return all(ended <= begun for (_, ended, _), (begun, _, _) in pairwise(intervals))


def test_a_key_excludes_among_processes(serve: Serve) -> None:
    """21.1: 7."""
    server = _serve(serve)
    answers = server.at_once(5, "/hold/0.2")
    assert [answer.status_code for answer in answers] == [200] * 5
    intervals = _intervals(server)
    assert len(intervals) == 5
    assert len({pid for _, _, pid in intervals}) > 1
    assert _exclude_each_other(intervals)


@pytest.mark.skipif(site.MPM == "prefork", reason="no threads")
def test_a_key_excludes_among_threads(serve: Serve) -> None:
    server = _serve(serve, children=1, threads=8)
    assert [answer.status_code for answer in server.at_once(5, "/hold/0.05")] == [200] * 5
    intervals = _intervals(server)
    assert len({pid for _, _, pid in intervals}) == 1
    assert _exclude_each_other(intervals)


@pytest.mark.parametrize("verb", ["graceful", "restart"])
def test_a_key_excludes_after_a_restart(serve: Serve, verb: str) -> None:
    server = _serve(serve)
    server.text("/try/1")
    server.control(verb)
    assert [answer.status_code for answer in server.at_once(5, "/hold/0.05")] == [200] * 5
    assert _exclude_each_other(_intervals(server))


def test_a_child_in_its_last_request_excludes_those_that_replace_it(serve: Serve) -> None:
    server = _serve(serve, children=2)
    answers: list[str] = []
    # Its own thread and connection: the server restarts below it.
    waiting = threading.Thread(target=lambda: answers.append(server.text("/until/go")))
    waiting.start()
    _wait_for(server.spool / "holding")
    started = len(server.log.find("resuming normal operations"))
    assert server.process.run("-k", "graceful").returncode == 0
    server.log.wait_for("resuming normal operations", count=started + 1)
    assert server.text("/try/go") == "False"
    (server.spool / "go").touch()
    waiting.join()
    assert answers == ["released"]
    assert server.text("/try/go") == "True"


def test_a_restart_with_more_locks_makes_the_missing(serve: Serve) -> None:
    server = serve.prepare("locks", directory=_LOCKS, server="PythonOption mod_python.mutex_locks 2", **_BIG)
    server.start()
    assert server.text("/try/1") == "True"
    config = server.root / "httpd.conf"
    config.write_text(config.read_text().replace("mutex_locks 2", "mutex_locks 5"))
    files = sorted((server.root / "run").glob("mpmtx*"))
    # What somebody has removed is made anew.
    files[1].unlink()
    server.control("graceful")
    assert server.text("/try/1") == "True"
    assert server.log.find("^MPY0801: 5 locks")
    assert len(list((server.root / "run").glob("mpmtx*"))) == 5


def test_a_lock_that_another_process_holds_is_busy(serve: Serve) -> None:
    server = _serve(serve, children=3)
    holder = server.text("/keep/1")
    others = {server.text("/try/1") for _ in range(10)}
    assert others == {"False"}
    assert holder


def test_a_dead_process_holds_nothing(serve: Serve) -> None:
    server = _serve(serve, children=2)
    with pytest.raises(Exception, match=r"disconnected|reset|closed"):
        server.get("/die/1")
    assert server.text("/try/1") == "True"


# --- what is not held ---


def test_releasing_what_is_not_held(inside: Inside) -> None:
    error = inside.error(_CALLS + "unlock(req.server, 1)")
    assert error.startswith("ValueError: lock ")
    inside.server.expect_log(r"^MPY0807: lock \d is not held by this process")


def test_releasing_what_is_not_held_changes_nothing(inside: Inside) -> None:
    source = (
        _CALLS
        + """
for n in range(3):
    try:
        unlock(req.server, None, 0)
    except ValueError:
        pass
lock(req.server, None, 0)
result = [trylock(req.server, None, 0)]
unlock(req.server, None, 0)
result += [trylock(req.server, None, 0)]
unlock(req.server, None, 0)
"""
    )
    assert inside(source) == [False, True]
    inside.server.expect_log("^MPY0807: lock 0 ")


def test_what_another_process_holds_cannot_be_released(serve: Serve) -> None:
    server = _serve(serve, children=3)
    holder = server.text("/keep/1")
    answers: list[str] = []

    def another_process_answers() -> bool:
        # Several at once, since one after the other may all meet the holder. It may, so it declines.
        with ThreadPoolExecutor(6) as pool:
            answers.extend(pool.map(server.text, [f"/unlock/1?{holder}"] * 6))
        return any(answer.startswith("ValueError: ") for answer in answers)

    wait.until(another_process_answers)
    assert "released" not in answers
    assert server.text("/try/1") == "False"
    server.expect_log("^MPY0807: ")


def test_another_thread_of_the_process_may_release(inside: Inside) -> None:
    """A cleanup may run on another thread than the handler."""
    source = (
        _CALLS
        + """
import threading
lock(req.server, 'k')
thread = threading.Thread(target=unlock, args=(req.server, 'k'))
thread.start()
thread.join()
result = trylock(req.server, 'k')
unlock(req.server, 'k')
"""
    )
    assert inside(source) is True


def test_waiting_lets_other_threads_run_python(inside: Inside) -> None:
    source = (
        _CALLS
        + """
import threading
lock(req.server, 'k')
waiter = threading.Thread(target=lock, args=(req.server, 'k'))
waiter.start()
unlock(req.server, 'k')
waiter.join()
result = trylock(req.server, 'k')
unlock(req.server, 'k')
"""
    )
    assert inside(source) is False


# --- which lock ---


def _collide(inside: Inside, one: str, other: str) -> bool:
    source = f"{_CALLS}\nlock(req.server, {one})\ntaken = trylock(req.server, {other})\n"
    source += f"if taken: unlock(req.server, {other})\nunlock(req.server, {one})\nresult = not taken"
    collides: bool = inside(source)
    return collides


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", "1.0"), ("1", "True"), ("'x'", "'x'"), ("b'x'", "b'x'"), ("(1, 'a')", "(True, 'a')"), ("None", "None")],
)
def test_equal_keys_are_one_lock(inside: Inside, one: str, other: str) -> None:
    """Q34."""
    assert _collide(inside, one, other)


def test_no_key_chooses_lock_0(inside: Inside) -> None:
    inside.serve(**_BIG)
    source = (
        _CALLS + "lock(req.server, None, 0)\nfor n in range(100):\n    lock(req.server, n)\n    unlock(req.server, n)\n"
    )
    assert inside(source + "unlock(req.server, None, 0)\nresult = True") is True


def test_keys_reach_every_other_lock(inside: Inside) -> None:
    inside.serve(**_BIG)
    source = _CALLS + "result = sum(trylock(req.server, n) for n in range(100))\n"
    source += "for n in range(1, result + 1): unlock(req.server, None, n)"
    assert inside(source) == 7


def test_negative_keys_too(inside: Inside) -> None:
    assert _collide(inside, "-1", "-1")
    assert _collide(inside, "-2**70", "-2**70")


def test_an_index_ignores_the_key(inside: Inside) -> None:
    inside.serve(**_BIG)
    assert inside(_CALLS + "lock(req.server, [], 1)\nunlock(req.server, {}, 1)\nresult = True") is True


@pytest.mark.parametrize("index", ["8", "-2", "10**9"])
def test_indices_that_no_lock_has(inside: Inside, index: str) -> None:
    inside.serve(**_BIG)
    for call in ("lock", "trylock", "unlock"):
        assert inside.error(f"{_CALLS}\n{call}(req.server, 1, {index})").startswith(
            "ValueError: there is no lock with index"
        )
    inside.server.expect_log(f"^MPY0806: there is no lock with index {index.replace('10**9', '1000000000')}: ")


@pytest.mark.parametrize(
    ("call", "error"),
    {
        "lock()": "TypeError: ",
        "lock(None)": "TypeError: ",
        "lock(req.server, [])": "TypeError: unhashable type",
        "lock(req.server, ([],))": "TypeError: unhashable type",
        "lock(req.server, 1, 'x')": "TypeError: ",
        "lock(req.server, 1, None)": "TypeError: ",
        "lock(req.server, 1, 2**80)": "OverflowError: ",
        "trylock(req.server, 1, 2, 3)": "TypeError: ",
    }.items(),
)
def test_refused(inside: Inside, call: str, error: str) -> None:
    assert inside.error(f"{_CALLS}\n{call}").startswith(error)


def test_hashes_do_not_depend_on_the_process(serve: Serve) -> None:
    """Q34. Python's own hash of a str is seeded anew in each process."""
    server = _serve(serve, children=3)
    for key in ("alpha", "beta", "gamma"):
        server.text(f"/keep/{key}")
        assert {server.text(f"/try/{key}") for _ in range(6)} == {"False"}
        server.control("restart")


_EQUAL = """
import sys
sys.path.insert(0, sys.argv[1])
from decimal import Decimal
from fractions import Fraction
from mod_python._locks import stable_hash
class Name(str): pass
groups = [
    [0, False, 0.0, -0.0, 0j, Decimal(0), Fraction(0)], [1, True, 1.0], [2**80, float(2**80)], [-1],
    [0.5, Fraction(1, 2)],
    ["x", Name("x")], [b"x", memoryview(b"x")], ["\\ud800"], ["\u20ac"], [""], [None],
    [(), ()], [(1, "a"), (True, Name("a"))], [((1,), 2)], [frozenset("abc"), frozenset("cba")], [int], [Ellipsis],
]
hashes = [{stable_hash(key) for key in group} for group in groups]
assert all(len(group) == 1 for group in hashes), hashes
print(hashes)
"""


@pytest.mark.once
def test_equal_keys_have_equal_hashes_in_every_process() -> None:
    """Q34. Whatever the seed of Python's own hash is."""
    command = [str(site.PYTHON), "-c", _EQUAL, str(site.CHECKOUT / "python")]
    answers = {
        subprocess.run(
            command, env={"PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}, check=True, capture_output=True
        ).stdout
        for seed in "123"
    }
    assert len(answers) == 1


# --- the pool ---


def test_two_notices_tell_number_and_directory(inside: Inside) -> None:
    inside.serve(**_BIG)
    inside("result = 1")
    (count,) = inside.server.log.find("^MPY0801: 8 locks for scripts")
    (directory,) = inside.server.log.find("^MPY0802: lock files are in ")
    assert (count.level, directory.level) == ("notice", "notice")
    assert directory.message.endswith(str(inside.server.root / "run"))


def test_no_more_locks_than_requests_at_once(inside: Inside) -> None:
    """One request at a time needs one lock; every key is that one."""
    inside.serve(children=1, threads=1)
    source = (
        _CALLS
        + "lock(req.server, 'a')\nresult = [trylock(req.server, k) for k in ('a', 'b', 7)]\nunlock(req.server, None, 0)"
    )
    assert inside(source) == [False, False, False]
    assert inside.server.log.find("^MPY0801: 1 locks")


def test_the_number_of_locks_is_an_option_of_the_main_server(inside: Inside) -> None:
    inside.serve(server="PythonOption mod_python.mutex_locks 3", **_BIG)
    assert inside(_CALLS + "result = sum(trylock(req.server, n) for n in range(100))") == 2
    assert inside.server.log.find("^MPY0801: 3 locks")


def test_lock_files_lie_in_the_directory_of_the_option(serve: Serve) -> None:
    server = serve.prepare("locks", directory=_LOCKS, server='PythonOption mod_python.mutex_directory "{root}/locks"')
    folder = server.root / "locks"
    folder.mkdir()
    server.start()
    assert server.text("/try/1") == "True"
    files = sorted(folder.iterdir())
    assert files
    assert all(file.name.startswith(f"mpmtx{server.process.pid}") for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) & 0o077 == 0 for file in files)
    server.stop()
    assert not list(folder.iterdir())


def test_a_left_over_lock_file_does_no_harm(serve: Serve) -> None:
    """A server that was killed leaves its files; its process number comes round again."""
    server = serve.prepare("locks", directory=_LOCKS, server='PythonOption mod_python.mutex_directory "{root}/locks"')
    folder = server.root / "locks"
    folder.mkdir()
    pids = _next_pids()
    for pid in pids:
        (folder / f"mpmtx{pid}0").touch()
    server.start()
    if server.process.pid not in pids:
        pytest.skip("the process numbers began anew")
    assert server.text("/try/1") == "True"


def test_a_directory_that_is_not_there_keeps_httpd_from_starting(serve: Serve) -> None:
    message = serve.refused("locks", server='PythonOption mod_python.mutex_directory "{root}/none"')
    assert "MPY0804: no lock could be made in" in message


def test_with_some_locks_httpd_starts(serve: Serve) -> None:
    server = serve.prepare(
        "locks", directory=_LOCKS, server='PythonOption mod_python.mutex_directory "{root}/locks"', **_BIG
    )
    (server.root / "locks").mkdir()
    pids = _next_pids()
    for pid in pids:
        # What no file can replace.
        (server.root / "locks" / f"mpmtx{pid}5").mkdir()
    server.start()
    if server.process.pid not in pids:
        pytest.skip("the process numbers began anew")
    assert server.text("/try/1") == "True"
    server.expect_log("^MPY0803: only 5 of 8 locks could be made in .*: File exists; 3 are used")
    assert server.log.find("^MPY0801: 3 locks")
    assert len([file for file in (server.root / "locks").iterdir() if file.is_file()]) == 3


@pytest.mark.skipif(site.unprivileged() is None, reason="needs root to have unprivileged children")
def test_a_child_without_locks_serves_on(serve: Serve) -> None:
    server = serve.prepare("locks", directory=_LOCKS, server='PythonOption mod_python.mutex_directory "{root}/locks"')
    (server.root / "locks").mkdir(mode=0o700)
    server.start()
    assert server.text("/unlock/1") == "ValueError: there is no lock with index -1: this server has 0 locks"
    server.expect_log("^MPY0805: the locks could not be opened: Permission denied", "^MPY0806: ")


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_number_of_locks_that_is_none_keeps_httpd_from_starting(serve: Serve, number: str) -> None:
    message = serve.refused("locks", server=f"PythonOption mod_python.mutex_locks {number}")
    assert f"MPY0804: PythonOption mod_python.mutex_locks '{number}' is not a number above 0" in message


@pytest.mark.skipif(site.unprivileged() is None, reason="needs root to have unprivileged children")
def test_unprivileged_children_can_use_the_locks(serve: Serve) -> None:
    server = _serve(serve, children=2)
    assert server.text("/try/1") == "True"
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in server.process.children()} != {0}
