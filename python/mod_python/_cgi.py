"""What lets a script that was written for CGI (RFC 3875) run as a handler."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

import _apache

_BLOCK = 64 * 1024

Environment = dict[str, str]


def build_cgi_env(req: Any) -> _apache.table:
    """The CGI variables of a request, as a table of their own.

    They are those of ``req.add_cgi_vars()``, with SCRIPT_NAME as the URI without
    ``path_info``, with HTTP_AUTHORIZATION, which httpd itself keeps from CGI programs,
    and with ``Python-CGI/1.1`` as GATEWAY_INTERFACE.
    """
    req.add_cgi_vars()
    env: _apache.table = req.subprocess_env.copy()
    path_info = req.path_info or ""
    env["SCRIPT_NAME"] = req.uri[: len(req.uri) - len(path_info)] if req.uri.endswith(path_info) else req.uri
    env["GATEWAY_INTERFACE"] = "Python-CGI/1.1"
    authorization = req.headers_in.get("authorization")
    if authorization is not None:
        env["HTTP_AUTHORIZATION"] = authorization
    return env


def variables(req: Any) -> Iterator[tuple[bytes, bytes]]:
    """The CGI variables of a request, as an environment can hold them."""
    for key, value in build_cgi_env(req).items():
        # httpd may leave a value NULL, which an environment cannot hold.
        if value is not None:
            # The table shows bytes as ISO-8859-1; the environment is to hold those bytes. A name
            # with "=" would end there; httpd replaces it for CGI programs, too.
            yield key.replace("=", "_").encode("latin-1"), value.encode("latin-1")


def setup_cgi(req: Any) -> tuple[Environment, TextIO, TextIO]:
    """Makes ``os.environ``, ``sys.stdin``, ``sys.stdout`` and ``sys.argv`` those of a CGI program.

    Returns what :func:`restore_nocgi` needs to undo that. All threads of an interpreter share
    these, so under an MPM with threads the caller has to hold a lock from here to there.
    """
    saved = dict(os.environ), sys.stdin, sys.stdout
    for key, value in variables(req):
        os.environb[key] = value
    sys.stdin, sys.stdout = CGIStdin(req), CGIStdout(req)
    sys.argv = []
    return saved


def restore_nocgi(env: Environment, stdin: TextIO, stdout: TextIO) -> None:
    """Undoes :func:`setup_cgi`, whose result it takes."""
    for key in os.environ.keys() - env.keys():
        del os.environ[key]
    os.environ.update(env)
    sys.stdin, sys.stdout = stdin, stdout
    sys.argv = ["mod_python"]


class NullIO(io.TextIOBase):
    """A text file that is always empty and forgets what is written to it."""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        return ""

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        return ""

    def write(self, text: str, /) -> int:
        return len(text)

    def writelines(self, lines: Iterable[str], /) -> None:  # type: ignore[override]
        for _ in lines:
            pass

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return 0

    def tell(self) -> int:
        return 0

    def truncate(self, size: int | None = None, /) -> int:
        return 0


class CGIStdin(io.TextIOWrapper):
    """The request's body as ``sys.stdin``: UTF-8 text, and bytes through ``buffer``. Asks only for ``read(n)``.

    Bytes that are not UTF-8 read as surrogates (PEP 383); line ends stay as they are.
    OSError if the connection fails.
    """

    def __init__(self, req: Any) -> None:
        self._bytes = io.BufferedReader(_Body(req), _BLOCK)
        super().__init__(self._bytes, encoding="utf-8", errors="surrogateescape", newline="\n")

    def tell(self) -> int:
        """How many bytes were taken from ``buffer``, some of which may not have been read as text yet."""
        return self._bytes.tell()

    def seek(self, _offset: int, _whence: int = 0, /) -> int:
        """Does nothing; returns ``tell()``."""
        return self.tell()


class CGIStdout(io.TextIOWrapper):
    """The response as ``sys.stdout``: UTF-8 text, and bytes through ``buffer``.

    Lines up to the first empty one are headers: ``Status`` sets ``req.status``,
    ``Content-Type`` also ``req.content_type``, and each is added to ``req.headers_out``. The
    rest goes to ``req.write()``. ValueError for a line that is no header, OSError if the
    connection fails.
    """

    def __init__(self, req: Any) -> None:
        self._response = _Response(req)
        # Unbuffered, as scripts also write through req.
        super().__init__(
            self._response,
            encoding="utf-8",
            errors="surrogateescape",
            newline="\n",
            write_through=True,
        )

    @property
    def lost(self) -> bytes:
        """What was written, if no empty line has ended the headers: it was not sent."""
        return self._response.lost

    def tell(self) -> int:
        """How many bytes were written, headers included."""
        return self._response.tell()

    def seek(self, _offset: int, _whence: int = 0, /) -> int:
        """Does nothing; returns ``tell()``."""
        return self.tell()

    def end(self) -> None:
        """From now on a flush goes no further than to the response's buffer, which goes out with its end."""
        self._response.is_ending = True

    def close(self) -> None:
        """Ends the stream, not the response: what was not flushed may still become an error page."""
        self.end()
        super().close()


class _Body(io.RawIOBase):
    name = "<request>"

    def __init__(self, req: Any) -> None:
        self._req = req
        self._position = 0

    def tell(self) -> int:
        return self._position

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._req.read(len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


class _Response(io.RawIOBase):
    """Takes headers off the beginning of what is written."""

    name = "<response>"

    def __init__(self, req: Any) -> None:
        self._req = req
        self._headers: bytes | None = b""
        self.is_ending = False
        self._position = 0

    def tell(self) -> int:
        return self._position

    @property
    def lost(self) -> bytes:
        return self._headers or b""

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        content = bytes(data)
        self._position += len(content)
        if self._headers is None:
            self._req.write(content, 0)
        else:
            self._headers += content
            self._look_for_end(self._headers)
        return len(content)

    def flush(self) -> None:
        super().flush()
        if self._headers is None and not self.is_ending:
            self._req.flush()

    def _look_for_end(self, content: bytes) -> None:
        if content.startswith((b"\n", b"\r\n")):
            # No header at all.
            found = [(0, content.index(b"\n") + 1)]
        elif b"\n\n" not in content and b"\r\n\r\n" not in content:
            return
        else:
            ends = [(content.find(blank), len(blank)) for blank in (b"\r\n\r\n", b"\n\n")]
            found = [end for end in ends if end[0] >= 0]
        end, blank = min(found)
        for line in content[:end].splitlines():
            self._set(line)
        self._headers = None
        if len(content) > end + blank:
            self._req.write(content[end + blank :], 0)

    def _set(self, line: bytes) -> None:
        name, colon, value = line.decode("latin-1").partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not name:
            raise ValueError(f"not a header: {line!r}")
        lower = name.lower()
        if lower == "status":
            self._req.status = int(value.split(maxsplit=1)[0])
        elif lower == "content-type":
            self._req.content_type = value
            self._req.headers_out[name] = value
        else:
            self._req.headers_out.add(name, value)
