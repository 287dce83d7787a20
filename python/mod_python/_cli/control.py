"""What start, stop and restart share: this process becomes httpd, which tells its server."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NoReturn

from mod_python import version
from mod_python._cli.errors import CommandError, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("conf", metavar="HTTPD_CONF", type=Path, help="the configuration of the server")


def become_httpd(options: argparse.Namespace, verb: str) -> NoReturn:
    """Replace this process by `httpd -f conf -k verb`."""
    if not options.conf.is_file():
        raise UsageError(f"there is no file {options.conf}")
    try:
        # httpd takes a relative path to be below the ServerRoot that it was built with.
        os.execv(version.HTTPD, [version.HTTPD, "-f", str(options.conf.absolute()), "-k", verb])
    except (OSError, ValueError) as error:
        raise CommandError(f"cannot run httpd ({version.HTTPD or 'not found'}): {error}") from None
