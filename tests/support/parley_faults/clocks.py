"""Wall clocks that step, by libfaketime; boot and monotonic clocks stay true."""

from __future__ import annotations

import calendar
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from parley_testkit import workspace
from parley_testkit.node import Node
from parley_testkit.servers import Postgres
from parley_testkit.waiting import wait_until

_faketime = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
steps = (-3600, 3600, -300, 300, -1, 1)


def clock_file() -> pathlib.Path:
    """Says how far the clock is ahead: "+0", "-300s". Whoever the server runs as can read it."""
    file = workspace.folder("clock") / "offset"
    file.write_text("+0")
    file.chmod(0o644)
    return file


def is_seen(offset: float, step: int) -> bool:
    """A step of a second is below what can be told apart."""
    return abs(step) > 60 and abs(offset - step) < 60


def fake_clock(file: pathlib.Path) -> dict[str, str]:
    """The environment of a process whose wall clock follows the file, one of `clock_file`."""
    if not _faketime.exists():
        pytest.skip("unknown: no libfaketime (Debian: faketime)")
    return {"LD_PRELOAD": str(_faketime), "LD_LIBRARY_PATH": str(_no_jemalloc()),
            "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1",
            # Of an instrumented build: another library comes first, and that is fine.
            "ASAN_OPTIONS": ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))}


def _no_jemalloc() -> pathlib.Path:
    """A folder with an empty library in the place of a release's allocator, so that the system's serves: jemalloc asks
    for the time while it starts, and libfaketime for memory while it does; neither would ever come up."""
    folder = workspace.folder("no-jemalloc")
    subprocess.run(["cc", "-shared", "-o", folder / "libjemalloc.so.2", "-x", "c", "/dev/null"], check=True)
    return folder


def fake_clock_words(file: pathlib.Path) -> list[str]:
    """The same, ahead of the command of a server that changes its user: an environment of the whole would begin before
    that, for one who cannot open what root made."""
    return ["env", *(f"{key}={value}" for key, value in fake_clock(file).items())]


def node_offset(node: Node) -> float:
    """How far ahead it is, by the time that it puts before what it logs; a hang-up signal makes it log something."""
    log = node.child.log
    size = log.stat().st_size
    node.child.send(signal.SIGHUP)
    wait_until(lambda: log.stat().st_size > size, what="a line in the node's log", seconds=5)
    stamp = re.findall(r"^ts=(\S+)\.\d+Z", log.read_text(errors="replace"), re.MULTILINE)[-1]
    # Never 0, which would be waited for.
    return calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%S")) - time.time() + 1e-6


def database_offset(server: Postgres) -> float:
    return float(server.execute("SELECT extract(epoch FROM clock_timestamp())")[0][0]) - time.time()
