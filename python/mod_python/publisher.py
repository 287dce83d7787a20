"""Publishes objects of Python modules by URL.

``PythonHandler mod_python.publisher`` makes ``/shop/item?id=7`` a call of ``item(id="7")`` in
``shop.py``, and sends what it returns. docs/publisher.md says which URL means which object, what
is never published, and how ``__auth__`` and ``__access__`` protect.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import _apache

from mod_python import apache, util
from mod_python._apply import apply_fs_data
from mod_python._publisher import credentials, nested, output, pages, protection, rules, shortcuts
from mod_python._publisher.refusals import refused, unprotectable
from mod_python._publisher.rules import tp_rules

__all__ = ["PageCache", "handler", "page_cache", "process_auth", "publish_object", "resolve_object", "tp_rules"]

_METHODS = ("GET", "POST", "HEAD")

# A function may return a function; one that returns itself must end somewhere.
_CALLS_AT_MOST = 100


def handler(req: _apache.mp_request) -> int:
    """The handler for ``PythonHandler mod_python.publisher``.

    Returns OK. Raises SERVER_RETURN (403, 404, 405; 400, 401 where something is protected; what the form
    says to a body), and whatever the published object raises.
    """
    req.allow_methods(_METHODS)
    if req.method not in _METHODS:
        raise apache.SERVER_RETURN(apache.HTTP_METHOD_NOT_ALLOWED)
    route, path = pages.find(req)
    req.filename = route.file
    shortcut = shortcuts.find(route.shortcuts, route.module.__dict__, path)
    if not (_publish_shortcut(req, shortcut) if shortcut is not None else _publish_path(req, route, path)):
        _log_nothing(req, path)
    return apache.OK


def _publish_path(req: _apache.mp_request, route: pages.Route, path: str) -> bool:
    module = route.module
    path = path.replace("/", ".")
    realm, user, passwd = process_auth(req, module)
    found = resolve_object(req, module, path, realm, user, passwd)
    shortcuts.remember(route.shortcuts, module.__dict__, path, found)
    return publish_object(req, found)


def _publish_shortcut(req: _apache.mp_request, shortcut: shortcuts.Shortcut) -> bool:
    form = _form(req)
    if form.list:
        result = apply_fs_data(shortcut.function, form, req=req)
    else:
        result = shortcut.function(req=req) if shortcut.takes_req else shortcut.function()
    return _publish(req, result, True)


def _log_nothing(req: _apache.mp_request, path: str) -> None:
    if req._bytes_queued or req.next is not None:
        return
    if req.get_config().get("PythonDebug") == "1":
        req.log_error(f"MPY0952: {path!a} in {req.filename} has nothing to publish", apache.APLOG_NOTICE)


class PageCache:
    """The modules that are published: ``page_cache[req]`` is the one that ``req.filename`` names."""

    def __getitem__(self, req: _apache.mp_request) -> ModuleType:
        """The module, loaded anew if its file has changed. Raises ImportError, or what the module raises."""
        return pages.load(req, req.filename or "")


page_cache = PageCache()


def process_auth(
    req: _apache.mp_request,
    object: Any,
    realm: object = "unknown",
    user: str | None = None,
    passwd: str | None = None,
) -> tuple[Any, str | None, str | None]:
    """Asks the ``__auth__`` and ``__access__`` of an object whether the client may go on.

    realm, user, passwd: what is known from objects on the way here.
    Returns the three with what is known now. Raises SERVER_RETURN: 400 for credentials that cannot be
    read, 401 with a challenge (RFC 7617), 403; 500 where the object is protected in a way that cannot be
    understood.
    """
    try:
        protections = protection.of(object)
    except nested.NotUnderstoodError as problem:
        raise unprotectable(req, str(problem)) from None
    for given in protections:
        realm = given.get("__auth_realm__", realm)
        is_protected = "__auth__" in given or "__access__" in given
        if is_protected and user is None:
            user, passwd = credentials.read(req)
        if "__auth__" in given and not (user and credentials.is_authentic(given["__auth__"], req, user, passwd)):
            raise credentials.challenge(req, realm)
        if "__access__" in given and not credentials.is_allowed(given["__access__"], req, user):
            raise apache.SERVER_RETURN(apache.HTTP_FORBIDDEN)
    return realm, user, passwd


def resolve_object(
    req: _apache.mp_request,
    object: Any,
    path: str,
    realm: object = "unknown",
    user: str | None = None,
    passwd: str | None = None,
) -> Any:
    """The object that a path of dotted names leads to, by attributes alone.

    Each object on the way, and itself, must let the client pass (`process_auth`).
    Raises SERVER_RETURN: 403 for a name that begins with an underscore, for what may not be passed
    through and what may not be published (`tp_rules`); 404 for an attribute that is not there.
    """
    found = object
    passes = True
    publishes = False
    for name in path.split("."):
        if not name:
            raise apache.SERVER_RETURN(apache.HTTP_NOT_FOUND)
        if name[0] == "_":
            raise refused(req, path, "a name begins with an underscore")
        if not passes:
            raise refused(req, path, f"no way leads through {type(found).__name__}")
        try:
            found = getattr(found, name)
        except AttributeError:
            raise apache.SERVER_RETURN(apache.HTTP_NOT_FOUND) from None
        passes, publishes = rules.rule_of(found)
        if not passes and not publishes:
            raise refused(req, path, f"it is of type {type(found).__name__}")
        realm, user, passwd = process_auth(req, found, realm, user, passwd)
    if not publishes:
        raise refused(req, path, f"it is of type {type(found).__name__}")
    if rules.is_foreign(found):
        raise refused(req, path, f"it is a function of {found.__module__}, which the module has only imported")
    return found


def publish_object(req: _apache.mp_request, object: Any) -> bool:
    """Calls the object if it can be called, with the form's fields as arguments, and sends the result.

    A result that can be called is called in turn. bytes are sent as they are, the items of an iterator one
    after the other, None not at all, and of all else the ``str()``, in UTF-8. The form is ``req.form``, which
    is read unless an earlier handler has done so.
    Returns whether there was anything to send. Raises SERVER_RETURN for a body that is no form (411, 501, 400).
    """
    return _publish(req, object, False)


def _publish(req: _apache.mp_request, result: Any, is_returned: bool) -> bool:
    """is_returned: whether a call has returned it, so that it is this client's alone."""
    if type(result) is str:
        output.write_text(req, result)
        return True
    for _ in range(_CALLS_AT_MOST):
        if not _can_be_called(result):
            break
        result = apply_fs_data(result, _form(req), req=req)
        is_returned = True
    else:
        raise RecursionError(f"{result!r} and what it returned were called {_CALLS_AT_MOST} times")
    if result is None:
        return False
    if is_returned and not isinstance(result, str) and isinstance(result, Iterator):
        output.write_items(req, result)
    else:
        output.write(req, result)
    return True


def _can_be_called(obj: Any) -> bool:
    return callable(obj) or callable(getattr(obj, "__call__", None))  # noqa: B004  (the instance's own counts)


def _form(req: _apache.mp_request) -> Any:
    form = getattr(req, "form", None)
    if form is None:
        form = req.form = util.FieldStorage(req, keep_blank_values=1)
    return form
