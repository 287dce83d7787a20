"""Protection of what is published: __auth__, __access__ and __auth_realm__ (mod_python.publisher)."""

from __future__ import annotations

import base64
import textwrap

from harness.modules import write
from harness.serve import Serve
from harness.server import Server

PUBLISHER = "SetHandler mod_python\nPythonHandler mod_python.publisher"


def _publishing(serve: Serve, source: str) -> Server:
    server = serve.prepare(directory=PUBLISHER)
    write(server, index=textwrap.dedent(source))
    server.start()
    return server


def _basic(user: str, password: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def _matrix(server: Server, path: str) -> list[int]:
    """Statuses: without credentials, with wrong ones, as bob, as ann."""
    headers: list[dict[str, str]] = [{}, _basic("ann", "wrong"), _basic("bob", "builder"), _basic("ann", "secret")]
    return [server.get(path, headers=each).status_code for each in headers]


_BOTH = """
    def __auth__(req, user, password):
        req.notes["auth"] = user
        return (user, password) in USERS
    def __access__(req, user):
        return user == "ann" and req.notes.get("auth") == user
"""

_USERS = "USERS = [('ann', 'secret'), ('bob', 'builder')]\n"


# --- where the names are found ---


def test_definitions_inside_a_function_protect_it(serve: Serve) -> None:
    """L7.1: 31. Both are called before the body, and see the request's notes and the module's globals."""
    source = _USERS + "def index(req):" + _BOTH + "    return 'for ' + req.notes['auth']\n"
    server = _publishing(serve, source)
    assert _matrix(server, "/") == [401, 401, 403, 200]
    assert server.text("/", headers=_basic("ann", "secret")) == "for ann"


def test_definitions_inside_a_method_protect_it(serve: Serve) -> None:
    """L7.1: 32. L7.3: 12. Of an instance that is passed through."""
    body = _BOTH.replace("\n    ", "\n        ")
    source = f"{_USERS}class C:\n    def method(self, req):{body}        return 'yes'\nc = C()\n"
    assert _matrix(_publishing(serve, source), "/c/method") == [401, 401, 403, 200]


def test_names_of_a_module_protect_all_in_it(serve: Serve) -> None:
    source = _USERS + textwrap.dedent(_BOTH) + "def index(): return 'yes'\nNUMBER = 1\n"
    server = _publishing(serve, source)
    for path in ("/", "/index", "/NUMBER", "/nothing", "/index/index/x"):
        expected = {"/nothing": 404, "/index/index/x": 403}.get(path, 200)
        if expected == 403:
            server.expect_log("^MPY0950")
        assert _matrix(server, path) == [401, 401, 403, expected], path


def test_names_of_an_instance_protect_it_and_what_is_behind_it(serve: Serve) -> None:
    body = _BOTH.replace("(req", "(self, req")
    source = f"{_USERS}class C:\n{body}\n    def method(self): return 'yes'\n    text = 'yes'\nc = C()\n"
    server = _publishing(serve, source)
    for path in ("/c", "/c/method", "/c/text"):
        assert _matrix(server, path) == [401, 401, 403, 200], path


def test_definitions_inside_the_call_of_an_instance_protect_it(serve: Serve) -> None:
    """L7.2: 20."""
    body = _BOTH.replace("\n    ", "\n        ")
    source = f"{_USERS}class C:\n    def __call__(self):{body}        return 'yes'\nc = C()\n"
    assert _matrix(_publishing(serve, source), "/c") == [401, 401, 403, 200]


def test_attributes_of_a_function_protect_it(serve: Serve) -> None:
    source = """
        def index(): return 'yes'
        index.__auth__ = {'ann': 'secret', 'bob': 'builder'}
        index.__access__ = ['ann']
        class C:
            def method(self): return 'yes'
            method.__access__ = 0
        c = C()
    """
    server = _publishing(serve, source)
    assert _matrix(server, "/") == [401, 401, 403, 200]
    assert _matrix(server, "/c/method") == [403] * 4


def test_what_protects_a_decorated_function_protects_it_still(serve: Serve) -> None:
    """Whether the decorator says what it wraps or not."""
    source = """
        import functools
        def plain(function):
            def wrapper(req): return function()
            return wrapper
        def wrapping(function):
            return functools.wraps(function)(plain(function))
        def nested():
            __access__ = 0
            return 'no'
        def attributed(): return 'no'
        attributed.__access__ = 0
        class C:
            def method(self):
                __access__ = 0
                return 'no'
        a, b, c, d = plain(nested), wrapping(nested), plain(attributed), wrapping(plain(attributed))
        e, f, g, h = functools.partial(nested), functools.lru_cache(nested), staticmethod(nested), plain(C().method)
        i = functools.partial(functools.partial(attributed))
        class Decorator:
            def __init__(self, function): functools.update_wrapper(self, function)
            def __call__(self, req): return self.__wrapped__()
        j, k = Decorator(nested), Decorator(attributed)
        free = plain(lambda: 'yes')
    """
    server = _publishing(serve, source)
    assert {name: server.get(f"/{name}").status_code for name in "abcdefghijk"} == dict.fromkeys("abcdefghijk", 403)
    assert server.text("/free") == "yes"


def test_levels_add_up(serve: Serve) -> None:
    """L7.3: 12. What is further in does not relax what is further out."""
    source = """
        __auth__ = {'ann': 'secret', 'bob': 'builder'}
        __access__ = ['ann', 'bob']
        def index():
            __auth__ = True
            __access__ = True
            return 'yes'
        def ann():
            __access__ = ['ann']
            return 'yes'
        class C:
            __access__ = ['bob']
            def method(self):
                __access__ = ['ann', 'bob']
                return 'yes'
        c = C()
        def nobody():
            __access__ = []
            return 'no'
    """
    server = _publishing(serve, source)
    assert _matrix(server, "/") == [401, 401, 200, 200]
    assert _matrix(server, "/ann") == [401, 401, 403, 200]
    assert _matrix(server, "/c/method") == [401, 401, 200, 403]
    assert _matrix(server, "/nobody") == [401, 401, 403, 403]


# --- what they may be ---

_FORMS = """
    ADMINS = ['ann']
    class Rules:
        admins = ADMINS
    def global_auth(req, user, password): return (user, password) == ('ann', 'secret')

    def function():
        def __auth__(req, user, password, *, expected='secret', other=('x', 1)):
            return password == expected
        return 'yes'
    def lambdas():
        __auth__ = lambda req, user, password: password == 'secret'
        __access__ = lambda req, user: user == 'ann'
        return 'yes'
    def dictionary():
        __auth__ = {'ann': 'secret', 'bob': b'builder', 'int': 1}
        return 'yes'
    def tuples():
        __auth__ = 1
        __access__ = ('ann',)
        return 'yes'
    def lists():
        __auth__ = 1
        __access__ = ['ann']
        return 'yes'
    def sets():
        __auth__ = 1
        __access__ = {'ann'}
        return 'yes'
    def annotated():
        __auth__: int = 1
        __access__: list = ['ann']
        return 'yes'
    def global_names():
        __auth__ = global_auth
        __access__ = Rules.admins
        return 'yes'
    def nobody():
        __auth__ = 0
        return 'no'
    def none():
        __auth__ = None
        return 'no'
    def closed():
        __access__ = False
        return 'no'
    def everybody():
        __auth__ = 'yes'
        __access__ = 1
        return 'yes'
    def realm_only():
        __auth_realm__ = 'nothing to ask for'
        return 'yes'
"""


def test_functions_dicts_lists_tuples_constants_and_global_names(serve: Serve) -> None:
    """L7.2: 20. In 3.5 a nested list let everybody in, and dicts and constants were errors."""
    server = _publishing(serve, _FORMS)
    expected = {
        "function": [401, 401, 401, 200],
        "lambdas": [401, 401, 401, 200],
        "dictionary": [401, 401, 200, 200],
        "tuples": [401, 200, 403, 200],
        "lists": [401, 200, 403, 200],
        "sets": [401, 200, 403, 200],
        "annotated": [401, 200, 403, 200],
        "global_names": [401, 401, 401, 200],
        "nobody": [401] * 4,
        "none": [401] * 4,
        "closed": [403] * 4,
        "everybody": [401, 200, 200, 200],
        "realm_only": [200] * 4,
    }
    assert {name: _matrix(server, f"/{name}") for name in expected} == expected
    assert server.get("/dictionary", headers=_basic("int", "1")).status_code == 401


_NOT_UNDERSTOOD = {
    "expression": "__access__ = ['a' + 'nn']",
    "call": "__access__ = list('a')",
    "comprehension": "__access__ = [user for user in ADMINS]",
    "of_a_parameter": "__access__ = users",
    "local_name": "local = 1\n__access__ = local",
    "conditional": "if ADMINS:\n    __access__ = 0",
    "twice": "__access__ = 0\n__access__ = 1",
    "extended": "__access__ = ['ann']\n__access__ += ['bob']",
    "unpacked": "__access__, other = ['ann'], 1",
    "walrus": "other = (__access__ := 0)",
    "loop": "for __access__ in [0]: pass",
    "with_statement": "with open('/dev/null') as __access__: pass",
    "imported": "import os as __access__",
    "class_statement": "class __access__: pass",
    "only_declared": "__access__: list\n__access__[0]",
    "deleted": "__access__ = 0\ndel __access__",
    "decorated": "@staticmethod\ndef __access__(req, user): return False",
    "asynchronous": "async def __access__(req, user): return False",
    "generator": "def __access__(req, user): yield False",
    "closure": "def __access__(req, user): return user in users",
    "closure_in_lambda": "__access__ = lambda req, user: user in users",
    "two_lambdas": "__access__ = lambda req, user: False; other = lambda req, user: True",
    "default_expression": "def __access__(req, user, users=ADMINS): return False",
    "matched": "match 0:\n    case __access__: pass",
    "excepted": "try: 1/0\nexcept Exception as __access__: pass",
    "nonlocal_one": "__access__ = 0\ndef change():\n    nonlocal __access__\n    __access__ = 1",
    "realm": "__auth_realm__ = str(1)\n__auth__ = 1",
    "auth": "__auth__ = dict(ann='secret')",
}


def test_what_is_not_understood_is_refused(serve: Serve) -> None:
    """L7.2: 20. 500 and an entry in the log, rather than no protection."""
    functions = [
        f"def {name}(req, users=None):\n{textwrap.indent(body, '    ')}\n    return 'no'\n"
        for name, body in _NOT_UNDERSTOOD.items()
    ]
    parameter = "def parameter(req, __access__=0): return 'no'\n"
    server = _publishing(serve, "ADMINS = ['ann']\n" + "".join([*functions, parameter]))
    server.expect_log("^MPY0951: .*/index.py, line .*__access__")
    server.tolerate_log("^MPY0951")
    names = [*_NOT_UNDERSTOOD, "parameter"]
    statuses = {name: server.get(f"/{name}", headers=_basic("ann", "secret")).status_code for name in names}
    assert statuses == dict.fromkeys(names, 500)
    assert len(server.log.find("^MPY0951")) == len(names)


def test_a_protection_without_a_value_is_refused(serve: Serve) -> None:
    """L7.2: 20. A property that fails is no protection that is not there."""
    source = """
        class C:
            @property
            def __access__(self): return self.misspelt
            def __str__(self): return 'no'
        c = C()
    """
    server = _publishing(serve, source)
    server.expect_log("^MPY0951: __access__ of an object of type C has no value")
    assert server.get("/c").status_code == 500


def test_global_names_that_are_not_there_are_an_error(serve: Serve) -> None:
    server = _publishing(serve, "def index():\n    __access__ = ADMINS\n    return 'no'\n")
    server.expect_log("NameError")
    server.tolerate_log(".")
    assert server.get("/").status_code == 500


def test_functions_that_answer_later_are_refused(serve: Serve) -> None:
    """A coroutine and a generator are true, whatever they would come to."""
    source = """
        async def later(*args): return False
        def step_by_step(*args): yield False
        def a(): return 'no'
        a.__access__ = later
        def b(): return 'no'
        b.__access__ = step_by_step
        def c():
            __auth__ = later
            return 'no'
    """
    server = _publishing(serve, source)
    server.expect_log("neither async nor generators")
    server.tolerate_log(".")
    assert [server.get(path, headers=_basic("ann")).status_code for path in ("/a", "/b", "/c")] == [500] * 3


def test_a_file_that_was_changed_is_no_source(serve: Serve) -> None:
    """L7.2: 20. Without auto-reload the code of the old file runs, and its protection is known from when it was
    loaded."""
    source = "def index():\n    __access__ = 0\n    return 'no'\ndef other(): return 'yes'\n"
    server = serve.prepare(directory=f"{PUBLISHER}\nPythonAutoReload Off")
    write(server, index=source)
    server.start()
    assert server.text("/other") == "yes"
    write(server, index=source.replace("__access__ = 0", "__access__ = 1"))
    assert server.get("/").status_code == 403


def test_a_helper_whose_source_is_gone_is_refused(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(
        server,
        index="from helper import *",
        helper="def shared():\n    __access__ = 1\n    return 'yes'\ndef open(): return 'yes'\n",
    )
    server.start()
    assert server.text("/open") == "yes"
    (server.htdocs / "helper.py").unlink()
    server.expect_log("^MPY0951: .*its source is not what was loaded", "^MPY0330")
    assert server.get("/shared").status_code == 500


def test_definitions_in_imported_functions_protect_them(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(
        server, index="from helper import shared", helper="def shared():\n    __access__ = ['ann']\n    return 'no'\n"
    )
    server.start()
    assert server.get("/shared").status_code == 403
