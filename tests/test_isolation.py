"""Nothing of one interpreter's shows in another, on a thread that has just served that other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from harness import site, wait
from harness.serve import Serve
from harness.server import Server

_OWN_GIL = pytest.mark.skipif(site.python_version() < (3, 13), reason="interpreters with a GIL of their own need 3.13")
_KINDS = ["", pytest.param("PythonInterpreterOptions * gil=own", marks=_OWN_GIL, id="own")]
_HOSTS = {host: f"PythonPath \"['{{htdocs}}/{host[0]}', '{{htdocs}}'] + sys.path\"" for host in ("a.test", "b.test")}

_EVERYWHERE = """
SetHandler mod_python
AuthType Basic
AuthName shop
Require valid-user
PythonAccessHandler app::access
PythonAuthenHandler app::authen
PythonHandler app
PythonOutputFilter app::output SEES
SetOutputFilter SEES
PythonLogHandler app::log
PythonCleanupHandler app::cleanup
"""
_PLACES = {"access", "authen", "before", "handler", "callback", "filter", "log", "registered", "cleanup"}


def _notes(server: Server) -> list[Any]:
    file = server.spool / "lines"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.mark.parametrize("options", _KINDS)
@pytest.mark.parametrize("hosts", ["aab", "abab", "baab"])
def test_nothing_crosses_between_hosts(serve: Serve, hosts: str, options: str) -> None:
    # One thread for all of them.
    server = serve(
        "isolated",
        directory=_EVERYWHERE,
        server=options,
        vhosts=_HOSTS,
        modules=("authn_core", "authz_core", "authz_user"),
        threads=1,
        children=1,
    )
    for count, host in enumerate(hosts, 1):
        answer = server.get("/", f"{host}.test", auth=("u", "p"))
        assert answer.text == "answer"

        def is_over(count: int = count) -> bool:
            return [where for _, where, _ in _notes(server)].count("cleanup") == count

        wait.until(is_over)
    notes = _notes(server)
    assert {where for _, where, _ in notes} == _PLACES
    for who, where, seen in notes:
        alien = {what: whose for what, whose in seen.items() if whose not in ("", who)}
        assert not alien, (who, where)
    # And all of it is there where it was made.
    for who, _, seen in [note for note in notes if note[1] in ("handler", "callback")]:
        assert set(seen.values()) == {who}


@pytest.mark.parametrize("options", _KINDS)
def test_an_interpreter_begins_with_the_environment_of_the_child(serve: Serve, options: str) -> None:
    server = serve(
        "isolated",
        env={"GIVEN": "at start"},
        directory="SetHandler mod_python\nPythonHandler app::environment",
        server=options,
        vhosts=_HOSTS,
        children=1,
    )
    assert server.json("/?by_a", "a.test") == ["by_a", None]
    # Made after that.
    assert server.json("/", "b.test") == [None, "at start"]
    assert server.json("/", "a.test") == ["by_a", None]
