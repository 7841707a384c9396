"""What scripts/compare says: the median over the pairs and, in brackets, the smallest and the largest; ratios within a pair."""

from __future__ import annotations

import json
import pathlib
import statistics
from typing import Callable, Iterable

from compare_peers import Parley, peers

repository = pathlib.Path(__file__).resolve().parents[1]


def _cpu(run: dict, of: str) -> float:
    """us of all watched processes for one unit."""
    return sum(run[f"cpu_{name}"] for name in run["servers"]) * 1e6 / run[of]


# What is told, in which phase, and how.
figures: list[tuple[str, str, Callable[[dict], float]]] = [
    ("publish to ack p50, us", "paced", lambda r: r["ack_p50_us"]),
    ("publish to ack p99, us", "paced", lambda r: r["ack_p99_us"]),
    ("publish to delivery p50, us", "paced", lambda r: r["delivery_p50_us"]),
    ("publish to delivery p99, us", "paced", lambda r: r["delivery_p99_us"]),
    ("deliveries/s", "fan-out", lambda r: r["deliveries_per_second"]),
    ("server CPU per delivery, us", "fan-out", lambda r: _cpu(r, "deliveries")),
    ("acked publishes/s", "publish", lambda r: r["acks_per_second"]),
    ("server CPU per acked publish, us", "publish", lambda r: _cpu(r, "acks")),
]


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def told(values: Iterable[float]) -> str:
    values = list(values)
    span = f" ({_short(min(values))}-{_short(max(values))})" if len(values) > 1 else ""
    return _short(statistics.median(values)) + span


def show(result: dict) -> None:
    """The table in Markdown, for docs/performance.md."""
    options, machine = result["options"], result["machine"]
    print(f"{options['pairs']} pairs of {options['seconds']} s, {options['rooms']} rooms of {options['readers']} readers, "
          f"{options['text_bytes']} B; {machine['cores']} cores of {machine['cpu']}, Linux {machine['kernel']}, commit "
          f"{machine['commit'][:12]}{' with changes' if machine['changed'] else ''}\n")
    for name in dict.fromkeys(run["against"] for run in result["runs"]):
        _show_peer(name, [run for run in result["runs"] if run["against"] == name], float(options["rate"]))
    print("| peer | an ack means | what it does not promise |\n| --- | --- | --- |")
    for peer in [Parley] + [peers[name] for name in dict.fromkeys(run["against"] for run in result["runs"])]:
        print(f"| {peer.title} | {peer.promises} | {peer.lacks} |")


def _show_peer(name: str, runs: list[dict], rate: float) -> None:
    print(f"**{peers[name].title}**\n\n| | Parley | {name} | {name} by Parley |\n| --- | --- | --- | --- |")
    for what, mode, value in figures:
        ours, theirs = ([value(r) for r in runs if r["mode"] == mode and r["peer"] == peer] for peer in ("parley", name))
        ratios = [b / a for a, b in zip(ours, theirs)]
        label = f"{what} at {rate:g} publishes/s" if mode == "paced" else what
        print(f"| {label} | {told(ours)} | {told(theirs)} | {told(ratios)}x |")
    for mode, unit, words in (("fan-out", "deliveries", "CPU per delivery, us: "), ("publish", "acks", "CPU per ack, us: ")):
        print(f"| {words}by process | {_by_process(runs, 'parley', mode, unit)} | {_by_process(runs, name, mode, unit)} | |")
    print()
    for note in _notes(name, runs):
        print(f"- {note}")
    print()


def _by_process(runs: list[dict], peer: str, mode: str, unit: str) -> str:
    mine = [run for run in runs if run["peer"] == peer and run["mode"] == mode]
    parts = []
    for process in mine[0]["servers"]:
        cost = statistics.median(run[f"cpu_{process}"] * 1e6 / run[unit] for run in mine)
        parts.append(f"{process} {_short(cost)}")
    return ", ".join(parts)


def _notes(name: str, runs: list[dict]) -> list[str]:
    """The load's own ceiling, and what its check saw."""
    notes = []
    for peer in ("parley", name):
        for mode, unit in (("fan-out", "deliveries"), ("publish", "acks")):
            mine = [run for run in runs if run["peer"] == peer and run["mode"] == mode]
            ceiling = statistics.median(run[unit] / run["cpu_generator"] for run in mine)
            rate = statistics.median(run[unit] / run["seconds"] for run in mine)
            notes.append(f"{peer}, {mode}: the load (one thread of Node) could take {ceiling:,.0f} {unit}/s with a core of its own, "
                         f"{ceiling / rate:.1f}x of what came" + ("" if ceiling >= 2 * rate else ": less than twice, so the rate may be the load's"))
    for what, words in (("lost", "never came"), ("repeated", "came twice"), ("disordered", "came after a newer one"),
                        ("unacked", "were not acknowledged")):
        if count := sum(run[what] for run in runs if run["peer"] == name):
            notes.append(f"{name}: {count} messages {words}")
    return notes


def write(result: dict, output: pathlib.Path | None) -> None:
    stamp = result["machine"]["date"].replace(":", "")
    path = output or repository / "build" / "bench" / f"compare-{stamp}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1))
    print(f"All figures are in {path}")
