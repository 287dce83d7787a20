"""CacheSession, in each of httpd's shared object caches. What all session classes do is in test_session."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from harness import caches, site, wait
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server

_EVENT = pytest.mark.skipif(site.MPM != "event", reason="the same for every MPM")
_TYPE = "PythonOption mod_python.session.session_type CacheSession"
_OPEN = """
from mod_python import Session
def open(sid=0, **options): return Session.Session(req, sid, **options)
"""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def directive(provider: str, stack: ExitStack) -> str:
    match provider:
        case "redis":
            return f"PythonSessionCache redis:127.0.0.1:{stack.enter_context(caches.redis()).port}"
        case "memcache":
            return f"PythonSessionCache memcache:127.0.0.1:{stack.enter_context(caches.memcached()).port}"
    return f"PythonSessionCache {provider}"


def _serve(inside: Inside, provider: str, line: str, options: str = "", **config: Any) -> None:
    inside.serve(server=line, directory=f"{_TYPE}\n{options}", modules=(f"socache_{provider}",), **config)


@pytest.fixture(params=["shmcb", "redis"])
def cache(request: pytest.FixtureRequest, inside: Inside, stack: ExitStack) -> Inside:
    """Code inside httpd, once with a cache of its machine, and once with one of another."""
    _serve(inside, request.param, directive(request.param, stack))
    return inside


def _saved(cache: Inside, data: str = "{'a': 1}") -> str:
    """The id of a new session."""
    sid: str = cache(f"{_OPEN}\ns = open()\ns.update({data})\ns.save()\nresult = s.id()")
    return sid


# --- what a session does ---


def test_what_was_saved_is_loaded(cache: Inside) -> None:
    sid = _saved(cache, "{'text': 'caf\\xe9', 'list': [1, None, True, 1.5, {'k': 'v'}]}")
    source = _OPEN + "s = open()\nresult = [s.is_new(), s.id(), dict(s), type(s).__name__]"
    data = {"text": "caf\xe9", "list": [1, None, True, 1.5, {"k": "v"}]}
    assert cache(source, headers={"Cookie": f"pysid={sid}"}) == [False, sid, data, "CacheSession"]


def test_what_was_not_saved_is_not_there(cache: Inside) -> None:
    sid = cache(_OPEN + "s = open()\ns['a'] = 1\nresult = s.id()")
    assert cache(f"{_OPEN}\ns = open('{sid}')\nresult = [s.is_new(), s.id() == '{sid}', dict(s)]") == [True, False, {}]


@pytest.mark.parametrize("method", ["delete", "invalidate"])
def test_what_was_removed_is_not_there(cache: Inside, method: str) -> None:
    sid = _saved(cache)
    cache(f"{_OPEN}\ns = open('{sid}')\nassert not s.is_new()\ns.{method}()")
    assert cache(f"{_OPEN}\nresult = open('{sid}').is_new()") is True


def test_saving_after_delete_begins_anew(cache: Inside) -> None:
    sid = _saved(cache)
    cache(f"{_OPEN}\ns = open('{sid}')\ns.delete()\ns['b'] = 2\ns.save()")
    assert cache(f"{_OPEN}\nresult = dict(open('{sid}'))") == {"b": 2}


@_EVENT
@pytest.mark.parametrize("provider", ["shmcb", "dbm", "redis", "memcache"])
def test_a_session_that_is_not_used_expires(inside: Inside, stack: ExitStack, provider: str) -> None:
    _serve(inside, provider, directive(provider, stack))
    source = "s = open(timeout=1)\ns.save()\nresult = s.id()"
    sid = inside(_OPEN + source)
    wait.until(lambda: bool(inside(f"{_OPEN}\nresult = open('{sid}').is_new()")))


def test_a_new_id_keeps_the_data(cache: Inside) -> None:
    sid = _saved(cache)
    new = cache(f"{_OPEN}\ns = open('{sid}')\ns['b'] = 2\nresult = s.regenerate_id()\ns['c'] = 3\ns.save()")
    assert new != sid
    assert cache(f"{_OPEN}\nresult = [open('{sid}').is_new(), dict(open('{new}'))]") == [True, {"a": 1, "b": 2, "c": 3}]


def test_it_is_saved_as_often_as_one_likes(cache: Inside) -> None:
    sid = _saved(cache)
    cache(f"{_OPEN}\ns = open('{sid}')\nfor n in range(5):\n    s['n'] = n\n    s.save()")
    assert cache(f"{_OPEN}\nresult = dict(open('{sid}'))") == {"a": 1, "n": 4}


def test_clean_up_has_nothing_to_do(cache: Inside) -> None:
    assert cache(_OPEN + "s = open()\ns.cleanup()\nresult = 1") == 1


# --- versions ---

_TWO = _OPEN + "one, two = open('{}', lock=0), open('{}', lock=0)\n"


def _two(cache: Inside, source: str) -> Any:
    """Runs code with one session opened twice, as by two machines."""
    sid = _saved(cache)
    return sid, cache(_TWO.replace("{}", sid) + source)


def test_the_second_of_two_updates_is_refused(cache: Inside) -> None:
    source = """
one["one"] = 1
one.save()
two["two"] = 2
try:
    two.save()
except Session.Conflict as error:
    result = [str(error), error.args]
"""
    sid, (text, arguments) = _two(cache, source)
    assert text == f"session {sid[:8]}... was saved or removed by another request since it was loaded"
    assert arguments == [409]
    assert cache(f"{_OPEN}\nresult = dict(open('{sid}'))") == {"a": 1, "one": 1}


def test_an_update_is_made_on_top_of_the_other(cache: Inside) -> None:
    source = """
one["one"] = 1
one.save()
two["two"] = 2
try:
    two.save()
except Session.Conflict:
    two.load()
    two["two"] = 2
    two.save()
"""
    sid, _ = _two(cache, source)
    assert cache(f"{_OPEN}\nresult = dict(open('{sid}'))") == {"a": 1, "one": 1, "two": 2}


def test_a_session_that_did_not_change_is_no_conflict(cache: Inside) -> None:
    """Two requests that only look save that they did; nothing gets lost."""
    sid, _ = _two(cache, "one['one'] = 1\none.save()\ntwo.save()")
    assert cache(f"{_OPEN}\nresult = dict(open('{sid}'))") == {"a": 1, "one": 1}


def test_a_change_inside_of_a_value_is_a_change(cache: Inside) -> None:
    sid = _saved(cache, "{'list': [1]}")
    source = _TWO.replace("{}", sid) + "one.save()\ntwo['list'].append(2)\ntwo.save()"
    assert cache.error(source).startswith("Conflict: ")


def test_a_session_that_was_removed_does_not_come_back(cache: Inside) -> None:
    """A log-out on one machine holds against a request on another."""
    source = """
one.invalidate()
two.save()
two["two"] = 2
try:
    two.save()
except Session.Conflict:
    result = True
"""
    sid, conflict = _two(cache, source)
    assert conflict is True
    assert cache(f"{_OPEN}\nresult = open('{sid}').is_new()") is True


def test_an_uncaught_conflict_is_a_409(cache: Inside) -> None:
    sid = _saved(cache)
    source = _TWO.replace("{}", sid) + "one['x'] = 1\none.save()\ntwo['y'] = 1\ntwo.save()"
    # What the app would catch is raised where it does not: in a cleanup of its answer.
    (cache.server.htdocs / "evaluate.py").write_text(
        "def handler(req):\n    names = {'req': req}\n    exec(req.read().decode(), names)\n    return 0\n"
    )
    assert cache.server.post("/", source.encode()).status_code == 409


def test_requests_on_one_machine_follow_one_another(serve: Serve, stack: ExitStack) -> None:
    server = _counter(serve, directive("redis", stack), "one", children=2)
    cookie = _cookie(server)
    server.http  # noqa: B018  (made here, before threads race to make it)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: server.text(headers=cookie), range(12)))
    assert sorted(answers, key=_number) == [f"one {n}" for n in range(2, 14)]


# --- several machines ---


def _counter(serve: Serve, line: str, name: str, **config: Any) -> Server:
    directory = f"{_TYPE}\nSetHandler mod_python\nPythonHandler count\nPythonOption name {name}"
    # Under prefork a connection that the balancer keeps would occupy a machine's only child for two seconds.
    return serve(
        "cache_session",
        server=f"KeepAlive Off\n{line}",
        directory=directory,
        modules=("socache_redis", "socache_memcache"),
        **config,
    )


def _cookie(server: Server) -> dict[str, str]:
    response = server.get()
    assert response.status_code == 200, response.text
    match = re.match(r"pysid=[0-9a-f]{32}", response.headers["Set-Cookie"])
    assert match is not None
    server.http.cookies.clear()
    return {"Cookie": match[0]}


def _number(answer: str) -> int:
    return int(answer.split()[1])


def _balancer(serve: Serve, *backends: Server) -> Server:
    members = "\n".join(f"BalancerMember http://127.0.0.1:{backend.port}" for backend in backends)
    return serve(
        server=f"<Proxy balancer://site>\n{members}\n</Proxy>\nProxyPass / balancer://site/\nProxyPassReverse / balancer://site/",
        modules=("proxy", "proxy_http", "proxy_balancer", "lbmethod_byrequests", "slotmem_shm"),
        # A child for each connection that a client keeps.
        children=8 if site.MPM == "prefork" else 2,
    )


@pytest.mark.parametrize("provider", ["redis", "memcache"])
def test_two_machines_behind_a_balancer_share_sessions(serve: Serve, stack: ExitStack, provider: str) -> None:
    line = directive(provider, stack)
    front = _balancer(serve, _counter(serve, line, "one"), _counter(serve, line, "two"))
    cookie = _cookie(front)
    answers = [front.text(headers=cookie) for _ in range(6)]
    assert [_number(answer) for answer in answers] == list(range(2, 8))
    assert {answer.split()[0] for answer in answers} == {"one", "two"}


@pytest.mark.parametrize("provider", ["redis", "memcache"])
def test_two_machines_lose_no_update_of_each_other(serve: Serve, stack: ExitStack, provider: str) -> None:
    """Each number is given to one request, or the request is told that it has none."""
    line = directive(provider, stack)
    front = _balancer(serve, _counter(serve, line, "one"), _counter(serve, line, "two"))
    cookie = _cookie(front)
    front.http  # noqa: B018
    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(lambda _: front.get(headers=cookie), range(30)))
    assert {response.status_code for response in responses} <= {200, 409}
    numbers = Counter(_number(response.text) for response in responses if response.status_code == 200)
    assert set(numbers.values()) == {1}
    assert sorted(numbers) == list(range(2, 2 + len(numbers)))
    assert _number(front.text(headers=cookie)) == 2 + len(numbers)


@_EVENT
def test_namespaces_do_not_share_sessions(inside: Inside, stack: ExitStack) -> None:
    option = "PythonOption mod_python.cache_session.namespace"
    line = directive("redis", stack)
    late = f"<Location /a>\n{option} a\n</Location>\n<Location /b>\n{option} b\n</Location>"
    _serve(inside, "redis", line, late=late)
    sid = inside(_OPEN + "s = open()\ns.save()\nresult = s.id()", "/a")
    look = f"{_OPEN}\nresult = open('{sid}').is_new()"
    assert [inside(look, path) for path in ("/a", "/b", "/")] == [False, True, True]


# --- what does not fit, and what is not there ---


@_EVENT
@pytest.mark.parametrize(
    ("provider", "size"), [("shmcb", 100_000), ("dbm", 2_000), ("redis", 1 << 20), ("memcache", 1 << 20)]
)
def test_a_session_too_large_is_an_error_and_the_old_one_stays(
    inside: Inside, stack: ExitStack, provider: str, size: int
) -> None:
    _serve(inside, provider, directive(provider, stack))
    sid = _saved(inside)
    error = inside.error(f"{_OPEN}\ns = open('{sid}')\ns['large'] = 'x' * {size}\ns.save()")
    assert re.match(rf"OSError: \[Errno 27\] the session cache {provider}: \d+ bytes ", error)
    assert inside(f"{_OPEN}\ns = open('{sid}')\ns['b'] = 2\ns.save()\nresult = dict(s)") == {"a": 1, "b": 2}
    inside.server.expect_log(f"^MPY0943: the session cache {provider}: ")
    inside.server.tolerate_log("^AH00844", "^AH00833", "^AH00790")


def _quick(inside: Inside, provider: str, port: int) -> None:
    option = "PythonOption mod_python.cache_session.timeout 1"
    _serve(inside, provider, f"PythonSessionCache {provider}:127.0.0.1:{port}", option)
    # What httpd's provider says itself, in its own words.
    inside.server.tolerate_log(r"^AH0079\d", r"^AH034(78|79|8\d)", "^MPY0942")


@pytest.mark.parametrize("provider", ["redis", "memcache"])
def test_a_dead_cache_is_told_and_no_new_session(inside: Inside, stack: ExitStack, provider: str) -> None:
    server = stack.enter_context(caches.redis() if provider == "redis" else caches.memcached())
    _quick(inside, provider, server.port)
    sid = _saved(inside)
    server.stop()
    # The second time the provider does not even try.
    for _ in range(2):
        error = inside.error(f"{_OPEN}\nopen('{sid}')")
        assert error.startswith(f"CacheUnavailable: the session cache {provider}: ")
    inside.server.expect_log(f"^MPY0942: the session cache {provider}: ")


@pytest.mark.parametrize("call", ["save", "delete"])
def test_a_cache_that_dies_meanwhile_is_told(inside: Inside, stack: ExitStack, call: str) -> None:
    server = stack.enter_context(caches.redis())
    _quick(inside, "redis", server.port)
    sid = _saved(inside)
    spool = inside.server.spool
    source = f"{_OPEN}\nimport pathlib, time\ns = open('{sid}')\npathlib.Path('{spool}/opened').touch()\n"
    source += f"while not pathlib.Path('{spool}/stopped').exists(): time.sleep(0.01)\ns.{call}()"
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(inside.error, source)
        wait.until((spool / "opened").exists)
        server.stop()
        (spool / "stopped").touch()
        assert answer.result().startswith("CacheUnavailable: the session cache redis: ")


@pytest.mark.parametrize("provider", ["redis", "memcache"])
def test_a_cache_that_never_answers_is_given_up(inside: Inside, stack: ExitStack, provider: str) -> None:
    _quick(inside, provider, stack.enter_context(caches.silent()))
    error = inside.error(f"{_OPEN}\nopen('{'0' * 32}')")
    assert error == f"CacheUnavailable: the session cache {provider}: no answer in 1 seconds"
    inside.server.expect_log(f"^MPY0942: the session cache {provider}: no answer in 1 seconds")


def test_without_a_cache_the_answer_is_503_unless_caught(serve: Serve) -> None:
    server = _counter(serve, f"PythonSessionCache redis:127.0.0.1:{caches.free_port()}", "one")
    assert server.get(headers={"Cookie": "pysid=" + "0" * 32}).status_code == 503
    assert server.get().status_code == 503
    server.tolerate_log(r"^AH034(78|79|8\d)", "^MPY0942")


@_EVENT
def test_a_failure_releases_the_lock(inside: Inside) -> None:
    _quick(inside, "redis", caches.free_port())
    for _ in range(2):
        inside.error(f"{_OPEN}\nopen('{'0' * 32}')")


@_EVENT
def test_it_needs_the_directive(inside: Inside) -> None:
    inside.serve(directory=_TYPE)
    assert inside.error(_OPEN + "open()").startswith(
        "RuntimeError: CacheSession needs the directive PythonSessionCache"
    )


@_EVENT
@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("namespace " + "x" * 65, "64 bytes at most"),
        ("timeout 0", "a number of seconds above 0"),
        ("timeout soon", "a whole number"),
    ],
)
def test_options_that_mean_nothing(inside: Inside, option: str, said: str) -> None:
    _serve(inside, "shmcb", "PythonSessionCache shmcb", f"PythonOption mod_python.cache_session.{option}")
    error = inside.error(_OPEN + "open()")
    assert error.startswith("OptionError: ")
    assert said in error


# --- what is stored ---


@_EVENT
def test_it_is_json_unless_asked_otherwise(inside: Inside) -> None:
    """Who can write to the cache must not run code by that."""
    _serve(inside, "shmcb", "PythonSessionCache shmcb")
    assert inside.error(_OPEN + "s = open()\ns['t'] = (1, 2)\ns.save()").startswith("TypeError: JSON would change")
    source = """
import pickle, _apache
s = open()
s.save()
_apache._cache_store(bytes.fromhex(s.id()), bytes(16) + b"MPC1" + pickle.dumps({}), 100, 5)
result = open(s.id()).is_new()
"""
    assert inside(_OPEN + source) is True
    inside.server.expect_log(r"^MPY0922: session [0-9a-f]{8}\.\.\.: ValueError: it is not JSON")


@_EVENT
def test_pickle_when_asked_for(inside: Inside) -> None:
    _serve(inside, "shmcb", "PythonSessionCache shmcb", "PythonOption mod_python.session.serializer pickle")
    sid = _saved(inside, "{'t': (1, 2), 'd': __import__('datetime').date(2024, 1, 2)}")
    assert inside(f"{_OPEN}\ns = open('{sid}')\nresult = [s['t'] == (1, 2), str(s['d'])]") == [True, "2024-01-02"]


@_EVENT
def test_what_is_no_session_is_told(inside: Inside) -> None:
    _serve(inside, "shmcb", "PythonSessionCache shmcb")
    source = "import _apache\n_apache._cache_store(bytes(16), b'something else of somebody', 100, 5)\n"
    assert inside(f"{source}{_OPEN}\nresult = open('{'0' * 32}').is_new()") is True
    inside.server.expect_log(r"^MPY0944: session 00000000\.\.\.: what the cache has under its key is no session")


@_EVENT
def test_the_factory_and_the_module_name_it(inside: Inside) -> None:
    _serve(inside, "shmcb", "PythonSessionCache shmcb")
    source = "result = [type(open()) is Session.CacheSession, issubclass(Session.Conflict, apache.SERVER_RETURN)]"
    assert inside(_OPEN + source) == [True, True]
