"""The ``__auth__``, ``__access__`` and ``__auth_realm__`` of an object.

Attributes of modules and instances; of functions and methods the attributes and what is
defined inside (`nested`), with all functions that they were made of: the decorated one is
protected by what it says itself, whatever stands around it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

from mod_python._publisher import nested
from mod_python._publisher.rules import LRU_CACHED, SCALARS_AND_CONTAINERS

_ABSENT = object()

Protection = dict[str, Any]
"""Those of the three names that there are, with their values."""


def of(obj: Any) -> list[Protection]:
    """What protects the object; all of it must let a client pass. Raises nested.NotUnderstoodError."""
    kind = type(obj)
    if kind is ModuleType:
        return _of_module(obj)
    if kind is FunctionType:
        # The usual case: neither protected nor made of other functions.
        if not obj.__dict__ and obj.__closure__ is None and not nested.has_any(obj.__code__):
            return []
        return _of_functions(obj)
    if kind is MethodType:
        return _of_functions(obj)
    if kind in SCALARS_AND_CONTAINERS:
        return []
    called = getattr(obj, "__call__", None)  # noqa: B004  (the instance's own counts)
    # A decorator may be a class.
    return [*_of_attributes(obj), *_of_functions(obj, called, getattr(obj, "__wrapped__", None))]


def _of_module(module: ModuleType) -> list[Protection]:
    namespace = module.__dict__
    if "__getattr__" in namespace:
        return _of_attributes(module)
    # Look-ups that fail in a module's dict cost a tenth of those of its attributes.
    if "__auth__" in namespace or "__access__" in namespace or "__auth_realm__" in namespace:
        return [{name: namespace[name] for name in nested.NAMES if name in namespace}]
    return []


def _of_attributes(obj: Any) -> list[Protection]:
    values = {name: getattr(obj, name, _ABSENT) for name in nested.NAMES}
    found = {name: value for name, value in values.items() if value is not _ABSENT}
    for name in nested.NAMES - found.keys():
        # Such as a property that raised AttributeError for a reason of its own.
        if any(name in vars(base) for base in type(obj).__mro__):
            raise nested.NotUnderstoodError(f"{name} of an object of type {type(obj).__name__} has no value")
    return [found] if found else []


def _of_functions(*callables: Any) -> list[Protection]:
    found: list[Protection] = []
    attributes: set[tuple[str, int]] = set()
    for function in _made_of(*callables):
        own = {name: function.__dict__[name] for name in nested.NAMES if name in function.__dict__}
        # functools.wraps copies them.
        new = {name: value for name, value in own.items() if (name, id(value)) not in attributes}
        attributes.update((name, id(value)) for name, value in own.items())
        found += [protection for protection in (new, nested.of(function)) if protection]
    return found


def _made_of(*callables: Any) -> Iterator[FunctionType]:
    """The functions themselves, and those that they call in place of themselves, as far as can be seen."""
    seen: set[int] = set()
    waiting = [*callables]
    while waiting:
        part = waiting.pop(0)
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, MethodType):
            waiting.append(part.__func__)
        elif isinstance(part, functools.partial):
            waiting.append(part.func)
        elif isinstance(part, FunctionType):
            yield part
            waiting += [part.__dict__.get("__wrapped__"), *_enclosed(part)]
        elif isinstance(part, (staticmethod, LRU_CACHED)):
            waiting.append(part.__wrapped__)


def _enclosed(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:
            # Not assigned yet.
            continue
        if isinstance(content, (FunctionType, MethodType)):
            yield content
