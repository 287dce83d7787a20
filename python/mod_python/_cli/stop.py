"""Stops the httpd of a configuration, once the requests under way are answered.

Runs `httpd -f HTTPD_CONF -k graceful-stop`, whose exit status is this command's.
"""

from __future__ import annotations

import argparse
from typing import NoReturn

from mod_python._cli import control

NAME = "stop"
SUMMARY = "stop it gracefully"
add_arguments = control.add_arguments


def run(options: argparse.Namespace) -> NoReturn:
    control.become_httpd(options, "graceful-stop")
