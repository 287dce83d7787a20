"""Starts the httpd of a configuration.

Runs `httpd -f HTTPD_CONF -k start`, whose exit status is this command's.
"""

from __future__ import annotations

import argparse
from typing import NoReturn

from mod_python._cli import control

NAME = "start"
SUMMARY = "start the httpd of a configuration"
add_arguments = control.add_arguments


def run(options: argparse.Namespace) -> NoReturn:
    control.become_httpd(options, "start")
