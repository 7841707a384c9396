"""Control groups (version 1) around a process: its memory is limited, or all of it is frozen."""

from __future__ import annotations

import os
import pathlib
import secrets

import pytest

from parley_testkit.waiting import wait_until


class Group:
    def __init__(self, controller: str, pid: int) -> None:
        self._folder = pathlib.Path("/sys/fs/cgroup", controller, f"parley-{os.getpid()}-{secrets.token_hex(4)}")
        self._above = self._folder.parent
        self._folder.mkdir()
        self.take(pid)

    def take(self, pid: int) -> None:
        self.write("cgroup.procs", str(pid))

    def write(self, file: str, value: str) -> None:
        (self._folder / file).write_text(value)

    def read(self, file: str) -> str:
        return (self._folder / file).read_text().strip()

    def close(self) -> None:
        """Thaws, lets the members go, and goes."""
        if (self._folder / "freezer.state").exists():
            self.write("freezer.state", "THAWED")
        for pid in self.read("cgroup.procs").split():
            try:
                (self._above / "cgroup.procs").write_text(pid)
            except ProcessLookupError:
                pass
        wait_until(lambda: not self.read("cgroup.procs"), what="the control group to be empty", seconds=10)
        self._folder.rmdir()


@pytest.fixture
def group():
    """`group("memory", pid)`: a group of its own for that process."""
    made = []

    def make(controller: str, pid: int) -> Group:
        try:
            made.append(Group(controller, pid))
        except OSError as error:
            pytest.skip(f"unknown: no control group of version 1 can be made here: {error}")
        return made[-1]

    yield make
    for one in made:
        one.close()
