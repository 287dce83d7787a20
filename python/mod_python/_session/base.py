"""BaseSession: the life cycle of a session, its cookie and its lock. Subclasses store."""

import random
import secrets
import time
from typing import Any, TypeGuard

import _apache

from mod_python import Cookie
from mod_python._session import locks, settings
from mod_python._session.settings import Options, validate_sid_re

Record = dict[str, Any]
"""What is stored: ``_data``, a dict, and ``_created``, ``_accessed``, ``_timeout``, in seconds."""

_SAME_SITE = ("Strict", "Lax", "None")


def unlock_session_cleanup(session: "BaseSession") -> None:
    """Run when the request ends, whatever became of it."""
    session.unlock()


class BaseSession(dict[Any, Any]):
    """A session, and its data as a dict. A base: it stores nothing by itself.

    A subclass has four hooks: ``do_load()`` returns the record that was stored last under
    ``self._sid``, or None; ``do_save(record)`` stores one; ``do_delete()`` removes it;
    ``do_cleanup()`` removes what has expired. All but do_cleanup run while the id is locked,
    unless locking is off.

    req: the request. sid: the id to look for instead of that in the cookie; str or bytes.
    secret: str or bytes; the cookie is signed, and one that is not is no cookie. lock: whether the
    session is locked until the request ends or ``unlock()``. timeout: seconds without use after
    which a new session expires; 0 means DFT_TIMEOUT. An existing one keeps its own.

    ValueError for an id that is none, and for options that mean nothing;
    SERVER_RETURN with 503 if a lock timeout is set and over.
    """

    def __init__(
        self,
        req: _apache.mp_request,
        sid: str | bytes | int | None = None,
        secret: str | bytes | None = None,
        lock: object = 1,
        timeout: float = 0,
    ) -> None:
        super().__init__()
        self._req = req
        self._options: Options = req.get_options()
        self._sid: str | None = self._given(sid) if sid else None
        self._secret = secret
        self._lock = lock
        self._held: locks.Lock | None = None
        self._locked = 0
        self._has_cleanup = False
        self._new = 1
        self._invalid = 0
        self._created = self._accessed = 0.0
        self._timeout: float = 0
        self._cookie_name = settings.text(
            self._options, "mod_python.session.cookie_name", "session_cookie_name"
        ) or settings.constant("COOKIE_NAME")
        self._sid = self._sid or self._of_cookie()
        self.init_lock()
        if self._sid:
            self.lock()
            if self.load():
                self._new = 0
        if self._new:
            self._begin(timeout)
        self._accessed = time.time()
        if random.randrange(settings.constant("CLEANUP_CHANCE")) == 0:
            self.cleanup()

    def _begin(self, timeout: float) -> None:
        # An id that is not known is never taken over, or a stranger could choose it.
        self.unlock()
        self._sid = _new_sid()
        self.lock()
        Cookie.add_cookie(self._req, self.make_cookie())
        self._created = time.time()
        self._timeout = timeout or settings.constant("DFT_TIMEOUT")

    @staticmethod
    def _given(sid: str | bytes | int) -> str:
        text = sid.decode("ascii", "replace") if isinstance(sid, bytes) else sid
        if not isinstance(text, str) or not validate_sid_re.match(text):
            raise ValueError("a session id is 32 hexadecimal digits, in lower case")
        return text

    def _of_cookie(self) -> str | None:
        if self._secret:
            cookie = Cookie.get_cookie(
                self._req, self._cookie_name, Cookie.SignedCookie, secret=self._secret, mismatch=Cookie.Cookie.IGNORE
            )
            if not isinstance(cookie, Cookie.SignedCookie):
                return None
        else:
            cookie = Cookie.get_cookie(self._req, self._cookie_name)
        if cookie is None or not validate_sid_re.match(cookie.value):
            return None
        return str(cookie.value)

    # --- the cookie ---

    def make_cookie(self) -> Cookie.Cookie:
        """The cookie of this session, signed if there is a secret."""
        attributes: dict[str, Any] = {"path": self._cookie_path()}
        domain = self._options.get("mod_python.session.application_domain", None)
        if domain is not None:
            attributes["domain"] = domain
        if settings.flag(self._options, ("mod_python.session.cookie_secure",), False):
            attributes["secure"] = True
        same_site = settings.word(self._options, "mod_python.session.cookie_samesite", _SAME_SITE)
        if same_site is not None:
            attributes["samesite"] = same_site
        if settings.flag(self._options, ("mod_python.session.cookie_httponly",), False):
            attributes["httponly"] = True
        if self._secret:
            return Cookie.SignedCookie(self._cookie_name, self._sid, self._secret, **attributes)
        return Cookie.Cookie(self._cookie_name, self._sid, **attributes)

    def _cookie_path(self) -> str:
        """That of the options, else the URL of the directory that the handler is configured for, else ``/``."""
        path = settings.text(self._options, "mod_python.session.application_path", "ApplicationPath")
        if path is not None:
            return path
        directory = self._req.hlist.directory if self._req.hlist is not None else None
        root = self._req.document_root()
        if not directory or not directory.startswith(root):
            return "/"
        path = directory[len(root) :]
        usable = path.startswith("/") and self._req.uri.startswith(path) and ";" not in path
        return path if usable and path.isprintable() else "/"

    # --- facts ---

    def is_new(self) -> bool:
        """Whether this request began the session."""
        return bool(self._new)

    def id(self) -> str:
        """The session id, 32 hexadecimal digits."""
        assert self._sid is not None
        return self._sid

    def created(self) -> float:
        """When the session began, in seconds since 1970."""
        return self._created

    def last_accessed(self) -> float:
        """When this object was made, in seconds since 1970."""
        return self._accessed

    def timeout(self) -> float:
        """Seconds without use after which the session expires."""
        return self._timeout

    def set_timeout(self, secs: float) -> None:
        """Sets the timeout, in seconds; from the next save() on."""
        self._timeout = secs

    # --- storage ---

    def load(self) -> int:
        """Reads what was saved last into this object. 1; 0 if there is nothing, or if it has expired."""
        record = self.do_load()
        if not is_record(record) or has_expired(record):
            return 0
        self._created = record["_created"]
        self._accessed = record["_accessed"]
        self._timeout = record["_timeout"]
        self.update(record["_data"])
        return 1

    def save(self) -> None:
        """Stores the data, and that it was used now. Nothing is stored without this, and nothing after invalidate()."""
        if self._invalid:
            return
        self.do_save(
            {
                "_data": dict(self),
                "_created": self._created,
                "_accessed": self._accessed,
                "_timeout": self._timeout,
            }
        )

    def delete(self) -> None:
        """Removes what is stored, and the data of this object. The client keeps its cookie."""
        self.do_delete()
        self.clear()

    def invalidate(self) -> None:
        """Ends the session: the cookie expires, what is stored is removed, later calls of save() store nothing."""
        cookie = self.make_cookie()
        cookie.expires = 0
        Cookie.add_cookie(self._req, cookie)
        self.delete()
        self._invalid = 1

    def regenerate_id(self) -> str:
        """Gives the session a new id, and returns it. For the moment at which rights change, such as a login.

        Whoever knew the old id has nothing any more. The data is saved under the new one, and the client
        gets it in a cookie. ValueError after invalidate().
        """
        if self._invalid:
            raise ValueError("the session has been invalidated")
        self.do_delete()
        self.unlock()
        self._sid = _new_sid()
        self.lock()
        Cookie.add_cookie(self._req, self.make_cookie())
        self.save()
        return self._sid

    def cleanup(self) -> None:
        """Has expired sessions removed, after this request; done by itself once in CLEANUP_CHANCE sessions."""
        self.do_cleanup()
        if self._locked:
            # The cleanup registered last runs first: nobody waits for this session meanwhile.
            self._req.register_cleanup(unlock_session_cleanup, self)

    def do_load(self) -> Record | None:
        """What was stored under ``self._sid``, or None. For subclasses."""
        raise NotImplementedError(f"{type(self).__name__} stores no sessions: it has no do_load")

    def do_save(self, dict: Record) -> None:
        """Stores a record under ``self._sid``. For subclasses."""
        raise NotImplementedError(f"{type(self).__name__} stores no sessions: it has no do_save")

    def do_delete(self) -> None:
        """Removes the record of ``self._sid``, if there is one. For subclasses."""
        raise NotImplementedError(f"{type(self).__name__} stores no sessions: it has no do_delete")

    def do_cleanup(self) -> None:
        """Removes what has expired, or registers a cleanup of the request that does. For subclasses."""
        raise NotImplementedError(f"{type(self).__name__} stores no sessions: it has no do_cleanup")

    # --- the lock ---

    def init_lock(self) -> None:
        """For subclasses with locks of their own: called before the first lock()."""

    def lock(self) -> None:
        """Waits until no other request has the session; it is this one's then until unlock(), or until it ends.

        The same id may be locked several times in a request. Nothing happens if locking is off.
        """
        if not self._lock or self._locked:
            return
        assert self._sid is not None
        timeout = settings.number(self._options, ("mod_python.session.lock_timeout",), 0)
        self._held = locks.acquire(self._req, self._sid, timeout)
        self._locked = 1
        if not self._has_cleanup:
            self._req.register_cleanup(unlock_session_cleanup, self)
            self._has_cleanup = True

    def unlock(self) -> None:
        """Lets others have the session."""
        if not self._lock or not self._locked:
            return
        self._locked = 0
        held, self._held = self._held, None
        if held is not None:
            held.release()

    def __del__(self) -> None:
        # An object whose __init__ raised may have nothing yet.
        if getattr(self, "_locked", 0):
            self.unlock()


def _new_sid() -> str:
    return secrets.token_hex(16)


def is_record(record: Any) -> TypeGuard[Record]:
    """Whether a store gave what save() handed to it."""
    return (
        isinstance(record, dict)
        and isinstance(record.get("_data"), dict)
        and all(isinstance(record.get(key), (int, float)) for key in ("_created", "_accessed", "_timeout"))
    )


def has_expired(record: Record, grace: float = 0) -> bool:
    """Whether a session was not used for longer than its timeout and a grace period, in seconds."""
    return bool(time.time() - record["_accessed"] > record["_timeout"] + grace)
