"""Three real nodes as one, over private databases and Redis servers."""

import pathlib
import secrets
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from parley_testkit.cluster import Cluster  # noqa: E402

GUARANTEES = [f"G{n}" for n in range(1, 10)]


def pytest_configure(config):
    for tag in GUARANTEES:
        config.addinivalue_line("markers", f"{tag}: the test guards this guarantee of the design")


@pytest.fixture(scope="session")
def shared():
    """The cluster that most tests share."""
    with Cluster(databases=2, redis=2) as made:
        yield made


@pytest.fixture
def cluster(shared):
    """It is whole when a test begins, whatever the one before did to it."""
    shared.make_whole()
    yield shared


@pytest.fixture
def room():
    """A room that no other test uses."""
    return f"room-{secrets.token_hex(6)}"
