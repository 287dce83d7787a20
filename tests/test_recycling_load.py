"""Nothing gets lost while interpreters are replaced: a little of what `soak/recycles` does by the thousand."""

from __future__ import annotations

import pytest
from harness import site
from harness.serve import Serve
from soak import recycles, setting


@pytest.mark.parametrize("kind", setting.RECYCLES)
def test_no_request_is_lost(serve: Serve, kind: str) -> None:
    if kind == "recycles-own-gil" and site.python_version() < (3, 13):
        pytest.skip("interpreters with a GIL of their own need 3.13")
    server = serve(
        "hello",
        directory="SetHandler mod_python\nPythonHandler hello",
        server=setting.recycling(kind),
        children=1,
        threads=6,
    )
    before = server.process.children()
    (child,) = before
    run = recycles.recycle(server.port, child, count=20, clients=1 if site.MPM == "prefork" else 4)
    assert run.counts["answered"] >= 100
    assert run.failed() == 0, run.counts
    assert server.process.children() == before
