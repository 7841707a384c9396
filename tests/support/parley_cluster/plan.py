"""What a cluster consists of, decided once and written down before the first process starts."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil

from parley_testkit.ports import free_port
from parley_testkit.recipes import (as_account, development_peer_flags, link_flags, node_command, postgres_account, postgres_command,
                                    postgres_url, redis_cluster_settings, redis_cluster_url, redis_command, redis_url)

redis_cluster_servers = 6  # three masters with a replica each

_file = "cluster.json"
_version = 1


@dataclasses.dataclass
class Member:
    """One process. :ivar kind: node, database or redis; :ivar url: what clients open, or what a node is told"""
    name: str
    kind: str
    argv: list[str]
    port: int
    url: str
    peer: str = ""  # where other nodes connect to a node


@dataclasses.dataclass
class Plan:
    folder: pathlib.Path
    shards: int
    program: str
    is_secure: bool
    members: list[Member]
    is_redis_cluster: bool = False  # the Redis servers are one

    def of(self, kind: str) -> list[Member]:
        return [member for member in self.members if member.kind == kind]

    def folder_of(self, member: Member) -> pathlib.Path:
        return self.folder / member.name

    def log_of(self, member: Member) -> pathlib.Path:
        return self.folder / member.name / "log"

    def mark_of(self, member: Member) -> pathlib.Path:
        return self.folder / "run" / member.name

    def save(self) -> None:
        told = {"version": _version, **dataclasses.asdict(self), "folder": str(self.folder)}
        fresh = self.folder / f"{_file}.new"
        fresh.write_text(json.dumps(told, indent=2) + "\n")
        os.replace(fresh, self.folder / _file)


def load(folder: pathlib.Path) -> Plan | None:
    """None: no cluster was ever brought up there.
    :raises ValueError: the file is not one of ours"""
    try:
        told = json.loads((folder / _file).read_text())
        if told.pop("version") != _version:
            raise ValueError("it is of another version")
        members = [Member(**one) for one in told.pop("members")]
        return Plan(**told | {"folder": folder, "members": members})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / _file} is no record of a cluster ({error})") from error


def draw_up(folder: pathlib.Path, program: pathlib.Path, *, nodes: int, databases: int, redis: int, shards: int,
            is_secure: bool, is_redis_cluster: bool = False) -> Plan:
    """Ports are free now. A node keeps its ports for all its lives, so that a page and a dialler find it again.
    :param redis: so many servers, where they are no Redis Cluster"""
    members = []
    for n in range(1, databases + 1):
        port, name = free_port(), f"database{n}"
        # A folder of its own below the log: PostgreSQL insists on owning what it stores in.
        argv = as_account(postgres_account()) + postgres_command(folder / name / "data", port)
        members.append(Member(name, "database", argv, port, postgres_url(port)))
    for n in range(1, (redis_cluster_servers if is_redis_cluster else redis) + 1):
        port, name = free_port(), f"redis{n}"
        settings = redis_cluster_settings(free_port()) if is_redis_cluster else {}
        members.append(Member(name, "redis", redis_command(folder / name, port, settings), port, redis_url(port)))
    stores = {kind: [member.url for member in members if member.kind == kind] for kind in ("database", "redis")}
    if is_redis_cluster:
        stores["redis"] = [redis_cluster_url([member.port for member in members if member.kind == "redis"])]
    ports = {f"n{n}": free_port() for n in range(1, nodes + 1)}
    for name, port in ports.items():
        peer = free_port()
        argv = node_command(program, port, postgres=stores["database"], redis=stores["redis"])
        argv += ["--shards", str(shards), *link_flags(name, peer, folder / name / "papers" if is_secure else None),
                 *development_peer_flags(ports)]
        members.append(Member(name, "node", argv, port, f"http://127.0.0.1:{port}/", f"127.0.0.1:{peer}"))
    return Plan(folder, shards, str(program), is_secure, members, is_redis_cluster)


def clear(plan: Plan) -> None:
    """Takes away what a former cluster left. Nothing that `draw_up` did not name is touched."""
    for name in [member.name for member in plan.members] + ["run", "ca"]:
        shutil.rmtree(plan.folder / name, ignore_errors=True)
    (plan.folder / _file).unlink(missing_ok=True)
