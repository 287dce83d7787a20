"""Python in the pages of mod_include: `<!--#python -->`."""

from __future__ import annotations

import socket

import pytest
from harness import memcheck
from harness.serve import Serve
from harness.server import Server

INCLUDES = "Options +Includes\nAddType text/html .shtml\nAddOutputFilter INCLUDES .shtml"
ERROR = "[an error occurred while processing this directive]"
PATH = "PythonPath \"sys.path + ['{htdocs}']\""


def _server(serve: Serve, page: str | bytes, directory: str = "") -> Server:
    lines = f"{INCLUDES}\n{PATH}\n{directory}"
    server = serve.prepare("includes", directory=lines, modules=("include", "mime"))
    (server.htdocs / "page.shtml").write_bytes(page if isinstance(page, bytes) else page.encode())
    server.start()
    return server


def _page(serve: Serve, page: str | bytes, directory: str = "") -> str:
    return _server(serve, page, directory).text("/page.shtml")


def test_eval_shows_the_value(serve: Serve) -> None:
    assert _page(serve, '1 + 1 = <!--#python eval="1 + 1" -->.') == "1 + 1 = 2."


def test_a_value_of_none_shows_nothing(serve: Serve) -> None:
    assert _page(serve, '(<!--#python eval="None" -->)') == "()"


def test_exec_writes_through_the_filter(serve: Serve) -> None:
    page = "(<!--#python exec=\"\nfor n in range(3):\n    filter.write(str(n))\nfilter.write(b'!')\n\" -->)"
    assert _page(serve, page) == "(012!)"


def test_elements_of_a_page_share_their_names(serve: Serve) -> None:
    page = '<!--#python exec="def twice(x): return 2 * x" -->(<!--#python eval="twice(21)" -->)'
    assert _page(serve, page) == "(42)"


def test_a_handler_may_set_the_names_before(serve: Serve) -> None:
    """21.4: 70."""
    page = '<!--#python eval="answer" --> <!--#python exec="filter.write(\'%d\' % (answer + 1))" -->'
    assert _page(serve, page, "PythonFixupHandler pages::presets") == "42 43"


def test_another_page_has_names_of_its_own(serve: Serve) -> None:
    page = '<!--#python exec="x = 1" --><!--#include virtual="inner.shtml" -->(<!--#python eval="x" -->)'
    server = _server(serve, page)
    (server.htdocs / "inner.shtml").write_text("<!--#python eval=\"'x' in globals()\" -->")
    assert server.text("/page.shtml") == "False(1)"


def test_what_the_code_is_given(serve: Serve) -> None:
    values = "__file__ == f.req.filename, f.name, f.is_input, f.handler, f.dir, f.closed, type(f).__name__"
    page = f'<!--#python exec="f = filter; f.write(ascii(({values})))" -->'
    assert _page(serve, page) == "(True, 'includes', 0, None, None, 0, 'mp_filter')"


def test_the_filter_is_gone_between_elements(serve: Serve) -> None:
    page = '<!--#python exec="names = globals()" --><!--#python exec="def late(): return filter" -->'
    handler = "PythonLogHandler after"
    server = _server(serve, page, handler)
    (server.htdocs / "after.py").write_text(
        "def loghandler(req):\n"
        "    names = req.ssi_globals\n"
        "    req.log_error(f\"late: {names['late']()}\", 5)\n"
        "    return 0\n"
    )
    server.text("/page.shtml")
    server.log.wait_for("late: None")


def test_lines_may_end_in_crlf(serve: Serve) -> None:
    page = b"<!--#python exec=\"\r\nx = 1\r\nif x:\r\n    filter.write('yes')\r\n  \" -->"
    assert _page(serve, page) == "yes"


def test_text_is_utf_8_in_both_directions(serve: Serve) -> None:
    assert _page(serve, "<!--#python eval=\"'ü€' + chr(0x1f40d)\" -->") == "ü€\U0001f40d"


def test_entities_in_the_code_are_decoded(serve: Serve) -> None:
    assert _page(serve, '<!--#python eval="1 &lt; 2 and &quot;less&quot;" -->') == "less"


def test_an_element_in_a_branch_not_taken_does_not_run(serve: Serve) -> None:
    page = '<!--#if expr="false" --><!--#python eval="1/0" --><!--#python what="x" --><!--#endif -->end'
    assert _page(serve, page) == "end"


def test_without_permission_to_execute_nothing_runs(serve: Serve) -> None:
    server = _server(serve, '<!--#python eval="1" -->.', "Options -Includes +IncludesNOEXEC")
    server.expect_log("MPY0602: .*page.shtml")
    assert server.text("/page.shtml") == f"{ERROR}."


@pytest.mark.parametrize(
    "attributes",
    ["", 'eval=""', 'eval="  "', 'exec=""', 'file="x"', 'eval="1" exec="2"', 'eval="1" eval="2"', "EXEC"],
)
def test_anything_but_one_attribute_is_an_error(serve: Serve, attributes: str) -> None:
    """Q30. The page goes on, and so does the child."""
    server = _server(serve, f'<!--#python {attributes} -->.<!--#python eval="1" -->')
    server.expect_log("MPY0601")
    for _ in range(2):
        assert server.text("/page.shtml") == f"{ERROR}.1"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ('exec="1/0"', "ZeroDivisionError"),
        ('eval="1 +"', "SyntaxError"),
        ('eval="missing"', "NameError"),
        ('exec="import sys; sys.exit(3)"', "SystemExit"),
        ('eval="chr(0xd800)"', "UnicodeEncodeError"),
    ],
)
def test_a_failure_leaves_the_error_text_and_a_traceback_in_the_log(serve: Serve, code: str, error: str) -> None:
    """Q30. The page goes on, and so does the child."""
    server = _server(serve, f'<!--#python {code} -->.<!--#python eval="1" -->')
    server.expect_log(f"MPY0303: includes .*page.shtml .*{error}")
    server.tolerate_log("includes .*page.shtml")
    for _ in range(2):
        assert server.text("/page.shtml") == f"{ERROR}.1"


def test_what_was_written_before_the_failure_stays(serve: Serve) -> None:
    server = _server(serve, "<!--#python exec=\"filter.write('before '); 1/0\" -->", "SSIErrorMsg oops")
    server.expect_log("MPY0303")
    server.tolerate_log("includes .*page.shtml")
    assert server.text("/page.shtml") == "before oops"


def test_nothing_written_and_no_error_text_leave_nothing(serve: Serve) -> None:
    server = _server(serve, '(<!--#config errmsg="" --><!--#python exec="filter.write(\'\'); 1/0" -->)')
    server.expect_log("MPY0303")
    server.tolerate_log("includes .*page.shtml")
    assert server.text("/page.shtml") == "()"


def test_debug_shows_the_traceback_in_the_page(serve: Serve) -> None:
    server = _server(serve, '<!--#python eval="1/0" -->.', "PythonDebug On")
    server.expect_log("MPY0303")
    server.tolerate_log("includes .*page.shtml")
    page = server.text("/page.shtml")
    assert "ZeroDivisionError" in page
    assert page.endswith(f"</pre>\n{ERROR}.")


def test_a_broken_python_path_leaves_the_error_text(serve: Serve) -> None:
    server = _server(serve, '<!--#python eval="1" -->', 'PythonPath "1/0"')
    server.expect_log("MPY0204")
    server.tolerate_log("includes .*page.shtml")
    assert server.text("/page.shtml") == ERROR


def test_a_closed_filter_takes_nothing_more(serve: Serve) -> None:
    code = """
filter.write('a')
filter.disable()
filter.close()
try:
    filter.write('b')
except ValueError as error:
    message = str(error)
"""
    page = f'<!--#python exec="{code}" -->:<!--#python eval="message" -->'
    assert _page(serve, page) == "a:the filter is closed"


def test_a_kept_filter_says_that_its_element_has_ended(serve: Serve) -> None:
    page = '<!--#python exec="import pages; pages.keep(filter)" -->(<!--#python eval="pages.use_kept()" -->)'
    assert _page(serve, page) == "(ReferenceError: the include element has ended)"


def test_flush_sends_the_page_so_far(serve: Serve) -> None:
    page = (
        "<!--#python exec=\"filter.write('first'); filter.flush()\" -->"
        "<!--#python exec=\"import pages; filter.write(' ' + str(pages.wait_for('{go}')))\" -->"
    )
    server = _server(serve, "")
    (server.htdocs / "page.shtml").write_text(page.replace("{go}", str(server.spool / "go")))
    with socket.create_connection(("127.0.0.1", server.port), memcheck.patience(20)) as connection:
        connection.sendall(b"GET /page.shtml HTTP/1.0\r\nHost: main.test\r\n\r\n")
        answer = b""
        while not answer.endswith(b"first"):
            chunk = connection.recv(4096)
            assert chunk, answer
            answer += chunk
        (server.spool / "go").touch()
        while chunk := connection.recv(4096):
            answer += chunk
    assert answer.endswith(b"first True")


def test_much_output(serve: Serve) -> None:
    page = "<!--#python exec=\"\nfor n in range(100):\n    filter.write('x' * 10000)\n\" -->"
    assert _page(serve, page) == "x" * 1_000_000


def test_elements_in_what_a_handler_writes(serve: Serve) -> None:
    directory = "SetHandler mod_python\nPythonHandler pages::writes_elements\nSetOutputFilter INCLUDES"
    server = _server(serve, "", directory)
    assert server.text("/here") == "/here|GET"


def test_a_request_waits_for_elements_in_what_another_thread_writes(serve: Serve) -> None:
    directory = "SetHandler mod_python\nPythonHandler pages::writes_in_a_thread\nSetOutputFilter INCLUDES"
    server = _server(serve, "", directory)
    for _ in range(3):
        assert server.text("/here") == "(late)"


@pytest.mark.parametrize(
    ("directive", "name"),
    [("", "main.test"), ("PythonInterpreter mine", "mine"), ("PythonInterpPerDirective On", "main_interpreter")],
)
def test_the_interpreter_is_that_of_the_configuration(serve: Serve, directive: str, name: str) -> None:
    assert _page(serve, '<!--#python eval="filter.req.interpreter" -->', directive) == name


def test_a_panic_leaves_the_error_text(serve: Serve) -> None:
    server = _server(serve, '<!--#python eval="1" -->.')
    server.expect_log("MPY0010: internal error in an include element")
    assert server.text("/page.shtml", headers={"X-Fault": "include"}) == f"{ERROR}."
    assert server.text("/page.shtml") == "1."


def test_pages_work_after_restarts(serve: Serve) -> None:
    server = _server(serve, '<!--#python eval="1" -->')
    for _ in range(2):
        server.control("graceful")
    assert server.text("/page.shtml") == "1"
