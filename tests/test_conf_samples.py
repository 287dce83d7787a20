"""Each example that conf/ and the README show has the effect that they promise.

That the sample files can be used as they are is the matter of test_samples.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from harness import site
from harness.serve import Serve

pytestmark = pytest.mark.skipif(site.MPM != "event", reason="the samples say nothing about the MPM")

CONF = site.CHECKOUT / "conf"
SERVED = "SetHandler mod_python\nPythonHandler seen"

# Directive of python.conf -> whether what the handler saw is what the sample says.
EFFECTS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "PythonHome": lambda seen: bool(seen["prefix"] == str(site.python_prefix())),
    "PythonPath": lambda seen: "/srv/python" in seen["path"],
    "PythonInterpreter": lambda seen: bool(seen["interpreter"] == "main_interpreter"),
    "PythonInterpPerDirectory": lambda seen: seen["interpreter"].endswith("/htdocs/"),
    "PythonInterpPerDirective": lambda seen: seen["interpreter"].endswith("/htdocs/"),
    "PythonImport": lambda seen: "decimal" in seen["modules"],
    "PythonAutoReload": lambda seen: bool(seen["config"]["PythonAutoReload"] == "0"),
    "PythonDebug": lambda seen: bool(seen["config"]["PythonDebug"] == "1"),
    "PythonOption": lambda seen: bool(seen["options"] == {"example.greeting": "Good morning"}),
}


def _examples_of_python_conf() -> dict[str, str]:
    lines = re.findall(r"^#(Python.*)$", (CONF / "python.conf").read_text(), re.MULTILINE)
    return {line.split()[0]: line for line in lines}


def test_python_conf_shows_every_directive_for_the_whole_server() -> None:
    assert set(_examples_of_python_conf()) == set(EFFECTS)


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
    server = serve("conf_samples", server=line, directory=directory)
    assert EFFECTS[directive](server.json())


def test_vhost_conf_lets_htaccess_name_handlers(serve: Serve) -> None:
    # On the test's own port, and for its own folder.
    sample = (CONF / "vhost.conf").read_text().replace("*:80", "*").replace("/srv/www.example.com", "{htdocs}")
    server = serve("conf_samples", late=sample, modules=("mime",), server="TypesConfig /dev/null")
    (server.htdocs / "sub").mkdir()
    (server.htdocs / "seen.py").rename(server.htdocs / "sub" / "seen.py")
    (server.htdocs / "sub" / ".htaccess").write_text("SetHandler mod_python\nPythonHandler seen\n")
    assert server.json("/sub/", "www.example.com")["interpreter"] == "www.example.com"


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
