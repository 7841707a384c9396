#!/usr/bin/python3
"""Checks that each folder includes only what the house allows it (docs/architecture.md, "Folders").

    arrows.py [ROOT]      prints each forbidden include as file:line, ends with 1 if there is one
    arrows.py --map       prints the page's table of folders
"""

from __future__ import annotations

import pathlib
import re
import sys
from typing import Iterator, NamedTuple


class Room(NamedTuple):
    """A folder's door: ours by path prefix, libraries by name (see `library_of`)."""

    folder: str
    ours: tuple[str, ...]
    libraries: frozenset[str]


CORE = ("actors/core/",)
PORTS = CORE + ("actors/ports/",)
PROTO = ("parley/v1/", "parley/internal/")
# Small shared facts of the actors' room that hold no CAF: the clock, and how a room gets its key.
SHARED = PORTS + ("actors/boot_now.hpp", "actors/room_identity.hpp")
ANY_LIBRARY = frozenset({"std", "posix", "result", "boost", "asio", "beast", "json", "url", "caf", "libpq", "hiredis",
                         "sqlite", "protobuf", "openssl", "spdlog", "fmt", "prometheus", "cli11", "toml", "catch2",
                         "benchmark", "valgrind"})
ANY_FOLDER = ("actors/", "storage/", "net/", "node/", "loadtest/", "tests/") + PROTO


def room(folder: str, ours: tuple[str, ...], libraries: str) -> Room:
    return Room(folder, ours, frozenset(libraries.split()))


# The longest folder that holds a file decides.
ROOMS = [
    room("actors/core/", CORE, "std result containers"),
    room("actors/ports/", PORTS, "std result"),
    room("actors/", ("actors/",) + PROTO, "std posix result boost openssl caf"),
    room("storage/", SHARED + PROTO + ("storage/",), "std posix result boost asio openssl protobuf"),
    room("storage/postgres/", SHARED + PROTO + ("storage/",), "std posix result boost asio openssl libpq"),
    room("storage/redis/", SHARED + PROTO + ("storage/",), "std posix result boost asio url openssl hiredis"),
    room("storage/sqlite/", SHARED + PROTO + ("storage/",), "std posix result boost openssl sqlite"),
    room("storage/memory/", SHARED + ("storage/",), "std result"),
    room("net/", SHARED + PROTO + ("actors/messages.hpp", "net/"),
         "std posix result boost asio beast json url openssl protobuf"),
    Room("node/", ANY_FOLDER, ANY_LIBRARY - {"catch2", "benchmark", "valgrind"}),
    # The harness speaks the protocol and knows nothing else of a node; benchmarks measure its cores and codecs.
    Room("loadtest/", PROTO + ("loadtest/", "node/spelling.hpp"),
         ANY_LIBRARY - {"caf", "catch2", "benchmark", "valgrind"}),
    room("loadtest/bench/", SHARED + PROTO + ("storage/", "net/", "loadtest/"), "std benchmark"),
    room("loadtest/guard/", SHARED + PROTO + ("storage/", "net/", "loadtest/"), "std asio valgrind"),
    Room("tests/", ANY_FOLDER, ANY_LIBRARY),
]
LIBRARIES = [
    ("boost/system/", "result"), ("boost/assert", "result"), ("boost/asio", "asio"), ("boost/beast", "beast"),
    ("boost/unordered", "containers"), ("boost/json", "json"), ("boost/url", "url"), ("boost/", "boost"), ("caf/", "caf"), ("libpq", "libpq"),
    ("hiredis/", "hiredis"), ("sqlite3", "sqlite"), ("google/protobuf/", "protobuf"), ("openssl/", "openssl"),
    ("spdlog/", "spdlog"), ("fmt/", "fmt"), ("prometheus/", "prometheus"), ("CLI/", "cli11"), ("toml++/", "toml"),
    ("catch2/", "catch2"), ("benchmark/", "benchmark"), ("valgrind/", "valgrind"), ("sys/", "posix"), ("arpa/", "posix"),
    ("netinet/", "posix"), ("linux/", "posix"),
]
POSIX = {"unistd.h", "fcntl.h", "pthread.h", "signal.h", "time.h", "poll.h", "netdb.h", "dlfcn.h", "sched.h", "errno.h",
         "grp.h", "pwd.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def library_of(header: str) -> str | None:
    """The library's name; None for one that nobody listed."""
    for prefix, name in LIBRARIES:
        if header.startswith(prefix):
            return name
    if header in POSIX:
        return "posix"
    return "std" if "/" not in header and "." not in header else None


def room_of(path: str) -> Room | None:
    homes = [r for r in ROOMS if path.startswith(r.folder)]
    return max(homes, key=lambda r: len(r.folder), default=None)


def complaint(home: Room, quoted: str | None, angled: str | None) -> str | None:
    if quoted is not None:
        return None if quoted.startswith(home.ours) else f'"{quoted}" is not for {home.folder}'
    name = library_of(angled)
    if name is None:
        return f"<{angled}> belongs to no library that this check knows"
    return None if name in home.libraries else f"<{angled}> ({name}) is not for {home.folder}"


def sources(root: pathlib.Path) -> Iterator[tuple[str, pathlib.Path]]:
    for top in sorted({r.folder.split("/")[0] for r in ROOMS}):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".hpp", ".cpp") and path.is_file():
                yield path.relative_to(root).as_posix(), path


def forbidden(root: pathlib.Path) -> tuple[int, list[str]]:
    """@returns how many includes were judged, and what is wrong with some"""
    judged, wrong = 0, []
    for name, path in sources(root):
        home = room_of(name)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match or home is None:
                continue
            judged += 1
            problem = complaint(home, match[1], match[2])
            if problem:
                wrong.append(f"{name}:{number}: {problem}")
    return judged, wrong


def map_of_folders() -> list[str]:
    """The rows of docs/architecture.md's table; the page says what "shared" is."""
    rows = []
    for r in ROOMS:
        is_shared, is_proto = (set(names) <= set(r.ours) for names in (SHARED, PROTO))
        own = [path for path in r.ours if path not in PROTO and not (is_shared and path in SHARED)]
        ours = ["shared"] * is_shared + [f"`{path.rstrip('/')}`" for path in own] + ["`proto`"] * is_proto
        folders = "everything" if r.ours == ANY_FOLDER else ", ".join(ours)
        without = ", ".join(sorted(ANY_LIBRARY - r.libraries))
        is_most = len(r.libraries) > len(ANY_LIBRARY) / 2
        libraries = "all" + f" but {without}" * bool(without) if is_most else ", ".join(sorted(r.libraries))
        rows.append(f"| `{r.folder.rstrip('/')}` | {folders} | {libraries} |")
    return rows


def main() -> int:
    if sys.argv[1:] == ["--map"]:
        print("\n".join(map_of_folders()))
        return 0
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    judged, wrong = forbidden(root)
    print("\n".join(wrong + [f"{judged} includes judged, {len(wrong)} forbidden"]))
    return 1 if wrong or judged == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
