"""FileSession: a file for each session."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

import _apache

from mod_python._session import file_cleanup, places, settings
from mod_python._session.base import BaseSession, Record
from mod_python._session.file_cleanup import Cleaning
from mod_python._session.places import UnsafeStoreError
from mod_python._session.records import Format, shown

DIRECTORY = "mp_sess"


def make_filesession_dirs(sess_dir: str | Path) -> None:
    """Makes the directory of sessions in sess_dir, and the 256 in that, closed to others; those there are are kept.

    UnsafeStoreError, a PermissionError, if any is not ours alone.
    """
    top = places.private_directory(Path(sess_dir, DIRECTORY))
    for number in range(256):
        places.private_directory(top / f"{number:02x}")


class FileSession(BaseSession):
    """A session in a file, for all processes that see the directory.

    fast_cleanup, verify_cleanup: how expired ones are found; -1 means what the options say. The other
    arguments are those of BaseSession, in another order.
    """

    def __init__(
        self,
        req: _apache.mp_request,
        sid: str | bytes | int | None = 0,
        secret: str | bytes | None = None,
        timeout: float = 0,
        lock: object = 1,
        fast_cleanup: object = -1,
        verify_cleanup: object = -1,
    ) -> None:
        options = req.get_options()
        self._format = Format(options)
        self._directory = settings.base_directory(options, "mod_python.file_session.database_directory")
        self._cleaning = Cleaning.chosen(options, fast_cleanup, verify_cleanup, timeout)
        super().__init__(req, sid=sid, secret=secret, lock=lock, timeout=timeout)

    def _top(self) -> Path:
        places.check_base(self._directory)
        return self._directory / DIRECTORY

    def _folder(self) -> Path:
        """The directory that this session's file is in; FileNotFoundError if there is none."""
        top = self._top()
        folder = top / self.id()[:2]
        for path in (top, folder):
            places.check_own(path, path.lstat(), stat.S_ISDIR)
        return folder

    def do_load(self) -> Record | None:
        try:
            data = self._read()
        except FileNotFoundError:
            return None
        except UnsafeStoreError:
            raise
        except OSError as error:
            settings.log(f"MPY0922: session {shown(self.id())}: {error}", _apache.APLOG_WARNING)
            return None
        return self._format.unpack(self.id(), data)

    def _read(self) -> bytes:
        path = self._folder() / self.id()
        with os.fdopen(places.open_own(path, os.O_RDONLY), "rb") as file:
            return file.read()

    def load(self) -> int:
        found = super().load()
        if found:
            # A clean-up that looks at times only must not take it while it is used.
            with contextlib.suppress(OSError):
                os.utime(self._top() / self.id()[:2] / self.id())
        return found

    def do_save(self, dict: Record) -> None:
        try:
            data = self._format.pack(self.id(), dict)
            try:
                folder = self._folder()
            except FileNotFoundError:
                places.check_base(self._directory)
                make_filesession_dirs(self._directory)
                folder = self._folder()
            temporary = folder / f".{self.id()}.{secrets.token_hex(8)}"
            places.replace(folder / self.id(), data, temporary)
        except UnsafeStoreError:
            raise
        except Exception as error:
            # As ever, an answer is not lost for it.
            settings.log(f"MPY0923: session {shown(self.id())}: {type(error).__name__}: {error}")

    def do_delete(self) -> None:
        with contextlib.suppress(OSError):
            (self._folder() / self.id()).unlink()

    def do_cleanup(self) -> None:
        self._req.register_cleanup(file_cleanup.filesession_cleanup, (self._directory, self._cleaning))
