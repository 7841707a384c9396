"""Load on several nodes: who loses one goes on at another."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Sequence

from parley_replay.run import Run
from parley_testkit.node import Node


@dataclasses.dataclass
class ClusterRun(Run):
    """Each session opens at the next of `fronts`."""
    fronts: Sequence[Node] = ()
    turns: itertools.count = dataclasses.field(default_factory=itertools.count)

    @property
    def ws(self) -> str:
        return self.fronts[next(self.turns) % len(self.fronts)].ws
