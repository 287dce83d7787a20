"""The handler for WSGI applications (PEP 3333): ``PythonHandler mod_python.wsgi``.

``PythonOption mod_python.wsgi.application module::callable`` names the application;
``PythonOption mod_python.wsgi.base_uri /path`` where it is mounted, unless a ``<Location>`` says.
"""

import io
from collections.abc import Iterator
from typing import Protocol

import _apache

__all__ = ["FileWrapper", "handler"]

handler = _apache._wsgi_handler


class Readable(Protocol):
    """What a wrapper needs of a file."""

    def read(self, size: int, /) -> bytes: ...


class FileWrapper:
    """``wsgi.file_wrapper``: a file as the body of an answer, from where it stands.

    An application may return it for any object with ``read(size)``. The rest of a regular file
    that was opened by ``open(name, "rb")`` is handed to httpd as a file, with its length;
    anything else is read in blocks of `blksize` bytes. With a ``Content-Length`` that many bytes
    are sent. ``close()`` closes the file, if it can be closed.
    """

    def __init__(self, filelike: Readable, blksize: int = 8192) -> None:
        self.filelike = filelike
        self.blksize = blksize

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        data = self.filelike.read(self.blksize)
        if not data:
            raise StopIteration
        return data

    def close(self) -> None:
        close = getattr(self.filelike, "close", None)
        if close is not None:
            close()

    def _region(self) -> tuple[int, int] | None:
        """The descriptor and the position, if what `read` gives is what stands there."""
        file = self.filelike
        # Exactly these: a subclass, such as one that unpacks, may read something else.
        if type(file) not in (io.BufferedReader, io.BufferedRandom, io.FileIO):
            return None
        if type(getattr(file, "raw", file)) is not io.FileIO or file.closed or not file.readable():  # type: ignore[attr-defined]
            return None
        try:
            file.flush()  # type: ignore[attr-defined]
            return file.fileno(), file.tell()  # type: ignore[attr-defined]
        except OSError:
            return None
