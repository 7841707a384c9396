"""`status`: what lives, and what it says of itself."""

from __future__ import annotations

import concurrent.futures
import dataclasses

from . import asking, running
from .plan import Member, Plan


@dataclasses.dataclass
class Row:
    """:ivar state: alive, paused or dead; :ivar shards, links: of a node that answers
    :ivar role: in a Redis Cluster"""
    member: Member
    state: str
    pid: int | None
    is_ready: bool
    why: str = ""
    shards: int | None = None
    links: int | None = None
    role: str = ""


def look(plan: Plan) -> list[Row]:
    # One that stands still answers nobody: all are asked at once, and the paused ones not at all.
    with concurrent.futures.ThreadPoolExecutor(len(plan.members)) as pool:
        return list(pool.map(lambda member: _row(plan, member), plan.members))


def _row(plan: Plan, member: Member) -> Row:
    mark, state = running.mark_of(plan, member), running.state_of(plan, member)
    if mark is None or state != "alive":
        return Row(member, state, mark.pid if mark else None, False)
    if member.kind != "node":
        role = asking.role(member) if plan.is_redis_cluster and member.kind == "redis" else ""
        return Row(member, state, mark.pid, asking.server(member), role=role)
    told = asking.node(member)
    return Row(member, state, mark.pid, told.is_ready, told.why, told.shards, told.links)


def as_json(plan: Plan, rows: list[Row]) -> dict:
    def one(row: Row) -> dict:
        common = {"name": row.member.name, "state": row.state, "pid": row.pid, "log": str(plan.log_of(row.member))}
        if row.member.kind != "node":
            role = {"role": row.role} if plan.is_redis_cluster and row.member.kind == "redis" else {}
            return common | {"answers": row.is_ready, "url": row.member.url} | role
        return common | {"ready": row.is_ready, "why": row.why, "shards": row.shards, "links": row.links,
                         "page": row.member.url, "peer": row.member.peer}

    of = {kind: [one(row) for row in rows if row.member.kind == kind] for kind in ("node", "database", "redis")}
    return {"dir": str(plan.folder), "shards": plan.shards, "tls": plan.is_secure,
            "redis_cluster": plan.is_redis_cluster, "ready": is_whole(rows),
            "nodes": of["node"], "databases": of["database"], "redis": of["redis"]}


def is_whole(rows: list[Row]) -> bool:
    return all(row.is_ready for row in rows)


def as_text(plan: Plan, rows: list[Row]) -> str:
    lines = [("node", "state", "ready", "shards", "links", "page")]
    for row in rows:
        if row.member.kind == "node":
            numbers = ["-" if number is None else str(number) for number in (row.shards, row.links)]
            lines.append((row.member.name, row.state, "yes" if row.is_ready else "no", *numbers, row.member.url))
    servers = [("server", "state", "answers", "url")]
    servers += [(row.member.name, row.state, "yes" if row.is_ready else "no", f"{row.member.url}  {row.role}".rstrip())
                for row in rows if row.member.kind != "node"]
    notes = [f"{row.member.name} says: {row.why}" for row in rows if row.why]
    return "\n".join([*_aligned(lines), "", *_aligned(servers), *([""] if notes else []), *notes])


def _aligned(lines: list[tuple]) -> list[str]:
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
