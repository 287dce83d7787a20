"""Where sessions are stored: files and databases, what is in them, and who may write there."""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from harness import sessions, site
from harness.serve import Serve
from harness.server import Server


def _file(server: Server, sid: str) -> Path:
    return sessions.store(server) / "mp_sess" / sid[:2] / sid


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _record(data: dict[str, Any], timeout: float = 100, accessed: float | None = None) -> dict[str, Any]:
    now = time.time() if accessed is None else accessed
    return {"_data": data, "_created": now, "_accessed": now, "_timeout": timeout}


def _put(server: Server, sid: str, content: bytes) -> Path:
    """A session's file, as somebody with httpd's rights would write it."""
    file = _file(server, sid)
    for folder in (file.parent.parent, file.parent):
        sessions.own(folder)
    file.write_bytes(content)
    file.chmod(0o600)
    sessions.give(file)
    return file


SID = "0123456789abcdef" * 2


# --- FileSession ---


def test_files_and_directories_are_closed_to_others(serve: Serve) -> None:
    """L7.2: 15."""
    server = sessions.start(serve)
    sid = sessions.saved(server)
    top = sessions.store(server) / "mp_sess"
    assert sorted(path.name for path in top.iterdir()) == [f"{number:02x}" for number in range(256)]
    assert {_mode(top), *map(_mode, top.iterdir())} == {0o700}
    assert _mode(_file(server, sid)) == 0o600


def test_a_file_of_3_5_is_read(serve: Serve) -> None:
    """L7.2: 15. With the directories as 3.5 makes them."""
    server = sessions.start(serve)
    file = _put(server, SID, pickle.dumps(_record({"a": (1, b"x")}), 2))
    file.parent.chmod(0o750)
    file.parent.parent.chmod(0o755)
    file.chmod(0o644)
    assert sessions.run(server, "s = Session.Session(req)\nresult = [s.is_new(), repr(s['a'])]", SID) == [
        False,
        "(1, b'x')",
    ]


def test_a_file_is_one_that_3_5_reads(serve: Serve) -> None:
    server = sessions.start(serve)
    sid = sessions.saved(server, "x")
    content = _file(server, sid).read_bytes()
    assert content.startswith(b"\x80\x02")
    record = pickle.loads(content)
    assert set(record) == {"_data", "_created", "_accessed", "_timeout"}
    assert record["_data"] == {"text": "x", "count": 1}
    assert type(record["_data"]) is dict


def test_a_file_is_replaced_as_a_whole(serve: Serve) -> None:
    """L7.2: 17. Who reads it meanwhile reads the old content, and a failure leaves that."""
    server = sessions.start(serve)
    sid = sessions.saved(server, "x")
    before = _file(server, sid)
    with before.open("rb") as reading:
        sessions.run(server, "s = Session.Session(req)\ns['text'] = 'y' * 10000\ns.save()", sid)
        assert pickle.load(reading)["_data"]["text"] == "x"
    sessions.run(server, "s = Session.Session(req)\ns['text'] = lambda: 0\ns.save()", sid)
    assert len(sessions.facts(server, sid)["data"]["text"]) == 10000
    assert [file.name for file in before.parent.iterdir()] == [sid]
    server.expect_log(f"^MPY0923: session {sid[:8]}...: ")


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"\x80\x02}", b"{", b"{}", b"[]", b"nonsense", pickle.dumps([1]), b"cno_such\nname\n."]
)
def test_a_file_that_is_no_session_is_none(serve: Serve, content: bytes) -> None:
    server = sessions.start(serve)
    _put(server, SID, content)
    facts = sessions.facts(server, SID)
    assert (facts["new"], facts["sid"] != SID) == (True, True)
    server.expect_log(f"^MPY0922: session {SID[:8]}...: ")


def test_a_missing_file_is_no_error(serve: Serve) -> None:
    """The log stays empty."""
    server = sessions.start(serve)
    sessions.saved(server)
    assert sessions.facts(server, SID)["new"] is True


def test_a_disk_that_takes_nothing_loses_no_answer(serve: Serve) -> None:
    server = sessions.start(serve)
    sid = sessions.saved(server, "x")
    _file(server, sid).parent.chmod(0o500)
    assert server.get("/save?y", headers=sessions.cookie(sid)).status_code == 200
    assert sessions.facts(server, sid)["data"]["text"] == "x"
    server.expect_log("^MPY0923: ")


# --- who may write there ---


def _refused(server: Server, reason: str) -> None:
    for path in ("/facts", "/save"):
        assert server.get(path, headers=sessions.cookie(SID)).status_code == 500
    server.expect_log(reason)
    server.tolerate_log("MPY0303", "^PythonHandler sessions")


_HARMLESS = pickle.dumps(_record({}), 2)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to have files of another user")
@pytest.mark.parametrize("what", ["file", "folder", "top", "base"])
def test_what_another_user_owns_is_refused(serve: Serve, what: str) -> None:
    """L7.2: 15. Nothing of it is unpickled."""
    server = sessions.start(serve)
    file = _put(server, SID, _HARMLESS)
    path = {"file": file, "folder": file.parent, "top": file.parent.parent, "base": sessions.store(server)}[what]
    path.chmod(0o755)
    os.chown(path, 12345, 12345)
    assert server.get("/facts", headers=sessions.cookie(SID)).status_code == 500
    server.expect_log(f"'{path}' belongs to user 12345, so sessions in it cannot be trusted")
    server.tolerate_log("MPY0303", "^PythonHandler sessions")


@pytest.mark.parametrize(("what", "mode"), [("file", 0o606), ("file", 0o660), ("folder", 0o770), ("top", 0o702)])
def test_what_others_may_write_to_is_refused(serve: Serve, what: str, mode: int) -> None:
    """L7.2: 15."""
    server = sessions.start(serve)
    file = _put(server, SID, _HARMLESS)
    path = {"file": file, "folder": file.parent, "top": file.parent.parent}[what]
    path.chmod(mode)
    assert server.get("/facts", headers=sessions.cookie(SID)).status_code == 500
    server.expect_log(f"'{path}' can be written to by other users")
    server.tolerate_log("MPY0303", "^PythonHandler sessions")


@pytest.mark.parametrize("kind", sessions.SHARED)
def test_a_directory_in_which_anybody_may_remove_files_is_refused(serve: Serve, kind: str) -> None:
    """L7.2: 15."""
    server = sessions.start(serve, kind)
    sessions.store(server).chmod(0o777)
    _refused(server, "lets everybody remove files")


@pytest.mark.parametrize("kind", sessions.SHARED)
def test_a_directory_such_as_tmp_gets_a_private_one(serve: Serve, kind: str) -> None:
    """L7.2: 15. Where others may make files, one of them could be a database's journal."""
    server = sessions.start(serve, kind)
    sessions.store(server).chmod(0o1777)
    sid = sessions.saved(server)
    assert sessions.facts(server, sid)["new"] is False
    assert [path.name for path in sessions.store(server).iterdir()] == ["mp_sess"]
    assert _mode(sessions.store(server) / "mp_sess") == 0o700


@pytest.mark.parametrize("kind", sessions.SHARED)
def test_links_are_not_followed(serve: Serve, kind: str) -> None:
    """L7.2: 15."""
    server = sessions.start(serve, kind)
    elsewhere = sessions.own(server.root / "elsewhere")
    name = "mp_sess" if kind == "FileSession" else "mp_sess.dbm"
    (sessions.store(server) / name).symlink_to(elsewhere)
    _refused(server, name)


def test_without_its_directory_nothing_is_saved_and_the_log_says_so(serve: Serve) -> None:
    server = sessions.start(serve)
    sessions.store(server).rmdir()
    assert server.get("/save").status_code == 200
    server.expect_log("^MPY0923: .*No such file or directory")


# --- what is in a record ---


def test_json_is_an_option(serve: Serve) -> None:
    """L7.2: 15."""
    server = sessions.start(serve, options="mod_python.session.serializer json")
    data = {"text": "\u20ac\ud800", "list": [1, 2.5, None, True], "dict": {"a": {}}}
    sid = sessions.run(server, f"s = Session.Session(req)\ns.update({data!r})\ns.save()\nresult = s.id()")
    assert sessions.facts(server, sid)["data"] == data
    assert json.loads(_file(server, sid).read_bytes())["_data"] == data


@pytest.mark.parametrize("value", ["{1: 2}", "(1,)", "b'x'", "{'a'}", "object()", "[{'x': (1,)}]"])
def test_json_holds_nothing_that_it_would_change(serve: Serve, value: str) -> None:
    server = sessions.start(serve, options="mod_python.session.serializer json")
    sid = sessions.saved(server, "x")
    sessions.run(server, f"s = Session.Session(req)\ns['text'] = {value}\ns.save()", sid)
    assert sessions.facts(server, sid)["data"]["text"] == "x"
    server.expect_log("^MPY0923: .*JSON")


def test_with_json_nothing_is_unpickled(serve: Serve) -> None:
    """L7.2: 15."""
    server = sessions.start(serve, options="mod_python.session.serializer json")
    _put(server, SID, pickle.dumps(_Evil(str(server.spool / "run"))))
    assert sessions.facts(server, SID)["new"] is True
    assert not (server.spool / "run").exists()
    server.expect_log("^MPY0922: .*it is not JSON")


def test_json_is_read_after_a_return_to_pickle(serve: Serve) -> None:
    server = sessions.start(serve)
    _put(server, SID, json.dumps(_record({"a": 1})).encode())
    assert sessions.facts(server, SID)["data"] == {"a": 1}


class _Evil:
    """Makes a directory when it is unpickled."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (self._path,)


_SECRET = "mod_python.session.storage_secret k3y"


@pytest.mark.parametrize("kind", sessions.SHARED)
def test_records_may_be_signed(serve: Serve, kind: str) -> None:
    """L7.2: 15."""
    server = sessions.start(serve, kind, _SECRET)
    sid = sessions.saved(server, "x")
    assert sessions.facts(server, sid)["data"]["text"] == "x"


def test_a_record_without_the_right_signature_is_none(serve: Serve) -> None:
    """L7.2: 15. Nor is it unpickled. A session's record is not another one's."""
    server = sessions.start(serve, options=_SECRET)
    sid = sessions.saved(server, "x")
    good = _file(server, sid).read_bytes()
    evil = pickle.dumps(_Evil(str(server.spool / "run")))
    for content in (good, evil, good[:36] + evil, good[:-1], good[:20], good[:4] + bytes(32) + good[36:]):
        _put(server, SID, content)
        assert sessions.facts(server, SID)["new"] is True
    assert not (server.spool / "run").exists()
    assert sessions.facts(server, sid)["new"] is False
    server.expect_log("^MPY0922: .*the signature is wrong", "^MPY0922: .*it is not signed")


def test_a_signed_record_is_none_without_the_secret(serve: Serve) -> None:
    server = sessions.variants(serve, "FileSession", [_SECRET])
    sid = server.json("/0/save")["sid"]
    assert sessions.facts(server, sid, "/facts")["new"] is True
    assert sessions.facts(server, sid, "/0/facts")["new"] is False
    server.expect_log("^MPY0922: .*it is signed")


# --- DbmSession ---


def _database(server: Server) -> Path:
    return sessions.store(server) / "mp_sess.dbm"


def test_a_new_database_is_sqlite_as_python_3_13_has_it(serve: Serve) -> None:
    server = sessions.start(serve, "DbmSession")
    sid = sessions.saved(server, "x")
    assert _mode(_database(server)) == 0o600
    with sqlite3.connect(_database(server)) as database:
        ((key, value),) = database.execute("SELECT key, value FROM Dict")
    assert (key, pickle.loads(value)["_data"]["text"]) == (sid.encode(), "x")


def test_a_database_of_another_module_is_used_as_it_is(serve: Serve) -> None:
    server = sessions.prepare(serve, "DbmSession")
    server.start()
    source = f"import dbm.dumb\nwith dbm.dumb.open({str(_database(server))!r}, 'c', 0o600) as d: d['x'] = 'y'"
    sessions.run(server, source)
    sid = sessions.saved(server, "x")
    assert sessions.facts(server, sid)["data"]["text"] == "x"
    assert sorted(path.suffix for path in sessions.store(server).glob("mp_sess.dbm.d*")) == [".dat", ".dir"]
    assert not _database(server).exists()


def test_a_script_may_name_the_module_and_the_file(serve: Serve) -> None:
    server = sessions.start(serve, "DbmSession")
    file = sessions.store(server) / "mine"
    source = f"import dbm.dumb\ns = Session.DbmSession(req, {str(file)!r}, dbmtype=dbm.dumb)\ns['a'] = 1\ns.save()\n"
    source += f"result = Session.DbmSession(req, {str(file)!r}, s.id(), dbmtype=dbm.dumb)['a']"
    assert sessions.run(server, source) == 1
    assert file.with_suffix(".dat").exists()


FILES = {
    "mod_python.dbm_session.database_filename {}/a": "a",
    "session_dbm {}/b": "b",
    "mod_python.dbm_session.database_directory {}/c": "c/mp_sess.dbm",
}


def test_the_file_is_an_option(serve: Serve) -> None:
    server = sessions.prepare(serve, "DbmSession")
    options = [option.format(sessions.store(server)) for option in FILES]
    server = sessions.variants(serve, "DbmSession", options)
    sessions.own(sessions.store(serve.servers[0]))
    sessions.own(sessions.store(serve.servers[0]) / "c")
    for number, name in enumerate(FILES.values()):
        sid = server.json(f"/{number}/save")["sid"]
        assert (sessions.store(serve.servers[0]) / name).exists()
        assert sessions.facts(server, sid, f"/{number}/facts")["new"] is False
        assert sessions.facts(server, sid, "/facts")["new"] is True


@pytest.mark.parametrize("content", [b"x" * 5000, b"SQLite format 3\0" + b"x" * 5000, b"\0" * 100])
def test_a_broken_database_is_put_aside(serve: Serve, content: bytes) -> None:
    server = sessions.start(serve, "DbmSession")
    sessions.saved(server)
    _database(server).write_bytes(content)
    sid = sessions.saved(server)
    assert sessions.facts(server, sid)["new"] is False
    assert _database(server).with_name("mp_sess.dbm.broken").read_bytes() == content
    server.expect_log("^MPY0924: ")


def test_a_database_that_cannot_be_opened_leaves_nothing_locked(serve: Serve) -> None:
    """L7.2: 17."""
    server = sessions.start(serve, "DbmSession", children=2, threads=1)
    sid = sessions.saved(server)
    _database(server).chmod(0o400 if site.unprivileged() is None else 0o200)
    for _ in range(4):
        assert server.get("/facts", headers=sessions.cookie(sid)).status_code == 500
    _database(server).chmod(0o600)
    assert sessions.facts(server, sid)["new"] is False
    server.expect_log("Permission denied|readonly|unable to open")
    server.tolerate_log("MPY0303", "^PythonHandler sessions")


def test_a_process_that_is_killed_in_a_write_breaks_nothing(serve: Serve) -> None:
    """L7.2: 17."""
    server = sessions.start(serve, "DbmSession", children=2, threads=1)
    sid = sessions.saved(server, "x")
    source = """
from mod_python._session import store, sqlite
import os
s = Session.Session(req)
s['text'] = 'y' * 10**6
s.do_save, real = None, s.do_save
sqlite.Database.__exit__ = lambda *_: os._exit(1)
real({'_data': dict(s), '_created': 0, '_accessed': time.time(), '_timeout': 100})
"""
    for _ in range(3):
        with pytest.raises(Exception, match=r"disconnected|reset|closed"):
            sessions.run(server, source, sid)
    assert sessions.facts(server, sid)["data"]["text"] == "x"


# --- MemorySession ---


def test_values_in_memory_are_kept_and_not_copied(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession", children=1)
    sid = sessions.run(server, "s = Session.Session(req)\ns['list'] = []\ns.save()\nresult = s.id()")
    sessions.run(server, "Session.Session(req)['list'].append(1)", sid)
    assert sessions.facts(server, sid)["data"] == {"list": [1]}
    assert sessions.run(server, "result = list(Session.MemorySession.sdict)") == [sid]


def test_an_interpreter_has_its_own_memory(serve: Serve) -> None:
    late = '<Location "/other/">\nPythonInterpreter other\n</Location>'
    server = sessions.start(serve, "MemorySession", late=late, children=1)
    sid = sessions.saved(server)
    assert sessions.facts(server, sid, "/other/facts")["new"] is True
    assert sessions.facts(server, sid)["new"] is False
