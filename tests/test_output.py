"""What Python programs print reaches the error log: by lines, and with their request."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from harness import site
from harness.inside import Inside
from harness.log import Entry, ErrorLog
from harness.serve import Serve
from harness.server import Server

# Who asked, the virtual host, then the message.
_WHO = 'ErrorLogFormat "%-m|%-l|%-P|%-T|%-E|%-{X-Who}i %-v: %M"'


def _serve(serve: Serve, handler: str, **config: Any) -> Server:
    return serve("output", directory=f"SetHandler mod_python\nPythonHandler output::{handler}", **config)


def _said(server: Server, level: str = "warn") -> list[str]:
    return [entry.message for entry in server.log if entry.module == "python" and entry.level == level]


# --- lines ---


@pytest.mark.parametrize(
    ("call", "level"),
    [
        ("print('a line')", "warn"),
        ("import sys; print('a line', file=sys.stderr)", "error"),
        ("import sys; sys.stdout.writelines(['a ', 'line\\n'])", "warn"),
        ("import sys; sys.stderr.buffer.write(b'a line\\n')", "error"),
        ("import sys; sys.__stderr__.write('a line\\n')", "error"),
        ("import logging; logging.getLogger('nobodys').warning('a line')", "error"),
    ],
)
def test_a_line_is_an_entry(inside: Inside, call: str, level: str) -> None:
    inside.server.expect_log("^a line$")
    inside(call + "; result = None")
    (entry,) = inside.server.log.find("a line")
    assert (entry.module, entry.level, entry.message) == ("python", level, "a line")


def test_nothing_is_lost_at_the_default_log_level(inside: Inside) -> None:
    server = inside.serve(log_level="warn")
    server.expect_log("^printed$", "^complained$")
    inside("import sys; print('printed'); print('complained', file=sys.stderr); result = None")


def test_log_level_may_hide_what_is_printed_and_keep_complaints(inside: Inside) -> None:
    server = inside.serve(server="LogLevel python:error")
    server.expect_log("^complained$")
    inside("import sys; print('printed'); print('complained', file=sys.stderr); result = None")
    assert not server.log.find("printed")


def test_lines_of_one_write_are_entries_in_order(inside: Inside) -> None:
    inside.server.expect_log("^one$", "^three$")
    inside.server.tolerate_log("^$")
    inside("print('one\\n\\nthree\\r\\nfour', end=''); result = None")
    inside.server.expect_log("^four$")
    assert _said(inside.server) == ["one", "", "three", "four"]


def test_flush_writes_a_line_that_has_not_ended(inside: Inside) -> None:
    inside.server.expect_log("^first$", "^second$")
    inside("print('first', end='', flush=True); print('second'); result = None")


def test_a_long_line_is_split_and_complete(inside: Inside) -> None:
    inside.server.expect_log("^x")
    inside("print('x' * 100_000); result = None")
    parts = [entry.message for entry in inside.server.log.find("^x+$")]
    assert "".join(parts) == "x" * 100_000
    assert len(parts) < 50


def test_a_long_line_is_split_by_what_httpds_escapes_make_of_it(inside: Inside) -> None:
    inside.server.expect_log(r"^\\xe2")
    inside("print('\\u20ac' * 10_000); result = None")
    parts = [entry.message for entry in inside.server.log.find(r"^\\xe2")]
    assert "".join(parts) == r"\xe2\x82\xac" * 10_000


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("caf\\u00e9", r"caf\xc3\xa9"),
        ("lone \\udcff surrogate", r"lone \\udcff surrogate"),
        ("a \\0 b", r"a \\x00 b"),
        ("\\x1b[31m red", r"\x1b[31m red"),
        ("tab\\there", r"tab\there"),
        ("100 %s %n", "100 %s %n"),
    ],
)
def test_any_text_is_logged_and_escaped(inside: Inside, text: str, logged: str) -> None:
    inside.server.expect_log(f"^<{re.escape(logged)}>$")
    inside(f"print('<{text}>'); result = None")


def test_any_bytes_are_logged(inside: Inside) -> None:
    inside.server.expect_log(r"^<\\xff\\\\x00\\x80>$")
    inside("import sys; result = sys.stdout.buffer.write(bytearray(b'<\\xff\\0\\x80>\\n'))")


# --- whose ---


def test_an_entry_has_its_requests_client_and_virtual_host(serve: Serve) -> None:
    server = _serve(serve, "handler", server=_WHO, vhosts={"one.test": "", "two.test": ""})
    for host in ("one.test", "two.test"):
        server.get("/?said", host, headers={"X-Who": f"friend-of-{host}"})
        server.expect_log(f"^friend-of-{host} {host}: said$")


def test_an_entry_goes_to_its_virtual_hosts_own_log(serve: Serve) -> None:
    vhosts = {name: f'ErrorLog "{{root}}/{name}.log"' for name in ("one.test", "two.test")}
    server = _serve(serve, "handler", vhosts=vhosts)
    for name in vhosts:
        server.get(f"/?said-to-{name}", name)
    for name in vhosts:
        said = [entry.message for entry in ErrorLog(server.root / f"{name}.log") if entry.level == "warn"]
        assert said == [f"said-to-{name}"]


def test_lines_of_requests_at_the_same_time_do_not_mix(serve: Serve) -> None:
    server = _serve(serve, "piecemeal", server=_WHO, vhosts={"one.test": "", "two.test": ""})
    server.tolerate_log("(?i) (one|two).test: (abcdef|ghijkl)$")
    answers = _both_at_once(server)
    assert [answer.status_code for answer in answers] == [200] * 8
    lines = _said(server) + [line.lower() for line in _said(server, "error")]
    assert sorted(set(lines)) == ["guest-one one.test: abcdef", "guest-two two.test: ghijkl"]
    assert len(lines) == 8 * 20 * 2


def _both_at_once(server: Server) -> list[httpx.Response]:
    server.http  # noqa: B018  (made here, before threads race to make it)
    asked = [("/?abcdef", "one.test", "guest-one"), ("/?ghijkl", "two.test", "guest-two")] * 4
    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(lambda one: server.get(one[0], one[1], headers={"X-Who": one[2]}), asked))


def test_a_line_that_never_ends_is_its_requests_alone(serve: Serve) -> None:
    server = _serve(serve, "begins", server=_WHO)
    for who in ("first", "second"):
        server.get(f"/?{who}", headers={"X-Who": who})
        server.expect_log(f"^{who} main.test: begun by {who}$")


def test_a_request_inside_another_has_lines_of_its_own(serve: Serve) -> None:
    server = serve(
        "output",
        modules=("include",),
        directory="SetHandler mod_python\nPythonHandler output::includes\nOptions +Includes\nSetOutputFilter INCLUDES",
    )
    server.expect_log("^inner$", "^outer begins and ends$")
    assert server.text("/?outer") == "<inside>"
    assert _said(server) == ["inner", "outer begins and ends"]


def test_what_a_handler_prints_before_it_raises_is_logged(serve: Serve) -> None:
    server = _serve(serve, "raises")
    server.expect_log("^MPY0303", "^PythonHandler output::raises", "^last words$")
    assert server.get().status_code == 500


def test_a_handlers_own_threads_are_the_main_servers(serve: Serve) -> None:
    server = _serve(serve, "outlives", server=_WHO, vhosts={"one.test": ""})
    for query in ("start", "end"):
        server.get(f"/?{query}", "one.test", headers={"X-Who": "a-guest"})
    server.expect_log("^- main.test: from a thread that stayed$")
    server.log.wait_for("from a thread that stayed")


def test_an_object_that_dies_with_its_request_may_print(serve: Serve) -> None:
    server = _serve(serve, "dies_with_the_request", server=_WHO)
    server.get(headers={"X-Who": "a-guest"})
    server.expect_log("^- main.test: printed by __del__$")


def test_a_threads_last_line_is_logged_when_it_ends(inside: Inside) -> None:
    inside.server.expect_log("^half a line$")
    inside(
        """
        import sys, threading
        thread = threading.Thread(target=lambda: sys.stdout.write("half a line"))
        thread.start()
        thread.join()
        result = None
        """
    )
    inside.server.log.wait_for("^half a line$")


def test_output_of_an_import_is_no_requests(serve: Serve) -> None:
    server = serve(
        "output_import",
        directory="SetHandler mod_python\nPythonHandler prints",
        server=f"{_WHO}\nPythonPath \"sys.path + ['{{htdocs}}']\"\nPythonImport prints main.test",
    )
    server.get(headers={"X-Who": "a-guest"})
    server.expect_log("^- main.test: half a line at import$", "^a-guest main.test: a line of a request$")
    server.expect_log("^- main.test: a whole line at exit$", "^- main.test: half a line at exit$")


# --- what Python itself prints ---


def test_a_warning_is_logged(inside: Inside) -> None:
    inside.server.expect_log(r"UserWarning: mind the gap$")
    inside("import warnings; warnings.warn('mind the gap'); result = None")
    assert inside.server.log.find("mind the gap")[0].level == "error"


def test_an_uncaught_exception_of_a_thread_is_logged_by_lines(inside: Inside) -> None:
    inside.server.expect_log(
        r"^Exception in thread worker:$",
        r"^Traceback \(most recent call last\):$",
        r'^  File "<test>", line 4, in fails$',
        r"^ValueError: of a thread$",
    )
    inside.server.tolerate_log(r"^  ", r"^    ")
    inside(
        """
        import threading
        def fails():
            raise ValueError("of a thread")
        thread = threading.Thread(target=fails, name="worker")
        thread.start()
        thread.join()
        result = None
        """
    )


def test_an_exception_that_nobody_can_catch_is_logged_by_lines(inside: Inside) -> None:
    inside.server.expect_log("^Exception ignored ", "^Traceback ", "^ValueError: of a destructor$")
    inside.server.tolerate_log("^  ")
    inside(
        """
        class Dying:
            def __del__(self):
                raise ValueError("of a destructor")
        Dying()
        result = None
        """
    )


# --- the streams as objects ---


def test_the_streams_tell_what_they_are(inside: Inside) -> None:
    stream = inside("import sys; s = sys.stdout; result = [s.name, s.encoding, s.errors, s.isatty(), s.closed]")
    assert stream == ["<stdout>", "utf-8", "backslashreplace", False, False]
    assert inside("s = __import__('sys').stderr; result = [s.writable(), s.readable(), s.seekable(), s.fileno()]") == [
        True,
        False,
        False,
        2,
    ]
    assert inside("import sys; result = [sys.__stdout__ is sys.stdout, sys.__stderr__ is sys.stderr]") == [True, True]


def test_write_counts_characters_and_buffer_counts_bytes(inside: Inside) -> None:
    inside.server.expect_log("^h")
    assert inside("import sys; result = sys.stdout.write('h\\u00e9\\n')") == 3
    assert inside("import sys; result = sys.stdout.buffer.write(b'h\\xc3\\xa9\\n')") == 4


def test_write_takes_text_only(inside: Inside) -> None:
    error = inside.error("import sys; sys.stdout.write(b'bytes')")
    assert error == "TypeError: write() argument must be str, not bytes"


def test_closing_a_stream_does_not_silence_others(inside: Inside) -> None:
    inside.server.expect_log("^still there$")
    inside("import sys; sys.stdout.close(); sys.stdout.buffer.close(); result = None")
    inside("print('still there'); result = None")


def test_a_program_may_replace_and_restore_a_stream(inside: Inside) -> None:
    inside.server.expect_log("^logged again$")
    caught = inside(
        """
        import contextlib, io
        with contextlib.redirect_stdout(io.StringIO()) as text:
            print("caught")
        print("logged again")
        result = text.getvalue()
        """
    )
    assert caught == "caught\n"
    assert not inside.server.log.find("caught")


def test_a_subprocess_may_have_the_log(inside: Inside) -> None:
    inside.server.expect_log("^from a subprocess$")
    inside(
        """
        import subprocess, sys
        subprocess.run(["echo", "from a subprocess"], stdout=sys.stderr, check=True)
        result = None
        """
    )


def test_output_goes_through_a_piped_log(serve: Serve) -> None:
    server = _serve(serve, "handler", server='ErrorLog "|$exec cat >> {root}/error_log"')
    server.expect_log("^said$")
    server.get("/?said")
    server.log.wait_for("^said$")


def test_a_log_that_is_stuck_holds_up_only_who_writes_to_it(serve: Serve) -> None:
    stuck = "while [ ! -e {root}/spool/go ]; do sleep 0.05; done; exec cat > {root}/stuck_log"
    server = _serve(
        serve,
        "prints_much",
        vhosts={"main.test": "", "stuck.test": f'PythonInterpreter main.test\nErrorLog "|${stuck}"'},
        # Threads of one process where there are threads: they share the GIL.
        children=2 if site.MPM == "prefork" else 1,
    )
    server.expect_log("^little$")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(server.get, "/?much", "stuck.test")
        while not (server.spool / "begun").exists():
            assert not waiting.done()
            time.sleep(0.01)
        assert server.get("/?little").status_code == 200
        assert not waiting.done()
        (server.spool / "go").touch()
        assert waiting.result().status_code == 200


# --- crashes ---


def _crash(server: Server, query: str = "") -> list[Entry]:
    """Has a handler end its process; what the log says about that."""
    server.expect_log("^Fatal Python error: ", "^Current thread ", "crash.py.*in handler$", "AH0005[12]: child pid")
    server.tolerate_log("^Thread ", "^  ", "^Extension modules: ", "^<", "^$", "AH10159")
    with pytest.raises(httpx.RemoteProtocolError):
        server.get("/" + query)
    server.log.wait_for("AH0005[12]: child pid")
    return list(server.log)


@pytest.mark.parametrize("interpreter", ["main_interpreter", "another"])
def test_a_crash_leaves_pythons_stack_and_httpds_report(serve: Serve, interpreter: str) -> None:
    directory = f"SetHandler mod_python\nPythonHandler crash\nPythonInterpreter {interpreter}"
    entries = _crash(serve("crash", directory=directory))
    messages = [entry.message for entry in entries]
    assert "Fatal Python error: Segmentation fault" in messages
    assert any("exit signal Segmentation fault" in message for message in messages)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("?abort", "Aborted"),
        ("?SIGFPE", "Floating point exception"),
        ("?SIGBUS", "Bus error"),
        ("?SIGILL", "Illegal instruction"),
    ],
)
def test_each_fatal_signal_is_reported(serve: Serve, query: str, name: str) -> None:
    server = serve("crash", directory="SetHandler mod_python\nPythonHandler crash")
    (entry,) = [entry for entry in _crash(server, query) if entry.message.startswith("Fatal Python error: ")]
    assert name.split()[0] in entry.message


def test_a_crash_is_reported_through_a_piped_log(serve: Serve) -> None:
    directory = "SetHandler mod_python\nPythonHandler crash"
    _crash(serve("crash", directory=directory, server='ErrorLog "|$exec cat >> {root}/error_log"'))
