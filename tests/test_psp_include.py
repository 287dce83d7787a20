"""`<%@ include %>`: what a page takes from other files."""

from __future__ import annotations

import os

from harness.pages import serve_pages, write
from harness.serve import Serve

ERRORS = ("^MPY0303", "^PythonHandler mod_python.psp: ")


def test_an_include_is_part_of_the_page(serve: Serve) -> None:
    pages = {
        "page.psp": '<% x = 1 %>a<%@ include file="part.psp"%>b<%= y %>',
        "part.psp": "[<%= x %>]<% y = 2 %>",
    }
    assert serve_pages(serve, pages).text("/page.psp") == "a[1]b2"


def test_blocks_go_on_into_an_include_and_out_of_it(serve: Serve) -> None:
    pages = {
        "in.psp": "<%\nfor i in range(2):\n    j = i\n%>a<%@ include file='part.psp'%>b<%\n%>.",
        "part.psp": "<%= j %>",
        "out.psp": "<%@ include file='begin.psp'%>x<%\n%>.",
        "begin.psp": "<%\nfor i in range(2):\n%>",
    }
    server = serve_pages(serve, pages)
    assert server.text("/in.psp") == "a0ba1b."
    assert server.text("/out.psp") == "xx."


def test_names_are_relative_to_the_page(serve: Serve) -> None:
    """Also in a file that the page includes from elsewhere."""
    pages = {
        "sub/page.psp": "1<%@ include file='parts/a.psp'%>1",
        "sub/parts/a.psp": "2<%@ include file='parts/b.psp'%><%@ include file='../c.psp'%>2",
        "sub/parts/b.psp": "b",
        "c.psp": "c",
    }
    assert serve_pages(serve, pages).text("/sub/page.psp") == "12bc21"


def test_an_absolute_name_is_that_file(serve: Serve) -> None:
    """L7.2: 25. It crashed 3.5."""
    server = serve_pages(serve, {"part.psp": "part"})
    write(server, "page.psp", f"<%@ include file='{server.htdocs}/part.psp'%>")
    assert server.text("/page.psp") == "part"


def test_a_string_may_include(serve: Serve) -> None:
    """L7.2: 25. It crashed 3.5; names are relative to the process's directory."""
    code = """
text = "<%@ include file='{}part.psp'%" + ">!"
here = os.path.dirname(req.filename) + "/"
PSP(req, string=text.format(here)).run()
PSP(req, string=text.format(os.path.relpath(here) + "/")).run()
"""
    pages = {"page.psp": f"<%{code}%>", "part.psp": "<%= 1 + 1 %>"}
    assert serve_pages(serve, pages).text("/page.psp") == "2!2!"


def test_an_edit_of_an_include_shows_in_the_very_next_request(serve: Serve) -> None:
    """L7.2: 28. Also one in an include of an include."""
    pages = {
        "page.psp": "<%@ include file='a.psp'%>",
        "a.psp": "a1 <%@ include file='b.psp'%>",
        "b.psp": "b1",
    }
    server = serve_pages(serve, pages)
    assert server.text("/page.psp") == "a1 b1"
    write(server, "b.psp", "b2")
    assert server.text("/page.psp") == "a1 b2"
    write(server, "a.psp", "a2")
    assert server.text("/page.psp") == "a2"
    write(server, "b.psp", "b3 ")
    write(server, "a.psp", "a3 <%@ include file='b.psp'%>")
    assert server.text("/page.psp") == "a3 b3 "


def test_a_missing_include_is_an_error_until_it_is_there(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "\n<%@ include file='part.psp'%>"})
    server.expect_log(r"FileNotFoundError.*included in .*/page\.psp, line 2: '.*/part\.psp'", *ERRORS)
    assert [server.get("/page.psp").status_code for _ in range(2)] == [500, 500]
    write(server, "part.psp", "there")
    assert server.text("/page.psp") == "\nthere"


def test_what_is_no_file_is_not_included(serve: Serve) -> None:
    """L7.2: 25. A FIFO would be waited for, a device may never end."""
    pages = {
        "directory.psp": "<%@ include file='sub'%>",
        "fifo.psp": "<%@ include file='fifo'%>",
        "zero.psp": "<%@ include file='/dev/zero'%>",
        "nul.psp": "<%@ include file='a\0b'%>",
        "sub/x": "",
    }
    server = serve_pages(serve, pages)
    os.mkfifo(server.htdocs / "fifo")
    server.expect_log("MPY0303.*Not a regular file", "MPY0303.*embedded null (byte|character)", *ERRORS)
    assert [server.get(f"/{name}").status_code for name in list(pages)[:4]] == [500] * 4


def test_circles_are_refused(serve: Serve) -> None:
    """L7.2: 25. 3.5 went on until it had no more files."""
    pages = {
        "self.psp": "<%@ include file='self.psp'%>",
        "a.psp": "\n<%@ include file='b.psp'%>",
        "b.psp": "\n\n<%@ include file='./a.psp'%>",
    }
    server = serve_pages(serve, pages, "PythonDebug On")
    server.expect_log("MPY0303.*SyntaxError.*/self.psp includes itself", "SyntaxError.*/a.psp includes itself", *ERRORS)
    assert server.get("/self.psp").status_code == 500
    answer = server.get("/a.psp")
    assert answer.status_code == 500
    assert "/b.psp&quot;, line 3\n" in answer.text


def test_depth_and_number_are_bounded(serve: Serve) -> None:
    pages: dict[str, str | bytes] = {f"{n}.psp": f"{n}<%@ include file='{n + 1}.psp'%>" for n in range(40)}
    pages["40.psp"] = "40"
    pages["many.psp"] = "<%@ include file='40.psp'%>" * 1001
    server = serve_pages(serve, pages)
    server.expect_log("MPY0303.*include one another more than 32 deep", "MPY0303.*1000 includes", *ERRORS)
    assert server.text("/9.psp") == "".join(map(str, range(9, 41)))
    assert server.get("/8.psp").status_code == 500
    assert server.get("/many.psp").status_code == 500


def test_one_file_may_be_included_often(serve: Serve) -> None:
    pages = {
        "page.psp": "<%@ include file='a'%>" * 3 + "<%@ include file='b'%>",
        "a": "a",
        "b": "<%@ include file='a'%>",
    }
    assert serve_pages(serve, pages).text("/page.psp") == "aaaa"


def test_an_include_closes_its_own_tags(serve: Serve) -> None:
    """L7.2: 26. In 3.5 the page ended there, without a word."""
    pages = {"page.psp": "a<%@ include file='part.psp'%>b %>", "part.psp": "\n<% x = 1"}
    server = serve_pages(serve, pages, "PythonDebug On")
    server.expect_log("MPY0303.*SyntaxError: '<%' is not closed", *ERRORS)
    answer = server.get("/page.psp")
    assert answer.status_code == 500
    assert "/part.psp&quot;, line 2\n" in answer.text


def test_a_traceback_shows_page_and_include(serve: Serve) -> None:
    pages = {
        "page.psp": "1\n2 <%@ include file='a.psp'%>\n3 <%\nf()\n%>",
        "a.psp": "\n\n<%\ndef f():\n    b = 0\n    1 / b\n%>\n<%@ include file='b.psp'%>",
        "b.psp": "b\nb",
    }
    server = serve_pages(serve, pages, "PythonDebug On")
    server.expect_log(
        r'/page\.psp", line 4, in <module>\\n    f\(\)',
        r'/page\.psp", line 2, in f\\n    2 <%@ include',
        r'/a\.psp", line 6, in f\\n    1 / b',
        *ERRORS,
    )
    assert server.get("/page.psp").status_code == 500


def test_a_syntax_error_in_an_include_names_it(serve: Serve) -> None:
    pages = {
        "page.psp": "1\n2 <%@ include file='a.psp'%>\n",
        "a.psp": "\n<%@ include file='b.psp'%>",
        "b.psp": "\n\n<%= 1 + %>",
    }
    server = serve_pages(serve, pages)
    server.expect_log(r'File ".*/b\.psp", line 3$', *ERRORS)
    assert server.get("/page.psp").status_code == 500
