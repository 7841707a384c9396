"""How much a node may use (G9, R13), from its own effective configuration and the bounds that its headers name.

Resources: `rss` in bytes; `descriptors`, and the same `at rest`, when all clients are gone, so that the smallest leak
shows; `database links` as the node has them; `connections` as PostgreSQL has them, which learns later than the node
that a link has ended: there the former and the new ones may meet."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import tomllib

from parley_testkit.node import Node, parleyd

# What is no setting: each with the header that bounds it.
_ring_bytes = 256 << 10          # actors/core/live_table.hpp: of a room, in each Asio thread
_window_bytes = 256 << 10        # actors/core/window.hpp: of a room
_live_bytes = 128 << 10          # net/session/outbox.hpp: live batches that wait for a client
_page_events = 100               # actors/core/join_merge.hpp: history that waits for a client
_dedup_keys = 1024               # actors/core/room_log.hpp: of a room
_writer_links = 2                # storage/postgres/database_links.hpp: writer and control
_start_links = 1                 # storage/postgres/shard_map.hpp: while it starts
_redis_links = 2                 # storage/redis/redis_fan_out.hpp: publishing and subscribing
_peer_links = 2                  # net/peer/peer_mesh.hpp: to another node, one for each direction of asking
_peer_bytes = 8 << 20            # net/peer/peer_options.hpp: that wait in one of them
# What is nobody's: the allocator's arenas and fragments; files that are open for a moment.
_allocator_bytes = 32 << 20
_descriptors_of_a_moment = 8
# Of an instrumented build (ASan keeps freed memory back, and pads what is used).
_quarantine_bytes, _padding = 256 << 20, 3


def settings_of(node: Node) -> dict:
    """The effective configuration, as the program itself prints it."""
    at = node.child.argv.index(str(parleyd()))
    env = os.environ | {key: value for key, value in (node.child.env or {}).items() if key.startswith("PARLEY_")}
    told = subprocess.run([node.child.argv[at], "config", *node.child.argv[at + 1:]], capture_output=True, text=True,
                          env={key: value for key, value in env.items() if key not in ("PARLEY_KEEP", "PARLEY_CHECK")})
    if told.returncode:
        raise RuntimeError(f"no configuration: {told.stderr}")
    return tomllib.loads(told.stdout)


def limits_of(node: Node, idle: dict[str, int], *, rooms: int, clients: int, text_bytes: int,
              peers: int = 0) -> dict[str, int]:
    """:param idle: what it uses before anybody comes
    :param peers: other nodes, which may come and go: then all that the configuration allows may come after `idle`
    :param clients: the most that are connected at once
    :param text_bytes: of a message, on the average"""
    settings = settings_of(node)
    databases = len(settings["postgres"])
    endpoints = sum(url.count(",") + 1 for url in settings["redis"])  # of a cluster: each master
    links = databases * (_writer_links + _start_links + settings["database"]["reader_connections"])
    threads = settings["io_threads"] or min(16, os.cpu_count() or 1)
    event_bytes = 2 * text_bytes + 1024  # with its frame in two forms, its key, its place in a container
    growth = (endpoints * settings["fan_out"]["waiting_bytes_max"] +
              rooms * (_window_bytes + threads * _ring_bytes + _dedup_keys * 256) +
              clients * (_live_bytes + _page_events * event_bytes) +
              peers * _peer_links * _peer_bytes + _allocator_bytes)
    if is_instrumented(node.child.pid):
        growth = _padding * growth + _quarantine_bytes
    rest = idle["descriptors"] + _descriptors_of_a_moment
    if peers:
        rest += peers * _peer_links + endpoints * _redis_links + links - idle["database links"]
    most = {"rss": idle["rss"] + growth, "descriptors at rest": rest,
            "descriptors": rest + (settings["limits"]["connections_per_address"] or clients)}
    if databases:
        most |= {"database links": links, "connections": 2 * links}
    return most


def is_instrumented(pid: int) -> bool:
    """AddressSanitizer reserves terabytes of addresses."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmSize:\s+(\d+) kB", status)[1]) > 1 << 30
