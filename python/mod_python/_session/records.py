"""What is stored of a session, as bytes.

A record is a pickle, as 3.5 writes it, or JSON. Under ``storage_secret`` an HMAC-SHA256 of the id
and the bytes goes before it, so that no one who can write to the store can make a record, or give one
session's to another.
"""

import hmac
import io
import json
import pickle
from typing import Any

import _apache

from mod_python._session import settings
from mod_python._session.base import Record, is_record
from mod_python._session.settings import Options

_MARK = b"MPS1"
_MAC_SIZE = 32

# What 3.5 writes, and every Python reads.
_PROTOCOL = 2


class Format:
    """How records are written, and what is accepted when they are read.

    OptionError, a ValueError, for a serializer that does not exist.
    """

    def __init__(self, options: Options) -> None:
        name = settings.word(options, "mod_python.session.serializer", ("pickle", "json"))
        self._json = name == "json"
        secret = options.get("mod_python.session.storage_secret", None)
        self._secret = secret.encode("utf-8", "surrogateescape") if secret else None

    def pack(self, sid: str, record: Record) -> bytes:
        """Raises whatever pickle does; TypeError or ValueError for what JSON cannot hold unchanged."""
        data = _to_json(record) if self._json else pickle.dumps(record, _PROTOCOL)
        return data if self._secret is None else _MARK + _mac(self._secret, sid, data) + data

    def unpack(self, sid: str, data: bytes) -> Record | None:
        """The record; None, and a warning in the log, for bytes that are none."""
        try:
            record = self._unpack(sid, data)
        except Exception as error:
            settings.log(f"MPY0922: session {shown(sid)}: {type(error).__name__}: {error}", _apache.APLOG_WARNING)
            return None
        return record

    def _unpack(self, sid: str, data: bytes) -> Record:
        if self._secret is not None:
            mac, data = _split(data)
            if not hmac.compare_digest(mac, _mac(self._secret, sid, data)):
                raise ValueError("the signature is wrong")
        elif data.startswith(_MARK):
            raise ValueError("it is signed, and there is no storage_secret")
        if data.startswith(b"{"):
            record = json.loads(data)
        elif self._json:
            raise ValueError("it is not JSON")
        else:
            # Python 2 wrote its str as bytes.
            record = pickle.loads(data, encoding="utf-8", errors="surrogateescape")
        if not is_record(record):
            raise ValueError("it is no session")
        return record


def peek(data: bytes) -> Record | None:
    """The record without a look at what is in the session; None if it is none.

    Nothing of a script's is imported or run for it, so any interpreter can clean up for all, and unsigned
    records do no harm.
    """
    try:
        if data.startswith(_MARK):
            _, data = _split(data)
        stream = io.BytesIO(data)
        record = json.loads(data) if data.startswith(b"{") else _Blind(stream, encoding="latin-1").load()
    except Exception:
        return None
    return record if is_record(record) else None


def shown(sid: str) -> str:
    """Enough of an id to find it in the log again, and too little to take it over."""
    return sid[:8] + "..."


def _split(data: bytes) -> tuple[bytes, bytes]:
    if not data.startswith(_MARK):
        raise ValueError("it is not signed")
    start = len(_MARK) + _MAC_SIZE
    return data[len(_MARK) : start], data[start:]


def _mac(secret: bytes, sid: str, data: bytes) -> bytes:
    return hmac.digest(secret, sid.encode("ascii") + b"\0" + data, "sha256")


def _to_json(record: Record) -> bytes:
    text = json.dumps(record)
    # Keys that are no str and tuples would come back as something else.
    if json.loads(text) != record:
        raise TypeError("JSON would change the session's data: keys must be str, and tuples are none of it")
    return text.encode("ascii")


class _Blind(pickle.Unpickler):
    """Makes a stand-in of everything that is not built in."""

    def find_class(self, module: str, name: str, /) -> Any:
        return _StandIn

    def persistent_load(self, identifier: Any, /) -> Any:
        return None


class _StandIn:
    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __new__(cls, *_: object, **__: object) -> "_StandIn":
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, item: object) -> None:
        pass

    def extend(self, items: object) -> None:
        pass

    add = append
