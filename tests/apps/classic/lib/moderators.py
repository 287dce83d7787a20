"""The moderators' passwords, in data/moderators. To add one: python3 lib/moderators.py NAME >> data/moderators"""

import hashlib
import hmac
import secrets
import sys
from getpass import getpass
from pathlib import Path

FILE = Path(__file__).parents[1] / "data/moderators"


def knows(name, password):
    salt, digest = passwords().get(name, ("", ""))
    # Also for a name that nobody has: so the time it takes tells nothing.
    return hmac.compare_digest(digest_of(password, salt), digest)


def passwords():
    lines = FILE.read_text().split() if FILE.exists() else []
    return {name: (salt, digest) for name, salt, digest in (line.split(":") for line in lines)}


def digest_of(password, salt):
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=16384, r=8, p=1).hex()


def line(name, password):
    if not name.isalnum():
        raise ValueError("a name has letters and digits")
    salt = secrets.token_hex(16)
    return f"{name}:{salt}:{digest_of(password, salt)}"


if __name__ == "__main__":
    print(line(sys.argv[1], getpass()))
