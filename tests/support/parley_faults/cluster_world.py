"""Several nodes, their databases and their Redis servers, each with an address of its own, where the way between any two
can be cut."""

from __future__ import annotations

import collections
import contextlib
import time

import requests

from parley_replay.run import Run
from parley_testkit.cluster import Cluster, Papers, metrics
from parley_testkit.history import Recorder
from parley_testkit.network import Cut, Network
from parley_testkit.node import Node
from parley_testkit.servers import Postgres, Redis

from .cluster_run import ClusterRun


class ClusterWorld:
    """What `World` is for one node. It takes long to make, so that cells share it: `begin` makes it whole for one.

    :ivar fronts: the nodes that clients open sessions at"""

    relay: dict = {}
    measures_usage = False  # R13 of several nodes: not yet
    has_links = True

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._cuts: list[Cut] = []
        try:
            self.network = self._stack.enter_context(Network())
            self.cluster = self._stack.enter_context(
                Cluster(databases=2, redis=2, papers=Papers(), network=self.network))
        except BaseException:
            self._stack.close()
            raise

    def begin(self) -> "ClusterWorld":
        self.heal()
        self.cluster.make_whole()
        self.fronts = list(self.nodes.values())
        return self

    def end(self) -> None:
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

    def is_taken_over(self, gone: str) -> bool:
        owned = self.cluster.owned()
        return not owned[gone] and sum(owned.values()) == self.cluster.shards
