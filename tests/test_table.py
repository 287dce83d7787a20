"""`apache.table`: an ordered multi-map of text with case-insensitive keys."""

from __future__ import annotations

import pytest
from harness.inside import Inside

_T = "t = apache.table([('a', '1'), ('B', '2')])\n"
_MULTI = "t = apache.table()\nt.add('a', '1')\nt.add('b', '2')\nt.add('A', '3')\n"

# Code, and what it leaves in `result`.
CASES = {
    # construction
    "empty": ("t = apache.table()\nresult = [len(t), t.keys(), bool(t), repr(t)]", [0, [], False, "{}"]),
    "from pairs": (_T + "result = t.items()", [["a", "1"], ["B", "2"]]),
    "from a mapping": ("result = apache.table({'a': '1'}).items()", [["a", "1"]]),
    "from a table": (_T + "result = apache.table(t).items()", [["a", "1"], ["B", "2"]]),
    "from a generator": ("result = apache.table((k, k) for k in 'xy').items()", [["x", "x"], ["y", "y"]]),
    "by keyword": ("result = apache.table(items={'a': '1'}).items()", [["a", "1"]]),
    "values become text": ("result = apache.table({1: 2, b'b': None}).items()", [["1", "2"], ["b'b'", "None"]]),
    "later keys overwrite": ("result = apache.table([('a', '1'), ('A', '2')]).items()", [["a", "2"]]),
    "make_table is table": ("result = apache.make_table is apache.table", True),
    "the type's name": ("result = str(apache.table)", "<class 'mp_table'>"),
    # subscript
    "one value": (_T + "result = t['a']", "1"),
    "case does not matter": (_T + "result = [t['A'], t['b']]", ["1", "2"]),
    "several values": (_MULTI + "result = t['a']", ["1", "3"]),
    "blanks matter": ("t = apache.table({'a 1': 'x'})\nresult = [t.has_key('a1'), t.get('a1')]", [0, None]),
    "setting keeps the place": (_T + "t['A'] = '9'\nresult = t.items()", [["a", "9"], ["B", "2"]]),
    "setting removes duplicates": (_MULTI + "t['a'] = '9'\nresult = t.items()", [["a", "9"], ["b", "2"]]),
    "bytes are taken": ("t = apache.table()\nt[b'k'] = b'v'\nresult = t.items()", [["k", "v"]]),
    "latin-1 text": ("t = apache.table()\nt['\\xe4'] = '\\xff'\nresult = t['\\xe4']", "\xff"),
    "only ASCII folds": ("t = apache.table({'\\xe4': '1'})\nresult = '\\xc4' in t", False),
    "str subclasses": ("class S(str): pass\nt = apache.table()\nt[S('k')] = S('v')\nresult = t[S('K')]", "v"),
    "an empty value": ("t = apache.table()\nt['k'] = ''\nresult = t['k']", ""),
    # delete
    "deleting removes all": (_MULTI + "del t['A']\nresult = t.items()", [["b", "2"]]),
    "deleting nothing": (_T + "del t['no']\nresult = len(t)", 2),
    # membership and size
    "in": (_T + "result = ['A' in t, 'c' in t, 'a' not in t]", [True, False, False]),
    "len counts duplicates": (_MULTI + "result = len(t)", 3),
    "has_key": (_T + "result = [t.has_key('A'), t.has_key('c')]", [1, 0]),
    # views
    "keys": (_MULTI + "result = t.keys()", ["a", "b", "A"]),
    "values": (_MULTI + "result = t.values()", ["1", "2", "3"]),
    "items": (_MULTI + "result = t.items()", [["a", "1"], ["b", "2"], ["A", "3"]]),
    "lists are real": (_T + "result = [type(x).__name__ for x in (t.keys(), t.values(), t.items())]", ["list"] * 3),
    "items are tuples": (_T + "result = type(t.items()[0]).__name__", "tuple"),
    "iteration": (_MULTI + "result = list(t)", ["a", "b", "A"]),
    "iterkeys": (_MULTI + "result = list(t.iterkeys())", ["a", "b", "A"]),
    "itervalues": (_MULTI + "result = list(t.itervalues())", ["1", "2", "3"]),
    "iteritems": (_MULTI + "result = list(t.iteritems())", [["a", "1"], ["b", "2"], ["A", "3"]]),
    "iterators have next": (_T + "i = iter(t)\nresult = [i.next(), next(i), iter(i) is i]", ["a", "B", True]),
    "as a dict": (_MULTI + "result = dict(t)['b']", "2"),
    # get and setdefault
    "get": (_T + "result = [t.get('A'), t.get('x'), t.get('x', 5)]", ["1", None, 5]),
    "get takes the first": (_MULTI + "result = t.get('a')", "1"),
    "setdefault finds": (_T + "result = [t.setdefault('A', 'x'), len(t)]", ["1", 2]),
    "setdefault finds the first": (_MULTI + "result = t.setdefault('a')", "1"),
    "setdefault stores": (_T + "result = [t.setdefault('c', 'x'), t['c']]", ["x", "x"]),
    "setdefault stores nothing as text": (
        "t = apache.table()\nresult = [t.setdefault('k'), t.setdefault('k')]",
        ["", ""],
    ),
    # popitem
    "popitem removes what it returns": (
        _T + "k, v = t.popitem()\nresult = [k in t, len(t), {'a': '1', 'B': '2'}[k] == v]",
        [False, 1, True],
    ),
    "popitem with duplicates": (
        _MULTI + "before = t.items()\nitem = t.popitem()\nbefore.remove(item)\nresult = t.items() == before",
        True,
    ),
    "popitem drains": (
        """
        sizes = []
        for power in range(12):
            size = 2 ** power
            t, u = apache.table(), apache.table()
            for n in range(size):
                t[str(n)] = u[str(n)] = str(n)
            c = t.copy()
            pairs = [(t.popitem(), u.popitem(), c.popitem()) for n in range(size)]
            assert all(x == y == z and x[0] == x[1] for x, y, z in pairs)
            sizes.append(len(t) + len(u) + len(c))
        result = sum(sizes)
        """,
        0,
    ),
    # update, clear, copy, add
    "update": (
        _T + "result = [t.update({'A': 9, 'c': b'x'}), t.items()]",
        [None, [["a", "9"], ["B", "2"], ["c", "b'x'"]]],
    ),
    "update from any mapping": (
        """
        class Simple:
            def keys(self): return [1, 2, 3]
            def __getitem__(self, key): return key * 10
        t = apache.table()
        t.update(Simple())
        result = [t == apache.table({1: 10, 2: 20, 3: 30}), t['2']]
        """,
        [True, "20"],
    ),
    "clear": (_T + "result = [t.clear(), len(t), t == apache.table()]", [None, 0, True]),
    "copy is another": (
        _T + "u = t.copy()\nu['a'] = 'x'\nresult = [t['a'], u['a'], type(u).__name__]",
        ["1", "x", "mp_table"],
    ),
    "a copy of an empty one": ("t = apache.table()\nresult = [t.copy() == t, len(t.copy())]", [True, 0]),
    "copy joins duplicates": (_MULTI + "result = t.copy().items()", [["a", "3"], ["b", "2"]]),
    "add keeps duplicates": ("t = apache.table()\nt.add('a', '1')\nt.add('a', '2')\nresult = t['a']", ["1", "2"]),
    # comparison
    "equal to a table": (_T + "result = [t == apache.table([('a', '1'), ('B', '2')]), t != t.copy()]", [True, False]),
    "equal to a dict": (_T + "result = [t == {'a': '1', 'B': '2'}, {'a': '1', 'B': '2'} == t]", [True, True]),
    "order does not matter": (_T + "result = t == apache.table([('B', '2'), ('a', '1')])", True),
    "case of keys matters": (_T + "result = [t == {'A': '1', 'B': '2'}, t != {'A': '1', 'B': '2'}]", [False, True]),
    "duplicates are lists": (_MULTI + "result = t == {'a': ['1', '3'], 'b': '2', 'A': ['1', '3']}", True),
    "a number is not equal": (_T + "result = [t == 5, t != 5, t == None, 'x' == t]", [False, True, False, False]),
    # text
    "repr is in order": (_T + "result = [repr(t), str(t)]", ["{'a': '1', 'B': '2'}"] * 2),
    "repr shows duplicates": (_MULTI + "result = repr(t)", "{'a': '1', 'b': '2', 'A': '3'}"),
    # what it is not
    "no dict methods": (
        "t = apache.table()\nresult = [hasattr(t, n) for n in ('fromkeys', '__or__')]",
        [False] * 2,
    ),
    "no reversed view": ("result = hasattr(apache.table, '__reversed__')", False),
    "not a dict": ("result = isinstance(apache.table(), dict)", False),
    # what it is
    "a mutable mapping": (
        "from collections.abc import MutableMapping\n"
        "result = [issubclass(apache.table, MutableMapping), isinstance(req.headers_in, MutableMapping)]",
        [True, True],
    ),
    "every method of a mutable mapping": (
        "from collections.abc import MutableMapping\n"
        "names = {n for c in MutableMapping.__mro__[:-1] for n in vars(c) if callable(getattr(MutableMapping, n))}\n"
        "result = sorted(n for n in names if not hasattr(apache.table, n))",
        ["__class_getitem__"],
    ),
    "a mapping pattern": (
        "match apache.table({'Name': 'x'}):\n    case {'name': value}: result = value",
        "x",
    ),
    # pop
    "pop": (_T + "result = [t.pop('A'), t.items()]", ["1", [["B", "2"]]]),
    "pop takes all values": (_MULTI + "result = [t.pop('a'), t.items()]", [["1", "3"], [["b", "2"]]]),
    "pop with a default": (_T + "result = [t.pop('c', None), t.pop('c', 5), len(t)]", [None, 5, 2]),
    # subclasses
    "a subclass keeps its contents": (
        """
        class T(apache.table):
            def extra(self): return len(self)
        t = T({'a': '1'})
        result = [type(t) is T, isinstance(t, apache.table), t['A'], t.extra()]
        """,
        [True, True, "1", 1],
    ),
    "a subclass has its own init": (
        """
        class T(apache.table):
            def __init__(self, one, two):
                super().__init__({one: two})
                self.mine = one
        t = T('k', 'v')
        result = [t.items(), t.mine]
        """,
        [[["k", "v"]], "k"],
    ),
    "instances of a subclass have attributes": (
        "class T(apache.table): pass\nt = T()\nt.mine = 1\ndel t.mine\nt.yours = 2\nresult = vars(t)",
        {"yours": 2},
    ),
    "a subclass of a subclass": (
        "class T(apache.table): pass\nclass U(T): pass\nu = U([('a', '1')])\nu['b'] = '2'\n"
        "result = [type(u).__name__, u.items(), u == {'a': '1', 'b': '2'}]",
        ["U", [["a", "1"], ["b", "2"]], True],
    ),
    "a subclass with slots": (
        "class T(apache.table):\n    __slots__ = ('mine',)\nt = T({'a': '1'})\nt.mine = 3\nresult = [t.mine, t['a']]",
        [3, "1"],
    ),
    "a copy of a subclass is a table": (
        "class T(apache.table): pass\nresult = type(T({'a': '1'}).copy()).__name__",
        "mp_table",
    ),
    "bytes subclasses": ("class B(bytes): pass\nt = apache.table()\nt[B(b'k')] = B(b'v')\nresult = t['k']", "v"),
    "a subclass may override": (
        """
        class T(apache.table):
            def __getitem__(self, key): return 'own ' + super().__getitem__(key)
        result = T({'a': '1'})['a']
        """,
        "own 1",
    ),
    # live views
    "request headers are live": ("req.headers_in['X-New'] = 'x'\nresult = req.headers_in.get('x-new')", "x"),
    "one wrapper per table": ("result = req.headers_in is req.headers_in", True),
    "headers_in is an mp_table": ("result = isinstance(req.headers_in, apache.table)", True),
    "a copy owns its text": (
        "c = req.headers_in.copy()\nreq.headers_in.clear()\nresult = [len(req.headers_in), c['host'].split(':')[0]]",
        [0, "127.0.0.1"],
    ),
    "a table may hold much": (
        "t = apache.table((str(n), 'x' * n) for n in range(3000))\nresult = [len(t), len(t['2999'])]",
        [3000, 2999],
    ),
    "a table may hold itself once": (_T + "t.update(t)\nresult = t.items()", [["a", "1"], ["B", "2"]]),
}

# Code that raises, and what.
ERRORS = {
    "a missing key": (_T + "t['c']", "KeyError: 'c'"),
    "a key but for its blanks": ("apache.table({'a 1': 'x'})['a1']", "KeyError: 'a1'"),
    "popping a missing key": (_T + "t.pop('c')", "KeyError: 'c'"),
    "popping a number": (_T + "t.pop(1)", "TypeError: "),
    "popitem of an empty one": ("apache.table().popitem()", "KeyError: "),
    "a key that is a number": ("apache.table()[1]", "TypeError: "),
    "setting a number": ("apache.table()['a'] = 1", "TypeError: "),
    "setting a number as key": ("apache.table()[1] = 'a'", "TypeError: "),
    "setting None": ("apache.table()['a'] = None", "TypeError: "),
    "adding a number": ("apache.table().add('a', 1)", "TypeError: "),
    "setdefault with a number": ("apache.table().setdefault('a', 1)", "TypeError: "),
    "a number in": ("1 in apache.table()", "TypeError: "),
    "a NUL in a value": ("apache.table()['a'] = 'x\\0y'", "ValueError: "),
    "a NUL in a key": ("apache.table()['a\\0b'] = 'x'", "ValueError: "),
    "made of a number": ("apache.table(7)", "TypeError: "),
    "made of numbers": ("apache.table([1, 2])", "TypeError: "),
    "made of triples": ("apache.table([('a', 'b', 'c')])", "ValueError: "),
    "made of two things": ("apache.table({}, {})", "TypeError: "),
    "update with None": ("apache.table().update(None)", "AttributeError: "),
    "update with pairs": ("apache.table().update([('a', 'b')])", "AttributeError: "),
    "hash": ("hash(apache.table())", "TypeError: "),
    "less than": ("apache.table() < apache.table()", "TypeError: "),
    "pickle": ("import pickle\npickle.dumps(apache.table())", "TypeError: "),
    "copy.copy": ("import copy\ncopy.copy(apache.table())", "TypeError: "),
    "copy.deepcopy": ("import copy\ncopy.deepcopy(apache.table())", "TypeError: "),
    "pickling a live one": ("import pickle\npickle.dumps(req.headers_in)", "TypeError: "),
    "copying a live one": ("import copy\ncopy.copy(req.headers_in)", "TypeError: "),
    "pickling a subclass": ("import pickle\nclass T(apache.table): pass\npickle.dumps(T())", "TypeError: "),
    "copying a subclass": ("import copy\nclass T(apache.table): pass\ncopy.copy(T())", "TypeError: "),
    "an attribute of a plain one": ("apache.table().mine = 1", "AttributeError: "),
    "added to while iterating": (_T + "for k in t:\n    t.add('x', 'y')", "RuntimeError: "),
    "removed from while iterating": (_T + "for k in t:\n    del t[k]", "RuntimeError: "),
    "cleared while iterating": (_T + "i = iter(t)\nnext(i)\nt.clear()\nnext(i)", "RuntimeError: "),
    "an error in keys()": (
        "class M:\n    def keys(self): raise ValueError('mine')\napache.table().update(M())",
        "ValueError: mine",
    ),
    "an error in iter(keys())": (
        "class M:\n    def keys(self): return self\n    def __iter__(self): raise ValueError('mine')\n"
        "apache.table().update(M())",
        "ValueError: mine",
    ),
    "an error in next()": (
        "class M:\n    def keys(self): return self\n    def __iter__(self): return self\n"
        "    def __next__(self): raise ValueError('mine')\napache.table().update(M())",
        "ValueError: mine",
    ),
    "an error in getitem": (
        "class M:\n    def keys(self): return ['a']\n    def __getitem__(self, key): raise ValueError('mine')\n"
        "apache.table().update(M())",
        "ValueError: mine",
    ),
    "an error in str()": (
        "class M:\n    def __str__(self): raise ValueError('mine')\napache.table({'a': M()})",
        "ValueError: mine",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_table(inside: Inside, name: str) -> None:
    """What tables do. 21.6: 76-78, 80, 82-88. Q11, Q12, Q13, Q14, Q15, Q16, Q17, Q49."""
    source, result = CASES[name]
    assert inside(source) == result


@pytest.mark.parametrize("name", ERRORS)
def test_table_refuses(inside: Inside, name: str) -> None:
    """What tables do not do. 21.6: 79, 81. Q9."""
    source, error = ERRORS[name]
    assert inside.error(source).startswith(error)


def test_a_mapping_that_changes_the_table_while_it_is_updated(inside: Inside) -> None:
    source = """
        class M:
            def keys(self): return ['a', 'b']
            def __getitem__(self, key):
                t.clear()
                return key
        t = apache.table({'x': 'y'})
        t.update(M())
        result = t.items()
    """
    assert inside(source) == [["b", "b"]]


def test_tables_are_collected(inside: Inside) -> None:
    source = """
        import gc, weakref
        class T(apache.table): pass
        t = T()
        t.me = t
        gone = weakref.ref(t)
        del t
        gc.collect()
        result = gone() is None
    """
    assert inside(source) is True


def test_a_value_that_is_not_utf8_never_fails(inside: Inside) -> None:
    """Q10."""
    source = """
        h = req.headers_in
        result = [h["X-Hostile"], h.get("X-Hostile"), dict(h.items())["X-Hostile"], "X-Hostile" in repr(h)]
    """
    assert inside(source, headers={"X-Hostile": b"\xff\xfe"}) == ["\xff\xfe"] * 3 + [True]
