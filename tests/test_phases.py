"""The phases of a request: their order, their lists, and what their results mean."""

from __future__ import annotations

import pytest
from harness import wait
from harness.serve import Serve
from harness.server import Server

# What a request with authentication needs.
AUTHENTICATED = "AuthType Python\nAuthName x\nRequire valid-user"
AUTH_MODULES = ("authn_core", "authz_user")

SERVER_PHASES = ["PythonPostReadRequestHandler", "PythonTransHandler"]
SECTION_PHASES = [
    "PythonInitHandler",
    "PythonHeaderParserHandler",
    "PythonAccessHandler",
    "PythonAuthenHandler",
    "PythonAuthzHandler",
    "PythonTypeHandler",
    "PythonFixupHandler",
    "PythonHandler",
    "PythonLogHandler",
    "PythonCleanupHandler",
]
RUN_ALL = ["PythonHeaderParserHandler", "PythonInitHandler", "PythonAccessHandler", "PythonFixupHandler"]
RUN_FIRST = ["PythonAuthenHandler", "PythonAuthzHandler", "PythonTypeHandler"]


def _lines(phases: list[str], handler: str = "phases") -> str:
    return "\n".join(f"{phase} {handler}" for phase in phases)


def _server_path() -> str:
    """At server level there is no directory that handlers' modules could be found in."""
    return "PythonPath \"['{htdocs}'] + sys.path\""


def _trace(server: Server, until: str) -> list[str]:
    """What ran, once `until` has; log and clean-up come after the answer."""
    path = server.spool / "trace"

    def lines() -> list[str]:
        return path.read_text().split() if path.exists() else []

    wait.until(lambda: until in lines())
    return lines()


def test_all_phases_run_in_httpds_order(serve: Serve) -> None:
    """4.9; 21.4: 63: the authorization handler's OK lets the request pass."""
    server = serve(
        "phases",
        server=_server_path() + "\n" + _lines(SERVER_PHASES),
        directory="SetHandler mod_python\n" + _lines(SECTION_PHASES) + "\n" + AUTHENTICATED,
        modules=AUTH_MODULES,
    )
    assert server.text("/any") == "content"
    assert _trace(server, "PythonCleanupHandler") == [
        "PythonPostReadRequestHandler",
        "PythonTransHandler",
        *SECTION_PHASES,
    ]


@pytest.mark.parametrize("phase", RUN_ALL)
@pytest.mark.parametrize("answer", [0, -1])
def test_a_phase_that_runs_all_goes_on(serve: Serve, phase: str, answer: int) -> None:
    """4.3; 21.4: 64. After OK and after DECLINED."""
    server = serve("phases", directory=f"{phase} phases::first phases::second")
    server.get("/page.txt", headers={"X-Answer": f"{phase}:first={answer}"})
    assert _trace(server, f"{phase}:second") == [f"{phase}:first", f"{phase}:second"]


@pytest.mark.parametrize("phase", RUN_FIRST)
@pytest.mark.parametrize(("answer", "goes_on"), [(-1, True), (0, False)])
def test_a_phase_that_runs_until_one_answers(serve: Serve, phase: str, answer: int, goes_on: bool) -> None:
    """4.3; 21.4: 62. DECLINED asks the next one, OK ends it."""
    authen = "" if phase == "PythonAuthenHandler" else "PythonAuthenHandler phases\n"
    server = serve(
        "phases",
        directory=f"SetHandler mod_python\nPythonHandler phases\n{authen}{phase} phases::first phases::second\n"
        + (AUTHENTICATED if phase != "PythonTypeHandler" else ""),
        modules=AUTH_MODULES,
    )
    server.tolerate_log("MPY0310", "AH00027", "AH01629", "AH01630", "AH01796")
    server.get("/any", headers={"X-Answer": f"{phase}:first={answer}"})
    ran = [line for line in _trace(server, f"{phase}:first") if line.startswith(f"{phase}:")]
    assert ran == [f"{phase}:first", f"{phase}:second"][: 2 if goes_on else 1]


@pytest.mark.parametrize("answer", [0, -1])
def test_a_content_list_goes_on_after_ok_and_declined(serve: Serve, answer: int) -> None:
    """Q50."""
    server = serve("phases", directory="SetHandler mod_python\nPythonHandler phases::first phases::second phases")
    assert server.text("/any", headers={"X-Answer": f"PythonHandler:first={answer}"}) == "content"
    assert _trace(server, "PythonHandler") == ["PythonHandler:first", "PythonHandler:second", "PythonHandler"]


@pytest.mark.parametrize("phase", [*RUN_ALL, "PythonTypeHandler", "PythonHandler"])
def test_an_error_status_ends_the_list_and_the_request(serve: Serve, phase: str) -> None:
    server = serve("phases", directory=f"SetHandler mod_python\n{phase} phases::first phases::second")
    assert server.get("/any", headers={"X-Answer": f"{phase}:first=410"}).status_code == 410
    assert _trace(server, f"{phase}:first") == [f"{phase}:first"]


@pytest.mark.parametrize("phase", ["PythonPostReadRequestHandler", "PythonTransHandler"])
@pytest.mark.parametrize(("answer", "status", "text"), [("body", 200, "body of "), ("403", 403, "")])
def test_a_phase_before_the_sections_may_answer(serve: Serve, phase: str, answer: str, status: int, text: str) -> None:
    """4.5: DONE, 21.4: 57."""
    server = serve("phases", server=f"{_server_path()}\n{phase} phases")
    response = server.get("/page.txt", headers={"X-Answer": f"{phase}={answer}"})
    assert response.status_code == status
    assert text in response.text


@pytest.mark.parametrize("phase", [*RUN_ALL, "PythonTypeHandler", "PythonHandler"])
def test_done_ends_the_request_with_what_was_written(serve: Serve, phase: str) -> None:
    """4.5."""
    server = serve("phases", directory=f"SetHandler mod_python\n{phase} phases")
    assert server.text("/any", headers={"X-Answer": f"{phase}=body"}) == f"body of {phase}"


@pytest.mark.parametrize("phase", SERVER_PHASES)
def test_a_server_phase_knows_no_extensions(serve: Serve, phase: str) -> None:
    """2.1: there is no file yet."""
    assert "extensions" in serve.refused("phases", server=f"{phase} phases | .py")


def test_a_trans_handler_may_name_the_file(serve: Serve) -> None:
    """21.4: 58. Without PythonHandler, httpd serves the file."""
    server = serve(
        "phases",
        server=f"{_server_path()}\nPythonTransHandler phases::trans_to_page",
        directory="SetHandler mod_python",
    )
    assert server.text("/something/else") == "static page\n"


# --- PythonInitHandler ---


def test_an_init_handler_of_a_directory_runs_once(serve: Serve) -> None:
    """Q5, 4.8: before PythonHeaderParserHandler."""
    server = serve("phases", directory=_lines(["PythonHeaderParserHandler", "PythonInitHandler"]))
    server.text("/page.txt")
    assert _trace(server, "PythonHeaderParserHandler") == ["PythonInitHandler", "PythonHeaderParserHandler"]


def test_an_init_handler_of_the_server_runs_once_and_first(serve: Serve) -> None:
    """4.8: before PythonPostReadRequestHandler, and not again for the directory's."""
    server = serve(
        "phases",
        server=f"{_server_path()}\n{_lines(['PythonPostReadRequestHandler', 'PythonInitHandler'])}",
        directory="PythonInitHandler phases::second\nPythonHeaderParserHandler phases",
    )
    server.text("/page.txt")
    assert _trace(server, "PythonHeaderParserHandler") == [
        "PythonInitHandler",
        "PythonPostReadRequestHandler",
        "PythonHeaderParserHandler",
    ]


def test_an_init_handler_may_end_the_phase(serve: Serve) -> None:
    server = serve("phases", directory=_lines(["PythonHeaderParserHandler", "PythonInitHandler"]))
    assert server.get("/page.txt", headers={"X-Answer": "PythonInitHandler=409"}).status_code == 409
    assert _trace(server, "PythonInitHandler") == ["PythonInitHandler"]


# --- log and clean-up ---


@pytest.mark.parametrize(("path", "status"), [("/page.txt", 200), ("/missing", 404)])
@pytest.mark.parametrize("phase", ["PythonCleanupHandler", "PythonLogHandler"])
def test_runs_where_nothing_else_of_python_does(serve: Serve, phase: str, path: str, status: int) -> None:
    """Q6; 21.4: 66."""
    server = serve("phases", directory=f"{phase} phases")
    assert server.get(path).status_code == status
    assert _trace(server, phase) == [phase]


def test_a_clean_up_list_goes_on_after_ok_only(serve: Serve) -> None:
    """4.3."""
    server = serve("phases", directory="PythonCleanupHandler phases::first phases::second phases::third")
    server.get("/page.txt", headers={"X-Answer": "PythonCleanupHandler:first=0"})
    assert _trace(server, "PythonCleanupHandler:second") == [
        "PythonCleanupHandler:first",
        "PythonCleanupHandler:second",
    ]


@pytest.mark.parametrize("phase", ["PythonLogHandler", "PythonCleanupHandler"])
def test_a_failure_after_the_answer_is_only_logged(serve: Serve, phase: str) -> None:
    """4.6: never on the page, PythonDebug or not."""
    server = serve("phases", directory=f"PythonDebug On\n{phase} phases")
    server.expect_log(f"MPY0303: {phase} phases .*LookupError", f"^{phase} phases: ")
    assert server.text("/page.txt", headers={"X-Answer": f"{phase}=raise"}) == "static page\n"
    server.log.wait_for(f"^{phase} phases: LookupError")


@pytest.mark.parametrize("phase", [*RUN_ALL, "PythonTypeHandler"])
def test_a_failure_before_the_answer_is_shown_under_debug(serve: Serve, phase: str) -> None:
    """4.6."""
    server = serve("phases", directory=f"PythonDebug On\n{phase} phases")
    server.expect_log(f"MPY0303: {phase} phases ", f"^{phase} phases: ")
    answer = server.get("/page.txt", headers={"X-Answer": f"{phase}=raise"})
    assert answer.status_code == 500
    assert f"LookupError: &lt;{phase}&gt;" in answer.text
    assert "static page" not in answer.text


# --- PythonHandlerModule ---


def test_a_handler_module_serves_the_phases_that_it_has_functions_for(serve: Serve) -> None:
    """Q3, 4.7."""
    server = serve("phases", directory="SetHandler mod_python\nPythonHandlerModule handler_module")
    assert server.text("/any") == "fixed up"


def test_only_the_missing_functions_of_a_handler_module_are_passed_over(serve: Serve) -> None:
    """Q4: each entry of the list for itself."""
    server = serve(
        "phases",
        directory="SetHandler mod_python\nPythonHandlerModule phases handler_module\n"
        "PythonFixupHandler phases::missing",
    )
    server.expect_log("MPY0302: PythonFixupHandler phases::missing", "^PythonFixupHandler ")
    assert server.get("/any").status_code == 500


def test_a_handler_module_that_cannot_be_imported_is_an_error(serve: Serve) -> None:
    """4.7."""
    server = serve("phases", directory="SetHandler mod_python\nPythonHandlerModule no_such_module")
    server.expect_log("MPY0301: PythonInitHandler no_such_module", "^PythonInitHandler ")
    server.tolerate_log("MPY0301: Python(Log|Cleanup)Handler no_such_module", "^Python(Log|Cleanup)Handler ")
    assert server.get("/any").status_code == 500


def test_a_handler_module_without_any_function_leaves_the_request_alone(serve: Serve) -> None:
    """4.7: DECLINED."""
    server = serve("phases", directory="SetHandler mod_python\nPythonHandlerModule string")
    assert server.text("/page.txt") == "static page\n"


# --- authentication ---


def test_ok_without_a_user_is_an_error(serve: Serve) -> None:
    """4.5."""
    server = serve("phases", directory=f"PythonAuthenHandler phases::no_user\n{AUTHENTICATED}", modules=AUTH_MODULES)
    server.expect_log("MPY0310: ")
    assert server.get("/page.txt").status_code == 500


def test_401_says_what_the_password_is_for(serve: Serve) -> None:
    """4.5; 21.2: 18."""
    server = serve(
        "phases",
        directory='PythonAuthenHandler phases::first\nAuthType Basic\nAuthName "the realm"\nRequire valid-user',
        modules=("authn_core", "authz_user", "auth_basic"),
    )
    answer = server.get("/page.txt", headers={"X-Answer": "PythonAuthenHandler:first=401"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="the realm"'


def test_no_user_is_asked_for_where_everybody_may(serve: Serve) -> None:
    """4.5: notes on the auth flow."""
    server = serve(
        "phases",
        directory="PythonAuthenHandler phases\nPythonAuthzHandler phases\nPythonFixupHandler phases\n"
        "Require all granted",
    )
    server.text("/page.txt")
    assert _trace(server, "PythonFixupHandler") == ["PythonFixupHandler"]


# --- the order against httpd's own modules ---


def test_a_type_handler_comes_before_mod_mime(serve: Serve) -> None:
    """1.1: it is reached for extensions that mod_mime knows."""
    server = serve(
        "phases", directory="PythonTypeHandler phases::sets_type\nAddType text/plain .txt", modules=("mime",)
    )
    assert server.get("/page.txt").headers["Content-Type"] == "text/x-of-python"


def test_mod_mime_types_what_a_type_handler_declines(serve: Serve) -> None:
    server = serve("phases", directory="PythonTypeHandler phases\nAddType text/x-mime .txt", modules=("mime",))
    assert server.get("/page.txt").headers["Content-Type"] == "text/x-mime"


def test_an_authen_handler_comes_before_mod_auth_basic(serve: Serve) -> None:
    """1.1: Python answers for AuthType Basic too."""
    server = serve(
        "phases",
        directory="PythonAuthenHandler phases\nAuthType Basic\nAuthName x\nRequire user somebody",
        modules=("authn_core", "authz_user", "auth_basic"),
    )
    assert server.text("/page.txt") == "static page\n"


def test_a_trans_handler_sees_the_url_that_mod_rewrite_made(serve: Serve) -> None:
    server = serve(
        "phases",
        server=f"{_server_path()}\nPythonTransHandler phases::trans_of_rewritten\n"
        "RewriteEngine On\nRewriteRule ^/old /new [PT]",
        modules=("rewrite",),
    )
    assert server.text("/old") == "static page\n"


def test_a_trans_handler_comes_before_mod_alias(serve: Serve) -> None:
    server = serve(
        "phases",
        server=f"{_server_path()}\nPythonTransHandler phases::trans_to_page\nAlias /aliased /nowhere",
        modules=("alias",),
    )
    assert server.text("/aliased") == "static page\n"


def test_a_fixup_handler_sees_a_directory_before_mod_dir_redirects(serve: Serve) -> None:
    """21.3: 52."""
    server = serve("phases", directory="PythonFixupHandler phases", modules=("dir",))
    (server.htdocs / "sub").mkdir()
    answer = server.get("/sub", headers={"X-Answer": "PythonFixupHandler=body"})
    assert (answer.status_code, answer.text) == (200, "body of PythonFixupHandler")
    assert server.get("/sub").status_code == 301


def test_a_log_handler_comes_before_the_access_log(serve: Serve) -> None:
    server = serve(
        "phases",
        directory="PythonLogHandler phases::sets_header",
        server='LogFormat "%{X-From-Python}o" own\nCustomLog access_log own',
        modules=("log_config",),
    )
    server.text("/page.txt")
    access_log = server.root / "access_log"
    wait.until(lambda: access_log.exists() and access_log.read_text() != "")
    assert access_log.read_text() == "yes\n"


# --- sub-requests and redirects ---


def test_a_subrequest_runs_its_own_phases(serve: Serve) -> None:
    """4.9: neither Init nor HeaderParser nor Log.

    Access is checked anew where another configuration applies; httpd says so.
    """
    server = serve(
        "phases",
        directory="Options +Includes\nAddOutputFilter INCLUDES .shtml\n<Files page.txt>\nPythonOption a b\n</Files>\n"
        + _lines([phase for phase in SECTION_PHASES if phase not in ("PythonAuthenHandler", "PythonAuthzHandler")]),
        modules=("include", "mime"),
    )
    (server.htdocs / "index.shtml").write_text('<!--#include virtual="/page.txt" -->')
    assert server.text("/index.shtml") == "static page\n"
    ran = _trace(server, "PythonLogHandler")
    assert ran.count("PythonFixupHandler") == 2
    assert ran.count("PythonAccessHandler") == 2
    assert ran.count("PythonInitHandler") == 1
    assert ran.count("PythonHeaderParserHandler") == 1
    assert ran.count("PythonLogHandler") == 1


def test_an_error_document_runs_all_phases_again(serve: Serve) -> None:
    """4.9: an internal redirect is a new request."""
    server = serve(
        "phases",
        directory="ErrorDocument 404 /page.txt\n" + _lines(["PythonInitHandler", "PythonFixupHandler"]),
    )
    answer = server.get("/missing")
    assert (answer.status_code, answer.text) == (404, "static page\n")
    assert _trace(server, "PythonFixupHandler").count("PythonInitHandler") == 2


# --- a Location needs no file ---


def test_a_location_with_handlers_walks_no_directories(serve: Serve) -> None:
    """1.3, Q42."""
    server = serve(
        "phases",
        directory="Require all denied",
        server=f"{_server_path()}\n<Location /virtual>\nSetHandler mod_python\nPythonHandler phases\n</Location>",
    )
    assert server.text("/virtual/page") == "content"
    server.expect_log("AH01630")
    assert server.get("/page.txt").status_code == 403


def test_a_location_with_handlers_still_translates_its_url(serve: Serve) -> None:
    """Q42: req.filename is what DocumentRoot or an Alias makes of it."""
    server = serve(
        "phases",
        server=f"{_server_path()}\n<Location /virtual>\nSetHandler mod_python\nPythonHandler phases::filename\n"
        "</Location>",
    )
    assert server.text("/virtual/page") == str(server.htdocs / "virtual/page")


def test_a_location_without_handlers_is_served_from_files(serve: Serve) -> None:
    """1.3: filters and options are no handlers."""
    server = serve("phases", server="<Location /page.txt>\nPythonOption key value\n</Location>")
    assert server.text("/page.txt") == "static page\n"


# --- handlers that scripts add ---


def test_a_handler_added_to_the_running_phase_runs_in_it(serve: Serve) -> None:
    """6.1."""
    server = serve("phases", directory="PythonFixupHandler phases::adds_during phases::first")
    server.text("/page.txt")
    assert _trace(server, "PythonFixupHandler:second") == ["PythonFixupHandler:first", "PythonFixupHandler:second"]


def test_a_handler_added_to_a_phase_without_handlers_runs(serve: Serve) -> None:
    """6.1."""
    server = serve(
        "phases", directory="PythonAccessHandler phases::adds_content_there\nPythonPath \"['{htdocs}'] + sys.path\""
    )
    assert server.text("/any") == "content"


def test_an_added_handler_runs_after_the_configured_ones(serve: Serve) -> None:
    """6.1."""
    server = serve(
        "phases",
        directory="PythonPath \"['{htdocs}'] + sys.path\"\nPythonAccessHandler phases::adds_log\n"
        "PythonLogHandler phases::first",
    )
    server.text("/page.txt")
    assert _trace(server, "PythonLogHandler") == ["PythonLogHandler:first", "PythonLogHandler"]


def test_the_running_list_can_be_skipped_through(serve: Serve) -> None:
    """12.2."""
    server = serve("phases", directory="PythonFixupHandler phases::skips_the_next phases::first phases::second")
    server.text("/page.txt")
    assert _trace(server, "PythonFixupHandler:second") == ["PythonFixupHandler:second"]
