"""The samples of conf/ and the example of the README do what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from harness import site
from harness.serve import Serve
from harness.server import Server

pytestmark = pytest.mark.once

CONF = site.CHECKOUT / "conf"
SERVED = "SetHandler mod_python\nPythonHandler mysite"

# Directive of python.conf -> whether what the handler saw is what the sample says.
EFFECTS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "PythonHome": lambda seen: bool(seen["prefix"] == str(site.python_prefix())),
    "PythonPath": lambda seen: "/srv/python" in seen["path"],
    "PythonInterpreter": lambda seen: bool(seen["interpreter"] == "main_interpreter"),
    "PythonInterpPerDirectory": lambda seen: seen["interpreter"].endswith("/htdocs/"),
    "PythonInterpPerDirective": lambda seen: seen["interpreter"].endswith("/htdocs/"),
    "PythonImport": lambda seen: "json.tool" in seen["modules"],
    "PythonAutoReload": lambda seen: bool(seen["config"]["PythonAutoReload"] == "0"),
    "PythonDebug": lambda seen: bool(seen["config"]["PythonDebug"] == "1"),
    "PythonOption": lambda seen: bool(seen["options"] == {"example.greeting": "Good morning"}),
}


def _examples_of_python_conf() -> dict[str, str]:
    lines = re.findall(r"^#(Python.*)$", (CONF / "python.conf").read_text(), re.MULTILINE)
    return {line.split()[0]: line for line in lines}


def test_python_conf_shows_every_directive_for_the_whole_server() -> None:
    assert set(_examples_of_python_conf()) == set(EFFECTS)


def test_python_conf_works_as_it_is(serve: Serve) -> None:
    server = serve("samples", server=f'Include "{CONF}/python.conf"', directory=SERVED)
    assert server.json()["config"] == {}


@pytest.mark.parametrize("directive", EFFECTS)
def test_each_example_of_python_conf_has_its_effect(serve: Serve, directive: str) -> None:
    line = _examples_of_python_conf()[directive]
    # Where the Python under test lives differs from machine to machine.
    line = re.sub(r"^PythonHome /usr$", f'PythonHome "{site.python_prefix()}"', line)
    directory = SERVED
    if directive == "PythonPath":
        # A PythonPath takes the place of the handler's directory.
        line = line.replace("sys.path +", "sys.path + ['{htdocs}'] +")
    if directive == "PythonImport":
        directory += "\nPythonInterpreter main_interpreter"
    server = serve("samples", server=line, directory=directory)
    assert EFFECTS[directive](server.json())


def test_python_load_loads_the_module(serve: Serve) -> None:
    (line,) = (CONF / "python.load").read_text().splitlines()
    installed = "/usr/lib/apache2/modules/mod_python.so"
    assert installed in line
    server = serve("samples", server=line.replace(installed, str(site.MODULE)), directory=SERVED, load_python=False)
    server.json()


def _serve_vhost(serve: Serve) -> Server:
    sample = (CONF / "vhost.conf").read_text()
    # The test's own port and folder.
    sample = sample.replace("*:80", "*").replace("/srv/www.example.com", "{htdocs}")
    return serve("samples", late=sample, modules=("mime", "auth_basic", "authn_core"))


def test_vhost_conf_serves_python_and_files(serve: Serve) -> None:
    server = _serve_vhost(serve)
    (server.htdocs / "readme.txt").write_text("a file")
    host = "www.example.com"
    assert server.json("/any.py", host)["interpreter"] == host
    # Not even the source of the handler itself is given away.
    assert server.json("/mysite.py", host)["interpreter"] == host
    assert server.text("/readme.txt", host) == "a file"
    assert server.text("/status", host) == "fine"


def test_vhost_conf_lets_htaccess_name_handlers(serve: Serve) -> None:
    server = _serve_vhost(serve)
    (server.htdocs / "sub").mkdir()
    (server.htdocs / "sub" / ".htaccess").write_text("SetHandler mod_python\nPythonHandler mysite::status\n")
    assert server.text("/sub/", "www.example.com") == "fine"


def test_htaccess_works_with_the_handler_that_it_shows(serve: Serve) -> None:
    text = (CONF / "htaccess").read_text()
    code = "".join(line[6:] + "\n" for line in re.findall(r"^#(?:     .*)?$", text, re.MULTILINE))
    server = serve.prepare(htaccess=text)
    (server.htdocs / "hello.py").write_text(code)
    server.start()
    assert server.text("/") == "Hello"
    assert server.text("/anything") == "Hello"


def test_htaccess_sets_the_option_that_it_shows(serve: Serve) -> None:
    server = serve.prepare(htaccess=(CONF / "htaccess").read_text())
    code = "def handler(req):\n    req.write(req.get_options()['greeting'])\n    return 0\n"
    (server.htdocs / "hello.py").write_text(code)
    server.start()
    assert server.text("/") == "Good morning"


def test_the_example_of_the_readme_works(serve: Serve) -> None:
    readme = (site.CHECKOUT / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (htaccess,) = re.findall(r"```apache\n(.*?)```", readme, re.DOTALL)
    server = serve.prepare(htaccess=htaccess)
    (server.htdocs / "hello.py").write_text(code)
    server.start()
    assert server.text("/?name=<b>World</b>") == "Hello &lt;b&gt;World&lt;/b&gt;, from main.test"
