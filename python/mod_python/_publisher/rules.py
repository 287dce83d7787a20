"""Which types may be passed through on the way to an object, and which published."""

from __future__ import annotations
import __future__

import functools
import os
import sys
import types
from typing import Any

import _apache

_PASSED_AND_PUBLISHED = (True, True)
PUBLISHED = (False, True)
_NEITHER = (False, False)

SCALARS_AND_CONTAINERS = frozenset(
    (
        *(bool, int, float, complex, str, bytes, bytearray, memoryview, type(None)),
        *(list, tuple, dict, set, frozenset, range, slice),
    )
)

LRU_CACHED = type(functools.lru_cache(lambda: None))

# What a module has in it without its author meaning to publish it.
_BY_ACCIDENT = (
    *(types.ModuleType, type, types.GenericAlias),
    *(types.BuiltinFunctionType, types.MethodWrapperType, types.WrapperDescriptorType),
    *(types.MethodDescriptorType, types.ClassMethodDescriptorType),
    *(types.GetSetDescriptorType, types.MemberDescriptorType),
    *(type(__future__.annotations), type(os.environ)),
    # Requests, tables, servers: they are the server's inside.
    *(kind for kind in vars(_apache).values() if isinstance(kind, type)),
)

tp_rules: dict[type, tuple[bool, bool]] = {
    **{kind: PUBLISHED for kind in vars(types).values() if isinstance(kind, type)},
    **dict.fromkeys(SCALARS_AND_CONTAINERS, PUBLISHED),
    **dict.fromkeys(_BY_ACCIDENT, _NEITHER),
}
"""For exact types: whether their objects may be passed through, and published. Scripts may add to it."""


def rule_of(obj: object) -> tuple[bool, bool]:
    """Whether the object may be passed through, and published."""
    kind = type(obj)
    rule = tp_rules.get(kind)
    if rule is not None:
        return rule
    for base in (type, types.ModuleType):
        if issubclass(kind, base):
            return tp_rules.get(base, _NEITHER)
    module = getattr(kind, "__module__", None)
    if is_ours(module):
        return _NEITHER
    # A logger or a pattern at a module's top is there to be used, not to be walked through.
    return PUBLISHED if is_library(module) else _PASSED_AND_PUBLISHED


def is_foreign(obj: Any) -> bool:
    """Whether the object is a function of Python's library or of mod_python: such as
    ``shutil.rmtree``, which a module that imports it by name has among its own.
    """
    while isinstance(obj, functools.partial):
        obj = obj.func
    if isinstance(obj, types.MethodType):
        # Such as random.seed. What a site's own class inherits is the site's.
        return is_library(obj.__module__) and is_library(type(obj.__self__).__module__)
    return isinstance(obj, (types.FunctionType, LRU_CACHED)) and is_library(obj.__module__)


@functools.lru_cache(maxsize=1024)
def is_library(module: object) -> bool:
    """Whether a module of that name is Python's own, or mod_python's."""
    if not isinstance(module, str):
        return False
    if is_ours(module):
        return True
    top = module.partition(".")[0]
    if top not in sys.stdlib_module_names:
        return False
    # A site may have a module of such a name, where Python was installed without its own.
    file = getattr(sys.modules.get(top), "__file__", None)
    return file is None or file.startswith(f"{os.path.dirname(os.__file__)}/")  # noqa: PTH120  (no path of ours)


def is_ours(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] == "mod_python"
