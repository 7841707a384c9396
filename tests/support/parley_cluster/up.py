"""`up`: from nothing to a cluster whose every node is ready."""

from __future__ import annotations

import os
import pathlib
import sys
import time
from typing import Sequence

from parley_testkit.recipes import (database_user, initdb_command, make_postgres_folder, postgres_account,
                                    postgres_program, repository)
from parley_testkit.redis_cluster import is_whole, join_together

from . import asking, running
from .orders import Orders, ToolFailed
from .plan import Member, Plan, draw_up, load
from .running import Failed

_servers_s, _nodes_s, _spread_s = 60, 120, 30


def say(text: str) -> None:
    print(f"cluster: {text}", file=sys.stderr, flush=True)


# --- the programs


def programs(build: pathlib.Path | None, is_secure: bool, orders: Orders) -> pathlib.Path:
    """The folder that holds parleyd: of a build that is there, or of the release, which is brought up to date.
    :raises Failed: saying what to build, or what the build said"""
    if build is None:
        build = repository / "build" / "release"
        _build(["parleyd"] + (["parleyctl"] if is_secure else []), orders)
    for name in ["parleyd"] + (["parleyctl"] if is_secure else []):
        if not os.access(build / "bin" / name, os.X_OK):
            raise Failed(f"no program {build / 'bin' / name}: build it (cmake --build {build} --target {name}), or leave "
                         "--build out, and the release is built")
    return build / "bin"


def _build(targets: Sequence[str], orders: Orders) -> None:
    say("builds the release (the first time takes some minutes)")
    try:
        orders.run([repository / "scripts" / "setup"], cwd=str(repository))
        orders.run(["cmake", "--preset", "release"], cwd=str(repository))
        orders.run(["cmake", "--build", "--preset", "release", "--target", *targets, "-j", str(os.cpu_count() or 2)],
                   cwd=str(repository))
    except (ToolFailed, OSError) as error:
        raise Failed(f"the build failed; name another one with --build DIR.\n{error}") from error


# --- the folder


def make_folder(folder: pathlib.Path) -> Plan | None:
    """@returns the cluster that was up there before
    :raises Failed: it cannot be made, or holds what is not ours"""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o711)  # PostgreSQL runs as another user
        elif folder.stat().st_uid != os.geteuid():
            raise Failed(f"{folder} belongs to another user: name a folder of yours with --dir")
        former = load(folder)
        found = [] if former else sorted(path.name for path in folder.iterdir() if path.name != "lock")
    except (OSError, ValueError) as error:
        raise Failed(f"{error}; name another folder with --dir") from error
    if found:
        raise Failed(f"{folder} holds other things ({', '.join(found[:3])}): name an empty or a new folder with --dir")
    return former


def _expect_reachable(folder: pathlib.Path, orders: Orders) -> None:
    """PostgreSQL's user may not enter, say, /root: better said now than in a log."""
    if user := postgres_account():
        try:
            orders.run(["test", "-x", folder], user=user)
        except ToolFailed as error:
            raise Failed(f"the user {user}, whom PostgreSQL runs as, cannot enter {folder}: name a folder that all may "
                         "enter, such as --dir /var/tmp/parley-cluster") from error


# --- the steps


def bring_up(folder: pathlib.Path, program: pathlib.Path, orders: Orders, *, nodes: int, databases: int, redis: int,
             shards: int, is_secure: bool, is_redis_cluster: bool) -> Plan:
    """:raises Failed, ToolFailed, Interrupted: and nothing of it runs any more"""
    _expect_reachable(folder, orders)
    plan = draw_up(folder, program / "parleyd", nodes=nodes, databases=databases, redis=redis, shards=shards,
                   is_secure=is_secure, is_redis_cluster=is_redis_cluster)
    plan.save()
    try:
        _start_servers(plan, orders)
        if is_secure:
            _issue_papers(plan, program / "parleyctl", orders)
        start_nodes(plan, plan.of("node"), orders)
        _until_spread(plan, orders)
    except BaseException:
        say("it failed: ends what was started")
        take_down(plan)
        raise
    return plan


def _start_servers(plan: Plan, orders: Orders) -> None:
    servers = plan.of("database") + plan.of("redis")
    say(f"starts {len(plan.of('database'))} PostgreSQL and {len(plan.of('redis'))} Redis servers" +
        (", as one Redis Cluster" if plan.is_redis_cluster else ""))
    for member in plan.of("database"):
        data = plan.folder_of(member) / "data"
        plan.folder_of(member).mkdir(mode=0o711)
        make_postgres_folder(data, postgres_account())
        orders.run(initdb_command(data), cwd="/", user=postgres_account())
    for member in servers:
        running.start(plan, member)
        orders.check()
    running.wait_for(plan, servers, asking.server, orders, seconds=_servers_s, what="answering")
    if plan.is_redis_cluster:
        join_together([member.port for member in plan.of("redis")], check=orders.check)
    for member in plan.of("database"):
        orders.run([postgres_program("createdb"), "-h", "127.0.0.1", "-p", str(member.port), "-U", database_user, "parley"])


def until_redis_is_whole(plan: Plan, orders: Orders) -> None:
    """Where it is a Redis Cluster: every server has found the others again.
    :raises Failed: saying which does not"""
    ports = [member.port for member in plan.of("redis")]
    if plan.is_redis_cluster:
        running.wait_for(plan, plan.of("redis"), lambda _: is_whole(ports), orders, seconds=_servers_s,
                         what="one Redis Cluster")


def _issue_papers(plan: Plan, parleyctl: pathlib.Path, orders: Orders) -> None:
    say("makes a certificate authority, and a certificate for each node")
    orders.run([parleyctl, "ca", "init", plan.folder / "ca"])
    for member in plan.of("node"):
        plan.folder_of(member).mkdir(mode=0o711)
        orders.run([parleyctl, "ca", "issue", plan.folder / "ca", "--node", member.name, "--out",
                    plan.folder_of(member) / "papers"])


def start_nodes(plan: Plan, nodes: Sequence[Member], orders: Orders) -> None:
    for member in nodes:
        running.start(plan, member)
        orders.check()
    until_ready(plan, nodes, orders)


def until_ready(plan: Plan, nodes: Sequence[Member], orders: Orders) -> None:
    """With a line each time that something has changed, but for the first moments."""
    told: dict[str, asking.Told] = {}
    last = {"line": "", "at": time.monotonic()}

    def is_ready(member: Member) -> bool:
        told[member.name] = asking.node(member)
        return told[member.name].is_ready

    def tell(_: float) -> None:
        line = ", ".join(f"{name} {'ready' if one.is_ready else 'waits'}" +
                         (f" ({one.shards} of {plan.shards} shards)" if one.shards is not None else "")
                         for name, one in told.items())
        if line != last["line"] and time.monotonic() > last["at"] + 1:
            last.update(line=line, at=time.monotonic())
            say(line)

    say(f"waits for {', '.join(member.name for member in nodes)}")
    running.wait_for(plan, nodes, is_ready, orders, seconds=_nodes_s, what="ready", tell=tell)


def _until_spread(plan: Plan, orders: Orders) -> None:
    """The first node to start takes all shards and hands them over step by step: a cluster at work is a better sight than
    one on its way. No more than a courtesy: it is up already."""
    nodes, end = plan.of("node"), time.monotonic() + _spread_s
    before: list[int] = []
    while time.monotonic() < end:
        counts = [asking.node(member).shards or 0 for member in nodes]
        if sum(counts) == plan.shards and counts == before and (min(counts) > 0 or plan.shards < 8 * len(nodes)):
            return
        before = counts
        orders.sleep(1)


def take_down(plan: Plan) -> None:
    """The nodes first, so that they can hand over and write down what they have. Orders to end are kept meanwhile.
    :raises Failed: something does not end"""
    running.end(plan, plan.of("node"), 60, say)
    running.end(plan, plan.of("database") + plan.of("redis"), 30, say)
