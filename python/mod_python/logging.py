"""A handler of Python's :mod:`logging` for httpd's error log."""

import logging
from typing import Final

import _apache

_LEVELS: Final = (
    (logging.CRITICAL, _apache.APLOG_CRIT),
    (logging.ERROR, _apache.APLOG_ERR),
    (logging.WARNING, _apache.APLOG_WARNING),
    (logging.INFO, _apache.APLOG_INFO),
    (logging.DEBUG, _apache.APLOG_DEBUG),
)

_TRACE8: Final = 15

_FORMATTER: Final = logging.Formatter("%(name)s: %(message)s")


def httpd_level(level: int) -> int:
    """httpd's level for one of Python's: crit, error, warn, info or debug; below DEBUG,
    trace1 (9) to trace8 (2 and less)."""
    for python, httpd in _LEVELS:
        if level >= python:
            return httpd
    return min(_apache.APLOG_DEBUG + logging.DEBUG - level, _TRACE8)


class ApacheHandler(logging.Handler):
    """Writes log records to httpd's error log.

    An entry has the level, file and line of its record, and the client and virtual host
    of the request that the logging thread serves. Without one, or with ``server``, it is
    in that server's log; no server means the main one. Each line of a record, such as
    those of a traceback, is an entry.

    httpd's ``LogLevel`` decides what is written, for this module alone with
    ``LogLevel python:debug``, and by directory. What it holds back is not even formatted.

    The format is ``%(name)s: %(message)s`` unless a formatter is set: time and level are
    httpd's business.
    """

    def __init__(self, level: int | str = logging.NOTSET, server: _apache.mp_server | None = None) -> None:
        super().__init__(level)
        _apache._log_level(server)  # Refuses what is no server.
        self.server = server

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level = httpd_level(record.levelno)
            if level <= _apache._log_level(self.server):
                _apache._log(level, self.format(record), record.pathname, record.lineno, self.server)
        except RecursionError:  # As in the library's own handlers (bpo-36272).
            raise
        except Exception:
            self.handleError(record)

    def format(self, record: logging.LogRecord) -> str:
        # Not set as formatter, for basicConfig(format=...) leaves a formatter alone.
        return (self.formatter or _FORMATTER).format(record)
