"""The node under test, on each backend, and what every test of the suite starts from."""

import dataclasses
import itertools
import pathlib
import secrets
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from codecs_under_test import CODECS, JsonCodec  # noqa: E402
from parley_testkit.node import Node  # noqa: E402
from parley_testkit.servers import Postgres, Redis  # noqa: E402
from sessions import Session  # noqa: E402

BACKENDS = ("embedded", "postgres+redis")
GUARANTEES = [f"G{n}" for n in range(1, 10)]


def pytest_addoption(parser):
    parser.addoption("--backend", choices=BACKENDS, help="only this backend; default: both")
    parser.addoption("--later", action="store_true", help="also what is planned but may be absent")


def pytest_configure(config):
    for tag in GUARANTEES:
        config.addinivalue_line("markers", f"{tag}: the test guards this guarantee of the design")
    config.addinivalue_line("markers", "later: the operation is planned and may be absent")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--later"):
        return
    later = [item for item in items if item.get_closest_marker("later")]
    config.hook.pytest_deselected(items=later)
    items[:] = [item for item in items if item not in later]


def pytest_generate_tests(metafunc):
    chosen = metafunc.config.getoption("--backend")
    if "backend" in metafunc.fixturenames:
        backends = [chosen] if chosen else BACKENDS
        metafunc.parametrize("backend", backends, scope="session", indirect=True)
    if "codec" in metafunc.fixturenames:
        metafunc.parametrize("codec", CODECS.values(), ids=CODECS.keys())


# --- the node --------------------------------------------------------------------------------


@dataclasses.dataclass
class Database:
    """A further database in a cluster that runs already: all that a node needs to know of it."""

    url: str


class Backend:
    """Starts nodes on one kind of storage; the servers below them are started once."""

    def __init__(self, kind):
        self.kind = kind
        self.postgres = self.redis = None
        self.names = itertools.count(1)
        if kind != "embedded":
            self.postgres = Postgres().start()
            self.redis = Redis().start()

    def node(self, name, **settings):
        """A node with storage of its own, not started yet."""
        if self.kind == "embedded":
            return Node(name, **settings)
        database = f"parley_{next(self.names)}"
        self.postgres.execute(f"CREATE DATABASE {database}", database="postgres")
        url = self.postgres.url.removesuffix("/parley") + f"/{database}"
        return Node(name, postgres=[Database(url)], redis=[self.redis], **settings)

    def stop(self):
        for server in (self.postgres, self.redis):
            if server:
                server.stop()


@pytest.fixture(scope="session")
def backend(request):
    backend = Backend(request.param)
    yield backend
    backend.stop()


@pytest.fixture(scope="session")
def node(backend):
    """The one node that most tests share. It must end as cleanly as it ran."""
    node = backend.node("shared").start()
    yield node
    node.stop()


@pytest.fixture
def own_node(backend):
    """Starts nodes for tests that stop or restart theirs; `own_node(flags=[...])`."""
    started = []

    def start(**settings):
        node = backend.node("own", **settings)
        started.append(node)
        return node.start()

    yield start
    for node in started:
        node.child.end()


def address_of(node):
    return ("127.0.0.1", node.port)


@pytest.fixture
def address(node):
    """Where the shared node listens. The node outlives each test, whatever that test sent."""
    pid = node.child.pid
    yield address_of(node)
    assert node.child.alive() and node.child.pid == pid, node.child.log_tail()


# --- who talks to it -------------------------------------------------------------------------


@pytest.fixture
def room():
    """A room that no other test uses."""
    return f"room-{secrets.token_hex(6)}"


@pytest.fixture
def open_session(address):
    """Opens sessions that end with the test: `open_session()`, `open_session(ProtoCodec)`."""
    opened = []

    def open_one(codec=JsonCodec, **settings):
        session = Session(address, codec, **settings)
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        session.wire.drop()


@pytest.fixture
def enter(open_session, codec):
    """A connected session in the encoding under test: `ana = enter("ana")`."""

    def connect(user="ana", **settings):
        session = open_session(codec, **settings)
        session.connect(user)
        return session

    return connect


@pytest.fixture
def enter_json(open_session):
    """A connected session in JSON, for what is the same in both encodings or only in JSON."""

    def connect(user="ana", **settings):
        session = open_session(JsonCodec, **settings)
        session.connect(user)
        return session

    return connect


@pytest.fixture
def bystander(address):
    """Somebody in another room, whom nothing that the test sends may disturb."""
    room = f"bystander-{secrets.token_hex(6)}"
    with Session(address) as session:
        session.connect("bystander")
        session.join(room)
        session.until_live(room)
        yield session
        ack = session.publish(room, "still here")
        session.until_seq(room, ack["seq"], patience_s=5)
        assert not session.errors


LONG_ROOM_EVENTS = 1250
IN_FLIGHT_MAX = 125


@pytest.fixture(scope="session")
def long_room(node):
    """A room with 1,250 messages, text "n1" to "n1250": more than any page, rewind or max."""
    name = f"long-{secrets.token_hex(6)}"
    with Session(address_of(node)) as session:
        session.connect("scribe")
        for n in range(1, LONG_ROOM_EVENTS + 1):
            session.start("publish", room=name, text=f"n{n}", client_msg_id=f"{n:06}")
            if n % IN_FLIGHT_MAX == 0:  # a node may refuse what waits for longer than its deadline
                last = session.ack(n + 1, patience_s=60)  # `connect` was 1
        assert last["seq"] == LONG_ROOM_EVENTS
    return name
