"""The node under test: a `parleyd` process of its own, embedded or over real servers."""

from __future__ import annotations

import pathlib
import re
from typing import Mapping, Sequence

import requests

from . import workspace
from .child import Child
from .network import Place
from .ports import free_port
from .recipes import node_command, parleyd
from .servers import Postgres, Redis, Server

__all__ = ["Node", "parleyd"]


class Node(Server):
    """One node in development mode. Without servers it is embedded, in a folder of its own.

    `flags` and `env` go to the process as they are. The port stays the same for all its lives."""

    def __init__(self, name: str = "node", *, postgres: Sequence[Postgres] = (), redis: Sequence[Redis] = (),
                 flags: Sequence[str] = (), env: Mapping[str, str] | None = None, place: Place | None = None) -> None:
        self.name, self.port, self.place = name, free_port(), place
        self.folder = workspace.folder(name)
        is_embedded = not postgres and not redis
        argv = node_command(parleyd(), self.port, host=self.host, postgres=[server.url for server in postgres],
                            redis=[server.url for server in redis],
                            data_dir=self.folder / "store" if is_embedded else None)
        self.child = Child(name, argv + list(flags), log=self.folder / "log", env=env, within=self.within)

    @property
    def http(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://{self.host}:{self.port}/v1/ws"

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.http}/readyz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def stop(self, seconds: float = 30) -> None:
        """SIGTERM: the node drains and ends with 0, else this fails with the node's log."""
        if not self.child.alive():
            raise RuntimeError(f"{self.name} died before: {self.child.exit_code()}\n{self.child.log_tail()}")
        code = self.child.end(seconds=seconds)
        if code != 0:
            workspace.keep()
            raise RuntimeError(f"{self.name} drained and ended with {code}, not 0\n{self.child.log_tail()}")

    def rss_bytes(self) -> int:
        """Resident memory now."""
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def __exit__(self, kind, value, trace) -> None:
        if kind is not None:
            print(self.child.log_tail())
        super().__exit__(kind, value, trace)
