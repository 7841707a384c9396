"""A network of its own on this machine: places, each a namespace with one address, joined by a bridge on which the way
between any two can be cut. Nothing beyond it can be reached from there.

A cut drops what the bridge would forward, so that both ends see only that nothing comes any more; it counts what it
dropped. Links that nobody cut are as fast as the kernel."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import re
import secrets
import shutil
import subprocess
from typing import Iterator

from .processes import exists


@dataclasses.dataclass(frozen=True)
class Place:
    """:ivar within: what stands before a command for it to run there
    :ivar port: of the bridge, that leads here"""
    name: str
    address: str
    within: tuple[str, ...]
    port: str


class Cut:
    """One or both ways between two places, until `heal`."""

    def __init__(self, network: "Network", ways: list[tuple[Place, Place]]) -> None:
        self._network = network
        self._handles = [network.drop(here, there) for here, there in ways]
        self._dropped = 0

    def dropped(self) -> int:
        """Frames, so far."""
        if self._handles:
            counters = self._network.counters()
            self._dropped = sum(counters[handle] for handle in self._handles)
        return self._dropped

    def heal(self) -> None:
        self.dropped()
        for handle in self._handles:
            self._network.delete(handle)
        self._handles = []


class Network:
    """As a context manager it is there from entry to exit. Wants root."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._mark = secrets.token_hex(2)
        self._prefix = f"parley-{os.getpid()}-{self._mark}"
        self._subnet = f"10.213.{random.SystemRandom().randint(0, 255)}"
        self._switch = f"{self._prefix}-switch"
        self._places: dict[str, Place] = {}
        self.address = f"{self._subnet}.254"  # this process's own: where places reach what it serves

    @staticmethod
    def missing() -> str | None:
        """Why there can be none here."""
        if os.geteuid() != 0:
            return "network namespaces want root"
        for program in ("ip", "nft"):
            if not shutil.which(program):
                return f"no {program}: run scripts/setup"
        try:
            with Network() as probe:
                probe.cut(probe.place("a"), probe.place("b")).heal()
        except RuntimeError as why:
            return f"this kernel has no such networks: {why}"
        return None

    def __enter__(self) -> "Network":
        sweep()
        try:
            self._namespace(self._switch)
            self._in_switch("ip", "link", "add", "bridge", "type", "bridge")
            self._in_switch("ip", "link", "set", "bridge", "up")
            self._in_switch("nft", "add", "table", "bridge", "parley")
            self._in_switch("nft", "add", "chain", "bridge", "parley", "cuts", "{ type filter hook forward priority 0 ; }")
            # This process's own end.
            self._plug(None, f"ply{self._mark}", self.address)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def place(self, name: str) -> Place:
        """A new one, or the one of that name."""
        if name not in self._places:
            namespace, address = f"{self._prefix}-{name}", f"{self._subnet}.{len(self._places) + 1}"
            self._namespace(namespace)
            port = self._plug(namespace, "eth0", address)
            _run("ip", "-n", namespace, "link", "set", "lo", "up")
            self._places[name] = Place(name, address, ("ip", "netns", "exec", namespace), port)
        return self._places[name]

    def move(self, name: str, by: str) -> Place:
        """The address of one place moves to another, as an operator's floating address does: what runs at `by` and
        listens everywhere answers there. From then on that is the place of this name; the old one has no address."""
        old, new = self._places[name], self._places[by]
        _run("ip", "-n", old.within[-1], "address", "del", f"{old.address}/24", "dev", "eth0")
        _run("ip", "-n", new.within[-1], "address", "add", f"{old.address}/24", "dev", "eth0")
        # What a switch does on hearing of the new holder: nobody sends to the old one any more.
        for place in self._places.values():
            _run("ip", "-n", place.within[-1], "neighbour", "flush", "to", old.address)
        _run("ip", "neighbour", "flush", "to", old.address)
        self._places[name] = dataclasses.replace(new, name=name, address=old.address)
        return self._places[name]

    def cut(self, here: Place, there: Place, *, one_way: bool = False) -> Cut:
        """:param one_way: only what goes from `here` to `there`"""
        return Cut(self, [(here, there)] if one_way else [(here, there), (there, here)])

    @contextlib.contextmanager
    def redirected(self, place: Place, to: tuple[str, int], there: tuple[str, int]) -> Iterator[None]:
        """Meanwhile what connects from `place` to one address and port gets to another instead, and does not know."""
        (address, port), (new_address, new_port) = to, there
        inside = place.within
        _run(*inside, "nft", "add", "table", "ip", "parley")
        _run(*inside, "nft", "add", "chain", "ip", "parley", "ways", "{ type nat hook output priority -100 ; }")
        told = _run(*inside, "nft", "--echo", "--json", "add", "rule", "ip", "parley", "ways", "ip", "daddr", address,
                    "tcp", "dport", str(port), "dnat", "to", f"{new_address}:{new_port}")
        try:
            yield
        finally:
            _run(*inside, "nft", "delete", "rule", "ip", "parley", "ways", "handle", str(_handle(told)))

    # --- for a Cut

    def drop(self, here: Place, there: Place) -> int:
        told = self._in_switch("nft", "--echo", "--json", "add", "rule", "bridge", "parley", "cuts", "iifname", here.port,
                               "oifname", there.port, "counter", "drop")
        return _handle(told)

    def delete(self, handle: int) -> None:
        self._in_switch("nft", "delete", "rule", "bridge", "parley", "cuts", "handle", str(handle))

    def counters(self) -> dict[int, int]:
        """{rule: frames}"""
        told = json.loads(self._in_switch("nft", "--json", "list", "chain", "bridge", "parley", "cuts"))
        rules = [item["rule"] for item in told["nftables"] if "rule" in item]
        return {rule["handle"]: part["counter"]["packets"] for rule in rules for part in rule["expr"] if "counter" in part}

    # --- how it is made

    def _namespace(self, name: str) -> None:
        _run("ip", "netns", "add", name)
        self._stack.callback(_run, "ip", "netns", "delete", name)

    def _plug(self, namespace: str | None, device: str, address: str) -> str:
        """A cable from there to the bridge. It goes with either end."""
        port = f"port{len(self._places) + 1 if namespace else 0}"
        far = ["netns", namespace] if namespace else []
        _run("ip", "link", "add", device, *far, "type", "veth", "peer", "name", port, "netns", self._switch)
        self._in_switch("ip", "link", "set", port, "master", "bridge", "up")
        here = ["-n", namespace] if namespace else []
        _run("ip", *here, "address", "add", f"{address}/24", "dev", device)
        _run("ip", *here, "link", "set", device, "up")
        return port

    def _in_switch(self, *words: str) -> str:
        return _run("ip", "netns", "exec", self._switch, *words)


def sweep() -> None:
    """Takes away what processes left behind that could not."""
    for line in _run("ip", "netns", "list").splitlines():
        name = line.split()[0]
        owner = re.fullmatch(r"parley-(\d+)-[0-9a-f]{4}-.*", name)
        if owner and not exists(int(owner[1])):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)


def _handle(told: str) -> int:
    """Of the rule that was added."""
    return next(item["add"]["rule"]["handle"] for item in json.loads(told)["nftables"] if "add" in item)


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
