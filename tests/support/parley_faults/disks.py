"""File systems that are small enough to be filled."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess

import pytest


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own: `small_disk(64)` gives its folder, of so many MB."""
    mounted = []

    def make(megabytes: int) -> pathlib.Path:
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", str(folder)],
                              capture_output=True, text=True)
        if done.returncode:
            # Skipped is not passed: the table lists it apart.
            pytest.skip(f"unknown: no file system can be mounted here: {done.stderr.strip()}")
        for parent in [folder, *folder.parents][:4]:
            parent.chmod(parent.stat().st_mode | 0o011)  # PostgreSQL runs as another user
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: pathlib.Path) -> pathlib.Path:
    """Takes every byte that is left; the file to remove."""
    filler = pathlib.Path(folder, "filler")
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as out:
        while out.write(b"\0" * 4096):
            pass
    return filler
