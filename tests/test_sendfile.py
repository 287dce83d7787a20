"""req.sendfile: files as parts of the answer."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from harness.client import Conversation
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server
from harness.written import written

_TEXT = b"0123456789abcdef"


def _sends(serve: Serve, code: str, **config: object) -> Server:
    """A handler that runs the code, with `path` naming a file of 16 bytes in the spool."""
    server = written(serve, f"path = os.path.dirname(os.path.dirname(__file__)) + '/spool/file'\n{code}", **config)
    (server.spool / "file").write_bytes(_TEXT)
    return server


@pytest.mark.parametrize("enable", ["EnableSendfile On", "EnableSendfile Off\nEnableMMAP On", "EnableMMAP Off"])
def test_a_whole_file(serve: Serve, enable: str) -> None:
    """21.2: 36."""
    server = _sends(serve, "req.sendfile(path)", directory=enable)
    content = os.urandom(3_000_000)
    (server.spool / "file").write_bytes(content)
    assert server.get().content == content


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ("2, 7", slice(2, 9)),
        ("3", slice(3, 16)),
        ("0, -1", slice(0, 16)),
        ("0, 0", slice(0, 0)),
        ("0, 16", slice(0, 16)),
        ("10, 100", slice(10, 16)),
        ("16", slice(0, 0)),
        ("17, 5", slice(0, 0)),
        ("2**62, 2**62", slice(0, 0)),
        ("15, 2**63 - 1", slice(15, 16)),
    ],
)
def test_a_part_never_goes_beyond_the_file(serve: Serve, arguments: str, part: slice) -> None:
    """Q20. 21.2: 35."""
    server = _sends(serve, f"req.write('<', 0)\nsent = req.sendfile(path, {arguments})\nreq.write(f'> {{sent}}')")
    expected = _TEXT[part]
    assert server.get().content == b"<" + expected + b"> %d" % len(expected)


def test_a_symbolic_link_is_followed(serve: Serve) -> None:
    """21.2: 37."""
    server = _sends(serve, "req.sendfile(path + '.link')")
    (server.spool / "file.link").symlink_to("file")
    assert server.get().content == _TEXT


@pytest.mark.parametrize("path", ["path", "os.fsencode(path)", "__import__('pathlib').Path(path)"])
def test_a_path_is_text_or_bytes_or_path_like(serve: Serve, path: str) -> None:
    assert _sends(serve, f"req.sendfile({path})").get().content == _TEXT


@pytest.mark.parametrize("name", [b"gr\xc3\xbcn", b"\xff\xfe", b"with space"])
def test_any_name_that_the_system_knows(serve: Serve, name: bytes) -> None:
    server = written(
        serve,
        "spool = os.path.dirname(os.path.dirname(__file__)) + '/spool'\n"
        "for name in os.listdir(spool):\n    req.sendfile(os.path.join(spool, name))",
    )
    Path(os.fsdecode(os.fsencode(server.spool) + b"/" + name)).write_bytes(_TEXT)
    assert server.get().content == _TEXT


@pytest.mark.parametrize(
    ("make", "error"),
    [
        ("pass", "FileNotFoundError 2"),
        ("os.mkdir(path)", "IsADirectoryError 21"),
        ("os.mkfifo(path)", "OSError 22"),
        ("path = '/dev/zero'", "OSError 22"),
        ("open(path, 'w').close(); os.chmod(path, 0)", "PermissionError 13"),
        ("os.symlink(path, path)", "OSError 40"),
        ("path += '/file'", "FileNotFoundError 2"),
        ("path += 'x' * 300", "OSError 36"),
    ],
)
def test_what_is_no_readable_file_is_an_oserror_before_anything_is_sent(serve: Serve, make: str, error: str) -> None:
    """Q20."""
    server = written(
        serve,
        f"""
        path = os.path.dirname(os.path.dirname(__file__)) + '/spool/it'
        {make}
        try:
            req.sendfile(path)
        except OSError as error:
            req.status = 404
            req.write(f"{{type(error).__name__}} {{error.errno}} {{error.filename == path}} {{error.strerror}}")
        """,
    )
    answer = server.get()
    assert answer.status_code == 404
    assert answer.text.startswith(f"{error} True ")


def test_a_file_that_cannot_be_sent_is_a_plain_500(serve: Serve) -> None:
    server = written(serve, "req.sendfile('/')")
    server.expect_log("^MPY0303.*IsADirectoryError", "^PythonHandler ")
    assert server.get().status_code == 500


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("", "TypeError"),
        ("7", "TypeError"),
        ("None", "TypeError"),
        ("'x', 0, 1, 2", "TypeError"),
        ("'x', '0'", "TypeError"),
        ("'x', 0, None", "TypeError"),
        ("'x', -1", "ValueError"),
        ("'x', 0, -2", "ValueError"),
        ("'x', 2**64", "OverflowError"),
        ("'a\\0b'", "ValueError"),
        ("''", "FileNotFoundError"),
    ],
)
def test_arguments_are_checked(inside: Inside, arguments: str, error: str) -> None:
    assert inside.error(f"req.sendfile({arguments})").startswith(f"{error}: ")


def test_files_and_writes_stay_in_order(serve: Serve) -> None:
    code = "for n in range(200):\n    req.write(f'{n}:', n % 2)\n    req.sendfile(path, n % 16, 1)"
    expected = b"".join(b"%d:%c" % (n, _TEXT[n % 16]) for n in range(200))
    assert _sends(serve, code).get().content == expected


def test_head_sends_no_content(serve: Serve) -> None:
    answer = _sends(serve, "req.sendfile(path)").raw(b"/", method=b"HEAD")
    assert (answer.status, answer.body) == (200, b"")


def test_a_file_passes_through_filters(serve: Serve) -> None:
    server = _sends(
        serve,
        "req.content_type = 'text/plain'\nreq.sendfile(path)",
        modules=("filter", "deflate"),
        directory="SetOutputFilter DEFLATE",
    )
    content = os.urandom(500_000)
    (server.spool / "file").write_bytes(content)
    answer = server.get(headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content == content


@pytest.mark.parametrize("enable", ["EnableSendfile On", "EnableSendfile Off\nEnableMMAP On"])
@pytest.mark.parametrize("filters", ["", "SetOutputFilter DEFLATE"])
def test_a_file_that_is_cut_short_meanwhile_ends_no_child(serve: Serve, enable: str, filters: str) -> None:
    server = _sends(
        serve,
        "req.content_type = 'text/plain'\nreq.sendfile(path)",
        modules=("filter", "deflate"),
        directory=f"{enable}\n{filters}",
    )
    server.tolerate_log("^MPY0303", "^PythonHandler ", "AH0", "AH10298")
    file = server.spool / "file"
    file.write_bytes(os.urandom(50_000_000))
    children = server.process.children()
    with Conversation(server.port) as talk:
        talk.say(b"GET / HTTP/1.1\r\nHost: main.test\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n")
        got = len(talk.hear())
        os.truncate(file, 1000)
        got += len(talk.hear_all())
    assert 0 < got < 50_000_000
    assert server.process.children() == children


@pytest.mark.http1
def test_descriptors_are_closed_at_once(serve: Serve) -> None:
    server = _sends(
        serve,
        "before = len(os.listdir('/proc/self/fd'))\n"
        "for n in range(100):\n    req.sendfile(path, 0, 1)\n    req.flush()\n"
        "req.write(f' {len(os.listdir(\"/proc/self/fd\")) - before}')",
    )
    assert server.get().text == "0" * 100 + " 0"


@pytest.mark.http1
def test_the_kernel_sends_where_httpd_lets_it(serve: Serve) -> None:
    server = _sends(serve, "req.sendfile(path)", directory="EnableSendfile On")
    (server.spool / "file").write_bytes(bytes(5_000_000))
    # sendfile(2) counts too, and a slow client makes many of one: not each of some answers.
    assert min(_read_calls(server) for _ in range(5)) < 300
    server.stop()
    server = _sends(serve, "req.sendfile(path)", directory="EnableSendfile Off")
    (server.spool / "file").write_bytes(bytes(5_000_000))
    assert _read_calls(server) >= 600


def _read_calls(server: Server) -> int:
    """How often the child called read(2) and its like while it answered."""
    (child,) = server.process.children()
    before = _calls(child)
    assert len(server.get().content) == 5_000_000
    return _calls(child) - before


def _calls(pid: int) -> int:
    match = re.search(r"syscr: (\d+)", Path(f"/proc/{pid}/io").read_text())
    assert match
    return int(match[1])
