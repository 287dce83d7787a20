"""Authentication providers, and a page that shows what became of the user."""

import hashlib
from pathlib import Path

from mod_python import apache

PASSWORDS = {"jo": "secret", "amy": "püße", "co:lon": "a:b"}


def check(req, user, password):
    """None for a stranger: the next provider is asked."""
    if user not in PASSWORDS:
        return None
    req.groups = {"jo": "staff", "amy": "guests"}.get(user, "")
    return PASSWORDS[user].encode() == password.encode("latin-1")


def constants(req, user, password):
    return getattr(apache, password)


def shows(req, user, password):
    req.groups = ascii((user, password))
    return True


def raises(req, user, password):
    raise LookupError("the directory is down")


def answers(req, user, password):
    """What the password says, evaluated."""
    return eval(password)


def digest(user, realm):
    return hashlib.md5(f"{user}:{realm}:{PASSWORDS[user]}".encode("latin-1")).hexdigest()


class Both:
    """Basic and Digest, as an object with a function for each."""

    def __init__(self, req):
        self.method = req.method

    def check_password(self, req, user, password):
        assert self.method == req.method
        return check(req, user, password)

    def get_realm_hash(self, req, user, realm):
        return digest(user, realm).upper() if user in PASSWORDS else None


class Malformed:
    def get_realm_hash(self, req, user, realm):
        return "secret words"


malformed = Malformed()


class Counting:
    """Writes down that it was asked."""

    def get_realm_hash(self, req, user, realm):
        with Path(req.get_options()["asked"]).open("a") as file:
            file.write("asked\n")
        return digest(user, realm)


counting = Counting()


def page(req):
    req.write(f"{req.user} {getattr(req, 'groups', '-')}")
    return apache.OK
