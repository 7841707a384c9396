"""A rolling restart: each node in turn, round after round. Planned, so no client may see more than a pause."""

import itertools
import statistics
import time

import pytest

from parley_faults.cluster_steps import spread_again
from parley_faults.limits import is_instrumented
from parley_faults.tally import Tally

# The longest that a room may go without an ack, in a release build and in one that AddressSanitizer slows down.
_pause_s, _pause_instrumented_s = 1, 3


@pytest.mark.quick
def test_cluster_rolling_restart(cell, cluster, request):
    """SIGTERM: it hands its shards over, tells its clients to come back elsewhere, ends with 0, and comes back. No lost
    ack, no duplicate, nothing refused; a publish that was sent while the door closed may be open, and its repeat with
    the same key is all that a client does. Twenty rounds in full."""
    rounds = 1 if request.config.getoption("--quick") else cell.times(20, least=1)
    most = _pause_instrumented_s if is_instrumented(cluster.node.child.pid) else _pause_s
    restarts = []  # (round, node, begin, end), in ns

    async def fault(f):
        for turn, node in itertools.product(range(1, rounds + 1), list(f.world.nodes.values())):
            await f.lasts(1)
            begin = time.monotonic_ns()
            code = await f.stop(node, seconds=40)
            assert code == 0, f"{node.name} drained and ended with {code}\n{node.child.log_tail()}"
            f.hits["drains"] += 1
            await f.start(node)
            await spread_again(f)
            restarts.append((turn, node.name, begin, time.monotonic_ns()))
        await f.lasts(1, acks=200, joins=20)
        f.over()
        f.hits["told to reconnect"] += f.pushed("reconnect")

    out = cell.run(cluster, fault, rooms=3, load={"rate": 20},
                   hits={"drains": 3 * rounds, "told to reconnect": 3 * rounds})
    judge_pauses(out, cell.recorder, restarts, most)
    refused = {record["error"] for record in cell.recorder.records if record["op"] == "publish" and
               (record["phase"] == "fail" or record["phase"] == "info" and record["error"] != "closed")}
    if refused:
        out.problems.append(f"publishes failed with {sorted(refused)}")


def judge_pauses(out, recorder, restarts, most):
    acked = {}
    for (room, _), ns in Tally(recorder).update().acked_ns.items():
        acked.setdefault(room, []).append(ns)
    found = []
    for turn, name, begin, end in restarts:
        pauses = {room: longest_silence_s(sorted(times), begin, end) for room, times in acked.items()}
        found += pauses.values()
        if max(pauses.values()) > most:
            out.problems.append(f"round {turn}, {name}: no ack for {max(pauses.values()):.2f} s, {most} s are allowed; "
                                f"by room: {pauses}")
    out.hits["longest pause in ms"] = round(1000 * max(found))
    out.hits["median pause in ms"] = round(1000 * statistics.median(found))


def longest_silence_s(times, begin, end):
    """Between two acks, one of which came in between."""
    return max((later - before) / 1e9 for before, later in zip(times, times[1:]) if later > begin and before < end)
