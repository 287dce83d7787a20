"""apxs/run-demo, with a module that is built already: what it serves, how it ends, what it refuses."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

import httpx
import pytest
from harness import site
from harness.command import descendants
from harness.guestbook import Visitor, entries

pytestmark = pytest.mark.skipif(site.MPM != "event", reason="the command chooses the MPM by itself")

RUN_DEMO = site.CHECKOUT / "apxs" / "run-demo"
PATIENCE = 30


def environment(**extra: str) -> dict[str, str]:
    # Nothing is installed while testing.
    ours = {"MOD_PYTHON_SO": str(site.MODULE), "PYTHON": site.PYTHON, "SKIP_PACKAGES": "1"}
    return {**os.environ, **ours, **extra}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run(*options: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(RUN_DEMO), *options],
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def refusal(outcome: subprocess.CompletedProcess[str]) -> str:
    """What it said when it refused: one sentence, and nothing else."""
    assert outcome.returncode != 0
    assert outcome.stdout == ""
    (line,) = outcome.stderr.splitlines()
    return line


@dataclass
class Demo:
    process: subprocess.Popen[str]
    url: str
    root: Path

    def get(self, path: str, **options: object) -> httpx.Response:
        return httpx.get(self.url + path, trust_env=False, timeout=PATIENCE, **options)  # type: ignore[arg-type]

    def stop(self, how: signal.Signals) -> None:
        """Ask it to end, and see that it left nothing behind."""
        started = descendants(self.process.pid)
        assert started
        self.process.send_signal(how)
        assert self.process.wait(PATIENCE) == 0
        assert not self.root.exists()
        deadline = time.monotonic() + PATIENCE
        while any(Path(f"/proc/{pid}").exists() for pid in started):
            assert time.monotonic() < deadline, f"still there: {started}"
            time.sleep(0.05)
        with pytest.raises(httpx.ConnectError):
            self.get("/")


@contextlib.contextmanager
def running() -> Iterator[Demo]:
    port = free_port()
    process = subprocess.Popen(
        [str(RUN_DEMO), "--port", str(port)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    found = re.search(r"Its files are in (.*)/site", said)
    assert found, said
    try:
        yield Demo(process, f"http://127.0.0.1:{port}", Path(found[1]))
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running() as demo:
        yield demo


# --- the pages ---


def test_the_first_page_leads_to_the_others(demo: Demo) -> None:
    page = demo.get("/")
    assert page.status_code == 200
    links = re.findall(r'(?:href|src)="([^"]*)"', page.text)
    assert len(links) >= 4
    for link in links:
        assert link.startswith("/"), "the demo must not load anything from elsewhere"
        assert demo.get(link.replace("&amp;", "&")).status_code == 200, link


def test_the_first_page_shows_the_hello_handler_as_it_is(demo: Demo) -> None:
    folder = site.CHECKOUT / "apxs/demo/site/hello"
    page = demo.get("/").text
    assert escape((folder / ".htaccess").read_text().strip(), quote=False) in page
    code = (folder / "hello.py").read_text().partition("from mod_python")
    untyped = (code[1] + code[2]).replace(": Any", "").replace(" -> int", "")
    # One blank line less than a file of Python needs.
    assert escape(untyped.strip().replace("\n\n\n", "\n\n"), quote=False) in page


def test_an_edited_handler_takes_effect(demo: Demo) -> None:
    handler = demo.root / "site/hello/hello.py"
    original = handler.read_text()
    try:
        handler.write_text(original.replace("Hello from Python", "Edited"))
        deadline = time.monotonic() + PATIENCE
        while demo.get("/hello/").text != "Edited\n":
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        handler.write_text(original)


def test_the_request_page_shows_the_request(demo: Demo) -> None:
    page = demo.get("/request/some/path?colour=blue", headers={"X-Test": "seen"}).text
    for shown in (
        "<td>GET /request/some/path?colour=blue HTTP/1.1</td>",
        "<td>colour=blue</td>",
        "<th>X-Test</th><td>seen</td>",
        "<th>demo.note</th><td>from request/.htaccess</td>",
        "<th>PythonDebug</th><td>1</td>",
        "<th>req.interpreter</th><td>127.0.0.1</td>",
        "<th>sys.version</th><td>{}.{}.".format(*site.python_version()),
    ):
        assert shown in page


def test_the_request_page_escapes_what_the_client_sent(demo: Demo) -> None:
    page = demo.get("/request/?<script>alert(1)</script>", headers={"X-Test": "\"'<script>"}).text
    assert "<script" not in page
    assert "&quot;&#x27;&lt;script&gt;" in page


def test_the_guest_book_takes_an_entry_and_its_moderator_publishes_it(demo: Demo) -> None:
    visitor, moderator = Visitor(demo.url), Visitor(demo.url)
    visitor.sign("Ada", "Hello")
    moderator.log_in()
    moderator.publish_all()
    assert entries(visitor.look()) == [("Ada", "Hello")]


@pytest.mark.parametrize("path", ["/hello/hello.py", "/request/show_request.py", "/guestbook/index.py"])
def test_no_source_is_served(demo: Demo, path: str) -> None:
    assert "import " not in demo.get(path).text


@pytest.mark.parametrize(
    "path", ["/hello/.htaccess", "/guestbook/.htaccess", "/guestbook/data/moderators", "/httpd.conf"]
)
def test_no_configuration_is_served(demo: Demo, path: str) -> None:
    assert demo.get(path).status_code in (403, 404)


# --- its end ---


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_it_and_nothing_stays(how: signal.Signals) -> None:
    with running() as demo:
        assert demo.get("/hello/").status_code == 200
        demo.stop(how)


# --- what it refuses ---


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refusal(run("--port", str(port)))
    assert f"127.0.0.1:{port} (Address already in use)" in said


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--port", "many"], "'many' is not a port number"),
        (["--port", "70000"], "127.0.0.1:70000 (no such port)"),
        (["--port"], "--port needs a number"),
        (["--nonsense"], "unknown option '--nonsense'"),
    ],
)
def test_a_wrong_option_is_one_sentence(options: list[str], expected: str) -> None:
    assert expected in refusal(run(*options))


def test_a_module_that_is_not_there_is_one_sentence() -> None:
    assert "/no/such.so does not exist" in refusal(run(MOD_PYTHON_SO="/no/such.so"))


def test_a_module_that_does_not_load_is_explained(tmp_path: Path) -> None:
    (tmp_path / "broken.so").write_text("not a library")
    outcome = run("--port", str(free_port()), MOD_PYTHON_SO=str(tmp_path / "broken.so"))
    assert outcome.returncode != 0
    assert "httpd did not start" in outcome.stderr
    assert "broken.so" in outcome.stderr


def test_help() -> None:
    outcome = run("--help")
    assert outcome.returncode == 0
    assert "--dry-run" in outcome.stdout
