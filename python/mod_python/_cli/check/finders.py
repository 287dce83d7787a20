"""Finds what the rules are about: each function yields lines, with what is particular to this one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator
from pathlib import PurePosixPath

from mod_python._cli.check import options
from mod_python._cli.check.configuration import Configuration, Line, can_meet
from mod_python._httpdconf import names

Found = Iterator[tuple[Line, str]]
Finder = Callable[[Configuration], Found]

HANDLER_NAMES = ("mod_python", "python-program")
_OPEN_TO_ALL = ("/tmp", "/var/tmp", "/dev/shm")
DIRECTIVES = tuple(name for name in vars(names) if name.startswith("Python"))
_KNOWN_DIRECTIVES = {name.lower(): name for name in DIRECTIVES}


# --- one directive ---


def switched_on(name: str) -> Finder:
    """The directive with the argument On."""

    def find(conf: Configuration) -> Found:
        return ((line, "") for line in conf.named(name.lower()) if line.arguments.lower() == "on")

    return find


def unknown_directives(conf: Configuration) -> Found:
    for line in conf.lines:
        if line.name.startswith("python") and line.name not in _KNOWN_DIRECTIVES and not line.is_section:
            near = difflib.get_close_matches(line.name, _KNOWN_DIRECTIVES, 1)
            yield line, f"the nearest name is {_KNOWN_DIRECTIVES[near[0]]}" if near else ""


def quoted_handlers(conf: Configuration) -> Found:
    for line in conf.lines:
        takes_names = line.name.startswith("python") and line.name.endswith(("handler", "handlermodule"))
        if takes_names and any(word[0] in "\"'" for word in line.arguments.split()):
            yield line, ""


def paths_without_sys_path(conf: Configuration) -> Found:
    return ((line, "") for line in conf.named("pythonpath") if "sys.path" not in line.arguments)


def interpreters_named_and_derived(conf: Configuration) -> Found:
    named = list(conf.named("pythoninterpreter"))
    for line in conf.named("pythoninterpperdirectory", "pythoninterpperdirective"):
        if line.arguments.lower() == "on" and any(line.scope[: len(name.scope)] == name.scope for name in named):
            yield line, ""


def wsgi_modules(conf: Configuration) -> Found:
    loaded = {line.words[0]: line for line in conf.named("loadmodule") if line.words}
    if "python_module" in loaded and "wsgi_module" in loaded:
        yield loaded["wsgi_module"], ""


# --- PythonOption ---


def old_options(conf: Configuration) -> Found:
    for line, key, _ in conf.options():
        if key in options.OLD_NAMES:
            yield line, f"write {options.OLD_NAMES[key]}"


def retired_options(conf: Configuration) -> Found:
    for line, key, _ in conf.options():
        if key in options.RETIRED:
            yield line, options.RETIRED[key]


def unknown_options(conf: Configuration) -> Found:
    for line, key, _ in conf.options():
        if key.startswith("mod_python.") and key not in options.KNOWN and key not in options.RETIRED:
            near = difflib.get_close_matches(key, options.KNOWN, 1)
            yield line, f"the nearest name is {near[0]}" if near else ""


def weak_cookies(conf: Configuration) -> Found:
    name, values = options.WEAK_COOKIES
    return ((line, "") for line, key, value in conf.options() if key == name and value.lower() in values)


def misplaced_options(conf: Configuration) -> Found:
    for line, key, _ in conf.options():
        if key in options.OF_THE_MAIN_SERVER and not line.is_at_main_server:
            yield line, ""


def open_folder(keys: Collection[str]) -> Finder:
    """Options of these names whose file is in a folder that everybody may write to."""

    def find(conf: Configuration) -> Found:
        for line, key, value in conf.options():
            if key in keys and is_open_to_all(value):
                yield line, ""

    return find


def is_open_to_all(path: str) -> bool:
    """Whether a path is in one of the machine's temporary folders, where others may make names first."""
    return any(PurePosixPath(path).is_relative_to(folder) for folder in _OPEN_TO_ALL)


# --- what belongs together ---


def _handlers(conf: Configuration, module: str = "") -> Iterator[Line]:
    """The PythonHandler lines, or those that name a module of ours."""
    for line in conf.named("pythonhandler"):
        names = [word.partition("::")[0] for word in line.arguments.partition("|")[0].split()]
        if not module or module in names:
            yield line


def _gives_to_python(line: Line) -> bool:
    return bool(line.words) and line.words[0].lower() in HANDLER_NAMES


def handlers_never_asked(conf: Configuration) -> Found:
    if conf.is_part:
        return
    giving = [line for line in conf.named("sethandler", "addhandler") if _gives_to_python(line)]
    for line in _handlers(conf):
        if not any(can_meet(line, other) for other in giving):
            yield line, ""


def wsgi_without_application(conf: Configuration) -> Found:
    if conf.is_part:
        return
    named = [line for line, key, value in conf.options() if key == "mod_python.wsgi.application" and value]
    for line in _handlers(conf, "mod_python.wsgi"):
        if not any(can_meet(line, other) for other in named):
            yield line, ""


def handlers_of(module: str) -> Finder:
    """PythonHandler lines that name this module."""

    def find(conf: Configuration) -> Found:
        return ((line, "") for line in _handlers(conf, module))

    return find


def _extensions_for_the_publisher(conf: Configuration) -> Iterator[tuple[Line, set[str]]]:
    publishers = list(_handlers(conf, "mod_python.publisher"))
    for line in conf.named("addhandler"):
        if _gives_to_python(line) and any(can_meet(line, other) for other in publishers):
            yield line, {word.lstrip(".").lower() for word in line.words[1:]}


def published_pyc(conf: Configuration) -> Found:
    return ((line, "") for line, found in _extensions_for_the_publisher(conf) if found & {"pyc", "pyo"})


def unpublished_source(conf: Configuration) -> Found:
    adding = list(_extensions_for_the_publisher(conf))
    covered = [line for line, extensions in adding if "py" in extensions]
    covered += [line for line in conf.named("sethandler") if _gives_to_python(line)]
    for line, _ in adding:
        if not any(can_meet(line, other) for other in covered):
            yield line, ""


def listed_folders(conf: Configuration) -> Found:
    listing = [line for line in conf.named("options") if _lists(line)]
    for module in ("mod_python.psp", "mod_python.publisher"):
        for line in _handlers(conf, module):
            near = [other for other in listing if not _in_location(line) and can_meet(line, other)]
            if near:
                yield line, f"Options in {near[-1].file}, line {near[-1].number}"


def _lists(line: Line) -> bool:
    return bool({word.lower() for word in line.words} & {"indexes", "+indexes", "all", "+all"})


def _in_location(line: Line) -> bool:
    return any(section.name.startswith("location") for section in line.scope)
