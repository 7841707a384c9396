"""Nodes of one cluster, each a process of its own, and what their databases say of them."""

import collections
import contextlib
import hashlib
import re
import secrets
import subprocess

import requests

from . import workspace
from .network import Network
from .node import Node
from .ports import free_port
from .recipes import development_peer_flags, link_flags, parleyctl
from .servers import Postgres, Redis, RedisCluster
from .waiting import wait_until

LEASE_S = 3  # actors/core/lease.hpp
PATIENCE_S = 60


class Cluster:
    """:param network: each node and each server gets a place of its own there, named like itself; wants `papers`
    :param database_settings: of each PostgreSQL server
    :param flags: of each node; default: `--checked`: storage then proves with each event that its room has no hole
    :param is_redis_cluster: one endpoint, a Redis Cluster on loopback; `redis` are its servers
    :ivar nodes: by name; they start with the `with` statement and end with it"""

    def __init__(self, *, databases=1, redis=1, nodes=3, shards=32, papers=None, network: Network | None = None,
                 database_settings=None, flags=("--checked",), is_redis_cluster=False):
        self.shards, self.papers, self.network, self.flags = shards, papers, network, flags
        self.stack = contextlib.ExitStack()
        self.databases = [Postgres(name, place=self.place(name), **(database_settings or {}))
                          for name in names("database", databases)]
        self.redis_cluster = RedisCluster() if is_redis_cluster else None
        self.redis = self.redis_cluster.servers if is_redis_cluster else \
            [Redis(name, place=self.place(name)) for name in names("redis", redis)]
        self.endpoints = [self.redis_cluster] if is_redis_cluster else self.redis
        self.node_count = nodes
        self.nodes = {}

    def __enter__(self):
        try:
            for server in [*self.databases, *self.endpoints]:
                self.stack.enter_context(server)
            for name in names("n", self.node_count):
                self.nodes[name] = self.node(name)
            for node in self.nodes.values():
                node.child.argv += development_peer_flags({name: each.port for name, each in self.nodes.items()})
            self.make_whole()
        except BaseException:
            workspace.keep()
            self.stack.close()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            workspace.keep()
        self.stack.close()

    def node(self, name, *, papers=None, **settings):
        """A node of this cluster, not started yet. It ends with the cluster, if not before.
        :param papers: the folder of its certificate; default: as the cluster's others"""
        given = {"databases": self.databases, "redis": self.endpoints, "shards": self.shards} | settings
        papers = papers or (self.papers.of(name) if self.papers else None)
        peer, place, env = free_port(), self.place(name), given.get("env")
        where = {"host": place.address} if place else {}
        flags = [*self.flags, "--shards", str(given["shards"]), *link_flags(name, peer, papers, **where)]
        node = Node(name, postgres=given["databases"], redis=given["redis"], flags=flags, place=place, env=env)
        node.peer_port = peer
        self.stack.callback(node.child.end, seconds=5)
        return node

    def place(self, name):
        return self.network.place(name) if self.network else None

    # --- its state

    def make_whole(self):
        """Every server and node lives and is ready, and the shards are where they stay."""
        for server in [*self.databases, *self.redis]:
            if not server.child.alive():
                server.start()
        if self.redis_cluster:
            self.redis_cluster.wait_whole()
        for node in self.nodes.values():
            if not node.child.alive():
                node.child.start()
        for node in self.nodes.values():
            node._wait_ready()
        wait_until(self.is_spread, seconds=PATIENCE_S, what=f"shards on every node: {self.owned()}\n{self.tails()}")

    def is_spread(self):
        """Each shard has an owner, and each node some of each database."""
        held = [self._owners_at(server) for server in self.databases]
        return sum(map(len, held)) == self.shards and all(set(self.nodes) <= set(owners.values()) for owners in held)

    def owned(self):
        """{node: shards}, as the databases have it. What is left of the dead does not count."""
        found = collections.Counter()
        for server in self.databases:
            found.update(dict(server.execute(
                "SELECT l.node, count(*) FROM parley.shard s JOIN parley.lease l ON l.owner = s.owner "
                "WHERE l.expires_at > now() GROUP BY 1")))
        return found

    def owners(self):
        """{shard: the name of the node that owns it}"""
        return {shard: name for server in self.databases for shard, name in self._owners_at(server).items()}

    def _owners_at(self, server):
        return dict(server.execute("SELECT s.shard, l.node FROM parley.shard s JOIN parley.lease l "
                                   "ON l.owner = s.owner WHERE l.expires_at > now()"))

    def database_of(self, room):
        """Its place in the list, from 0 on."""
        return shard_of(room, self.shards) % len(self.databases)

    def owner_of(self, room):
        """The name of the node that owns the room's shard, as its database has it; None: nobody."""
        shard = shard_of(room, self.shards)
        for server in self.databases:
            rows = server.execute("SELECT l.node FROM parley.shard s JOIN parley.lease l ON l.owner = s.owner "
                                  "WHERE s.shard = %s AND s.moved_to IS NULL AND l.expires_at > now()", shard)
            if rows:
                return rows[0][0]
        return None

    def rooms_by_owner(self, each=1):
        """{node: so many new rooms that it owns}, for each node that owns any; of each database in turn, of which the
        node has shards."""
        owners, count = self.owners(), len(self.databases)
        found = {}
        for nth, name in enumerate(sorted(set(owners.values()))):
            places = sorted({shard % count for shard, owner in owners.items() if owner == name})
            rooms = found[name] = []
            while len(rooms) < each:
                room = f"room-{secrets.token_hex(6)}"
                if owners.get(shard_of(room, self.shards)) == name and \
                        self.database_of(room) == places[(nth + len(rooms)) % len(places)]:
                    rooms.append(room)
        return found

    def others(self, name):
        return [node for other, node in self.nodes.items() if other != name]

    def tails(self):
        return "\n".join(node.child.log_tail(15) for node in self.nodes.values())


def names(stem, count):
    return [f"{stem}{n + 1}" for n in range(count)]


def shard_of(room, shards):
    """actors/room_identity.hpp; the instance is that of the development mode."""
    return int.from_bytes(hashlib.sha256(b"default\0" + room.encode()).digest()[:8], "big") % shards


class Papers:
    """A certificate authority, and the folders of those that it issued a certificate to."""

    def __init__(self, name="papers"):
        self.folder = workspace.folder(name)
        self._ctl("ca", "init", self.folder / "ca")

    def of(self, node):
        made = self.folder / node
        if not made.exists():
            self._ctl("ca", "issue", self.folder / "ca", "--node", node, "--out", made)
        return made

    def _ctl(self, *words):
        done = subprocess.run([str(parleyctl()), *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def publish(node, room, text, *, seconds=10, **draft):
    """Over HTTP, through that node: the body of `published`."""
    answer = requests.post(f"{node.http}/v1/rooms/{room}/messages", json={"text": text, **draft},
                           headers={"Parley-User": "ana"}, timeout=seconds)
    assert answer.status_code in (200, 201), f"{node.name} answered {answer.status_code}: {answer.text[:300]}"
    return answer.json()


def metrics(node):
    """{name: sum over its labels, name{why="..."}: of one label}"""
    sums = collections.Counter()
    text = requests.get(f"{node.http}/metrics", timeout=5).text
    for name, labels, value in re.findall(r"^(\w+)(\{[^}]*\})? ([-+.\deE]+)$", text, re.MULTILINE):
        sums[name] += float(value)
        if labels:
            sums[name + labels] += float(value)
    return sums
