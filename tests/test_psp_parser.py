"""How pages become programs: what stands where, and what is refused."""

from __future__ import annotations

import html

from harness.pages import answer, serve_pages
from harness.serve import Serve


def test_text_is_sent_as_it_is(serve: Serve) -> None:
    assert answer(serve, "Hello, %> 'World' \"!\"\n") == "Hello, %> 'World' \"!\"\n"


def test_an_empty_page_is_an_empty_answer(serve: Serve) -> None:
    assert answer(serve, "") == ""


def test_the_answer_is_html(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "x"})
    assert server.get("/page.psp").headers["content-type"] == "text/html"


def test_expressions_are_written_unescaped(serve: Serve) -> None:
    assert answer(serve, "<%= '<b>' %>,<%= 1 + 1 %>,<%= None %>,<%= [\n1, 2] %>") == "<b>,2,None,[1, 2]"


def test_text_and_expressions_continue_a_block(serve: Serve) -> None:
    """L7.1: 48."""
    page = "<%\nfor name in ['a', 'b']:\n    upper = name.upper()\n%>\n<%= name %>=<%= upper %>;<%\n%>\nend"
    assert answer(serve, page) == "\na=A;\nb=B;\nend"


def test_backslashes_in_text_are_text(serve: Serve) -> None:
    r"""L7.1: 49. \n, \r and \t, alone and together."""
    text = r"\n \r \t \n\r\t \\n \x41 \u0041 \N{BULLET} \'\" end\ "
    assert answer(serve, text) == text
    assert answer(serve, "ends in \\") == "ends in \\"
    assert answer(serve, 'ends in \\"') == 'ends in \\"'


def test_escapes_in_code_are_pythons(serve: Serve) -> None:
    """L7.1: 50."""
    assert answer(serve, r"<% req.write('\\n|\n|\x41', 0) %>") == "\\n|\n|A"


def test_quotes_around_expressions_stay(serve: Serve) -> None:
    """L7.1: 51."""
    assert answer(serve, '\'<%= \'v\' %>\' "<%= \'w\' %>" """<%= 1 %>"""') == '\'v\' "w" """1"""'


def test_an_empty_line_ends_blocks_and_a_colon_begins_one(serve: Serve) -> None:
    """L7.3: 15. A blank line before %> resets; a colon adds a tab; inline code ends no block."""
    page = "<%\nn = 0\nfor i in range(3):\n%>[<% n += i %><%= i %>]<%\n\n%><%= n %>"
    assert answer(serve, page) == "[0][1][2]3"
    assert answer(serve, "<%\nfor i in range(3):\n    j = i\n\n%>once<%= j %>") == "once2"


def test_an_empty_block_closes_all_blocks(serve: Serve) -> None:
    page = "<%\nif True:\n    for i in range(2):\n        j = i\n%>x<%\n%>y"
    assert answer(serve, page) == "xxy"


def test_a_block_may_go_on_in_several_tags(serve: Serve) -> None:
    page = "<%\nfor i in range(2):\n    if i:\n%>one<%\n    else:\n%>zero<%\n    j = i\n%>,<%\n%>end"
    assert answer(serve, page) == "zero,one,end"


def test_else_follows_text(serve: Serve) -> None:
    assert answer(serve, "<%\nif 0:\n%>yes<%\nelse:\n%>no<%\n%>.") == "no."


MENDED = [
    ("a<%%>b<% %>c", "abc"),
    ("<% x = 1; %><%= x %>", "1"),
    ("<%\nfor i in range(2):\n    j = i\n    %>x<%\n%>.", "xx."),
    ("<%\nfor i in range(2): # all\n%>x<%\n%>.", "xx."),
    ("<%\nfor i in range(2):   \n%>x<%\n%>.", "xx."),
    ("<%\nx = 1\ny = 2 %><%= x + y %>", "3"),
    ("<% x = 1 # one %>text<%= x # it %>", "text1"),
    ("<%\nif True:\n    x = 1 # one %>text<%\n%>.", "text."),
]


def test_what_3_5_translated_to_broken_programs(serve: Serve) -> None:
    """L7.2: 26. Empty tags, doubled indentation, code right before %>, comments that hid text."""
    server = serve_pages(serve, {f"{number}.psp": page for number, (page, _) in enumerate(MENDED)})
    assert [server.text(f"/{number}.psp") for number in range(len(MENDED))] == [answer for _, answer in MENDED]


def test_text_may_hold_any_character(serve: Serve) -> None:
    """L7.2: 26. NUL does not end the page."""
    assert answer(serve, "a\0b<%= 1 %>c") == "a\0b1c"


def test_comments_are_dropped(serve: Serve) -> None:
    assert answer(serve, "a<%-- <% 1/0 %> <%= x %> --%>b<%-- --%>c<%--\n\n--%>d") == "abcd"


def test_text_is_utf_8(serve: Serve) -> None:
    page = "Grüße, <%= '\u20ac' %> \U0001f600"
    server = serve_pages(serve, {"page.psp": page})
    assert server.get("/page.psp").content == "Grüße, \u20ac \U0001f600".encode()


def test_a_page_with_dos_line_ends(serve: Serve) -> None:
    page = "one\r\n<%\r\nfor i in range(2):\r\n    j = i\r\n%>two <%= j %>\r\n<%\r\n\r\n%>three\r\n"
    assert answer(serve, page) == "one\ntwo 0\ntwo 1\nthree\n"


def test_a_page_with_old_mac_line_ends(serve: Serve) -> None:
    assert answer(serve, "one\r<%\rfor i in range(2):\r    j = i\r%>two <%= j %>\r<%\r\r%>") == "one\ntwo 0\ntwo 1\n"


def test_a_page_that_is_not_utf_8_names_the_place(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": b"one\ntw\xff\n"})
    server.expect_log(r"^MPY0303.*UnicodeDecodeError.*page\.psp, line 2", "^PythonHandler mod_python.psp: ")
    assert server.get("/page.psp").status_code == 500


REFUSED = [
    ("a\n<% x = 1\n", "'<%' is not closed by '%>'", 2),
    ("a\n\n<%= x\n", "'<%=' is not closed by '%>'", 3),
    ("<%-- x %>\n", "'<%--' is not closed by '--%>'", 1),
    ("\n<%@ include file='x'\n", "'<%@' is not closed by '%>'", 2),
    ("\n<%@ page import='os' %>", "unknown directive", 2),
    ("\n<%@ include file=x.psp %>", "unknown directive", 2),
    ("a\n<%\nif x\n%>", "expected ':'", 3),
    ("a\n\n<%= 1 + %>", "invalid syntax", 3),
    ("a\n<% return %>", "'return' outside function", 2),
    ("a\n<% if a: %>b", "invalid syntax", 2),
    ("a\n<% x = \0 %>", "code cannot contain a NUL byte", 2),
]


def test_what_is_no_page_is_refused_with_its_line(serve: Serve) -> None:
    """L7.2: 26. Unknown directives and tags without an end say so."""
    pages = {f"{number}.psp": page for number, (page, _, _) in enumerate(REFUSED)}
    server = serve_pages(serve, pages, "PythonDebug On")
    server.expect_log("^MPY0303.*SyntaxError", "^PythonHandler mod_python.psp: ")
    for number, (page, message, line) in enumerate(REFUSED):
        answer = server.get(f"/{number}.psp")
        assert answer.status_code == 500, page
        assert f"/{number}.psp&quot;, line {line}\n" in answer.text, page
        assert message in html.unescape(answer.text), page


def test_a_page_of_many_lines_is_quick(serve: Serve) -> None:
    page = '<%= 1 %> text \\ " <% x = 1 %>\n' * 5_000
    assert answer(serve, page) == '1 text \\ " \n' * 5_000
