"""What is known of each page: compiled once, until the page or what it includes changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

import _apache

from mod_python import _runtime
from mod_python._importer.modules import FileModule, Site, Stamp
from mod_python._importer.reloading import refresh
from mod_python._psp import disk, records
from mod_python._psp.caches import HitsCache
from mod_python._psp.compiling import Places, compiled
from mod_python._psp.files import directory_of
from mod_python._psp.records import Record
from mod_python._psp.translation import STRING, Inclusion, Translation, read

DATABASE_OPTIONS = ("mod_python.psp.cache_database_filename", "PSPDbmCache")


class NoPageError(Exception):
    """There is no regular file of the page's name."""


class PageInfo(FileModule):
    """What the import statements of a page know it by: they find its neighbours."""

    def notice(self) -> None:
        """Nothing: its template knows when it has changed."""


@dataclass(eq=False)
class Template:
    """A compiled page."""

    name: str
    """Its file, or a stand-in for a string."""
    code: CodeType
    stamps: dict[str, Stamp]
    """The versions of the page and of what it includes, by file."""
    inclusions: list[Inclusion]
    places: Places
    info: PageInfo
    uses_session: bool = field(init=False)
    uses_form: bool = field(init=False)
    """Whether the page's own code mentions the name, which makes one."""
    mentions_session: bool = field(init=False)
    mentions_form: bool = field(init=False)
    """Whether any of its code does, that of functions included, which finds one that is there."""
    watch: Any = None
    """Tells when to look whether any of this has changed."""

    def __post_init__(self) -> None:
        self.uses_session = "session" in self.code.co_names
        self.uses_form = "form" in self.code.co_names
        names = _all_names(self.code)
        # What looks a name up at run time may mean these.
        may_find = not names.isdisjoint(_LOOKS_UP)
        self.mentions_session = may_find or "session" in names
        self.mentions_form = may_find or "form" in names

    def has_changed(self) -> bool:
        return any(Stamp.of(file) != stamp for file, stamp in self.stamps.items())

    def follow(self) -> None:
        """Executes anew what has changed of the modules that it imports, and watches all files from now on."""
        refresh(self.info)
        # Read before the files: what changes in between must show.
        changes = _apache._module_changes(0)
        stamps: dict[str, Stamp | None] = {**self.stamps}
        for known in self.info.family():
            if known is not self.info:
                stamps[known.file] = None if known.is_gone else known.seen
        watched: list[str | int] = []
        for file, stamp in stamps.items():
            watched += [file, 0, 0, -1] if stamp is None else [file, *divmod(stamp.mtime_ns, 10**9), stamp.size]
        self.watch = _apache._watch(changes, watched)


_LOOKS_UP = frozenset({"globals", "locals", "vars", "dir", "eval", "exec", "compile", "_getframe", "currentframe"})


def _all_names(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_all_names, inner))


files: HitsCache[Template] = HitsCache()
strings: HitsCache[Template] = HitsCache()


def of_file(req: Any, file: str) -> Template:
    """The template of a page that is a file.

    Raises NoPageError, and what compiling raises.
    """
    template = files.get(file)
    if template is None or template.watch.is_outdated(req):
        # Not to be found while it is broken.
        files.discard(file)
        if template is None or template.has_changed():
            template = _of_file(req, file)
        template.follow()
        files.store(file, template)
    return template


def of_string(req: Any, text: str) -> Template:
    """The template of a page that is text; its modules are looked for beside the request's file."""
    directory = directory_of(req.filename or "")
    template = strings.get((text, directory))
    if template is None or template.watch.is_outdated(req):
        strings.discard((text, directory))
        if template is None or template.has_changed():
            translation = Translation.of_string(text, "")
            template = _of_translation(req, translation, f"{directory}/{STRING}")
        template.follow()
        strings.store((text, directory), template)
    return template


def of_code(code: CodeType) -> Template | None:
    """The template that has exactly this code, if it is still known."""
    known = [*files.items(), *strings.items()]
    return next((template for template in known if template.code is code), None)


def database(req: Any) -> str | None:
    """The file of the database of compiled pages, if one is configured."""
    options = req.get_options()
    return next((value for option in DATABASE_OPTIONS if (value := options.get(option))), None)


def _of_file(req: Any, file: str) -> Template:
    if not Path(file).is_file():
        raise NoPageError(file)
    where = database(req)
    if where is not None:
        mtime = Path(file).stat().st_mtime
        found = _of_record(req, file, disk.fetch(req.server, where, file, mtime))
        if found is not None:
            return found
    found = _of_record(req, file, disk.beside(file))
    if found is not None:
        return found
    translation = Translation.of_file(file, directory_of(file))
    template = _of_translation(req, translation, file)
    if where is not None:
        digests = {file: records.digest(source.content) for file, source in translation.sources.items()}
        disk.keep(req.server, where, file, mtime, records.packed(record(template, digests)))
    return template


def _of_translation(req: Any, translation: Translation, file: str) -> Template:
    code, places = compiled(translation)
    stamps = {source_file: source.stamp for source_file, source in translation.sources.items()}
    return Template(translation.name, code, stamps, translation.inclusions, places, _info(req, file, stamps.get(file)))


def _of_record(req: Any, file: str, data: bytes | None) -> Template | None:
    """The template that a record has, if that is of this file and of what is in it now."""
    found = records.unpacked(data) if data is not None else None
    if found is None or found.name != file or file not in found.digests:
        return None
    stamps: dict[str, Stamp] = {}
    for source, digest in found.digests.items():
        try:
            now = read(source)
        except OSError:
            return None
        if records.digest(now.content) != digest:
            return None
        stamps[source] = now.stamp
    inclusions = [Inclusion(*inclusion) for inclusion in found.inclusions]
    return Template(file, found.code, stamps, inclusions, found.places, _info(req, file, stamps[file]))


def digests(template: Template) -> dict[str, bytes]:
    """Of the content that the template was made of; empty if that is gone."""
    found = {}
    for file, stamp in template.stamps.items():
        try:
            source = read(file)
        except OSError:
            return {}
        if source.stamp != stamp:
            return {}
        found[file] = records.digest(source.content)
    return found


def record(template: Template, digests: dict[str, bytes]) -> Record:
    inclusions = [(inclusion.file, inclusion.includer, inclusion.line) for inclusion in template.inclusions]
    return Record(template.name, template.code, digests, inclusions, template.places)


def _info(req: Any, file: str, stamp: Stamp | None) -> PageInfo:
    expression = req.get_options().get("mod_python.importer.path")
    path = _runtime._import_path(expression) if expression is not None else ()
    info = PageInfo(file, file, Site(_apache._handler_root(req), path), tracked=True)
    info.seen = stamp
    return info
