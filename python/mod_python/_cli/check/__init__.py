"""Names settings of mod_python that are dangerous, ineffective or out of date, with file and line.

httpd reads the configuration, with the modules that it loads; where httpd refuses it, and
for .htaccess files, its text is read as it is. Included files are read as well.

Exit status: 0 if nothing was found, 1 if something was, 2 if it cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from mod_python._cli.check import dump, plain
from mod_python._cli.check.configuration import Configuration, Line, ReadError
from mod_python._cli.check.rules import RULES, Rule
from mod_python._cli.errors import UsageError

NAME = "check"
SUMMARY = "name dangerous, ineffective and outdated settings"


@dataclass(frozen=True)
class Finding:
    """A rule, the line that it is broken in, and what is particular to that."""

    rule: Rule
    line: Line
    detail: str

    @property
    def problem(self) -> str:
        return f"{self.rule.explanation}; {self.detail}" if self.detail else self.rule.explanation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("conf", metavar="CONF", type=Path, help="a configuration, or an .htaccess")
    parser.add_argument("--json", action="store_true", help="print findings as JSON")
    parser.add_argument("--text", action="store_true", help="read the text alone, without httpd")


def run(options: argparse.Namespace) -> int:
    try:
        conf, reader = _read(options.conf, options.text)
    except ReadError as error:
        raise UsageError(str(error)) from None
    found = [Finding(rule, line, detail) for rule in RULES for line, detail in rule.find(conf)]
    # In the order of the configuration, as far as files can have one.
    order = {id(line): position for position, line in enumerate(conf.lines)}
    found.sort(key=lambda finding: order[id(finding.line)])
    print(_as_json(found, reader) if options.json else _as_text(found))
    return 1 if found else 0


def _read(conf: Path, text_only: bool) -> tuple[Configuration, str]:
    """What to judge, and who has read it."""
    text = plain.read(conf) if text_only or conf.name.startswith(".ht") else None
    if text is not None:
        return Configuration(tuple(text), is_part=conf.name.startswith(".ht")), "text"
    try:
        dumped = dump.read(conf)
    except dump.RefusedError as refusal:
        lines = plain.read(conf)
        print(f"mod_python check: read without httpd, which says: {refusal}", file=sys.stderr)
        return Configuration(tuple(lines)), "text"
    return Configuration((*dumped, *_loaded(conf))), "httpd"


def _loaded(conf: Path) -> list[Line]:
    """The LoadModule lines, which httpd does not show; none where the text alone is too little to read them."""
    try:
        return [line for line in plain.read(conf) if line.name == "loadmodule"]
    except ReadError:
        return []


def _as_text(found: list[Finding]) -> str:
    rows = []
    for finding in found:
        rule, line = finding.rule, finding.line
        rows.append(f"{line.file}:{line.number}: {rule.severity}: {line.written}: {finding.problem} [{rule.name}]")
        rows.append(f"    {rule.remedy}")
    rows.append(f"{len(found)} {'finding' if len(found) == 1 else 'findings'}" if found else "nothing found")
    return "\n".join(rows)


def _as_json(found: list[Finding], reader: str) -> str:
    rows = [
        {
            "file": finding.line.file,
            "line": finding.line.number,
            "directive": finding.line.written,
            "name": finding.rule.name,
            "severity": finding.rule.severity,
            "problem": finding.problem,
            "remedy": finding.rule.remedy,
        }
        for finding in found
    ]
    return json.dumps({"read_by": reader, "findings": rows}, indent=2)
