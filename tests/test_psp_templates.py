"""psp.PSP as a template of other handlers, and where compiled pages are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from harness import site
from harness.inside import Inside
from harness.pages import serve_pages, write
from harness.serve import Serve
from harness.server import Server
from harness.written import written

HEAD = "from mod_python import psp\nreq.content_type = 'text/plain'\n"


def _put(server: Server, name: str, text: str) -> None:
    write(server, name, text)


def test_a_template_gets_names_and_values(serve: Serve) -> None:
    """Those of run() go before those of the constructor, and both before the page's own."""
    server = written(serve, HEAD + "psp.PSP(req, 'page.psp', vars={'a': 1, 'b': 1}).run({'b': 2, 'form': 'mine'})")
    _put(server, "page.psp", "<%= a %> <%= b %> <%= form %>")
    assert server.text() == "1 2 mine"


def test_a_name_is_relative_to_the_requests_file(serve: Serve) -> None:
    server = written(
        serve, HEAD + "psp.PSP(req, 'sub/page.psp').run()\npsp.PSP(req, __file__[:-10] + 'page.psp').run()"
    )
    _put(server, "page.psp", "outer <%= __file__ == req.filename %>")
    _put(server, "sub/page.psp", "inner ")
    assert server.text("/x") == "inner outer True"


@pytest.mark.parametrize("name", ["'nowhere.psp'", "'sub'", "'a\\0b'"])
def test_what_is_no_file_is_404(serve: Serve, name: str) -> None:
    server = written(serve, HEAD + f"psp.PSP(req, {name})")
    _put(server, "sub/x", "")
    assert server.get().status_code == 404


def test_a_page_may_be_a_string(serve: Serve) -> None:
    body = """
    page = psp.PSP(req, string="<%= greeting %>, <%= __file__ == req.filename %>", vars={"greeting": "Hello"})
    page.run()
    psp.PSP(req, string="; \u00fc".encode()).run()
    req.write(f"; {page.filename} {page.string[:3]} {page.code.co_filename} {page.vars}")
    req.write(f" {page.req is req} {page.dbmcache}")
    """
    server = written(serve, HEAD + "\n".join(line.strip() for line in body.splitlines()))
    assert server.text() == "Hello, True; ü; None <%= __psp__ {'greeting': 'Hello'} True None"


def test_a_page_is_a_file_or_a_string(inside: Inside) -> None:
    source = "from mod_python import psp\npsp.PSP(req, 'a', 'b')"
    assert inside.error(source).startswith("ValueError")


def test_strings_are_compiled_once(serve: Serve) -> None:
    body = "make = lambda: psp.PSP(req, string='<%= 1 %>' * int('2'))\nreq.write(repr(make().code is make().code))"
    assert written(serve, HEAD + body).text() == "True"


def test_imports_of_a_string_are_followed(serve: Serve) -> None:
    server = written(serve, HEAD + "psp.PSP(req, string='<% import helper %><%= helper.name %>').run()")
    for name in ("one", "two", "three"):
        _put(server, "helper.py", f"name = {name!r}")
        assert server.text() == name


def test_str_runs_the_page_as_html(serve: Serve) -> None:
    server = written(serve, "from mod_python import psp\nreq.write(repr(str(psp.PSP(req, string='page'))), 0)")
    answer = server.get()
    assert answer.text == "page''"
    assert answer.headers["content-type"] == "text/html"


def test_output_is_kept_back_unless_flushed(serve: Serve) -> None:
    body = "psp.PSP(req, string='a').run()\nreq.write(str(req.sent_bodyct), 0)\n"
    body += "psp.PSP(req, string='b').run(flush=1)\nreq.write(str(req.sent_bodyct), 0)"
    assert written(serve, HEAD + body).text() == "a0b1"


def test_the_code_of_a_string_is_not_shown(inside: Inside) -> None:
    source = "from mod_python import psp\npsp.PSP(req, string='a').display_code()"
    assert inside.error(source).startswith("TypeError")


def test_the_code_of_a_file_is_shown(serve: Serve) -> None:
    server = written(serve, HEAD + "req.write(repr(psp.PSP(req, 'page.psp').display_code()), 0)")
    _put(server, "page.psp", "a <b>\n")
    text = server.text()
    assert "a&nbsp;&lt;b&gt;" in text
    assert text.endswith("</table>\nNone")


def test_parse_gives_the_program(inside: Inside) -> None:
    source = """
    from mod_python import _psp, psp
    import os, tempfile
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/page.psp", "w") as page:
            page.write("a<%@ include file='part' %>")
        with open(folder + "/part", "w") as part:
            part.write("b")
        result = [_psp.parse(folder + "/page.psp", None).count("a"), psp.parse("page.psp", folder + "/")]
    result += [psp.parsestring("<%= x %>"), psp.parsestring(b"x"), psp.parsestring(""), psp.parsestring("\\u20ac")]
    """
    source = source.replace('[_psp.parse(folder + "/page.psp", None).count("a"), ', "[_psp.parsestring('a'), ")
    assert inside(source) == [
        'req.write("""a""",0)\n',
        'req.write("""a"""\n"""b"""\n"""""",0)\n',
        'req.write("""""",0); req.write(str( x ),0); req.write("""""",0)\n',
        'req.write("""x""",0)\n',
        "",
        'req.write("""€""",0)\n',
    ]


def test_other_names_of_the_module(inside: Inside) -> None:
    source = """
    from mod_python import psp
    import dbm
    result = [psp.path_split("/a/b.psp"), psp.path_split("b"), isinstance(psp.tempdir, str), psp.dbm_types]
    result += [len(psp.HitsCache()), psp.dbm_cache_type("/nowhere") is dbm, psp.escape("<")]
    """
    assert inside(source) == [["/a/", "b.psp"], ["", "b"], True, {}, 0, True, "&lt;"]


def test_caches_let_the_least_used_go(inside: Inside) -> None:
    source = """
    from mod_python import psp
    cache = psp.HitsCache(size=8)
    for n in range(8):
        cache.store(n, compile(str(n), "x", "eval"))
    used = [cache.get(n) for n in (5, 6, 7, 5, 2)]
    cache.store(8, None)
    files = psp.FileCache()
    files.store("name", 5, "made")
    result = [sorted(n for n in range(9) if n in cache._entries), files.get("name", 5), files.get("name", 6)]
    """
    assert inside(source) == [[2, 4, 5, 6, 7, 8], "made", None]


def test_code_survives_as_bytes(inside: Inside) -> None:
    source = """
    from mod_python import psp
    code = compile("1 + 1", "x", "eval")
    data = psp.code2str(code)
    result = [eval(psp.str2code(data)), isinstance(data, bytes)]
    for broken in (b"", data[:-1], data[:-1] + b"?", b"x" + data, data[:40]):
        try:
            psp.str2code(broken)
        except ValueError:
            result.append("refused")
    """
    assert inside(source) == [2, True] + ["refused"] * 5


# --- beside the page ---

PRECOMPILE = """
from mod_python import psp
from pathlib import Path
import os
page = psp.PSP(req, 'page.psp')
Path('{spool}/page.psc').write_bytes(psp.code2str(page.code))
"""


def _precompiled(serve: Serve, page: str) -> tuple[Server, bytes]:
    """A server with that page, and what its precompiled file would hold."""
    server = serve_pages(serve, {"page.psp": page, "part.psp": "part"})
    compiler = f"<%{PRECOMPILE.format(spool=server.spool)}%>"
    write(server, "compile.psp", compiler)
    server.text("/compile.psp")
    return server, (server.spool / "page.psc").read_bytes()


def test_a_precompiled_page_is_used(serve: Serve) -> None:
    """Seen by what only its code says: the file is another page's, with the digest of this one."""
    server, data = _precompiled(serve, "source <%@ include file='part.psp' %>")
    (server.htdocs / "page.psc").write_bytes(_altered(data, b"source ", b"stored "))
    server.control("graceful")
    assert server.text("/page.psp") == "stored part"


def test_a_precompiled_page_is_not_used_once_the_page_has_changed(serve: Serve) -> None:
    """L7.2: 28. Whatever the times of the files, and what the page includes counts too."""
    server, data = _precompiled(serve, "source <%@ include file='part.psp' %>")
    (server.htdocs / "page.psc").write_bytes(_altered(data, b"source ", b"stored "))
    for name, text in (("page.psp", "edited <%@ include file='part.psp' %>"), ("part.psp", "edited")):
        write(server, name, text)
        os.utime(server.htdocs / name, (1_000_000_000, 1_000_000_000))
        server.control("graceful")
        assert "stored" not in server.text("/page.psp")


def test_a_precompiled_page_of_another_page_is_not_used(serve: Serve) -> None:
    """L7.2: 28."""
    server, data = _precompiled(serve, "source")
    write(server, "other.psp", "source")
    (server.htdocs / "other.psc").write_bytes(_altered(data, b"source", b"stored"))
    assert server.text("/other.psp") == "source"


def test_a_damaged_precompiled_page_is_not_used(serve: Serve) -> None:
    """L7.2: 28."""
    server, data = _precompiled(serve, "source")
    for broken in (b"", b"garbage", data[:-3], data[:60] + b"\0" * 8 + data[68:]):
        (server.htdocs / "page.psc").write_bytes(broken)
        server.control("graceful")
        assert server.text("/page.psp") == "source"


def test_a_precompiled_page_that_others_may_write_to_is_not_used(serve: Serve) -> None:
    """L7.2: 28."""
    server, data = _precompiled(serve, "source")
    stored = server.htdocs / "page.psc"
    stored.write_bytes(_altered(data, b"source", b"stored"))
    stored.chmod(0o666)
    server.control("graceful")
    server.expect_log(r"^MPY0961: .*/page\.psc is not used")
    assert server.text("/page.psp") == "source"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_precompiled_page_of_another_owner_is_not_used(serve: Serve) -> None:
    """L7.2: 28."""
    server, data = _precompiled(serve, "source")
    stored = server.htdocs / "page.psc"
    stored.write_bytes(_altered(data, b"source", b"stored"))
    os.chown(stored, 12345, 12345)
    server.control("graceful")
    server.expect_log(r"^MPY0961: .*/page\.psc is not used")
    assert server.text("/page.psp") == "source"


def _altered(data: bytes, text: bytes, other: bytes) -> bytes:
    """The record with another text of the same length in its code, and a digest that fits."""
    import hashlib

    tag, nul, rest = data.partition(b"\0")
    content = rest[32:].replace(text, other)
    assert content != rest[32:]
    return tag + nul + hashlib.sha256(content).digest() + content


# --- the database ---


def _with_database(serve: Serve, mode: int = 0o755, owned: bool = True) -> tuple[Server, Path]:
    server = serve.prepare(
        directory="AddHandler mod_python .psp\nPythonHandler mod_python.psp\n"
        "PythonOption mod_python.psp.cache_database_filename {root}/cache/pages",
        modules=("mime",),
    )
    cache = server.root / "cache"
    cache.mkdir()
    account = site.unprivileged()
    if owned and account is not None:
        import shutil

        shutil.chown(cache, account[0])
    cache.chmod(mode)
    return server, cache


def test_pages_are_kept_in_the_database(serve: Serve) -> None:
    """L7.2: 28. Later children take them from there, unless the page has changed."""
    server, cache = _with_database(serve)
    write(server, "page.psp", "page <%@ include file='part.psp' %>")
    write(server, "part.psp", "part")
    write(server, "count.psp", "<%= len(__import__('dbm').open(PSP(req).dbmcache)) %>")
    server.start()
    assert server.text("/page.psp") == "page part"
    assert list(cache.iterdir()) != []
    assert [path.stat().st_mode & 0o077 for path in cache.iterdir()] == [0] * len(list(cache.iterdir()))
    server.control("graceful")
    assert server.text("/page.psp") == "page part"
    assert server.text("/count.psp") == "2"
    write(server, "part.psp", "other")
    server.control("graceful")
    assert server.text("/page.psp") == "page other"


def test_what_is_in_the_database_is_used(serve: Serve) -> None:
    body = HEAD + (
        "code = compile('req.write(\"from the database\", 0)', req.filename, 'exec')\n"
        "psp.dbm_cache_store(req.server, '{cache}', req.filename, 5.5, code)\n"
        "found = psp.dbm_cache_get(req.server, '{cache}', req.filename, 5)\n"
        "exec(found)\nreq.write(repr(psp.dbm_cache_get(req.server, '{cache}', req.filename, 6)))"
    )
    folder = "os.path.dirname(req.filename) + '/../spool/own'"
    body = body.replace("'{cache}'", "cache").replace(
        "code = ", f"cache = {folder}\nos.mkdir(cache)\ncache += '/db'\ncode = ", 1
    )
    assert written(serve, body).text() == "from the databaseNone"


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o775])
def test_a_database_in_a_directory_of_others_is_not_used(serve: Serve, mode: int) -> None:
    """L7.2: 28."""
    server, cache = _with_database(serve, mode)
    write(server, "page.psp", "page")
    server.start()
    server.expect_log("^MPY0960: .*PermissionError")
    assert [server.text("/page.psp") for _ in range(3)] == ["page"] * 3
    assert list(cache.iterdir()) == []
    assert len(server.log.find("^MPY0960")) == 1


def test_a_database_of_others_is_not_used(serve: Serve) -> None:
    """L7.2: 28."""
    server, cache = _with_database(serve)
    (cache / "pages").write_bytes(b"x")
    (cache / "pages").chmod(0o666)
    write(server, "page.psp", "page")
    server.start()
    server.expect_log("^MPY0960: .*PermissionError")
    assert server.text("/page.psp") == "page"


def test_a_damaged_database_is_not_used(serve: Serve) -> None:
    """L7.2: 28."""
    import shutil

    server, cache = _with_database(serve)
    account = site.unprivileged()
    (cache / "pages").write_bytes(b"garbage" * 1000)
    (cache / "pages").chmod(0o600)
    if account is not None:
        shutil.chown(cache / "pages", account[0])
    write(server, "page.psp", "page")
    server.start()
    server.expect_log("^MPY0960")
    assert server.text("/page.psp") == "page"
