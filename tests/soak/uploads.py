"""Uploads of gigabytes to one child: what they leave in its memory, and in its temporary folder."""

from __future__ import annotations

import argparse
import re
import shutil
import socket
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from urllib.parse import quote

from soak import setting, table

_MIB = 1 << 20
_GIB = 1 << 30

# Of no period that a block of the reader's has, and with much in it that begins like a delimiter.
_BLOCK = Random(1).randbytes(700_001) + b"\r\n--boundar\r\r\n--boundary-\n\r" * 1000
_HEAD = b'--boundary\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n'
_TAIL = b"\r\n--boundary--\r\n"

# What the child may hold more at its peak than before: blocks, and what a library takes once.
_FLAT_KIB = 4 * 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/uploads", description=__doc__)
    parser.add_argument(
        "--gib", type=int, default=4, help="gigabytes of the file (default: 4); the disk must hold them"
    )
    parser.add_argument("--mpm", default="event", choices=["event", "prefork", "worker"], help="default: event")
    return parser.parse_args()


def main() -> int:
    options = _options()
    failures: list[str] = []
    rows: list[tuple[str, str, int, int, int, int, int]] = []
    with setting.running("uploads", children=1, threads=4) as server:
        (child,) = server.process.children()
        spool = server.process.root / "spool"
        if shutil.disk_usage(spool).free < (options.gib + 1) * _GIB:
            print(f"skip: {spool} has no room for {options.gib} GiB")
            return 0
        blocks = options.gib * _GIB // len(_BLOCK) + 1
        # What is refused is no file, and so would be kept in memory.
        ways = [("file", "length"), ("file", "chunked"), ("cut off", "length"), ("refused", "chunked")]
        _send(server.port, "file", "length", 8)
        for way, framing in ways:
            _forget_peak(child)
            before, used, started = _kib(child, "VmRSS"), _used(spool), time.monotonic()
            said = _send(server.port, way, framing, blocks)
            seconds = round(time.monotonic() - started)
            peak, after = _kib(child, "VmHWM"), _kib(child, "VmRSS")
            left = _left(child, spool, used)
            rows.append((way, framing, before, peak, after, left, seconds))
            # A client that is refused may be cut off before it has heard so.
            if said != _expected(way, blocks) and not (way == "refused" and said == ""):
                failures.append(f"{way} {framing}: {said}, not {_expected(way, blocks)}")
            if peak - before > _FLAT_KIB or after - before > _FLAT_KIB:
                failures.append(f"{way} {framing}: memory is not flat")
            if left:
                failures.append(f"{way} {framing}: something stays in the temporary folder")
        if server.process.children() != {child}:
            failures.append("the child ended")
        failures += [str(entry) for entry in server.process.log if entry.is_trouble]
    size = blocks * len(_BLOCK)
    print(f"uploads of {size:,} bytes, {options.mpm}; KiB resident of the child, files that are left")
    table.show(["upload", "body", "before", "peak", "after", "left", "seconds"], rows)
    print("\n".join(failures) or "flat")
    return 1 if failures else 0


def _send(port: int, way: str, framing: str, blocks: int) -> str:
    """Upload; the end of the answer, or its status if that is not 200."""
    head = _HEAD.replace(b"; filename", b"; other") if way == "refused" else _HEAD
    size = len(head) + blocks * len(_BLOCK) + len(_TAIL)
    length = f"Content-Length: {size}" if framing == "length" else "Transfer-Encoding: chunked"
    lines = [
        "POST / HTTP/1.1",
        "Host: main.test",
        "Connection: close",
        "Content-Type: multipart/form-data; boundary=boundary",
        f"X-Expression: {quote('checksums(form)')}",
        length,
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=600) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        # A form that is refused is refused before its end.
        with suppress(ConnectionError):
            for number, piece in enumerate(_pieces(head, blocks)):
                if way == "cut off" and number > blocks // 2:
                    break
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if framing == "chunked" else piece)
            if framing == "chunked":
                connection.sendall(b"0\r\n\r\n")
        if way == "cut off":
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionError):
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    status = answer[9:12].decode()
    found = re.search(rb"\{.*\}", answer)
    return found[0].decode() if status == "200" and found else status


def _pieces(head: bytes, blocks: int) -> Iterator[bytes]:
    yield head
    for _ in range(blocks):
        yield _BLOCK
    yield _TAIL


def _expected(way: str, blocks: int) -> str:
    if way != "file":
        return {"refused": "413", "cut off": ""}[way]
    checksum = 0
    for _ in range(blocks):
        checksum = zlib.crc32(_BLOCK, checksum)
    return f'{{"f": [{blocks * len(_BLOCK)}, {checksum}]}}'


def _used(spool: Path) -> int:
    return shutil.disk_usage(spool).used


def _left(child: int, spool: Path, used: int) -> int:
    """Files in the folder, and those without a name that the child has open; one more if the disk is fuller."""
    deadline = time.monotonic() + 10
    while (left := _open_files(child, spool)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left + len(list(spool.iterdir())) + (_used(spool) - used > _GIB)


def _open_files(child: int, spool: Path) -> int:
    count = 0
    for descriptor in Path(f"/proc/{child}/fd").iterdir():
        with suppress(FileNotFoundError):
            count += str(descriptor.readlink()).startswith(str(spool))
    return count


def _kib(pid: int, field: str) -> int:
    match = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match, field
    return int(match[1])


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


if __name__ == "__main__":
    sys.exit(main())
