"""Redis servers that form a Redis Cluster on loopback: how they meet, who has which slot, and how one is handed
over. Only the standard library."""

from __future__ import annotations

import dataclasses
from typing import Callable, Sequence

from .recipes import loopback, tell_redis
from .waiting import wait_until

slots = 16384


@dataclasses.dataclass
class Member:
    """One server, as another one sees it. :ivar master: the id of the one that it follows; empty: it is one itself
    :ivar slots: ranges of them, last included"""
    id: str
    port: int
    master: str
    is_failing: bool
    slots: list[tuple[int, int]]

    def has(self, slot: int) -> bool:
        return any(first <= slot <= last for first, last in self.slots)


def members(of: int) -> list[Member]:
    """:param of: the port of the server that is asked; :raises OSError, RuntimeError: it does not say"""
    found = []
    for line in tell_redis(of, "CLUSTER", "NODES").splitlines():
        name, address, flags, master, *_ = words = line.split()
        ranges = [word.split("-") for word in words[8:] if not word.startswith("[")]
        port = int(address.split("@")[0].rpartition(":")[2])
        found.append(Member(name, port, "" if master == "-" else master, "fail" in flags or "handshake" in flags,
                            [(int(each[0]), int(each[-1])) for each in ranges]))
    return found


def join_together(ports: Sequence[int], replicas: int = 1, check: Callable[[], None] = lambda: None) -> None:
    """Makes one cluster of fresh servers: masters share all slots, then each gets its replicas.
    :param check: called while it waits; what it raises ends the waiting"""
    masters = len(ports) // (1 + replicas)
    for n, port in enumerate(ports):
        tell_redis(port, "CLUSTER", "SET-CONFIG-EPOCH", n + 1)
        if n < masters:
            tell_redis(port, "CLUSTER", "ADDSLOTSRANGE", slots * n // masters, slots * (n + 1) // masters - 1)
    for port in ports[1:]:
        bus = tell_redis(port, "CONFIG", "GET", "cluster-port")[1]
        tell_redis(ports[0], "CLUSTER", "MEET", loopback, port, bus)

    def have_met() -> bool:
        check()
        return all(len(seen := members(port)) == len(ports) and not any(member.is_failing for member in seen)
                   for port in ports)

    wait_until(have_met, seconds=60, what="the servers of the Redis Cluster to meet")
    names = [tell_redis(port, "CLUSTER", "MYID") for port in ports]
    for n, port in enumerate(ports[masters:]):
        tell_redis(port, "CLUSTER", "REPLICATE", names[n % masters])
    wait_until(lambda: check() or is_whole(ports), seconds=60, what="the Redis Cluster to be whole")


def is_whole(ports: Sequence[int]) -> bool:
    """Every server is there, in step with its master, and says that all slots are served."""
    try:
        for port in ports:
            seen = members(port)
            followed = {member.master for member in seen}
            if "cluster_state:ok" not in tell_redis(port, "CLUSTER", "INFO") or len(seen) != len(ports):
                return False
            if any(member.is_failing or not member.master and member.id not in followed for member in seen):
                return False
            state = tell_redis(port, "INFO", "replication")
            if "role:slave" in state and "master_link_status:up" not in state:
                return False
    except (OSError, RuntimeError):
        return False
    return True


def move_slot(slot: int, source: int, target: int) -> None:
    """In the steps of redis-cli's reshard; the slot holds no keys. :param source, target: the masters' ports"""
    names = {member.port: member.id for member in members(target)}
    tell_redis(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", names[source])
    tell_redis(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", names[target])
    for port in (target, source):
        tell_redis(port, "CLUSTER", "SETSLOT", slot, "NODE", names[target])


def role(port: int) -> str:
    """master or replica; empty: it does not say."""
    try:
        return {"master": "master", "slave": "replica"}.get(tell_redis(port, "ROLE")[0], "")
    except (OSError, RuntimeError):
        return ""
