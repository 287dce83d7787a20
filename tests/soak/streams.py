"""Gigabytes through one child, each way, and what they leave in its memory."""

from __future__ import annotations

import argparse
import re
import socket
import sys
from pathlib import Path

from soak import setting, table

_MIB = 1 << 20
_GIB = 1 << 30
_BLOCK = (b"x" * 16383 + b"\n") * 4

# What the child may hold more at its peak than before: buffers, and what a library takes once.
_FLAT_KIB = 3 * 1024

# A mapped file counts as resident as far as it was read.
_HOLDS_ALL = {"one_bytes", "one_bytearray", "one_mapping"}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/streams", description=__doc__)
    parser.add_argument("--gib", type=int, default=4, help="gigabytes each way (default: 4)")
    parser.add_argument("--one", type=int, default=3, help="gigabytes in one call (default: 3)")
    parser.add_argument("--mpm", default="event", choices=["event", "prefork", "worker"], help="default: event")
    return parser.parse_args()


def main() -> int:
    options = _options()
    rows: list[tuple[str, str, int, int, int]] = []
    failures: list[str] = []
    with setting.running("streams", children=1, threads=4) as server:
        (child,) = server.process.children()
        large = options.gib * _GIB
        ways = [
            *((way, body, large) for way in ("read", "lines", "discard") for body in ("length", "chunked")),
            *((way, "", large) for way in ("write", "write_and_flush", "sendfile")),
            *((way, "", options.one * _GIB) for way in ("one_mapping", "one_bytes", "one_bytearray")),
        ]
        for way, body, size in ways:
            _exchange(server.port, way, body, 4 * _MIB)
            _forget_peak(child)
            before = _kib(child, "VmRSS")
            done = _exchange(server.port, way, body, size)
            peak, after = _kib(child, "VmHWM"), _kib(child, "VmRSS")
            rows.append((way, body, before, peak, after))
            if done != size:
                failures.append(f"{way} {body}: {done:,} bytes of {size:,}")
            allowed = _FLAT_KIB + (size // 1024 if way in _HOLDS_ALL else 0)
            if peak - before > allowed or after - before > _FLAT_KIB:
                failures.append(f"{way} {body}: memory is not flat")
        if server.process.children() != {child}:
            failures.append("the child ended")
        failures += [str(entry) for entry in server.process.log if entry.is_trouble]
    print(f"{options.gib} GiB each way, {options.one} GiB in one call, {options.mpm}; KiB resident of the child")
    table.show(["handler", "body", "before", "peak", "after"], rows)
    print("\n".join(failures) or "flat")
    return 1 if failures else 0


def _exchange(port: int, way: str, body: str, size: int) -> int:
    """Send or receive; the number of bytes that arrived, wherever."""
    with socket.create_connection(("127.0.0.1", port), timeout=600) as connection:
        method = "POST" if body else "GET"
        framing = {"length": f"Content-Length: {size}\r\n", "chunked": "Transfer-Encoding: chunked\r\n"}.get(body, "")
        head = f"{method} /?{way}={size} HTTP/1.0\r\nHost: main.test\r\n{framing}\r\n"
        connection.sendall(head.replace("1.0", "1.1").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").encode())
        if not body:
            return _received(connection)
        for _ in range(size // len(_BLOCK)):
            chunk = b"%x\r\n%s\r\n" % (len(_BLOCK), _BLOCK) if body == "chunked" else _BLOCK
            connection.sendall(chunk)
        connection.sendall(b"0\r\n\r\n" if body == "chunked" else b"")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        # In a chunk of its own.
        match = re.search(rb"\r\n\r\n[0-9a-f]+\r\n(\d+)\r\n", answer) or re.search(rb"\r\n\r\n(\d+)$", answer)
        return int(match[1]) if match else 0


def _received(connection: socket.socket) -> int:
    """The length of the content, which is all zeros."""
    buffer = bytearray(1 << 20)
    zeros = 0
    while count := connection.recv_into(buffer):
        zeros += buffer.count(0, 0, count)
    return zeros


def _kib(pid: int, field: str) -> int:
    match = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match, field
    return int(match[1])


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


if __name__ == "__main__":
    sys.exit(main())
