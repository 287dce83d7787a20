"""The temporary files of a form."""

import tempfile
from typing import IO, Any

from mod_python._util.limits import Limits, too_large


class _File(tempfile.SpooledTemporaryFile[bytes]):
    """With what zipfile and io ask a file for; Python 3.10's has no such methods."""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


class Uploads:
    """Makes them; all are closed, and so gone, when the request ends or the form fails.

    They keep together at most ``Limits.memory`` bytes in memory; the others are on disk,
    without a name.
    """

    def __init__(self, req: Any, limits: Limits) -> None:
        self._req = req
        self._limits = limits
        self._memory = limits.memory
        self._files: list[IO[bytes]] = []
        self._count = 0

    def count(self) -> None:
        """One more file, whoever keeps it. Ends the request with 413 if it is one too many."""
        self._count += 1
        if self._count > self._limits.files:
            too_large("max_files", self._limits.files, "files")

    def new(self) -> IO[bytes]:
        file: Any
        if self._memory > 0:
            file = _File(self._memory, dir=self._limits.directory)
        else:
            file = tempfile.TemporaryFile(dir=self._limits.directory)  # noqa: SIM115
        if not self._files:
            self._req.register_cleanup(Uploads.close, self)
        self._files.append(file)
        return file  # type: ignore[no-any-return]

    def filled(self, size: int) -> None:
        """The file made last has got all its bytes."""
        if size <= self._memory:
            self._memory -= size

    def close(self) -> None:
        for file in self._files:
            file.close()
