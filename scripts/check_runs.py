"""How a part of scripts/check runs its commands: each into the part's log, under the part's deadline."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import threading
import time
from typing import Mapping, NamedTuple


class Failed(Exception):
    """The part failed, for a reason that is no single test."""


class Tally(NamedTuple):
    """Skipped is not passed."""

    passed: int
    failed: int = 0
    skipped: int = 0


# A session is a scheduling group of its own where the kernel makes such, and within one only `nice` counts.
BESIDE = ("sh", "-c", 'echo 19 2>/dev/null >/proc/self/autogroup; exec nice -n 19 "$@"', "sh")


class Log:
    """The output of one part. What is `beside` something else gets only what that leaves of the processors."""

    def __init__(self, root: pathlib.Path, path: pathlib.Path, deadline_s: float, *, beside: bool = False) -> None:
        self.root, self.path, self.name = root, path, path.stem
        self.prefix = BESIDE if beside else ()
        self.end = time.monotonic() + deadline_s
        self.lock = threading.Lock()
        path.write_bytes(b"")

    def run(self, *argv: str, may_fail: bool = False, env: Mapping[str, str] | None = None) -> str:
        """@returns the output. A command that ends with another code than 0 raises, unless `may_fail`."""
        process = subprocess.Popen([*self.prefix, *argv], cwd=self.root, env=os.environ | (env or {}), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            output, _ = process.communicate(timeout=max(1, self.end - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            self.write(argv, output)
            raise Failed(f"`{argv[0]}` was ended: three times the part's budget") from None
        self.write(argv, output)
        if process.returncode and not may_fail:
            raise Failed(f"`{' '.join(argv[:4])}` ended with {process.returncode}")
        return output.decode(errors="replace")

    def write(self, argv: tuple[str, ...], output: bytes) -> None:
        with self.lock, self.path.open("ab") as file:
            file.write(b"$ " + " ".join(argv)[:300].encode() + b"\n" + output + b"\n")

    def tail(self, lines: int = 60) -> str:
        return "\n".join(self.path.read_text(errors="replace").splitlines()[-lines:])
