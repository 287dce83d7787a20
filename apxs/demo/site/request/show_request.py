"""Shows a request as Python sees it. Every value is escaped: a client chose most of them."""

import os
import sys
from collections.abc import Iterable
from html import escape
from typing import Any

from mod_python import apache

ATTRIBUTES = (
    "the_request",
    "method",
    "unparsed_uri",
    "uri",
    "args",
    "filename",
    "path_info",
    "handler",
    "interpreter",
    "user",
    "status",
    "content_type",
)

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The request - mod_python demo</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<p><a href="/">mod_python demo</a></p>
<h1>The request</h1>
{tables}
</body>
</html>
"""


def table(title: str, rows: Iterable[tuple[str, object]]) -> str:
    lines = "\n".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in rows)
    return f"<h2>{escape(title)}</h2>\n<table>\n{lines}\n</table>"


def handler(req: Any) -> int:
    req.content_type = "text/html; charset=utf-8"
    tables = [
        table("Attributes", ((f"req.{name}", getattr(req, name)) for name in ATTRIBUTES)),
        table("req.headers_in", req.headers_in.items()),
        table("req.get_options()", req.get_options().items()),
        table("req.get_config()", req.get_config().items()),
        table(
            "Python",
            [
                ("sys.version", sys.version),
                ("sys.prefix", sys.prefix),
                ("sys.path", "\n".join(sys.path)),
                ("os.getpid()", os.getpid()),
            ],
        ),
    ]
    req.write(PAGE.format(tables="\n".join(tables)))
    return apache.OK
