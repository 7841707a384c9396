"""Private PostgreSQL clusters and Redis servers: own folder, own port on loopback or in a place of a private network,
ended with the run. As many as a test likes."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import sys

import psycopg2

from . import workspace
from .child import Child
from .network import Place
from .ports import free_port
from .recipes import (as_account, ask_redis, database_user, initdb_command, loopback, make_postgres_folder,
                      postgres_account, postgres_command, postgres_program, postgres_url, redis_cluster_settings,
                      redis_cluster_url, redis_command, redis_url, tell_redis)
from .redis_cluster import Member, join_together, is_whole, members, move_slot
from .waiting import wait_until


class Server:
    """What both have in common. As a context manager it starts on entry and stops on exit."""

    child: Child
    port: int
    name: str
    place: Place | None = None

    @property
    def host(self) -> str:
        return self.place.address if self.place else loopback

    @property
    def within(self) -> tuple[str, ...]:
        return self.place.within if self.place else ()

    def is_ready(self) -> bool:
        raise NotImplementedError

    def start(self):
        """Starts and waits until it answers; also right after `kill9` or `stop`."""
        self.child.start()
        self._wait_ready()
        return self

    def stop(self) -> None:
        code = self.child.end()
        if code not in (0, None):
            raise RuntimeError(f"{self.name} ended with {code}\n{self.child.log_tail()}")

    def kill9(self) -> None:
        self.child.kill9()

    def restart(self) -> None:
        """Starts again on the same port and folder, stopping it first where it still runs."""
        if self.child.alive():
            self.stop()
        self.start()

    def pause(self) -> None:
        self.child.pause()

    def resume(self) -> None:
        self.child.resume()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_) -> None:
        if kind is not None:
            workspace.keep()
        self.child.end()

    def _wait_ready(self) -> None:
        def answer() -> bool:
            if not self.child.alive():
                raise RuntimeError(f"{self.name} ended with {self.child.exit_code()}\n{self.child.log_tail()}")
            return self.is_ready()

        try:
            wait_until(answer, seconds=30, what=f"{self.name} to answer")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.child.log_tail()}") from None


class Postgres(Server):
    """One cluster with an empty database `parley`. `url` is what `parleyd --postgres` takes."""

    def __init__(self, name: str = "postgres", *, place: Place | None = None, port: int | None = None,
                 **settings: str | int) -> None:
        self.name, self.port, self.place = name, port or free_port(), place
        self.folder = workspace.folder(name)
        self.user = postgres_account()
        self.cluster = self.folder / "cluster"
        self.waldir: pathlib.Path | None = None  # set before the first start: the WAL's own file system
        self.child = Child(name, postgres_command(self.cluster, self.port, settings, self.host), log=self.folder / "log",
                           user=self.user, death_signal="QUIT", within=self.within)

    @property
    def url(self) -> str:
        return postgres_url(self.port, host=self.host)

    def start(self) -> "Postgres":
        fresh = not self.cluster.exists()
        if fresh:
            self._make_cluster()
        super().start()
        if fresh:
            self.execute("CREATE DATABASE parley", database="postgres")
        return self

    @classmethod
    def standby_of(cls, primary: "Postgres", name: str, *, port: int | None = None, place: Place | None = None,
                   **settings: str | int) -> "Postgres":
        """A copy of a running primary, which follows it once started.
        :param port: where it reaches the primary; default: the primary's own
        :param place: it listens at each address there, on the primary's port: that of the primary may move to it"""
        there = {"port": primary.port, "listen_addresses": "*"} if place else {}
        standby = cls(name, place=place, **there, **settings)
        argv = [str(postgres_program("pg_basebackup")), "-D", str(standby.cluster), "-R", "-X", "stream", "-c", "fast",
                "-d", f"host={primary.host} port={port or primary.port} user={database_user} sslmode=disable "
                f"gssencmode=disable application_name={name}"]
        make_postgres_folder(standby.cluster, standby.user)
        standby._run(argv)
        return standby

    def stop(self) -> None:
        """A fast shutdown: sessions are ended, everything is on disk."""
        self.child.end(gentle=signal.SIGINT, seconds=30)

    def is_ready(self) -> bool:
        try:
            psycopg2.connect(self.url.replace("/parley", "/postgres"), connect_timeout=2).close()
            return True
        except psycopg2.OperationalError as error:
            return "too many clients" in str(error)  # others were first

    def execute(self, statement: str, *parameters, database: str = "parley") -> list[tuple]:
        """Runs one statement outside any transaction and returns its rows."""
        link = psycopg2.connect(self.url.replace("/parley", f"/{database}"))
        try:
            link.autocommit = True
            with link.cursor() as cursor:
                cursor.execute(statement, parameters or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            link.close()

    def hold(self, statement: str):
        """Runs one statement in a transaction that stays open until the returned link is closed."""
        link = psycopg2.connect(self.url)
        link.cursor().execute(statement)
        return link

    def _make_cluster(self) -> None:
        make_postgres_folder(self.cluster, self.user)
        self._run(initdb_command(self.cluster, self.waldir))
        if self.place:
            with open(self.cluster / "pg_hba.conf", "a") as rules:
                rules.write("host all all samenet trust\nhost replication all samenet trust\n")

    def _run(self, argv: list[str]) -> None:
        """One of PostgreSQL's programs, as the user who owns the cluster."""
        done = subprocess.run(as_account(self.user) + argv, capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{argv} failed: {done.stdout}{done.stderr}")


class Redis(Server):
    """One server without persistence: Parley keeps nothing there, so a restart comes back empty."""

    def __init__(self, name: str = "redis", *, place: Place | None = None, **settings: str | int) -> None:
        self.name, self.port, self.place = name, free_port(), place
        self.folder = workspace.folder(name)
        self.child = Child(name, redis_command(self.folder, self.port, settings, self.host), log=self.folder / "log",
                           within=self.within)

    @property
    def url(self) -> str:
        return redis_url(self.port, self.host)

    def is_ready(self) -> bool:
        try:
            return self.command("PING") == b"+PONG"
        except OSError:
            return False

    def command(self, *words: str) -> bytes:
        """Sends one command and returns the first line of the answer; enough for tests."""
        return ask_redis(self.port, *words, host=self.host)

    def tell(self, *words: str | int):
        """Sends one command and returns its whole answer."""
        return tell_redis(self.port, *words, host=self.host)


class RedisCluster:
    """Three masters with a replica each, as one endpoint. `url` is what `parleyd --redis` takes: it names all six.

    :ivar servers: the first three began as masters"""

    def __init__(self, **settings: str | int) -> None:
        self.servers = [Redis(f"redis{n}", **redis_cluster_settings(free_port(), timeout_ms=1000) | settings)
                        for n in range(1, 7)]

    @property
    def url(self) -> str:
        return redis_cluster_url(self._ports)

    def __enter__(self) -> "RedisCluster":
        try:
            for server in self.servers:
                server.child.start()
            for server in self.servers:
                server._wait_ready()
            join_together(self._ports)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_) -> None:
        for server in self.servers:
            server.__exit__(kind)

    def wait_whole(self, seconds: float = 60) -> None:
        wait_until(lambda: is_whole(self._ports), seconds=seconds, what="the Redis Cluster to be whole")

    def members(self) -> list[Member]:
        """As a server that lives sees them."""
        return members(next(server.port for server in self.servers if server.child.alive()))

    def server(self, port: int) -> Redis:
        return next(server for server in self.servers if server.port == port)

    def masters(self) -> list[Redis]:
        return [self.server(member.port) for member in self.members() if member.slots]

    def replica_of(self, master: Redis) -> Redis:
        all_of_them = self.members()
        name = next(member.id for member in all_of_them if member.port == master.port)
        return self.server(next(member.port for member in all_of_them if member.master == name))

    def loaded(self) -> list[tuple[Redis, list[str]]]:
        """The masters that have subscribers of rooms, by their own word, with those rooms' channels."""
        told = [(master, master.tell("PUBSUB", "SHARDCHANNELS", "parley:*:room:*")) for master in self.masters()]
        return [(master, channels) for master, channels in told if channels]

    def promote(self, replica: Redis) -> None:
        """By force: its master lives on, and is told later. Returns once it is a master."""
        for _ in range(10):
            replica.tell("CLUSTER", "FAILOVER", "FORCE")
            try:
                return self.wait_promoted(replica, seconds=6)
            except TimeoutError:
                pass  # the others elect nobody of a master's for a while after they have
        raise TimeoutError(f"{replica.name} is not promoted")

    def wait_promoted(self, replica: Redis, seconds: float = 60) -> None:
        wait_until(lambda: replica.tell("ROLE")[0] == "master", seconds=seconds, what=f"{replica.name} to be promoted")

    def in_charge(self, server: Redis) -> Redis:
        """It, or the master that it follows: the others may take a promotion back at once, where two were elected."""
        role = server.tell("ROLE")
        return self.server(int(role[2])) if role[0] == "slave" else server

    def move_slot_of(self, channel: str, source: Redis, target: Redis) -> None:
        move_slot(source.tell("CLUSTER", "KEYSLOT", channel), source.port, target.port)

    def subscribers(self, server: Redis, channel: str) -> int:
        return server.tell("PUBSUB", "SHARDNUMSUB", channel)[1]

    @property
    def _ports(self) -> list[int]:
        return [server.port for server in self.servers]
