"""The servers of scripts/compare: how each is started, which of its processes are watched, and what it does not promise."""

from __future__ import annotations

import contextlib
import pathlib
import socket
from typing import Iterator, Mapping

from bench_measure import Failed
from compare_install import peers_folder
from parley_testkit import workspace
from parley_testkit.child import Child
from parley_testkit.node import Node
from parley_testkit.ports import free_port
from parley_testkit.recipes import database_user
from parley_testkit.servers import Postgres, Redis
from parley_testkit.waiting import wait_until


class Running:
    """A server that takes the load. :ivar pids: by process, what its figures are of"""

    def __init__(self, port: int, pids: Mapping[str, int]) -> None:
        self.port, self.pids = port, dict(pids)


class Peer:
    """:cvar promises: what an acknowledged publish means there
    :cvar lacks: what Parley promises in this scenario and this peer does not"""

    name: str
    title: str
    promises: str
    lacks: str

    def __init__(self, postgres: Postgres, redis: Redis) -> None:
        self.postgres, self.redis = postgres, redis

    def running(self) -> "contextlib.AbstractContextManager[Running]":
        raise NotImplementedError

    def stored(self) -> int | None:
        """How many messages its log holds, of all runs; None: there is no way to ask."""
        return None

    @contextlib.contextmanager
    def _child(self, argv: list[str], port: int, more: Mapping[str, int], **settings) -> Iterator[Running]:
        child = Child(self.name, argv, log=workspace.folder(self.name) / "log", **settings)
        child.start()
        try:
            def answers() -> bool:
                if not child.alive():
                    raise Failed(f"{self.name} ended with {child.exit_code()}\n{child.log_tail()}")
                return _listens(port)

            wait_until(answers, what=f"{self.name} to listen", seconds=60)
            yield Running(port, {self.name: child.pid} | dict(more))
            if not child.alive():
                raise Failed(f"{self.name} died under the load: {child.exit_code()}\n{child.log_tail()}")
        finally:
            child.end()

    def _servers(self) -> dict[str, int]:
        return {"postgres": self.postgres.child.pid, "redis": self.redis.child.pid}


class Parley(Peer):
    name, title = "parley", "Parley"
    promises = "an ack means committed and fsynced"
    lacks = "-"

    def stored(self) -> int:
        return self.postgres.execute("SELECT count(*) FROM parley.event")[0][0]

    @contextlib.contextmanager
    def running(self) -> Iterator[Running]:
        flags = ["--limits-connections-per-user", "0", "--limits-connections-per-address", "0", "--log-level", "warn"]
        with Node("parley", postgres=[self.postgres], redis=[self.redis], flags=flags) as node:
            yield Running(node.port, {"parley": node.child.pid} | self._servers())


class _NodeServer(Peer):
    """Over a database of its own in the same PostgreSQL."""
    program: str

    def stored(self) -> int:
        return self.postgres.execute("SELECT count(*) FROM message", database=self.name)[0][0]

    def running(self):
        port, url = free_port(), self.postgres.url.replace("/parley", f"/{self.name}")
        if not self.postgres.execute("SELECT 1 FROM pg_database WHERE datname = %s", self.name):
            self.postgres.execute(f'CREATE DATABASE "{self.name}"')
        argv = ["nodejs", str(peers_folder / "servers" / self.program), str(port), url, self.redis.url]
        return self._child(argv, port, self._servers(), env={"NODE_ENV": "production"})


class HandWritten(_NodeServer):
    name, title, program = "node", "hand-written Node server (ws, pg, ioredis)", "node_server.js"
    promises = "an ack means committed and fsynced (batched inserts)"
    lacks = ("a join without a gap between history and live; resume; numbers without holes; one order for all readers when several "
             "processes write; word of a message that Redis dropped; a bound on what waits for a slow reader")


class SocketIo(_NodeServer):
    name, title, program = "socketio", "Socket.IO with its Redis adapter, over the same log", "socketio_server.js"
    promises = "an ack means committed and fsynced: by the handler that we wrote, Socket.IO itself stores nothing"
    lacks = ("delivery more than at most once; history, resume (its connection state recovery does not work with this adapter), "
             "numbers; word of a message that Redis dropped; a bound on what waits for a slow reader")


class Nats(Peer):
    name, title = "nats", "NATS JetStream, file storage, one replica; readers by plain subscriptions"
    promises = "an ack means written to the stream's file, but not fsynced: this version syncs every 2 minutes"
    lacks = ("that an acked message outlives a power cut, for 2 minutes (it outlives kill -9); for a plain subscription, history and more than "
             "at most once; repeats recognised after 2 minutes; rooms, users and rights of a chat")

    def running(self):
        port = free_port()
        folder = workspace.folder("nats-store")
        return self._child(["nats-server", "-js", "-sd", str(folder), "-a", "127.0.0.1", "-p", str(port)], port, {})


class Ejabberd(Peer):
    """One node without Erlang distribution, configured for this load alone: anonymous users, group chats that do not tell
    their occupants of each other."""

    name, title = "ejabberd", "ejabberd, group chats (MUC) with their archive (MAM) in PostgreSQL"
    promises = ("no ack at all: the publisher's own message comes back after the archive's INSERT. Where that fails, it comes "
                "back all the same")
    lacks = ("repeats recognised; word of an archive that failed; a number that shows a reader that something is missing; a join "
             "that merges archive and live by itself")

    def running(self):
        port, folder = free_port(), workspace.folder("ejabberd")
        database = self._database()
        settings = folder / "ejabberd.yml"
        settings.write_text(_ejabberd_settings.format(port=port, sql_port=self.postgres.port, database=database,
                                                      user=database_user))
        argv = ["erl", "-noinput", "-noshell", "+K", "true", "+P", "250000", "-mnesia", "dir", f'"{folder / "mnesia"}"',
                "-s", "ejabberd"]
        return self._child(argv, port, self._servers(), env={
            "EJABBERD_CONFIG_PATH": str(settings), "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
            "HOME": str(folder), "ERL_LIBS": str(_erlang_libraries())})

    def stored(self) -> int:
        return self.postgres.execute("SELECT count(*) FROM archive", database="ejabberd")[0][0]

    def _database(self) -> str:
        """Its own, with ejabberd's schema."""
        if not self.postgres.execute("SELECT 1 FROM pg_database WHERE datname = 'ejabberd'"):
            self.postgres.execute("CREATE DATABASE ejabberd")
            schema = pathlib.Path("/usr/share/ejabberd/sql/pg.sql")
            if not schema.exists():
                raise Failed(f"the package ejabberd has no {schema}")
            self.postgres.execute(schema.read_text(), database="ejabberd")
        return "ejabberd"


def _erlang_libraries() -> pathlib.Path:
    """Where Debian keeps ejabberd's code and that of its libraries."""
    found = next(pathlib.Path("/usr/lib").glob("*/ejabberd-*/ebin/ejabberd.beam"), None)
    if found is None:
        raise Failed("the package ejabberd has no ejabberd.beam below /usr/lib")
    return found.parents[2]


_ejabberd_settings = """\
hosts: [localhost]
loglevel: warning
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_http, request_handlers: {{/ws: ejabberd_http_ws}}}}
auth_method: anonymous
anonymous_protocol: sasl_anon
default_db: sql
sql_type: pgsql
sql_server: 127.0.0.1
sql_port: {sql_port}
sql_database: {database}
sql_username: {user}
sql_password: none
modules:
  mod_mam: {{default: always}}
  mod_muc:
    history_size: 0
    max_users: 100000
    default_room_options: {{mam: true, persistent: true, max_users: 100000, presence_broadcast: []}}
"""

peers = {peer.name: peer for peer in (HandWritten, SocketIo, Nats, Ejabberd)}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
