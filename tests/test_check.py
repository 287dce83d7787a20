"""`mod_python check`: each rule finds what it is about, and leaves alone what is right."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from harness import site
from harness.command import Command
from mod_python._cli.check import options, plain
from mod_python._cli.check.configuration import Configuration, split
from mod_python._cli.check.finders import DIRECTIVES
from mod_python._cli.check.rules import RULES

SECTION = '<Directory "/srv/www">\n{}\n</Directory>\n'
SERVED = "SetHandler mod_python\n"
PUBLISHED = "PythonHandler mod_python.publisher\n"

# name of a rule -> (configurations that break it, configurations that do not)
CASES: dict[str, tuple[list[str], list[str]]] = {
    "unknown-directive": (
        ["PythonAuthoritative On", SECTION.format("pythonhandlers hello")],
        ["PythonDebug Off", "pythondebug off", "MyPythonDirective On"],
    ),
    "quoted-handler": (
        ['PythonHandler "hello"', "PythonInitHandler a 'b'", 'PythonHandlerModule "m"'],
        ["PythonHandler hello", "PythonPath \"['/x'] + sys.path\""],
    ),
    "wsgi-without-application": (
        [SERVED + "PythonHandler mod_python.wsgi"],
        [
            SERVED + "PythonHandler mod_python.wsgi\nPythonOption mod_python.wsgi.application app",
            "PythonOption mod_python.wsgi.application app\n" + SECTION.format(SERVED + "PythonHandler mod_python.wsgi"),
        ],
    ),
    "handler-never-asked": (
        [
            "PythonHandler hello",
            SECTION.format("PythonHandler hello"),
            SECTION.format("PythonHandler hello") + "<Directory /srv/other>\nSetHandler mod_python\n</Directory>",
            SECTION.format("SetHandler server-status\nPythonHandler hello"),
            "<VirtualHost a>\nPythonHandler x\n</VirtualHost>\n<VirtualHost b>\nSetHandler mod_python\n</VirtualHost>",
        ],
        [
            SECTION.format(SERVED + "PythonHandler hello"),
            SECTION.format("AddHandler python-program .py\nPythonHandler hello"),
            SECTION.format("PythonHandler hello\n<Files *.x>\nSetHandler mod_python\n</Files>"),
            SERVED + SECTION.format("PythonHandler hello"),
            SECTION.format("PythonHandler hello") + '<Directory "/srv">\nSetHandler mod_python\n</Directory>',
            "<IfModule python_module>\nSetHandler mod_python\n</IfModule>\nPythonHandler hello",
        ],
    ),
    "unknown-option": (
        ["PythonOption mod_python.session.cookie_nam x", "PythonOption mod_python.mine 1"],
        [
            "PythonOption mod_python.session.cookie_name x",
            "PythonOption Mod_Python.Session.Cookie_Name x",
            "PythonOption mine 1",
        ],
    ),
    "retired-option": (
        ["PythonOption mod_python.legacy.importer *", "PythonOption mod_python.wsgi.base_url /x"],
        ["PythonOption mod_python.wsgi.base_uri /x"],
    ),
    "misplaced-option": (
        [
            SECTION.format("PythonOption mod_python.mutex_locks 9"),
            "<VirtualHost *:1>\nPythonOption mod_python.mutex_directory run\n</VirtualHost>",
        ],
        ["PythonOption mod_python.mutex_locks 9", "<IfModule a>\nPythonOption mod_python.mutex_locks 9\n</IfModule>"],
    ),
    "ineffective-interpreter": (
        [
            SECTION.format("PythonInterpreter one\nPythonInterpPerDirective On"),
            "PythonInterpreter one\n" + SECTION.format("PythonInterpPerDirectory On"),
        ],
        [
            SECTION.format("PythonInterpPerDirective On"),
            SECTION.format("PythonInterpreter one\nPythonInterpPerDirective Off"),
            SECTION.format("PythonInterpreter one") + "PythonInterpPerDirective On",
        ],
    ),
    "path-without-sys-path": (["PythonPath \"['/srv/lib']\""], ["PythonPath \"['/srv/lib'] + sys.path\""]),
    "debug-on": (["PythonDebug On", SECTION.format("pythondebug on")], ["PythonDebug Off", "# PythonDebug On"]),
    "pdb-on": (["PythonEnablePdb On"], ["PythonEnablePdb Off"]),
    "interpreter-per-directory": (["PythonInterpPerDirectory On"], ["PythonInterpPerDirective On"]),
    "open-session-folder": (
        [
            "PythonOption mod_python.session.database_directory /tmp/sessions",
            "PythonOption mod_python.dbm_session.database_filename '/var/tmp/a b'",
            "PythonOption session_directory /dev/shm",
        ],
        [
            "PythonOption mod_python.session.database_directory /var/lib/sessions",
            "PythonOption mod_python.session.database_directory /tmpfiles",
            "PythonOption mine /tmp",
        ],
    ),
    "open-psp-cache": (
        ["PythonOption mod_python.psp.cache_database_filename /tmp/cache", "PythonOption PSPDbmCache /tmp/cache"],
        ["PythonOption mod_python.psp.cache_database_filename /var/cache/psp"],
    ),
    "open-mutex-folder": (
        ["PythonOption mod_python.mutex_directory /tmp"],
        ["PythonOption mod_python.mutex_directory run/locks"],
    ),
    "weak-cookies": (
        ["PythonOption mod_python.cookie.legacy_md5 On", "PythonOption mod_python.cookie.legacy_md5 read"],
        ["PythonOption mod_python.cookie.legacy_md5 Off"],
    ),
    "readable-source": (
        [SECTION.format("AddHandler mod_python .html\n" + PUBLISHED)],
        [
            SECTION.format("AddHandler mod_python .html .py\n" + PUBLISHED),
            SECTION.format(SERVED + "AddHandler mod_python .html\n" + PUBLISHED),
            SECTION.format("AddHandler mod_python .psp\nPythonHandler mod_python.psp"),
        ],
    ),
    "testhandler": (
        [SERVED + "PythonHandler mod_python.testhandler"],
        [SERVED + "PythonHandler testhandler | .mod_python.testhandler"],
    ),
    "two-pythons": (
        ["LoadModule python_module a/mod_python.so\nLoadModule wsgi_module a/mod_wsgi.so"],
        ["LoadModule wsgi_module a/mod_wsgi.so", "LoadModule python_module a/mod_python.so"],
    ),
    "published-pyc": (
        [SECTION.format("AddHandler mod_python .py .pyc\n" + PUBLISHED)],
        [
            SECTION.format("AddHandler mod_python .py\n" + PUBLISHED),
            SECTION.format("AddHandler mod_python .pyc\nPythonHandler mine"),
        ],
    ),
    "listed-folder": (
        [
            SECTION.format(SERVED + "Options +Indexes\nPythonHandler mod_python.psp"),
            '<Directory "/srv">\nOptions All\n</Directory>\n' + SECTION.format(SERVED + PUBLISHED),
        ],
        [
            SECTION.format(SERVED + "Options -Indexes\nPythonHandler mod_python.psp"),
            SECTION.format(SERVED + "Options Indexes\nPythonHandler mine"),
            "<Directory /other>\nOptions Indexes\n</Directory>\n" + SECTION.format(SERVED + PUBLISHED),
        ],
    ),
    "old-option-name": (
        [f"PythonOption {name} x" for name in ("session", "ApplicationPath", "session_cookie_name", "PSPDbmCache")],
        ["PythonOption mod_python.session.session_type x", "PythonOption sessions x"],
    ),
    "auto-reload-on": (["PythonAutoReload On"], ["PythonAutoReload Off", "PythonHandler x"]),
}


def broken(folder: Path, text: str) -> dict[str, list[int]]:
    """The rules that a configuration breaks, with the lines."""
    file = folder / "httpd.conf"
    file.write_text(text)
    conf = Configuration(tuple(plain.read(file)))
    found = {rule.name: [line.number for line, _ in rule.find(conf)] for rule in RULES}
    return {name: lines for name, lines in found.items() if lines}


# --- the rules ---


@pytest.mark.once
@pytest.mark.parametrize(("name", "text"), [(name, text) for name, (bad, _) in CASES.items() for text in bad])
def test_a_rule_finds_what_it_is_about(tmp_path: Path, name: str, text: str) -> None:
    assert name in broken(tmp_path, text)


@pytest.mark.once
@pytest.mark.parametrize(("name", "text"), [(name, text) for name, (_, good) in CASES.items() for text in good])
def test_a_rule_leaves_alone_what_is_right(tmp_path: Path, name: str, text: str) -> None:
    assert name not in broken(tmp_path, text)


@pytest.mark.once
def test_every_rule_has_its_cases() -> None:
    assert list(CASES) == [rule.name for rule in RULES]


@pytest.mark.once
def test_every_rule_is_on_the_page() -> None:
    page = (site.CHECKOUT / "docs/command-line.md").read_text()
    rows = re.findall(r"(?m)^\| `([a-z-]+)` \| (error|warning|note) \|", page)
    assert rows == [(rule.name, rule.severity) for rule in RULES]


@pytest.mark.once
def test_every_rule_is_explained_on_the_page_as_it_explains_itself() -> None:
    page = (site.CHECKOUT / "docs/command-line.md").read_text().replace("`", "")
    assert [rule.name for rule in RULES if f"| {rule.explanation} | {rule.remedy} |" not in page] == []


@pytest.mark.once
def test_every_directive_of_the_page_is_known() -> None:
    page = (site.CHECKOUT / "docs/directives.md").read_text()
    assert set(re.findall(r"(?m)^#+ (Python\w+)", page)) - set(DIRECTIVES) == set()


def pages() -> list[str]:
    """What describes options, without what only mentions them."""
    mentioning = ("command-line.md", "compatibility.md")
    return [path.read_text() for path in (site.CHECKOUT / "docs").glob("*.md") if path.name not in mentioning]


@pytest.mark.once
def test_every_option_of_the_pages_is_known() -> None:
    rows = {row for page in pages() for row in re.findall(r"(?m)^\| `(mod_python\.[\w.]+)` \|", page)}
    assert {row for row in rows if row != "mod_python.so"} - options.KNOWN == set()


@pytest.mark.once
def test_every_known_option_is_on_a_page() -> None:
    assert {name for name in options.KNOWN if not any(name in page for page in pages())} == set()


@pytest.mark.once
def test_the_samples_of_this_project_are_clean() -> None:
    for name in ("conf/python.load", "conf/python.conf", "conf/vhost.conf"):
        lines = plain.read(site.CHECKOUT / name)
        assert [rule.name for rule in RULES if any(rule.find(Configuration(tuple(lines))))] == []


@pytest.mark.once
def test_the_nearest_names_are_told(tmp_path: Path) -> None:
    file = tmp_path / "c"
    file.write_text("PythonOption mod_python.sesion.cookie_name x\nPythonHandlr x\nPythonOption ApplicationPath /\n")
    conf = Configuration(tuple(plain.read(file)))
    assert [detail for rule in RULES for _, detail in rule.find(conf)] == [
        "the nearest name is PythonHandler",
        "the nearest name is mod_python.session.cookie_name",
        "write mod_python.session.application_path",
    ]


# --- reading text ---


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b\tc", ["a", "b", "c"]),
        ('"a b" c', ["a b", "c"]),
        ("'a \"b\"' c", ['a "b"', "c"]),
        (r'"a \"b\" \\ \d"', ['a "b" \\ \\d']),
        (r"c:\dir\\x", [r"c:\dir\x"]),
        ('"never closed', ["never closed"]),
        ("", []),
    ],
)
def test_words_are_split_as_httpd_does(text: str, words: list[str]) -> None:
    assert split(text) == words


@pytest.mark.once
def test_included_files_are_read_in_order_with_their_own_lines(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/b.conf").write_text("\nPythonDebug On\n")
    (tmp_path / "conf.d/a.conf").write_text("PythonDebug On\n")
    file = tmp_path / "httpd.conf"
    file.write_text("Include conf.d/*.conf\nIncludeOptional none/*.conf\nDefine D conf.d/a.conf\nInclude ${D}\n")
    found = [(Path(line.file).name, line.number) for line in plain.read(file) if line.name == "pythondebug"]
    assert found == [("a.conf", 1), ("b.conf", 2), ("a.conf", 1)]


@pytest.mark.once
def test_a_continued_line_has_the_number_of_its_end(tmp_path: Path) -> None:
    assert broken(tmp_path, "PythonOption \\\n  session \\\n  x\n") == {"old-option-name": [3]}


@pytest.mark.once
def test_bytes_that_are_no_text_are_read(tmp_path: Path) -> None:
    file = tmp_path / "c"
    file.write_bytes(b"ServerAdmin \xff\r\nPythonDebug On\r\n")
    assert [line.number for line in plain.read(file)] == [1, 2]


# --- the command ---

LOADED = """
ServerRoot "{root}"
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule macro_module {modules}/mod_macro.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule python_module {module}
TypesConfig /dev/null
DefaultRuntimeDir "{root}"
ServerName check.test
Listen 127.0.0.1:1
"""

event_only = pytest.mark.skipif(site.MPM != "event", reason="the command has no MPM")


def httpd_conf(command: Command, text: str) -> str:
    head = LOADED.format(root=command.cwd, modules=site.modules_dir(), module=site.MODULE)
    (command.cwd / "httpd.conf").write_text(head.lstrip() + text)
    return "httpd.conf"


def findings(command: Command, *arguments: str) -> dict[str, Any]:
    outcome = command.run("check", "--json", *arguments)
    assert outcome.returncode in (0, 1), outcome.stderr
    answer: dict[str, Any] = json.loads(outcome.stdout)
    assert outcome.returncode == (1 if answer["findings"] else 0)
    return answer


@event_only
def test_a_clean_configuration_is_status_0(command: Command) -> None:
    assert command.output("check", httpd_conf(command, "PythonDebug Off\n")) == "nothing found\n"


@event_only
def test_findings_are_status_1_with_file_line_and_remedy(command: Command) -> None:
    outcome = command.run("check", httpd_conf(command, "PythonDebug On\n"))
    assert outcome.returncode == 1
    first, remedy, total = outcome.stdout.splitlines()
    assert first.startswith(f"{command.cwd}/httpd.conf:11: warning: PythonDebug: PythonDebug On shows")
    assert first.endswith(" [debug-on]")
    assert remedy == "    leave it out in production; the error log has all tracebacks"
    assert total == "1 finding"


@event_only
def test_json_has_the_same(command: Command) -> None:
    answer = findings(command, httpd_conf(command, "PythonDebug On\n"))
    assert answer["read_by"] == "httpd"
    (finding,) = answer["findings"]
    assert finding == {
        "file": f"{command.cwd}/httpd.conf",
        "line": 11,
        "directive": "PythonDebug",
        "name": "debug-on",
        "severity": "warning",
        "problem": "PythonDebug On shows tracebacks, with lines of source, to every client",
        "remedy": "leave it out in production; the error log has all tracebacks",
    }


@event_only
def test_httpd_resolves_conditions_macros_and_included_files(command: Command) -> None:
    (command.cwd / "more.conf").write_text("\nPythonAutoReload On\n")
    text = "<IfModule !python_module>\nPythonEnablePdb On\n</IfModule>\nInclude more.conf\n"
    text += "<Macro Debugged $where>\n<Directory $where>\nPythonDebug On\n</Directory>\n</Macro>\nUse Debugged /srv\n"
    answer = findings(command, httpd_conf(command, text))
    assert answer["read_by"] == "httpd"
    found = [(Path(finding["file"]).name, finding["line"], finding["name"]) for finding in answer["findings"]]
    assert found == [("more.conf", 2, "auto-reload-on"), ("httpd.conf", 20, "debug-on")]


@event_only
def test_httpd_and_the_text_find_the_same(command: Command) -> None:
    text = "\n".join(bad[0] for name, (bad, _) in CASES.items() if name not in ("unknown-directive", "two-pythons"))
    httpd_conf(command, text + "\n")
    by_httpd, by_text = findings(command, "httpd.conf"), findings(command, "--text", "httpd.conf")
    assert (by_httpd["read_by"], by_text["read_by"]) == ("httpd", "text")

    def seen(answer: dict[str, Any]) -> list[tuple[int, str]]:
        return [(finding["line"], finding["name"]) for finding in answer["findings"]]

    assert seen(by_httpd) == seen(by_text)
    assert len(by_httpd["findings"]) > 10


@event_only
def test_what_httpd_refuses_is_read_as_text_and_said(command: Command) -> None:
    outcome = command.run("check", httpd_conf(command, "PythonAuthoritative On\n"))
    assert outcome.returncode == 1
    assert "[unknown-directive]" in outcome.stdout
    assert "read without httpd, which says: " in outcome.stderr
    assert "Invalid command 'PythonAuthoritative'" in outcome.stderr


@event_only
def test_mod_wsgi_beside_us_is_found_where_httpd_reads(command: Command) -> None:
    conf = httpd_conf(command, f"<IfDefine NO>\nLoadModule wsgi_module {site.modules_dir()}/mod_wsgi.so\n</IfDefine>\n")
    answer = findings(command, conf)
    assert answer["read_by"] == "httpd"
    assert [finding["name"] for finding in answer["findings"]] == ["two-pythons"]


@event_only
def test_an_htaccess_is_judged_by_what_it_says_alone(command: Command) -> None:
    """What hands requests to Python may stand in the server's configuration."""
    (command.cwd / ".htaccess").write_text("PythonHandler hello\nPythonDebug On\n")
    answer = findings(command, ".htaccess")
    assert [finding["name"] for finding in answer["findings"]] == ["debug-on"]


@event_only
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Include none.conf\n", "/httpd.conf:1: there is no "),
        ("<Directory /x>\n", "/httpd.conf: <Directory> of line 1 is not closed"),
        ("</Directory>\n", "/httpd.conf:1: </directory> closes nothing that is open"),
        ("Include httpd.conf\n", "more than 128 files that include each other"),
    ],
)
def test_what_cannot_be_read_is_status_2(command: Command, text: str, said: str) -> None:
    file = command.cwd / "httpd.conf"
    file.write_text(text)
    assert said in command.refusal("check", str(file), status=2)


@event_only
def test_a_file_that_is_not_there_is_status_2(command: Command) -> None:
    said = command.refusal("check", "no.conf", status=2)
    assert said == "mod_python check: no.conf: No such file or directory\n"
