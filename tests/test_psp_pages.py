"""mod_python.psp as a handler: what pages see, and what becomes of their failures."""

from __future__ import annotations

import pytest
from harness.pages import answer, serve_pages, write
from harness.serve import Serve

ERRORS = ("^MPY0303", "^PythonHandler mod_python.psp: ")


def test_pages_see_the_names_of_the_psp_module(serve: Serve) -> None:
    """L7.3: 17."""
    names = ["apache", "Session", "util", "os", "sys", "tempfile", "escape", "_apache", "PSP", "tempdir"]
    page = f"<%= escape('<&>') %> <%= all(name in globals() for name in {names!r}) %> <%= __name__ %>"
    assert answer(serve, page) == "&lt;&amp;&gt; True mod_python.psp"


def test_pages_see_their_request_and_file(serve: Serve) -> None:
    page = "<%= req.uri %> <%= __file__ == req.filename %> <%= __mp_info__.file == __file__ %> <%= __mp_path__ %>"
    page += " <%= __mp_info__.label == __file__ %> <%= psp.filename == __file__ %> <%= psp.req is req %>"
    page += " <%= sorted(__mp_info__.children) %> <%= __mp_info__.cache is not None %>"
    assert answer(serve, page) == "/page.psp True True [] True True True [] True"


def test_each_run_has_names_of_its_own(serve: Serve) -> None:
    page = "<%= 'kept' in globals() %><% kept = 1 %>"
    server = serve_pages(serve, {"page.psp": page})
    assert [server.text("/page.psp") for _ in range(3)] == ["False"] * 3


def test_what_is_put_into_the_psp_module_is_seen_by_pages(serve: Serve) -> None:
    page = "<% sys.modules['mod_python.psp'].ours = 'ours' %>"
    server = serve_pages(serve, {"sets.psp": page, "page.psp": "<%= ours %>"})
    server.text("/sets.psp")
    assert server.text("/page.psp") == "ours"


def test_session_and_form_are_none_where_they_are_not_mentioned(serve: Serve) -> None:
    """L7.3: 16."""
    page = "<%= repr(globals()['ses' + 'sion']) %> <%= repr(globals()['fo' + 'rm']) %> <%= hasattr(req, 'fo' + 'rm') %>"
    server = serve_pages(serve, {"page.psp": page})
    answer = server.get("/page.psp?a=1")
    assert answer.text == "None None False"
    assert "set-cookie" not in answer.headers


def test_a_mention_makes_the_form(serve: Serve) -> None:
    """L7.3: 16. Blank values are kept."""
    page = "<%= form.getfirst('a') %>,<%= form.getfirst('b') %>,<%= req.form is form %>,<%= psp.form is form %>"
    server = serve_pages(serve, {"page.psp": page})
    assert server.text("/page.psp?a=1&b=") == "1,,True,True"
    assert server.post("/page.psp", b"a=2", headers={"Content-Type": "application/x-www-form-urlencoded"}).text == (
        "2,None,True,True"
    )


def test_a_form_that_was_read_is_found(serve: Serve) -> None:
    page = "<% req.form = {'a': 'own'} %><%\npsp_class = PSP\npsp_class(req, 'inner.psp').run()\n%>"
    server = serve_pages(serve, {"page.psp": page, "inner.psp": "<%= form['a'] %>"})
    assert server.text("/page.psp?a=1") == "own"


def test_a_mention_makes_the_session_and_saves_it(serve: Serve) -> None:
    """L7.3: 16."""
    page = "<% session['n'] = session.get('n', 0) + 1 %><%= session['n'] %>"
    server = serve_pages(serve, {"page.psp": page}, children=1)
    first = server.get("/page.psp")
    cookie = first.headers["set-cookie"].partition(";")[0]
    again = [server.text("/page.psp", headers={"Cookie": cookie}) for _ in range(2)]
    assert [first.text, *again] == ["1", "2", "3"]


def test_a_mention_inside_a_function_alone_makes_none(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "<%\ndef f():\n    return session\n\n%><%= f() %>"})
    assert server.text("/page.psp") == "None"


def test_a_session_that_is_there_is_left_alone(serve: Serve) -> None:
    """L7.3: 16. Neither unlocked nor taken away; saved all the same."""
    fake = (
        "class Fake:\n    def save(self):\n        req.write('saved ', 0)\n"
        "    def unlock(self):\n        req.write('unlocked ', 0)\n"
        "req.session = Fake()\nPSP(req, 'inner.psp').run()\nreq.write(repr(hasattr(req, 'ses' + 'sion')), 0)\n"
        "delattr(req, 'ses' + 'sion')\n"
    )
    server = serve_pages(serve, {"page.psp": f"<%\n{fake}%>", "inner.psp": "<%= session is req.session %> "})
    assert server.text("/page.psp") == "True saved True"


def test_a_session_of_the_run_is_unlocked_and_gone_afterwards(serve: Serve) -> None:
    page = "<%\nPSP(req, 'inner.psp').run()\n\n%><%= hasattr(req, 'ses' + 'sion') %>"
    server = serve_pages(serve, {"page.psp": page, "inner.psp": "<% session['a'] = 1 %>"}, threads=2)
    cookie = server.get("/inner.psp").headers["set-cookie"].partition(";")[0]
    for _ in range(3):
        assert server.text("/page.psp", headers={"Cookie": cookie}) == "False"


def test_a_session_is_not_saved_when_the_page_fails(serve: Serve) -> None:
    page = "<% session['n'] = session.get('n', 0) + 1 %><%= session['n'] %><% 1 / (not req.args) %>"
    server = serve_pages(serve, {"page.psp": page}, children=1)
    server.expect_log(*ERRORS)
    cookie = {"Cookie": server.get("/page.psp").headers["set-cookie"].partition(";")[0]}
    assert server.get("/page.psp?fail", headers=cookie).status_code == 500
    assert server.text("/page.psp", headers=cookie) == "2"


def test_a_failing_page_is_logged_with_its_line(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "one\n<%\nx = 0\n1 / x\n%>"})
    server.expect_log(r'/page\.psp", line 4, in <module>\\n    1 / x$', "^MPY0303.*ZeroDivisionError", ERRORS[1])
    answer = server.get("/page.psp")
    assert answer.status_code == 500
    assert "one" not in answer.text
    assert "ZeroDivision" not in answer.text


def test_under_debug_the_failure_follows_the_page(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "one\n<%= 1 / 0 %>"}, "PythonDebug On")
    server.expect_log(*ERRORS)
    answer = server.get("/page.psp")
    assert answer.status_code == 500
    assert answer.text.startswith("one\n")
    assert "page.psp&quot;, line 2, in &lt;module&gt;\n    &lt;%= 1 / 0 %&gt;\n\nZeroDivisionError" in answer.text


def test_the_exception_reaches_the_log_as_it_was_raised(serve: Serve) -> None:
    """L7.2: 27. 3.5 made a new one of its class, which not every class bears."""
    page = "<%\nclass Two(Exception):\n    def __init__(self, a, b):\n        self.b = b\nraise Two(1, 'second')\n%>"
    server = serve_pages(serve, {"page.psp": page})
    server.expect_log(r"^MPY0303.*: Two: \(1, 'second'\)$", ERRORS[1])
    assert server.get("/page.psp").status_code == 500


def test_server_return_passes_through(serve: Serve) -> None:
    """L7.2: 27. Also where an error page is set."""
    pages = {
        "page.psp": "text<% raise apache.SERVER_RETURN(apache.HTTP_FORBIDDEN) %>",
        "set.psp": "<% psp.set_error_page('error.psp') %><% raise apache.SERVER_RETURN(apache.HTTP_GONE) %>",
        "error.psp": "never",
    }
    server = serve_pages(serve, pages)
    assert server.get("/page.psp").status_code == 403
    answer = server.get("/set.psp")
    assert answer.status_code == 410
    assert "never" not in answer.text


def test_redirect(serve: Serve) -> None:
    page = "before <% psp.redirect('/other?x=1', 'permanent' in (req.args or '')) %> after"
    server = serve_pages(serve, {"page.psp": page})
    answer = server.get("/page.psp")
    assert (answer.status_code, answer.headers["location"]) == (302, "/other?x=1")
    assert "after" not in answer.text
    assert server.get("/page.psp?permanent").status_code == 301


def test_redirect_where_an_error_page_is_set(serve: Serve) -> None:
    """L7.2: 27."""
    page = "<% psp.set_error_page('error.psp') %><% psp.redirect('/other') %>"
    server = serve_pages(serve, {"page.psp": page, "error.psp": "never"})
    answer = server.get("/page.psp")
    assert (answer.status_code, answer.headers["location"]) == (302, "/other")
    assert "never" not in answer.text


def test_an_error_page_follows_what_was_written(serve: Serve) -> None:
    """L7.1: 52. The session is shared, and nothing waits for its lock. L7.3: 16."""
    pages = {
        "page.psp": "<% psp.set_error_page('error.psp') %><% session['a'] = 1 %>text <% 1 / 0 %> never",
        "error.psp": "error <%= session['a'] %> <%= exception[0].__name__ %> <%= exception[1] %> <%= len(exception) %>",
    }
    server = serve_pages(serve, pages)
    answers = [server.get("/page.psp") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == "text error 1 ZeroDivisionError division by zero 3"


def test_error_pages_are_named_by_document_root_or_directory(serve: Serve) -> None:
    pages = {
        "sub/root.psp": "<% psp.set_error_page('/error.psp') %><% 1 / 0 %>",
        "sub/own.psp": "<% psp.set_error_page('error.psp') %><% 1 / 0 %>",
        "error.psp": "root's",
        "sub/error.psp": "own",
    }
    server = serve_pages(serve, pages)
    assert server.text("/sub/root.psp") == "root's"
    assert server.text("/sub/own.psp") == "own"


def test_a_missing_error_page_is_404_at_once(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "<% psp.set_error_page('nowhere.psp') %>never"})
    assert server.get("/page.psp").status_code == 404


def test_a_failing_error_page_fails_the_request(serve: Serve) -> None:
    pages = {"page.psp": "<% psp.set_error_page('error.psp') %><% 1 / 0 %>", "error.psp": "<% {}['missing'] %>"}
    server = serve_pages(serve, pages)
    server.expect_log("^MPY0303.*KeyError", "ZeroDivisionError", ERRORS[1])
    assert server.get("/page.psp").status_code == 500


def test_an_error_page_of_its_own_ends(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "<% psp.set_error_page('page.psp') %><% 1 / 0 %>"})
    server.expect_log("^MPY0303", "^PythonHandler mod_python.psp: ")
    server.tolerate_log(".")
    assert server.get("/page.psp").status_code == 500
    assert server.get("/page.psp").status_code == 500


def test_a_missing_page_is_404(serve: Serve) -> None:
    server = serve_pages(serve, {"sub/x": ""}, "SetHandler mod_python")
    assert server.get("/nowhere.psp").status_code == 404
    assert server.get("/sub/").status_code == 404


def test_path_info_and_other_methods_are_accepted(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "<%= req.method %> <%= req.path_info %>"})
    assert server.text("/page.psp/more/path") == "GET /more/path"
    assert server.http.request("PUT", "/page.psp", content=b"x").text == "PUT "
    assert server.http.head("/page.psp").text == ""


def test_source_is_shown_under_debug_only(serve: Serve) -> None:
    """L7.2: 29."""
    pages = {"page.psp": "<b>\t<%= 'secret' %>\n"}
    debugging = serve_pages(serve, pages, "PythonDebug On")
    shown = debugging.get("/page.psp_")
    assert shown.headers["content-type"] == "text/html"
    assert "&lt;b&gt;&nbsp;&nbsp;&nbsp;&nbsp;&lt;%=&nbsp;&#x27;secret&#x27;&nbsp;%&gt;" in shown.text
    assert "req.write(str(&nbsp;&#x27;secret&#x27;&nbsp;),0)" in shown.text
    assert '<font color="blue">' in shown.text
    assert serve_pages(serve, pages).get("/page.psp_").status_code == 404


def test_the_listing_shows_where_lines_come_from(serve: Serve) -> None:
    pages = {"page.psp": "one\n<%@ include file='part.psp'%>\nthree\n", "part.psp": "of the part"}
    rows = serve_pages(serve, pages, "PythonDebug On").text("/page.psp_").split("<tr>")
    shown = [row.partition('"green"><code>')[2].partition("</code>")[0].replace("&nbsp;", " ") for row in rows[2:]]
    assert shown[0] == "one"
    assert "of the part" in shown
    assert "three" in shown


def test_apply_data(serve: Serve) -> None:
    page = "<%\ndef add(a, b, req):\n    return int(a) + int(b), req.method\n\n%><%= psp.apply_data(add) %>"
    server = serve_pages(serve, {"page.psp": page})
    assert server.text("/page.psp?a=1&b=2") == "(3, 'GET')"


def test_imports_find_what_is_beside_the_page(serve: Serve) -> None:
    """And an edit of it shows in the very next request."""
    pages = {
        "a/page.psp": "<%\nimport helper\nfrom helper import name\n\n%><%= helper.name %> <%= name %>",
        "a/helper.py": "name = 'a1'",
        "b/page.psp": "<%\nimport helper\n\n%><%= helper.name %>",
        "b/helper.py": "import deeper\nname = deeper.name",
        "b/deeper.py": "name = 'b1'",
    }
    server = serve_pages(serve, pages)
    assert server.text("/a/page.psp") == "a1 a1"
    assert server.text("/b/page.psp") == "b1"
    write(server, "a/helper.py", "name = 'a2'")
    assert server.text("/a/page.psp") == "a2 a2"
    write(server, "b/deeper.py", "name = 'b2'")
    assert server.text("/b/page.psp") == "b2"
    write(server, "a/helper.py", "name = 'a3'")
    assert server.text("/a/page.psp") == "a3 a3"


def test_import_module_knows_the_page(serve: Serve) -> None:
    code = "one = apache.import_module('./helper')\ntwo = apache.import_module('~/top')\n"
    pages = {"sub/page.psp": f"<%\n{code}\n%><%= one.name %> <%= two.name %>", "sub/helper.py": "name = 1"}
    assert serve_pages(serve, {**pages, "top.py": "name = 2"}).text("/sub/page.psp") == "1 2"


@pytest.mark.parametrize("answer", ["edit", "editing the page"])
def test_an_edit_shows_in_the_very_next_request(serve: Serve, answer: str) -> None:
    server = serve_pages(serve, {"page.psp": "first"})
    answers = [server.text("/page.psp")]
    for number in range(10):
        write(server, "page.psp", f"{answer} <%= {number} %>")
        answers.append(server.text("/page.psp"))
    assert answers == ["first"] + [f"{answer} {number}" for number in range(10)]


def test_a_broken_edit_fails_until_it_is_mended(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "first"})
    server.expect_log("^MPY0303.*SyntaxError", ERRORS[1])
    assert server.text("/page.psp") == "first"
    write(server, "page.psp", "<%= 1 + %>")
    assert [server.get("/page.psp").status_code for _ in range(30)] == [500] * 30
    write(server, "page.psp", "mended")
    assert server.text("/page.psp") == "mended"


def test_a_page_that_is_gone_is_404_and_comes_back(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "first"})
    assert server.text("/page.psp") == "first"
    (server.htdocs / "page.psp").unlink()
    assert server.get("/page.psp").status_code == 404
    write(server, "page.psp", "back")
    assert server.text("/page.psp") == "back"


def test_pages_run_in_threads(serve: Serve) -> None:
    page = "<%\nimport time\nmine = req.args\ntime.sleep(0.01)\n\n%><%= mine == req.args %> <%@ include file='part' %>"
    server = serve_pages(serve, {"page.psp": page, "part": "<%= mine %>"}, threads=8)
    for _ in range(5):
        answers = server.at_once(8, "/page.psp?x")
        assert {answer.text for answer in answers} == {"True x"}


def test_requests_during_an_edit_get_the_old_or_the_new_page(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "<%= 'edit' %> 0"}, threads=4)
    answers = set()
    for number in range(10):
        fresh = server.htdocs / "fresh"
        fresh.write_text(f"<%= 'edit' %> {number}")
        fresh.rename(server.htdocs / "page.psp")
        answers |= {answer.text for answer in server.at_once(6, "/page.psp")}
    assert answers <= {f"edit {number}" for number in range(10)}
    assert server.text("/page.psp") == "edit 9"


def test_interpreters_have_pages_of_their_own(serve: Serve) -> None:
    server = serve_pages(serve, {"page.psp": "<%= apache.interpreter %>"}, vhosts={"a.test": "", "b.test": ""})
    assert [server.text("/page.psp", host=host) for host in ("a.test", "b.test", "a.test")] == [
        "a.test",
        "b.test",
        "a.test",
    ]
