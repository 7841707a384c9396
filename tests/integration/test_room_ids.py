"""docs/protocol.md, "Connection": ids of rooms, in every operation that takes one and in the paths of HTTP."""

import urllib.parse

import pytest

from http_wire import request

BAD = {
    "empty": "",
    "dot": ".",
    "dots": "..",
    "up": "../",
    "up and down": "../../etc/passwd",
    "slash": "a/b",
    "blank": "a b",
    "blanks": "   ",
    "sql": "'; DROP TABLE event; --",
    "129 letters": "r" * 129,
    "a kilobyte": "r" * 1024,
    "not ascii": "caf\u00e9",
    "nul": "a\0b",
    "line end": "room\n",
    "markup": "<b>",
    "percent": "%41",
    "star": "parley:*",
    "braces": "{x}",
}
OPS = {
    "join": {},
    "leave": {},
    "publish": {"text": "x"},
    "history": {},
}
GOOD = ["a", "...", "-", "~", "@ana", "a+b", "ROOM_1", "x:y:z", "a.b", "0", "AZaz09._~:@+-"]


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("room", BAD.values(), ids=BAD.keys())
def test_a_room_id_outside_the_alphabet_is_a_bad_request(enter, codec, op, room):
    error = enter().refused(op, room=room, **OPS[op])
    assert (error["code"], error["name"]) == (4000, "bad_request")


@pytest.mark.parametrize("wrong", [5, True, ["r"], {"r": 1}, None], ids=str)
@pytest.mark.parametrize("op", OPS)
def test_a_room_that_is_no_string_is_a_bad_request(enter_json, op, wrong):
    assert enter_json().refused(op, room=wrong, **OPS[op])["code"] == 4000


@pytest.mark.parametrize("name", GOOD)
def test_a_room_id_of_the_alphabet_works_in_every_operation(enter, codec, address, room, name):
    name = f"{name}{room}"
    ana = enter("ana")
    ana.join(name)
    ana.publish(name, "x")
    assert ana.until_seq(name, 1).texts == ["x"]
    assert ana.ask("history", room=name)["events"][0]["text"] == "x"
    path = f"/v1/rooms/{urllib.parse.quote(name, safe='')}/messages"
    assert request(address, "GET", path).json()["room"] == name
    assert ana.ask("leave", room=name) == {"room": name}


def test_a_room_id_of_128_characters_works(enter, codec, room):
    name = room + "x" * (128 - len(room))
    assert enter().publish(name, "x")["room"] == name


@pytest.mark.parametrize(
    "escaped",
    ["a%20b", "%00", "caf%C3%A9", "%FF", "a%2Fb", "%2E%2E", "r" * 129, "%27%3B", "a%"],
)
@pytest.mark.parametrize("rest", ["messages", "events", "stream"])
def test_a_bad_room_in_a_path_is_a_problem(address, escaped, rest):
    answer = request(address, "GET", f"/v1/rooms/{escaped}/{rest}")
    problem = answer.problem()
    assert (answer.status, problem["name"]) in ((400, "bad_request"), (404, "not_found"))


def test_the_room_of_a_path_is_percent_decoded(address, enter_json, room):
    name = f"{room}:@+~"
    enter_json().publish(name, "x")
    path = "/v1/rooms/" + "".join(f"%{ord(c):02x}" for c in name) + "/messages"
    assert request(address, "GET", path).json()["room"] == name
