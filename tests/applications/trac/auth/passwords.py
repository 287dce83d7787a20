"""A password file for Basic authentication, hashed with scrypt.

    python3 passwords.py FILE USER

asks for the user's password and keeps it in a line `user:$scrypt$ln=14,r=8,p=5$salt$hash`, which is passlib's format.
httpd asks `check`: PythonAuthnProvider, and PythonOption passwords FILE.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import hmac
import os
import re
import secrets
import sys
from pathlib import Path
from typing import Any

# 16 MB and a tenth of a second for each attempt. Trac asks once for each login.
COST = (14, 8, 5)
HASH = re.compile(r"\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)")


def check(req: Any, user: str, password: str) -> bool | None:
    """Whether the password is right; None for a user who is not in the file."""
    # The bytes that the client sent, as ISO-8859-1.
    lines = Path(req.get_options()["passwords"]).read_text("latin-1").splitlines()
    known = dict(line.split(":", 1) for line in lines)
    # Strangers are computed for, too, so that the time does not tell who is known.
    right = matches(password.encode("latin-1"), known.get(user, STRANGER))
    return right if user in known else None


def matches(password: bytes, entry: str) -> bool:
    ln, r, p, salt, expected = HASH.fullmatch(entry).groups()
    return hmac.compare_digest(entry, hashed(password, decoded(salt), (int(ln), int(r), int(p))))


def hashed(password: bytes, salt: bytes, cost: tuple[int, int, int] = COST) -> str:
    ln, r, p = cost
    digest = hashlib.scrypt(password, salt=salt, n=2**ln, r=r, p=p, maxmem=2**28, dklen=32)
    return f"$scrypt$ln={ln},r={r},p={p}${encoded(salt)}${encoded(digest)}"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


STRANGER = hashed(secrets.token_bytes(16), secrets.token_bytes(16))


def store(path: Path, user: str, password: str) -> None:
    """Put a user's line into a file that exists, and keep whose it is and who may read it."""
    if re.search(r"[:\r\n]", user):
        raise SystemExit("the name of a user has no colon in it, and is one line")
    others = [line for line in path.read_text().splitlines() if line.split(":")[0] != user]
    entry = hashed(password.encode(), secrets.token_bytes(16))
    whole = path.with_name(f"{path.name}.new")
    whole.touch(mode=0o600)
    os.chown(whole, path.stat().st_uid, path.stat().st_gid)
    whole.chmod(path.stat().st_mode)
    whole.write_text("\n".join([*others, f"{user}:{entry}", ""]))
    # httpd sees the old file or the new one.
    whole.replace(path)


if __name__ == "__main__":
    store(Path(sys.argv[1]), sys.argv[2], getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n"))
