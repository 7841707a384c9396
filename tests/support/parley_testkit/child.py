"""A server process that never outlives the test run.

Three nets, since each has a hole: `atexit` and signal handlers end children on a normal end, and
the parent-death signal ends them when this process is killed with -9. `setpriv` sets that signal
(it also drops root where asked, which would clear a signal set before)."""

from __future__ import annotations

import atexit
import concurrent.futures
import os
import pathlib
import queue
import signal
import subprocess
import threading
from typing import Mapping, Sequence

from .processes import exists, processes_below
from .waiting import wait_until

_running: set["Child"] = set()


class Child:
    """One process, its log, and the signals that tests send to it."""

    def __init__(self, name: str, argv: Sequence[str], *, log: pathlib.Path, user: str | None = None,
                 env: Mapping[str, str] | None = None, death_signal: str = "KILL", within: Sequence[str] = ()) -> None:
        """:param within: what the command stands behind, such as what takes it to another network; same process"""
        self.name, self.argv, self.log = name, list(map(str, argv)), log
        self.user, self.env, self.death_signal = user, env, death_signal
        self.within = list(within)
        self._process: subprocess.Popen | None = None
        self._paused: list[int] = []

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    def start(self) -> None:
        """Starts it; the log is appended to, so that it holds every life of the process."""
        if self.alive():
            raise RuntimeError(f"{self.name} runs already")
        prefix = ["setpriv", "--pdeathsig", self.death_signal]
        if self.user:
            prefix += ["--reuid", self.user, "--regid", self.user, "--init-groups"]
        with open(self.log, "ab") as log:
            log.write(f"--- {self.name}: {' '.join(self.argv)}\n".encode())
            log.flush()
            self._process = _spawn(lambda: subprocess.Popen(
                self.within + prefix + ["--"] + self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=_environment() | dict(self.env or {}), start_new_session=True))
        _running.add(self)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def exit_code(self) -> int | None:
        """As subprocess has it: negative is the signal that killed it; None while it runs."""
        return None if self._process is None else self._process.poll()

    def send(self, number: int) -> None:
        if self.alive():
            os.kill(self.pid, number)

    def wait(self, seconds: float) -> int:
        """The exit code. :raises TimeoutError: with the end of the log, if it does not end."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name} did not end in {seconds:g} s\n{self.log_tail()}") from None
        _running.discard(self)
        return code

    def kill9(self) -> None:
        """SIGKILL for it and every process below it, so that no half of it goes on."""
        if not self.alive():
            raise RuntimeError(f"{self.name} is dead already: {self.exit_code()}\n{self.log_tail()}")
        below = processes_below(self.pid)
        for pid in [self.pid, *below]:
            _send(pid, signal.SIGKILL)
        self._paused = []
        self.wait(10)
        wait_until(lambda: not any(exists(pid) for pid in below), seconds=10,
                   what=f"the processes below {self.name} to end")

    def pause(self) -> None:
        """SIGSTOP: the parent first, so that it makes no new process meanwhile."""
        os.kill(self.pid, signal.SIGSTOP)
        self._paused = [self.pid, *processes_below(self.pid)]
        for pid in self._paused[1:]:
            _send(pid, signal.SIGSTOP)

    def resume(self) -> None:
        for pid in reversed(self._paused):
            _send(pid, signal.SIGCONT)
        self._paused = []

    def end(self, gentle: int = signal.SIGTERM, seconds: float = 10) -> int | None:
        """Ends it, gently first. The exit code, or None if it never ran."""
        if self._process is None:
            return None
        if self.alive():
            self.resume()
            self.send(gentle)
            try:
                return self.wait(seconds)
            except TimeoutError:
                self.kill9()
        _running.discard(self)
        return self.exit_code()

    def log_tail(self, lines: int = 40) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"--- the end of {self.log}:\n" + "\n".join(text.splitlines()[-lines:])


def _environment() -> dict[str, str]:
    """Ours, without what is meant for this package: the node refuses a PARLEY_ variable that it does not know."""
    return {key: value for key, value in os.environ.items() if key not in ("PARLEY_KEEP", "PARLEY_CHECK")}


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


# The parent-death signal comes when the *thread* that forked ends. A child restarted from a pool's
# thread would die with the pool; so one thread, which lives as long as the process, starts them all.
_orders: queue.SimpleQueue = queue.SimpleQueue()
_spawner: threading.Thread | None = None


def _spawn(start) -> subprocess.Popen:
    global _spawner
    if _spawner is None:
        _spawner = threading.Thread(target=_serve, name="spawner", daemon=True)
        _spawner.start()
    done: concurrent.futures.Future = concurrent.futures.Future()
    _orders.put((start, done))
    return done.result(30)


def _serve() -> None:
    while True:
        start, done = _orders.get()
        try:
            done.set_result(start())
        except BaseException as error:  # the caller waits for it, whatever it is
            done.set_exception(error)


@atexit.register
def _end_all() -> None:
    for child in list(_running):
        try:
            child.end(seconds=5)
        except Exception:  # one that resists must not save the others
            pass


def _leave(number: int, _frame) -> None:
    raise SystemExit(128 + number)  # atexit then ends the children


for _number in (signal.SIGTERM, signal.SIGHUP):
    if threading.current_thread() is threading.main_thread() and signal.getsignal(_number) is signal.SIG_DFL:
        signal.signal(_number, _leave)
