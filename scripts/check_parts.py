#!/usr/bin/python3
"""All set-up and all tests, in parts with a budget each; what CI runs, no more, no less."""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import functools
import os
import pathlib
import re
import sys
import threading
import time
import xml.etree.ElementTree
from typing import Callable, NamedTuple

import check_readme
from check_runs import Failed, Log, Tally

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "check"
PYTHON = "/usr/bin/python3"
CORES = os.cpu_count() or 2
PRESET = os.environ.get("CHECK_PRESET", "ci")  # the build that is tested; "dev" builds faster
PROGRAMS = ("parleyd", "parleyctl", "parley-check", "parley-load")  # what the parts that start processes test
FUZZ_SECONDS = 20


class Part(NamedTuple):
    name: str
    budget_s: int  # on 2 cores, from cold; a part that takes three times as long is ended and has failed
    what: str
    run: Callable[[Log], Tally]


class Outcome(NamedTuple):
    tally: Tally
    seconds: float
    problem: str  # in a few words; empty: none
    log: Log


def setup(log: Log) -> Tally:
    log.run("scripts/setup")
    return Tally(1)


def our_sources() -> list[str]:
    folders = ("actors", "storage", "net", "node", "loadtest", "tests")
    return [str(p.relative_to(ROOT)) for folder in folders for p in sorted((ROOT / folder).rglob("*.[ch]pp"))]


def format_(log: Log) -> Tally:
    files = our_sources()
    log.run("clang-format-14", "--dry-run", "--Werror", *files)
    return Tally(len(files))


def house(log: Log) -> Tally:
    log.run(PYTHON, "-B", "tests/house/arrows.py")
    log.run(PYTHON, "-B", "tests/house/test_arrows.py")
    log.run(PYTHON, "-B", "tests/house/named_tests.py")
    log.run(PYTHON, "-B", "tests/house/named_headings.py")
    log.run(PYTHON, "-B", "tests/house/test_embed_page.py")
    return Tally(5)


def build_tested(log: Log, *targets: str) -> None:
    log.run("cmake", "--preset", PRESET)
    log.run("cmake", "--build", "--preset", PRESET, "-j", str(CORES), "--target", *targets)


def build(log: Log) -> Tally:
    build_tested(log, *PROGRAMS)
    return Tally(1)


def build_all(log: Log) -> None:
    targets = os.environ.get("CHECK_TARGETS", "all").split()  # by hand and in CI: fewer, where few are needed
    build_tested(log, *targets)


def ctest(log: Log, *chosen: str) -> Tally:
    report = LOGS / f"{log.name}.xml"
    report.unlink(missing_ok=True)
    log.run("ctest", "--test-dir", f"build/{PRESET}", "-j", str(CORES), "--timeout", "420", "--output-on-failure",
            "--no-tests=error", "--output-junit", str(report), *chosen, may_fail=True)
    return junit(report)


def junit(report: pathlib.Path) -> Tally:
    """@raises Failed: where the runner wrote no report, which is no pass"""
    if not report.exists():
        raise Failed(f"no report {report.name}")
    suites = xml.etree.ElementTree.parse(report).getroot().iter("testsuite")
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0)) + int(suite.get("disabled", 0) or 0)
    return Tally(total - failed - skipped, failed, skipped)


def unit(log: Log) -> Tally:
    build_all(log)
    return ctest(log, "-LE", "contract|integration|house|replay")


def contract(log: Log) -> Tally:
    build_all(log)
    return ctest(log, "-L", "contract|integration")


def node_env(preset: str = PRESET) -> dict[str, str]:
    return {"PARLEYD": str(ROOT / "build" / preset / "bin" / "parleyd"), "PYTHONDONTWRITEBYTECODE": "1"}


def pytest(log: Log, *chosen: str) -> Tally:
    report = LOGS / f"{log.name}.xml"
    report.unlink(missing_ok=True)
    log.run(PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *chosen, may_fail=True,
            env=node_env())
    return junit(report)


def integration(log: Log) -> Tally:
    return pytest(log, "tests/integration")


def cluster(log: Log) -> Tally:
    return pytest(log, "tests/cluster")


def checker(log: Log) -> Tally:
    return pytest(log, "tests/replay")


def load(log: Log) -> Tally:
    return pytest(log, "tests/load")


def page(log: Log) -> Tally:
    """Types, rules, and tabs of a browser: these mostly wait, so that their files run side by side."""
    log.run("nodejs", "web/node_modules/typescript/bin/tsc", "--project", "web/demo/tsconfig.json")
    return node_tests(log, ["*.test/*.test.js"], "--test-concurrency=2")


def client(log: Log) -> Tally:
    """Builds the library, which fails where it grew too large, and tests what was built, in both encodings."""
    print(f"check: {log.run('nodejs', 'web/client/build.js').strip()}")
    once = {"browser", "cluster", "docs", "package", "protobuf", "reference"}  # no encoding, or one that they choose
    tests = (p.name for p in (ROOT / "web" / "client" / "test").glob("*.test.js"))
    in_both = [f"client/test/{name}" for name in tests if name.removesuffix(".test.js") not in once]
    runs = (["client/test/[a-d]*.test.js"], "json"), (["client/test/[!a-d]*.test.js"], "json"), (in_both, "protobuf")
    # Side by side: most of their time is waiting, for a takeover, a browser, a node that starts.
    with concurrent.futures.ThreadPoolExecutor(2) as two_at_a_time:
        tallies = list(two_at_a_time.map(lambda run: node_tests(log, run[0], encoding=run[1]), runs))
    return Tally(*map(sum, zip(*tallies)))


def node_tests(log: Log, patterns: list[str], *flags: str, encoding: str = "json") -> Tally:
    tests = sorted(str(p.relative_to(ROOT)) for pattern in patterns for p in (ROOT / "web").glob(pattern))
    output = log.run("nodejs", "--test", *flags, *tests, may_fail=True,
                     env=node_env() | {"ENCODING_UNDER_TEST": encoding})
    counts = {word: int(n) for word, n in re.findall(r"^(?:#|ℹ) (pass|fail|skipped) (\d+)$", output, re.MULTILINE)}
    if "pass" not in counts:
        raise Failed("no count in the output")
    return Tally(counts["pass"], counts["fail"], counts.get("skipped", 0))


def replay(log: Log) -> Tally:
    common = ("--quiet", "--seed", "1", "tests/data/irc")
    log.run("scripts/replay", "--start", "embedded", "--kill", "node", *common, env=node_env())
    log.run("scripts/replay", "--start", "postgres+redis", "--kill", "node,redis,postgres", *common, env=node_env())
    return Tally(2)


def faults(log: Log) -> Tally:
    return pytest(log, "tests/faults", "--quick", "--seed", "1")


def simulate(log: Log) -> Tally:
    """Worlds without a failure, those that once found a bug, and proof that a bug would be seen."""
    output = log.run("scripts/simulate", "--seeds", "5000")
    again = log.run("scripts/simulate", "--quiet", "--corpus", "tests/simulation/corpus.txt")
    log.run("scripts/mutants", "--fast")
    return Tally(sum(int(n) for n in re.findall(r"^(\d+) seeds, 0 failed", output + again, re.MULTILINE)))


def fuzz_targets() -> list[str]:
    text = (ROOT / "tests" / "fuzz" / "CMakeLists.txt").read_text()
    return re.findall(r"^parley_fuzz\((\w+)", text, re.MULTILINE)


def fuzz_one(log: Log, target: str) -> bool:
    corpus = ROOT / "build" / "fuzz" / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    kept = ROOT / "tests" / "fuzz" / "corpus" / target
    folders = [str(corpus)] + ([str(kept)] if kept.is_dir() else [])
    try:
        log.run(f"build/fuzz/bin/{target}", f"-max_total_time={FUZZ_SECONDS}", "-timeout=5", "-rss_limit_mb=2048",
                f"-artifact_prefix=build/fuzz/{target}-", "-print_final_stats=1", *folders)
        return True
    except Failed:
        return False


def build_fuzz(log: Log) -> None:
    log.run("cmake", "--preset", "fuzz")
    log.run("cmake", "--build", "--preset", "fuzz", "-j", str(CORES), "--target", *fuzz_targets())


def fuzz(log: Log) -> Tally:
    build_fuzz(log)
    targets = fuzz_targets()
    with concurrent.futures.ThreadPoolExecutor(2) as two_at_a_time:
        fine = list(two_at_a_time.map(functools.partial(fuzz_one, log), targets))
    return Tally(fine.count(True), fine.count(False))


RELEASED = ("parleyd", "parleyctl", "parley_guard", "parley_bench", "pg_loader", "pg_pages", "bare_broadcast", "beast_idle",
            "redis_hop")


def build_release(log: Log) -> None:
    """What runs in production, and what no other build has: the guard's paths and the bench's references."""
    log.run("cmake", "--preset", "release")
    log.run("cmake", "--build", "--preset", "release", "-j", str(CORES), "--target", *RELEASED)


def release(log: Log) -> Tally:
    build_release(log)
    return Tally(1)


def guard(log: Log) -> Tally:
    output = log.run("scripts/guard", may_fail=True)
    counts = re.search(r"^guard: (\d+) paths, (\d+) bad$", output, re.MULTILINE)
    if not counts:
        raise Failed("no judgement")
    return Tally(int(counts[1]) - int(counts[2]), int(counts[2]))


class Beside(threading.Thread):
    """What needs processors and no clock, at the lowest priority beside the parts that mostly wait: what later parts
    need is built, and some parts are run whole. A part for which that went wrong does it again, and tells what it is."""

    builds = {"unit": build_all, "contract": build_all, "release": build_release}
    runs = ("simulate", "fuzz")

    def __init__(self, parts: list[Part]) -> None:
        super().__init__(daemon=True)
        self.parts = sorted((p for p in parts if p.name in self.builds or p.name in self.runs),
                            key=lambda p: p.name == "release")
        self.ready = {p.name: threading.Event() for p in self.parts}
        self.deadline_s = 3 * sum(p.budget_s for p in parts)
        self.done: dict[str, Outcome] = {}

    def run(self) -> None:
        for part in self.parts:
            with contextlib.suppress(Exception):
                if part.name in self.runs:
                    log = Log(ROOT, LOGS / f"{part.name}.log", self.deadline_s, beside=True)
                    self.done[part.name] = carry_out(part, log)
                else:
                    self.builds[part.name](Log(ROOT, LOGS / f"{part.name}-build.log", self.deadline_s, beside=True))
            self.ready[part.name].set()

    def wait_for(self, name: str) -> Outcome | None:
        """@returns what came of a part that was run here"""
        if name in self.ready:
            self.ready[name].wait()
        return self.done.get(name)


PARTS = [
    Part("setup", 180, "the Debian packages", setup),
    Part("format", 20, "clang-format has nothing to change", format_),
    Part("house", 20, "includes follow the arrows; the docs name tests and headings that exist; the page is embedded", house),
    Part("build", 450, "the programs, with AddressSanitizer and UBSan", build),
    Part("integration", 380, "the protocol, asked of a node on both backends", integration),
    Part("cluster", 400, "three nodes as one: killed, stopped, back again; strangers, TLS; more databases and endpoints",
         cluster),
    Part("checker", 120, "the replay finds each bug of a lying node", checker),
    Part("load", 110, "a short load of each scenario, with its checker, which finds each bug of a lying node", load),
    Part("page", 200, "the page's types and rules, and its tabs in a real browser", page),
    Part("client", 60, "the client library: rules, a node and a cluster that are killed, the docs' snippets", client),
    Part("replay", 120, "real chat on both backends, with kill -9", replay),
    Part("faults", 180, "the strongest cells of the fault matrix, with short faults", faults),
    Part("unit", 240, "cores, codecs, actors, configuration", unit),
    Part("contract", 380, "adapters keep their ports' promises over real servers, and the models do as those do", contract),
    Part("simulate", 300, "5,000 worlds in virtual time, those that found a bug, and bugs that must be found", simulate),
    Part("fuzz", 450, f"each decoder for {FUZZ_SECONDS} s", fuzz),
    Part("release", 420, "the release and the references of the benches build", release),
    Part("guard", 60, "no hot path allocates more, or takes 3 % more instructions, than its baseline", guard),
    Part("readme", 90, "the README's commands work as written", functools.partial(check_readme.part, root=ROOT)),
]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/check", description=__doc__, epilog="Logs stay in build/check/.")
    parser.add_argument("--part", action="append", choices=[p.name for p in PARTS], metavar="NAME",
                        help="only this part, and the set-up and build that it needs; may be repeated")
    parser.add_argument("--list", action="store_true", help="names the parts with their budgets, and ends")
    return parser.parse_args()


NEEDS_BUILD = {"unit", "contract", "integration", "cluster", "checker", "load", "page", "client", "replay", "faults"}


def chosen_parts(names: list[str] | None) -> list[Part]:
    if not names:
        return PARTS
    wanted = set(names) | {"setup"} | ({"build"} if NEEDS_BUILD & set(names) else set())
    if "guard" in wanted:
        wanted.add("release")
    return [p for p in PARTS if p.name in wanted]


def carry_out(part: Part, log: Log) -> Outcome:
    started = time.monotonic()
    try:
        tally = part.run(log)
        problem = "" if tally.failed == 0 else f"{tally.failed} failed"
    except Failed as failure:
        tally, problem = Tally(0, 1), str(failure)
    return Outcome(tally, time.monotonic() - started, problem, log)


def in_turn(part: Part, beside: Beside | None) -> Outcome:
    print(f"check: {part.name} ({part.what}; budget {part.budget_s} s)", flush=True)
    ran = beside.wait_for(part.name) if beside else None
    ran = ran or carry_out(part, Log(ROOT, LOGS / f"{part.name}.log", deadline_s=3 * part.budget_s))
    if ran.problem:
        print(f"check: {part.name} FAILED: {ran.problem}; the end of {ran.log.path.relative_to(ROOT)}:\n{ran.log.tail()}")
    late = f", over its budget of {part.budget_s} s" if ran.seconds > part.budget_s else ""
    print(f"check: {part.name}: {ran.tally.passed} passed, {ran.tally.failed} failed in {ran.seconds:.0f} s{late}", flush=True)
    return ran


def main() -> int:
    chosen = options()
    if chosen.list:
        for part in PARTS:
            print(f"{part.name:12} {part.budget_s:4} s  {part.what}")
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    parts, beside, done, began = chosen_parts(chosen.part), None, [], time.monotonic()
    for part in parts:
        done.append((part, in_turn(part, beside)))
        if part.name == "build" and done[-1][1].tally.failed == 0:
            beside = Beside(parts)
            beside.start()
    print(f"\n{'part':12} {'passed':>7} {'failed':>7} {'skipped':>8} {'s':>6} {'budget':>7}")
    for part, ran in done:
        tally = ran.tally
        print(f"{part.name:12} {tally.passed:7} {tally.failed:7} {tally.skipped:8} {ran.seconds:6.0f} {part.budget_s:7}")
    passed, failed = (sum(getattr(ran.tally, name) for _, ran in done) for name in ("passed", "failed"))
    print(f"in {(time.monotonic() - began) / 60:.1f} minutes (some parts run beside others)\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
