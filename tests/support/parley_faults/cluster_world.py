"""Several nodes, their databases and their Redis servers, each with an address of its own, where the way between any two
can be cut."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import time
from typing import Mapping, Sequence

import requests

from parley_replay.run import Run
from parley_testkit.cluster import Cluster, Papers, metrics
from parley_testkit.history import Recorder
from parley_testkit.network import Cut, Network
from parley_testkit.node import Node
from parley_testkit.servers import Postgres, Redis, Server

from .cluster_run import ClusterRun
from .relay import Relay


@dataclasses.dataclass
class Front:
    """Where clients reach a node, if not at its own port."""
    http: str

    @property
    def ws(self) -> str:
        return self.http.replace("http", "ws", 1) + "/v1/ws"


class ClusterWorld:
    """What `World` is for one node. It takes long to make, so that cells share it: `begin` makes it whole for one.

    :ivar relay: those of the one node whose links go through some, while a cell wants that
    :ivar fronts: where clients open sessions"""

    has_links = True

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._cuts: list[Cut] = []
        self._altered: dict[Server, tuple[list, dict | None]] = {}
        self._redirected = contextlib.ExitStack()
        self.relay: dict[str, Relay] = {}
        self._relayed = ""
        try:
            self.network = self._stack.enter_context(Network())
            self.cluster = self._stack.enter_context(
                Cluster(databases=2, redis=2, papers=Papers(), network=self.network))
        except BaseException:
            self._stack.close()
            raise

    def begin(self) -> "ClusterWorld":
        self.heal()
        self.restore()
        self.cluster.make_whole()
        self.fronts = list(self.nodes.values())
        return self

    def end(self) -> None:
        self._close_relays()
        self._stack.close()

    # --- as World has it

    @property
    def nodes(self) -> dict[str, Node]:
        return self.cluster.nodes

    @property
    def node(self) -> Node:
        """Any one that lives: a cell's rooms are read back from it."""
        return next(node for node in self.nodes.values() if node.child.alive())

    @property
    def postgres(self) -> list[Postgres]:
        return self.cluster.databases

    @property
    def redis(self) -> list[Redis]:
        return self.cluster.redis

    @property
    def measured(self) -> list[Node]:
        return list(self.nodes.values())

    @property
    def database_ports(self) -> set[int]:
        return {server.port for server in self.postgres}

    def user_at(self, address: str) -> str:
        """Which of the nodes has a database's sessions from there; through a relay they come from here."""
        return next((name for name, node in self.nodes.items() if node.host == address), self._relayed)

    def load_run(self, recorder: Recorder, seed: int, patience: float) -> Run:
        return ClusterRun(self.node.http, recorder, seed, f"{time.time_ns() // 10**6:x}", pipeline=4, patience=patience,
                          answer_s=10, fronts=self.fronts)

    def rooms(self, count: int) -> list[str]:
        """New ones, of each node in turn."""
        by_owner = self.cluster.rooms_by_owner(each=-(-count // len(self.nodes)))
        return [room for rooms in zip(*by_owner.values()) for room in rooms][:count]

    def metrics(self) -> dict[str, float]:
        """The sum of those nodes that answer."""
        sums: collections.Counter = collections.Counter()
        for node in self.nodes.values():
            with contextlib.suppress(requests.RequestException):
                sums.update(metrics(node))
        return sums

    def heal(self) -> None:
        for cut in self._cuts:
            cut.heal()
        self._cuts.clear()
        for relay in self.relay.values():
            relay.heal()
        for server in [*self.postgres, *self.redis, *self.nodes.values()]:
            server.resume()

    def stop(self) -> None:
        """It goes on: the next cell wants it."""

    def close(self) -> None:
        self.heal()

    # --- what befalls it

    def cut(self, here: str, *there: str, one_way: bool = False) -> list[Cut]:
        """Between one place and others, by the names of nodes and servers."""
        made = [self.network.cut(self.network.place(here), self.network.place(name), one_way=one_way) for name in there]
        self._cuts += made
        return made

    def fail_over(self, index: int, standby: Postgres) -> None:
        """That database's address moves to the place of its standby, which is the database from then on."""
        dead = self.postgres[index]
        standby.name, standby.place = dead.name, self.network.move(dead.name, standby.name)
        self._stack.callback(standby.child.end)
        self.cluster.databases[index] = standby

    def is_taken_over(self, gone: str) -> bool:
        owned = self.cluster.owned()
        return not owned[gone] and sum(owned.values()) == self.cluster.shards

    # --- what a cell changes, until the next one begins

    def alter(self, server: Server, *, before: Sequence[str] = (), after: Sequence[str] = (),
              env: Mapping[str, str] | None = None) -> None:
        """Ends it and starts it anew, with words before its command or behind it, or more in its environment."""
        child = server.child
        self._altered.setdefault(server, (child.argv, child.env))
        end(server)
        child.argv, child.env = [*before, *child.argv, *after], dict(child.env or {}) | dict(env or {})
        server.start()

    def put_relays_around(self, name: str, seed: int) -> None:
        """This node's links to the first database and the first Redis, and clients' links to it, pass relays here. It
        knows its servers by the same addresses: its own network leads what goes there to here."""
        node, here = self.nodes[name], self.network.address
        self._relayed = name
        # Ahead of the rule, which would take packets of a link that is open for the beginning of another one.
        end(node)
        for what, target in (("postgres", self.postgres[0]), ("redis", self.redis[0]), ("clients", node)):
            self.relay[what] = Relay(what, target.port, seed=seed, postgres=what == "postgres", host=here,
                                     target_host=target.host)
            if target is not node:
                self._redirected.enter_context(self.network.redirected(
                    node.place, (target.host, target.port), (here, self.relay[what].port)))
        # Without TLS and GSS, that are asked for ahead of everything, a relay can read it from the first byte on.
        self.alter(node, env={"PGSSLMODE": "disable", "PGGSSENCMODE": "disable"})
        relayed = Front(f"http://{here}:{self.relay['clients'].port}")
        self.fronts = [relayed if one is node else one for one in self.fronts]

    def restore(self) -> None:
        """Each server is what it was; what was altered is started anew."""
        altered, self._altered = self._altered, {}
        for server, (argv, env) in reversed(altered.items()):  # what depends on another was altered later
            end(server)
            server.child.argv, server.child.env = argv, env
        self._close_relays()
        for server in altered:
            server.start()

    def _close_relays(self) -> None:
        self._redirected.close()
        for relay in self.relay.values():
            relay.close()
        self.relay.clear()
        self._relayed = ""


def end(server: Server) -> None:
    """In order, if it lives."""
    server.resume()
    if server.child.alive():
        server.stop()
