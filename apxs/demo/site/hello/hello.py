"""The smallest handler there is. Edit it while the demo runs, and reload the page."""

from typing import Any

from mod_python import apache


def handler(req: Any) -> int:
    req.content_type = "text/plain"
    req.write("Hello from Python\n")
    return apache.OK
