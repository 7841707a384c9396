"""The processes of a plan: started so that they go on, found again, and ended.

Each writes its own mark (pid, start time, boot) between fork and exec, so that there is no moment at which it runs and
is not recorded, whatever ends the one who started it. A signal goes only to a process that still bears its mark."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import time
from typing import Callable, Iterable, Sequence

from parley_testkit.processes import Mark, processes_below

from .orders import Orders
from .plan import Member, Plan


class Failed(Exception):
    """It did not work: what, why, and what to do next."""


def mark_of(plan: Plan, member: Member) -> Mark | None:
    """Its process; None: it does not live. A file that was written half names none: its process never began."""
    try:
        mark = Mark(**json.loads(plan.mark_of(member).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return mark if mark.is_alive() else None


def state_of(plan: Plan, member: Member) -> str:
    mark = mark_of(plan, member)
    return "dead" if mark is None else "paused" if mark.is_paused() else "alive"


def is_running(plan: Plan) -> bool:
    return any(mark_of(plan, member) for member in plan.members)


def start(plan: Plan, member: Member) -> None:
    """:raises Failed: the program cannot be run"""
    file = plan.mark_of(member)
    file.parent.mkdir(exist_ok=True)
    plan.folder_of(member).mkdir(mode=0o711, exist_ok=True)

    def leave_mark() -> None:
        file.write_text(json.dumps(dataclasses.asdict(Mark.of(os.getpid()))))

    # The node refuses a PARLEY_ variable that it does not know, and one that it knows would change what was asked for.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PARLEY")}
    with open(plan.log_of(member), "ab") as log:
        log.write(f"--- {member.name}: {' '.join(member.argv)}\n".encode())
        log.flush()
        try:
            process = subprocess.Popen(member.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                       cwd="/", start_new_session=True, preexec_fn=leave_mark)
        except OSError as error:
            raise Failed(f"{member.argv[0]} cannot be run: {error}") from error
    process.returncode = 0  # it outlives us, and nobody shall warn of that


def log_tail(plan: Plan, member: Member, lines: int = 15) -> str:
    path = plan.log_of(member)
    text = path.read_text(errors="replace") if path.exists() else ""
    return f"the end of {path}:\n  " + "\n  ".join(text.splitlines()[-lines:])


def wait_for(plan: Plan, members: Sequence[Member], is_ready: Callable[[Member], bool], orders: Orders, *, seconds: float,
             what: str, tell: Callable[[float], None] = lambda _: None) -> None:
    """Polls until all are ready. :param tell: told how long it took so far, at each round
    :raises Failed: one has ended, or the time is over"""
    begin, waiting = time.monotonic(), list(members)
    while True:
        orders.check()
        for member in waiting:
            if state_of(plan, member) == "dead":
                raise Failed(f"{member.name} ended while it started; {log_tail(plan, member)}")
        waiting = [member for member in waiting if not is_ready(member)]
        gone = time.monotonic() - begin
        tell(gone)
        if not waiting:
            return
        if gone > seconds:
            names = ", ".join(member.name for member in waiting)
            raise Failed(f"{names}: not {what} after {seconds:g} s; {log_tail(plan, waiting[0])}")
        time.sleep(0.1)


def kill(plan: Plan, member: Member) -> None:
    """SIGKILL for it and every process below it, so that no half of it goes on.
    :raises Failed: it is dead already"""
    mark = mark_of(plan, member)
    if mark is None:
        raise Failed(f"{member.name} is dead already; `heal` starts it again")
    _kill_all(mark)
    _until_gone([mark], 10)


def pause(plan: Plan, member: Member) -> None:
    """SIGSTOP, as if the machine stood still: the parent first, so that it makes no new process meanwhile."""
    mark = mark_of(plan, member)
    if mark is None:
        raise Failed(f"{member.name} is dead: there is nothing to pause; `heal` starts it again")
    mark.send(signal.SIGSTOP)
    for below in _below(mark):
        below.send(signal.SIGSTOP)


def resume(plan: Plan, member: Member) -> None:
    mark = mark_of(plan, member)
    if mark:
        for one in [*_below(mark), mark]:
            one.send(signal.SIGCONT)


def end(plan: Plan, members: Iterable[Member], seconds: float, tell: Callable[[str], None]) -> None:
    """All at once, gently first; what has not ended by then is killed. Afterwards none of them lives."""
    marks = {member.name: (member, mark) for member in members if (mark := mark_of(plan, member))}
    for member, mark in marks.values():
        resume(plan, member)
        # Of PostgreSQL's three ways the fast one: sessions are ended, everything is on disk.
        mark.send(signal.SIGINT if member.kind == "database" else signal.SIGTERM)
    left = _until_gone([mark for _, mark in marks.values()], seconds)
    for member, mark in marks.values():
        if mark in left:
            tell(f"{member.name} did not end in {seconds:g} s and is killed; its log: {plan.log_of(member)}")
            _kill_all(mark)
    if stuck := _until_gone(left, 10):
        raise Failed(f"these processes do not end: {', '.join(str(mark.pid) for mark in stuck)}")
    for member in members:
        plan.mark_of(member).unlink(missing_ok=True)


def _below(mark: Mark) -> list[Mark]:
    return [below for pid in processes_below(mark.pid) if (below := Mark.of(pid))] if mark.is_alive() else []


def _kill_all(mark: Mark) -> None:
    for one in [mark, *_below(mark)]:
        one.send(signal.SIGKILL)


def _until_gone(marks: list[Mark], seconds: float) -> list[Mark]:
    """Those that are still there then."""
    deadline = time.monotonic() + seconds
    while (left := [mark for mark in marks if mark.is_alive()]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left
