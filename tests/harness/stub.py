"""What `python/_apache.pyi` says, in a form that can be compared with the live objects."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from harness import site

_PATH = site.CHECKOUT / "python/_apache.pyi"


@dataclass(frozen=True)
class Callable:
    """A function or method. With overloads, the longest of them names the parameters."""

    parameters: tuple[tuple[str, str | None], ...]
    least: int
    positional_only: bool
    overloaded: bool = False

    @property
    def most(self) -> int:
        return len(self.parameters)


@dataclass
class Class:
    bases: list[str]
    final: bool
    properties: dict[str, str] = field(default_factory=dict)
    """The annotations, of writable ones too."""
    writable: set[str] = field(default_factory=set)
    methods: dict[str, Callable] = field(default_factory=dict)
    special: set[str] = field(default_factory=set)
    hashable: bool = True


@dataclass
class Stub:
    classes: dict[str, Class] = field(default_factory=dict)
    functions: dict[str, Callable] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)


def read() -> Stub:
    stub = Stub()
    for node in ast.parse(_PATH.read_text()).body:
        if isinstance(node, ast.ClassDef):
            stub.classes[node.name] = _class(node)
        elif isinstance(node, ast.FunctionDef):
            stub.functions[node.name] = _joined(stub.functions.get(node.name), _callable(node, bound=False))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            stub.constants[node.target.id] = ast.unparse(node.annotation)
    return stub


def docstrings() -> dict[str, str]:
    """What the stub says of each class, member and function that scripts use; of overloads, the first says it."""
    found: dict[str, str] = {}
    for node in ast.parse(_PATH.read_text()).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = ast.get_docstring(node) or ""
            for item, after in zip(node.body, [*node.body[1:], None], strict=True):
                if isinstance(item, ast.FunctionDef) and not item.name.startswith("__"):
                    found.setdefault(f"{node.name}.{item.name}", ast.get_docstring(item) or "")
                elif isinstance(item, ast.AnnAssign) and ast.unparse(item.target) != "__hash__":
                    text = after.value if isinstance(after, ast.Expr) else None
                    found[f"{node.name}.{ast.unparse(item.target)}"] = ast.literal_eval(text) if text else ""
        elif isinstance(node, ast.FunctionDef) and not re.match("_(?!global_)", node.name):
            found.setdefault(node.name, ast.get_docstring(node) or "")
    return found


def _class(node: ast.ClassDef) -> Class:
    read = Class([ast.unparse(base) for base in node.bases], "final" in _decorators(node))
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            if item.target.id == "__hash__":
                read.hashable = False
            else:
                read.properties[item.target.id] = ast.unparse(item.annotation)
                read.writable.add(item.target.id)
        elif isinstance(item, ast.FunctionDef) and "property" in _decorators(item):
            assert item.returns is not None
            read.properties[item.name] = ast.unparse(item.returns)
        elif isinstance(item, ast.FunctionDef) and item.name.startswith("__"):
            read.special.add(item.name)
        elif isinstance(item, ast.FunctionDef):
            read.methods[item.name] = _joined(read.methods.get(item.name), _callable(item, bound=True))
    return read


def _decorators(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    return [ast.unparse(decorator) for decorator in node.decorator_list]


def _callable(node: ast.FunctionDef, bound: bool) -> Callable:
    """The parameters without `self`, each with its default as source."""
    arguments = node.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    defaults: list[str | None] = [None] * (len(names) - len(arguments.defaults))
    defaults += [ast.unparse(default) for default in arguments.defaults]
    parameters = tuple(zip(names, defaults, strict=True))[1 if bound else 0 :]
    positional_only = not arguments.args or (bound and len(names) == 1)
    return Callable(parameters, sum(default is None for _, default in parameters), positional_only)


def _joined(before: Callable | None, this: Callable) -> Callable:
    if before is None:
        return this
    longest = max(before, this, key=lambda overload: overload.most)
    return Callable(longest.parameters, min(before.least, this.least), longest.positional_only, overloaded=True)
