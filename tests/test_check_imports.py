"""`mod_python check-imports`: which modules load in which kind of interpreter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import site
from harness.command import Command
from test_extensions import build

pytestmark = pytest.mark.skipif(site.MPM != "event", reason="the command has no MPM")

_HAS_OWN = site.python_version() >= (3, 13)


def _table(output: str) -> dict[str, list[str]]:
    """The cells behind each module; cells are set apart by two spaces or more."""
    table = output.split("\n\n")[1]
    rows = [re.split(r"\s{2,}", line) for line in table.splitlines()]
    return {row[0]: row[1:] for row in rows}


def _own(cell: str) -> str:
    return cell if _HAS_OWN else "needs 3.13"


def _install(folder: Path, distribution: str, **files: str) -> None:
    """As pip leaves it behind."""
    info = folder / f"{distribution.replace('-', '_')}-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\n")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    (info / "RECORD").write_text("".join(f"{name}.py,,\n" for name in files))


def test_what_loads_everywhere(command: Command) -> None:
    output = command.output("check-imports", "json", "decimal")
    assert _table(output) == {
        "module": ["main", "legacy", "own lock"],
        "json": ["yes", "yes", _own("yes")],
        "decimal": ["yes", "yes", _own("yes")],
    }


def test_what_serves_the_first_interpreter_only(command: Command) -> None:
    build(command.cwd)
    output = command.output("check-imports", "picky")
    assert _table(output)["picky"] == ["yes", "one only", _own("refused")]
    assert "picky, legacy: in a second interpreter, picky: ImportError: Interpreter change detected" in output


def test_a_package_is_tried_with_its_extension_modules(command: Command) -> None:
    package = command.cwd / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    build(package)
    output = command.output("check-imports", "package")
    assert _table(output)["package"] == ["yes", "one only", _own("partly")]
    assert "package.picky" in output


def test_a_module_that_crashes_is_a_cell_of_the_table(command: Command) -> None:
    (command.cwd / "crashes.py").write_text("import os\nos.kill(os.getpid(), 11)\n")
    (command.cwd / "leaves.py").write_text("import os\nos._exit(7)\n")
    table = _table(command.output("check-imports", "crashes", "leaves", "json"))
    assert table["crashes"] == ["crash (SIGSEGV)", "crash (SIGSEGV)", _own("crash (SIGSEGV)")]
    assert table["leaves"] == ["exit 7", "exit 7", _own("exit 7")]
    assert table["json"][0] == "yes"


def test_what_does_not_load_at_all_says_why_once(command: Command) -> None:
    (command.cwd / "prints.py").write_text("print('much')\nraise LookupError('no configuration')\n")
    output = command.output("check-imports", "prints", "no_such_module")
    assert _table(output)["prints"] == ["fails", "fails", _own("fails")]
    where = "main and legacy and own lock" if _HAS_OWN else "main and legacy"
    assert f"prints, {where}: LookupError: no configuration\n" in output
    assert "ModuleNotFoundError: No module named 'no_such_module'" in output


@pytest.mark.parametrize(
    ("kind", "module", "status"),
    [
        ("main", "picky", 0),
        ("legacy", "json", 0),
        ("legacy", "picky", 1),
        ("main", "no_such_module", 1),
        ("own", "json", 0 if _HAS_OWN else 1),
    ],
)
def test_with_a_kind_the_status_judges(command: Command, kind: str, module: str, status: int) -> None:
    build(command.cwd)
    outcome = command.run("check-imports", "--kind", kind, module)
    assert outcome.returncode == status
    assert len(_table(outcome.stdout)[module]) == 1


def test_a_requirements_file_stands_for_modules(command: Command) -> None:
    _install(command.cwd, "my-shop", shop="", _shop_fast="")
    _install(command.cwd, "Till", till="import no_such_module\n")
    (command.cwd / "more.txt").write_text("till @ https://example.org/till.whl\n")
    (command.cwd / "all.txt").write_text(
        "# what we sell\n"
        "My_Shop[fast] >= 1.0 ; python_version > '3'  # mostly\n"
        "--index-url https://example.org/\n"
        "./local.whl\n"
        "-r more.txt\n"
        "absent==3 \\\n  --hash=sha256:00\n"
    )
    table = _table(command.output("check-imports", "-r", "all.txt", "json"))
    assert list(table) == ["module", "json", "shop (My_Shop 1.5)", "till (till 1.5)", "absent"]
    assert table["shop (My_Shop 1.5)"][0] == "yes"
    assert table["till (till 1.5)"][0] == "fails"
    assert table["absent"] == ["not installed"] * 3


def test_what_is_not_installed_does_not_load(command: Command) -> None:
    (command.cwd / "all.txt").write_text("absent\n")
    assert command.run("check-imports", "-r", "all.txt", "--kind", "main").returncode == 1


def test_files_that_include_each_other_are_read_once(command: Command) -> None:
    (command.cwd / "one.txt").write_text("-r other.txt\n")
    (command.cwd / "other.txt").write_text("-r one.txt\nabsent\n")
    assert _table(command.output("check-imports", "-r", "one.txt"))["absent"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a module, or a requirements file with -r"),
        (["-r", "no.txt"], "no.txt cannot be read: No such file or directory"),
        (["--kind", "pool", "json"], "invalid choice: 'pool'"),
    ],
)
def test_wrong_usage(command: Command, arguments: list[str], said: str) -> None:
    assert said in command.refusal("check-imports", *arguments)
