"""Output filters: what they see, what they send, and what goes on without them."""

from __future__ import annotations

import gzip
import json
import socket
from typing import Any

import pytest
from harness import client, site
from harness.serve import Serve
from harness.server import Server

# httpd's own tool to make brigades of all kinds; not every distribution has it.
_needs_bucketeer = pytest.mark.skipif(
    not (site.modules_dir() / "mod_bucketeer.so").exists(), reason="mod_bucketeer is not installed"
)


def _filtered(serve: Serve, function: str = "", handler: str = "handler", more: str = "", **config: Any) -> Server:
    """A Python handler's answer through one filter named `f`."""
    text = f"filters::{function}" if function else "filters"
    lines = f"PythonOutputFilter {text} f\nSetOutputFilter f\nSetHandler mod_python\nPythonHandler filters::{handler}"
    return serve("filters", directory=f"{lines}\n{more}", **config)


def _static(serve: Serve, function: str, content: str = "some text", **config: Any) -> Server:
    """A file through one filter named `f`."""
    text = f"filters::{function}" if function else "filters"
    lines = f"PythonOutputFilter {text} f\nSetOutputFilter f\n{config.pop('directory', '')}"
    server = serve.prepare("filters", directory=lines, **config)
    (server.htdocs / "page.txt").write_text(content)
    server.start()
    return server


# --- placing ---


def test_a_handlers_answer_is_transformed(serve: Serve) -> None:
    """21.4: 69."""
    assert _filtered(serve).text() == "SOME TEXT"


def test_a_file_is_transformed(serve: Serve) -> None:
    assert _static(serve, "").text("/page.txt") == "SOME TEXT"


def test_by_extension(serve: Serve) -> None:
    """21.4: 69. AddOutputFilter."""
    server = serve.prepare(
        "filters", directory="PythonOutputFilter filters f\nAddOutputFilter f .up", modules=("mime",)
    )
    (server.htdocs / "a.up").write_text("text")
    (server.htdocs / "a.txt").write_text("text")
    server.start()
    assert (server.text("/a.up"), server.text("/a.txt")) == ("TEXT", "text")


def test_by_type(serve: Serve) -> None:
    """AddOutputFilterByType goes through mod_filter, whose record has another name."""
    lines = (
        "PythonOutputFilter filters UP\nPythonOutputFilter filters::facts other\n"
        "AddOutputFilterByType UP text/plain\nAddType text/plain .txt"
    )
    server = serve.prepare("filters", directory=lines, modules=("mime", "filter"))
    (server.htdocs / "a.txt").write_text("text")
    (server.htdocs / "a.bin").write_text("text")
    server.start()
    assert (server.text("/a.txt"), server.text("/a.bin")) == ("TEXT", "text")


def test_as_a_provider_of_mod_filter(serve: Serve) -> None:
    lines = (
        "PythonOutputFilter filters::facts first\nPythonOutputFilter filters second\n"
        "FilterProvider smart first \"%{QUERY_STRING} == 'facts'\"\n"
        "FilterProvider smart second \"%{QUERY_STRING} == 'up'\"\nFilterChain smart"
    )
    server = serve.prepare("filters", directory=lines, modules=("filter",))
    (server.htdocs / "a.txt").write_text("text")
    server.start()
    assert server.text("/a.txt") == "text"
    assert server.text("/a.txt?up") == "TEXT"
    assert server.json("/a.txt?facts")["name"] == "first"


def test_more_filters_than_have_an_entry_of_their_own(serve: Serve) -> None:
    lines = "\n".join(f"PythonOutputFilter filters::facts name{number}" for number in range(50))
    server = _static(serve, "", directory=lines + "\nSetOutputFilter name49")
    assert server.json("/page.txt")["name"] == "name49"


def test_the_name_is_the_handlers_text_by_default(serve: Serve) -> None:
    lines = "PythonOutputFilter filters::facts\nSetOutputFilter filters::facts"
    server = _static(serve, "", directory=lines)
    assert server.json("/page.txt")["name"] == "filters::facts"


def test_several_filters_run_in_order(serve: Serve) -> None:
    lines = "PythonOutputFilter filters::marks m\nPythonOutputFilter filters up\nSetOutputFilter up;m"
    assert _static(serve, "", directory=lines).text("/page.txt") == "</page.txt:SOME TEXT>"


def test_a_filter_of_an_outer_section_is_inherited_and_replaced_by_name(serve: Serve) -> None:
    outer = "PythonOutputFilter filters::facts f\nPythonOutputFilter filters::marks g\nSetOutputFilter f;g"
    inner = '<Files "b.txt">\nPythonOutputFilter filters F\n</Files>'
    server = serve.prepare("filters", directory=f"{outer}\n{inner}")
    for name in ("a.txt", "b.txt"):
        (server.htdocs / name).write_text("text")
    server.start()
    assert "filters::facts" in server.text("/a.txt")
    assert server.text("/b.txt") == "</b.txt:TEXT>"


@pytest.mark.parametrize("name", ["INCLUDES", "chunk", "DEFLATE"])
def test_a_filter_of_another_module_cannot_be_replaced(serve: Serve, name: str) -> None:
    refusal = serve.refused(
        "filters", server=f"PythonOutputFilter filters {name}", modules=("include", "filter", "deflate")
    )
    assert "PythonOutputFilter names its filter" in refusal
    assert "another module's" in refusal


@pytest.mark.parametrize("arguments", ["", "a b c", "::f", "m::"])
def test_arguments_that_name_no_filter_are_refused(serve: Serve, arguments: str) -> None:
    assert "PythonOutputFilter" in serve.refused("filters", server=f"PythonOutputFilter {arguments}")


def test_filters_survive_a_restart(serve: Serve) -> None:
    server = _static(serve, "")
    for verb in ("graceful", "restart"):
        server.control(verb)
        assert server.text("/page.txt") == "SOME TEXT"


def test_at_server_level_and_in_a_virtual_host(serve: Serve) -> None:
    lines = "PythonPath \"['{htdocs}'] + sys.path\"\nPythonOutputFilter filters f\nSetOutputFilter f"
    server = serve.prepare("filters", vhosts={"main.test": lines, "plain.test": ""})
    (server.htdocs / "page.txt").write_text("text")
    server.start()
    assert server.text("/page.txt") == "TEXT"
    assert server.text("/page.txt", host="plain.test") == "text"


# --- what a filter is ---


def test_what_a_filter_says(serve: Serve) -> None:
    server = _filtered(serve, "facts", more="PythonOutputFilter filters::facts Named\nSetOutputFilter Named")
    assert server.json() == {
        "name": "named",
        "is_input": 0,
        "handler": "filters::facts",
        "dir": f"{server.htdocs}/",
        "closed": 0,
        "softspace": 0,
        "same_request": True,
        "type": "mp_filter",
        "phase": "PythonHandler",
        "interpreter": "main.test",
    }


def test_outside_of_a_phase_there_is_none(serve: Serve) -> None:
    assert _static(serve, "facts").json("/page.txt")["phase"] is None


def test_it_shares_the_request_object_with_handlers(serve: Serve) -> None:
    assert _filtered(serve, "sees_the_handler", "marked").text() == "left by the handler"


def test_it_may_run_in_another_interpreter_than_the_handler(serve: Serve) -> None:
    server = serve.prepare(
        "filters",
        server="PythonInterpPerDirective On\nPythonOutputFilter filters::facts f\nSetOutputFilter f\n"
        "PythonPath \"['{htdocs}'] + sys.path\"",
        directory="SetHandler mod_python\nPythonHandler filters::marked",
    )
    server.start()
    assert server.json()["interpreter"] == "main_interpreter"
    server.log.wait_for(f"interpreter '{server.htdocs}/' created")


def test_the_directory_of_a_pattern_is_the_one_that_matches(serve: Serve) -> None:
    """Q29."""
    lines = '<DirectoryMatch "^{htdocs}">\nPythonOutputFilter filters::facts f\nSetOutputFilter f\n</DirectoryMatch>'
    server = serve.prepare("filters", server=lines)
    (server.htdocs / "page.txt").write_text("text")
    server.start()
    assert server.json("/page.txt")["dir"] == f"{server.htdocs}/"


def test_the_text_of_a_location_is_not_searched_for_modules(serve: Serve) -> None:
    """Q29."""
    server = _static(
        serve,
        "",
        server="<Location /page.txt>\nPythonOutputFilter filters::facts f\n</Location>",
        directory="PythonPath \"['{htdocs}'] + sys.path\"",
    )
    assert server.json("/page.txt")["dir"] == "/page.txt"


def test_attributes_that_are_not_there_cannot_be_made(serve: Serve) -> None:
    """Q28. Nothing but softspace can be set."""
    assert _filtered(serve, "attributes").json() == {
        "unknown": False,
        **dict.fromkeys(("name", "req", "is_input", "handler", "dir", "closed", "unknown"), "refused"),
        "del softspace": "refused",
        "softspace": 5,
    }


def test_a_class_on_the_way_is_made_with_the_filter(serve: Serve) -> None:
    assert _filtered(serve, "Wrapped.method").text() == "same"


def test_a_filter_that_is_kept_is_over_with_its_call(serve: Serve) -> None:
    """Q43."""
    outcome = json.loads(_filtered(serve, "keep", "several").text())
    assert outcome == ["this call of the filter is over"] * 13


def test_wrong_arguments(serve: Serve) -> None:
    names = ["write", "write", "write", "read", "read", "readline", "flush", "close", "pass_on", "disable"]
    assert _filtered(serve, "wrong_arguments").json() == names


# --- reading ---


def test_data_and_end_of_one_brigade_come_one_after_the_other(serve: Serve) -> None:
    assert _static(serve, "log_reads").json("/page.txt") == [["some text", None]]


def test_nothing_is_left_at_a_flush(serve: Serve) -> None:
    """Q27. Each flushed write is a call, which ends with b''."""
    calls = [call for call in _filtered(serve, "log_reads", "several").json() if call != [""]]
    assert calls == [["one ", ""], ["two ", ""], ["three", ""], [None]]


@_needs_bucketeer
def test_what_follows_a_flush_in_the_same_brigade_is_the_next_call(serve: Serve) -> None:
    """Q27."""
    lines = "ForceType text/plain\nSetOutputFilter BUCKETEER;f"
    server = _static(serve, "log_reads", "one\x06two\x02three", directory=lines, modules=("bucketeer",))
    assert server.json("/page.txt") == [["one", ""], ["twothree", None]]


@_needs_bucketeer
def test_a_flush_is_handed_on_where_it_was(serve: Serve) -> None:
    """Q27. The client gets what came before it by itself."""
    lines = "ForceType text/plain\nSetOutputFilter BUCKETEER;f"
    server = _static(serve, "does_not_close", "ONE\x06TWO", directory=lines, modules=("bucketeer",))
    assert server.raw(b"/page.txt").body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


def test_what_a_slow_source_has_said_goes_on_before_the_rest(serve: Serve) -> None:
    """The script goes on only when the client has seen its first words."""
    server = serve.prepare(
        "filters",
        directory='Options +ExecCGI\nPythonOutputFilter filters f\n<Files "slow.cgi">\nSetHandler cgi-script\n'
        "SetOutputFilter f\n</Files>",
        modules=("cgi",),
    )
    script = server.htdocs / "slow.cgi"
    go_on = server.spool / "go_on"
    script.write_text(
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nfirst '\n"
        f"while [ ! -e '{go_on}' ]; do sleep 0.01; done\nprintf second\n"
    )
    script.chmod(0o755)
    server.start()
    with server.http.stream("GET", "/slow.cgi") as response:
        pieces = response.iter_text()
        assert next(pieces) == "FIRST "
        go_on.touch()
        assert "".join(pieces) == "SECOND"


def test_a_length_is_the_most_that_a_read_gives(serve: Serve) -> None:
    assert _static(serve, "log_reads").json("/page.txt?4") == [["some", " tex", "t", None]]


def test_lines(serve: Serve) -> None:
    server = _static(serve, "lines", "one\ntwo\n\nlast")
    assert server.json("/page.txt") == ["one\n", "two\n", "\n", "last", None]
    assert server.json("/page.txt?2") == ["on", "e\n", "tw", "o\n", "\n", "la", "st", None]


def test_a_large_file_comes_in_parts_that_fit_in_memory(serve: Serve) -> None:
    server = _static(serve, "whole", "x" * 5_000_000)
    assert len(server.text("/page.txt")) == 5_000_000
    server.log.wait_for("largest 1048576")


# --- writing ---


def test_temporaries_are_copied(serve: Serve) -> None:
    """Q26."""
    expected = "".join(f"{number}," for number in range(2000)) + "é"
    assert _filtered(serve, "temporaries").get().content == expected.encode()


def test_a_length_that_was_announced_for_the_file_is_withdrawn(serve: Serve) -> None:
    response = _static(serve, "temporaries").get("/page.txt")
    assert response.content.endswith("1999,é".encode())


def test_each_flush_reaches_the_client(serve: Serve) -> None:
    server = _static(serve, "flushes", "abc")
    answer = server.raw(b"/page.txt")
    assert answer.body == b"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n"


def test_headers_can_be_set_until_something_is_sent(serve: Serve) -> None:
    response = _static(serve, "sets_a_header").get("/page.txt")
    assert (response.text, response.headers["X-Filter"]) == ("some text", "f")


def test_what_a_filter_writes_to_the_request_comes_to_it_again(serve: Serve) -> None:
    response = _filtered(serve, "writes_through_the_request").get()
    assert response.text == "INNER SOME TEXT"


def test_other_threads_look_but_do_not_read_or_write(serve: Serve) -> None:
    assert _filtered(serve, "from_a_thread").json() == {
        "name": "fine",
        "read": "RuntimeError",
        "write": "RuntimeError",
        "req.write": "RuntimeError",
    }


def test_a_handler_waits_for_a_filter_that_a_thread_of_its_own_is_in(serve: Serve) -> None:
    assert _filtered(serve, "outlasts", "leaves_a_writer").text() == "GET"


# --- ending ---


def test_the_end_of_a_stream_is_not_lost_with_a_filter_that_does_not_close(serve: Serve) -> None:
    answer = _filtered(serve, "does_not_close").raw(b"/")
    assert answer.body.endswith(b"\r\n0\r\n\r\n")


def test_what_a_filter_does_not_read_goes_on(serve: Serve) -> None:
    assert _static(serve, "reads_nothing").text("/page.txt") == "some text"
    assert _static(serve, "reads_a_little").text("/page.txt") == "SOME text"


def test_a_closed_filter_ends_the_answer(serve: Serve) -> None:
    assert _filtered(serve, "replaces", "several").text() == "instead"


def test_a_closed_filter_is_not_read_or_written(serve: Serve) -> None:
    server = _filtered(serve, "after_close")
    assert server.text() == ""
    server.log.wait_for(r"closed=1 \['the filter is closed'\] x3")


def test_pass_on_leaves_everything_as_it_is(serve: Serve) -> None:
    response = _static(serve, "passes_on", "x" * 3_000_000).get("/page.txt")
    assert (len(response.content), response.headers["Content-Length"]) == (3_000_000, "3000000")


def test_a_disabled_filter_lets_everything_through(serve: Serve) -> None:
    assert _filtered(serve, "disables", "several").text() == "[once]one two three"


def test_a_head_request_has_no_body(serve: Serve) -> None:
    server = _static(serve, "")
    response = server.http.head("/page.txt")
    assert (response.status_code, response.content) == (200, b"")


def test_a_range_is_one_of_what_the_filter_gives(serve: Serve) -> None:
    response = _static(serve, "").get("/page.txt", headers={"Range": "bytes=5-8"})
    assert (response.status_code, response.text) == (206, "TEXT")


def test_a_short_answer_has_its_length(serve: Serve) -> None:
    assert _static(serve, "").get("/page.txt").headers["Content-Length"] == "9"


def test_the_next_request_of_a_connection_starts_anew(serve: Serve) -> None:
    server = _static(serve, "")
    with server.keeping_alive() as http:
        assert [http.get("/page.txt").text for _ in range(3)] == ["SOME TEXT"] * 3


# --- among other modules ---


def test_before_deflate(serve: Serve) -> None:
    lines = "SetOutputFilter f;DEFLATE"
    server = _static(serve, "", "text " * 1000, directory=lines, modules=("filter", "deflate"))
    plain = socket.create_connection(("127.0.0.1", server.port))
    plain.sendall(b"GET /page.txt HTTP/1.0\r\nHost: main.test\r\nAccept-Encoding: gzip\r\n\r\n")
    with plain, plain.makefile("rb") as answer:
        head, _, body = answer.read().partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body) == b"TEXT " * 1000


def test_an_included_file_is_filtered_by_itself(serve: Serve) -> None:
    """Sub-requests: mod_include."""
    server = serve.prepare(
        "filters",
        directory='Options +Includes\nPythonOutputFilter filters::marks f\n<Files "part.txt">\nSetOutputFilter f\n'
        '</Files>\n<Files "page.shtml">\nSetOutputFilter INCLUDES\n</Files>',
        modules=("include",),
    )
    (server.htdocs / "page.shtml").write_text('before <!--#include virtual="part.txt" --> after')
    (server.htdocs / "part.txt").write_text("part")
    server.start()
    assert server.text("/page.shtml") == "before </part.txt:part> after"


def test_a_page_with_includes_is_filtered_as_a_whole(serve: Serve) -> None:
    server = serve.prepare(
        "filters",
        directory='Options +Includes\nPythonOutputFilter filters up\n<Files "page.shtml">\n'
        "SetOutputFilter INCLUDES;up\n</Files>",
        modules=("include",),
    )
    (server.htdocs / "page.shtml").write_text('before <!--#include virtual="part.txt" --> after')
    (server.htdocs / "part.txt").write_text("part")
    server.start()
    assert server.text("/page.shtml") == "BEFORE PART AFTER"


def test_an_error_document_is_filtered(serve: Serve) -> None:
    server = _static(serve, "marks", server="ErrorDocument 404 /page.txt")
    response = server.get("/nothing")
    assert (response.status_code, response.text) == (404, "</page.txt:some text>")


def test_an_error_page_of_httpds_own_is_not(serve: Serve) -> None:
    response = _static(serve, "").get("/nothing")
    assert response.status_code == 404
    assert "<title>404 Not Found</title>" in response.text


def test_a_directory_index_is_filtered(serve: Serve) -> None:
    server = _static(serve, "", directory="DirectoryIndex page.txt", modules=("dir",))
    assert server.text("/") == "SOME TEXT"


def test_nobody_pays_for_a_filter_that_is_not_placed(serve: Serve) -> None:
    server = serve.prepare("filters", directory="PythonOutputFilter filters f")
    (server.htdocs / "page.txt").write_text("text")
    server.start()
    assert server.text("/page.txt") == "text"
    assert not server.log.find("interpreter 'main.test' created")


# --- HTTP/2 ---


def test_over_http2(serve: Serve) -> None:
    server = _static(serve, "", "text " * 100_000, server="Protocols h2c http/1.1", modules=("http2",))
    server.tolerate_log("AH10034")
    with client.http2(server.port) as http:
        for _ in range(5):
            response = http.get("/page.txt")
            assert (response.http_version, response.text) == ("HTTP/2", "TEXT " * 100_000)


# --- large answers ---


@pytest.mark.parametrize("function", ["swaps", "whole"])
@pytest.mark.parametrize("target", ["/large.bin", "/megabytes?200"])
def test_a_large_answer_is_not_held_in_memory(serve: Serve, function: str, target: str) -> None:
    server = serve.prepare(
        "filters",
        directory=f"PythonOutputFilter filters::{function} f\nSetOutputFilter f\nPythonHandler filters::megabytes\n"
        '<Files "megabytes">\nSetHandler mod_python\n</Files>',
    )
    with (server.htdocs / "large.bin").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    server.start()
    assert len(server.get("/megabytes?1").content) == 1024 * 1024
    before = server.process.peak_memory()
    received = 0
    with server.http.stream("GET", target) as response:
        for piece in response.iter_bytes():
            received += len(piece)
    assert received == 200 * 1024 * 1024
    # A file is mapped, four MiB at a time.
    assert server.process.peak_memory() - before < 30


def test_many_small_writes_do_not_add_up(serve: Serve) -> None:
    """The section is a pattern, which is matched once for all calls."""
    server = serve(
        "filters",
        server='<DirectoryMatch "^{htdocs}">\nPythonOutputFilter filters::swaps f\n</DirectoryMatch>',
        directory="SetOutputFilter f\nSetHandler mod_python\nPythonHandler filters::drops",
    )
    assert len(server.text("/?1000")) == 1000
    before = server.process.peak_memory()
    assert len(server.text("/?50000")) == 50000
    assert server.process.peak_memory() - before < 8
