"""URLs, addresses, validators and what else describes request and answer: methods."""

from __future__ import annotations

import subprocess

import pytest
from harness.inside import Inside
from harness.serve import Serve

# --- URLs and addresses ---


def test_document_root(inside: Inside) -> None:
    """21.2: 9."""
    assert inside("result = req.document_root()") == str(inside.server.htdocs)


def test_construct_url_has_an_unusual_port(inside: Inside) -> None:
    """21.2: 26."""
    port = inside.server.port
    assert inside("result = req.construct_url('/index.html')") == f"http://127.0.0.1:{port}/index.html"


def test_construct_url_follows_use_canonical_name(inside: Inside) -> None:
    server = inside.serve(server="UseCanonicalName On\nServerName main.test:80")
    assert inside("result = req.construct_url('/p')") == "http://main.test/p"
    assert server.port != 80


@pytest.mark.parametrize("path", ["None", "7", "'\\u20ac'", "'a\\0b'", ""])
def test_construct_url_takes_a_text(inside: Inside, path: str) -> None:
    assert inside.error(f"req.construct_url({path})").split(":")[0] in {"TypeError", "ValueError"}


@pytest.mark.parametrize(
    ("arguments", "host"),
    [
        ("", "127.0.0.1"),
        ("0", None),
        ("1", "127.0.0.1"),
        ("2", "127.0.0.1"),
        ("1, None", "127.0.0.1"),
        ("1, 1", ["127.0.0.1", 1]),
        ("0, 1", None),
        ("99", "127.0.0.1"),
    ],
)
def test_get_remote_host_without_look_ups(inside: Inside, arguments: str, host: object) -> None:
    """21.7: 115. REMOTE_HOST is 0, REMOTE_NAME 1, REMOTE_NOLOOKUP 2."""
    assert inside(f"result = req.get_remote_host({arguments})") == host


def test_get_remote_host_takes_a_number(inside: Inside) -> None:
    assert inside.error("req.get_remote_host('1')").startswith("TypeError: ")
    assert inside.error("req.get_remote_host(2**40)").startswith("OverflowError: ")


# --- mod_ssl ---


def test_without_mod_ssl_nothing_is_encrypted(inside: Inside) -> None:
    """7.2."""
    assert inside("result = [req.is_https(), req.ssl_var_lookup('HTTPS')]") == [0, None]


@pytest.mark.http1
def test_mod_ssl_is_asked(serve: Serve) -> None:
    """7.2."""
    server = serve.prepare(
        None,
        modules=("ssl",),
        server='SSLEngine on\nSSLCertificateFile "{root}/both.pem"',
        directory="SetHandler mod_python\nPythonHandler tls",
    )
    (server.htdocs / "tls.py").write_text(
        "def handler(req):\n"
        "    names = 'HTTPS', 'SSL_SERVER_S_DN_O', 'NO_SUCH_NAME', 'SSL_CLIENT_S_DN'\n"
        "    req.write(ascii([req.is_https(), *map(req.ssl_var_lookup, names), req.construct_url('/')[:8]]))\n"
        "    return 0\n"
    )
    key, certificate = server.root / "key.pem", server.root / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-utf8"),
            *("-subj", "/CN=main.test/O=Grün", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    (server.root / "both.pem").write_text(key.read_text() + certificate.read_text())
    # About the certificate, and about the libraries of this machine.
    server.tolerate_log("AH01906", "AH01882", "AH01873")
    server.start()
    answer = server.get(f"https://127.0.0.1:{server.port}/")
    assert answer.text == r"[1, 'on', 'Gr\xfcn', None, None, 'https://']"


@pytest.mark.parametrize("name", ["None", "7", "'a\\0b'", ""])
def test_ssl_var_lookup_takes_a_text(inside: Inside, name: str) -> None:
    assert inside.error(f"req.ssl_var_lookup({name})").split(":")[0] in {"TypeError", "ValueError"}


# --- the answer ---


def test_set_content_length(inside: Inside) -> None:
    """21.7: 99."""
    source = """
        req.set_content_length(15)
        headers = req.headers_out
        result = [req.clength, headers['content-length'], 'Content-Length' in headers]
        del headers['content-length']
    """
    assert inside(source) == [15, "15", True]


@pytest.mark.parametrize(
    ("value", "error"),
    [("-1", "ValueError"), ("'15'", "TypeError"), ("1.5", "TypeError"), ("2**63", "OverflowError"), ("", "TypeError")],
)
def test_a_content_length_is_a_length(inside: Inside, value: str, error: str) -> None:
    assert inside.error(f"req.set_content_length({value})").startswith(f"{error}: ")


def test_send_http_header_does_nothing(inside: Inside) -> None:
    assert inside("result = [req.send_http_header(), req.sent_bodyct]") == [None, 0]


def test_mtime_and_its_headers(inside: Inside) -> None:
    """21.2: 40."""
    server = inside.server
    (server.htdocs / "page.txt").write_text("text")
    source = "a = req.mtime\nreq.update_mtime(100.0)\nreq.set_etag()\nreq.set_last_modified()\nresult = [a, req.mtime]"
    answer = server.post("/page.txt", source.encode())
    assert answer.json()["result"] == [0.0, 100.0]
    assert answer.headers["Last-Modified"] == "Thu, 01 Jan 1970 00:01:40 GMT"
    assert "ETag" in answer.headers


def test_mtime_only_ever_rises_by_whole_seconds(inside: Inside) -> None:
    """7.2."""
    source = "result = []\nfor t in (100.9, 50, 200):\n    req.update_mtime(t)\n    result.append(req.mtime)"
    assert inside(source) == [100.0, 100.0, 200.0]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("float('nan')", "ValueError"),
        ("float('inf')", "OverflowError"),
        ("1e300", "OverflowError"),
        ("'1'", "TypeError"),
    ],
)
def test_an_mtime_is_a_time(inside: Inside, value: str, error: str) -> None:
    assert inside.error(f"req.update_mtime({value})").startswith(f"{error}: ")


def test_meets_conditions(serve: Serve) -> None:
    """7.2. RFC 9110, 13.1.3."""
    server = serve.prepare(None, directory="SetHandler mod_python\nPythonHandler conditions")
    (server.htdocs / "conditions.py").write_text(
        "def handler(req):\n    req.update_mtime(100)\n    req.set_last_modified()\n    return req.meets_conditions()\n"
    )
    server.start()
    assert server.get("/").status_code == 200
    since = {"If-Modified-Since": "Thu, 01 Jan 1970 00:01:40 GMT"}
    assert server.get("/", headers=since).status_code == 304


@pytest.mark.parametrize(
    ("methods", "allow"),
    [
        ("['GET', 'PSST']", {"GET", "HEAD", "OPTIONS", "PSST"}),
        ("('PUT',), 1", {"PUT"}),
        ("['A'], 0", {"A"}),
        ("'XY'", {"X", "Y"}),
        ("[b'PUT']", {"PUT"}),
    ],
)
def test_allow_methods(serve: Serve, methods: str, allow: set[str]) -> None:
    """21.2: 17. Named in Allow, RFC 9110, 10.2.1."""
    server = serve.prepare(None, directory="SetHandler mod_python\nPythonHandler allows")
    (server.htdocs / "allows.py").write_text(f"def handler(req):\n    req.allow_methods({methods})\n    return 405\n")
    server.start()
    answer = server.get("/")
    assert answer.status_code == 405
    named = {name.strip() for name in answer.headers["Allow"].split(",")}
    assert named - {"HEAD", "OPTIONS", "TRACE"} == allow - {"HEAD", "OPTIONS", "TRACE"}


def test_only_extension_methods_show(inside: Inside) -> None:
    """7.1. With reset, earlier ones are forgotten."""
    source = """
        req.allow_methods(['GET', 'PSST'])
        before = req.allowed_methods
        req.allow_methods([], 1)
        result = [before, req.allowed_methods]
    """
    assert inside(source) == [["PSST"], []]


@pytest.mark.parametrize("methods", ["None", "7", "[7]", "['a\\rb']", "['\\u20ac']", "['']", ""])
def test_what_is_no_list_of_methods_is_refused(inside: Inside, methods: str) -> None:
    assert inside.error(f"req.allow_methods({methods})").split(":")[0] in {"TypeError", "ValueError"}
    assert inside("result = req.allowed_methods") == []


# --- get_addhandler_exts ---


def test_without_mod_mime_there_is_no_extension(inside: Inside) -> None:
    """Q36. 3.5 crashed."""
    assert inside("result = req.get_addhandler_exts()") == ""


def test_addhandler_exts(inside: Inside) -> None:
    """7.2. mod_mime ignores case, and a dot in front; of virtual hosts the request's own counts."""
    inside.serve(
        modules=("mime",),
        server="AddHandler mod_python .py PSP\nAddHandler cgi-script .cgi",
        directory="AddHandler Python-Program .pyc .py",
        vhosts={
            "main.test": 'AddHandler mod_python ".own"\n',
            "other.test": "AddHandler mod_python .other",
        },
    )
    assert inside("result = req.get_addhandler_exts()") == "py psp pyc own "
