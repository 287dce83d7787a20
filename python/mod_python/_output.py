"""``sys.stdout`` and ``sys.stderr`` inside httpd: what is printed goes to the error log."""

import atexit
import io
import sys
from typing import Any, NoReturn

import _apache

# Where httpd has put its error log, for what does not come through Python's streams.
_ERROR_LOG_DESCRIPTOR = 2


class LogStream(io.TextIOBase):
    """A text stream whose lines become entries of httpd's error log.

    An entry has the client and the virtual host of the request that the printing thread
    serves; without one, it is in the main server's log. Each thread has a line of its
    own, which ``flush`` and the end of the handler write as far as it goes. Lines that
    httpd would cut are split.
    """

    encoding = "utf-8"
    errors = "backslashreplace"
    newlines = None
    line_buffering = True
    mode = "w"

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self._number = number
        self._buffer = _LogBuffer(self)

    @property
    def buffer(self) -> io.BufferedIOBase:
        """The same log, for bytes."""
        return self._buffer

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        _apache._print(self._number, text)
        return len(text)

    def flush(self) -> None:
        _apache._flush(self._number)

    def close(self) -> None:
        """Flushes. The stream stays open: it is every other handler's too."""
        self.flush()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """2: httpd's error log (with syslog, /dev/null), so that a subprocess may have it."""
        return _ERROR_LOG_DESCRIPTOR

    def reconfigure(self, **_settings: object) -> None:
        """Takes what ``io.TextIOWrapper`` takes; the log stays UTF-8, by line."""
        self.flush()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class _LogBuffer(io.BufferedIOBase):
    """Bytes on their way to a stream's lines."""

    def __init__(self, stream: LogStream) -> None:
        self._stream = stream

    @property
    def name(self) -> str:
        return self._stream.name

    def write(self, data: Any, /) -> int:
        with memoryview(data) as view:
            _apache._print(self._stream._number, view.tobytes())
            return view.nbytes

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self.flush()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()


def install() -> None:
    """Puts the streams in place."""
    sys.stdout = sys.__stdout__ = LogStream("<stdout>", 1)  # type: ignore[misc,assignment]
    sys.stderr = sys.__stderr__ = LogStream("<stderr>", 2)  # type: ignore[misc,assignment]
    # Registered first, so that it runs last: what exit callbacks print is not lost.
    atexit.register(_flush)


def _flush() -> None:
    for number in (1, 2):
        _apache._flush(number)


def report_crashes() -> None:
    """Has Python's stack written to the error log when the process dies of SIGSEGV,
    SIGFPE, SIGABRT, SIGBUS or SIGILL. The handlers that httpd has for them run next.

    One call is enough for all interpreters of the process.
    """
    # Only here: an interpreter with a GIL of its own cannot import it.
    import faulthandler

    faulthandler.enable(file=_ERROR_LOG_DESCRIPTOR)
