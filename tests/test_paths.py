"""Where handler modules are looked for: their directory, and PythonPath."""

from __future__ import annotations

from harness.serve import Serve
from harness.server import Server

_WHERE = "SetHandler mod_python\nPythonHandler where\n"


def _answering(text: str) -> str:
    return f"def handler(req):\n    req.write({text!r})\n    return 0\n"


def _folder(server: Server, name: str, **modules: str) -> str:
    folder = server.htdocs / name
    folder.mkdir()
    for module, answer in modules.items():
        (folder / f"{module}.py").write_text(_answering(answer))
    return str(folder)


def test_the_directory_of_the_directive_comes_first(serve: Serve) -> None:
    server = serve("paths", directory=_WHERE)
    path = server.json()
    assert path[0] == f"{server.htdocs}/"


def test_it_is_added_once(serve: Serve) -> None:
    server = serve("paths", directory=_WHERE)
    server.json()
    path = server.json()
    assert [entry.rstrip("/") for entry in path].count(str(server.htdocs)) == 1


def test_it_is_the_directives_directory_and_not_the_files(serve: Serve) -> None:
    server = serve.prepare("paths", directory=_WHERE)
    inner = _folder(server, "inner")
    server.start()
    path = server.json("/inner/page")
    assert path[0] == f"{server.htdocs}/"
    assert inner not in path
    assert f"{inner}/" not in path


def test_the_directory_of_a_htaccess_counts(serve: Serve) -> None:
    server = serve("paths", htaccess=_WHERE)
    assert server.json()[0] == f"{server.htdocs}/"


def test_a_files_section_has_the_directory_around_it(serve: Serve) -> None:
    server = serve("paths", directory=f'<Files "page">\n{_WHERE}</Files>')
    assert server.json("/page")[0] == f"{server.htdocs}/"


def test_a_wildcard_directory_is_resolved_for_each_request(serve: Serve) -> None:
    server = serve.prepare(
        "paths",
        server="""
        <Directory "{htdocs}/user-*">
            SetHandler mod_python
            PythonHandler page
        </Directory>
        """,
    )
    _folder(server, "user-a", page="a")
    _folder(server, "user-b", page="b")
    server.start()
    assert [server.text("/user-a/x"), server.text("/user-b/x"), server.text("/user-a/x")] == ["a", "b", "a"]


def test_a_directory_match_is_resolved_for_each_request(serve: Serve) -> None:
    server = serve.prepare(
        "paths",
        server="""
        <DirectoryMatch "/user-[ab]/">
            SetHandler mod_python
            PythonHandler page
        </DirectoryMatch>
        """,
    )
    _folder(server, "user-a", page="a")
    _folder(server, "user-b", page="b")
    server.start()
    assert [server.text("/user-a/x"), server.text("/user-b/x")] == ["a", "b"]


def test_a_location_adds_no_directory(serve: Serve) -> None:
    server = serve(
        "paths",
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        server="""
        <Location "/here">
            SetHandler mod_python
            PythonPath "['{htdocs}'] + sys.path"
            PythonHandler where
        </Location>
        """,
    )
    assert "/here" not in server.json("/here/page")
    assert "/here/" not in server.json("/here/page")


def test_python_path_replaces_the_search_path(serve: Serve) -> None:
    server = serve("paths", directory=_WHERE + "PythonPath \"sys.path + ['{htdocs}', '/added/behind']\"")
    path = server.json()
    # The directive's directory is not added by itself then.
    assert path[-2:] == [str(server.htdocs), "/added/behind"]
    assert f"{server.htdocs}/" not in path


def test_python_path_sees_sys_and_os(serve: Serve) -> None:
    expression = "[os.path.join('{htdocs}', '.')] + sys.path"
    server = serve("paths", directory=_WHERE + f'PythonPath "{expression}"')
    assert server.json()[0] == f"{server.htdocs}/."


def test_python_path_is_evaluated_once_per_text(serve: Serve) -> None:
    """Q41."""
    server = serve("paths", directory=_WHERE + "PythonPath \"['{htdocs}'] + sys.path\"")
    for _ in range(3):
        path = server.json()
    assert path.count(str(server.htdocs)) == 1


def test_python_path_is_evaluated_once_also_with_imports_at_start(serve: Serve) -> None:
    imports = "PythonImport where main.test\nPythonImport json main.test\n"
    server = serve("paths", server=imports + "PythonPath \"['{htdocs}'] + sys.path\"", directory=_WHERE)
    assert server.json().count(str(server.htdocs)) == 1


def test_an_inherited_python_path_also_keeps_the_directory_out(serve: Serve) -> None:
    """21.3: 56."""
    server = serve("paths", server="PythonPath \"sys.path + ['{htdocs}']\"", directory=_WHERE)
    path = server.json()
    assert [entry.rstrip("/") for entry in path].count(str(server.htdocs)) == 1


def test_each_interpreter_has_its_own_search_path(serve: Serve) -> None:
    server = serve(
        "paths",
        directory=_WHERE,
        vhosts={"a.test": "PythonPath \"sys.path + ['{htdocs}', '/only/a']\"", "b.test": ""},
    )
    assert "/only/a" in server.json(host="a.test")
    assert "/only/a" not in server.json(host="b.test")


def test_same_named_modules_of_two_directories_are_two(serve: Serve) -> None:
    server = serve.prepare(
        "paths",
        server="""
        <Directory "{htdocs}/a">
            SetHandler mod_python
            PythonHandler page
        </Directory>
        <Directory "{htdocs}/b">
            SetHandler mod_python
            PythonHandler page
        </Directory>
        """,
    )
    _folder(server, "a", page="a")
    _folder(server, "b", page="b")
    server.start()
    assert [server.text(path) for path in ("/a/x", "/b/x", "/a/x", "/b/x")] == ["a", "b", "a", "b"]
    (server.htdocs / "a" / "page.py").write_text(_answering("a changed"))
    assert [server.text(path) for path in ("/a/x", "/b/x")] == ["a changed", "b"]


def test_a_handler_may_import_its_neighbours(serve: Serve) -> None:
    server = serve.prepare("paths", directory="SetHandler mod_python\nPythonHandler page")
    (server.htdocs / "neighbour.py").write_text("name = 'neighbour'\n")
    (server.htdocs / "page.py").write_text(f"import neighbour\n{_answering('x').replace(repr('x'), 'neighbour.name')}")
    server.start()
    assert server.text() == "neighbour"


def test_a_directory_with_a_strange_name_works(serve: Serve) -> None:
    server = serve.prepare("paths", htaccess="SetHandler mod_python\n")
    for name in ("with space", "grün", "it's"):
        folder = _folder(server, name, page=name)
        assert folder
        (server.htdocs / name / ".htaccess").write_text("PythonInterpPerDirectory On\nPythonHandler page\n")
    server.start()
    assert [server.text(f"/{name}/x") for name in ("with space", "grün", "it's")] == ["with space", "grün", "it's"]
