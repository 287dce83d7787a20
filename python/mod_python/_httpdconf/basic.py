"""Lays out a small site, with the Python file that its configuration comes from."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from mod_python import version
from mod_python._httpd import account, modules
from mod_python._httpdconf import names
from mod_python._httpdconf.elements import Comment, Container, Directive, Element
from mod_python._httpdconf.quoting import quote_if_space

_MODULES = (
    "authn_file",
    "authn_core",
    "authz_host",
    "authz_groupfile",
    "authz_user",
    "authz_core",
    "access_compat",
    "auth_basic",
    "reqtimeout",
    "include",
    "filter",
    "mime",
    "log_config",
    "env",
    "headers",
    "setenvif",
    "version",
    "unixd",
    "status",
    "autoindex",
    "dir",
    "alias",
)
_COMBINED = '"%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined'
_HEAD = """\
#!{python}
#
# httpd's configuration, as Python. Change what is wanted, then:
#
#   mod_python genconfig {file} > {conf}
#

from mod_python.httpdconf import *

config = """


def write_basic_config(
    server_root: str | os.PathLike[str],
    listen: object = "0.0.0.0:8888",
    conf: str = "conf",
    logs: str = "logs",
    htdocs: str = "public",
    pythonhandler: str = "mod_python.publisher",
    pythonpath: list[str] | tuple[str, ...] = (),
    pythonoptions: list[str] | tuple[str, ...] = (),
    mp_comments: list[str] | tuple[str, ...] = (),
    conf_name: str = "httpd_conf.py",
    createdirs: bool = True,
    replace_config: bool = False,
) -> str | None:
    """Write `<server_root>/<conf>/<conf_name>`; its path, or None if it is there and `replace_config` is not set.

    Everything goes below `server_root`, which becomes absolute; `createdirs` makes the folders and copies mime.types.
    What is done, and what is missing, is said on stderr. OSError if a folder or file cannot be written, ValueError
    for a value that cannot stand in a configuration.
    """
    root = Path(server_root).resolve()
    target = root / conf / conf_name
    if target.exists() and not replace_config:
        _say(f"{target} exists already, and is kept")
        return None
    config = Container(
        Comment(f"\nMade by mod_python {version.version} from {target}.\nChange that file instead of this one.\n"),
        _modules(),
        _main(root, listen, root / conf, root / logs, root / htdocs),
        _mod_python(pythonhandler, pythonpath, pythonoptions, mp_comments),
    )
    head = _HEAD.format(python=version.PYTHON_BIN, file=target, conf=target.parent / "httpd.conf")
    # Said now: nothing is made for a configuration that cannot be.
    str(config)
    if createdirs:
        _make_folders(root, root / htdocs, root / conf, root / logs)
        _copy_mime_types(root / conf)
    _say(f"writing {target}")
    target.write_text(f"{head}{config!r}\n\nprint(config)\n", "utf-8", "surrogateescape")
    return str(target)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


# --- the parts of the configuration ---


def _modules() -> Container:
    part = Container(Comment("Modules"))
    for line in modules.loadable((f"mpm_{modules.mpm()}", *_MODULES)):
        part.append(_known("LoadModule", line))
    return part


def _main(root: Path, listen: object, conf: Path, logs: Path, htdocs: Path) -> Container:
    part = Container(
        Comment("Main configuration"),
        _path("ServerRoot", root),
        _known("MaxConnectionsPerChild", "65536"),
        # httpd's own default is a folder that only root may write to.
        _path("DefaultRuntimeDir", logs),
        _known("LogFormat", _COMBINED),
        _known("CustomLog", f"{quote_if_space(str(logs / 'access_log'))} combined"),
        _path("ErrorLog", logs / "error_log"),
        _known("LogLevel", "warn"),
        _path("PidFile", logs / "httpd.pid"),
        _path("TypesConfig", conf / "mime.types"),
        _known("ServerName", "127.0.0.1"),
        _known("Listen", listen),
        _path("DocumentRoot", htdocs),
    )
    for element in _account():
        part.append(element)
    return part


def _account() -> list[Element]:
    """httpd's children are not root, also when root makes this."""
    found = account.unprivileged()
    return [] if found is None else [_known("User", found.name), _known("Group", found.group)]


def _mod_python(
    handler: str,
    path: list[str] | tuple[str, ...],
    options: list[str] | tuple[str, ...],
    comments: list[str] | tuple[str, ...],
) -> Container:
    part = Container(
        Comment("mod_python"),
        _known("LoadModule", f"python_module {quote_if_space(str(modules.python_module()))}"),
        _known("SetHandler", "mod_python"),
        Comment("PythonDebug On"),
        _known("PythonHandler", handler),
    )
    entries = [entry for entry in path if entry]
    if entries:
        listed = "".join(f"{entry!r}," for entry in entries)
        part.append(_known("PythonPath", quote_if_space(f"sys.path + [{listed}]")))
    for option in options:
        part.append(_known("PythonOption", option))
    for text in comments:
        part.append(Comment(text))
    return part


def _known(name: str, value: object) -> Directive:
    made: Directive = getattr(names, name)(value)
    return made


def _path(name: str, path: Path) -> Directive:
    return _known(name, quote_if_space(str(path)))


# --- the folders ---


def _make_folders(*folders: Path) -> None:
    for folder in folders:
        if folder.is_dir():
            _say(f"{folder} exists already")
        else:
            _say(f"making {folder}")
            folder.mkdir()


def _copy_mime_types(conf: Path) -> None:
    target = conf / "mime.types"
    if target.exists():
        return
    sources = [Path(folder) / "mime.types" for folder in (version.SYSCONFDIR, "/etc") if folder]
    source = next((source for source in sources if source.is_file()), None)
    if source is None:
        _say(f"there is no mime.types in {' or '.join(str(source.parent) for source in sources)}: write {target}")
    else:
        _say(f"copying {source}")
        shutil.copy(source, target)
