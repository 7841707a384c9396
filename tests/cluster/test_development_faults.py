"""docs/operations.md, "Faults on purpose", where there are several nodes: who owns a room, and what is left when it dies."""

import pytest
import requests

from parley_testkit.cluster import Cluster, PATIENCE_S, metrics, publish
from parley_testkit.waiting import wait_until

KEY = {"Parley-Development": "faults"}


def status(node):
    return requests.get(f"{node.http}/dev/faults", headers=KEY, timeout=5).json()


def owner_by(node, room):
    answer = requests.get(f"{node.http}/dev/rooms/{room}/owner", headers=KEY, timeout=5)
    return answer.json() if answer.status_code == 200 else {"node": None}


@pytest.mark.G1
@pytest.mark.G7
def test_each_node_names_a_room_s_owner_and_where_to_kill_it_and_another_takes_over(cluster):
    nodes = cluster.nodes
    (room,) = cluster.rooms_by_owner()["n2"]
    for name, node in nodes.items():
        others = [other.http for other in nodes.values() if other is not node]
        told = status(node)
        assert (told["node"], told["may_kill"]) == (name, True)
        assert told["peers"] == others
        assert owner_by(node, room) == {"node": "n2", "address": nodes["n2"].http}
    before = publish(nodes["n1"], room, "before")

    with pytest.raises(requests.ConnectionError):  # it ends before it can answer
        requests.post(f"{owner_by(nodes['n1'], room)['address']}/dev/faults/kill", headers=KEY, timeout=10)
    assert nodes["n2"].child.wait(10) == -9
    wait_until(lambda: owner_by(nodes["n1"], room)["node"] in ("n1", "n3"), seconds=PATIENCE_S, what="another owner")
    after = publish(nodes["n3"], room, "after", seconds=30)
    assert (after["seq"], after["term"] > before["term"]) == (before["seq"] + 1, True)
    assert owner_by(nodes["n1"], room) == owner_by(nodes["n3"], room)


def test_the_last_node_that_lives_is_not_killed(cluster):
    last = cluster.nodes["n3"]
    for name in ("n1", "n2"):
        cluster.nodes[name].kill9()
    wait_until(lambda: not status(last)["may_kill"], seconds=PATIENCE_S, what="the others' leases to end")
    refused = requests.post(f"{last.http}/dev/faults/kill", headers=KEY, timeout=5)
    assert (refused.status_code, refused.json()["name"]) == (403, "forbidden")
    assert last.child.alive()


@pytest.mark.G3
@pytest.mark.G6
def test_a_node_of_a_redis_cluster_that_stops_its_fan_out_delivers_by_polling():
    with Cluster(databases=1, nodes=2, is_redis_cluster=True) as cluster:
        writer, reader = cluster.nodes["n1"], cluster.nodes["n2"]
        (room,) = cluster.rooms_by_owner()["n1"]
        publish(writer, room, "first")
        path, seen = f"{reader.http}/v1/rooms/{room}/stream?rewind=10", []
        with requests.get(path, stream=True, timeout=30) as stream:
            lines = stream.iter_lines(chunk_size=1)  # more would wait for as many bytes

            def until_seen(text):
                for line in lines:
                    if line.startswith(b"data:"):
                        seen.append(line)
                        if f'"{text}"'.encode() in line:
                            return

            until_seen("first")
            requests.put(f"{reader.http}/dev/faults/fan_out", json={"state": "stopped"}, headers=KEY, timeout=5)
            before = metrics(reader)["parley_hole_events_filled_total"]
            publish(writer, room, "second")
            until_seen("second")
            assert metrics(reader)["parley_hole_events_filled_total"] == before + 1
            requests.put(f"{reader.http}/dev/faults/fan_out", json={"state": "running"}, headers=KEY, timeout=5)
            assert status(reader)["fan_out"] == "running"
            publish(writer, room, "third")
            until_seen("third")
            before = metrics(reader)["parley_hole_events_filled_total"]
            publish(writer, room, "fourth")
            until_seen("fourth")
            assert metrics(reader)["parley_hole_events_filled_total"] == before
