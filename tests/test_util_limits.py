"""`mod_python.util.FieldStorage`: what a form may take, and malformed ones by the hundred."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from harness import forms, memory
from harness.forms import URLENCODED, answer, multipart, part, post
from harness.serve import Serve
from harness.server import Server


def _limited(serve: Serve, *options: str, **config: Any) -> Server:
    lines = "".join(f"\nPythonOption mod_python.util.{option}" for option in options)
    return serve("forms", directory=forms.DIRECTIVES + lines, **config)


def _fields(count: int) -> bytes:
    return multipart(*((f'name="k{number}"', b"v") for number in range(count)))


def _files(count: int, size: int = 1) -> bytes:
    return multipart(*((f'name="k"; filename="{number}"', b"x" * size) for number in range(count)))


# Option, the largest form that it lets pass, and one that is too large.
_LIMITS: dict[str, tuple[str, str, bytes, bytes]] = {
    "fields of a body": ("max_fields 3", URLENCODED, b"a=1&b=2;c=3&&", b"a=1&b=2;c=3&d"),
    "fields of a multipart body": ("max_fields 3", forms.MULTIPART, _fields(3), _fields(4)),
    "files": ("max_files 3", forms.MULTIPART, _files(3), _files(4)),
    "text": ("max_text 100", URLENCODED, b"a=" + b"x" * 98, b"a=" + b"x" * 99),
    "text of several parts": (
        "max_text 100",
        forms.MULTIPART,
        multipart(('name="a"', b"x" * 60), ('name="b"', b"x" * 40), ('name="c"; filename="x"', b"x" * 1000)),
        multipart(('name="a"', b"x" * 60), ('name="b"', b"x" * 41)),
    ),
    "body": ("max_body 1K", URLENCODED, b"a=" + b"x" * 1022, b"a=" + b"x" * 1023),
    "body of files": (
        "max_body 20000",
        forms.MULTIPART,
        _files(1, 20_000 - len(_files(1, 0))),
        _files(1, 20_001 - len(_files(1, 0))),
    ),
}


@pytest.mark.parametrize("kind", _LIMITS)
def test_a_form_beyond_a_limit_is_too_large(serve: Serve, kind: str) -> None:
    """L7.2: 4."""
    option, content_type, allowed, too_large = _LIMITS[kind]
    server = _limited(serve, option)

    for body, status in ((allowed, 200), (too_large, 413)):
        assert post(server, body, content_type).status_code == status
        assert post(server, iter([body]), content_type).status_code == status
    assert f"(PythonOption mod_python.util.{option.split()[0]})" in str(server.log)


def test_fields_of_the_query_count(serve: Serve) -> None:
    server = _limited(serve, "max_fields 3")
    assert [server.get(f"/?{query}").status_code for query in ("a=1&b=2&c=3", "a=1&b=2&c=3&d=4")] == [200, 413]
    assert post(server, b"b=2&c=3", URLENCODED, path="/?a=1").status_code == 200
    assert post(server, b"b=2&c=3", URLENCODED, path="/?a=1&d=4").status_code == 413
    assert post(server, _fields(2), path="/?a=1&d=4").status_code == 413


@pytest.mark.parametrize("option", ["max_part_header 60", "max_part_header_lines 2"])
def test_headers_beyond_a_limit_are_malformed(serve: Serve, option: str) -> None:
    """L7.2: 4."""
    server = _limited(serve, option)
    sound = multipart(*[('name="a"', b"1")] * 3)
    beyond = multipart(('name="a"\r\nX: 1\r\nY: ' + "2" * 30, b"1"))
    assert [post(server, body).status_code for body in (sound, beyond)] == [200, 400]


def test_no_limit_is_zero(serve: Serve) -> None:
    server = _limited(
        serve, "max_fields 0", "max_files 0", "max_text 0", "max_part_header 0", "max_part_header_lines 0"
    )
    assert answer(server, _files(300), expression="len(form.list)") == 300
    body = multipart(('name="a"' + "\r\nX: y" * 2000, b"1"))
    assert answer(server, body, expression="len(form['a'].headers)") == 2001


@pytest.mark.parametrize("option", ["max_fields many", "max_text 1.5K", "upload_memory -1"])
def test_an_option_that_means_nothing_is_an_error(serve: Serve, option: str) -> None:
    server = _limited(serve, option)
    wanted = rf"OptionError: PythonOption mod_python\.util\.{option.split()[0]} '"
    server.expect_log("^MPY0303", "^PythonHandler ", wanted)
    assert server.get("/?a=1").status_code == 500


def test_names_of_options_have_no_case(serve: Serve) -> None:
    server = serve("forms", directory=f"{forms.DIRECTIVES}\nPythonOption MOD_python.Util.Max_Fields 1")
    assert server.get("/?a=1&b=2").status_code == 413


def test_what_httpd_limits_is_limited(serve: Serve) -> None:
    server = _limited(serve, server="LimitRequestBody 1000")
    server.tolerate_log("AH01587", "AH00588")
    assert [post(server, _files(1, size)).status_code for size in (100, 2000)] == [200, 413]


@pytest.mark.parametrize("content_type", [URLENCODED, forms.MULTIPART])
def test_ten_thousand_fields(serve: Serve, content_type: str) -> None:
    server = _limited(serve)
    count = 10_000
    body = _fields(count) if content_type != URLENCODED else "&".join(f"k{n}=v" for n in range(count)).encode()
    expression = "[len(form.list), len(form), form['k9999'], form.keys()[:2]]"
    assert answer(server, body, content_type, expression) == [count, count, "v", ["k0", "k1"]]


def test_many_empty_pieces_are_no_fields(serve: Serve) -> None:
    server = _limited(serve)
    assert answer(server, b"&;" * 500_000 + b"a=1", URLENCODED, "form.keys()") == ["a"]
    assert answer(server, b"--b\r\n" * 100_000 + b"--b--", expression="form.keys()") == []


def test_a_large_upload_takes_the_memory_of_a_block(serve: Serve) -> None:
    """What tests/soak/uploads does with gigabytes."""
    server = _limited(serve, "upload_directory {root}/spool", "upload_memory 0")
    (child,) = server.process.children()
    assert answer(server, _files(1, 1 << 20), expression="len(form.list)") == 1
    before = memory.peak_kib(child)
    block = b"x" * (1 << 20)
    head, _, tail = _files(1, 1).rpartition(b"x")
    size = answer(server, (piece for piece in [head, *[block] * 64, tail]), expression="form['k'].file.seek(0, 2)")
    assert size == 64 << 20
    assert memory.peak_kib(child) - before < 8 * 1024


# --- malformed bodies, made by chance ---

_PIECES = (
    b"--b\r\n", b"--b--\r\n", b"--b", b"--b--", b"--", b"b", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b": ", b";",
    b"=", b'"', b"\\", b"\0", b"\xff", b"\xed\xa0\x80", b" ", b"\t", b"'", b"%", b"x" * 9000,
    b"Content-Disposition: form-data; ", b'name="a"', b'filename="f"', b'filename=""', b"filename*=UTF-8''%ff",
    b"Content-Type: text/plain; charset=\xff", b"Content-Type: x", b"Content-Length: -1", b"name",
)  # fmt: skip


def _malformed(random: Random) -> bytes:
    body = bytearray(
        multipart(
            ('name="a"', random.randbytes(random.randrange(50))),
            ('name="b"; filename="x"\r\nContent-Type: text/x', random.randbytes(random.randrange(2000))),
        )
    )
    for _ in range(random.randrange(1, 8)):
        at = random.randrange(len(body) + 1)
        body[at : at + random.choice([0, 0, 1, 5, 50])] = b"".join(random.choices(_PIECES, k=random.randrange(3)))
    if random.random() < 0.2:
        del body[random.randrange(len(body) + 1) :]
    return bytes(body)


def _types(random: Random) -> bytes:
    return random.choice(
        [forms.MULTIPART.encode()] * 6 + [b"multipart/mixed; boundary=b", b"multipart/x; boundary=\xff"]
    )


def test_malformed_bodies_have_their_status_and_leave_nothing(serve: Serve) -> None:
    """L7.2: 3, 4. Each is understood, or malformed, or one limit or another is exceeded."""
    options = ("upload_memory 0", "upload_directory {root}/spool", "max_files 2")
    server = _limited(serve, *options, threads=2, log_level="notice")
    children = server.process.children()
    statuses = [
        post(server, _malformed(random), _types(random), "len(form.list)").status_code
        for random in map(Random, range(200))
    ]
    assert set(statuses) == {200, 400, 413} or set(statuses) == {200, 400}
    assert statuses.count(200) > 20
    assert statuses.count(400) > 20
    assert server.process.children() == children
    assert answer(server, multipart(), expression="deleted_files()") == []
    assert list(server.spool.iterdir()) == []


def test_every_truncation_is_a_shorter_form(serve: Serve) -> None:
    """L7.2: 3."""
    server = _limited(serve, log_level="notice")
    body = part('name="a"', b"1") + b"--b--\r\n"
    for length in range(len(body) + 1):
        assert post(server, body[:length], expression="len(form)").json() in (0, 1)
