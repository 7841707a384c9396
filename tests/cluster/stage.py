"""Load on a cluster while something happens to its nodes, and the verdict on what clients were told."""

import asyncio
import time

from parley_faults.cluster_run import ClusterRun
from parley_faults.judge import judge
from parley_faults.load import Load
from parley_faults.tally import Tally
from parley_replay.fresh_join import fresh_join
from parley_replay.stored_room import read_room
from parley_testkit import workspace
from parley_testkit.history import Recorder, stored_event, told


class Stage:
    """What happens gets this: the load, and what clients were told so far."""

    def __init__(self, rooms, fronts, load):
        self.recorder = Recorder()
        self.run = ClusterRun(fronts[0].http, self.recorder, 1, f"{time.time_ns() // 10**6:x}", pipeline=4, patience=60,
                              answer_s=15, fronts=list(fronts))
        self.load = Load(self.run, list(rooms), **{"writers": 2, "readers": 2, "rate": 12} | load)
        self.tally = Tally(self.recorder)

    def count(self, what, room=None):
        return self.tally.snapshot()[what, room]

    async def acks(self, least, seconds=60):
        """Returns when each room has so many acks more than now."""
        begin, end = self.tally.snapshot(), time.monotonic() + seconds
        while any(self.count("acks", room) < begin["acks", room] + least for room in self.load.rooms):
            self.load.check()
            assert time.monotonic() < end, f"not {least} acks in each room after {seconds} s: {self.tally.snapshot()}"
            await asyncio.sleep(0.05)

    def longest_silence_s(self, room, since_ns):
        """Between two acks of the room, the later of which came after that moment."""
        times = sorted(ns for (of, _), ns in self.tally.update().acked_ns.items() if of == room)
        return max((later - max(before, since_ns)) / 1e9 for before, later in zip(times, times[1:]) if later > since_ns)

    def no_error(self):
        """Not one publish was refused or left open, and no session was lost."""
        failed = [record for record in self.recorder.records
                  if record["op"] == "publish" and record["phase"] in ("fail", "info")]
        assert not failed, f"{len(failed)} publishes failed, the first: {failed[0]}"
        assert self.run.progress.connections_lost == 0


def play(name, rooms, fronts, happens, **load):
    """Load in these rooms through these nodes, what `happens(stage)` does, and a verdict that must be `valid`.

    A history that says otherwise stays in the workspace, NAME.jsonl."""
    return asyncio.run(_play(name, rooms, fronts, happens, load))


async def _play(name, rooms, fronts, happens, load_options):
    stage = Stage(rooms, fronts, load_options)
    run, load = stage.run, stage.load
    load.start()
    try:
        await stage.acks(10)
        stage.recorder.add("fault", fault="links between nodes", phase="begin")  # nodes repeat what a broken one lost
        stage.recorder.add("fault", fault=name, phase="begin")
        await happens(stage)
        stage.recorder.add("fault", fault=name, phase="end")
        stage.recorder.add("healed")
        await stage.acks(10)
        await load.stop_writing()
        stored = {room: await asyncio.to_thread(read_room, run.fronts[0].http, room, run.patience) for room in load.rooms}
        await load.finish({room: head["seq"] for room, (_, head) in stored.items()})
        for room, (events, head) in stored.items():
            await fresh_join(run, room)
            stage.recorder.add("stored", room=room, head=told(head),
                               events=[stored_event(event) for event in events])
    finally:
        await load.abandon()
        stage.recorder.close()
    late = [reader.name for reader in load.all_readers if reader.late]
    verdict = judge(stage.recorder, workspace.root() / f"{name}.jsonl")
    if late or verdict.verdict != "valid":
        workspace.keep()
    assert not late, f"not at the head after {run.patience} s: {late}"
    assert verdict.verdict == "valid", str(verdict)
    return stage
