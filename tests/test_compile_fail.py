"""Promises of the type system: code that would break one must not compile.

Each `tests/compile_fail/*.rs` is compiled into the crate by itself. Its first line
says what the compiler must answer: `// expect: E0277` (or the whole message, where it has
no code), or `// expect: ok` for the
control, which shows that the cases fail for their own reason.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from harness import site

pytestmark = pytest.mark.once

_FOLDER = site.CHECKOUT / "tests" / "compile_fail"
_CASES = sorted(_FOLDER.glob("*.rs"))


def _expected(case: Path) -> str:
    first = case.read_text().splitlines()[0]
    match = re.fullmatch(r"// expect: (ok|E\d{4}|[a-z].+)", first)
    assert match, f"{case.name} must start with '// expect: ' and ok, a code or a message, not {first!r}"
    return match[1]


def _errors(case: Path) -> list[dict[str, Any]]:
    """The compiler's errors for the crate with the case in it."""
    cargo = os.environ.get("CARGO", "cargo")
    target = site.CHECKOUT / "target" / "must-not-compile"
    outcome = subprocess.run(
        [
            *(cargo, "rustc", "--locked", "--lib", "--profile", "dev", "--message-format", "json"),
            *("--target-dir", str(target), "--", "--cfg", "must_not_compile"),
        ],
        cwd=site.CHECKOUT,
        env=os.environ | {"MUST_NOT_COMPILE_CASE": str(case)},
        capture_output=True,
        text=True,
    )
    reports = [json.loads(line) for line in outcome.stdout.splitlines() if line.startswith("{")]
    messages = [report["message"] for report in reports if report["reason"] == "compiler-message"]
    errors = [message for message in messages if message["level"] == "error" and message["spans"]]
    assert bool(errors) == (outcome.returncode != 0), outcome.stderr
    return errors


def test_there_are_cases_and_a_control() -> None:
    expected = [_expected(case) for case in _CASES]
    assert expected.count("ok") == 1
    assert len(expected) > 1


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.stem)
def test_must_not_compile(case: Path) -> None:
    """Q46 among them: what runs without the interpreter's lock can be given no object, so it drops none."""
    expected = _expected(case)
    errors = _errors(case)
    if expected == "ok":
        assert errors == []
        return
    # The borrow checker's errors about lifetimes have no code.
    codes = {(error["code"] or {}).get("code") or error["message"] for error in errors}
    assert codes == {expected}, "\n".join(error["rendered"] for error in errors)
    for error in errors:
        places = {Path(span["file_name"]).name for span in error["spans"] if span["is_primary"]}
        assert places == {case.name}, error["rendered"]
