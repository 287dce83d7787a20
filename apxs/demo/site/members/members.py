"""A page for those whom Apache has let in: .htaccess asks for a name and a password."""

from html import escape
from typing import Any

from mod_python import apache

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Members - mod_python demo</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<p><a href="/">mod_python demo</a></p>
<h1>Welcome, {user}</h1>
<p>Apache checked your password; the handler reads your name in
<code>req.user</code>.</p>
</body>
</html>
"""


def handler(req: Any) -> int:
    req.content_type = "text/html; charset=utf-8"
    req.write(PAGE.format(user=escape(str(req.user))))
    return apache.OK
