"""Whom httpd's children run as, which matters when root starts it."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path


class NoAccountError(Exception):
    """Root has no unprivileged user to give httpd's children to."""


@dataclass(frozen=True)
class Account:
    """A user and its group."""

    name: str
    group: str
    uid: int
    gid: int

    def can_read(self, path: Path | str) -> bool:
        """Whether this user may read a file, or list and enter a folder. Only root may ask."""
        test = 'test -r "$0" && { test ! -d "$0" || test -x "$0"; }'
        reader = subprocess.run(
            ["/bin/sh", "-c", test, str(path)], user=self.uid, group=self.gid, extra_groups=[], check=False
        )
        return reader.returncode == 0


def unprivileged() -> Account | None:
    """None when we are not root: httpd then stays the user that started it."""
    if os.geteuid() != 0:
        return None
    for name in ("www-data", "apache", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            group = grp.getgrgid(user.pw_gid).gr_name
            return Account(name, group, user.pw_uid, user.pw_gid)
    raise NoAccountError("none of the users www-data, apache and nobody exists; run this as yourself")
