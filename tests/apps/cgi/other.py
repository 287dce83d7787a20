"""An ordinary handler, as others may be running at the same time as a script."""

import json
import os
import sys
from pathlib import Path

from mod_python import apache


def handler(req):
    print("printed by another handler")
    seen = {
        "interface": os.environ.get("GATEWAY_INTERFACE"),
        "query": os.getenv("QUERY_STRING"),
        "bytes": b"GATEWAY_INTERFACE" in os.environb,
        "argv": sys.argv,
        "stdin": sys.stdin.readline(),
        "directory": str(Path.cwd()),
    }
    req.write(json.dumps(seen))
    return apache.OK
