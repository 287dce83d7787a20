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
HASH = re.compile(r"\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$[A-Za-z0-9+/]+")


def check(req: Any, user: str, password: str) -> bool | None:
    """Whether the password is right; None for a user who is not in the file."""
    known = entries(Path(req.get_options()["passwords"]))
    # The bytes that the client sent come as ISO-8859-1.
    entry = known.get(user.encode("latin-1"))
    # Strangers are computed for, too, so that the time does not tell who is known.
    right = matches(password.encode("latin-1"), entry or STRANGER)
    return right if entry else None


def entries(path: Path) -> dict[bytes, str]:
    lines = (line.partition(b":") for line in path.read_bytes().split(b"\n") if line)
    return {user: entry.decode() for user, _, entry in lines}


def matches(password: bytes, entry: str) -> bool:
    ln, r, p, salt = HASH.fullmatch(entry).groups()
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


def store(path: Path, user: bytes, password: bytes) -> None:
    """Put a user's line into a file that exists, and keep whose it is and who may read it."""
    if re.search(rb"[:\r\n]", user):
        raise SystemExit("the name of a user has no colon in it, and is one line")
    known = {**entries(path), user: hashed(password, secrets.token_bytes(16))}
    # httpd sees the old file or the new one.
    whole = path.with_name(f"{path.name}.new")
    whole.touch(mode=0o600)
    os.chown(whole, path.stat().st_uid, path.stat().st_gid)
    whole.write_bytes(b"".join(b"%s:%s\n" % (name, entry.encode()) for name, entry in known.items()))
    whole.chmod(path.stat().st_mode)
    whole.replace(path)


def asked() -> bytes:
    return os.fsencode(getpass.getpass()) if sys.stdin.isatty() else sys.stdin.buffer.readline().rstrip(b"\n")


if __name__ == "__main__":
    store(Path(sys.argv[1]), os.fsencode(sys.argv[2]), asked())
