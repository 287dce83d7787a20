"""`mod_python.util.FieldStorage`: bodies of type multipart/form-data."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest
from harness import forms
from harness.client import Conversation
from harness.forms import answer, multipart, part, post
from harness.serve import Serve
from harness.server import Server

# As the library has it, and the test program of mod_python 3.5.
READ_BLOCK_SIZE = 65368


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve("forms", directory=forms.DIRECTIVES)


def _values(server: Server, body: bytes, content_type: str = forms.MULTIPART) -> list[tuple[str, bytes]]:
    return [(field["name"], bytes.fromhex(field["content"])) for field in answer(server, body, content_type)]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- uploads ---

_LONG_LINE = b"a" * READ_BLOCK_SIZE
_RANDOM = random.Random(1).randbytes(1 << 20)

_LAYOUTS = {
    "one MiB of anything": _RANDOM,
    "a CR where a block ends": b"a" * (READ_BLOCK_SIZE - 1) + b"\r" + b"b" * 100 + b"\r\n",
    "a CR after a block": _LONG_LINE + b"\r" + b"b" * 100,
    "the last line is a block less one": b"line\n" + b"a" * (READ_BLOCK_SIZE - 1),
    "and a CR": b"line\n" + b"a" * (READ_BLOCK_SIZE - 1) + b"\r",
    "line ends only": b"\r\n" * 1000 + b"\r\r\n\n",
    "what looks like the delimiter": b"\r\n--" + b"=" * 15 + b"41\r\n--" + b"=" * 15 + b"\r\n--",
    "nothing": b"",
}


def test_uploads_are_unchanged(server: Server) -> None:
    """L7.1: 5, 7-9. L7.3: 5."""
    boundary = b"=" * 15 + b"42"
    expression = "[digests(form), type(form.getfirst('file')).__name__]"
    for layout, content in _LAYOUTS.items():
        body = multipart(('name="note"', b"a note"), ('name="file"; filename="x.bin"', content), boundary=boundary)
        found = answer(server, body, f'multipart/form-data; boundary="{boundary.decode()}"', expression)
        assert found == [{"note": _digest(b"a note"), "file": _digest(content)}, "Field"], layout


def test_a_header_may_be_folded(server: Server) -> None:
    """L7.1: 6."""
    boundary = b"==========7"
    head = b'Content-Disposition: form-data;\r\n\tname="file";\r\n filename="x"\r\nContent-Type: text/x; charset=y'
    (field,) = answer(
        server, multipart((head, b"data"), boundary=boundary), f'multipart/form-data; boundary="{boundary.decode()}"'
    )
    assert (field["name"], field["filename"], field["content"]) == ("file", "x", b"data".hex())
    assert (field["type"], field["type_options"]) == ("text/x", {"charset": "y"})
    assert field["headers"] == [
        ["Content-Disposition", 'form-data; name="file"; filename="x"'],
        ["Content-Type", "text/x; charset=y"],
    ]


def test_a_body_may_be_cut_into_pieces_anywhere(server: Server) -> None:
    """Chunks of one to seven bytes, so that each boundary lies across an edge somewhere."""
    content = b"one\r\n--boundar\r\n\r\r\n--boundary-\n"
    body = multipart(('name="a"', content), ('name="b"', b""), boundary=b"boundary")
    for size in range(1, 8):
        chunks = [body[at : at + size] for at in range(0, len(body), size)]
        found = answer(server, iter(chunks), "multipart/form-data; boundary=boundary")
        assert [bytes.fromhex(field["content"]) for field in found] == [content, b""]


def test_a_delimiter_across_the_edge_of_a_block(server: Server) -> None:
    """The body is read by blocks; each delimiter begins at another place around the edge of one."""
    overhead = len(part('name="a"', b"")) - 2
    for shift in range(-1, 12):
        content = random.Random(shift).randbytes(READ_BLOCK_SIZE - overhead - shift)
        assert answer(server, multipart(('name="a"', content)), expression="digests(form)") == {"a": _digest(content)}


def test_several_megabytes_across_many_blocks(server: Server) -> None:
    contents = {f"f{number}": random.Random(number).randbytes(700_001 + number) for number in range(5)}
    body = multipart(*((f'name="{name}"; filename="x"', content) for name, content in contents.items()))
    assert answer(server, body, expression="digests(form)") == {name: _digest(it) for name, it in contents.items()}


def test_a_chunked_body_is_a_body(server: Server) -> None:
    """Where mod_python 3.5 answered 411."""
    body = multipart(('name="a"; filename="x"', _RANDOM))
    chunks = (body[at : at + 10_000] for at in range(0, len(body), 10_000))
    assert answer(server, chunks, expression="digests(form)") == {"a": _digest(_RANDOM)}


# --- fields ---


def test_what_a_part_says_is_in_its_field(server: Server) -> None:
    head = b'Content-Disposition: Form-Data; name="a"; X=y\r\nContent-Type: Text/Plain; charset=UTF-8\r\nX-Other: 1'
    (field,) = answer(server, multipart((head, b"v")))
    assert field == {
        "name": "a",
        "class": "StringField",
        "content": b"v".hex(),
        "filename": None,
        "type": "text/plain",
        "type_options": {"charset": "UTF-8"},
        "disposition": "form-data",
        "disposition_options": {"name": "a", "x": "y"},
        "headers": [
            ["Content-Disposition", 'Form-Data; name="a"; X=y'],
            ["Content-Type", "Text/Plain; charset=UTF-8"],
            ["X-Other", "1"],
        ],
    }


def test_the_type_of_a_part_is_text_unless_it_says_so(server: Server) -> None:
    body = multipart(('name="a"', b""), ('name="b"\r\nContent-Type: nonsense', b""))
    assert [field["type"] for field in answer(server, body)] == ["text/plain", "application/octet-stream"]


def test_an_unused_file_input_is_an_ordinary_field(server: Server) -> None:
    """L7.3: 6."""
    body = multipart(('name="file"; filename=""\r\nContent-Type: application/octet-stream', b""))
    (field,) = answer(server, body)
    assert (field["class"], field["filename"], field["type"]) == ("StringField", None, "application/octet-stream")
    assert field["disposition_options"] == {"name": "file", "filename": ""}


_FILE_NAMES = [
    (r'filename="c:\dir\n.txt"', r"c:\dir\n.txt"),
    (r'filename="a\"b"', 'a"b'),
    ('filename="a;b=c"', "a;b=c"),
    ("filename=plain.txt", "plain.txt"),
    ('filename="é.txt"', "é.txt"),
    ("filename=x; filename*=UTF-8''%E2%82%AC.txt", "€.txt"),
    ("filename=../../etc/passwd", "../../etc/passwd"),
]


def test_file_names_are_kept(server: Server) -> None:
    for sent, filename in _FILE_NAMES:
        (field,) = answer(server, multipart((f'name="f"; {sent}', b"x")))
        assert (field["class"], field["filename"]) == ("Field", filename)


def test_names_may_hold_what_separates_parameters(server: Server) -> None:
    """L7.2: 6. In 3.5 the name was cut at the semicolon."""
    assert _values(server, multipart(('name="p;q"', b"1"), ('name="a=b"', b"2"))) == [("p;q", b"1"), ("a=b", b"2")]


def test_names_and_values_are_utf8(server: Server) -> None:
    """L7.2: 2."""
    body = multipart(('name="é"', "€".encode()))
    expression = "[form['é'] == '€', form['é'.encode()] == '€', type(form['é'].value).__name__]"
    assert answer(server, body, expression=expression) == [True, True, "str"]


def test_other_types_of_multipart_have_parts_too(server: Server) -> None:
    """Their parts need no name."""
    found = answer(server, multipart((b"Content-Type: text/x", b"1")), "Multipart/Related; boundary=b")
    assert [(field["name"], field["type"], field["disposition"]) for field in found] == [(None, "text/x", None)]
    assert answer(server, b"--b\r\n\r\n1\r\n--b--", "multipart/mixed; boundary=b", "form[None]") == "1"


# --- what is not quite right ---

_TOLERATED: dict[str, tuple[bytes, list[tuple[str, bytes]]]] = {
    "line feeds only": (multipart(('name="a"', b"1\n"), line_end=b"\n"), [("a", b"1\n")]),
    "no line end at the end": (part('name="a"', b"1") + b"--b--", [("a", b"1")]),
    "an epilogue": (multipart(('name="a"', b"1")) + b"--b\r\nno header\r\n" + b"x" * 200_000, [("a", b"1")]),
    "a preamble": (b"x\r\n--bb\r\n" + multipart(('name="a"', b"1")), [("a", b"1")]),
    "a doubled delimiter": (b"--b\r\n" + multipart(('name="a"', b"1")), [("a", b"1")]),
    "a delimiter among headers": (b"--b\r\nX: y\r\n" + multipart(('name="a"', b"1")), [("a", b"1")]),
    "spaces after a delimiter": (
        multipart(('name="a"', b"1")).replace(b"--b\r", b"--b \t\r").replace(b"--b--", b"--b-- "),
        [("a", b"1")],
    ),
    "cut off in a value": (part('name="a"', b"1")[:-2], [("a", b"1")]),
    "cut off after a line end": (part('name="a"', b"1"), [("a", b"1\r\n")]),
    "cut off in headers": (b"--b\r\nContent-Disposition: form-data; name=x\r\n", []),
    "nothing": (b"", []),
    "no delimiter": (b"text", []),
    "a value that is no UTF-8": (multipart(('name="a"', b"\xff\x00\xed\xa0\x80")), [("a", b"\xff\x00\xed\xa0\x80")]),
}


def test_what_can_be_understood_is(server: Server) -> None:
    """L7.2: 3, 6."""
    for kind, (body, values) in _TOLERATED.items():
        assert _values(server, body) == values, kind


_REFUSED: dict[str, bytes] = {
    "a header without a colon": multipart((b"no colon", b"1")),
    "a header without a name": multipart((b": x", b"1")),
    "a NUL in a header": multipart((b'Content-Disposition: form-data; name="a\0"', b"1")),
    "a CR in a header": multipart((b'Content-Disposition: form-data; name="a\rb"', b"1")),
    "a continuation of nothing": multipart((b" x: y", b"1")),
    "no disposition": multipart((b"Content-Type: text/plain", b"1")),
    "no name": multipart((b'Content-Disposition: form-data; filename="x"', b"1")),
    "no headers": b"--b\r\n\r\n1\r\n--b--\r\n",
    "headers that are too large": multipart((b"X: " + b"x" * 9000, b"1")),
    "too many headers": multipart((b"\r\n".join([b"X: y"] * 33), b"1")),
}


def test_what_cannot_be_understood_is_refused(server: Server) -> None:
    """L7.2: 3, 4. In 3.5 such bodies were 500."""
    for kind, body in _REFUSED.items():
        assert post(server, body).status_code == 400, kind
    assert len(server.log.find("^MPY0901: 400: ")) == len(_REFUSED)


_TYPES = {
    "multipart/form-data": 400,
    "multipart/form-data; boundary=": 400,
    'multipart/form-data; boundary=""': 400,
    "multipart/form-data; xboundary=b": 400,
    "multipart/form-data; boundary=b; charset=utf-8": 200,
    'MULTIPART/Form-Data; charset=utf-8; BOUNDARY="b"': 200,
    "multipart/form-data; boundary = b": 200,
    "text/plain": 501,
    "application/json": 501,
}


def test_the_type_says_how_the_body_is_read(server: Server) -> None:
    """L7.3: 4. L7.2: 6. What follows the boundary in the type is not part of it."""
    for content_type, status in _TYPES.items():
        answered = post(server, multipart(('name="a"', b"1")), content_type, "form['a']")
        assert answered.status_code == status, content_type
        assert status != 200 or answered.json() == "1", content_type


@pytest.mark.http1
def test_a_client_that_leaves_in_the_middle_leaves_no_file(serve: Serve) -> None:
    """Nor does it harm the child."""
    limits = "PythonOption mod_python.util.upload_memory 0\nPythonOption mod_python.util.upload_directory {root}/spool"
    server = serve("forms", directory=f"{forms.DIRECTIVES}\n{limits}", log_level="debug")
    body = multipart(('name="f"; filename="x"', b"x" * 300_000))
    for end in (10, 50, 100_000, 250_000):
        with Conversation(server.port) as client:
            length = b"Content-Length: %d" % len(body)
            client.post(length, b"Content-Type: " + forms.MULTIPART.encode(), body=body[:end])
            client.done_sending()
            client.hear_all()
    assert answer(server, multipart(), expression="deleted_files()") == []
    assert list(server.spool.iterdir()) == []


# --- callbacks ---

_CALLBACKS = """
import io
from mod_python import apache, util

class Sink(io.BytesIO):
    pass

def handler(req):
    called = []
    def file(filename):
        called.append(["file", filename])
        return Sink()
    def field(*arguments):
        called.append(["field", *arguments])
        return Sink()
    form = util.FieldStorage(req, file_callback=file, field_callback=field)
    def shown(item):
        return [item.name, item.filename, type(item).__name__, type(item.file).__name__, item.file.read().decode()]
    req.write(repr((called, [shown(item) for item in form.list])))
    return apache.OK
"""


def test_callbacks_make_the_files_that_parts_are_written_to(serve: Serve) -> None:
    """L7.3: 6. A callback for files is called for an empty name too."""
    server = serve.prepare(directory="SetHandler mod_python\nPythonHandler sinks")
    (server.htdocs / "sinks.py").write_text(_CALLBACKS)
    server.start()
    body = multipart(('name="a"', b"1"), ('name="b"; filename="x"', b"2"), ('name="c"; filename=""', b"3"))
    called, items = eval(post(server, body).text)
    assert called == [["field"], ["file", "x"], ["file", ""]]
    assert items == [
        ["a", None, "StringField", "Sink", "1"],
        ["b", "x", "Field", "Sink", "2"],
        ["c", None, "StringField", "Sink", "3"],
    ]


# --- temporary files ---


def _kept(server: Server, size: int) -> Any:
    body = multipart(('name="f"; filename="x"', b"x" * size))
    return answer(server, body, expression="[deleted_files(), len(form['f'].value)]")


def test_large_files_are_on_disk_until_the_request_ends(serve: Serve) -> None:
    limits = (
        "PythonOption mod_python.util.upload_memory 100K\nPythonOption mod_python.util.upload_directory {root}/spool"
    )
    server = serve("forms", directory=f"{forms.DIRECTIVES}\n{limits}")
    assert _kept(server, 102_400) == [[], 102_400]
    files, size = _kept(server, 102_401)
    assert (len(files), size) == (1, 102_401)
    assert files[0].startswith(str(server.spool))
    assert answer(server, multipart(), expression="deleted_files()") == []


def test_a_file_in_memory_is_like_any_other(server: Server) -> None:
    body = multipart(('name="f"; filename="x"', "é\n€".encode()))
    asked = "it.seekable(), it.readable(), os.fstat(it.fileno()).st_size, list(io.TextIOWrapper(it, 'utf-8'))"
    expression = f"(lambda it: [{asked}])(form['f'].file)"
    assert answer(server, body, expression=expression) == [True, True, 6, ["é\n", "€"]]


def test_the_files_of_one_form_share_their_memory(serve: Serve) -> None:
    server = serve("forms", directory=f"{forms.DIRECTIVES}\nPythonOption mod_python.util.upload_memory 100")
    body = multipart(*((f'name="{number}"; filename="x"', b"x" * 60) for number in range(4)))
    assert answer(server, body, expression="[len(deleted_files()), [len(it.value) for it in form.list]]") == [
        3,
        [60] * 4,
    ]


def test_a_form_that_is_kept_loses_its_files_when_the_request_ends(serve: Serve) -> None:
    server = serve("forms", directory=forms.DIRECTIVES, threads=1)
    body = multipart(('name="f"; filename="x"', b"x" * (2 << 20)))
    assert answer(server, body, expression="setattr(apache, 'kept', form)") is None
    expression = "[apache.kept['f'].file.closed, deleted_files()]"
    assert answer(server, multipart(), expression=expression) == [True, []]
