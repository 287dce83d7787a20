"""Python Server Pages: HTML with Python in it.

As a handler (``PythonHandler mod_python.psp``) it answers with the page that ``req.filename``
names; from other handlers, pages are templates: ``psp.PSP(req, "page.psp").run({"name": value})``.

Everything in this module's namespace is visible in pages without an import, which pages rely
on. So what is imported here and not used here is for them.
"""

from __future__ import annotations

import dbm
import marshal  # noqa: F401  (for pages)
import os  # noqa: F401  (for pages)
import sys
import tempfile
import types
from html import escape as escape
from typing import Any

import _apache  # noqa: F401  (for pages)

from mod_python import Session, _psp, apache, util  # noqa: F401
from mod_python._psp import disk as _disk
from mod_python._psp import files as _files
from mod_python._psp import listing as _listing
from mod_python._psp import records as _records
from mod_python._psp import templates as _templates
from mod_python._psp.caches import FileCache as FileCache
from mod_python._psp.caches import HitsCache as HitsCache
from mod_python._psp.tracebacks import located as _located
from mod_python._psp.translation import Translation as _Translation
from mod_python._psp.translation import parse as parse
from mod_python._psp.translation import parsestring as parsestring

tempdir = tempfile.gettempdir()

mem_scache = _templates.strings
mem_fcache = _templates.files
dbm_types: dict[str, types.ModuleType] = {}


def handler(req: Any) -> int:
    """Answers with the page that ``req.filename`` names, as text/html.

    Under PythonDebug, a name that ends in ``_`` shows the page without it beside its Python
    program. Status 404 if there is no such file.
    """
    req.content_type = "text/html"
    filename = req.filename
    if filename[-1:] == "_" and req.get_config().get("PythonDebug") == "1":
        PSP(req, filename[:-1]).display_code()
    else:
        # What PSP(req).run() does, at a fifth less.
        _run(req, _template(req, filename), filename, filename, {}, {}, 0)
    return apache.OK


def _template(req: Any, file: str) -> _templates.Template:
    try:
        return _templates.of_file(req, file)
    except _templates.NoPageError:
        raise apache.SERVER_RETURN(apache.HTTP_NOT_FOUND) from None
    except SyntaxError as error:
        # Its file and line say where; the way to the compiler says nothing to an author.
        raise error.with_traceback(None) from None


def _run(
    req: Any,
    template: _templates.Template,
    filename: str | None,
    requested: str,
    vars: dict[str, Any],
    more: dict[str, Any],
    flush: object,
) -> None:
    """Runs a page. filename: its own; requested: that of the request; more: goes before vars."""
    session = form = own_session = None
    try:
        if template.mentions_session:
            session = getattr(req, "session", None)
            if session is None and template.uses_session:
                session = req.session = own_session = Session.Session(req)
        if template.mentions_form:
            form = getattr(req, "form", None)
            if form is None and template.uses_form:
                form = req.form = util.FieldStorage(req, keep_blank_values=1)
        interface = PSPInterface(req, filename, form)
        namespace = globals().copy()
        namespace["req"] = req
        namespace["form"] = form
        namespace["psp"] = interface
        namespace["session"] = session
        if vars:
            namespace.update(vars)
        if more:
            namespace.update(more)
        namespace["__file__"] = requested
        namespace["__mp_info__"] = template.info
        namespace["__mp_path__"] = []
        if filename is None:
            # Tracebacks would take lines of this module for those of the string.
            namespace["__loader__"] = namespace["__spec__"] = None
        try:
            exec(template.code, namespace)
        except apache.SERVER_RETURN:
            raise
        except BaseException as error:
            if template.places:
                places = _located(error.__traceback__, template.name, template.inclusions, template.places)
                error.__traceback__ = places
            if interface.error_page is None:
                raise
            exception = (type(error), error, error.__traceback__)
            interface.error_page.run({"exception": exception}, flush)
        else:
            if flush:
                req.flush()
            # The page may have made one, or taken it away.
            session = getattr(req, "session", None)
            if session is not None:
                session.save()
    finally:
        if own_session is not None:
            own_session.unlock()
            if getattr(req, "session", None) is own_session:
                del req.session


class PSP:
    """A page, ready to run: that of a file, by default ``req.filename``, or a string.

    filename: absolute, or relative to the directory of ``req.filename``. Status 404 if it is
    no existing regular file.
    string: the page itself, as str, or bytes in UTF-8. ValueError with a filename, too.
    vars: names for the page, and their values.
    Raises SyntaxError if the page is none, and UnicodeDecodeError if it is not UTF-8.
    """

    def __init__(
        self,
        req: Any,
        filename: str | None = None,
        string: str | bytes | None = None,
        vars: dict[str, Any] = {},  # noqa: B006  (is not changed; a signature that scripts know)
    ) -> None:
        if filename and string:
            raise ValueError("a page has a filename or a string, not both")
        self.req = req
        self.vars = vars
        self.string = string or None
        self.filename: str | None = None
        if string:
            text = string if isinstance(string, str) else string.decode()
            self._template = _templates.of_string(req, text)
        else:
            self.filename = _files.beside(req.filename, filename) if filename else req.filename
            self._template = _template(req, self.filename)

    @property
    def code(self) -> types.CodeType:
        """The compiled page."""
        return self._template.code

    @property
    def dbmcache(self) -> str | None:
        """The file of the database of compiled pages, by PythonOption; None if there is none."""
        return _templates.database(self.req)

    def run(self, vars: dict[str, Any] = {}, flush: object = 0) -> None:  # noqa: B006  (as above)
        """Writes the page to the client, and keeps it in httpd's buffer unless `flush`.

        vars: further names for the page; they go before those of the constructor.
        Raises what the page raises, unless it has set an error page.
        """
        _run(self.req, self._template, self.filename, self.req.filename, self.vars, vars, flush)

    def __str__(self) -> str:
        """Runs the page as text/html, and returns the empty str: for publisher functions that return a page."""
        self.req.content_type = "text/html"
        self.run()
        return ""

    def display_code(self) -> None:
        """Writes the page and its Python program to the client, as an HTML table. TypeError for a string's page."""
        if self.filename is None:
            raise TypeError("display_code() is for pages of files")
        translation = _Translation.of_file(self.filename, _files.directory_of(self.filename))
        for part in _listing.table(translation):
            self.req.write(part, 0)


class PSPInterface:
    """What a page sees as ``psp``."""

    def __init__(self, req: Any, filename: str | None, form: Any) -> None:
        self.req = req
        self.filename = filename
        self.form = form
        self.error_page: PSP | None = None

    def set_error_page(self, page: str) -> None:
        """From now on, a page that fails is followed by this one, which sees the exception as
        ``exception``: type, value and traceback.

        page: below the document root if it begins with a slash, else below the page's own
        directory. Compiled at once; status 404 if there is no such file.
        """
        if page.startswith("/"):
            file = self.req.document_root() + page
        else:
            file = _files.beside(self.filename or self.req.filename, page)
        self.error_page = PSP(self.req, file)

    def apply_data(self, object: Any) -> Any:
        """Calls the object with the fields of the form as its arguments, and returns its result."""
        if self.form is None:
            self.form = getattr(self.req, "form", None)
        if self.form is None:
            self.form = self.req.form = util.FieldStorage(self.req, keep_blank_values=1)
        return util.apply_fs_data(object, self.form, req=self.req)

    def redirect(self, location: str, permanent: object = 0) -> None:
        """Ends the page, and sends the client to another URL (:func:`mod_python.util.redirect`).

        What the page has written and not flushed goes with it.
        """
        util.redirect(self.req, location, permanent)


def path_split(filename: str) -> tuple[str, str]:
    """The directory of a file, with a slash at its end, and the name in it."""
    directory, slash, name = filename.rpartition("/")
    return directory + slash, name


def code2str(code: types.CodeType) -> bytes:
    """A page's code as bytes, for a file beside the page: ``page.psc`` for ``page.psp``.

    The bytes are used as long as this version of Python meets exactly the content that the page,
    and what it includes, had. Code of anything else is good for :func:`str2code` alone.
    """
    template = _templates.of_code(code)
    if template is None:
        return _records.packed(_records.Record("", code, {}, [], {}))
    return _records.packed(_templates.record(template, _templates.digests(template)))


def str2code(text: bytes) -> types.CodeType:
    """The code that :func:`code2str` was given. ValueError for what another version made, or what is damaged.

    Code is executed as it is: take it from nowhere that others may write to.
    """
    record = _records.unpacked(text)
    if record is None:
        raise ValueError("no code of this version of Python and mod_python")
    return record.code


def dbm_cache_type(dbmfile: str) -> types.ModuleType:
    """The module of the package dbm that the file is for."""
    kind = dbm.whichdb(dbmfile)
    return sys.modules.get(kind or "", dbm)


def dbm_cache_store(srv: Any, dbmfile: str, filename: str, mtime: float, val: types.CodeType) -> None:
    """Puts a page's code into a database of compiled pages."""
    _disk.keep(srv, dbmfile, filename, mtime, code2str(val))


def dbm_cache_get(srv: Any, dbmfile: str, filename: str, mtime: float) -> types.CodeType | None:
    """The code of a page of that time; None if there is none."""
    data = _disk.fetch(srv, dbmfile, filename, mtime)
    record = _records.unpacked(data) if data is not None else None
    return record.code if record is not None else None
