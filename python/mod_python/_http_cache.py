"""``HTTPCache``: what is at an address, as long as HTTP lets it be kept (RFC 9111)."""

import re
import time
from email.message import Message
from email.utils import mktime_tz, parsedate_tz
from typing import Any, NamedTuple
from urllib import request
from urllib.error import HTTPError

from mod_python._cache import NOT_INITIALIZED, Cache, Entry


class HTTPEntity:
    """What a server answered. entity: the content, as bytes; metadata: the header, a Message."""

    def __init__(self, entity: bytes, metadata: Message) -> None:
        self.entity = entity
        self.metadata = metadata

    def __bytes__(self) -> bytes:
        return self.entity

    def __str__(self) -> str:
        """The content as text, by the charset that it names, else UTF-8; U+FFFD for what is none."""
        charset = self.metadata.get_content_charset("utf-8")
        try:
            return self.entity.decode(charset, "replace")
        except LookupError:
            return self.entity.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"HTTPEntity({self.entity!r}, {self.metadata.items()!r})"


class _Terms(NamedTuple):
    """On which an answer is kept: until when, and what asks whether it has changed."""

    fresh_until: float
    tag: str | None
    modified: str | None


class HTTPCache(Cache):
    """The content of ``http:`` and ``https:`` addresses, as HTTPEntity.

    It is kept for as long as ``max-age`` says, else ``Expires`` less ``Date``; then the server is asked
    whether it has changed (``ETag``, ``Last-Modified``). urllib.error.URLError if it cannot be had, also
    if the server's certificate is not good, TimeoutError if the server does not answer; ValueError for any
    other address, and for one with more than max_bytes. Redirects are followed. An answer that may not be
    kept (``no-store``) is fetched each time.
    """

    timeout: float = 10
    """Seconds to wait for each part of an answer."""

    max_bytes: int = 64 << 20

    def check(self, key: Any, name: Any, entry: Entry) -> Any:
        # What a script has stored here by itself came on no terms.
        built = entry.value is not NOT_INITIALIZED and entry.timestamp is not None
        if built and time.time() < entry.timestamp.fresh_until:
            return None
        if not re.match(r"https?://", key, re.IGNORECASE):
            raise ValueError(f"{key!r} is no http: or https: address")
        wanted = request.Request(key)
        if built and entry.timestamp.tag:
            wanted.add_header("If-None-Match", entry.timestamp.tag)
        if built and entry.timestamp.modified:
            wanted.add_header("If-Modified-Since", entry.timestamp.modified)
        try:
            return _opener().open(wanted, timeout=self.timeout)
        except HTTPError as error:
            with error:
                if error.code != 304 or not built:
                    raise
                entry.timestamp = _terms(error.headers, entry.timestamp)
                return None

    def build(self, key: Any, name: Any, opened: Any, entry: Entry) -> HTTPEntity:
        content = opened.read(self.max_bytes + 1)
        if len(content) > self.max_bytes:
            raise ValueError(f"{key!r} has more than {self.max_bytes} bytes")
        entry.timestamp = _terms(opened.headers)
        return HTTPEntity(content, opened.headers)


def _opener() -> request.OpenerDirector:
    """urllib's own would also follow a redirect to ``ftp:``."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPRedirectHandler(),
        request.HTTPErrorProcessor(),
        request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _terms(header: Message, before: _Terms | None = None) -> _Terms:
    tag, modified = header.get("ETag"), header.get("Last-Modified")
    if before is not None:
        tag, modified = tag or before.tag, modified or before.modified
    return _Terms(time.time() + _lifetime(header), tag, modified)


def _lifetime(header: Message) -> float:
    """For how many seconds an answer is fresh."""
    control = ",".join(header.get_all("Cache-Control", [])).lower()
    if re.search(r"\bno-(store|cache)\b", control):
        return 0
    age = header.get("Age", "").strip()
    if limit := re.search(r'(?:^|[\s,])max-age="?([0-9]{1,10})', control):
        return max(int(limit[1]) - (int(age) if re.fullmatch("[0-9]{1,10}", age) else 0), 0)
    expires, date = _seconds(header.get("Expires")), _seconds(header.get("Date"))
    if expires is None:
        return 0
    return max(expires - (time.time() if date is None else date), 0)


def _seconds(date: str | None) -> float | None:
    try:
        parsed = parsedate_tz(date) if date else None
        return None if parsed is None else mktime_tz(parsed)
    except (ValueError, OverflowError):
        return None
