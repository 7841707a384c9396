"""One temporary folder per test process: the data and the logs of every server it starts.

It goes away when the process ends, unless someone called `keep` (a failed run does) or the
environment says PARLEY_KEEP=1; then its path is printed, so that the logs can be read."""

from __future__ import annotations

import atexit
import os
import pathlib
import shutil
import sys
import tempfile

_root: pathlib.Path | None = None
_kept = bool(os.environ.get("PARLEY_KEEP"))


def root() -> pathlib.Path:
    """The folder, made at the first call. Traversable by all: PostgreSQL runs as another user."""
    global _root
    if _root is None:
        _root = pathlib.Path(tempfile.mkdtemp(prefix="parley-test-"))
        _root.chmod(0o711)
    return _root


def folder(name: str) -> pathlib.Path:
    """A new folder in it; a second one of the same name gets a number."""
    path, n = root() / name, 1
    while path.exists():
        n += 1
        path = root() / f"{name}-{n}"
    path.mkdir(mode=0o711)
    return path


def keep() -> pathlib.Path:
    """Keeps everything after the end of the process, for whoever has to find out why."""
    global _kept
    _kept = True
    return root()


# Registered at import, so before any child registers its own end: atexit runs backwards, and the
# servers are gone by the time that their folders go.
@atexit.register
def _remove() -> None:
    if _root is None or not _root.exists():
        return
    if _kept:
        print(f"logs and data kept in {_root}", file=sys.stderr)
    else:
        shutil.rmtree(_root, ignore_errors=True)
