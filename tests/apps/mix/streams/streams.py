"""Large answers and large bodies, each a piece at a time."""

from pathlib import Path

from mod_python import apache

_PIECE = b"0123456789abcdef" * 4096


def handler(req):
    way, number = req.args.split("=")
    return _WAYS[way](req, int(number))


def _write(req, number):
    for _ in range(number):
        req.write(_PIECE)
    return apache.OK


def _sendfile(req, number):
    sent = req.sendfile(str(Path(__file__).with_name("large")), 0, number * len(_PIECE))
    assert sent == number * len(_PIECE)
    return apache.OK


def _read(req, _):
    total = 0
    while piece := req.read(10_000):
        total += len(piece)
    req.write(str(total))
    return apache.OK


_WAYS = {"write": _write, "sendfile": _sendfile, "read": _read}
