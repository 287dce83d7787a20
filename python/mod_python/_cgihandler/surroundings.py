"""`os.environ`, `sys.stdin` and `sys.stdout`: a thread that runs a CGI script sees those of its request.

All other threads go on seeing the usual ones, so what another handler prints meanwhile is not sent to
the script's client, and what it looks up is not the script's.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from collections.abc import Iterator, MutableMapping
from typing import IO, Any

from mod_python import _cgi


class _Run:
    """What a script sees, made when it looks."""

    def __init__(self, req: Any, body: IO[bytes]) -> None:
        self._req = req
        self._body = body
        self.stdout = _cgi.CGIStdout(req)

    @functools.cached_property
    def stdin(self) -> _cgi.CGIStdin:
        return _cgi.CGIStdin(self._body)

    @functools.cached_property
    def given(self) -> dict[bytes, bytes]:
        """The environment as the script finds it."""
        return {**_variables.usual, **dict(_cgi.variables(self._req))}

    @functools.cached_property
    def environment(self) -> dict[bytes, bytes]:
        return self.given.copy()


class _Current(threading.local):
    """What this thread runs; None where it sees the usual."""

    run: _Run | None = None


_current = _Current()


class _Stream:
    """Stands for a stream of this thread's in everything."""

    def __init__(self, name: str, usual: Any) -> None:
        self.__dict__.update(_name=name, _usual=usual)

    def _stream(self) -> Any:
        run = _current.run
        return self._usual if run is None else getattr(run, self._name)

    def write(self, text: str) -> Any:
        # Found as any other, but that is what scripts do most.
        return self._stream().write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream(), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._stream(), name, value)

    def close(self) -> None:
        """Does nothing: the stream ends with the script, and the usual one never."""

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream())

    def __next__(self) -> Any:
        return next(self._stream())

    def __enter__(self) -> Any:
        return self._stream().__enter__()

    def __exit__(self, *exception: object) -> Any:
        return self._stream().__exit__(*exception)

    def __repr__(self) -> str:
        return repr(self._stream())


class _Variables(MutableMapping[bytes, bytes]):
    """The variables behind ``os.environ`` and ``os.environb``."""

    def __init__(self, usual: dict[bytes, bytes]) -> None:
        self.usual = usual

    def _variables(self) -> dict[bytes, bytes]:
        run = _current.run
        return self.usual if run is None else run.environment

    def __getitem__(self, key: bytes) -> bytes:
        return self._variables()[key]

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._variables()[key] = value

    def __delitem__(self, key: bytes) -> None:
        del self._variables()[key]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._variables())

    def __len__(self) -> int:
        return len(self._variables())

    def __contains__(self, key: object) -> bool:
        return key in self._variables()


def _install() -> _Variables:
    environ: Any = os.environ
    environb: Any = os.environb
    # Not another object for os.environ: modules have imported this one by name. And not its content,
    # as setup_cgi() does it: that is seen by all threads, and is the C library's environment, which no
    # thread may change while another one could read it. What is private here has been so since Python 3.0.
    variables = _Variables(environ._data)
    environ._data = environb._data = variables
    return variables


_variables = _install()
_stdin: Any = _Stream("stdin", sys.stdin)
_stdout: Any = _Stream("stdout", sys.stdout)
sys.stdin, sys.stdout = _stdin, _stdout


@contextlib.contextmanager
def of(req: Any, body: IO[bytes]) -> Iterator[_cgi.CGIStdout]:
    """Those of a request with that body, for this thread; gives its ``sys.stdout``.

    Afterwards all is as it was, even if the script has put streams of its own in place; what is left in
    its stream is written first, unless it raises.
    """
    outer = _current.run, sys.stdin, sys.stdout, sys.argv
    run = _Run(req, body)
    _current.run, sys.stdin, sys.stdout, sys.argv = run, _stdin, _stdout, []
    try:
        yield run.stdout
        _finish(run.stdout)
    finally:
        _current.run, sys.stdin, sys.stdout, sys.argv = outer
        if "environment" in vars(run):
            _withdraw(run.environment, run.given)
        run.stdout.close()


def _finish(stdout: _cgi.CGIStdout) -> None:
    """Writes what is left in the script's own wrapper of ``sys.stdout``."""
    stdout.end()
    if sys.stdout is not _stdout and not getattr(sys.stdout, "closed", False):
        sys.stdout.flush()


def _withdraw(now: dict[bytes, bytes], given: dict[bytes, bytes]) -> None:
    """Takes back what the script has set in ``os.environ``, which the C library knows too."""
    if now == given:
        return
    for key in {*now, *given}:
        if now.get(key) != given.get(key):
            if key in _variables.usual:
                os.putenv(key, _variables.usual[key])
            else:
                os.unsetenv(key)
