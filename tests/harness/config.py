"""What the httpd.conf of a test says.

A test writes only the lines that it is about; what every server needs is here.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from harness import log, memcheck, site

_MPM = {
    "prefork": """
        StartServers {children}
        MinSpareServers {children}
        MaxSpareServers {children}
        ServerLimit 16
        MaxRequestWorkers {children}
        """,
    "worker": """
        StartServers {children}
        ServerLimit 16
        ThreadLimit {threads}
        ThreadsPerChild {threads}
        MinSpareThreads {workers}
        MaxSpareThreads {workers}
        MaxRequestWorkers {workers}
        """,
}
_MPM["event"] = _MPM["worker"]


@dataclass(frozen=True)
class Config:
    """One server.

    `directory`  lines for the `<Directory>` of the document root
    `server`     lines for the main server
    `vhosts`     ServerName to lines; the first one answers unknown names
    `htaccess`   lines of the document root's `.htaccess`
    `modules`    names of Debian's modules to load besides the MPM, such as `mime`
    `late`       lines at the very end of the file
    `children`   processes under prefork, and at start under the others
    `threads`    per child, where the MPM has threads
    """

    directory: str = ""
    server: str = ""
    vhosts: dict[str, str] = field(default_factory=dict)
    htaccess: str | None = None
    modules: tuple[str, ...] = ()
    late: str = ""
    children: int = 1
    threads: int = 8
    log_level: str = "info"
    load_python: bool = True

    def render(self, root: Path, port: int, tls_port: int = 0) -> str:
        """The text of httpd.conf. `{root}`, `{htdocs}`, `{port}` and `{tls_port}` in a test's lines are filled in."""
        htdocs = root / "htdocs"
        names = {"{htdocs}": str(htdocs), "{root}": str(root), "{port}": str(port), "{tls_port}": str(tls_port)}

        def own(lines: str) -> str:
            lines = textwrap.dedent(lines).strip()
            for name, value in names.items():
                lines = lines.replace(name, value)
            return lines

        sizes = {
            "children": self.children,
            "threads": self.threads,
            "workers": self.children * self.threads,
        }
        parts = [
            f'ServerRoot "{root}"',
            f"Listen 127.0.0.1:{port}",
            "ServerName main.test",
            'PidFile "run/httpd.pid"',
            'DefaultRuntimeDir "run"',
            'ErrorLog "error_log"',
            f'ErrorLogFormat "{log.FORMAT}"',
            f"LogLevel {self.log_level}",
            *self._load_lines(),
            # The list of types that comes with httpd is not where a private root has it.
            *(["TypesConfig /dev/null"] if "mime" in self.modules else []),
            *_user_lines(),
            textwrap.dedent(_MPM[site.MPM]).format(**sizes).strip(),
            *memcheck.DIRECTIVES,
            self._keep_alive(),
            *(["Protocols h2c http/1.1"] if site.HTTP2 else []),
            "GracefulShutdownTimeout 20",
            f'DocumentRoot "{htdocs}"',
            own(self.server),
            f'<Directory "{htdocs}">\nAllowOverride All\n{own(self.directory)}\n</Directory>',
        ]
        for name, lines in self.vhosts.items():
            head = f"<VirtualHost 127.0.0.1:{port}>\nServerName {name}"
            parts.append(f"{head}\n{own(lines)}\n</VirtualHost>")
        parts.append(own(self.late))
        return "\n".join(parts) + "\n"

    def _keep_alive(self) -> str:
        """Under event a kept connection stays with its child, also while the only thread of that serves another, which
        may be waiting for this one."""
        return "KeepAlive Off" if self.children > 1 and self.threads == 1 else "KeepAliveTimeout 2"

    def _load_lines(self) -> list[str]:
        names = [f"mpm_{site.MPM}", "unixd", "authz_core", *(["http2"] if site.HTTP2 else []), *self.modules]
        lines = [
            f'LoadModule {name}_module "{site.modules_dir()}/mod_{name}.so"'
            for name in dict.fromkeys(names)
            if f"mod_{name}" not in site.static_modules()
        ]
        if self.load_python:
            lines.append(f'LoadModule python_module "{site.MODULE}"')
        return lines


def _user_lines() -> list[str]:
    account = site.unprivileged()
    return [] if account is None else [f"User {account[0]}", f"Group {account[1]}"]
