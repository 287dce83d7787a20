"""Expired sessions are removed, others are not, and nobody waits long for it."""

from __future__ import annotations

import os
import pickle
import re
import sqlite3
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from harness import sessions, wait
from harness.serve import Serve
from harness.server import Server

_OLD, _YOUNG = 10_000, 10


def _record(age: float, timeout: float = 1800, data: object = None) -> bytes:
    accessed = time.time() - age
    record = {"_data": {"x": data}, "_created": accessed, "_accessed": accessed, "_timeout": timeout}
    return pickle.dumps(record, 2)


def _sid(number: int) -> str:
    return f"{number:02x}" * 16


def _clean(server: Server, kind: str = "FileSession", call: str = "Session.Session(req)") -> str:
    """Has a request clean up; returns what was logged."""
    done = len(server.log.find("^MPY0921"))
    sessions.run(server, f"{call}.cleanup()")
    entry: str = server.log.wait_for("^MPY0921", done + 1)[-1].message
    return entry


# --- files ---


def _top(server: Server) -> Path:
    return sessions.store(server) / "mp_sess"


def _files(server: Server, *ages: float, content: Any = None) -> list[Path]:
    """A session file of each age, in seconds, in directories 00, 01 and so on."""
    sessions.own(_top(server))
    files = []
    for number, age in enumerate(ages):
        sessions.own(_top(server) / f"{number:02x}")
        file = _top(server) / f"{number:02x}" / _sid(number)
        file.write_bytes(_record(age) if content is None else content)
        file.chmod(0o600)
        sessions.give(file)
        os.utime(file, (time.time() - age,) * 2)
        files.append(file)
    return files


def _left(files: list[Path]) -> list[bool]:
    return [file.exists() for file in files]


@pytest.mark.parametrize(
    "call",
    [
        "Session.FileSession(req)",
        "Session.FileSession(req, fast_cleanup=0)",
        "Session.FileSession(req, fast_cleanup=True, verify_cleanup=False)",
    ],
)
def test_expired_files_are_removed(serve: Serve, call: str) -> None:
    """L7.2: 17."""
    server = sessions.start(serve)
    files = _files(server, _OLD, _YOUNG, _OLD)
    assert "2 of 3 session files had expired" in _clean(server, call=call)
    assert _left(files) == [False, True, False]


def test_the_lock_is_gone_and_the_status_that_of_old(serve: Serve) -> None:
    """L7.2: 17. Written as 3.5 writes it."""
    server = sessions.start(serve)
    _files(server, _OLD)
    assert _clean(server).endswith("all were looked at")
    assert not (_top(server) / ".mp_sess.lck").exists()
    assert (_top(server) / "fs_status.txt").read_text() == "MPFS_3.2 0 0 0 0.000000\n"


def test_a_grace_period_is_waited_for(serve: Serve) -> None:
    options = "mod_python.file_session.cleanup_grace_period 100000"
    server = sessions.start(serve, options=options)
    files = _files(server, _OLD, 200_000)
    _clean(server)
    assert _left(files) == [True, False]


def test_the_stored_timeout_counts(serve: Serve) -> None:
    """The time of a file only tells which ones to look into."""
    server = sessions.start(serve)
    files = _files(server, _OLD, content=_record(_OLD, timeout=20_000))
    _clean(server)
    assert _left(files) == [True]
    _clean(server, call="Session.FileSession(req, verify_cleanup=0)")
    assert _left(files) == [False]


def test_a_session_in_use_is_spared(serve: Serve) -> None:
    """Loading touches the file."""
    options = "mod_python.file_session.verify_session_timeout Off"
    server = sessions.start(serve, options=options)
    sid = sessions.saved(server)
    file = _top(server) / sid[:2] / sid
    os.utime(file, (time.time() - _OLD,) * 2)
    sessions.facts(server, sid)
    _clean(server)
    assert _left([file]) == [True]


def test_what_no_session_needs_is_removed_when_it_is_old(serve: Serve) -> None:
    server = sessions.start(serve)
    files = _files(server, _OLD, _YOUNG, content=b"nonsense")
    rest = files[0].with_name(f".{files[0].name}.123")
    rest.touch()
    os.utime(rest, (time.time() - _OLD,) * 2)
    foreign = files[0].with_name("README")
    foreign.touch()
    os.utime(foreign, (time.time() - _OLD,) * 2)
    _clean(server)
    assert _left([*files, rest, foreign]) == [False, True, False, True]


def test_what_cannot_be_read_stops_nothing(serve: Serve) -> None:
    server = sessions.start(serve)
    files = _files(server, _OLD, _OLD)
    files[0].unlink()
    files[0].symlink_to(files[1])
    (files[1].parent / ("1" * 32)).mkdir()
    _clean(server)
    assert _left(files) == [False, False]
    assert files[0].is_symlink()


class _Evil:
    """Makes a directory when it is unpickled."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (self._path,)


@pytest.mark.parametrize("kind", sessions.SHARED)
def test_looking_for_expired_ones_unpickles_nothing_of_a_script(serve: Serve, kind: str) -> None:
    """Nor imports its modules: sessions of other interpreters stay."""
    server = sessions.start(serve, kind)
    data = [_Evil(str(server.spool / "run")), {"path": Path("x")}]
    if kind == "FileSession":
        files = _files(server, _YOUNG, content=_record(_YOUNG, data=data))
        os.utime(files[0], (time.time() - _OLD,) * 2)
        other = files[0].with_name("f" * 32)
        other.write_bytes(_record(_OLD, data=data).replace(b"pathlib", b"no_such"))
        os.utime(other, (time.time() - _OLD,) * 2)
        other.chmod(0o600)
        sessions.give(other)
        _clean(server)
        assert _left([files[0], other]) == [True, False]
    else:
        _rows(server, [_record(_YOUNG, data=data).replace(b"pathlib", b"no_such"), _record(_OLD, data=data)])
        _clean(server)
        assert _keys(server) == [_sid(0)]
    assert not (server.spool / "run").exists()


def test_another_clean_up_is_not_disturbed(serve: Serve) -> None:
    """Its lock is the kernel's: a file alone, which a killed process left, is none."""
    server = sessions.start(serve)
    files = _files(server, _OLD)
    lock = _top(server) / ".mp_sess.lck"
    lock.touch(0o600)
    sessions.give(lock)
    source = f"import fcntl\nsys.lock = open({str(lock)!r}, 'r+')\nfcntl.flock(sys.lock, fcntl.LOCK_EX)"
    sessions.run(server, source)
    sessions.run(server, "Session.Session(req).cleanup()")
    assert _left(files) == [True]
    sessions.run(server, "sys.lock.close()")
    _clean(server)
    assert _left(files) == [False]
    # The turn that was put off may come after this one.
    wait.until(lambda: not lock.exists())


def test_a_clean_up_that_fails_leaves_no_lock(serve: Serve) -> None:
    """L7.2: 17."""
    server = sessions.start(serve)
    files = _files(server, _OLD)
    status = _top(server) / "fs_status.txt"
    status.mkdir()
    sessions.run(server, "Session.Session(req).cleanup()")
    server.log.wait_for("MPY0303")
    assert not (_top(server) / ".mp_sess.lck").exists()
    status.rmdir()
    _clean(server)
    assert _left(files) == [False]
    server.expect_log("MPY0303: register_cleanup")
    server.tolerate_log("^register_cleanup ")


def test_a_clean_up_goes_on_where_the_last_one_ended(serve: Serve) -> None:
    server = sessions.start(serve)
    files = _files(server, _OLD, _OLD, _OLD)
    status = _top(server) / "fs_status.txt"
    status.write_text("MPFS_3.2 2 7 9 1.500000\n")
    status.chmod(0o600)
    sessions.give(status)
    assert re.match("MPY0921: 8 of 10 session files had expired, 1.5", _clean(server))
    assert _left(files) == [True, True, False]


@pytest.mark.parametrize("status", ["", "MPFS_3.2 256 0 0 0", "MPFS_3.2 -1 0 0 0", "MPFS_3.1 1 0 0 0", "nonsense"])
def test_a_status_that_makes_no_sense_is_begun_anew(serve: Serve, status: str) -> None:
    server = sessions.start(serve)
    files = _files(server, _OLD)
    file = _top(server) / "fs_status.txt"
    file.write_text(status)
    sessions.give(file)
    _clean(server)
    assert _left(files) == [False]


_SLOW = """
import time
clock = time.monotonic
time.monotonic = lambda: clock() + 1.0 * next(ticks)
import itertools
ticks = itertools.count()
Session.Session(req).cleanup()
"""


def test_a_clean_up_ends_when_its_time_is_over(serve: Serve) -> None:
    """Each look at the clock is a second later here, so the limit is met between two files."""
    server = sessions.start(serve, options="mod_python.file_session.cleanup_time_limit 5", children=1)
    folder = _files(server, _OLD)[0].parent
    for number in range(40):
        file = folder / f"{number:032x}"
        file.write_bytes(_record(_OLD))
        file.chmod(0o600)
        sessions.give(file)
        os.utime(file, (time.time() - _OLD,) * 2)
    left = [41]
    sessions.run(server, _SLOW)
    while left[-1]:
        server.log.wait_for("^MPY0921", len(left))
        left.append(len(list(folder.iterdir())))
        sessions.run(server, "Session.Session(req).cleanup()")
    assert len(left) > 5
    assert max(before - after for before, after in pairwise(left)) < 10


# --- databases ---


def _connect(server: Server) -> sqlite3.Connection:
    return sqlite3.connect(sessions.store(server) / "mp_sess.dbm")


def _rows(server: Server, values: list[bytes], first: int = 0) -> None:
    sessions.saved(server)
    with _connect(server) as database:
        database.execute("DELETE FROM Dict")
        rows = [(_sid(first + number).encode(), value) for number, value in enumerate(values)]
        database.executemany("INSERT INTO Dict VALUES (?, ?)", rows)


def _keys(server: Server) -> list[str]:
    with _connect(server) as database:
        return [key.decode() for (key,) in database.execute("SELECT key FROM Dict ORDER BY key")]


def test_expired_and_malformed_records_are_removed(serve: Serve) -> None:
    """L7.2: 17."""
    server = sessions.start(serve, "DbmSession")
    _rows(server, [_record(_OLD), _record(_YOUNG), b"nonsense", b"", _record(_OLD, 100_000)])
    assert "3 of 5 sessions in the database had expired" in _clean(server)
    assert _keys(server) == [_sid(1), _sid(4)]


def test_a_database_of_another_module_is_cleaned_up(serve: Serve) -> None:
    """L7.2: 17. These modules have no order and no iteration."""
    server = sessions.start(serve, "DbmSession")
    path = str(sessions.store(server) / "mp_sess.dbm")
    source = f"import dbm.dumb\nwith dbm.dumb.open({path!r}, 'c', 0o600) as d:\n"
    source += f"    d[{_sid(0)!r}] = {_record(_OLD)!r}\n    d[{_sid(1)!r}] = {_record(_YOUNG)!r}"
    sessions.run(server, source)
    assert "1 of 2 sessions in the database had expired" in _clean(server)
    source = f"import dbm.dumb\nwith dbm.dumb.open({path!r}) as d: result = [k.decode() for k in d]"
    assert sessions.run(server, source) == [_sid(1)]


def test_a_database_is_cleaned_up_in_parts(serve: Serve) -> None:
    server = sessions.start(serve, "DbmSession", "mod_python.dbm_session.cleanup_time_limit 3", children=1)
    records = [_record(_OLD)] * 200
    _rows(server, records)
    sessions.run(server, "from mod_python._session import sqlite\nsqlite.Database.slice = 10\n" + _SLOW)
    left = [200]
    while left[-1]:
        server.log.wait_for("^MPY0921", len(left))
        left.append(len(_keys(server)))
        assert len(left) < 100
        sessions.run(server, "Session.Session(req).cleanup()")
    assert len(left) > 5
    assert max(before - after for before, after in pairwise(left)) <= 30


# --- all ---


def test_expired_sessions_leave_the_memory(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession", children=1)
    young = sessions.saved(server)
    source = "s = Session.Session(req)\ns.set_timeout(-1)\ns.save()\nSession.MemorySession.sdict['x'] = 1\ns.cleanup()"
    sessions.run(server, source)
    # It happens when the request has been answered.
    wait.until(lambda: sessions.run(server, "result = list(Session.MemorySession.sdict)") == [young])


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_one_in_many_sessions_has_others_cleaned_up(serve: Serve, kind: str) -> None:
    server = sessions.start(serve, kind, children=1)
    source = "calls = []\nSession.CLEANUP_CHANCE = {chance}\n"
    source += "C = type(Session.Session(req))\nC.do_cleanup, real = lambda self: calls.append(1), C.do_cleanup\n"
    source += "for _ in range(50): Session.Session(req)\nC.do_cleanup = real\n"
    assert sessions.run(server, source.format(chance=1) + "result = len(calls)") == 50
    assert sessions.run(server, source.format(chance=10**9) + "result = len(calls)") == 0


@pytest.mark.parametrize("kind", sessions.SHARED)
def test_the_session_itself_is_free_while_others_are_cleaned_up(serve: Serve, kind: str) -> None:
    server = sessions.start(serve, kind, children=3, threads=1)
    sid = sessions.saved(server)
    owner, name = ("file_cleanup", "_clean") if kind == "FileSession" else ("store.Store", "position")
    source = f"""
from mod_python._session import file_cleanup, store
real = {owner}.{name}
def wait(*arguments):
    {owner}.{name} = real
    (spool / "cleaning").touch()
    while not (spool / "go").exists():
        time.sleep(0.005)
    return real(*arguments)
{owner}.{name} = wait
Session.Session(req).cleanup()
"""
    sessions.run(server, source, sid)
    wait.until((server.spool / "cleaning").exists)
    assert sessions.facts(server, sid)["new"] is False
    (server.spool / "go").touch()
    server.log.wait_for("^MPY0921")
