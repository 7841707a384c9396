"""The runs of scripts/compare: for each peer, turns of Parley and the peer over the same PostgreSQL and Redis."""

from __future__ import annotations

import sys

from bench_measure import Failed, run
from compare_install import peers_folder
from compare_peers import Parley, Peer, peers
from parley_testkit.servers import Postgres, Redis

# What is asked of a server in one turn, in this order: latency at a rate that all can bear, then how fast each kind of work
# can go. `window` is how many messages of one room may be under way.
phases = {"paced": {}, "fan-out": {"window": 4}, "publish": {"window": 64, "readers": 0}}


def compare(options) -> list[dict]:
    """Every run, in order. :raises Failed: a server or the load failed, or Parley broke a promise"""
    runs: list[dict] = []
    with Postgres(shared_buffers="256MB", max_wal_size="4GB") as postgres, Redis() as redis:
        for name in options.peers:
            for pair in range(options.pairs):
                for peer in (Parley(postgres, redis), peers[name](postgres, redis)):
                    print(f"compare: {name}, pair {pair + 1} of {options.pairs}: {peer.title}", file=sys.stderr, flush=True)
                    runs += turn(peer, options, {"against": name, "pair": pair, "peer": peer.name}, len(runs))
    return runs


def turn(peer: Peer, options, labels: dict, number: int) -> list[dict]:
    done = []
    with peer.running() as server:
        before = peer.stored()
        for mode, settings in phases.items():
            flags = {"peer": peer.name, "to": f"127.0.0.1:{server.port}", "prefix": f"c{number + len(done)}", "mode": mode,
                     "rooms": options.rooms, "readers": options.readers, "rate": options.rate,
                     "text-bytes": options.text_bytes, "warm-up": options.warm_up, "seconds": options.seconds} | settings
            argv = ["nodejs", peers_folder / "driver" / "main.js"]
            result = labels | run(argv + [word for flag, value in flags.items() for word in (f"--{flag}", value)],
                                  server.pids, seconds=300)
            result["servers"] = list(server.pids)
            if peer.name == "parley" and any(result[what] for what in ("lost", "repeated", "disordered", "unacked")):
                raise Failed(f"Parley broke a promise: {result}")
            done.append(result)
        after = peer.stored()
        acked = sum(result["published"] - result["unacked"] for result in done)
        if after is not None and after - before < acked:
            raise Failed(f"{peer.name} acknowledged {acked} messages and stored {after - before}")
    return done
