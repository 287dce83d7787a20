"""Nothing gets lost, and nothing is left: a little of what `soak/sessions` does by the hundred thousand."""

from __future__ import annotations

from typing import Any

import pytest
from harness import session_load, sessions, site
from harness.serve import Serve


@pytest.mark.parametrize("kind", sessions.EVERY)
def test_every_count_counts(serve: Serve, kind: str) -> None:
    """L7.2: 18. L7.3: 10."""
    if kind == "MemorySession" and site.MPM == "prefork":
        pytest.skip("processes do not share their memory")
    shape: dict[str, Any] = {"children": 4, "threads": 1} if site.MPM == "prefork" else {"children": 1, "threads": 16}
    server = sessions.start(serve, kind, **shape)
    counted = session_load.count(server.port, clients=4, requests=50)
    assert (counted.requests, counted.lost) == (200, 0)
    assert counted.processes * counted.threads > 1


@pytest.mark.parametrize("kind", sessions.SHARED)
def test_requests_remove_what_has_expired(serve: Serve, kind: str) -> None:
    """L7.2: 17."""
    server = sessions.start(serve, kind, children=2, threads=2)
    session_load.fill(kind, sessions.store(server), expired=3000, live=10)
    cleaned = session_load.clean(kind, server.port, sessions.store(server), live=10, most=200)
    assert cleaned.requests >= 1
    assert cleaned.others
    assert session_load.left(kind, sessions.store(server)) == 11
