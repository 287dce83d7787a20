"""Many requests at once for one session, and many sessions that have expired, for `apps/session`."""

from __future__ import annotations

import http.client
import json
import os
import pickle
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from harness import session_store

_OLD = 100_000


# --- one counter ---


@dataclass
class Counted:
    """What became of a session's counter."""

    requests: int
    lost: int
    seconds: float
    slowest: float
    """Seconds that one answer took."""
    processes: int
    threads: int


def count(port: int, clients: int, requests: int) -> Counted:
    """Has each client count a session's counter up so many times, as fast as it is answered."""
    with _Client(port) as first:
        sid = str(first.ask("/save")["sid"])
    begun = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        slowest = max(pool.map(lambda _: _count(port, sid, requests), range(clients)))
    seconds = time.monotonic() - begun
    with _Client(port, sid) as last:
        data = last.ask("/facts")["data"]
    done = clients * requests
    lost = done + 1 - data["count"]
    return Counted(done, lost, seconds, slowest, len(data["pids"]), len(data["threads"]))


def _count(port: int, sid: str, requests: int) -> float:
    slowest = 0.0
    with _Client(port, sid) as client:
        for _ in range(requests):
            begun = time.monotonic()
            client.ask("/count")
            slowest = max(slowest, time.monotonic() - begun)
    return slowest


class _Client:
    """One connection, which sends one session's cookie."""

    def __init__(self, port: int, sid: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = session_store.cookie(sid) if sid else {}

    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, path: str) -> Any:
        response = self._response(path)
        body = response.read()
        assert response.status == 200, (response.status, body)
        return json.loads(body) if body else None

    def _response(self, path: str) -> http.client.HTTPResponse:
        while True:
            try:
                self._connection.request("GET", path, headers=self._headers)
                return self._connection.getresponse()
            except ConnectionError:
                # The event MPM closes kept connections, unread, when all its threads are busy. A request that
                # was read all the same would be counted twice, and the count be wrong.
                self._connection.close()


# --- many that have expired ---


def fill(kind: str, store: Path, expired: int, live: int) -> None:
    """Stores so many sessions, as httpd would have."""
    entries = chain(_entries(expired, _OLD), _entries(live, 0))
    if kind == "DbmSession":
        _fill_database(store / "mp_sess.dbm", entries)
    else:
        _fill_files(store / "mp_sess", entries)


def left(kind: str, store: Path) -> int:
    """How many sessions are stored."""
    if kind == "DbmSession":
        with sqlite3.connect(store / "mp_sess.dbm", timeout=60) as database:
            number: int = database.execute("SELECT count(*) FROM Dict").fetchone()[0]
            return number
    return sum(1 for _ in (store / "mp_sess").glob("??/[!.]*"))


def _entries(count: int, age: float) -> Iterator[tuple[str, bytes, float]]:
    accessed = time.time() - age
    record = {"_data": {"text": "x" * 50}, "_created": accessed, "_accessed": accessed, "_timeout": 1800}
    data = pickle.dumps(record, 2)
    for _ in range(count):
        yield os.urandom(16).hex(), data, accessed


def _fill_files(top: Path, entries: Iterator[tuple[str, bytes, float]]) -> None:
    session_store.own(top)
    for number in range(256):
        session_store.own(top / f"{number:02x}")
    owner = top.stat()
    for sid, data, accessed in entries:
        path = f"{top}/{sid[:2]}/{sid}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, data)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
        os.utime(descriptor, (accessed, accessed))
        os.close(descriptor)


def _fill_database(path: Path, entries: Iterator[tuple[str, bytes, float]]) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE IF NOT EXISTS Dict (key BLOB UNIQUE NOT NULL, value BLOB NOT NULL)")
        rows = sorted((sid.encode(), data) for sid, data, _ in entries)
        database.executemany("INSERT INTO Dict VALUES (?, ?)", rows)
    path.chmod(0o600)
    session_store.give(path)


@dataclass
class Cleaned:
    """What it took to remove them. Times are in seconds."""

    requests: int = 0
    seconds: float = 0.0
    answered: float = 0.0
    """The longest that a request which cleaned up took to be answered."""
    delayed: float = 0.0
    """The longest that the next request on its connection then took."""
    others: list[float] = field(default_factory=list)
    """What requests of another visitor took meanwhile."""


def clean(kind: str, port: int, store: Path, live: int, most: int = 10_000) -> Cleaned:
    """Has requests clean up until only the live ones are left, while another visitor goes on."""
    cleaned = Cleaned()
    over = threading.Event()
    other = threading.Thread(target=_visit, args=(port, over, cleaned.others))
    other.start()
    begun = time.monotonic()
    try:
        # That of the visitor is stored as well.
        while left(kind, store) > live + 1:
            assert cleaned.requests < most, "they do not get fewer"
            with _Client(port) as client:
                start = time.monotonic()
                client.ask("/clean")
                answered = time.monotonic()
                client.ask("/facts")
                cleaned.answered = max(cleaned.answered, answered - start)
                cleaned.delayed = max(cleaned.delayed, time.monotonic() - answered)
            cleaned.requests += 1
    finally:
        cleaned.seconds = time.monotonic() - begun
        over.set()
        other.join()
    return cleaned


def _visit(port: int, over: threading.Event, times: list[float]) -> None:
    with _Client(port) as client:
        sid = str(client.ask("/save")["sid"])
    while not (times and over.wait(0.005)):
        # A connection of its own each time, so that no process is kept waiting for it.
        with _Client(port, sid) as client:
            begun = time.monotonic()
            client.ask("/count")
            times.append(time.monotonic() - begun)
