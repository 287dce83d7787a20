"""What the kernel knows of processes that do not go on: where each thread waits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_STATUS = ("Name", "State", "voluntary_ctxt_switches", "SigBlk")
_FILES = ("wchan", "syscall", "stack")


def of(processes: Iterable[int]) -> str:
    return "\n".join(_of_one(pid) for pid in sorted(processes))


def _of_one(pid: int) -> str:
    lines = [f"--- process {pid}"]
    for task in sorted(Path(f"/proc/{pid}/task").glob("*"), key=lambda path: int(path.name)):
        lines.append(f"thread {task.name}: {_status(task)}")
        lines += [f"    {name}: {' | '.join(_read(task / name).split(chr(10)))}" for name in _FILES]
    # Addresses in `syscall` (the last two are the stack and the program counter) mean something with these.
    mapped = [line for line in _read(Path(f"/proc/{pid}/maps")).splitlines() if " r-xp " in line]
    return "\n".join([*lines, *(f"    {line}" for line in mapped)])


def _status(task: Path) -> str:
    pairs = (line.partition(":") for line in _read(task / "status").splitlines())
    return ", ".join(f"{name} {' '.join(value.split())}" for name, _, value in pairs if name in _STATUS)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError as error:
        # Threads end, and the stack is for root alone.
        return f"({error.strerror})"
