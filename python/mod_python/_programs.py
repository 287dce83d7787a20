"""Programs that scripts start get the signals that are sent to them.

httpd's worker and event MPMs block nearly all signals on their threads, and a program inherits what is blocked on the
thread that starts it: ``Popen.terminate()`` would do nothing, and a ``multiprocessing.Pool`` would wait for ever for
its workers to end. A process that a script forks has httpd's signal handlers, too.

So nothing is blocked on the thread for the moment that CPython takes to start a program. Rejected: ``preexec_fn``,
which CPython refuses in sub-interpreters. Left alone: ``os.system``, whose moment is as long as the program.
"""

import _posixsubprocess
import functools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

# What httpd has handlers for.
_HTTPDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGWINCH)


def install() -> None:
    """To be called before scripts import ``subprocess`` or ``multiprocessing``."""
    fork_exec = _unblocked(_posixsubprocess.fork_exec)
    _posixsubprocess.fork_exec = fork_exec
    # Where a .pth file or sitecustomize has imported it before.
    if "subprocess" in sys.modules:
        subprocess: Any = sys.modules["subprocess"]
        subprocess._fork_exec = fork_exec
    os.posix_spawn = _unblocked(os.posix_spawn)
    os.posix_spawnp = _unblocked(os.posix_spawnp)


def install_in_forks() -> None:
    """The same for processes that are forked, which only the main interpreter can do."""
    os.register_at_fork(after_in_child=_take_signals)


def _unblocked(start: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    @functools.wraps(start)
    def unblocked(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Result:
        with _nothing_blocked():
            return start(*arguments, **named)

    return unblocked


@contextmanager
def _nothing_blocked() -> Iterator[None]:
    # What waits for a thread to take it could end the child. Not SIGTERM, which httpd has a handler for, and which
    # waits while the child exits.
    mask = signal.pthread_sigmask(signal.SIG_SETMASK, signal.sigpending() - {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _take_signals() -> None:
    for number in _HTTPDS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
