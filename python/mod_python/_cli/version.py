"""Shows the versions of mod_python, Python, httpd and APR, and where they are."""

from __future__ import annotations

import argparse
import platform
import sys

from mod_python import _facts
from mod_python import version as package
from mod_python._httpd import modules

NAME = "version"
SUMMARY = "show versions and where things are"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(_options: argparse.Namespace) -> int:
    # Asked now: httpd may have been updated since this package was installed.
    httpd, apr = _facts.versions(package.HTTPD)
    rows = [
        ("mod_python", package.version, str(modules.python_module())),
        ("Python", platform.python_version(), sys.executable),
        ("httpd", httpd or package.HTTPD_VERSION, package.HTTPD),
        ("APR", apr or package.APR_VERSION, ""),
        ("platform", platform.platform(), ""),
    ]
    for name, number, place in rows:
        print(f"{name + ':':<12}{number or 'unknown'}{f'  {place}' if place else ''}")
    return 0
