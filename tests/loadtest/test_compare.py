#!/usr/bin/python3
"""What scripts/compare says about its runs: medians, ratios within a pair, CPU by process, and what the check saw."""

import contextlib
import io
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "support")]
import compare_table  # noqa: E402


def run(peer, mode, pair, scale=1.0, **more):
    servers = ["parley", "postgres", "redis"] if peer == "parley" else ["nats"]
    return {"against": "nats", "pair": pair, "peer": peer, "mode": mode, "servers": servers, "seconds": 10,
            "acks": 1000, "deliveries": 100_000, "acks_per_second": 100 * scale, "deliveries_per_second": 10_000 * scale,
            "ack_p50_us": 500 * scale, "ack_p99_us": 900, "delivery_p50_us": 600, "delivery_p99_us": 1200,
            "cpu_generator": 1.0, "lost": 0, "repeated": 0, "disordered": 0, "unacked": 0,
            "cpu_parley": 1.0, "cpu_postgres": 0.5, "cpu_redis": 0.25, "cpu_nats": 0.7} | more


def shown(runs):
    result = {"options": {"pairs": "2", "seconds": "10", "rooms": "10", "readers": "100", "rate": "50", "text_bytes": "160"},
              "machine": {"cores": 2, "cpu": "a CPU", "kernel": "6.18", "commit": "0123456789abcdef", "changed": False},
              "runs": runs}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        compare_table.show(result)
    return out.getvalue()


def pairs(**theirs):
    return [run(peer, mode, pair, **(theirs if peer == "nats" else {}))
            for pair in (0, 1) for peer in ("parley", "nats") for mode in ("paced", "fan-out", "publish")]


class Table(unittest.TestCase):
    def test_a_ratio_is_made_within_its_pair(self):
        # Parley 500 and 1000 us, the peer 1000 and 1000 us: 2x and 1x; a ratio of the medians would be 1.33.
        runs = pairs(scale=2.0)
        for one in runs:
            if one["peer"] == "parley" and one["pair"] == 1:
                one["ack_p50_us"] = 1000
        self.assertIn("| publish to ack p50, us at 50 publishes/s | 750 (500-1,000) | 1,000 (1,000-1,000) | 1.5 (1-2)x |", shown(runs))

    def test_cpu_is_that_of_all_watched_processes_and_told_by_process(self):
        text = shown(pairs())
        self.assertIn("| server CPU per delivery, us | 17.5 (17.5-17.5) | 7 (7-7) | 0.4 (0.4-0.4)x |", text)
        self.assertIn("| CPU per delivery, us: by process | parley 10, postgres 5, redis 2.5 | nats 7 | |", text)
        self.assertIn("| CPU per ack, us: by process | parley 1,000, postgres 500, redis 250 | nats 700 | |", text)

    def test_what_a_peer_does_not_promise_stands_beside_its_figures(self):
        text = shown(pairs())
        self.assertIn("| peer | an ack means | what it does not promise |", text)
        self.assertRegex(text, r"\| NATS JetStream.*not fsynced.*power cut")

    def test_what_the_check_saw_is_told(self):
        self.assertNotIn("never came", shown(pairs()))
        self.assertIn("nats: 18 messages never came", shown(pairs(lost=3)))

    def test_a_load_near_its_own_ceiling_says_so(self):
        self.assertNotIn("may be the load's", shown(pairs()))
        self.assertIn("nats, fan-out: the load (one thread of Node) could take 12,500 deliveries/s with a core of its own, 1.2x of what came: "
                      "less than twice, so the rate may be the load's", shown(pairs(cpu_generator=8.0)))


class Usage(unittest.TestCase):
    def test_a_wrong_number_ends_with_64_before_anything_is_started(self):
        done = subprocess.run([sys.executable, "-B", str(ROOT / "scripts" / "compare"), "--readers", "0"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 64)
        self.assertIn("must be above 0", done.stderr)


if __name__ == "__main__":
    unittest.main()
