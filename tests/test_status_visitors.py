"""Who may see the status page."""

from __future__ import annotations

import pytest
from harness.serve import Serve
from harness.server import Server

_REMOTE = "RemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1"
_ALLOW = "PythonOption mod_python.status.allow"


def _serve(serve: Serve, lines: str = "", server: str = "", modules: tuple[str, ...] = ()) -> Server:
    page = f'<Location "/python-status">\nSetHandler python-status\n{lines}\n</Location>'
    return serve("status", server=f"{page}\n{server}", modules=modules)


@pytest.mark.parametrize(
    ("lines", "client", "status"),
    [
        ("", "127.0.0.1", 200),
        ("", "127.9.9.9", 200),
        ("", "::1", 200),
        ("", "192.0.2.7", 403),
        ("", "2001:db8::1", 403),
        (f"{_ALLOW} 192.0.2.7", "192.0.2.7", 200),
        (f"{_ALLOW} 192.0.2.7", "192.0.2.8", 403),
        (f'{_ALLOW} "10.0.0.0/8, 192.0.2.0/24"', "192.0.2.7", 200),
        (f"{_ALLOW} 2001:db8::/32", "2001:db8::1", 200),
        (f"{_ALLOW} 192.0.2.0/24", "127.0.0.1", 200),
        (f"{_ALLOW} all", "192.0.2.7", 200),
    ],
)
def test_strangers_are_refused(serve: Serve, lines: str, client: str, status: int) -> None:
    server = _serve(serve, lines, _REMOTE, ("remoteip",))
    for form in ("", "?json", "?openmetrics", "?auto"):
        response = server.get(f"/python-status{form}", headers={"X-Client": client})
        assert response.status_code == status
        if status == 403:
            assert "main_interpreter" not in response.text
            assert server.log.find("MPY0947: python-status is for clients on the same machine")


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_who_comes_through_a_proxy_on_this_machine_is_a_stranger(serve: Serve, header: str) -> None:
    server = _serve(serve)
    assert server.get("/python-status", headers={header: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("main.test", 200),
        ("MAIN.test", 200),
        ("alias.test", 200),
        ("localhost", 200),
        ("127.0.0.1:80", 200),
        ("[::1]", 200),
        ("evil.test", 403),
        ("x.wild.test", 403),
    ],
)
def test_a_name_that_is_not_the_servers_is_a_strangers(serve: Serve, host: str, status: int) -> None:
    """A foreign page, whose own name leads to this machine, in a browser here."""
    page = '<Location "/python-status">\nSetHandler python-status\n</Location>'
    server = serve("status", vhosts={"main.test": f"ServerAlias alias.test *.wild.test\n{page}"})
    assert server.get("/python-status", host).status_code == status


@pytest.mark.parametrize("network", ["everybody", "192.0.2.0/33", "192.0.2.300", "127.0.0.1 everybody"])
def test_an_option_that_means_nothing_shows_nothing(serve: Serve, network: str) -> None:
    server = _serve(serve, f'{_ALLOW} "{network}"')
    assert server.get("/python-status").status_code == 500
    server.expect_log(f"^MPY0948: .*'{network.split()[-1]}' is neither an address nor a network")


def test_what_others_configure_holds_besides(serve: Serve) -> None:
    server = _serve(serve, f"{_ALLOW} all\nRequire ip 192.0.2.1", modules=("authz_host",))
    server.expect_log("AH01630")
    assert server.get("/python-status").status_code == 403
