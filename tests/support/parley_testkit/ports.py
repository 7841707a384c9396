"""Free TCP ports on loopback, outside the range that outgoing connections take theirs from.

A server that is killed and started again on its port must find it free. A port of the ephemeral
range may by then belong to somebody's outgoing connection, and a connect to it while nobody
listens can even connect to itself."""

from __future__ import annotations

import random
import socket

_lowest, _highest = 20000, 31999
_given: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on, and that this process did not give away before."""
    for _ in range(200):
        port = random.SystemRandom().randint(_lowest, _highest)
        if port in _given:
            continue
        with socket.socket() as probe:
            # As the servers do: an old connection in TIME_WAIT is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise RuntimeError(f"no free port between {_lowest} and {_highest}")
