"""Each directive, each context: accepted where documented, refused elsewhere."""

from __future__ import annotations

import re

import pytest
from harness.serve import Serve

# A valid argument for every directive, and whether sections and .htaccess may have it.
# Each is allowed in the main server.
PHASES_OF_SECTIONS = [
    "PythonHeaderParserHandler",
    "PythonInitHandler",
    "PythonAccessHandler",
    "PythonAuthenHandler",
    "PythonAuthzHandler",
    "PythonTypeHandler",
    "PythonFixupHandler",
    "PythonHandler",
    "PythonLogHandler",
    "PythonCleanupHandler",
    "PythonHandlerModule",
]
PHASES_OF_SERVERS = ["PythonPostReadRequestHandler", "PythonTransHandler"]
SECTIONS_ONLY = {
    "PythonInputFilter": "every_phase one",
    "PythonOutputFilter": "every_phase two",
    "PythonReload": "interpreter",
}
EVERYWHERE = {
    **dict.fromkeys(PHASES_OF_SECTIONS, "every_phase"),
    "PythonInterpreter": "some_name",
    "PythonInterpPerDirectory": "On",
    "PythonInterpPerDirective": "On",
    "PythonPath": "\"['{htdocs}'] + sys.path\"",
    "PythonDebug": "On",
    "PythonEnablePdb": "On",
    "PythonAutoReload": "Off",
    "PythonRequestTimeout": "30",
    "PythonOption": "key value",
    "PythonAuthnProvider": "module::object",
}
SERVER_AND_VHOST = {
    **dict.fromkeys(PHASES_OF_SERVERS, "every_phase"),
    "PythonImport": "json main_interpreter",
    "PythonOptimize": "On",
    "PythonInterpreterOptions": "some_name path=/nowhere",
    "PythonAuthzProvider": "rule module::object",
}
# The same, but it takes every connection: what it does is in test_connection_handler.py.
CONNECTION = {"PythonConnectionHandler": "module::object another"}
MAIN_SERVER = {
    "PythonHome": "/usr",
    "PythonMaxInterpreters": "9",
    "PythonShutdownTimeout": "3",
    "PythonInterruptTimeout": "4",
    "PythonSessionCache": "shmcb",
}
FLAGS = ["PythonInterpPerDirectory", "PythonInterpPerDirective", "PythonDebug", "PythonEnablePdb", "PythonAutoReload"]

SECTIONS = [
    '<Directory "{htdocs}">',
    '<DirectoryMatch "^{htdocs}">',
    '<Location "/">',
    '<LocationMatch "^/">',
    '<Files "x">',
    "<If \"%{HTTP_HOST} == 'x'\">",
]


def _within(section: str, line: str) -> str:
    name = section[1:].split()[0]
    return f"{section}\n{line}\n</{name}>"


def _named(directives: dict[str, str]) -> list[str]:
    return [f"{name} {arguments}" for name, arguments in directives.items()]


def test_these_are_all_directives_of_the_module(serve: Serve) -> None:
    server = serve.prepare("every_phase")
    server.write_config()
    listing = server.process.run("-L").stdout
    ours = set(re.findall(r"^(\w+) \(mod_python\.", listing, re.MULTILINE))
    assert ours == {*EVERYWHERE, *SECTIONS_ONLY, *SERVER_AND_VHOST, *CONNECTION, *MAIN_SERVER}


@pytest.mark.parametrize("line", _named(EVERYWHERE | SECTIONS_ONLY | SERVER_AND_VHOST))
def test_works_in_the_main_server(serve: Serve, line: str) -> None:
    path = "PythonPath \"['{htdocs}'] + sys.path\""
    assert serve("every_phase", server=f"{path}\n{line}").get("/nothing").status_code == 404


def test_all_others_work_in_a_virtual_host(serve: Serve) -> None:
    lines = "\n".join(_named(EVERYWHERE | SECTIONS_ONLY | SERVER_AND_VHOST))
    assert serve("every_phase", vhosts={"a.test": lines}).get("/nothing").status_code == 404


@pytest.mark.parametrize("section", SECTIONS)
def test_all_that_are_not_for_servers_work_in_a_section(serve: Serve, section: str) -> None:
    lines = "\n".join(_named(EVERYWHERE | SECTIONS_ONLY))
    assert serve("every_phase", server=_within(section, lines)).get("/nothing").status_code == 404


@pytest.mark.parametrize("category", ["All", "FileInfo", "Limit", "AuthConfig", "Indexes", "Options"])
def test_they_work_in_htaccess_with_any_override(serve: Serve, category: str) -> None:
    server = serve("every_phase", directory=f"AllowOverride {category}")
    lines = "\n".join(_named(EVERYWHERE)).replace("{htdocs}", str(server.htdocs))
    (server.htdocs / ".htaccess").write_text(lines + "\n")
    assert server.get("/nothing").status_code == 404


def test_htaccess_is_ignored_without_override(serve: Serve) -> None:
    server = serve(
        "hello",
        directory="AllowOverride None\nSetHandler mod_python\nPythonHandler hello",
        htaccess="PythonHandler no_such_module\n",
    )
    assert server.text() == "Hello, World!"


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("line", _named(SERVER_AND_VHOST | CONNECTION | MAIN_SERVER))
def test_a_server_directive_is_refused_in_a_section(serve: Serve, section: str, line: str) -> None:
    refusal = serve.refused("every_phase", server=_within(section, line))
    assert f"{line.split()[0]} " in refusal
    assert "httpd.conf" in refusal


# httpd has to know a filter's name before it serves its first request, and whether files are watched.
@pytest.mark.parametrize("line", _named(SERVER_AND_VHOST | CONNECTION | MAIN_SERVER | SECTIONS_ONLY))
def test_a_server_directive_is_refused_in_htaccess(serve: Serve, line: str) -> None:
    server = serve("every_phase", htaccess=line + "\n")
    server.expect_log(f"{line.split()[0]} not allowed here")
    assert server.get("/").status_code == 500


def test_python_home_is_refused_in_a_virtual_host(serve: Serve) -> None:
    assert "PythonHome" in serve.refused("every_phase", vhosts={"a.test": "PythonHome /usr"})


@pytest.mark.parametrize("directive", FLAGS)
@pytest.mark.parametrize("value", ["", "Perhaps"])
def test_a_flag_is_on_or_off(serve: Serve, directive: str, value: str) -> None:
    assert directive in serve.refused("every_phase", server=f"{directive} {value}")


@pytest.mark.parametrize(
    "line",
    [
        "PythonPath",
        "PythonPath sys.path sys.path",
        "PythonInterpreter",
        "PythonInterpreter one two",
        "PythonOption",
        "PythonOption key value more",
        "PythonConnectionHandler",
        "PythonInputFilter",
        "PythonInputFilter module name more",
        "PythonOutputFilter",
        "PythonOutputFilter module name more",
        "PythonImport",
        "PythonImport module",
        "PythonImport module interpreter more",
        "PythonHome",
        "PythonHome /usr /usr",
        "PythonSessionCache",
        "PythonSessionCache shmcb dbm",
    ],
)
def test_a_wrong_number_of_arguments_is_refused(serve: Serve, line: str) -> None:
    refusal = serve.refused("every_phase", server=line)
    assert line.split()[0] in refusal
    # Whoever reads this wants to know where to look.
    assert "httpd.conf" in refusal


def test_the_configuration_check_accepts_them_all(serve: Serve) -> None:
    server = serve.prepare(
        "every_phase",
        server="\n".join(_named(EVERYWHERE | SECTIONS_ONLY | SERVER_AND_VHOST | CONNECTION | MAIN_SERVER)),
        modules=("socache_shmcb",),
    )
    server.write_config()
    outcome = server.process.run("-t")
    assert (outcome.returncode, outcome.stderr.strip()) == (0, "Syntax OK")
