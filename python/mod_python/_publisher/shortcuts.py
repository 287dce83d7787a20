"""Functions that are published, and protected by nothing: the usual case, and known again at a glance.

What a script may change at any time is looked at in each request all the same: what the name
stands for, the function's code and attributes, the module's names, and the rule.
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import Any, NamedTuple

from mod_python import _apply
from mod_python._publisher import nested
from mod_python._publisher.rules import PUBLISHED, tp_rules

# With these in a module there is more to ask than the function.
_DECISIVE = (*nested.NAMES, "__getattr__")


class Shortcut(NamedTuple):
    """A function, found by its name in a module."""

    function: FunctionType
    code: CodeType
    takes_req: bool


def remember(shortcuts: dict[str, Shortcut], namespace: dict[str, Any], path: str, found: Any) -> None:
    """Notes what a path has led to, if that is a function that nothing protects."""
    if type(found) is not FunctionType or found.__closure__ is not None or nested.has_any(found.__code__):
        return
    takes = _apply.parameters(found)
    shortcut = Shortcut(found, found.__code__, takes.everything or "req" in takes.names)
    if not takes.by_position and _holds(shortcut, namespace, path):
        shortcuts[path] = shortcut


def find(shortcuts: dict[str, Shortcut], namespace: dict[str, Any], path: str) -> Shortcut | None:
    """What the path led to before, if it still does."""
    shortcut = shortcuts.get(path)
    return shortcut if shortcut is not None and _holds(shortcut, namespace, path) else None


def _holds(shortcut: Shortcut, namespace: dict[str, Any], path: str) -> bool:
    function, code, _ = shortcut
    return (
        namespace.get(path) is function
        and function.__code__ is code
        and not function.__dict__
        and namespace.keys().isdisjoint(_DECISIVE)
        and tp_rules.get(FunctionType) == PUBLISHED
    )
