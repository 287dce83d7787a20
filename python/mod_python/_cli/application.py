"""What start-server is asked to serve, and which kind of thing that is."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from mod_python._cli.errors import UsageError

KINDS = ("handler", "publisher", "psp", "wsgi")
_FOLDER_KINDS = ("publisher", "psp")

# A dotted module and, after one colon or two, a dotted object.
_MODULE = re.compile(r"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?:(?P<colon>::?)(?P<object>\w+(?:\.\w+)*))?")
_FILE = re.compile(r"(?P<file>.+\.py)(?:(?P<colon>::?)(?P<object>\w+(?:\.\w+)*))?")


@dataclass(frozen=True)
class Application:
    """kind: one of KINDS. folder: absolute; the pages, or where modules are. name: `module` or `module::object`."""

    kind: str
    folder: Path
    name: str = ""


def recognise(text: str, kind: str | None = None) -> Application:
    """What `text` names, as `kind` or as what it looks like; UsageError if it names nothing that can be served.

    1. A folder: psp if it has pages and no Python files, else publisher.
    2. `file.py`: wsgi if it defines `application`, handler if it defines `handler`.
    3. `module:object`: wsgi. `module` and `module::object`: handler. Also with a file in the module's place.
    """
    if Path(text).is_dir():
        return _folder(Path(text), kind)
    if kind in _FOLDER_KINDS:
        raise UsageError(f"a {kind} serves a folder, and {text} is none")
    file = _FILE.fullmatch(text)
    if file:
        return _file(Path(file["file"]), file["colon"], file["object"], kind)
    module = _MODULE.fullmatch(text)
    if module:
        return _module(module["module"], module["colon"], module["object"], kind)
    raise UsageError(f"there is no folder {text}, and it names no module either")


def _folder(folder: Path, kind: str | None) -> Application:
    if kind in ("handler", "wsgi"):
        raise UsageError(f"{folder} is a folder: name the {kind}'s module or file")
    has_code, has_pages = any(folder.glob("*.py")), any(folder.glob("*.psp"))
    if kind is None and not has_code and not has_pages:
        raise UsageError(f"{folder} has neither Python files to publish nor .psp pages; --as says what it is")
    return Application(kind or ("publisher" if has_code else "psp"), folder.resolve())


def _file(file: Path, colon: str | None, name: str | None, kind: str | None) -> Application:
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    if not file.stem.isidentifier():
        raise UsageError(f"{file} cannot be imported: {file.stem!r} is no name for a module")
    kind = kind or _kind_of_colon(colon) or _kind_of_code(file)
    return Application(kind, file.resolve().parent, _joined(file.stem, name))


def _module(module: str, colon: str | None, name: str | None, kind: str | None) -> Application:
    folder = Path.cwd()
    if not _can_be_imported(module.partition(".")[0], folder):
        raise UsageError(f"there is no module {module} in {folder} or on Python's path")
    return Application(kind or _kind_of_colon(colon) or "handler", folder, _joined(module, name))


def _kind_of_colon(colon: str | None) -> str | None:
    return {":": "wsgi", "::": "handler"}.get(colon or "")


def _joined(module: str, name: str | None) -> str:
    return f"{module}::{name}" if name else module


def _can_be_imported(name: str, folder: Path) -> bool:
    sys.path.insert(0, str(folder))
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:
        # A module that is loaded and has no spec.
        return True
    finally:
        sys.path.remove(str(folder))


def _kind_of_code(file: Path) -> str:
    try:
        defined = set(_defined(ast.parse(file.read_bytes(), str(file))))
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise UsageError(f"{file}{line}: {error.msg if isinstance(error, SyntaxError) else error}") from None
    if "application" in defined:
        return "wsgi"
    if "handler" in defined:
        return "handler"
    raise UsageError(f"{file} defines neither application nor handler: name its object, or the kind with --as")


def _defined(module: ast.Module) -> list[str]:
    """The names that a file binds at its top, without running it."""
    names = []
    for statement in module.body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.append(statement.name)
            case ast.Import() | ast.ImportFrom():
                names += [alias.asname or alias.name for alias in statement.names]
            case ast.Assign() | ast.AnnAssign():
                nodes = ast.walk(statement)
                names += [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return names
