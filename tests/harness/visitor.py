"""A visitor who knows a server under test by the name that its configuration gives it: https://django.example.com/."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from harness import memcheck

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from harness.server import Server


class _Here(httpx.HTTPTransport):
    """Connects to the server under test, whatever name an address has."""

    def __init__(self, server: Server, verify: ssl.SSLContext | bool) -> None:
        super().__init__(verify=verify, limits=httpx.Limits(max_keepalive_connections=0))
        self._ports = {"http": server.port, "https": server.tls_port}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        here = httpx.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1", port=self._ports[request.url.scheme]),
            # With the name, in the field Host.
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        return super().handle_request(here)


def visitor(server: Server, address: str, certificate: Path | None = None) -> httpx.Client:
    """A client with cookies of its own, for a site such as `https://django.example.com`."""
    verify = ssl.create_default_context(cafile=str(certificate)) if certificate else False
    return httpx.Client(
        base_url=address,
        transport=_Here(server, verify),
        timeout=memcheck.patience(20),
        # A browser says where a form was, and Django asks for it.
        headers={"Referer": f"{address}/"},
    )


def make_certificate(folder: Path, name: str) -> None:
    """`certificate.pem` and `key.pem`, as a test's own authority has them."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )


def accept_any_certificate(browser: Chrome) -> None:
    """For as long as the browser runs."""
    browser.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})


def ask(server: Server, address: str, target: bytes, *headers: bytes) -> int:
    """The status of the answer to a GET of these very bytes."""
    with _connected(server, address) as (connection, host):
        connection.sendall(_head(b"GET", target, host, b"Connection: close", *headers))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split(b" ", 2)[1])


def leave(server: Server, address: str, target: bytes, *headers: bytes, body: bytes) -> None:
    """Promise a form that is longer than `body`, send that, and close."""
    form = (
        b"Content-Type: application/x-www-form-urlencoded",
        b"Content-Length: 1000",
        b"Referer: " + address.encode(),
    )
    with _connected(server, address) as (connection, host):
        connection.sendall(_head(b"POST", target, host, *form, *headers) + body)


def _head(method: bytes, target: bytes, host: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([method + b" " + target + b" HTTP/1.1", b"Host: " + host, *headers, b"", b""])


@contextmanager
def _connected(server: Server, address: str) -> Iterator[tuple[socket.socket, bytes]]:
    url = httpx.URL(address)
    port = server.tls_port if url.scheme == "https" else server.port
    with socket.create_connection(("127.0.0.1", port), memcheck.patience(20)) as plain:
        if url.scheme == "http":
            yield plain, url.host.encode()
            return
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        # In 1.3 the server sends tickets afterwards; closed with those unread, a connection is reset at once.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with context.wrap_socket(plain, server_hostname=url.host) as connection:
            yield connection, url.host.encode()
