"""PythonSessionCache, and what `_apache` lets CacheSession do with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from harness import caches, site, wait
from harness.inside import Inside
from harness.serve import Serve

# Where the MPM makes a difference, it does so for one that is used under a lock, and one with threads of its own.
PROVIDERS = ("shmcb", "dbm", "redis", "memcache") if site.MPM == "event" else ("shmcb", "redis")
_EVENT = pytest.mark.skipif(site.MPM != "event", reason="the same for every MPM")

_CALLS = """
import errno, time
from _apache import _cache_provider as provider, _cache_retrieve as retrieve, _cache_store as store
from _apache import _cache_remove as remove, _cache_replace as replace
id = b"0123456789abcdef"
"""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def directive(provider: str, stack: ExitStack) -> str:
    """The line for a provider, with a server of its own where there is one."""
    match provider:
        case "redis":
            return f"PythonSessionCache redis:127.0.0.1:{stack.enter_context(caches.redis()).port}"
        case "memcache":
            return f"PythonSessionCache memcache:127.0.0.1:{stack.enter_context(caches.memcached()).port}"
    return f"PythonSessionCache {provider}"


def _serve(inside: Inside, provider: str, line: str, **config: object) -> None:
    inside.serve(server=line, modules=(f"socache_{provider}",), **config)


@pytest.fixture(params=PROVIDERS)
def cache(request: pytest.FixtureRequest, inside: Inside, stack: ExitStack) -> Inside:
    """Code inside httpd, once with each provider."""
    _serve(inside, request.param, directive(request.param, stack), children=2)
    return inside


# --- every provider ---


def test_what_is_stored_is_found_by_every_process(cache: Inside) -> None:
    cache(_CALLS + "store(id, bytes(range(256)), 100, 5)")
    source = _CALLS + "import os\nresult = [retrieve(id, 5) == bytes(range(256)), os.getpid()]"
    answers: list[list[int]] = []

    def both_have_answered() -> bool:
        answers.append(cache(source))
        return len({pid for _, pid in answers}) == 2

    wait.until(both_have_answered)
    assert all(found for found, _ in answers)


def test_storing_replaces(cache: Inside) -> None:
    assert cache(_CALLS + "store(id, b'1', 100, 5)\nstore(id, b'22', 100, 5)\nresult = retrieve(id, 5) == b'22'")


def test_what_was_removed_is_not_found(cache: Inside) -> None:
    source = "store(id, b'1', 100, 5)\nremove(id, 5)\nresult = retrieve(id, 5) is None\nremove(id, 5)"
    assert cache(_CALLS + source)


def test_nothing_is_found_where_nothing_was_stored(cache: Inside) -> None:
    assert cache(_CALLS + "result = retrieve(id, 5) is None")


def test_what_has_expired_is_not_found(cache: Inside) -> None:
    cache(_CALLS + "store(id, b'1', 1, 5)\nassert retrieve(id, 5) == b'1'")
    wait.until(lambda: bool(cache(_CALLS + "result = retrieve(id, 5) is None")))


def test_large_numbers_of_seconds_do_not_expire_at_once(cache: Inside) -> None:
    """memcached takes more than thirty days for a date of 1970."""
    assert cache(_CALLS + "store(id, b'1', 10**12, 5)\nresult = retrieve(id, 5) == b'1'")


def test_many_threads_at_once(cache: Inside) -> None:
    source = """
    import threading
    wrong = []
    def work(number):
        mine = bytes([number]) * 16
        for turn in range(20):
            store(mine, mine + bytes([turn]), 100, 20)
            if retrieve(mine, 20) != mine + bytes([turn]):
                wrong.append((number, turn))
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    result = wrong
    """
    assert cache(_CALLS + "\n".join(line[4:] for line in source.splitlines())) == []


@pytest.mark.parametrize("verb", ["graceful", "restart"])
def test_a_restart_makes_the_cache_anew(cache: Inside, verb: str) -> None:
    for _ in range(2):
        cache(_CALLS + "store(id, b'1', 100, 5)")
        cache.server.control(verb)
        assert cache(_CALLS + "store(id, b'2', 100, 5)\nresult = retrieve(id, 5) == b'2'")


@_EVENT
@pytest.mark.parametrize(
    "call",
    [
        "retrieve('x', 1)",
        "retrieve(id)",
        "retrieve(id, -1)",
        "store(id, 'x', 1, 1)",
        "store(id, b'', 'x', 1)",
        "remove()",
    ],
)
def test_wrong_arguments_are_refused(inside: Inside, call: str) -> None:
    assert inside.error(f"{_CALLS}\n{call}").startswith(("TypeError: ", "ValueError: "))


# --- sizes ---


@_EVENT
@pytest.mark.parametrize(
    ("provider", "fits"), [("shmcb", 50_000), ("dbm", 900), ("redis", 1 << 20), ("memcache", 1_000_000)]
)
def test_what_a_provider_keeps_at_most(inside: Inside, stack: ExitStack, provider: str, fits: int) -> None:
    _serve(inside, provider, directive(provider, stack))
    assert inside(_CALLS + f"store(id, b'x' * {fits}, 100, 5)\nresult = len(retrieve(id, 5))") == fits
    error = inside.error(_CALLS + "store(id, b'x' * (2**20 + 1), 100, 5)")
    assert "1048577 bytes are more than 1048576" in error
    inside.server.expect_log("^MPY0943: the session cache")


@_EVENT
@pytest.mark.parametrize("provider", ["shmcb", "dbm"])
def test_what_does_not_fit_leaves_what_was_there(inside: Inside, stack: ExitStack, provider: str) -> None:
    _serve(inside, provider, directive(provider, stack))
    source = """
store(id, b'old', 100, 5)
try:
    replace(id, b'old', b'x' * 100000, 100)
except OSError as error:
    result = [error.errno == errno.EFBIG, str(error), retrieve(id, 5) == b'old']
"""
    is_too_big, text, is_there = inside(_CALLS + source)
    assert is_too_big and is_there
    assert "100000 bytes were refused" in text
    inside.server.expect_log("^MPY0943: the session cache")
    # What shmcb says of it.
    inside.server.tolerate_log("^AH00844", "^AH00833")


@_EVENT
def test_what_memcached_refuses(inside: Inside, stack: ExitStack) -> None:
    """1 MB, of which some bytes are its own."""
    _serve(inside, "memcache", directive("memcache", stack))
    assert "1048576 bytes were refused" in inside.error(_CALLS + "store(id, b'x' * 2**20, 100, 5)")
    assert inside(_CALLS + "store(id, b'x', 100, 5)\nresult = retrieve(id, 5) == b'x'")
    inside.server.expect_log("^MPY0943: the session cache memcache", "^AH00790")


@_EVENT
def test_what_a_full_redis_refuses(inside: Inside, stack: ExitStack) -> None:
    port = stack.enter_context(caches.redis("--maxmemory", "1")).port
    _serve(inside, "redis", f"PythonSessionCache redis:127.0.0.1:{port}")
    assert "it stores nothing: it is full, or the connection was lost" in inside.error(
        _CALLS + "store(id, b'xxx', 100, 5)"
    )
    inside.server.expect_log("^MPY0942: the session cache redis: it stores nothing", "^AH03478")


# --- one step ---


@_EVENT
@pytest.mark.parametrize("provider", ["shmcb", "dbm"])
@pytest.mark.parametrize(
    ("before", "prefix", "replaced"),
    [
        (None, None, True),
        ("b'ab'", None, False),
        (None, "b'a'", False),
        ("b'ab'", "b'a'", True),
        ("b'ab'", "b'b'", False),
    ],
)
def test_replacing_what_is_still_there(
    inside: Inside, stack: ExitStack, provider: str, before: str | None, prefix: str | None, replaced: bool
) -> None:
    _serve(inside, provider, directive(provider, stack))
    source = f"before = {before}\nif before: store(id, before, 100, 5)\n"
    source += f"result = [replace(id, {prefix}, b'new', 100), retrieve(id, 5) == (b'new' if {replaced} else before)]"
    assert inside(_CALLS + source) == [replaced, True]


@pytest.mark.parametrize("provider", ["shmcb", "dbm"])
def test_of_many_replacing_one_version_one_does(inside: Inside, stack: ExitStack, provider: str) -> None:
    _serve(inside, provider, directive(provider, stack), children=3)
    inside(_CALLS + "store(id, b'0', 100, 5)")
    source = _CALLS + "import os\nresult = replace(id, b'0', b'1', 100)"
    inside.server.http  # noqa: B018  (made here, before threads race to make it)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(inside, [source] * 6))
    assert sorted(answers) == [False] * 5 + [True]


@_EVENT
def test_another_machines_cache_replaces_nothing_in_one_step(inside: Inside, stack: ExitStack) -> None:
    _serve(inside, "redis", directive("redis", stack))
    assert "not of this machine" in inside.error(_CALLS + "replace(id, None, b'x', 100)")
    inside.server.expect_log("^MPY0942: the session cache redis: the provider is not of this machine")


@_EVENT
@pytest.mark.parametrize(
    ("provider", "is_local"), [("shmcb", True), ("dbm", True), ("redis", False), ("memcache", False)]
)
def test_the_provider_says_where_it_keeps_things(
    inside: Inside, stack: ExitStack, provider: str, is_local: bool
) -> None:
    _serve(inside, provider, directive(provider, stack))
    assert inside(_CALLS + "result = provider()") == [provider, is_local]


@_EVENT
def test_without_the_directive_there_is_no_cache(inside: Inside) -> None:
    assert inside(_CALLS + "result = provider()") is None
    assert "there is no PythonSessionCache" in inside.error(_CALLS + "retrieve(id, 1)")
    inside.server.expect_log("^MPY0942: the session cache : there is no PythonSessionCache")


# --- servers that do not answer ---

NETWORK = ("redis", "memcache")
# What httpd's provider says itself, in its own words.
_PROVIDER = (r"^AH0079\d", r"^AH034(78|79|8\d)")


@pytest.mark.parametrize("provider", NETWORK)
def test_a_dead_server_is_an_error_and_no_missing_object(inside: Inside, provider: str) -> None:
    """After the first failure httpd's provider says for five seconds that it does not have the object."""
    _serve(inside, provider, f"PythonSessionCache {provider}:127.0.0.1:{caches.free_port()}")
    for call in ("retrieve(id, 5)", "retrieve(id, 5)", "remove(id, 5)", "store(id, b'x', 100, 5)"):
        error = inside.error(_CALLS + call)
        assert error.startswith(("OSError: ", "ConnectionRefusedError: "))
    inside.server.expect_log(f"^MPY0942: the session cache {provider}: it cannot be reached")
    inside.server.tolerate_log("^MPY0942", *_PROVIDER)


@pytest.mark.parametrize("provider", NETWORK)
def test_a_server_that_never_answers_is_given_up(inside: Inside, stack: ExitStack, provider: str) -> None:
    port = stack.enter_context(caches.silent())
    _serve(inside, provider, f"PythonSessionCache {provider}:127.0.0.1:{port}")
    assert "no answer in 0.2 seconds" in inside.error(_CALLS + "retrieve(id, 0.2)")
    inside.server.expect_log(f"^MPY0942: the session cache {provider}: no answer in 0.2 seconds")
    inside.server.tolerate_log("^MPY0942", *_PROVIDER)


@pytest.mark.parametrize("provider", NETWORK)
def test_a_port_that_drops_connections_is_given_up(inside: Inside, stack: ExitStack, provider: str) -> None:
    port = stack.enter_context(caches.black_hole())
    _serve(inside, provider, f"PythonSessionCache {provider}:127.0.0.1:{port}")
    assert "no answer in 0.2 seconds" in inside.error(_CALLS + "retrieve(id, 0.2)")
    inside.server.expect_log("^MPY0942: ")
    inside.server.tolerate_log("^MPY0942", *_PROVIDER)


def test_too_many_that_wait_let_no_more_wait(inside: Inside, stack: ExitStack) -> None:
    """Neither a thread nor the patience for each request."""
    port = stack.enter_context(caches.silent())
    _serve(inside, "memcache", f"PythonSessionCache memcache:127.0.0.1:{port}", children=1)
    source = """
import threading
texts = []
for number in range(6):
    try:
        retrieve(id, 0.05)
    except OSError as error:
        texts.append(str(error))
result = texts
"""
    texts = inside(_CALLS + source)
    assert ["no answer in" in text for text in texts] == [True] * 4 + [False] * 2
    assert all("earlier requests still wait" in text for text in texts[4:])
    inside.server.expect_log("^MPY0942: ")
    inside.server.tolerate_log(*_PROVIDER)


@pytest.mark.parametrize("provider", NETWORK)
def test_a_server_that_thaws_is_used_again(inside: Inside, stack: ExitStack, provider: str) -> None:
    server = stack.enter_context(caches.redis() if provider == "redis" else caches.memcached())
    _serve(inside, provider, f"PythonSessionCache {provider}:127.0.0.1:{server.port}", children=1)
    inside(_CALLS + "store(id, b'x', 1000, 5)")
    server.freeze()
    for _ in range(6):
        inside.error(_CALLS + "retrieve(id, 0.05)")
    server.thaw()
    found = "try: result = retrieve(id, 1) == b'x'\nexcept OSError: result = False"
    wait.until(lambda: bool(inside(_CALLS + found)), timeout=30)
    inside.server.expect_log("^MPY0942: ")
    inside.server.tolerate_log(*_PROVIDER)


@_EVENT
@pytest.mark.parametrize("provider", NETWORK)
def test_a_server_that_was_restarted_is_used_again(inside: Inside, stack: ExitStack, provider: str) -> None:
    """httpd's provider leaves a server alone for five seconds after a failure."""
    server = stack.enter_context(caches.redis() if provider == "redis" else caches.memcached())
    _serve(inside, provider, f"PythonSessionCache {provider}:127.0.0.1:{server.port}")
    inside(_CALLS + "store(id, b'x', 1000, 5)")
    server.stop()
    inside.error(_CALLS + "retrieve(id, 5)")
    server.start()
    found = "try: result = retrieve(id, 5) is None\nexcept OSError: result = False"
    wait.until(lambda: bool(inside(_CALLS + found)), timeout=30)
    inside.server.expect_log("^MPY0942: ")
    inside.server.tolerate_log(*_PROVIDER)


def test_waiting_lets_other_threads_run_python(inside: Inside, stack: ExitStack) -> None:
    port = stack.enter_context(caches.silent())
    _serve(inside, "memcache", f"PythonSessionCache memcache:127.0.0.1:{port}")
    source = """
import threading
begun = threading.Event()
def wait():
    begun.set()
    try: retrieve(id, 0.5)
    except OSError: pass
thread = threading.Thread(target=wait)
thread.start()
begun.wait()
result = thread.is_alive()
thread.join()
"""
    assert inside(_CALLS + source) is True
    inside.server.expect_log("^MPY0942: ")
    inside.server.tolerate_log(*_PROVIDER)


@pytest.mark.skipif(site.MPM == "prefork", reason="its parent does not wait for a child's other threads")
def test_a_child_whose_cache_does_not_answer_stops(inside: Inside, stack: ExitStack) -> None:
    port = stack.enter_context(caches.silent())
    _serve(inside, "redis", f"PythonSessionCache redis:127.0.0.1:{port}")
    inside.error(_CALLS + "retrieve(id, 0.1)")
    inside.server.expect_log("^MPY0942: ")
    inside.server.tolerate_log(*_PROVIDER)
    inside.server.control("graceful")
    assert inside("result = 1") == 1


# --- configuration ---


@_EVENT
@pytest.mark.parametrize(
    ("line", "modules", "said"),
    [
        ("redis:127.0.0.1:1", (), "PythonSessionCache names 'redis', which no module provides: load mod_socache_redis"),
        ("nonesuch", (), "load mod_socache_nonesuch before"),
        (":", (), "which no module provides"),
        ("redis", ("socache_redis",), "is refused by redis: List of server names required"),
        ("memcache:", ("socache_memcache",), "is refused by memcache: List of server names required"),
        ("shmcb:run/x(1)", ("socache_shmcb",), "is refused by shmcb: Invalid argument: size has to be >= 8192"),
        ("dbm:/nonesuch/x", ("socache_dbm",), "MPY0940: the cache of PythonSessionCache dbm could not be made"),
        ("redis::1", ("socache_redis",), "MPY0940: the cache of PythonSessionCache redis could not be made"),
    ],
)
def test_what_keeps_httpd_from_starting(serve: Serve, line: str, modules: tuple[str, ...], said: str) -> None:
    assert said in serve.refused(server=f'PythonSessionCache "{line}"', modules=modules)


@_EVENT
def test_the_smallest_shared_memory(inside: Inside) -> None:
    """shmcb divides by what is left of it, which must not be nothing."""
    _serve(inside, "shmcb", "PythonSessionCache shmcb:run/sessions(8192)")
    assert inside(_CALLS + "store(id, b'x' * 1000, 100, 5)\nresult = len(retrieve(id, 5))") == 1000


@_EVENT
def test_it_is_of_the_main_server(serve: Serve) -> None:
    said = serve.refused(vhosts={"one.test": "PythonSessionCache shmcb"}, modules=("socache_shmcb",))
    assert "PythonSessionCache cannot occur within <VirtualHost> section" in said


@pytest.mark.skipif(site.unprivileged() is None, reason="needs root to have unprivileged children")
def test_a_child_without_the_cache_serves_on(inside: Inside) -> None:
    """The lock's folder is closed to it."""
    server = "DefaultRuntimeDir run/closed\nPythonOption mod_python.mutex_directory run\nPythonSessionCache shmcb"
    prepared = inside._serve.prepare(
        "evaluate", directory="SetHandler mod_python\nPythonHandler evaluate", server=server, modules=("socache_shmcb",)
    )
    (prepared.root / "run" / "closed").mkdir(mode=0o700)
    prepared.start()
    inside._server = prepared
    assert inside(_CALLS + "result = provider()") is None
    prepared.expect_log("^MPY0941: the cache of PythonSessionCache could not be opened: Permission denied")
