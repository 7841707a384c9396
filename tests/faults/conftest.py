"""What every cell starts from, and the table at the end."""

import json
import pathlib
import signal
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from parley_faults.cell import Cell  # noqa: E402
from parley_faults.cluster_world import ClusterWorld  # noqa: E402
from parley_faults.outcome import table  # noqa: E402
from parley_faults.world import World  # noqa: E402
from parley_testkit import workspace  # noqa: E402
from parley_testkit.network import Network  # noqa: E402

_outcomes = pytest.StashKey[list]()
_outcome = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="only the cells of the daily check, with short faults")
    parser.addoption("--factor", type=float, default=None, help="how long faults last: 1 as written (quick: 0.3)")
    parser.addoption("--seed", type=int, default=None, help="of all chance; printed (default: the clock)")
    parser.addoption("--part", default="1/1", help="K/N: every Nth cell, from the Kth on")
    parser.addoption("--results", type=pathlib.Path, help="a file for the outcomes, one JSON object per line")


def pytest_configure(config):
    # A cell must not take it for its own failure, as it would a SystemExit: the run is over, its servers are ended.
    signal.signal(signal.SIGTERM, _leave)
    config.addinivalue_line("markers", "quick: one of the cells of the daily check")
    config.stash[_outcomes] = []
    if config.getoption("--seed") is None:
        config.option.seed = time.time_ns() % 10**6


def _leave(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


def pytest_report_header(config):
    return f"seed of the faults: {config.getoption('--seed')}"


def pytest_collection_modifyitems(config, items):
    if config.getoption("--quick"):
        rest = [item for item in items if not item.get_closest_marker("quick")]
        config.hook.pytest_deselected(items=rest)
        items[:] = [item for item in items if item not in rest]
    first, step = map(int, config.getoption("--part").split("/"))
    config.hook.pytest_deselected(items=[item for n, item in enumerate(items) if n % step != first - 1])
    items[:] = items[first - 1::step]


@pytest.fixture
def cell(request):
    """`cell.run(world, fault, ...)` runs the cell; afterwards its outcome is printed and must be as expected."""
    quick = request.config.getoption("--quick")
    factor = request.config.getoption("--factor") or (0.3 if quick else 1.0)
    name = request.node.name.removeprefix("test_")
    one = Cell(name, seed=request.config.getoption("--seed"), factor=factor, folder=workspace.root())
    request.node.stash[_outcome] = one.outcome
    request.config.stash[_outcomes].append(one.outcome)
    yield one
    print(one.outcome)
    if one.outcome.problems and not one.outcome.died_of:
        workspace.keep()
        pytest.fail("\n".join([f"{name} is {one.outcome.verdict}", *one.outcome.problems]), pytrace=False)


@pytest.fixture
def world(request):
    """Makes the cell's world: `world(relays=["postgres"])`. It ends with the cell."""
    made = []

    def make(**settings):
        made.append(World(seed=request.config.getoption("--seed"), **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def shared():
    """It takes long to make three nodes with a network: all cells have the same ones."""
    made = []

    def get():
        if not made:
            if why := Network.missing():
                pytest.skip(why)
            made.append(ClusterWorld())
        return made[0]

    yield get
    for one in made:
        one.end()


@pytest.fixture
def cluster(cell, shared):
    """After `cell`, so that a machine without such networks shows in the table."""
    world = shared().begin()
    yield world
    world.heal()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What ended a cell before its verdict belongs into its line of the table."""
    report = (yield).get_result()
    outcome = item.stash.get(_outcome, None)
    if outcome is None:
        return
    if call.when == "teardown":  # a round takes long: who waits may watch
        reporter = item.config.pluginmanager.get_plugin("terminalreporter")
        reporter.ensure_newline()
        reporter.write_line("\n".join([f"{outcome.result}: {outcome}", *outcome.problems]))
    if call.when == "teardown" or not call.excinfo:
        return
    if report.skipped:
        outcome.skipped = str(call.excinfo.value)
    elif report.failed:
        outcome.died_of = f"{call.excinfo.typename}: {call.excinfo.value}"
        workspace.keep()


def pytest_terminal_summary(terminalreporter, config):
    outcomes = config.stash[_outcomes]
    terminalreporter.write_line("")
    for line in table(outcomes):
        terminalreporter.write_line(line)
    if path := config.getoption("--results"):
        path.write_text("".join(json.dumps(outcome.as_record()) + "\n" for outcome in outcomes))
