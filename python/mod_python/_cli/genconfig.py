"""Runs a Python file; what it prints is the configuration.

Nothing is printed when the file fails.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import runpy
import sys
import traceback
from pathlib import Path

from mod_python._cli.errors import CommandError, UsageError

NAME = "genconfig"
SUMMARY = "print the configuration that a Python file makes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="a Python file that prints a configuration")


def run(options: argparse.Namespace) -> int:
    if not options.file.is_file():
        raise UsageError(f"there is no file {options.file}")
    printed = io.StringIO()
    # What the file finds in sys.argv, and beside itself, is what it would if Python ran it.
    sys.argv = [str(options.file)]
    sys.path.insert(0, str(options.file.resolve().parent))
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(str(options.file), run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise CommandError(f"{options.file} ended with {end.code!r}") from None
    except Exception as error:
        raise CommandError(_sentence(options.file, error)) from None
    sys.stdout.write(printed.getvalue())
    return 0


def _sentence(file: Path, error: Exception) -> str:
    """Where in the user's file it went wrong, and how."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return f"{file}, line {error.lineno}: {type(error).__name__}: {error.msg}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return f"{file}, line {lines[-1]}: {what}" if lines else f"{file}: {what}"
