"""`mod_python.Session`: what a session is, whichever class stores it."""

from __future__ import annotations

import re
import textwrap
from http.cookies import SimpleCookie
from typing import Any

import pytest
from harness import sessions, site
from harness.serve import Serve
from harness.server import Server

_SID = re.compile("[0-9a-f]{32}")

_NEW = {"new": True, "data": {}}


def _set_cookie(server: Server, path: str = "/facts", **options: Any) -> str:
    header: str = server.get(path, **options).headers["set-cookie"]
    return header


def _is_new(facts: dict[str, Any]) -> bool:
    return facts | _NEW == facts


# --- the life of a session ---


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_without_a_cookie_a_session_is_new_and_can_be_saved(serve: Serve, kind: str) -> None:
    """L7.1: 17."""
    server = sessions.start(serve, kind)
    response = server.get("/save?x")
    assert response.status_code == 200
    facts = response.json()
    assert _is_new(facts)
    assert facts["class"] == kind
    assert response.headers["set-cookie"].startswith(f"pysid={facts['sid']};")
    assert sessions.facts(server, facts["sid"])["data"]["text"] == "x"


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_the_whole_set_cookie_text_finds_the_session(serve: Serve, kind: str) -> None:
    """L7.1: 21. A client that sends all of it back; `path` and `domain` are cookies of their own then."""
    server = sessions.start(serve, kind, "mod_python.session.application_domain main.test")
    header = _set_cookie(server, "/save?x")
    response = server.get("/facts", headers={"Cookie": header})
    assert (response.json()["new"], response.json()["data"]["text"]) == (False, "x")
    assert "set-cookie" not in response.headers


def test_a_session_that_was_not_saved_is_new_again(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession")
    sid = server.json("/facts")["sid"]
    assert _is_new(sessions.facts(server, sid))


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_an_unknown_id_is_not_taken_over(serve: Serve, kind: str) -> None:
    """L7.3: 9. Nobody can choose a visitor's id."""
    server = sessions.start(serve, kind)
    chosen = "0123456789abcdef" * 2
    response = server.get("/save?x", headers=sessions.cookie(chosen))
    assert response.json()["sid"] != chosen
    assert response.json()["sid"] in response.headers["set-cookie"]
    assert _is_new(sessions.facts(server, chosen))


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_an_expired_session_is_begun_anew(serve: Serve, kind: str) -> None:
    server = sessions.start(serve, kind)
    sid = sessions.saved(server)
    sessions.run(server, "s = Session.Session(req)\ns.set_timeout(-1)\ns.save()", sid)
    facts = sessions.facts(server, sid)
    assert _is_new(facts)
    assert facts["sid"] != sid


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_the_stored_timeout_wins(serve: Serve, kind: str) -> None:
    """L7.3: 9."""
    server = sessions.start(serve, kind)
    sid = sessions.saved(server)
    assert sessions.run(server, "result = Session.Session(req, timeout=5).timeout()", sid) == 100
    assert sessions.run(server, "result = Session.Session(req).timeout()") == 1800


def test_times(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession")
    sid = sessions.saved(server)
    source = "before = time.time()\ns = Session.Session(req)\n"
    source += "result = [s.created() < before, before <= s.last_accessed() <= time.time()]"
    assert sessions.run(server, source, sid) == [True, True]


def test_the_default_timeout_is_what_scripts_make_it(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession")
    assert sessions.run(server, "Session.DFT_TIMEOUT = 7\nresult = Session.Session(req).timeout()") == 7


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_deleting_removes_what_is_stored_and_keeps_the_cookie(serve: Serve, kind: str) -> None:
    server = sessions.start(serve, kind)
    sid = sessions.saved(server)
    assert sessions.run(server, "s = Session.Session(req)\ns.delete()\nresult = dict(s)", sid) == {}
    assert _is_new(sessions.facts(server, sid))


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_an_invalidated_session_is_gone_for_good(serve: Serve, kind: str) -> None:
    server = sessions.start(serve, kind)
    sid = sessions.saved(server)
    source = "s = Session.Session(req)\ns.invalidate()\ns['a'] = 1\ns.save()"
    response = server.post("/source", source.encode(), headers=sessions.cookie(sid))
    assert re.fullmatch(rf"pysid={sid}; path=/; expires=Thu, 01-Jan-1970 00:00:00 GMT", response.headers["set-cookie"])
    assert _is_new(sessions.facts(server, sid))


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_a_regenerated_id_takes_the_data_along(serve: Serve, kind: str) -> None:
    """L7.2: 16. Who made a visitor use a known id has nothing of the visitor's login."""
    server = sessions.start(serve, kind)
    old = sessions.saved(server, "x")
    source = "s = Session.Session(req)\nresult = [s.id(), s.regenerate_id(), s.id()]"
    response = server.post("/source", source.encode(), headers=sessions.cookie(old))
    before, new, after = response.json()
    assert before == old != new == after
    assert response.headers["set-cookie"] == f"pysid={new}; path=/"
    assert sessions.facts(server, new)["data"]["text"] == "x"
    assert _is_new(sessions.facts(server, old))


def test_an_invalidated_session_gets_no_new_id(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession")
    source = "s = Session.Session(req)\ns.invalidate()\ntry: s.regenerate_id()\nexcept ValueError as e: result = str(e)"
    assert sessions.run(server, source) == "the session has been invalidated"


# --- ids ---


def test_ids_are_the_systems_random_numbers(serve: Serve) -> None:
    """L7.2: 13. Whoever knows all else that the process knows does not know the next id."""
    server = sessions.start(serve, "MemorySession")
    source = """
        import os, random, secrets
        given, real = [], secrets.token_bytes

        def token_bytes(size):
            given.append(os.urandom(size))
            return given[-1]

        secrets.token_bytes = token_bytes
        time.time = lambda: 1e9
        ids = []
        for _ in range(20):
            random.seed(1)
            ids.append(Session.Session(req).id())
        result = [ids, [part.hex() for part in given]]
    """
    ids, given = sessions.run(server, textwrap.dedent(source))
    assert ids == given
    assert len(set(ids)) == 20
    assert all(_SID.fullmatch(sid) for sid in ids)


NO_IDS = ["../../../etc/passwd", "..%2f..%2fx", "/", "a" * 31 + "/", "A" * 32, "", "%00", "ü" * 32, f'"{"a" * 32}"']


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_what_is_no_id_is_replaced(serve: Serve, kind: str) -> None:
    """L7.1: 22."""
    server = sessions.start(serve, kind)
    for value in NO_IDS:
        response = server.get("/save", headers={b"Cookie": b"pysid=" + value.encode()})
        assert response.status_code == 200
        assert re.match("pysid=[0-9a-f]{32};", response.headers["set-cookie"]), value


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_a_long_id_is_replaced(serve: Serve, kind: str) -> None:
    """L7.1: 23."""
    server = sessions.start(serve, kind)
    for length in (33, 400, 5000):
        response = server.get("/save", headers=sessions.cookie("a" * length))
        assert response.status_code == 200
        assert re.match("pysid=[0-9a-f]{32};", response.headers["set-cookie"]), length


def test_bytes_that_are_no_utf_8_are_no_id(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession")
    response = server.get("/save", headers={b"Cookie": b"pysid=\xff\xfe; \xff=\x80"})
    assert response.status_code == 200
    assert re.match("pysid=[0-9a-f]{32};", response.headers["set-cookie"])


def test_arguments_that_are_no_ids_are_refused(serve: Serve) -> None:
    """L7.2: 14. A newline at the end, too."""
    server = sessions.start(serve, "MemorySession")
    for sid in ("x", "../x", "A" * 32, "a" * 32 + "\n", "a" * 33, b"y" * 32, 5, "\0" * 32):
        source = f"try: Session.Session(req, {sid!r})\nexcept ValueError as error: result = str(error)"
        assert "32 hexadecimal digits" in sessions.run(server, source)


def test_no_id_means_that_of_the_cookie(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession")
    sid = sessions.saved(server)
    for nothing in ("0", "None", "''"):
        assert sessions.run(server, f"result = Session.Session(req, {nothing}).id()", sid) == sid


def test_an_id_may_be_given_as_bytes(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession")
    sid = sessions.saved(server)
    assert sessions.run(server, f"result = Session.Session(req, {sid.encode()!r}).is_new()") is False


# --- the cookie ---


def test_the_cookie_has_nothing_without_a_value(serve: Serve) -> None:
    """L7.1: 18. L7.3: 1."""
    server = sessions.start(serve, "MemorySession", "mod_python.session.application_domain main.test")
    pieces = _set_cookie(server).split("; ")
    assert [piece.count("=") for piece in pieces] == [1, 1, 1]
    assert [piece.partition("=")[0] for piece in pieces] == ["pysid", "path", "domain"]


def test_the_path_is_an_option(serve: Serve) -> None:
    """L7.1: 19."""
    options = ["mod_python.session.application_path /application", "ApplicationPath /application"]
    server = sessions.variants(serve, "MemorySession", options)
    assert _set_cookie(server, "/0/facts").endswith("; path=/application")
    assert _set_cookie(server, "/1/facts").endswith("; path=/application")


def test_the_domain_is_an_option(serve: Serve) -> None:
    """L7.1: 20."""
    server = sessions.start(serve, "MemorySession", "mod_python.session.application_domain main.test")
    assert _set_cookie(server).endswith("; domain=main.test")


def test_the_path_is_the_directory_that_the_handler_is_configured_for(serve: Serve) -> None:
    late = '<Directory "{htdocs}/shop">\nPythonHandler sessions\nPythonPath "[r\'{htdocs}\'] + sys.path"\n</Directory>'
    server = sessions.prepare(serve, "MemorySession", late=late)
    (server.htdocs / "shop").mkdir()
    server.start()
    assert _set_cookie(server, "/shop/facts").endswith("; path=/shop/")
    assert _set_cookie(server, "/facts").endswith("; path=/")


def test_the_path_of_a_location_is_the_root(serve: Serve) -> None:
    lines = ["SetHandler mod_python", "PythonHandler sessions", "PythonPath \"[r'{htdocs}'] + sys.path\""]
    late = "\n".join(['<Location "/x">', *lines, "</Location>"])
    server = sessions.start(serve, "MemorySession", late=late)
    assert _set_cookie(server, "/x/facts").endswith("; path=/")


def test_the_name_is_an_option(serve: Serve) -> None:
    options = ["mod_python.session.cookie_name visitor", "session_cookie_name visitor"]
    server = sessions.variants(serve, "MemorySession", options)
    for n in range(2):
        header = _set_cookie(server, f"/{n}/save?x")
        assert header.startswith("visitor=")
        assert server.json(f"/{n}/facts", headers={"Cookie": header})["new"] is False


def test_attributes_that_guard_the_cookie_are_options(serve: Serve) -> None:
    """L7.2: 16. L7.3: 2."""
    options = """
        mod_python.session.cookie_secure On
        mod_python.session.cookie_samesite lax
        mod_python.session.cookie_httponly On
    """
    server = sessions.start(serve, "MemorySession", options)
    header = _set_cookie(server)
    assert header.endswith("; path=/; secure; samesite=Lax; httponly")
    (morsel,) = SimpleCookie(header).values()
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"]) == (True, True, "Lax")


def test_caches_are_told_not_to_keep_the_cookie(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession")
    assert server.get("/facts").headers["cache-control"] == 'no-cache="set-cookie"'


# --- the secret ---

_SIGNED = "s = Session.Session(req, secret={secret})\ns['text'] = 'x'\ns.save()\nresult = [s.id(), s.is_new()]"


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_a_signed_cookie_finds_the_session(serve: Serve, kind: str) -> None:
    server = sessions.start(serve, kind)
    source = _SIGNED.format(secret="'s3cret'").encode()
    first = server.post("/source", source)
    header = first.headers["set-cookie"]
    sid, is_new = first.json()
    assert is_new
    assert not header.startswith(f"pysid={sid}")
    assert server.post("/source", source, headers={"Cookie": header}).json() == [sid, False]
    same = _SIGNED.format(secret="b's3cret'").encode()
    assert server.post("/source", same, headers={"Cookie": header}).json() == [sid, False]


def test_cookies_signed_as_3_5_did_are_an_option(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession", "mod_python.cookie.legacy_md5 On")
    source = _SIGNED.format(secret="'s3cret'").encode()
    first = server.post("/source", source)
    header = first.headers["set-cookie"]
    sid, _ = first.json()
    assert re.match(f"pysid=[0-9a-f]{{32}}{sid};", header)
    assert server.post("/source", source, headers={"Cookie": header}).json() == [sid, False]


FORGED = ["{sid}", "v2.{zeros}.{sid}", "{md5}{sid}", "v2.{zeros}.", "v2..{sid}", "{signed}0", "{signed}, {sid}"]


def test_a_forged_cookie_is_none(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession")
    source = _SIGNED.format(secret="'s3cret'").encode()
    first = server.post("/source", source)
    sid, _ = first.json()
    signed = first.headers["set-cookie"].partition(";")[0].removeprefix("pysid=")
    for forged in FORGED:
        value = forged.format(sid=sid, zeros="0" * 64, md5="0" * 32, signed=signed)
        answer = server.post("/source", source, headers=sessions.cookie(value))
        assert answer.status_code == 200
        assert answer.json()[0] != sid, value
        assert "set-cookie" in answer.headers


def test_another_secret_is_none(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession")
    header = server.post("/source", _SIGNED.format(secret="'one'").encode()).headers["set-cookie"]
    answer = server.post("/source", _SIGNED.format(secret="'other'").encode(), headers={"Cookie": header})
    assert answer.json()[1] is True


# --- which class ---


def test_the_class_is_an_option(serve: Serve) -> None:
    kinds = [*sessions.EVERY, "own::Own"]
    server = sessions.variants(serve, None, [f"mod_python.session.session_type {kind}" for kind in kinds])
    assert [server.json(f"/{n}/facts")["class"] for n in range(4)] == [*sessions.EVERY, "Own"]
    server = sessions.variants(serve, None, [f"session {kind}" for kind in kinds])
    assert [server.json(f"/{n}/facts")["class"] for n in range(4)] == [*sessions.EVERY, "Own"]


def test_the_new_name_of_an_option_wins(serve: Serve) -> None:
    server = sessions.start(serve, "MemorySession", "session NoSuchSession\nsession_cookie_name x")
    assert server.json("/facts")["class"] == "MemorySession"


@pytest.mark.skipif(site.python_version() < (3, 13), reason="interpreters with a GIL of their own need 3.13")
def test_without_an_option_members_of_a_pool_have_one_store(serve: Serve) -> None:
    server = sessions.start(serve, None, children=1, server="PythonInterpreterOptions * pool=2")
    assert server.json("/facts")["class"] == "DbmSession"


def test_without_an_option_the_mpm_decides(serve: Serve) -> None:
    single = sessions.start(serve, None, children=1)
    assert single.json("/facts")["class"] == ("DbmSession" if site.MPM == "prefork" else "MemorySession")
    several = sessions.start(serve, None, children=2)
    assert several.json("/facts")["class"] == "DbmSession"


def test_a_class_of_ones_own(serve: Serve) -> None:
    """With the four hooks of 3.5, and nothing else."""
    server = sessions.start(serve, "own::Own", children=1)
    sid = sessions.saved(server, "x")
    assert sessions.facts(server, sid) | {"class": "Own", "new": False} == sessions.facts(server, sid)
    assert sessions.run(server, "s = Session.Session(req)\ns.cleanup()\ns.delete()\nresult = s.calls", sid) == [
        "init_lock",
        "load",
        "cleanup",
        "delete",
    ]


def test_a_class_that_does_not_exist_is_an_error(serve: Serve) -> None:
    option = "mod_python.session.session_type"
    server = sessions.variants(serve, None, [f"{option} filesession", f"{option} NoSuchSession", "session x"])
    assert [server.get(f"/{n}/facts").status_code for n in range(3)] == [500] * 3
    server.expect_log(
        f"PythonOption {option} 'filesession'", f"PythonOption {option} 'NoSuch", "PythonOption session 'x'"
    )
    server.tolerate_log("MPY0303", "^PythonHandler sessions")


# --- options ---


def test_what_means_yes_and_no(serve: Serve) -> None:
    values = ["yes", "TRUE", "1", "On", "no", "False", "0", "off"]
    server = sessions.variants(serve, "MemorySession", [f"mod_python.session.cookie_httponly {v}" for v in values])
    headers = [_set_cookie(server, f"/{n}/facts") for n in range(len(values))]
    assert [header.endswith("; httponly") for header in headers] == [True] * 4 + [False] * 4


NONSENSE = [
    "mod_python.session.cookie_secure maybe",
    "mod_python.session.cookie_samesite often",
    "mod_python.session.serializer yaml",
    "mod_python.session.lock_timeout soon",
    "mod_python.file_session.enable_fast_cleanup perhaps",
    "session_verify_cleanup perhaps",
    "mod_python.file_session.cleanup_grace_period long",
    "session_cleanup_time_limit -1",
]


def test_options_that_mean_nothing_are_named(serve: Serve) -> None:
    server = sessions.variants(serve, "FileSession", NONSENSE)
    assert {server.get(f"/{n}/facts").status_code for n in range(len(NONSENSE))} == {500}
    server.expect_log(*(f"PythonOption {re.escape(option.split()[0])} '" for option in NONSENSE))
    server.tolerate_log("MPY0303", "^PythonHandler sessions")


ARGUMENTS = {
    "Session": "(req, sid=0, secret=None, timeout=0, lock=1)",
    "BaseSession": "(req, sid=None, secret=None, lock=1, timeout=0)",
    "DbmSession": "(req, dbm=None, sid=0, secret=None, dbmtype, timeout=0, lock=1)",
    "FileSession": "(req, sid=0, secret=None, timeout=0, lock=1, fast_cleanup=-1, verify_cleanup=-1)",
    "MemorySession": "(req, sid=0, secret=None, timeout=0, lock=1)",
}


def test_arguments_are_in_the_order_of_old(serve: Serve) -> None:
    """L7.3: 8."""
    server = sessions.start(serve)
    for call, arguments in ARGUMENTS.items():
        source = f"import inspect, types\np = inspect.signature(Session.{call}).parameters.values()\n"
        source += "def show(p): return p.name + ('' if p.default is p.empty or isinstance(p.default, types.ModuleType)"
        source += " else '=' + repr(p.default))\nresult = '(' + ', '.join(map(show, p)) + ')'"
        assert sessions.run(server, source) == arguments


def test_names_of_old(serve: Serve) -> None:
    server = sessions.start(serve)
    constants = {
        "COOKIE_NAME": "pysid",
        "DFT_TIMEOUT": 1800,
        "DFT_LOCK": True,
        "DFT_FAST_CLEANUP": True,
        "DFT_VERIFY_CLEANUP": True,
        "DFT_GRACE_PERIOD": 240,
        "DFT_CLEANUP_TIME_LIMIT": 2,
    }
    assert sessions.run(server, f"result = {{n: getattr(Session, n) for n in {list(constants)!r}}}") == constants
    assert sessions.run(server, "result = CHANCE") == 1000
    source = "f = Session.true_or_false\nresult = [f(x) for x in (None, 0, False, 'no', 'OFF', 1, True, 'Yes', 'on')]"
    assert sessions.run(server, source) == [False] * 5 + [True] * 4
    assert sessions.run(server, "result = Session.md5_hash('abc')") == "900150983cd24fb0d6963f7d28e17f72"
    functions = ["unlock_session_cleanup", "dbm_cleanup", "filesession_cleanup", "mem_cleanup", "make_filesession_dirs"]
    assert sessions.run(server, f"result = all(callable(getattr(Session, n)) for n in {functions!r})") is True
    assert sessions.run(server, "import tempfile\nresult = Session.tempdir == tempfile.gettempdir()") is True


def test_a_base_stores_nothing_and_says_so(serve: Serve) -> None:
    server = sessions.start(serve)
    source = "try: Session.BaseSession(req).save()\nexcept NotImplementedError as error: result = str(error)"
    assert sessions.run(server, source) == "BaseSession stores no sessions: it has no do_save"
