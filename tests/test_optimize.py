"""PythonOptimize."""

from __future__ import annotations

import pytest
from harness.inside import Inside

LEVEL = "import sys; result = sys.flags.optimize"


@pytest.mark.parametrize("interpreter", ["main_interpreter", "another"])
def test_on_means_level_two_in_every_interpreter(inside: Inside, interpreter: str) -> None:
    """Q47."""
    inside.serve(server="PythonOptimize On", directory=f"PythonInterpreter {interpreter}")
    assert inside(LEVEL) == 2


def test_any_virtual_host_turns_it_on(inside: Inside) -> None:
    """Q47: it is a matter of the process."""
    inside.serve(vhosts={"main.test": "", "other.test": "PythonOptimize On"})
    assert inside(LEVEL) == 2


def test_off_is_the_default(inside: Inside) -> None:
    assert inside(LEVEL) == 0
