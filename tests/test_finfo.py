"""`apache.stat` and the object that it returns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness.inside import Inside

NAMES = (
    "fname filetype valid protection user group size inode device nlink atime mtime ctime name".split()  # noqa: SIM905
)
INDEXED = (
    "protection inode device nlink user group size atime mtime ctime fname name filetype".split()  # noqa: SIM905
)


@pytest.fixture
def file(inside: Inside) -> Path:
    path = inside.server.htdocs / "some.txt"
    path.write_bytes(b"hello")
    path.chmod(0o640)
    path.chmod(0o644)
    return path


def _stat(inside: Inside, path: object, result: str, wanted: str = "apache.APR_FINFO_NORM") -> Any:
    return inside(f"f = apache.stat({str(path)!r}, {wanted})\nresult = {result}")


def test_what_is_known_about_a_file(inside: Inside, file: Path) -> None:
    facts = _stat(inside, file, f"{{name: getattr(f, name) for name in {NAMES!r}}}")
    real = file.stat()
    assert facts.pop("valid") & 0x73B170 == 0x73B170
    assert facts == {
        "fname": str(file),
        "filetype": 1,
        "protection": 0x644,
        "user": real.st_uid,
        "group": real.st_gid,
        "size": 5,
        "inode": real.st_ino,
        "device": real.st_dev,
        "nlink": 1,
        "atime": int(real.st_atime),
        "mtime": int(real.st_mtime),
        "ctime": int(real.st_ctime),
        "name": None,
    }


def test_the_sequence_has_all_thirteen(inside: Inside, file: Path) -> None:
    """Q22. The indices FINFO_*, FINFO_FILETYPE included."""
    constants = "MODE INO DEV NLINK UID GID SIZE ATIME MTIME CTIME FNAME NAME FILETYPE".split()  # noqa: SIM905
    by_index = _stat(inside, file, f"[f[getattr(apache, 'FINFO_' + name)] for name in {constants!r}]")
    by_name = _stat(inside, file, f"[getattr(f, name) for name in {INDEXED!r}]")
    assert by_index == by_name
    assert _stat(inside, file, "list(f)") == by_name


@pytest.mark.parametrize("index", ["13", "-1", "10**30", "'size'", "None"])
def test_other_indices(inside: Inside, file: Path, index: str) -> None:
    error = inside.error(f"apache.stat({str(file)!r}, 0)[{index}]")
    assert error.startswith(("IndexError", "TypeError", "OverflowError"))


def test_a_sequence_without_length(inside: Inside, file: Path) -> None:
    assert inside.error(f"len(apache.stat({str(file)!r}, 0))").startswith("TypeError: ")


def test_a_file_that_does_not_exist_is_no_error(inside: Inside) -> None:
    values = _stat(inside, "/no/such/file", f"[getattr(f, name) for name in {NAMES!r}]")
    assert values == ["/no/such/file", 0, 0] + [None] * 11
    assert _stat(inside, "/no/such/file", "f.filetype == apache.APR_NOFILE") is True


def test_a_directory(inside: Inside) -> None:
    assert _stat(inside, inside.server.htdocs, "f.filetype == apache.APR_DIR") is True


def test_a_link_itself_on_request(inside: Inside, file: Path) -> None:
    link = file.parent / "link"
    link.symlink_to(file)
    assert _stat(inside, link, "f.filetype == apache.APR_REG") is True
    wanted = "apache.APR_FINFO_LINK | apache.APR_FINFO_TYPE"
    assert _stat(inside, link, "f.filetype == apache.APR_LNK", wanted) is True


def test_to_want_more_than_can_be_known_is_no_error(inside: Inside, file: Path) -> None:
    assert _stat(inside, file, "[f.size, f.name]", "2**31 - 1 - apache.APR_FINFO_LINK") == [5, None]


def test_repr_shows_every_field_in_order(inside: Inside, file: Path) -> None:
    shown = _stat(inside, file, "[repr(f), list(eval(repr(f))), eval(repr(f))['fname']]")
    assert shown[0].startswith(f"{{'fname': {str(file)!r}, 'filetype': 1, 'valid': ")
    assert shown[1:] == [NAMES, str(file)]


def test_the_type_name(inside: Inside, file: Path) -> None:
    assert _stat(inside, file, "str(type(f))") == "<class 'mp_finfo'>"


def test_a_path_with_any_bytes(inside: Inside) -> None:
    path = inside.server.htdocs / b"\xff\xe9".decode("utf-8", "surrogateescape")
    path.write_bytes(b"123")
    source = """
        import os
        folder = os.fsencode(os.path.dirname(req.filename.rstrip('/') + '/'))
        path = os.path.join(folder, b'\\xff\\xe9')
        both = [apache.stat(path, apache.APR_FINFO_SIZE), apache.stat(os.fsdecode(path), apache.APR_FINFO_SIZE)]
        result = [[f.size for f in both], os.fsencode(both[0].fname) == path]
    """
    assert inside(source) == [[3, 3], True]


def test_errors_other_than_absence_are_raised(inside: Inside, file: Path) -> None:
    error = inside.error(f"apache.stat({str(file / 'below')!r}, apache.APR_FINFO_NORM)")
    assert error.startswith("NotADirectoryError: [Errno 20] ")
    error = inside.error("apache.stat('x' * 5000, apache.APR_FINFO_NORM)")
    assert error.startswith("OSError: [Errno 36] ")


@pytest.mark.parametrize(
    ("call", "error"),
    {
        "stat('/tmp')": "TypeError: ",
        "stat('/tmp', 'x')": "TypeError: ",
        "stat('/tmp', None)": "TypeError: ",
        "stat('/tmp', 2**31)": "OverflowError: ",
        "stat(None, 0)": "TypeError: ",
        "stat('/tmp\\0', 0)": "ValueError: ",
        "stat('/tmp', 0).size = 1": "AttributeError: ",
        "stat('/tmp', 0).mine = 1": "AttributeError: ",
        "stat('/tmp', 0).mine": "AttributeError: 'mp_finfo' object has no attribute 'mine'",
    }.items(),
)
def test_refused(inside: Inside, call: str, error: str) -> None:
    assert inside.error(f"apache.{call}").startswith(error)


def test_scripts_make_none(inside: Inside) -> None:
    assert inside.error("type(apache.stat('/', 0))()").startswith("TypeError: ")
