"""A module that takes its time to import, and counts how often that happens."""

import os
import time
from pathlib import Path

from mod_python import apache

with (Path(__file__).parent.parent / "spool" / "imported").open("a") as log:
    log.write(f"{os.getpid()} {apache.interpreter}\n")
time.sleep(0.3)


def handler(req):
    req.write("ready")
    return apache.OK
