"""What a form may take, and what happens to one that takes more."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import _apache

from mod_python import _options

_PREFIX = "mod_python.util."
_KIB, _MIB = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Limits:
    """The PythonOptions of forms; 0 is no limit, except for ``memory``."""

    body: int
    """max_body: bytes of the request's body."""
    fields: int
    """max_fields: fields, files among them."""
    files: int
    """max_files: files."""
    text: int
    """max_text: bytes of all fields that are no files, together, since they are kept in memory."""
    header_bytes: int
    """max_part_header: bytes of the headers of one part."""
    header_lines: int
    """max_part_header_lines: lines of them."""
    memory: int
    """upload_memory: bytes of all files, together, that are kept in memory and not on disk."""
    directory: str | None
    """upload_directory: where the others are."""

    @classmethod
    def of(cls, req: Any) -> "Limits":
        """Those in force for a request. OptionError for an option that means nothing."""
        options = {name.lower(): value for name, value in req.get_options().items()}
        if not any(name.startswith(_PREFIX) for name in options):
            return DEFAULTS
        return cls.read(options)

    @classmethod
    def read(cls, options: Mapping[str, str | None]) -> "Limits":
        def size(name: str, default: int) -> int:
            return _options.size(options, _PREFIX + name, default) or sys.maxsize

        def count(name: str, default: int) -> int:
            return _options.integer(options, _PREFIX + name, default) or sys.maxsize

        return cls(
            body=size("max_body", 0),
            fields=count("max_fields", 10_000),
            files=count("max_files", 200),
            text=size("max_text", 64 * _MIB),
            header_bytes=size("max_part_header", 8 * _KIB),
            header_lines=count("max_part_header_lines", 32),
            memory=_options.size(options, _PREFIX + "upload_memory", _MIB),
            directory=options.get(_PREFIX + "upload_directory", None),
        )


DEFAULTS: Final = Limits.read({})


def refuse(status: int, reason: str) -> NoReturn:
    """Ends the request with that status."""
    _apache._log_form_refused(f"{status}: {reason}")
    raise _apache.SERVER_RETURN(status)


def too_large(option: str, limit: int, what: str) -> NoReturn:
    refuse(_apache.HTTP_REQUEST_ENTITY_TOO_LARGE, f"more than {limit} {what} (PythonOption {_PREFIX}{option})")
