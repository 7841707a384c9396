"""What the peers of scripts/compare need, where it is missing. Nothing else in this repository uses it."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from typing import Sequence

peers_folder = pathlib.Path(__file__).resolve().parents[1] / "loadtest" / "peers"
_debian = {"nats": ("nats-server",), "ejabberd": ("ejabberd", "erlang-p1-pgsql")}  # the first of each is a service
_policy = pathlib.Path("/usr/sbin/policy-rc.d")


def install(peers: Sequence[str], *, may_install: bool) -> None:
    """Ends the program with 69 where something is missing and cannot be installed."""
    if not shutil.which("nodejs"):
        _refuse("nodejs is missing: scripts/setup installs it")
    _npm(may_install)
    missing = [package for peer in peers for package in _debian.get(peer, ()) if not _is_installed(package)]
    if missing:
        _apt(missing, may_install)


def _refuse(why: str) -> None:
    print(f"compare: {why}", file=sys.stderr)
    sys.exit(69)


def _npm(may_install: bool) -> None:
    done, lock = peers_folder / "node_modules" / ".package-lock.json", peers_folder / "package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    if not may_install:
        _refuse("loadtest/peers/node_modules is missing or old: run without --no-install")
    print("compare: installs the npm packages of loadtest/peers/package-lock.json", file=sys.stderr)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    if subprocess.run(command, cwd=peers_folder).returncode:
        _refuse("npm failed: no peer can be loaded without these packages")
    done.touch()


def _is_installed(package: str) -> bool:
    told = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", package], capture_output=True, text=True)
    return told.stdout.startswith("ii")


def _apt(packages: Sequence[str], may_install: bool) -> None:
    words = " ".join(packages)
    if not may_install:
        _refuse(f"missing Debian packages: {words}")
    if os.geteuid() != 0:
        _refuse(f"missing Debian packages: run as root, or install them: apt-get install --no-install-recommends {words}")
    print(f"compare: installs the Debian packages {words}; no service is started", file=sys.stderr)
    is_ours = not _policy.exists()
    if is_ours:  # the packages would start a server each; here they start privately
        _policy.write_text("#!/bin/sh\nexit 101\n")
        _policy.chmod(0o755)
    try:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"],
                        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]):
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode:
                _refuse(f"{' '.join(command)} failed:\n{done.stdout}")
    finally:
        if is_ours:
            _policy.unlink()
    services = " ".join(package for package, *_ in _debian.values() if package in packages)
    print(f"compare: Debian starts what it installed at the next boot; to prevent it: systemctl disable {services}",
          file=sys.stderr)
