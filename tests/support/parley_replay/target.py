"""The node that a replay talks to: one that runs already, or one of its own with all it needs."""

from __future__ import annotations

import contextlib
from typing import Iterator

import requests

from parley_testkit.node import Node
from parley_testkit.servers import Postgres, Redis, Server

kinds = ("embedded", "postgres+redis")
killable = {"embedded": {"node"}, "postgres+redis": {"node", "postgres", "redis"}}


class Unreachable(Exception):
    """Nobody answers there, or the node is not ready."""


@contextlib.contextmanager
def own_node(kind: str, *, flags: list[str]) -> Iterator[tuple[Node, dict[str, list[Server]]]]:
    """Starts the servers and the node; ends them all on exit. Gives what a kill may choose from."""
    with contextlib.ExitStack() as stack:
        postgres = redis = []
        if kind == "postgres+redis":
            postgres, redis = [stack.enter_context(Postgres())], [stack.enter_context(Redis())]
        # --checked: storage then proves with each event that its room has no hole.
        node = stack.enter_context(Node(postgres=postgres, redis=redis, flags=["--checked", *flags]))
        yield node, {"node": [node], "postgres": postgres, "redis": redis}


def http_address(url: str) -> str:
    """The node's address from any of its URLs: http://…, ws://…/v1/ws, or host:port."""
    address = url if "://" in url else f"http://{url}"
    scheme, _, rest = address.partition("://")
    if scheme not in ("http", "https", "ws", "wss"):
        raise ValueError(f"{url} is no address of a node")
    return {"ws": "http", "wss": "https"}.get(scheme, scheme) + "://" + rest.split("/")[0]


def expect_ready(http: str) -> None:
    """:raises Unreachable: saying what was answered"""
    try:
        answer = requests.get(f"{http}/readyz", timeout=5)
    except requests.RequestException as error:
        raise Unreachable(f"nobody answers at {http}: {error}") from error
    if answer.status_code != 200:
        raise Unreachable(f"{http}/readyz says {answer.status_code}: {answer.text[:200]}")
