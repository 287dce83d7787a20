"""The demo site of apxs/run-demo, under every MPM and Python, and the command itself."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess

import httpx
import pytest
from harness import files, site
from harness.serve import Serve
from harness.server import Server

_DEMO = site.CHECKOUT / "apxs" / "demo"
_MODULES = ("mime", "dir", "authn_core", "authn_file", "authz_user", "auth_basic")


@pytest.fixture
def demo(serve: Serve) -> Server:
    server = serve.prepare(
        modules=_MODULES,
        server="TypesConfig /dev/null\nAddType text/html .html\nDirectoryIndex index.html",
        directory="AllowOverride FileInfo AuthConfig\nPythonDebug On",
    )
    files.copy_tree(_DEMO / "site", server.htdocs)
    (server.root / "htpasswd").write_text((_DEMO / "htpasswd").read_text())
    server.start()
    return server


def test_the_hello_handler(demo: Server) -> None:
    assert demo.text("/hello/") == "Hello from Python\n"


def test_the_page_that_shows_the_request(demo: Server) -> None:
    text = demo.text("/request/?q=%3Cb%3E", headers={"X-Shown": "<i>"})
    assert "from request/.htaccess" in text
    assert "&lt;i&gt;" in text
    assert "<i>" not in text


def test_the_protected_page(demo: Server) -> None:
    demo.tolerate_log("AH01617")
    assert demo.get("/members/").status_code == 401
    assert demo.get("/members/", auth=("demo", "wrong")).status_code == 401
    assert "Welcome, demo" in demo.get("/members/", auth=("demo", "apache")).text


def test_the_start_page_leads_to_all_of_them(demo: Server) -> None:
    page = demo.text("/")
    for link in ("/hello/", "/request/", "/members/"):
        assert f'href="{link}"' in page


def _run_demo(port: int) -> subprocess.Popen[str]:
    environment = os.environ | {
        "SKIP_PACKAGES": "1",
        "MOD_PYTHON_SO": str(site.MODULE),
        "PYTHON": site.PYTHON,
        "PYO3_PYTHON": site.PYTHON,
    }
    return subprocess.Popen(
        [site.CHECKOUT / "apxs" / "run-demo", "--port", str(port)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.skipif(site.MPM != "event", reason="the command chooses the MPM by itself")
def test_run_demo_prints_urls_that_answer_and_stops_on_ctrl_c() -> None:
    port = _free_port()
    command = _run_demo(port)
    assert command.stdout is not None
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = command.stdout.readline()
            assert line, f"run-demo ended by itself:\n{said}"
            said += line
        urls = re.findall(r"http://127\.0\.0\.1:\d+/\w*/?", said)
        hello = next(url for url in urls if url.endswith("/hello/"))
        assert httpx.get(hello, trust_env=False).text == "Hello from Python\n"
    finally:
        command.send_signal(signal.SIGINT)
        rest = command.stdout.read()
        command.stdout.close()
        assert command.wait(30) == 0, rest
    assert "Stopped" in rest
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


@pytest.mark.skipif(site.MPM != "event", reason="says nothing about the MPM")
def test_run_demo_says_in_one_sentence_that_the_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = _run_demo(port)
        said, _ = command.communicate(timeout=60)
    assert command.returncode != 0
    assert len(said.strip().splitlines()) == 1
    assert str(port) in said
