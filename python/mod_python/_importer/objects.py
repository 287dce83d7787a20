"""From ``a.b.c`` in a handler's text to the object: the rule that dispatch follows too."""

from types import ModuleType


def resolve_object(module: ModuleType, obj_str: str, arg: object = None, silent: object = False) -> object:
    """The object that `obj_str`, dotted names, leads to from the module.

    An attribute of a class is taken from a new instance, made with `arg` (the request, the
    filter or the connection) as its only argument.
    silent: return None where an attribute is missing.
    Raises AttributeError for a missing attribute, and whatever classes on the way raise.
    """
    found: object = module
    for position, name in enumerate(obj_str.split(".")):
        parent = found(arg) if isinstance(found, type) else found
        try:
            found = getattr(parent, name)
        except AttributeError:
            if silent:
                return None
            if position == 0:
                file = getattr(module, "__file__", None) or module.__name__
                raise AttributeError(f"{file} contains no '{name}'") from None
            raise
    return found
