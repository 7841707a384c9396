"""Who is no node of the cluster: refused with a reason, and nobody else notices."""

import os
import secrets
import socket
import time

import pytest

from parley_testkit.cluster import metrics, publish
from parley_testkit.waiting import wait_until

CANNOT_TAKE, INCOMPATIBLE = 73, 78  # node/exit_code.hpp
# net/peer/peer_options.hpp: a step of the handshake, and the time to hear why.
STEP_S, CLOSING_S = 2, 1
STRANGERS_MAX = 64


class Database:
    def __init__(self, url):
        self.url = url


def expect_refused(cluster, node, *words, code=INCOMPATIBLE):
    """It ends by itself, says why, and the cluster goes on."""
    node.child.start()
    assert node.child.wait(30) == code, node.child.log_tail()
    said = node.child.log_tail()
    for word in words:
        assert word in said, said
    wait_until(cluster.is_spread, seconds=20, what=f"the others to have every shard: {cluster.owned()}")


def test_a_node_with_another_number_of_shards_is_refused(cluster):
    node = cluster.node("n4", shards=16)
    expect_refused(cluster, node, "the database was made with 32 shards, not 16",
                   "the number is fixed when a cluster is made")


def test_a_node_that_mixes_two_clusters_databases_is_refused(cluster):
    server = cluster.databases[0]
    name = f"other_{secrets.token_hex(4)}"
    server.execute(f"CREATE DATABASE {name}", database="postgres")
    other = Database(server.url.removesuffix("/parley") + f"/{name}")
    node = cluster.node("n4", databases=[other, cluster.databases[1]])
    expect_refused(cluster, node, "the database belongs to another cluster")


@pytest.mark.G2
def test_a_node_whose_list_of_databases_is_another_is_refused(cluster):
    same = "name the same databases in the same order"
    expect_refused(cluster, cluster.node("n4", databases=cluster.databases[:1]),
                   "the cluster's list of databases is 2 long, this node's is 1 long", same)
    expect_refused(cluster, cluster.node("n4", databases=cluster.databases[::-1]),
                   "lives in database 1 of the list, but this list would put it into database 2", same)


@pytest.mark.G2
@pytest.mark.G7
def test_a_node_that_has_an_empty_database_at_anothers_place_is_refused(cluster):
    server = cluster.databases[1]
    name = f"empty_{secrets.token_hex(4)}"
    server.execute(f"CREATE DATABASE {name}", database="postgres")
    empty = Database(server.url.removesuffix("/parley") + f"/{name}")
    expect_refused(cluster, cluster.node("n4", databases=[cluster.databases[0], empty]),
                   "is not the one that the cluster has at its place")


def test_a_node_whose_list_of_redis_endpoints_is_another_is_refused(cluster):
    expect_refused(cluster, cluster.node("n4", redis=cluster.redis[::-1]),
                   "the cluster's Redis endpoints are", "name the same in the same order on every node")


def test_a_node_under_the_name_of_one_that_runs_is_refused_and_the_first_goes_on(cluster):
    first = cluster.nodes["n2"]
    pid = first.child.pid
    expect_refused(cluster, cluster.node("n2"), "another node runs as 'n2'", f":{first.peer_port}", code=CANNOT_TAKE)
    assert first.child.alive() and first.child.pid == pid
    publish(first, "after-the-second", "it still serves")


# --- the peer port


@pytest.fixture
def target(cluster):
    """A node that must go on as the same process, with its links."""
    node = cluster.nodes["n1"]
    for rooms in cluster.rooms_by_owner().values():
        publish(node, rooms[0], "so that there are links")
    pid, links = node.child.pid, metrics(node)["parley_peer_links"]
    assert links > 0
    yield node
    assert node.child.alive() and node.child.pid == pid, node.child.log_tail()
    assert metrics(node)["parley_peer_links"] >= links
    for rooms in cluster.rooms_by_owner().values():
        for other in cluster.nodes.values():
            publish(other, rooms[0], "still here")


def dial(node):
    return socket.create_connection(("127.0.0.1", node.peer_port), 5)


def closes_within(link, seconds):
    """How long it took until the other end closed it. Fails if it did not."""
    begin = time.monotonic()
    while (left := begin + seconds - time.monotonic()) > 0:
        link.settimeout(left)
        try:
            if not link.recv(65536):
                return time.monotonic() - begin
        except ConnectionError:
            return time.monotonic() - begin
        except TimeoutError:
            break
    pytest.fail(f"still open after {seconds} s")


GARBAGE = {
    "random bytes": os.urandom(65536),
    "a request for a page": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a request that never ends": b"GET /v1/peer HTTP/1.1\r\nX: " + b"y" * 200_000,
    "a TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(193),
    "an upgrade, then garbage": b"GET /v1/peer HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                                + os.urandom(4096),
    "an upgrade, then a frame of 2^62 bytes": b"GET /v1/peer HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                              b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                                              b"Sec-WebSocket-Version: 13\r\n\r\n\x82\xff\x40" + bytes(11),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_on_the_peer_port_is_closed_and_counted(target, what):
    before = metrics(target)["parley_peer_links_refused_total"]
    with dial(target) as link:
        try:
            link.sendall(GARBAGE[what])
        except ConnectionError:
            pass  # it has heard enough
        closes_within(link, 2 * STEP_S + CLOSING_S + 2)
    wait_until(lambda: metrics(target)["parley_peer_links_refused_total"] > before, seconds=5, what="it to be counted")


def test_silence_on_the_peer_port_is_closed_however_many_there_are(target):
    before = metrics(target)["parley_peer_links_refused_total"]
    links = [dial(target) for _ in range(2 * STRANGERS_MAX)]
    try:
        for link in links:
            closes_within(link, STEP_S + CLOSING_S + 2)
    finally:
        for link in links:
            link.close()
    refused = lambda: metrics(target)["parley_peer_links_refused_total"] - before  # noqa: E731
    wait_until(lambda: refused() >= len(links), seconds=5, what="each to be counted")


def test_a_byte_at_a_time_does_not_keep_a_connection_open(target):
    with dial(target) as link:
        begin = time.monotonic()
        try:
            for byte in b"GET /v1/peer HTTP/1.1\r\nHost: x\r\n" * 100:
                link.sendall(bytes([byte]))
                time.sleep(0.05)  # the slowness is the attack
                if time.monotonic() > begin + STEP_S + CLOSING_S + 5:
                    pytest.fail("still open")
        except ConnectionError:
            pass
        assert time.monotonic() - begin < STEP_S + CLOSING_S + 4
