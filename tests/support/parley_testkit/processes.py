"""Processes as /proc shows them, also those that this process did not start. Only the standard library."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import signal


@dataclasses.dataclass(frozen=True)
class Mark:
    """Names one process for ever: its pid comes again one day, but with another start time, or after another boot."""
    pid: int
    started: int  # clock ticks since the boot
    boot: str

    @classmethod
    def of(cls, pid: int) -> "Mark | None":
        """None: no such process lives. A zombie that nobody waited for yet holds no file and no memory: it is dead."""
        fields = _fields(pid)
        return None if not fields or fields[0] in "ZX" else cls(pid, int(fields[19]), boot_id())

    def is_alive(self) -> bool:
        return Mark.of(self.pid) == self

    def is_paused(self) -> bool:
        fields = _fields(self.pid)
        return bool(fields) and fields[0] in "Tt" and self.is_alive()

    def send(self, number: int) -> bool:
        """To this process and no other: between the look and the signal its pid cannot change hands. False: it is gone."""
        try:
            handle = os.pidfd_open(self.pid)
        except (ProcessLookupError, OSError):
            return False
        try:
            if not self.is_alive():
                return False
            signal.pidfd_send_signal(handle, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)


def boot_id() -> str:
    return pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def processes_below(pid: int) -> list[int]:
    """All descendants, by the parent column of /proc."""
    parents: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        below = parents.get(todo.pop(), [])
        found += below
        todo += below
    return found


def exists(pid: int) -> bool:
    return Mark.of(pid) is not None


def _fields(pid: int) -> list[str]:
    """What stands behind the command: its state, its parent, ... Empty: no such process."""
    try:
        # The command stands in parentheses and may hold blanks: count from its end.
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
