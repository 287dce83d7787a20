"""The samples in conf/ work as they are, and so does every example in them."""

from __future__ import annotations

import re

from harness import site
from harness.serve import Serve

_CONF = site.CHECKOUT / "conf"


def _sample(name: str) -> str:
    return (_CONF / name).read_text()


def _load_line() -> str:
    """python.load, with the module under test in the place of the installed one."""
    text, count = re.subn(r"(?m)^(LoadModule python_module) \S+$", rf"\1 {site.MODULE}", _sample("python.load"))
    assert count == 1
    return text


def test_python_load_and_python_conf(serve: Serve) -> None:
    server = serve(
        "hello",
        load_python=False,
        server=_load_line() + _sample("python.conf"),
        directory="SetHandler mod_python\nPythonHandler hello",
    )
    assert server.text() == "Hello, World!"


def test_every_example_of_python_conf_can_be_switched_on(serve: Serve) -> None:
    text, count = re.subn(r"(?m)^#(?=Python)", "", _sample("python.conf"))
    assert count > 5
    text = text.replace("PythonHome /usr", f"PythonHome {site.python_prefix()}")
    server = serve(
        "options",
        server=text,
        directory="SetHandler mod_python\nPythonHandler options\nPythonPath \"['{htdocs}'] + sys.path\"",
    )
    assert server.json() == [["example.greeting", "Good morning"]]


def test_htaccess(serve: Serve) -> None:
    server = serve("hello", directory="AllowOverride FileInfo", htaccess=_sample("htaccess"))
    assert server.text() == "Hello, World!"


def test_vhost_conf(serve: Serve) -> None:
    site_conf = _sample("vhost.conf").replace("*:80", "127.0.0.1:{port}").replace("/srv/www.example.com", "{htdocs}")
    server = serve("samples", modules=("mime",), late=site_conf)
    (server.htdocs / "page.txt").write_text("static")
    for path, answer in [
        ("/any.py", "handler"),
        ("/mysite.py", "handler"),
        ("/status", "status"),
        ("/page.txt", "static"),
    ]:
        assert server.text(path, host="www.example.com") == answer
