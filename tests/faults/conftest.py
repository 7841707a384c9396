"""What every cell starts from, and the table at the end."""

import pathlib
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from parley_faults.cell import Cell  # noqa: E402
from parley_faults.world import World  # noqa: E402
from parley_testkit import workspace  # noqa: E402

_outcomes = pytest.StashKey[list]()


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="only the cells of the daily check, with short faults")
    parser.addoption("--factor", type=float, default=None, help="how long faults last: 1 as written (quick: 0.3)")
    parser.addoption("--seed", type=int, default=None, help="of all chance; printed (default: the clock)")


def pytest_configure(config):
    config.addinivalue_line("markers", "quick: one of the cells of the daily check")
    config.stash[_outcomes] = []
    if config.getoption("--seed") is None:
        config.option.seed = time.time_ns() % 10**6


def pytest_report_header(config):
    return f"seed of the faults: {config.getoption('--seed')}"


def pytest_collection_modifyitems(config, items):
    if config.getoption("--quick"):
        rest = [item for item in items if not item.get_closest_marker("quick")]
        config.hook.pytest_deselected(items=rest)
        items[:] = [item for item in items if item not in rest]


@pytest.fixture
def cell(request):
    """`cell.run(world, fault, ...)` runs the cell; afterwards its outcome is printed and must be as expected."""
    quick = request.config.getoption("--quick")
    factor = request.config.getoption("--factor") or (0.3 if quick else 1.0)
    name = request.node.name.removeprefix("test_")
    one = Cell(name, seed=request.config.getoption("--seed"), factor=factor, folder=workspace.root())
    request.config.stash[_outcomes].append(one.outcome)
    yield one
    print(one.outcome)
    if one.outcome.problems:
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


def pytest_terminal_summary(terminalreporter, config):
    outcomes = config.stash[_outcomes]
    if not outcomes:
        return
    write = terminalreporter.write_line
    write("")
    write(f"{'cell':42} {'verdict':8} {'acks':>6} {'joins':>6} {'refused':>7} {'open':>5} {'late ms':>7} {'back s':>6} {'s':>4}  hits")
    for o in outcomes:
        hits = ", ".join(f"{name} {count}" for name, count in sorted(o.hits.items()))
        write(f"{o.cell:42} {o.verdict:8} {o.acks:6} {o.joins:6} {o.refused:7} {o.open:5} {o.late_ms:7} "
              f"{o.recovery_s:6.1f} {o.seconds:4.0f}  {hits}")
