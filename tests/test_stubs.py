"""python/_apache.pyi and the docstrings say what the objects are that scripts get from httpd.

`mypy.stubtest` would not do: it imports the module in its own process, and `_apache` exists
inside httpd only, where most of its classes have no instances outside of a request. Nor does it
see which attributes can be set, for CPython gives each of them a `__set__`.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest
from harness import stub
from harness.serve import Serve

STUB = stub.read()
CLASSES = sorted(name for name, cls in STUB.classes.items() if not cls.bases)
EXCEPTIONS = sorted(name for name, cls in STUB.classes.items() if cls.bases)
# Replaces what it is given, whatever that is.
NOT_CALLED = {"_find_neighbours_with"}


@pytest.fixture
def live(serve: Serve) -> Any:
    """What tests/apps/live finds out."""
    arguments = {
        name: {method: [it.least, it.most] for method, it in cls.methods.items()} for name, cls in STUB.classes.items()
    }
    arguments[""] = {
        name: [it.least, it.most]
        for name, it in STUB.functions.items()
        if name not in NOT_CALLED and it.positional_only
    }
    server = serve("live", directory="SetHandler mod_python\nPythonHandler live")
    # Old names, of which the log tells once.
    server.expect_log("^MPY0702")
    answer = server.http.post("/", json=arguments)
    assert answer.status_code == 200
    return answer.json()


# --- names ---


def test_the_module_has_the_names_of_the_stub(live: Any) -> None:
    kinds = {"class": set(STUB.classes), "function": set(STUB.functions), "constant": set(STUB.constants)}
    for kind, names in kinds.items():
        # The function that panics is in test builds only.
        assert {name for name, it in live["module"].items() if it["kind"] == kind} - {"_fault"} == names


def test_constants_have_their_types(live: Any) -> None:
    assert {name: live["module"][name]["type"] for name in STUB.constants} == STUB.constants


def test_exceptions_have_their_bases(live: Any) -> None:
    assert EXCEPTIONS
    for name in EXCEPTIONS:
        assert live["module"][name]["bases"] == STUB.classes[name].bases


def test_every_class_of_the_stub_has_an_instance(live: Any) -> None:
    assert sorted(live["classes"]) == CLASSES
    assert [name for name, it in live["classes"].items() if not it["exported"]] == []


def test_classes_have_the_members_of_the_stub(live: Any) -> None:
    for name in CLASSES:
        members = live["classes"][name]["members"]
        declared = STUB.classes[name]
        assert {key for key, it in members.items() if it["kind"] == "method"} == set(declared.methods), name
        assert {key for key, it in members.items() if it["kind"] == "property"} == set(declared.properties), name


def test_classes_do_under_operators_what_the_stub_says(live: Any) -> None:
    asked = {"__len__", "__iter__", "__next__", "__contains__", "__getitem__", "__setitem__", "__delitem__", "__call__"}
    for name in CLASSES:
        special = {key for key, it in live["classes"][name]["members"].items() if it["kind"] == "special"}
        assert special & asked == STUB.classes[name].special & asked, name


def test_classes_are_as_open_as_the_stub_says(live: Any) -> None:
    for name in CLASSES:
        found, declared = live["classes"][name], STUB.classes[name]
        assert found["final"] == declared.final, name
        assert found["hashable"] == declared.hashable, name
        assert found["own attributes"] == ("__setattr__" in declared.special), name


# --- properties ---


def test_only_what_the_stub_says_can_be_set(live: Any) -> None:
    for name in CLASSES:
        for key, it in live["classes"][name]["members"].items():
            if it["kind"] == "property":
                assert it["writable"] == (key in STUB.classes[name].writable), (name, key, it["refusal"])
                assert it["refusal"], (name, key, "took any object")


def _words(annotation: ast.expr) -> str:
    """A type as docstrings name it: `str or None`, `tuple of str`, `(str, int)`."""
    if isinstance(annotation, ast.BinOp):
        return f"{_words(annotation.left)} or {_words(annotation.right)}"
    if isinstance(annotation, ast.Subscript):
        assert isinstance(annotation.slice, ast.Tuple)
        first, second = map(_words, annotation.slice.elts)
        return f"tuple of {first}" if second == "..." else f"({first}, {second})"
    return {"object": "PyCapsule", "Ellipsis": "..."}.get(ast.unparse(annotation), ast.unparse(annotation))


def test_docstrings_of_properties_begin_with_the_type_of_the_stub(live: Any) -> None:
    for name in CLASSES:
        for key, annotation in STUB.classes[name].properties.items():
            doc = live["classes"][name]["members"][key]["doc"] or ""
            words = _words(ast.parse(annotation, mode="eval").body)
            assert re.match(rf"{re.escape(words)}: \S+ \S+", doc), (name, key, words, doc)


def test_values_have_the_types_of_the_stub(live: Any) -> None:
    python = {"NoneType": "None", "mp_table": "table"}
    for name in CLASSES:
        for key, annotation in STUB.classes[name].properties.items():
            value = live["classes"][name]["members"][key]["value"]
            allowed = [part.partition("[")[0] for part in annotation.split(" | ")]
            assert python.get(value, value) in allowed or annotation == "object", (name, key, value)


# --- arguments ---


def _callables(live: Any) -> list[tuple[str, stub.Callable, Any]]:
    found = [
        (f"{name}.{key}", declared, live["classes"][name]["members"][key])
        for name in CLASSES
        for key, declared in STUB.classes[name].methods.items()
    ]
    return found + [(name, declared, live["module"][name]) for name, declared in STUB.functions.items()]


def test_signatures_are_those_of_the_stub(live: Any) -> None:
    """As `inspect.signature` and `help()` know them."""
    for name, declared, it in _callables(live):
        assert isinstance(it["parameters"], list), (name, it["parameters"])
        assert [key for key, _, _ in it["parameters"]] == [key for key, _ in declared.parameters], name
        assert {positional for _, _, positional in it["parameters"]} <= {declared.positional_only}, name
        defaults = [default for _, default, _ in it["parameters"]]
        assert defaults.count(None) == declared.least, name
        if not declared.overloaded:
            assert defaults == [default for _, default in declared.parameters], name


def test_the_number_of_arguments_is_that_of_the_stub(live: Any) -> None:
    counts = re.compile(r"TypeError: .*\btakes .*\bargument")
    for name, declared, it in _callables(live):
        if name in NOT_CALLED or not declared.positional_only:
            continue
        assert counts.match(it["too many"]), (name, it["too many"])
        assert it["too few"] is None or counts.match(it["too few"]), (name, it["too few"])
        assert not counts.match(it["most"]), (name, it["most"])


# --- docstrings ---


def _says_little(doc: str | None) -> bool:
    """Less than what a name alone would say."""
    return doc is None or len(doc.split()) < 3 or not re.search(r"[.:)]", doc)


def test_everything_has_a_docstring(live: Any) -> None:
    docs = {name: it["doc"] for name, it in live["classes"].items()}
    docs |= {name: it["doc"] for name, _, it in _callables(live)}
    docs |= {name: live["module"][name]["doc"] for name in EXCEPTIONS}
    docs |= live["package"]
    assert len(docs) > 100
    assert [name for name, doc in docs.items() if _says_little(doc)] == []


def test_editors_show_the_same_docstrings(live: Any) -> None:
    """They read the stub, where the type of a property is its annotation."""
    docs = {name: it["doc"] for name, it in live["module"].items() if "doc" in it}
    for name in CLASSES:
        docs[name] = live["classes"][name]["doc"]
        for key, it in live["classes"][name]["members"].items():
            doc = it.get("doc") or ""
            docs[f"{name}.{key}"] = doc.partition(": ")[2] if it["kind"] == "property" else doc
    differ = {
        name: text for name, text in stub.docstrings().items() if text.lower().split() != docs[name].lower().split()
    }
    assert differ == {}
