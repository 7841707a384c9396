#!/usr/bin/python3
"""What scripts/bench keeps when a goal fails or the run is interrupted, and what it says of a wrong --bin."""

import contextlib
import io
import os
import pathlib
import signal
import sys
import tempfile
import types
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "support")]
import bench_report  # noqa: E402
from bench_goals import Row  # noqa: E402
from bench_measure import Failed  # noqa: E402


class Measured(contextlib.AbstractContextManager):
    """A goal of one row whose pairs do what they are told: a number is measured, anything else is called."""

    def __init__(self, name, pairs):
        self.rows, self.left, self.is_over = [Row(name, "what", "<= 1x")], list(pairs), False

    def __exit__(self, *_):
        self.is_over = True

    def pair(self):
        what = self.left.pop(0)
        if callable(what):
            what()
        self.rows[0].add(1, what)


def fail():
    raise Failed("a reader saw a hole")


def interrupt():
    os.kill(os.getpid(), signal.SIGTERM)


def measure(**pairs):
    goals = {name: Measured(name, does) for name, does in pairs.items()}
    options = types.SimpleNamespace(goals=list(pairs), pairs=2)
    with contextlib.redirect_stderr(io.StringIO()):
        rows, failures = bench_report.measure(options, {name: lambda _, g=goal: g for name, goal in goals.items()}, None)
    return {row.goal: row.ratio.values for row in rows}, {f["goal"]: f["why"] for f in failures}, goals


class Measuring(unittest.TestCase):
    def setUp(self):
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        bench_report.heed_signals()

    def test_a_goal_that_fails_takes_no_other_ones_result(self):
        rows, failures, _ = measure(P1=[1, 2], P3=[1, fail], P4=[3, 4])
        self.assertEqual(rows, {"P1": [1, 2], "P4": [3, 4]})
        self.assertEqual(failures, {"P3": "a reader saw a hole"})

    def test_an_interrupted_run_keeps_each_pair_that_was_measured_and_names_what_is_missing(self):
        rows, failures, goals = measure(P1=[1, 2], P3=[5, interrupt], P4=[3, 4])
        self.assertEqual(rows, {"P1": [1, 2], "P3": [5]})
        self.assertEqual(failures, {"P3": "interrupted", "P4": "interrupted"})
        self.assertTrue(goals["P3"].is_over)
        self.assertEqual(goals["P4"].left, [3, 4])

    def test_a_goal_that_was_interrupted_in_its_first_pair_has_no_row(self):
        rows, failures, _ = measure(P1=[interrupt, 2])
        self.assertEqual((rows, failures), ({}, {"P1": "interrupted"}))


class Programs(unittest.TestCase):
    def test_a_folder_without_the_programs_is_a_usage_error_that_names_them(self):
        said = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(said):
            there = pathlib.Path(folder)
            (there / "parleyd").write_text("#!/bin/sh\n")
            (there / "parleyd").chmod(0o755)
            self.assertEqual(bench_report.built(there, ("parleyd",)), there)
            with self.assertRaises(SystemExit) as ended:
                bench_report.built(there, ("parleyd", "pg_loader"))
        self.assertEqual(ended.exception.code, 2)
        self.assertIn(f"no pg_loader in {there}", said.getvalue())


if __name__ == "__main__":
    unittest.main()
