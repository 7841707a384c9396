"""Links over mutual TLS, with certificates by `parleyctl ca`."""

import socket
import ssl
import subprocess

import pytest
import requests

from parley_testkit.cluster import Cluster, Papers, metrics, publish
from parley_testkit.recipes import parleyd
from parley_testkit.waiting import wait_until


@pytest.fixture(scope="module")
def secure():
    with Cluster(nodes=2, papers=Papers("authority")) as made:
        yield made


def test_publishes_through_each_node_reach_every_owner(secure):
    for rooms in secure.rooms_by_owner().values():
        for n, node in enumerate(secure.nodes.values(), 1):
            assert publish(node, rooms[0], "hello")["seq"] == n
    for node in secure.nodes.values():
        assert metrics(node)["parley_peer_links"] > 0


def test_what_comes_without_tls_or_without_a_certificate_gets_no_link(secure):
    node = secure.nodes["n1"]
    before = metrics(node)
    with socket.create_connection(("127.0.0.1", node.peer_port), 5) as plain:
        plain.sendall(b"GET /v1/peer HTTP/1.1\r\nHost: x\r\n\r\n")
        plain.settimeout(6)
        try:
            while plain.recv(65536):
                pass
        except ConnectionError:
            pass
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", node.peer_port), 5) as link, pytest.raises((ssl.SSLError, OSError, EOFError)):
        with context.wrap_socket(link) as secured:  # with TLS 1.3 the refusal may come after the client is done
            secured.sendall(b"GET /v1/peer HTTP/1.1\r\nHost: x\r\n\r\n")
            if not secured.recv(1):
                raise EOFError
    wait_until(lambda: metrics(node)['parley_peer_links_refused_total{why="not_secure"}'] >=
               before['parley_peer_links_refused_total{why="not_secure"}'] + 2, seconds=5, what="both to be counted")


def test_a_node_with_another_authoritys_certificate_gets_no_link(secure):
    """It may share the databases: whoever may write there is trusted by them. No node talks to it."""
    stranger = secure.node("n9", papers=Papers("stranger").of("n9"))
    before = sum(metrics(node)['parley_peer_links_refused_total{why="not_secure"}'] for node in secure.nodes.values())
    try:
        stranger.child.start()
        wait_until(lambda: answers(stranger), seconds=30, what="it to listen")
        rooms = [rooms[0] for name, rooms in secure.rooms_by_owner().items() if name in secure.nodes]

        def has_tried():
            for room in rooms:  # it needs a link to their owners
                requests.post(f"{stranger.http}/v1/rooms/{room}/messages", json={"text": "x"}, timeout=30)
            return sum(metrics(node)['parley_peer_links_refused_total{why="not_secure"}']
                       for node in secure.nodes.values()) > before

        wait_until(has_tried, seconds=30, what="it to be refused")
        assert metrics(stranger)["parley_peer_links"] == 0
    finally:
        stranger.child.end(seconds=30)
    secure.make_whole()


def answers(node):
    try:
        return requests.get(f"{node.http}/healthz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def test_a_node_whose_certificate_names_another_node_does_not_get_a_link(secure):
    """n8 has a certificate of this authority, for n7."""
    impostor = secure.node("n8", papers=secure.papers.of("n7"))
    try:
        impostor.child.start()
        wait_until(lambda: not impostor.child.alive() or answers(impostor), seconds=30, what="it to end or to listen")
        if impostor.child.alive():
            rooms = [rooms[0] for name, rooms in secure.rooms_by_owner().items() if name in secure.nodes]
            for room in rooms:
                answer = requests.post(f"{impostor.http}/v1/rooms/{room}/messages", json={"text": "x"}, timeout=30)
                assert answer.status_code == 503, answer.text
            assert metrics(impostor)["parley_peer_links"] == 0
    finally:
        impostor.child.end(seconds=30)
    secure.make_whole()


@pytest.mark.parametrize("missing", ["--peer-authority", "--peer-certificate", "--peer-key"])
def test_papers_that_are_not_whole_are_a_wrong_configuration(secure, missing):
    argv = list(secure.nodes["n1"].child.argv)
    at = argv.index(missing)
    del argv[at:at + 2]
    done = subprocess.run([str(parleyd()), *argv[1:]], capture_output=True, text=True, timeout=30)
    assert done.returncode == 64 and f"{missing[2:].replace('-', '.', 1)}: is missing" in done.stderr, done.stderr
