"""Form fields as the arguments of a call.

The client chooses fields, so a field becomes an argument only where the callable has a
parameter of that name, and never in place of what the caller or the callable's author gives.
What a callable takes is asked of `inspect.signature` once for each code object.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import CodeType, FunctionType, MethodType
from typing import Any, NamedTuple

_KNOWN_AT_MOST = 2000


class Parameters(NamedTuple):
    """What a callable takes."""

    names: frozenset[str] = frozenset()
    """By keyword."""
    everything: bool = False
    """Any other keyword too."""
    taken: frozenset[str] = frozenset()
    """What it has been given already, such as `self`: to pass that by keyword would be an error."""
    by_position: bool = False
    """Whether some parameters are by position only."""


_NONE = Parameters()
_known: dict[tuple[int, bool], tuple[CodeType, Parameters]] = {}


def apply_fs_data(object: Any, fs: Any, **args: Any) -> Any:
    """Calls the object with the fields of a form as its arguments, and returns its result.

    object: anything callable; a function, a method, a class, a ``functools.partial``, an instance with ``__call__``.
    fs: a form; ``fs.list`` has fields with ``name``, ``value`` and ``filename``.
    args: arguments from the caller, which no field replaces.

    A parameter gets the field's ``value``, or the field itself if that is an uploaded file; a list of
    them where the form has several of that name. Fields without a parameter are dropped, unless there
    is ``**kw``. Functions written in C are called without arguments.
    Raises TypeError where a parameter without default has no field, and what the object raises.
    """
    target = object if callable(object) else object.__call__
    takes = parameters(target)
    names, everything = takes.names, takes.everything
    given = {name: value for name, value in args.items() if everything or name in names}
    fields = fs.list
    if fields:
        for name, values in _values(fields).items():
            if name not in args and (name in names or (everything and name not in takes.taken)):
                given[name] = values[0] if len(values) == 1 else values
    return _call_by_position(target, given) if takes.by_position else target(**given)


def _values(fields: Any) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {}
    for field in fields:
        name = field.name
        if isinstance(name, bytes):
            name = name.decode("utf-8", "surrogateescape")
        if isinstance(name, str):
            values.setdefault(name, []).append(field if getattr(field, "filename", None) else field.value)
    return values


def _call_by_position(target: Callable[..., Any], given: dict[str, Any]) -> Any:
    """A parameter that is by position only may stand behind one that has no field: that gets its default."""
    positional: list[Any] = []
    skipped: list[Any] = []
    for name, parameter in _signature(target).parameters.items():
        if parameter.kind is not inspect.Parameter.POSITIONAL_ONLY:
            break
        if name in given:
            positional += [*skipped, given.pop(name)]
            skipped = []
        elif parameter.default is not inspect.Parameter.empty:
            skipped.append(parameter.default)
        else:
            break
    return target(*positional, **given)


def parameters(target: Callable[..., Any]) -> Parameters:
    """What a callable takes."""
    kind = type(target)
    if kind is FunctionType:
        function, is_bound = target, False
    elif kind is MethodType:
        function, is_bound = target.__func__, True  # type: ignore[attr-defined]
    else:
        function, is_bound = kind.__call__, True
    if type(function) is not FunctionType or isinstance(target, type):
        return _inspected(target)
    code = function.__code__
    known = _known.get((id(code), is_bound))
    if known is not None:
        return known[1]
    takes = _inspected(target)
    if "__signature__" not in function.__dict__:
        if len(_known) >= _KNOWN_AT_MOST:
            _known.clear()
        # The code object stays alive with the entry, so its id is its own.
        _known[id(code), is_bound] = (code, takes)
    return takes


def _inspected(target: Any) -> Parameters:
    if isinstance(target, staticmethod):
        return _inspected(target.__func__)
    if not _is_python(target):
        return _NONE
    try:
        parameters = _signature(target).parameters.values()
    except (TypeError, ValueError):
        return _NONE
    kinds = inspect.Parameter
    everything = any(parameter.kind is kinds.VAR_KEYWORD for parameter in parameters)
    named = (parameter for parameter in parameters if parameter.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD))
    taken = _taken(target)
    return Parameters(
        names=frozenset(parameter.name for parameter in named) - taken,
        everything=everything,
        taken=taken,
        by_position=any(parameter.kind is kinds.POSITIONAL_ONLY for parameter in parameters),
    )


def _signature(target: Any) -> inspect.Signature:
    # A decorator's function takes what it says itself, whatever the decorated one takes.
    is_wrapper = isinstance(target, (FunctionType, MethodType))
    return inspect.signature(target, follow_wrapped=not is_wrapper)


def _is_python(target: Any) -> bool:
    """Whether Python code takes the arguments. For C code the signature, if any, is documentation."""
    if isinstance(target, functools.partial):
        return _is_python(target.func)
    if isinstance(target, MethodType):
        return _is_python(target.__func__)
    if isinstance(target, type):
        makers = (type(target).__call__, *_makers(target))
        return any(isinstance(maker, FunctionType) for maker in makers)
    if isinstance(target, FunctionType) or isinstance(type(target).__call__, FunctionType):
        return True
    # Such as functools.lru_cache's: C code around a function.
    wrapped = getattr(target, "__wrapped__", None)
    return wrapped is not None and _is_python(wrapped)


def _makers(cls: Any) -> list[Any]:
    return [cls.__new__, cls.__init__]


def _taken(target: Any) -> frozenset[str]:
    if isinstance(target, functools.partial):
        by_author = inspect.signature(target.func).parameters.keys() - inspect.signature(target).parameters.keys()
        return frozenset(by_author) | frozenset(target.keywords) | _taken(target.func)
    if isinstance(target, MethodType):
        makers = [target.__func__]
    elif isinstance(target, type):
        makers = _makers(target)
    else:
        makers = [type(target).__call__]
    codes = [maker.__code__ for maker in makers if isinstance(maker, FunctionType)]
    return frozenset(code.co_varnames[0] for code in codes if code.co_argcount > code.co_posonlyargcount == 0)
