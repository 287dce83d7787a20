"""Makes the httpd of a configuration read it again, once the requests under way are answered.

Runs `httpd -f HTTPD_CONF -k graceful`, whose exit status is this command's.
"""

from __future__ import annotations

import argparse
from typing import NoReturn

from mod_python._cli import control

NAME = "restart"
SUMMARY = "restart it gracefully"
add_arguments = control.add_arguments


def run(options: argparse.Namespace) -> NoReturn:
    control.become_httpd(options, "graceful")
