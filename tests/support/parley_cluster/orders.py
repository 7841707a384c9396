"""Signals to end, kept until it is a good moment: never between a process and the record of it."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import Sequence


class Interrupted(Exception):
    """A signal came: its number."""

    @property
    def code(self) -> int:
        return 128 + self.args[0]


class ToolFailed(Exception):
    """A program that should do one thing and end failed: its name and what it said."""


class Orders:
    def __init__(self) -> None:
        self._came: int | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, _frame) -> None:
        self._came = number

    def check(self) -> None:
        """:raises Interrupted: once, so that cleaning up is not interrupted again by what has already happened"""
        if self._came is not None:
            came, self._came = self._came, None
            raise Interrupted(came)

    def run(self, argv: Sequence[str], *, cwd: str | None = None, user: str | None = None) -> None:
        """One program, to its end. :param user: whom it runs as, if not as us
        :raises ToolFailed: with what it said; :raises Interrupted: it was ended"""
        self.check()
        # It ends with us, whatever ends us: it is nobody's to find again.
        whom = ["--reuid", user, "--regid", user, "--init-groups"] if user else []
        words = ["setpriv", "--pdeathsig", "KILL", *whom, "--", *map(str, argv)]
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", cwd=cwd) as process:
            try:
                while True:
                    try:
                        said, _ = process.communicate(timeout=0.2)
                        break
                    except subprocess.TimeoutExpired:
                        self.check()
            except BaseException:
                process.kill()
                raise
        self.check()
        if process.returncode:
            raise ToolFailed(f"`{' '.join(map(str, argv))}` ended with {process.returncode}:\n{said.strip()[-4000:]}")

    def sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(0.1, left))
