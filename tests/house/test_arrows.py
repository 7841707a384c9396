#!/usr/bin/python3
"""Proves that the arrow check can fail: each forbidden include is found where it stands, and nothing else."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import arrows  # noqa: E402

FORBIDDEN = [
    ("actors/core/x.hpp", '#include "actors/ports/log.hpp"'),
    ("actors/core/x.hpp", "#include <caf/actor.hpp>"),
    ("actors/core/x.cpp", "#include <boost/asio/post.hpp>"),
    ("actors/core/x.cpp", "#include <time.h>"),
    ("actors/core/x.cpp", '#include "parley/internal/event.pb.h"'),
    ("actors/ports/x.hpp", '#include "storage/event_codec.hpp"'),
    ("actors/x.cpp", '#include "net/front.hpp"'),
    ("actors/x.cpp", '#include "storage/cluster_record.hpp"'),
    ("actors/x.cpp", "#include <boost/beast/http.hpp>"),
    ("storage/x.cpp", '#include "net/limits.hpp"'),
    ("storage/x.cpp", '#include "actors/messages.hpp"'),
    ("storage/x.cpp", "#include <libpq-fe.h>"),
    ("storage/postgres/x.cpp", "#include <hiredis/hiredis.h>"),
    ("storage/redis/x.cpp", "#include <caf/all.hpp>"),
    ("storage/sqlite/x.cpp", "  #  include <libpq-fe.h>"),
    ("net/session/x.cpp", '#include "storage/event_codec.hpp"'),
    ("net/x.cpp", '#include "actors/room_actor.hpp"'),
    ("net/x.cpp", "#include <sqlite3.h>"),
    ("net/x.cpp", "#include <caf/actor.hpp>"),
    ("net/x.cpp", "#include <unheard/of.hpp>"),
    ("node/x.cpp", "#include <catch2/catch.hpp>"),
    ("node/x.cpp", "#include <valgrind/callgrind.h>"),
    ("net/x.cpp", '#include "../storage/event_codec.hpp"'),
    ("loadtest/load/x.cpp", '#include "net/codec/json_decoder.hpp"'),
    ("loadtest/plan/x.cpp", '#include "actors/core/ids.hpp"'),
    ("loadtest/report/x.cpp", '#include "node/configuration.hpp"'),
    ("loadtest/limits/x.cpp", '#include "storage/event_codec.hpp"'),
    ("loadtest/limits/x.cpp", "#include <benchmark/benchmark.h>"),
    ("loadtest/bench/x.cpp", '#include "node/spelling.hpp"'),
    ("loadtest/bench/x.cpp", "#include <libpq-fe.h>"),
    ("loadtest/guard/x.cpp", '#include "actors/room_actor.hpp"'),
]
ALLOWED = [
    ("actors/core/x.hpp", '#include "actors/core/ids.hpp"'),
    ("actors/core/x.hpp", "#include <boost/system/result.hpp>"),
    ("actors/ports/x.hpp", "#include <vector>"),
    ("actors/x.cpp", "#include <caf/actor.hpp>"),
    ("storage/postgres/x.cpp", "#include <libpq-fe.h>"),
    ("storage/redis/x.cpp", "#include <boost/asio/post.hpp>"),
    ("net/x.cpp", '#include "actors/messages.hpp"'),
    ("net/x.cpp", "#include <boost/beast/http.hpp>"),
    ("node/x.cpp", '#include "storage/sqlite/sqlite_database.hpp"'),
    ("loadtest/load/x.cpp", '#include "node/spelling.hpp"'),
    ("loadtest/load/x.cpp", '#include "parley/v1/client.pb.h"'),
    ("loadtest/bench/x.cpp", '#include "net/codec/json_decoder.hpp"'),
    ("loadtest/guard/x.cpp", "#include <valgrind/callgrind.h>"),
    ("tests/x.cpp", "#include <catch2/catch.hpp>"),
]


def judged(path, line):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True)
        file.write_text(f"#pragma once\n// #include <caf/all.hpp> in a comment is none\n{line}\n")
        return subprocess.run([sys.executable, str(HERE / "arrows.py"), folder], capture_output=True, text=True)


class Arrows(unittest.TestCase):
    def test_each_forbidden_include_is_found_where_it_stands(self):
        for path, line in FORBIDDEN:
            with self.subTest(path=path, line=line):
                run = judged(path, line)
                self.assertEqual(run.returncode, 1)
                self.assertIn(f"{path}:3: ", run.stdout)

    def test_what_is_allowed_passes(self):
        for path, line in ALLOWED:
            with self.subTest(path=path, line=line):
                run = judged(path, line)
                self.assertEqual((run.returncode, run.stdout.strip()), (0, "1 includes judged, 0 forbidden"))

    def test_a_tree_without_sources_does_not_pass(self):
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([sys.executable, str(HERE / "arrows.py"), folder], capture_output=True, text=True)
            self.assertEqual(run.returncode, 1)

    def test_every_folder_of_the_house_has_sources(self):
        root = HERE.parents[1]
        homes = {arrows.room_of(name).folder for name, _ in arrows.sources(root)}
        self.assertLessEqual({"actors/core/", "actors/ports/", "storage/", "storage/postgres/", "storage/redis/",
                              "storage/sqlite/", "net/", "node/", "loadtest/", "loadtest/bench/", "loadtest/guard/",
                              "tests/"}, homes)

    def test_the_page_tells_the_map_as_it_is(self):
        page = (HERE.parents[1] / "docs" / "architecture.md").read_text()
        _, folders = page.split("\n## Folders\n")
        rows = [line for line in folders.splitlines() if line.startswith("| `")]
        self.assertEqual(rows, arrows.map_of_folders(), "take what arrows.py --map prints")


if __name__ == "__main__":
    unittest.main()
