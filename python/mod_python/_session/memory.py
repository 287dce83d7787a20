"""MemorySession: sessions in this interpreter's memory."""

import contextlib
from typing import Any, ClassVar

import _apache

from mod_python._session.base import BaseSession, Record, has_expired, is_record


def mem_cleanup(sdict: dict[str, Record]) -> None:
    """Removes what has expired from the sessions in memory."""
    for sid, record in list(sdict.items()):
        # Scripts may have put anything there.
        with contextlib.suppress(Exception):
            if not is_record(record) or has_expired(record):
                del sdict[sid]


class MemorySession(BaseSession):
    """A session in the memory of one process, and of one interpreter there.

    Other processes and interpreters do not see it, and it goes with the process. Values are kept, not
    copied: an object in it is the same object in the next request.
    """

    sdict: ClassVar[dict[str, Any]] = {}
    """The records of this interpreter, by id."""

    def __init__(
        self,
        req: _apache.mp_request,
        sid: str | bytes | int | None = 0,
        secret: str | bytes | None = None,
        timeout: float = 0,
        lock: object = 1,
    ) -> None:
        super().__init__(req, sid=sid, secret=secret, lock=lock, timeout=timeout)

    def do_load(self) -> Record | None:
        return MemorySession.sdict.get(self.id())

    def do_save(self, dict: Record) -> None:
        MemorySession.sdict[self.id()] = dict

    def do_delete(self) -> None:
        MemorySession.sdict.pop(self.id(), None)

    def do_cleanup(self) -> None:
        self._req.register_cleanup(mem_cleanup, MemorySession.sdict)
