#!/usr/bin/python3
"""How scripts/guard judges: what is a regression, what is a hint, and what cannot be judged."""

import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import guard_judge  # noqa: E402
from guard_judge import Cost, Unusable  # noqa: E402

PATHS = {"delivery": Cost(0, 0, 900), "publish": Cost(17.1232, 1323.3, 7000)}
BASELINE = guard_judge.updated(None, "12.2.0", PATHS)


def verdict(baseline=BASELINE, **changed):
    """@returns whether it passes, and what is said, where these paths cost something else (None: not run)"""
    now = {name: cost for name, cost in (PATHS | changed).items() if cost}
    rows = guard_judge.judged(baseline, now)
    passes, said = guard_judge.verdict(rows)
    return passes, guard_judge.table(rows) + "\n" + said


class Judgement(unittest.TestCase):
    def test_the_same_figures_pass_and_nothing_is_said(self):
        passes, said = verdict()
        self.assertTrue(passes)
        self.assertNotIn("guard:", said)

    def test_one_allocation_more_in_a_thousand_operations_fails_with_what_to_do(self):
        passes, said = verdict(delivery=Cost(0.001, 0, 900))
        self.assertFalse(passes)
        self.assertIn("WORSE: allocations", said)
        self.assertIn("cost more than the baseline says: delivery.", said)
        self.assertIn("scripts/guard --update", said)
        self.assertIn("scripts/guard --profile", said)

    def test_instructions_may_rise_by_their_tolerance_and_no_more(self):
        self.assertTrue(verdict(delivery=Cost(0, 0, 926))[0])
        passes, said = verdict(delivery=Cost(0, 0, 928))
        self.assertFalse(passes)
        self.assertRegex(said, r"delivery .* 1\.031  WORSE: instructions")

    def test_bytes_may_rise_by_a_tenth(self):
        self.assertTrue(verdict(publish=Cost(17.1232, 1455, 7000))[0])
        self.assertFalse(verdict(publish=Cost(17.1232, 1460, 7000))[0])

    def test_a_tolerance_of_a_path_comes_before_the_common_one(self):
        own = BASELINE._replace(own={"delivery": 0.2})
        self.assertTrue(verdict(own, delivery=Cost(0, 0, 1070))[0])
        self.assertFalse(verdict(own, publish=Cost(17.1232, 1323.3, 7300))[0])

    def test_an_improvement_passes_with_a_hint(self):
        passes, said = verdict(publish=Cost(16, 1323.3, 6000))
        self.assertTrue(passes)
        self.assertIn("better: allocations, instructions", said)
        self.assertIn("guard: cost less: publish. scripts/guard --update keeps the gain", said)

    def test_an_improvement_does_not_hide_what_became_worse(self):
        passes, said = verdict(publish=Cost(18, 1323.3, 5000))
        self.assertFalse(passes)
        self.assertIn("WORSE: allocations", said)

    def test_a_path_that_did_not_run_fails(self):
        passes, said = verdict(publish=None)
        self.assertFalse(passes)
        self.assertIn("NOT RUN", said)
        self.assertIn("in the baseline, and not run: publish.", said)

    def test_a_path_that_the_baseline_does_not_know_fails(self):
        passes, said = verdict(join=Cost(1, 1, 1))
        self.assertFalse(passes)
        self.assertIn("NOT IN THE BASELINE", said)
        self.assertIn("guard: not in the baseline: join. scripts/guard --update writes them down", said)

    def test_without_valgrind_the_allocations_are_judged_alone(self):
        self.assertTrue(verdict(delivery=Cost(0, 0, None), publish=Cost(17.1232, 1323.3, None))[0])
        self.assertFalse(verdict(delivery=Cost(1, 0, None))[0])


class Baselines(unittest.TestCase):
    def assert_unusable(self, text, reason):
        with self.assertRaisesRegex(Unusable, reason):
            guard_judge.read(text)

    def test_what_is_written_is_read_again(self):
        own = BASELINE._replace(own={"delivery": 0.2})
        self.assertEqual(guard_judge.read(guard_judge.written(own)), own)

    def test_an_update_keeps_the_tolerances_and_forgets_paths_that_are_gone(self):
        old = BASELINE._replace(own={"delivery": 0.2, "publish": 0.5}, tolerance=guard_judge.Tolerance(0.01, 0.2))
        new = guard_judge.updated(old, "13.1.0", {"delivery": Cost(1, 2, 3)})
        self.assertEqual(new, guard_judge.Baseline("13.1.0", old.tolerance, {"delivery": Cost(1, 2, 3)}, {"delivery": 0.2}))

    def test_a_malformed_one_says_where_it_is_wrong(self):
        good = guard_judge.written(BASELINE)
        self.assert_unusable("paths = [", "no TOML: Invalid value")
        self.assert_unusable("", "'format' must be \"parley-guard/1\"")
        self.assert_unusable(good.replace("parley-guard/1", "parley-guard/2"), "'format' must be")
        self.assert_unusable(good.replace('compiler = "12.2.0"', "compiler = 12"), "'compiler' must be")
        self.assert_unusable(good.replace("instructions = 900", "instructions = -1"), r'\[paths."delivery"\]: \'instructions\' must be a number')
        self.assert_unusable(good.replace("instructions = 900", 'instructions = "900"'), "must be a number")
        self.assert_unusable(good.replace("instructions = 900\n", ""), r'\[paths."delivery"\]: \'instructions\' must be a number')
        self.assert_unusable(good.replace("instructions = 0.03\n", ""), r"\[tolerance\]: 'instructions' must be a number")
        self.assert_unusable(good.replace("instructions = 900", "instructions = 900\ncycles = 3"), r'\[paths."delivery"\]: nobody reads \'cycles\'')
        self.assert_unusable(good + "\n[more]\n", "the file: nobody reads 'more'")
        without_paths = good[:good.index("[paths")]
        self.assert_unusable(without_paths, "names no path")
        self.assert_unusable(without_paths + "[paths]\n", "names no path")
        self.assert_unusable("paths = 3\n" + without_paths, "names no path")
        self.assert_unusable(without_paths + "[paths]\ndelivery = 3\n", r'\[paths."delivery"\] must be a table')

    def test_the_one_that_is_committed_is_well_formed_and_keeps_deliveries_free_of_allocation(self):
        committed = guard_judge.read((ROOT / "loadtest" / "guard" / "baseline.toml").read_text())
        self.assertEqual(committed.paths["delivery.100_readers"].allocations, 0)


class Usage(unittest.TestCase):
    def test_help_is_told_and_a_wrong_option_ends_with_2_before_anything_is_built(self):
        script = [sys.executable, "-B", str(ROOT / "scripts" / "guard")]
        self.assertIn("--update", subprocess.run([*script, "--help"], check=True, capture_output=True, text=True).stdout)
        wrong = subprocess.run([*script, "--update", "--allocations"], capture_output=True, text=True)
        self.assertEqual((wrong.returncode, "not allowed with" in wrong.stderr), (2, True))


if __name__ == "__main__":
    unittest.main()
