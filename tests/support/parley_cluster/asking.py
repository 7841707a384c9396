"""What nodes and servers say of themselves, over their own ports."""

from __future__ import annotations

import dataclasses
import http.client
import re
import subprocess

from parley_testkit.recipes import ask_redis, database_user, postgres_program
from parley_testkit.redis_cluster import role as redis_role

from .plan import Member


@dataclasses.dataclass
class Told:
    """:ivar why: what a node that is not ready says; :ivar shards, links: None where it says nothing"""
    is_ready: bool = False
    why: str = ""
    shards: int | None = None
    links: int | None = None


def node(member: Member, seconds: float = 2) -> Told:
    try:
        status, text = _get(member.port, "/readyz", seconds)
        counts = {name: float(value) for name, value in re.findall(r"^(\w+) ([-+.\deE]+)$",
                                                                   _get(member.port, "/metrics", seconds)[1], re.MULTILINE)}
    except (OSError, http.client.HTTPException) as error:
        return Told(why=f"does not answer: {error}")
    whole = {name: int(counts[name]) if name in counts else None for name in ("parley_shards_owned", "parley_peer_links")}
    return Told(status == 200, "" if status == 200 else " ".join(text.split())[:200], *whole.values())


def role(member: Member) -> str:
    """Of a Redis Cluster's server: master or replica; empty where it does not say."""
    return redis_role(member.port)


def server(member: Member) -> bool:
    """Does a database or a Redis answer?"""
    if member.kind == "database":
        words = [str(postgres_program("pg_isready")), "-q", "-t", "2", "-h", "127.0.0.1", "-p", str(member.port), "-U", database_user,
                 "-d", "postgres"]
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    try:
        return ask_redis(member.port, "PING") == b"+PONG"
    except OSError:
        return False


def _get(port: int, path: str, seconds: float) -> tuple[int, str]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        link.close()
