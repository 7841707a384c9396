"""Three nodes are one chat: who is connected where makes no difference."""

import asyncio

import pytest
import requests

from parley_testkit.cluster import metrics, publish
from parley_testkit.client import Session
from parley_testkit.waiting import wait_until

EACH = 40


def test_every_node_is_ready_and_owns_some_of_the_shards(cluster):
    assert all(node.is_ready() for node in cluster.nodes.values())
    owned = cluster.owned()
    assert set(owned) == {"n1", "n2", "n3"} and sum(owned.values()) == cluster.shards
    for name, node in cluster.nodes.items():
        assert metrics(node)["parley_shards_owned"] == owned[name]


@pytest.mark.G2
@pytest.mark.G3
def test_publishes_through_each_node_have_one_order_which_subscribers_at_every_node_see(cluster):
    rooms = [room for rooms in cluster.rooms_by_owner().values() for room in rooms]
    assert len(rooms) == 3

    async def run():
        seen = {(name, room): [] for name in cluster.nodes for room in rooms}

        async def subscribe(name):
            def take(kind, body):
                assert kind != "gap", body
                if kind == "batch":
                    seen[name, body["room"]] += [(e["seq"], e["term"], e["sender"], e["text"]) for e in body["events"]]

            return await Session.open(cluster.nodes[name].ws, user=f"reader-{name}", on_push=take,
                                      rooms={room: {"since": {"term": 0, "seq": 0}} for room in rooms})

        readers = [await subscribe(name) for name in cluster.nodes]
        writers = [await Session.open(node.ws, user=f"writer-{name}") for name, node in cluster.nodes.items()]
        answers = [(writer.user, room, f"{n}", writer.publish(room, text=f"{n}", client_msg_id=f"{n:04}"))
                   for n in range(EACH) for room in rooms for writer in writers]
        acked = {room: {} for room in rooms}
        for user, room, text, answer in answers:
            body = await asyncio.wait_for(answer, 20)
            acked[room][body["seq"]] = (body["seq"], body["term"], user, text)
        count = EACH * len(writers)
        for _ in range(400):
            if all(len(events) >= count for events in seen.values()):
                break
            await asyncio.sleep(0.05)
        for session in readers + writers:
            session.abort()
        return acked, seen

    acked, seen = asyncio.run(run())
    for room in rooms:
        assert sorted(acked[room]) == list(range(1, EACH * 3 + 1))
        ordered = [acked[room][seq] for seq in sorted(acked[room])]
        for user in {event[2] for event in ordered}:
            assert [event[3] for event in ordered if event[2] == user] == [f"{n}" for n in range(EACH)]
        for name in cluster.nodes:
            assert seen[name, room] == ordered, f"the stream of {room} at {name}"


@pytest.mark.G5
def test_a_repeat_at_another_node_is_a_duplicate(cluster, room):
    first, second, third = cluster.nodes.values()
    ack = publish(first, room, "once", client_msg_id="k1")
    assert not ack["duplicate"]
    for node in (second, third, first):
        assert publish(node, room, "once", client_msg_id="k1") == ack | {"duplicate": True}
    assert publish(second, room, "twice")["seq"] == 2


def test_history_and_head_are_the_same_at_every_node(cluster, room):
    for n, node in enumerate(list(cluster.nodes.values()) * 4):
        publish(node, room, f"{n}")
    pages = [requests.get(f"{node.http}/v1/rooms/{room}/messages", timeout=5).json() for node in cluster.nodes.values()]
    assert [event["text"] for event in pages[0]["events"]] == [f"{n}" for n in range(12)]
    assert pages[0] == pages[1] == pages[2]


def test_links_are_open_once_rooms_need_them_and_are_counted(cluster):
    for rooms in cluster.rooms_by_owner().values():
        for node in cluster.nodes.values():
            publish(node, rooms[0], "hello")
    for node in cluster.nodes.values():
        assert wait_until(lambda: metrics(node)["parley_peer_links"], seconds=5, what="links") >= 2
        assert metrics(node)["parley_peer_items_sent_total"] > 0
