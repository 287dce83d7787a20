"""Tells what the objects are that scripts get from httpd: their names, signatures and docstrings.

The request's body says, for each class and for the module "", how many arguments each
callable takes, which is then tried.
"""

import contextlib
import inspect
import json

import _apache
from mod_python import apache, logging

OURS = ("builtins", "_apache", "mod_python")


def handler(req):
    arguments = json.loads(req.read())
    instances = {
        "mp_request": req,
        "mp_conn": req.connection,
        "mp_server": req.server,
        "mp_hlist": req.hlist,
        "mp_finfo": apache.stat(__file__, apache.APR_FINFO_NORM),
        "table": apache.table({"key": "value"}),
        "multipart_parser": _apache.multipart_parser(b"boundary", 100, 10),
    }
    req.seen = {
        "classes": {name: _instance(it, arguments.get(name, {})) for name, it in instances.items()},
        "module": {
            name: _name(getattr(_apache, name), arguments.get("", {}).get(name))
            for name in dir(_apache)
            if name == "__import__" or not name.startswith("__")
        },
        "package": {name: doc for module in (apache, logging) for name, doc in _docstrings(module)},
    }
    req.arguments = arguments
    req.register_output_filter("live", "live::outputfilter")
    req.add_output_filter("live")
    req.write("what is asked for")
    return apache.OK


def outputfilter(filter):
    if filter.read():
        seen = filter.req.seen
        seen["classes"]["mp_filter"] = _instance(filter, filter.req.arguments.get("mp_filter", {}))
        filter.write(json.dumps(seen))
    else:
        filter.close()


def _docstrings(module):
    """Of functions, classes and their methods; not of what the module imports from Python's library."""
    for name, it in vars(module).items():
        if callable(it) and not name.startswith("_") and it.__module__.split(".")[0] in OURS:
            yield f"{module.__name__}.{name}", inspect.getdoc(it)
            for method, function in vars(it).items() if inspect.isclass(it) else ():
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield f"{module.__name__}.{name}.{method}", inspect.getdoc(function)


def _instance(it, arguments):
    cls = type(it)
    return {
        "name": cls.__name__,
        "exported": getattr(_apache, cls.__name__, None) is cls or cls is _apache.table,
        "doc": inspect.cleandoc(cls.__doc__ or ""),
        "hashable": cls.__hash__ is not None,
        "final": _raises(lambda: type("Sub", (cls,), {})),
        "own attributes": not _raises(lambda: (setattr(it, "of_a_script", 1), delattr(it, "of_a_script"))),
        "members": {
            name: _member(it, name, descriptor, arguments.get(name))
            for name, descriptor in vars(cls).items()
            if name not in ("__module__", "__doc__", "__new__", "__name__", "__weakref__", "__dict__")
        },
    }


def _member(it, name, descriptor, arguments):
    if inspect.ismethoddescriptor(descriptor) and not name.startswith("__"):
        return _callable("method", descriptor, getattr(it, name), arguments)
    if inspect.isgetsetdescriptor(descriptor):
        try:
            value = type(getattr(it, name)).__name__
        except Exception as error:
            value = f"raises {error!r}"
        # Takes no object of any class, so nothing is changed.
        refusal = _error(setattr, it, name, object())
        return {
            "kind": "property",
            "doc": inspect.getdoc(descriptor),
            "writable": "is not writable" not in refusal,
            "refusal": refusal,
            "value": value,
        }
    return {"kind": "special"}


def _name(it, arguments):
    if isinstance(it, type):
        return {"kind": "class", "doc": inspect.getdoc(it), "bases": [base.__name__ for base in it.__bases__]}
    if callable(it):
        return _callable("function", it, it, arguments)
    return {"kind": "constant", "type": type(it).__name__}


def _callable(kind, described, called, arguments):
    found = {"kind": kind, "doc": inspect.getdoc(described), "parameters": _parameters(called)}
    if arguments is not None:
        least, most = arguments
        found["too many"] = _error(called, *[object()] * (most + 1))
        found["too few"] = _error(called, *[object()] * (least - 1)) if least else None
        # Objects that mean nothing do nothing; without any, it would do what it does.
        found["most"] = _error(called, *[object()] * most) if most else ""
    return found


def _parameters(call):
    try:
        parameters = inspect.signature(call).parameters.values()
    except ValueError as error:
        return str(error)
    return [
        (it.name, None if it.default is it.empty else repr(it.default), it.kind is it.POSITIONAL_ONLY)
        for it in parameters
    ]


def _error(call, *arguments):
    try:
        call(*arguments)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _raises(call):
    with contextlib.suppress(TypeError, AttributeError):
        call()
        return False
    return True
