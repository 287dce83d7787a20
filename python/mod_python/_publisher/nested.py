"""``__auth__``, ``__access__`` and ``__auth_realm__`` defined inside of a function.

The function is not called to find them. Its code object says whether it has local names of
that kind, and its source what they are: a function, a lambda, a literal, or a global name.
Whatever else they may be is refused, since a protection that is not understood must not
become none. The source counts only if it compiles to that very code object, so a file that
has changed since it was loaded is no source.

Rejected: to read it off the bytecode, which differs from one version of Python to the next.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

NAMES = frozenset({"__auth__", "__access__", "__auth_realm__"})

_AT_MOST = 2000

_WITHOUT_ANSWER = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class NotUnderstoodError(Exception):
    """There is such a name in the function, and what it stands for cannot be told."""


class _Function(NamedTuple):
    code: CodeType
    defaults: tuple[Any, ...] | None
    keyword_defaults: dict[str, Any]

    def value(self, namespace: dict[str, Any]) -> Any:
        function = FunctionType(self.code, namespace, self.code.co_name, self.defaults)
        function.__kwdefaults__ = self.keyword_defaults
        return function


class _Literal(NamedTuple):
    constant: Any

    def value(self, namespace: dict[str, Any]) -> Any:
        return self.constant


class _Global(NamedTuple):
    code: CodeType

    def value(self, namespace: dict[str, Any]) -> Any:
        return eval(self.code, namespace)


_Definition = _Function | _Literal | _Global
_Definitions = Mapping[str, _Definition]

# By id: the entries keep the code objects alive. A str says what was not understood.
_known: dict[int, tuple[CodeType, _Definitions | str | None]] = {}
_sources: dict[str, dict[CodeType, ast.AST]] = {}


def has_any(code: CodeType) -> bool:
    """Whether a function with this code defines such a name."""
    known = _known.get(id(code))
    if known is None:
        known = _examine(code)
    return known[1] is not None


def of(function: FunctionType) -> dict[str, Any]:
    """The values of such names in the function. Raises NotUnderstoodError."""
    code = function.__code__
    definitions = (_known.get(id(code)) or _examine(code))[1] or {}
    if isinstance(definitions, str):
        raise NotUnderstoodError(f"{code.co_filename}, line {code.co_firstlineno}: {definitions}")
    return {name: definition.value(function.__globals__) for name, definition in definitions.items()}


def learn(file: str) -> None:
    """Reads the functions of a file that has just been executed, before it changes again."""
    try:
        source = Path(file).read_bytes()
    except OSError:
        _sources.pop(file, None)
        return
    found = _functions(source, file) if b"__a" in source else {}
    if found:
        _sources[file] = found
    else:
        _sources.pop(file, None)


def _examine(code: CodeType) -> tuple[CodeType, _Definitions | str | None]:
    if len(_known) >= _AT_MOST:
        _known.clear()
    entry = _known[id(code)] = (code, _defined_in(code))
    return entry


def _defined_in(code: CodeType) -> _Definitions | str | None:
    names = NAMES.intersection(code.co_varnames + code.co_cellvars)
    if not names:
        return None
    try:
        function = _source_of(code)
        return {name: _definition(name, function, code) for name in names}
    except NotUnderstoodError as problem:
        return str(problem)


def _source_of(code: CodeType) -> Any:
    if code not in _sources.get(code.co_filename, {}):
        learn(code.co_filename)
    function = _sources.get(code.co_filename, {}).get(code)
    if function is None:
        names = ", ".join(sorted(NAMES.intersection(code.co_varnames + code.co_cellvars)))
        raise NotUnderstoodError(f"{names} in {code.co_name}(): its source is not what was loaded")
    return function


def _functions(source: bytes, file: str) -> dict[CodeType, ast.AST]:
    """The functions of a file that define such names."""
    try:
        tree = ast.parse(source)
        # As importlib compiles it.
        whole = compile(source, file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return {}
    nodes: dict[tuple[str, int], ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            nodes[node.name, first] = node
    return {
        code: nodes[code.co_name, code.co_firstlineno]
        for code in _code_objects(whole)
        if NAMES.intersection(code.co_varnames + code.co_cellvars) and (code.co_name, code.co_firstlineno) in nodes
    }


def _code_objects(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_objects(constant)


def _definition(name: str, function: Any, code: CodeType) -> _Definition:
    if sum(name in _bound_by(node) for node in ast.walk(function)) == 1:
        for statement in function.body:
            match statement:
                case ast.FunctionDef(name=defined, decorator_list=[]) if defined == name:
                    return _function(name, statement, code, _inner(name, code))
                case ast.Assign(targets=[ast.Name(id=assigned)], value=value) if assigned == name:
                    return _value(name, value, code)
                case ast.AnnAssign(target=ast.Name(id=assigned), value=ast.expr() as value) if assigned == name:
                    return _value(name, value, code)
    raise NotUnderstoodError(f"{name} in {code.co_name}() must be defined once, by a plain statement of the function")


def _bound_by(node: ast.AST) -> Iterable[str | None]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.ExceptHandler():
            return (node.name,)
        case ast.MatchAs() | ast.MatchStar():
            return (node.name,)
        case ast.MatchMapping(rest=name):
            return (name,)
        case ast.arg(arg=name):
            return (name,)
        case ast.alias():
            return (node.asname or node.name.partition(".")[0],)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return names
    return ()


def _value(name: str, value: ast.expr, code: CodeType) -> _Definition:
    try:
        return _Literal(ast.literal_eval(value))
    except ValueError:
        pass
    if isinstance(value, ast.Lambda):
        return _function(name, value, code, _inner("<lambda>", code, value.lineno))
    root = value
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(root, ast.Name) and root.id not in code.co_varnames + code.co_cellvars + code.co_freevars:
        return _Global(compile(ast.Expression(value), code.co_filename, "eval", dont_inherit=True))
    raise NotUnderstoodError(f"{name} in {code.co_name}() must be a function, a literal or a global name")


def _function(name: str, node: ast.FunctionDef | ast.Lambda, code: CodeType, inner: list[CodeType]) -> _Definition:
    if len(inner) != 1 or inner[0].co_freevars or inner[0].co_flags & _WITHOUT_ANSWER:
        raise NotUnderstoodError(
            f"{name} in {code.co_name}() must be a plain function that uses no local names of {code.co_name}()"
        )
    arguments = node.args
    try:
        defaults = tuple(ast.literal_eval(default) for default in arguments.defaults)
        keyword_defaults = {
            argument.arg: ast.literal_eval(default)
            for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if default is not None
        }
    except ValueError:
        raise NotUnderstoodError(f"{name} in {code.co_name}() must have literals as defaults") from None
    return _Function(inner[0], defaults or None, keyword_defaults)


def _inner(name: str, code: CodeType, line: int | None = None) -> list[CodeType]:
    return [
        constant
        for constant in code.co_consts
        if isinstance(constant, CodeType) and constant.co_name == name and line in (None, constant.co_firstlineno)
    ]
