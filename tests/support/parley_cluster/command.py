"""The command line of `scripts/cluster`."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import pathlib
import stat
import sys
from typing import Iterator

from parley_testkit.recipes import postgres_account, repository

from . import running, status, up
from .orders import Interrupted, Orders, ToolFailed
from .plan import Member, Plan, clear, load
from .running import Failed
from .up import say

_description = """\
Runs a Parley cluster on this machine: nodes n1, n2, ... with private PostgreSQL and Redis servers, on loopback, all in one
folder. `up` returns when every node is ready, and everything goes on until `down`. Open two nodes' pages in two tabs and
they share their rooms; then kill a node and see what happens."""

_epilog = """\
examples:
  scripts/cluster up                     three nodes, two databases, three Redis servers
  scripts/cluster up --nodes 5 --tls     links between nodes over mutual TLS
  scripts/cluster up --redis-cluster     one Redis Cluster, three masters and three replicas, instead of three servers
  scripts/cluster status                 who lives, who is ready, who owns how many shards
  scripts/cluster kill 2                 kill -9 of n2: the others own its shards some seconds later
  scripts/cluster pause 1                n1 stands still, as a stalled machine does, and knows nothing of it
  scripts/cluster heal                   starts what is dead, wakes what is paused, waits until all is ready
  scripts/cluster down                   ends all of it; logs and data stay until the next `up` (`heal` starts it again)

exit codes: 0 done, and for `status`: every node is ready; 1 it did not work, or not every node is ready; 2 usage;
3 no cluster is up there, or (`up`) one is; 128 + the signal that ended it. The development mode of the nodes believes
everyone's name: they listen on loopback only."""


def default_folder(root: pathlib.Path) -> pathlib.Path:
    """In the repository's build folder; where PostgreSQL runs as another user who cannot enter that (a clone in /root, say), a
    folder of this repository's own where everybody can."""
    may_all_enter = all(folder.stat().st_mode & stat.S_IXOTH for folder in (root, *root.parents))
    if may_all_enter or not postgres_account():
        return root / "build" / "cluster"
    return pathlib.Path("/var/tmp") / f"parley-cluster-{hashlib.sha256(str(root).encode()).hexdigest()[:8]}"


_default = default_folder(repository)


class NoCluster(Exception):
    """There is nothing to work on, or there is already: what to do instead."""


def _number(lowest: int, most: int):
    def read(text: str) -> int:
        number = int(text)
        if not lowest <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not within {lowest} to {most}")
        return number

    read.__name__ = "number"  # argparse names it where the text is none
    return read


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/cluster", description=_description, epilog=_epilog,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--dir", type=pathlib.Path, default=_default, metavar="DIR",
                       help=f"the cluster's folder ({_default}); several clusters may be up in several folders")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, parents=[where], help=text, description=text[0].upper() + text[1:] + ".")

    starts = command("up", "starts a new cluster, and returns when every node is ready")
    starts.add_argument("--nodes", type=_number(1, 20), default=3, metavar="N", help="parleyd processes (3)")
    starts.add_argument("--databases", type=_number(1, 10), default=2, metavar="N", help="PostgreSQL servers (2)")
    live_path = starts.add_mutually_exclusive_group()
    live_path.add_argument("--redis", type=_number(1, 10), default=3, metavar="N", help="independent Redis servers (3)")
    live_path.add_argument("--redis-cluster", action="store_true",
                           help="one Redis Cluster instead: three masters with a replica each")
    starts.add_argument("--shards", type=_number(1, 65_536), default=256, metavar="N", help="shards (256)")
    starts.add_argument("--build", type=pathlib.Path, metavar="DIR",
                        help="takes DIR/bin/parleyd as it is; default: sets up and builds the release, as scripts/run does")
    starts.add_argument("--tls", action="store_true",
                        help="links between nodes over mutual TLS, with certificates that parleyctl makes")
    shows = command("status", "shows nodes, databases and Redis servers")
    shows.add_argument("--json", action="store_true", help="as one JSON object on standard output")
    for name, text in (("kill", "kill -9 of a node"), ("pause", "lets a node stand still until `heal`")):
        command(name, text).add_argument("who", metavar="N", help="a node's number; or a name as `status` shows it")
    command("heal", "starts what is dead and wakes what is paused; returns when every node is ready")
    command("down", "ends every process of the cluster; logs and data stay")
    return parser


def main(arguments: list[str] | None = None) -> int:
    chosen = options().parse_args(arguments)
    chosen.dir = chosen.dir.absolute()
    orders = Orders()
    try:
        return globals()[f"_{chosen.command}"](chosen, orders)
    except NoCluster as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 3
    except (Failed, ToolFailed, ValueError, RuntimeError, OSError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    except Interrupted as interrupted:
        print("cluster: interrupted", file=sys.stderr)
        return interrupted.code


# --- the commands


def _up(chosen: argparse.Namespace, orders: Orders) -> int:
    former = up.make_folder(chosen.dir)
    with _alone(chosen.dir):
        if former and running.is_running(former):
            raise NoCluster(f"a cluster is up in {chosen.dir} already: {_again(chosen, 'status')} shows it, "
                            f"{_again(chosen, 'down')} ends it; or name another folder with --dir")
        program = up.programs(chosen.build.absolute() if chosen.build else None, chosen.tls, orders)
        if former:
            clear(former)
        plan = up.bring_up(chosen.dir, program, orders, nodes=chosen.nodes, databases=chosen.databases,
                           redis=chosen.redis, shards=chosen.shards, is_secure=chosen.tls,
                           is_redis_cluster=chosen.redis_cluster)
    rows = [row for row in status.look(plan) if row.member.kind == "node"]
    for row in rows:
        print(f"{row.member.name}  {row.member.url}  owns {row.shards} of {plan.shards} shards")
    print(f"The cluster is up; logs and data: {plan.folder}. Try next:")
    for words, what in (("status", "who lives, and who owns what"),
                        (f"kill {min(2, len(rows))}", "then watch a page; `heal` brings the node back"),
                        ("down", "ends all of it")):
        print(f"  {_again(chosen, words):{len(_again(chosen, 'status')) + 4}}{what}")
    return 0


def _status(chosen: argparse.Namespace, _: Orders) -> int:
    plan = _plan(chosen)
    rows = status.look(plan)
    if all(row.state == "dead" for row in rows):
        raise NoCluster(_nothing_up(chosen))
    print(json.dumps(status.as_json(plan, rows), indent=2) if chosen.json else status.as_text(plan, rows))
    return 0 if status.is_whole(rows) else 1


def _kill(chosen: argparse.Namespace, _: Orders) -> int:
    with _alone(chosen.dir):
        plan = _plan(chosen)
        running.kill(plan, _member(plan, chosen.who))
    print(f"{chosen.who} is dead; {_again(chosen, 'status')} shows who takes over, {_again(chosen, 'heal')} starts it again")
    return 0


def _pause(chosen: argparse.Namespace, _: Orders) -> int:
    with _alone(chosen.dir):
        plan = _plan(chosen)
        running.pause(plan, _member(plan, chosen.who))
    print(f"{chosen.who} stands still; {_again(chosen, 'heal')} wakes it")
    return 0


def _heal(chosen: argparse.Namespace, orders: Orders) -> int:
    with _alone(chosen.dir):
        plan = _plan(chosen)
        servers = [member for member in plan.members if member.kind != "node"]
        woken = [member.name for member in plan.members if running.state_of(plan, member) == "paused"]
        dead = [member for member in plan.members if running.state_of(plan, member) == "dead"]
        for member in plan.members:
            running.resume(plan, member)
        for member in dead:
            if member.kind != "node":
                running.start(plan, member)
        running.wait_for(plan, servers, up.asking.server, orders, seconds=60, what="answering")
        up.until_redis_is_whole(plan, orders)
        for member in dead:
            if member.kind == "node":
                running.start(plan, member)
        up.until_ready(plan, plan.of("node"), orders)
    done = [f"woke {', '.join(woken)}"] * bool(woken) + [f"started {', '.join(m.name for m in dead)}"] * bool(dead)
    print(f"{'; '.join(done) or 'nothing was dead or paused'}: every node is ready")
    return 0


def _down(chosen: argparse.Namespace, _: Orders) -> int:
    with _alone(chosen.dir):
        plan = _plan(chosen)
        count = sum(running.mark_of(plan, member) is not None for member in plan.members)
        if count:
            say(f"ends {count} processes")
        up.take_down(plan)
    print(f"{count} processes ended; their logs and data stay in {plan.folder}" if count else
          f"nothing was running in {plan.folder}")
    return 0


# --- what they share


@contextlib.contextmanager
def _alone(folder: pathlib.Path) -> Iterator[None]:
    """One command at a time changes a cluster. The kernel lets go of the lock with the process that holds it."""
    if not folder.is_dir():
        yield  # nothing can be there
        return
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"another scripts/cluster is at work in {folder}: wait until it has ended") from None
        yield


def _plan(chosen: argparse.Namespace) -> Plan:
    plan = load(chosen.dir)
    if plan is None:
        raise NoCluster(f"no cluster was ever up in {chosen.dir}: {_again(chosen, 'up')} starts one, --dir names another "
                        "folder")
    return plan


def _nothing_up(chosen: argparse.Namespace) -> str:
    return (f"no cluster is up in {chosen.dir}: {_again(chosen, 'up')} starts a new one, {_again(chosen, 'heal')} the former "
            "one with its data")


def _member(plan: Plan, who: str) -> Member:
    name = f"n{who}" if who.isdigit() else who
    found = next((member for member in plan.members if member.name == name), None)
    if found is None:
        raise Failed(f"{who} is no part of this cluster, which has {', '.join(m.name for m in plan.members)}")
    return found


def _again(chosen: argparse.Namespace, words: str) -> str:
    folder = chosen.dir
    where = "" if folder == _default else f" --dir {folder}"
    return f"scripts/cluster {words}{where}"
