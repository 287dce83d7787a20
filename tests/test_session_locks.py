"""One request at a time has a session, and nothing else waits for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import httpx
import pytest
from harness import sessions, site, wait
from harness.serve import Serve
from harness.server import Server

# Each request in a process of its own.
_PROCESSES: dict[str, Any] = {"children": 3, "threads": 1}


@contextmanager
def _held(server: Server, sid: str) -> Iterator[Future[httpx.Response]]:
    """A request that has the session for as long as the block runs; its answer, afterwards."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.get, "/hold", headers=sessions.cookie(sid))
        wait.until((server.spool / f"holding-{sid}").exists)
        try:
            yield answer
        finally:
            (server.spool / "go").touch()


def _count(server: Server, sid: str, requests: int) -> Any:
    """The counter after so many requests at once that each read it, wait and write it."""
    answers = server.at_once(requests, "/count?0.03", headers=sessions.cookie(sid))
    assert [answer.status_code for answer in answers] == [200] * requests
    return sessions.facts(server, sid)["data"]


# --- exclusion ---


@pytest.mark.parametrize("kind", sessions.SHARED)
def test_processes_take_turns(serve: Serve, kind: str) -> None:
    """L7.1: 24. L7.3: 10."""
    server = sessions.start(serve, kind, **_PROCESSES)
    sid = sessions.saved(server)
    data = _count(server, sid, 5)
    assert data["count"] == 6
    assert len(data["pids"]) > 1


@pytest.mark.skipif(site.MPM == "prefork", reason="no threads")
@pytest.mark.parametrize("kind", sessions.EVERY)
def test_threads_take_turns(serve: Serve, kind: str) -> None:
    server = sessions.start(serve, kind, children=1, threads=8)
    sid = sessions.saved(server)
    data = _count(server, sid, 5)
    assert data["count"] == 6
    assert len(data["pids"]) == 1
    assert len(data["threads"]) > 1


def test_holders_of_a_key_of_the_server_take_turns(serve: Serve) -> None:
    """L7.1: 24. The locks that session classes of one's own may use."""
    server = serve("locks", directory="SetHandler mod_python\nPythonHandler locks", children=5, threads=1)
    assert [answer.status_code for answer in server.at_once(5, "/hold/0.1")] == [200] * 5
    lines = (server.spool / "intervals").read_text().splitlines()
    intervals = sorted(tuple(map(int, line.split())) for line in lines)
    assert len(intervals) == 5
    assert all(one[1] <= other[0] for one, other in pairwise(intervals))


def test_after_a_restart_old_and_new_processes_take_turns(serve: Serve) -> None:
    server = sessions.start(serve, children=3, threads=2)
    sid = sessions.saved(server)
    started = len(server.log.find("resuming normal operations"))
    with _held(server, sid):
        assert server.process.run("-k", "graceful").returncode == 0
        server.log.wait_for("resuming normal operations", count=started + 1)
        later = ThreadPoolExecutor(1).submit(sessions.facts, server, sid, "/count")
        assert sessions.saved(server)
        assert not later.done()
    assert later.result() == 2


@pytest.mark.parametrize("kind", sessions.SHARED)
def test_a_session_stalls_no_other(serve: Serve, kind: str) -> None:
    """L7.2: 18. L7.3: 10. Not even where the server has a single lock; and the database is everybody's meanwhile."""
    server = sessions.start(serve, kind, server="PythonOption mod_python.mutex_locks 1", **_PROCESSES)
    sid = sessions.saved(server)
    with _held(server, sid) as answer:
        for _ in range(20):
            other = sessions.saved(server)
            assert sessions.facts(server, other, "/count") == 2
        assert not answer.done()


def test_an_unlocked_session_is_free_for_others(serve: Serve) -> None:
    server = sessions.start(serve, **_PROCESSES)
    sid = sessions.saved(server)
    source = """
s = Session.Session(req)
s.unlock()
(spool / "unlocked").touch()
while not (spool / "go").exists():
    time.sleep(0.005)
"""
    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(sessions.run, server, source, sid)
        wait.until((server.spool / "unlocked").exists)
        assert sessions.facts(server, sid)["new"] is False
        assert not holding.done()
        (server.spool / "go").touch()


def test_without_a_lock_nobody_waits(serve: Serve) -> None:
    server = sessions.start(serve, **_PROCESSES)
    sid = sessions.saved(server)
    with _held(server, sid) as answer:
        assert sessions.run(server, "result = Session.Session(req, lock=0).is_new()", sid) is False
        assert not answer.done()


def test_an_unlocked_session_can_be_locked_again(serve: Serve) -> None:
    server = sessions.start(serve, **_PROCESSES)
    sid = sessions.saved(server)
    source = "s = Session.Session(req)\ns.unlock()\ns.lock()\ns.lock()\n" + _OTHERS_SEE_IT_LOCKED
    assert sessions.run(server, source, sid) is True


# Whether others find the lock of `s` taken. It belongs to an open file, so this process may ask by another one.
_OTHERS_SEE_IT_LOCKED = """
import fcntl, os, struct, _apache
from mod_python._session import locks
other = os.open(_apache._lock_file(req.server), os.O_RDWR)
try:
    fcntl.fcntl(other, fcntl.F_OFD_SETLK, locks._byte(fcntl.F_WRLCK, locks._place(s.id())))
    result = False
except BlockingIOError:
    result = True
os.close(other)
"""


# --- one request ---


def test_an_id_may_be_opened_twice_in_a_request(serve: Serve) -> None:
    """L7.2: 18. It stays locked until the last one is done with it."""
    server = sessions.start(serve, **_PROCESSES)
    sid = sessions.saved(server)
    source = "s = Session.Session(req)\nt = Session.Session(req, s.id())\nt.unlock()\n" + _OTHERS_SEE_IT_LOCKED
    assert sessions.run(server, source, sid) is True
    source = "s = Session.Session(req)\nt = Session.Session(req, s.id())\nt.unlock()\ns.unlock()\n"
    assert sessions.run(server, source + _OTHERS_SEE_IT_LOCKED, sid) is False
    assert sessions.facts(server, sid)["new"] is False


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_many_ids_may_be_opened_in_a_request(serve: Serve, kind: str) -> None:
    """L7.2: 18. The server's eight locks would not do."""
    server = sessions.start(serve, kind, children=1)
    source = "made = [Session.Session(req, lock=0) for _ in range(30)]\nfor s in made: s.save()\n"
    source += "result = [Session.Session(req, s.id()).is_new() for s in made]"
    assert sessions.run(server, source) == [False] * 30


def test_each_phase_may_open_it(serve: Serve) -> None:
    server = sessions.start(serve, directory="PythonAccessHandler sessions::access", **_PROCESSES)
    one, other = sessions.saved(server, "x"), sessions.saved(server, "banned")
    assert [sessions.facts(server, one, "/count") for _ in range(3)] == [2, 3, 4]
    assert server.get("/count", headers=sessions.cookie(other)).status_code == 403


def test_a_sub_request_that_becomes_the_request_may_open_it(serve: Serve) -> None:
    """httpd looks for the index of a directory by a sub-request, which then ends after the request that it became."""
    directory = "PythonFixupHandler sessions::fixup\nDirectoryIndex count"
    server = sessions.prepare(serve, directory=directory, modules=("dir",), **_PROCESSES)
    (server.htdocs / "count").touch()
    server.start()
    sid = sessions.saved(server)
    answers = [server.get("/", headers=sessions.cookie(sid)) for _ in range(6)]
    assert [answer.text for answer in answers] == ["2", "3", "4", "5", "6", "7"]


@pytest.mark.parametrize("interpreter", ["main.test", "another"])
def test_an_error_page_opens_the_session_of_the_request_that_failed(serve: Serve, interpreter: str) -> None:
    """Also in an interpreter of its own."""
    late = f"ErrorDocument 500 /error/facts\n<Location /error>\nPythonInterpreter {interpreter}\n</Location>"
    server = sessions.start(serve, late=late)
    sid = sessions.saved(server)
    for _ in range(3):
        answer = server.get("/fail", headers=sessions.cookie(sid))
        assert answer.status_code == 500
        assert (answer.json()["sid"], answer.json()["data"]["failed"]) == (sid, "/fail")
    assert sessions.facts(server, sid)["new"] is False
    server.expect_log("MPY0303", "LookupError: on purpose")
    server.tolerate_log("^PythonHandler sessions")


def test_an_internal_redirect_opens_the_session_again(serve: Serve) -> None:
    server = sessions.start(serve)
    sid = sessions.saved(server)
    source = "s = Session.Session(req)\ns['here'] = 1\ns.save()\nreq.internal_redirect('/count')"
    assert sessions.run(server, source, sid) == 2
    assert sessions.facts(server, sid)["data"]["here"] == 1


def test_two_requests_that_want_each_others_session_end(serve: Serve) -> None:
    """L7.2: 18. Each has one and waits for the other, which no lock can know."""
    server = sessions.start(serve, server="Timeout 1", **_PROCESSES)
    sids = [sessions.saved(server), sessions.saved(server)]
    source = """
s = Session.Session(req)
(spool / s.id()).touch()
while not (spool / OTHER).exists():
    time.sleep(0.005)
Session.Session(req, OTHER)
"""

    def ask(own: str, other: str) -> int:
        code = source.replace("OTHER", repr(other)).encode()
        return server.post("/source", code, headers=sessions.cookie(own)).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, sids, reversed(sids)))
    assert 503 in answers
    assert set(answers) <= {200, 503}
    assert all(sessions.facts(server, sid)["new"] is False for sid in sids)
    server.expect_log("^MPY0920: ")


# --- time ---


def test_waiting_may_have_a_limit(serve: Serve) -> None:
    server = sessions.start(serve, options="mod_python.session.lock_timeout 1", **_PROCESSES)
    sid = sessions.saved(server)
    with _held(server, sid):
        assert server.get("/facts", headers=sessions.cookie(sid)).status_code == 503
        assert sessions.saved(server)
    assert sessions.facts(server, sid)["new"] is False
    server.expect_log("^MPY0920: a session was locked for more than 1 seconds")


# --- release ---


ENDS = [
    "raise LookupError('on purpose')",
    "raise apache.SERVER_RETURN(404)",
    "raise SystemExit",
    "req.my_session = s",
    "import sys\nsys.my_session = s",
    "req.write('x' * 100000)",
    "s.do_save = None\ns.save()",
]


def test_whatever_ends_the_request_unlocks(serve: Serve) -> None:
    server = sessions.start(serve, **_PROCESSES)
    sid = sessions.saved(server)
    for source in ENDS * 2:
        server.post("/source", f"s = Session.Session(req)\n{source}".encode(), headers=sessions.cookie(sid))
    assert sessions.facts(server, sid)["new"] is False
    server.tolerate_log(".")


def test_a_session_that_cannot_be_loaded_is_unlocked(serve: Serve) -> None:
    server = sessions.start(serve, **_PROCESSES)
    sid = sessions.saved(server)
    source = (
        "def load(self): raise LookupError\nSession.FileSession.do_load, real = load, Session.FileSession.do_load\n"
    )
    source += "try: Session.Session(req)\nexcept LookupError: result = 1\nSession.FileSession.do_load = real"
    assert sessions.run(server, source, sid) == 1
    assert sessions.facts(server, sid)["new"] is False


def test_a_client_that_leaves_unlocks(serve: Serve) -> None:
    server = sessions.start(serve, **_PROCESSES)
    sid = sessions.saved(server)
    source = b"s = Session.Session(req)\nfor n in range(10**6): req.write('x' * 10000)"
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            head = f"Host: main.test\r\nCookie: pysid={sid}\r\nContent-Length: {len(source)}\r\n\r\n"
            client.sendall(b"POST /source HTTP/1.1\r\n" + head.encode() + source)
            assert client.recv(1000)
    assert sessions.facts(server, sid)["new"] is False
    server.tolerate_log(".")


def test_a_process_that_dies_unlocks(serve: Serve) -> None:
    server = sessions.start(serve, **_PROCESSES)
    sid = sessions.saved(server)
    with pytest.raises(Exception, match=r"disconnected|reset|closed"):
        server.get("/die", headers=sessions.cookie(sid))
    assert sessions.facts(server, sid)["new"] is False


def test_a_program_that_a_script_starts_keeps_nothing_locked(serve: Serve) -> None:
    server = sessions.start(serve, **_PROCESSES)
    sid = sessions.saved(server)
    source = "import subprocess\ns = Session.Session(req)\n"
    source += "subprocess.Popen(['sleep', '30'], close_fds=False, start_new_session=True)"
    sessions.run(server, source, sid)
    assert sessions.facts(server, sid)["new"] is False


def test_what_is_held_leaves_no_open_files(serve: Serve) -> None:
    server = sessions.start(serve, children=1, threads=2)
    sid = sessions.saved(server)
    # But for connections: one that has just ended may still be open.
    count = """
import os
s = Session.Session(req)
t = Session.Session(req, s.id())
open_files = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
result = sum(os.path.exists(file) and not os.readlink(file).startswith("socket:") for file in open_files)
"""
    before = max(sessions.run(server, count, sid) for _ in range(10))
    for _ in range(10):
        sessions.run(server, count, sid)
    # The other thread may still be closing what the request before has held.
    wait.until(lambda: bool(sessions.run(server, count, sid) <= before))


@pytest.mark.skipif(site.MPM == "prefork", reason="no threads")
def test_another_thread_may_unlock(serve: Serve) -> None:
    server = sessions.start(serve, children=1)
    sid = sessions.saved(server)
    source = "import threading\ns = Session.Session(req)\nt = threading.Thread(target=s.unlock)\nt.start()\nt.join()\n"
    assert sessions.run(server, source + _OTHERS_SEE_IT_LOCKED, sid) is False


def test_a_session_kept_beyond_its_request_can_be_unlocked(serve: Serve) -> None:
    server = sessions.start(serve, children=1, threads=1)
    sid = sessions.saved(server)
    sessions.run(server, "sys.kept = Session.Session(req)", sid)
    assert sessions.run(server, "sys.kept.unlock()\nsys.kept.save()\nresult = sys.kept.id()", sid) == sid
