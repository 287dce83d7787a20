"""`req.connection`: mp_conn. What connection handlers do with one is in test_connection_handler.py."""

from __future__ import annotations

import re

import pytest
from harness import client
from harness.inside import Inside
from harness.serve import Serve

_REQUEST = b"GET / HTTP/1.1\r\nHost: main.test\r\n"

_READ_ONLY = [
    "base_server",
    "local_addr",
    "client_addr",
    "remote_addr",
    "client_ip",
    "remote_ip",
    "remote_host",
    "remote_logname",
    "aborted",
    "double_reverse",
    "keepalives",
    "local_ip",
    "local_host",
    "id",
    "notes",
    "hlist",
    "_conn_rec",
]


def test_its_class_prints_without_a_module(inside: Inside) -> None:
    """21.7: 89."""
    assert inside("result = str(type(req.connection))") == "<class 'mp_conn'>"


def test_it_cannot_be_made_by_a_script(inside: Inside) -> None:
    assert "TypeError" in inside.error("type(req.connection)()")


def test_each_access_gives_the_same_objects(inside: Inside) -> None:
    """Section 4.12."""
    found = inside(
        """
        conn = req.connection
        result = [conn is req.connection, conn.base_server is conn.base_server, conn.notes is conn.notes]
        """
    )
    assert found == [True, True, True]


def test_both_ends_have_addresses(inside: Inside) -> None:
    """21.8: 120, 121."""
    found = inside(
        """
        conn = req.connection
        result = [type(conn.base_server) is type(req.server), conn.client_ip, conn.local_ip, conn.client_addr[0],
                  type(conn.client_addr[1]).__name__, conn.local_addr, type(conn.local_addr).__name__]
        """
    )
    local = ["127.0.0.1", inside.server.port]
    assert found == [True, "127.0.0.1", "127.0.0.1", "127.0.0.1", "int", local, "tuple"]


def test_what_was_not_looked_up_is_none(inside: Inside) -> None:
    """21.8: 121."""
    found = inside(
        "conn = req.connection\nresult = [conn.remote_host, conn.remote_logname, conn.local_host, conn.double_reverse]"
    )
    assert found == [None, None, None, 0]


def test_the_first_request_of_a_connection(inside: Inside) -> None:
    """21.8: 121."""
    aborted, number = inside("conn = req.connection\nresult = [conn.aborted, conn.id]")
    assert aborted == 0
    assert 0 <= number <= 10000


def test_a_connection_counts_the_answers_that_keep_it_open(serve: Serve) -> None:
    """21.8: 121."""
    server = serve.prepare("evaluate", directory="SetHandler mod_python\nPythonHandler count")
    (server.htdocs / "count.py").write_text(
        "def handler(req):\n"
        "    before = req.connection.keepalives\n"
        "    req.write('answer ')\n"
        "    req.write(f'{before}{req.connection.keepalives}.')\n"
        "    return 0\n"
    )
    server.start()
    answer = client.exchange(server.port, _REQUEST + b"\r\n" + _REQUEST + b"Connection: close\r\n\r\n")
    # The second answer closes it.
    assert re.findall(rb"\n(\d\d)\.\r", answer) == [b"01", b"11"]


def test_keepalive_is_settled_when_the_headers_go_out(serve: Serve) -> None:
    """21.8: 122."""
    server = serve.prepare("evaluate", directory="SetHandler mod_python\nPythonHandler alive")
    (server.htdocs / "alive.py").write_text(
        "def handler(req):\n"
        "    before = req.connection.keepalive\n"
        "    req.write('x')\n"
        "    req.write(f'{before}{req.connection.keepalive}')\n"
        "    return 0\n"
    )
    server.start()
    assert server.text() == "x02"


def test_keepalive_can_be_set(serve: Serve) -> None:
    server = serve.prepare("evaluate", directory="SetHandler mod_python\nPythonHandler close")
    (server.htdocs / "close.py").write_text(
        "from mod_python import apache\nfrom _apache import AP_CONN_CLOSE\n\n"
        "def handler(req):\n    req.connection.keepalive = AP_CONN_CLOSE\n    req.write('x')\n    return 0\n"
    )
    server.start()
    assert server.get().headers["Connection"] == "close"


def test_the_values_of_keepalive_have_names(inside: Inside) -> None:
    found = inside(
        "import _apache\nresult = [_apache.AP_CONN_UNKNOWN, _apache.AP_CONN_CLOSE, apache.AP_CONN_KEEPALIVE]"
    )
    assert found == [0, 1, 2]


@pytest.mark.parametrize(
    ("value", "error"), [("'1'", "TypeError"), ("None", "TypeError"), ("3", "ValueError"), ("-1", "ValueError")]
)
def test_keepalive_takes_its_three_numbers_only(inside: Inside, value: str, error: str) -> None:
    assert error in inside.error(f"req.connection.keepalive = {value}")


def test_keepalive_cannot_be_deleted(inside: Inside) -> None:
    assert "AttributeError" in inside.error("del req.connection.keepalive")


@pytest.mark.parametrize("name", _READ_ONLY)
def test_the_others_cannot_be_set_or_deleted(inside: Inside, name: str) -> None:
    assert "AttributeError" in inside.error(f"req.connection.{name} = 1")
    assert "AttributeError" in inside.error(f"del req.connection.{name}")


def test_there_is_no_place_for_other_attributes(inside: Inside) -> None:
    """Section 8."""
    assert "AttributeError" in inside.error("req.connection.mine = 1")
    assert "AttributeError" in inside.error("req.connection.nothing")
    assert "AttributeError" in inside.error("req.connection.__dict__")


def test_every_attribute_and_method_is_described(inside: Inside) -> None:
    missing = inside(
        """
        public = [name for name in dir(type(req.connection)) if not name.startswith("__")]
        result = [name for name in public if not getattr(type(req.connection), name).__doc__]
        """
    )
    assert missing == []


def test_notes_are_a_live_table(inside: Inside) -> None:
    """21.8: 122."""
    found = inside(
        """
        before = repr(req.connection.notes)
        req.connection.notes["a"] = "b"
        result = [before, req.connection.notes["A"], type(req.connection.notes).__name__]
        """
    )
    assert found == ["{}", "b", "mp_table"]


def test_notes_live_as_long_as_the_connection(serve: Serve) -> None:
    server = serve.prepare("evaluate", directory="SetHandler mod_python\nPythonHandler count")
    (server.htdocs / "count.py").write_text(
        "def handler(req):\n"
        "    notes = req.connection.notes\n"
        "    notes['seen'] = notes.get('seen', '') + 'x'\n"
        "    req.write(f'seen {notes[\"seen\"]}.')\n"
        "    return 0\n"
    )
    server.start()
    answer = client.exchange(server.port, _REQUEST + b"\r\n" + _REQUEST + b"Connection: close\r\n\r\n")
    assert b"seen x." in answer
    assert b"seen xx." in answer


def test_hlist_is_for_connection_handlers(inside: Inside) -> None:
    """Q31."""
    assert inside("result = req.connection.hlist") is None


def test_the_conn_rec_is_there_for_c_code(inside: Inside) -> None:
    assert inside("result = type(req.connection._conn_rec).__name__") == "PyCapsule"


@pytest.mark.parametrize(("old", "new"), [("remote_addr", "client_addr"), ("remote_ip", "client_ip")])
def test_an_old_name_works_and_says_once_that_it_is_old(inside: Inside, old: str, new: str) -> None:
    inside.serve(children=1)
    inside.server.expect_log(f"MPY0702: connection.{old} is deprecated: use connection.{new}")
    for _ in range(2):
        assert inside(f"result = req.connection.{old} == req.connection.{new}") is True
    assert len(inside.server.log.find("MPY0702")) == 1


def test_what_is_written_to_the_connection_goes_past_http(inside: Inside) -> None:
    inside("req.connection.write('')\nresult = None")


def test_a_kept_connection_says_that_it_is_over(serve: Serve) -> None:
    """Q43."""
    server = serve(
        "kept_connection",
        directory="""
            SetHandler mod_python
            <Files keep>
                PythonHandler kept::keeps
            </Files>
            <Files use>
                PythonHandler kept::uses
            </Files>
            """,
        children=1,
    )
    server.text("/keep")
    answers, hostname = server.json("/use")
    assert set(answers.values()) == {"ReferenceError"}
    assert hostname == "main.test"
