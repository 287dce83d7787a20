"""Reads the command line, runs the command, and turns what goes wrong into a sentence and an exit status."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from mod_python._cli import check, check_imports, create, genconfig, restart, start, start_server, stop, version
from mod_python._cli.errors import CommandError, UsageError

# Each has NAME, SUMMARY, add_arguments(parser) and run(options) -> exit status.
_COMMANDS: tuple[ModuleType, ...] = (
    start_server,
    check,
    check_imports,
    create,
    genconfig,
    start,
    stop,
    restart,
    version,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 for a failure, 2 for wrong usage."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as end:
        # argparse has said why, or has shown the help that was asked for.
        return int(end.code or 0)
    # Names of files may hold any bytes; they are printed as they are.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Who read our output has left; the interpreter must not try to flush it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except UsageError as error:
        return _explained(options, error, 2)
    except (CommandError, OSError) as error:
        return _explained(options, error, 1)


def _explained(options: argparse.Namespace, error: Exception, status: int) -> int:
    print(f"mod_python {options.command}: {error}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mod_python",
        description="Serves, checks and writes configurations of mod_python.",
        epilog="mod_python COMMAND --help says more about a command.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for module in _COMMANDS:
        command = commands.add_parser(
            module.NAME,
            help=module.SUMMARY,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
