"""Takes and gives as many bytes as it is told, each in its own way."""

import mmap
from pathlib import Path

from mod_python import apache

_LARGE = Path(__file__).parent / "large"


def handler(req):
    way, _, size = req.args.partition("=")
    _WAYS[way](req, int(size))
    return apache.OK


def _read(req, _):
    req.write(str(_total(iter(lambda: req.read(65536), b""))))


def _lines(req, _):
    req.write(str(_total(req)))


def _discard(req, size):
    status = req.discard_request_body()
    req.write(str(size if status == apache.OK else status))


def _total(blocks):
    return sum(len(block) for block in blocks)


def _write(req, size):
    block = bytes(65536)
    for _ in range(size // len(block)):
        req.write(block, 0)


def _write_and_flush(req, size):
    block = bytes(65536)
    for _ in range(size // len(block)):
        req.write(block)


def _one_bytes(req, size):
    req.write(bytes(size))


def _one_bytearray(req, size):
    req.write(bytearray(size))


def _one_mapping(req, size):
    with _LARGE.open("rb") as file, mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ) as mapped:
        req.write(mapped)


def _file(req, size):
    req.sendfile(_LARGE, 0, size)


_WAYS = {
    "read": _read,
    "lines": _lines,
    "discard": _discard,
    "write": _write,
    "write_and_flush": _write_and_flush,
    "one_bytes": _one_bytes,
    "one_bytearray": _one_bytearray,
    "one_mapping": _one_mapping,
    "sendfile": _file,
}
