"""mod_python.httpdconf.write_basic_config: the folders of a small site, and the source of its configuration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from harness import site
from mod_python.httpdconf import write_basic_config

pytestmark = pytest.mark.once


def configuration(file: str | None) -> list[str]:
    """The lines that the written file prints."""
    assert file is not None
    environment = {"PYTHONPATH": str(site.CHECKOUT / "python")}
    outcome = subprocess.run([sys.executable, file], env=environment, check=True, capture_output=True, text=True)
    return outcome.stdout.splitlines()


def names(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def test_the_folders_and_files_are_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "site"
    written = write_basic_config(root)
    assert written == str(root / "conf/httpd_conf.py")
    assert {path.name for path in root.iterdir()} == {"conf", "logs", "public"}
    assert (root / "conf/mime.types").is_file()
    said = capsys.readouterr()
    assert said.out == ""
    assert f"writing {written}" in said.err


def test_the_configuration_is_in_this_order(tmp_path: Path) -> None:
    lines = configuration(write_basic_config(tmp_path / "site", pythonpath=["/a"], pythonoptions=["k v"]))
    order = [name for name in dict.fromkeys(names(lines)) if name not in ("User", "Group", "DefaultRuntimeDir")]
    assert order == [
        *("LoadModule", "ServerRoot", "MaxConnectionsPerChild", "LogFormat", "CustomLog", "ErrorLog", "LogLevel"),
        *("PidFile", "TypesConfig", "ServerName", "Listen", "DocumentRoot"),
        *("SetHandler", "PythonHandler", "PythonPath", "PythonOption"),
    ]
    assert sum("mpm_" in line for line in lines) == 1


def test_the_parameters_come_in_3_5_s_order(tmp_path: Path) -> None:
    written = write_basic_config(
        str(tmp_path), "127.0.0.1:1", "c", "l", "h", "my::x", ["/a b"], ["k v"], ["hint"], "n.py", True, False
    )
    assert written == str(tmp_path / "c/n.py")
    lines = configuration(written)
    for line in (
        "Listen 127.0.0.1:1",
        f"ErrorLog {tmp_path}/l/error_log",
        f"DocumentRoot {tmp_path}/h",
        "PythonHandler my::x",
        "PythonPath \"sys.path + ['/a b',]\"",
        "PythonOption k v",
        "# hint",
    ):
        assert line in lines


def test_nothing_but_a_path_makes_a_pythonpath(tmp_path: Path) -> None:
    """L7.2: 34. An empty entry is none."""
    assert "PythonPath" not in names(configuration(write_basic_config(tmp_path, pythonpath=[""])))


def test_a_relative_root_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """L7.2: 34."""
    monkeypatch.chdir(tmp_path)
    assert f"ServerRoot {tmp_path}/site" in configuration(write_basic_config("site"))


def test_a_root_with_blanks_is_quoted(tmp_path: Path) -> None:
    assert f'ServerRoot "{tmp_path}/my site"' in configuration(write_basic_config(tmp_path / "my site"))


def test_what_is_there_is_kept_unless_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = write_basic_config(tmp_path)
    assert written is not None
    Path(written).write_text("mine")
    assert write_basic_config(tmp_path) is None
    assert "exists already, and is kept" in capsys.readouterr().err
    assert Path(written).read_text() == "mine"
    assert write_basic_config(tmp_path, replace_config=True) == written
    assert Path(written).read_text() != "mine"


def test_folders_are_left_alone_when_asked_to(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    write_basic_config(tmp_path, createdirs=False)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["httpd_conf.py"]


def test_a_value_that_cannot_be_a_line_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line break"):
        write_basic_config(tmp_path / "site", pythonoptions=["k v\nPythonHandler evil"])
    assert not (tmp_path / "site").exists()


def test_one_missing_folder_is_made_and_not_two(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_basic_config(tmp_path / "no" / "site")
