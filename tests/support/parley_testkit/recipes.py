"""How private servers and nodes are made and called: command lines and folders. What runs them is another matter: a
`Child` that ends with the test run, or scripts/cluster, whose processes go on. Only the standard library."""

from __future__ import annotations

import os
import pathlib
import pwd
import shutil
import socket
from typing import Mapping, Sequence

repository = pathlib.Path(__file__).resolve().parents[3]

database_user = "postgres"
loopback = "127.0.0.1"


def parleyd() -> pathlib.Path:
    """The binary: $PARLEYD, or the first preset that was built.
    :raises FileNotFoundError: naming what was tried"""
    chosen = os.environ.get("PARLEYD")
    tried = [pathlib.Path(chosen)] if chosen else [
        repository / "build" / preset / "bin" / "parleyd" for preset in ("release", "asan", "dev", "ci")]
    for path in tried:
        if os.access(path, os.X_OK):
            return path
    raise FileNotFoundError("no parleyd: set PARLEYD or build one of " + ", ".join(map(str, tried)))


def parleyctl() -> pathlib.Path:
    """$PARLEYCTL, or the one beside parleyd."""
    return pathlib.Path(os.environ.get("PARLEYCTL") or parleyd().parent / "parleyctl")


def node_command(program: pathlib.Path, port: int, *, host: str = loopback, postgres: Sequence[str] = (), redis: Sequence[str] = (),
                 data_dir: pathlib.Path | None = None) -> list[str]:
    """A node in development mode: over servers, by their URLs, or embedded in a folder."""
    argv = [str(program), "--dev", "--listen", f"{host}:{port}"]
    if host != loopback:
        argv += ["--dev-allow-remote"]
    for url in postgres:
        argv += ["--postgres", url]
    for url in redis:
        argv += ["--redis", url]
    return argv + (["--data-dir", str(data_dir)] if data_dir else [])


def link_flags(name: str, port: int, papers: pathlib.Path | None = None, host: str = loopback) -> list[str]:
    """What makes a node one of a cluster. :param papers: the folder that `parleyctl ca issue` made for it"""
    flags = ["--node-name", name, "--peer-listen", f"{host}:{port}"]
    if papers:
        flags += ["--peer-authority", str(papers / "ca.pem"), "--peer-certificate", str(papers / "node.pem"),
                  "--peer-key", str(papers / "node.key")]
    return flags


def development_peer_flags(ports: Mapping[str, int]) -> list[str]:
    """Where each node of a development cluster serves clients, for the faults of a page. :param ports: by node"""
    return [word for name, port in ports.items() for word in ("--dev-peer", f"{name}=http://{loopback}:{port}")]


# --- PostgreSQL


def postgres_program(name: str) -> pathlib.Path:
    """Debian keeps the server's programs out of the path."""
    debian = pathlib.Path("/usr/lib/postgresql/15/bin", name)
    found = debian if debian.exists() else shutil.which(name)
    if not found:
        raise RuntimeError(f"no {name}: run scripts/setup")
    return pathlib.Path(found)


def postgres_account() -> str | None:
    """Whom the server runs as, if not as us: it refuses root, and Debian's package made a user for it."""
    return "postgres" if os.geteuid() == 0 else None


def as_account(user: str | None) -> list[str]:
    """What stands before a command for it to run as that user."""
    return ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--"] if user else []


def postgres_url(port: int, database: str = "parley", host: str = loopback) -> str:
    return f"postgresql://{database_user}@{host}:{port}/{database}"


def postgres_command(cluster: pathlib.Path, port: int, settings: Mapping[str, str | int] | None = None,
                     host: str = loopback) -> list[str]:
    """Settings are those of a careful operator (fsync on), since the guarantees are tested against them. A recovery syncs
    the file system at once, not a thousand files one by one: as safe, and a start after a kill then takes a second on a
    busy disk, not ten."""
    chosen: dict[str, str | int] = dict(
        listen_addresses=host, port=port, unix_socket_directories="", fsync="on", synchronous_commit="on",
        full_page_writes="on", max_connections=100, logging_collector="off", shared_buffers="64MB",
        recovery_init_sync_method="syncfs", log_min_duration_statement="1s") | dict(settings or {})
    argv = [str(postgres_program("postgres")), "-D", str(cluster)]
    for key, value in chosen.items():
        argv += ["-c", f"{key}={value}"]
    return argv


def make_postgres_folder(cluster: pathlib.Path, user: str | None) -> None:
    cluster.mkdir(mode=0o700)
    if user:
        account = pwd.getpwnam(user)
        os.chown(cluster, account.pw_uid, account.pw_gid)


def initdb_command(cluster: pathlib.Path, waldir: pathlib.Path | None = None) -> list[str]:
    argv = [str(postgres_program("initdb")), "-D", str(cluster), "-U", database_user, "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-instructions", "--no-sync"]
    return argv + (["--waldir", str(waldir)] if waldir else [])


# --- Redis


def redis_url(port: int, host: str = loopback) -> str:
    return f"redis://{host}:{port}"


def redis_command(folder: pathlib.Path, port: int, settings: Mapping[str, str | int] | None = None,
                  host: str = loopback) -> list[str]:
    """Without persistence: Parley keeps nothing there, so a restart comes back empty."""
    program = shutil.which("redis-server")
    if not program:
        raise RuntimeError("no redis-server: run scripts/setup")
    argv = [program, "--bind", host, "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    if host != loopback:
        argv += ["--protected-mode", "no"]  # it has no password
    for key, value in (settings or {}).items():
        argv += [f"--{key.replace('_', '-')}", str(value)]
    return argv


def redis_cluster_settings(bus_port: int, timeout_ms: int = 2000) -> dict[str, str | int]:
    """Of a server that shall be one of a Redis Cluster. A replica takes its master's place however old it is, and never
    changes its master by itself, so that what there is stays as it was made.
    :param timeout_ms: after it a silent server counts as failing"""
    return dict(cluster_enabled="yes", cluster_port=bus_port, cluster_node_timeout=timeout_ms,
                cluster_replica_validity_factor=0, cluster_allow_replica_migration="no", repl_diskless_sync_delay=0)


def redis_cluster_url(ports: Sequence[int], host: str = loopback) -> str:
    return "redis+cluster://" + ",".join(f"{host}:{port}" for port in ports)


def ask_redis(port: int, *words: str, host: str = loopback) -> bytes:
    """Sends one command and returns the first line of the answer; enough for tests."""
    request = b"*%d\r\n" % len(words)
    for word in words:
        request += b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode())
    with socket.create_connection((host, port), 2) as link:
        link.sendall(request)
        return link.makefile("rb").readline().rstrip(b"\r\n")


def tell_redis(port: int, *words: str | int, host: str = loopback):
    """Sends one command and returns its whole answer: text, a number, None, or a list of such.
    :raises RuntimeError: the server refused it; :raises OSError: it does not answer"""
    request = b"*%d\r\n" % len(words)
    for word in map(str, words):
        request += b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode())
    with socket.create_connection((host, port), 2) as link:
        link.settimeout(5)
        link.sendall(request)
        return _read_reply(link.makefile("rb"))


def _read_reply(lines):
    line = lines.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("Redis hung up")
    kind, rest = line[:1], line[1:-2].decode()
    if kind == b"-":
        raise RuntimeError(f"Redis says: {rest}")
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return lines.read(int(rest) + 2)[:-2].decode(errors="replace") if int(rest) >= 0 else None
    if kind == b"*":
        return [_read_reply(lines) for _ in range(int(rest))]
    return rest
