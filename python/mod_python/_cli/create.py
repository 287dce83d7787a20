"""Makes a folder with a small site, and the Python file that its configuration comes from.

The next steps are said at the end: genconfig, then start.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mod_python import httpdconf
from mod_python._cli.errors import CommandError, UsageError

NAME = "create"
SUMMARY = "make a folder with a small site and its configuration"

# What a handler needs to be told, as comments in the configuration.
_HINTS = {
    "mod_python.wsgi": [
        "PythonOption mod_python.wsgi.application module::application",
        "PythonOption mod_python.wsgi.base_uri /below",
    ]
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIRECTORY", type=Path, help="the folder to make: its ServerRoot")
    parser.add_argument("--pythonhandler", metavar="NAME", required=True, help="such as mod_python.publisher")
    parser.add_argument("--listen", metavar="[IP:]PORT", default="8888", help="default: %(default)s")
    parser.add_argument("--pythonpath", metavar="A:B", default="", help="folders to add to sys.path")
    parser.add_argument(
        "--pythonoption", metavar='"KEY VALUE"', action="append", default=[], help="a PythonOption; repeatable"
    )


def run(options: argparse.Namespace) -> int:
    try:
        written = httpdconf.write_basic_config(
            options.folder,
            listen=options.listen,
            pythonhandler=options.pythonhandler,
            pythonpath=[entry for entry in options.pythonpath.split(":") if entry],
            pythonoptions=options.pythonoption,
            mp_comments=_HINTS.get(options.pythonhandler, []),
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    if written is None:
        raise CommandError("nothing was written, so that nothing is lost; choose another folder, or remove that file")
    conf = Path(written).with_name("httpd.conf")
    print(f"\nChange {written} as you like, then:\n")
    print(f"  mod_python genconfig {written} > {conf}\n  mod_python start {conf}")
    return 0
