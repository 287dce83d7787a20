"""`req.hlist`, `req.phase`, `req.extension` and `req.add_handler`."""

from __future__ import annotations

import pytest
from harness import client
from harness.inside import Inside
from harness.serve import Serve

SERVE = "SetHandler mod_python\nPythonHandler evaluate"


def test_the_running_handler_and_where_it_was_configured(inside: Inside) -> None:
    """12.2, 2.3."""
    entry = inside("h = req.hlist; result = [h.handler, h.directory, h.is_location, h.silent]")
    assert entry == ["evaluate", f"{inside.server.htdocs}/", False, 0]


def test_the_directory_of_files_inside_a_directory(serve: Serve) -> None:
    """21.4: 59. <Files> does not count."""
    server = serve("evaluate", directory='SetHandler mod_python\n<Files "*.py">\nPythonHandler evaluate\n</Files>')
    answer = server.post("/any.py", b"result = req.hlist.directory").json()
    assert answer["result"] == f"{server.htdocs}/"


def test_the_directory_of_a_pattern_is_that_of_the_request(serve: Serve) -> None:
    """2.3: the shortest prefix that the pattern matches, with its slash."""
    server = serve("evaluate", server=f'<DirectoryMatch "/htdocs">\n{SERVE}\n</DirectoryMatch>')
    answer = server.post("/sub/page", b"result = req.hlist.directory").json()
    assert answer["result"] == f"{server.htdocs}/"


def test_a_location_shows_its_text(serve: Serve) -> None:
    """2.3."""
    path = "PythonPath \"['{htdocs}'] + sys.path\""
    server = serve("evaluate", server=f'{path}\n<LocationMatch "^/lm[0-9]+">\n{SERVE}\n</LocationMatch>')
    answer = server.post("/lm12", b"result = [req.hlist.directory, req.hlist.is_location]").json()
    assert answer["result"] == ["^/lm[0-9]+", True]


def test_at_server_level_there_is_no_directory(serve: Serve) -> None:
    """2.3."""
    path = "PythonPath \"['{htdocs}'] + sys.path\""
    server = serve("evaluate", server=f"{path}\n{SERVE}")
    assert server.post("/", b"result = req.hlist.directory").json()["result"] is None


def test_at_its_end_everything_is_none(inside: Inside) -> None:
    """12.2, Q40: and neither repr nor next fails there."""
    assert inside(
        """
        h = req.hlist
        h.next()
        h.next()
        result = [h.handler, h.directory, h.is_location, h.silent, repr(h)]
        """
    ) == [None, None, None, None, "{}"]


def test_the_list_of_another_phase_is_at_its_end(serve: Serve) -> None:
    server = serve(
        "handler_list", directory="SetHandler mod_python\nPythonFixupHandler keep::fixup\nPythonHandler keep"
    )
    assert server.text() == "None handler=keep"


def test_its_repr(inside: Inside) -> None:
    """12.2."""
    shown = inside("result = repr(req.hlist)")
    directory = f"{inside.server.htdocs}/"
    assert shown == f"{{'handler':'evaluate','directory':'{directory}','is_location':False,'silent':0}}"


def test_it_cannot_be_changed(inside: Inside) -> None:
    assert inside.error("req.hlist.handler = 'x'").startswith("AttributeError")
    assert inside.error("req.hlist.no_such_name").startswith("AttributeError")


def test_the_phase_that_runs(inside: Inside) -> None:
    """7.1; 21.7: 105; 21.4: 67."""
    assert inside("result = req.phase") == "PythonHandler"


@pytest.mark.parametrize(
    ("path", "lists", "extension"),
    [
        ("/a.tar.gz", "PythonHandler evaluate | .tar.gz", ".tar.gz"),
        ("/a.py", "PythonHandler evaluate\nPythonHandler other | .x", None),
        ("/name", "PythonHandler evaluate\nPythonHandler other | .x", ""),
    ],
)
def test_the_extension_that_chose_the_list(serve: Serve, path: str, lists: str, extension: str | None) -> None:
    """4.2, Q45; 21.2: 25."""
    server = serve("evaluate", directory=f"SetHandler mod_python\n{lists}")
    assert server.post(path, b"result = req.extension").json()["result"] == extension


# --- add_handler ---


@pytest.mark.parametrize("phase", ["PythonCleanupHandler", "PythonConnectionHandler", "fixup", "", "PythonHandler.py"])
def test_handlers_can_be_added_to_phases_only(inside: Inside, phase: str) -> None:
    """6.1."""
    assert inside.error(f"req.add_handler({phase!r}, 'x')").startswith("IndexError")


def test_a_callable_is_no_handler(inside: Inside) -> None:
    """6.1."""
    assert inside.error("req.add_handler('PythonHandler', print)").startswith("TypeError")


def test_the_directory_of_an_added_handler_is_canonical(inside: Inside) -> None:
    """6.1; 21.2: 15."""
    added = """
        req.add_handler("PythonHandler", "other", {directory!r})
        h = req.hlist
        h.next()
        result = [h.handler, h.directory]
    """
    htdocs = inside.server.htdocs
    for given in (f"{htdocs}", f"{htdocs}/", f"{htdocs}/../htdocs//."):
        assert inside(added.format(directory=str(given)) + "\n        h.next()") == ["other", f"{htdocs}/"]


def test_an_added_handler_without_directory_has_none(inside: Inside) -> None:
    """6.1."""
    assert (
        inside(
            """
            req.add_handler("PythonHandler", "other")
            h = req.hlist
            h.next()
            result = h.directory
            h.next()
            """
        )
        is None
    )


def test_an_added_handler_that_names_nothing_fails_when_it_runs(serve: Serve) -> None:
    """6.1; 21.2: 13."""
    server = serve("handler_list", directory="SetHandler mod_python\nPythonHandler keep::adds_nothing")
    server.expect_log("MPY030[12]: PythonHandler ", "^PythonHandler ")
    assert server.get().status_code == 500


def test_an_added_handler_without_object_fails_when_it_runs(serve: Serve) -> None:
    """21.2: 11."""
    server = serve("handler_list", directory="SetHandler mod_python\nPythonHandler keep::adds_missing")
    server.expect_log("contains no 'bad_handler'", "^PythonHandler ")
    assert server.get().status_code == 500


def test_what_was_written_before_an_added_handler_fails_is_sent(serve: Serve) -> None:
    """21.2: 12. The list can be looked at before and after the handler is added."""
    server = serve("handler_list", directory="SetHandler mod_python\nPythonHandler keep::shows_and_adds_missing")
    server.expect_log("contains no 'bad_handler'", "^PythonHandler ")
    name = b"keep::shows_and_adds_missing"
    assert name + b" " + name in client.exchange(server.port, b"GET / HTTP/1.0\r\nHost: main.test\r\n\r\n")


def test_a_handler_added_to_the_content_phase_sees_earlier_attributes(serve: Serve) -> None:
    """6.1; 21.2: 10."""
    server = serve("handler_list", directory="SetHandler mod_python\nPythonHandler keep::marks_and_adds")
    assert server.text() == "marks shows(before) None main.test"


def test_content_added_from_fixup_runs_in_the_interpreter_of_its_directory(serve: Serve) -> None:
    """21.2: 14. There is no content handler in the configuration."""
    server = serve("handler_list", directory="PythonInterpPerDirective On\nPythonFixupHandler keep::adds_content")
    assert server.text() == f"shows(PythonFixupHandler) {server.htdocs}/ {server.htdocs}/"


def test_content_added_from_the_access_phase_sees_earlier_attributes(serve: Serve) -> None:
    """21.2: 16; 21.4: 65."""
    server = serve("handler_list", directory="PythonAccessHandler keep::adds_content")
    assert server.text() == f"shows(PythonAccessHandler) {server.htdocs}/ main.test"


def test_a_phase_that_is_over_never_runs_what_is_added(serve: Serve) -> None:
    """6.1."""
    server = serve("handler_list", directory="SetHandler mod_python\nPythonHandler keep::adds_to_the_past")
    assert server.text() == "served"


def test_between_phases_a_handler_can_be_added(serve: Serve) -> None:
    """Q24: where no phase runs."""
    server = serve("handler_list", directory="SetHandler mod_python\nPythonHandler keep::adds_in_a_cleanup")
    server.expect_log("nothing happened")
    assert server.text() == "served"
    server.log.wait_for("nothing happened")
