"""What no client should send harms no child: a few hundred of what `soak/malformed` sends by the thousand."""

from __future__ import annotations

import pytest
from harness import malformed
from harness.serve import Serve


@pytest.mark.parametrize("protocol", ["Strict", "Unsafe"])
@pytest.mark.parametrize("seed", [1, 2])
def test_malformed_requests_are_answered_and_forgotten(serve: Serve, protocol: str, seed: int) -> None:
    server = serve(malformed.APP, **malformed.config(protocol), log_level="notice")
    server.tolerate_log(malformed.FORESEEN)
    children = server.process.children()
    for number in range(150):
        malformed.send(server.port, malformed.case(seed, number))
    assert server.post("/sound", b"sound").content == b"/sound\nsound"
    assert server.process.children() == children
