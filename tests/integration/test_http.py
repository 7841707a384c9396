"""docs/protocol.md, "HTTP": publish and history over HTTP."""

import json

import pytest

from http_wire import HttpWire, post, request, room_path


def test_a_post_is_answered_201_with_the_body_of_published(address, enter_json, room):
    answer = post(address, room, {"text": "hello", "client_msg_id": "k"}, user="ana")
    assert answer.status == 201
    assert answer.headers["content-type"].split(";")[0] == "application/json"
    body = answer.json()
    assert set(body) == {"room", "seq", "term", "at", "duplicate"}
    (event,) = enter_json().ask("history", room=room)["events"]
    assert (event["text"], event["sender"], event["client_msg_id"]) == ("hello", "ana", "k")
    assert {name: event[name] for name in ("seq", "term", "at")} == {
        name: body[name] for name in ("seq", "term", "at")
    }


def test_a_post_reaches_the_subscribers(address, enter_json, room):
    ana = enter_json()
    ana.join(room)
    post(address, room, {"text": "from curl"})
    (event,) = ana.until_seq(room, 1).events
    assert (event["text"], event["sender"]) == ("from curl", "guest")


def test_a_post_takes_every_field_of_a_publish(address, room):
    message = {
        "text": "t",
        "parts": [{"type": "text/plain", "content": "c"}],
        "metadata": {"a": {"b": [1, None]}},
    }
    post(address, room, {"text": "zero"})
    assert post(address, room, message | {"reply_to": 1}).status == 201
    event = request(address, "GET", room_path(room)).json()["events"][1]
    assert {name: event[name] for name in message} == message and event["reply_to"] == 1


@pytest.mark.G5
def test_a_repeat_is_answered_200_with_the_first_result(address, room):
    first = post(address, room, {"text": "x"}, Idempotency_Key="k")
    again = post(address, room, {"text": "x"}, Idempotency_Key="k")
    assert (first.status, again.status) == (201, 200)
    assert again.json() == first.json() | {"duplicate": True}


@pytest.mark.G5
def test_header_and_body_may_both_carry_the_key_if_equal(address, room):
    message = {"text": "x", "client_msg_id": "k"}
    assert post(address, room, message, Idempotency_Key="k").status == 201
    assert post(address, room, message).status == 200
    assert post(address, room, message, Idempotency_Key="other").problem()["code"] == 4000


@pytest.mark.G5
def test_the_same_key_with_another_body_is_409(address, room):
    post(address, room, {"text": "x"}, Idempotency_Key="k")
    problem = post(address, room, {"text": "y"}, Idempotency_Key="k").problem()
    assert (problem["code"], problem["name"]) == (4091, "idempotency_mismatch")


BAD_BODIES = {
    "nothing": (b"", 4000),
    "no json": (b"hello", 4000),
    "cut json": (b'{"text":"x"', 4000),
    "an array": (b'[{"text":"x"}]', 4000),
    "a string": (b'"x"', 4000),
    "bad utf-8": (b'{"text":"\xff"}', 4000),
    "a lone surrogate": (b'{"text":"\\ud800"}', 4000),
    "a byte order mark": (b'\xef\xbb\xbf{"text":"x"}', 4000),
    "NaN": (b'{"text":"x","metadata":{"a":NaN}}', 4000),
    "deep": (b'{"text":"x","metadata":' + b'{"a":' * 10000 + b"1" + b"}" * 10001, 4000),
    "a NUL": (b'{"text":"a\\u0000b"}', 4000),
    "no content": (b"{}", 4000),
    "a number as text": (b'{"text":5}', 4000),
    "a bad key": (b'{"text":"x","client_msg_id":"a b"}', 4000),
    "a seq of 2^53": (b'{"text":"x","reply_to":9007199254740992}', 4000),
    "a reply to nothing": (b'{"text":"x","reply_to":7}', 4041),
    "65537 bytes": (b'{"text":"' + b"x" * 65537 + b'"}', 4130),
}


@pytest.mark.parametrize(("body", "code"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_bad_body_is_a_problem_with_its_code(address, bystander, room, body, code):
    assert post(address, room, body).problem()["code"] == code


def test_a_body_above_the_frame_limit_is_413(address, bystander, room):
    body = b'{"text":"x","unknown":"' + b"y" * 2**21 + b'"}'
    with HttpWire(address) as wire:
        try:
            wire.send("POST", room_path(room), {"Content-Type": "application/json"}, body)
        except ConnectionError:
            pass  # refused by its length, before all of it was sent
        assert wire.answer().status == 413


@pytest.mark.parametrize("key", ["a b", "k" * 129])
def test_a_bad_idempotency_key_is_400(address, room, key):
    assert post(address, room, {"text": "x"}, Idempotency_Key=key).problem()["code"] == 4000


@pytest.mark.parametrize("user", ["a b", "a/b", "u" * 129, ".."])
def test_a_bad_parley_user_is_400(address, room, user):
    assert post(address, room, {"text": "x"}, user=user).problem()["code"] == 4000


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        ({}, range(1201, 1251)),
        ({"limit": 2}, [1249, 1250]),
        ({"before": 10, "limit": 3}, [7, 8, 9]),
        ({"after": 10, "limit": 3}, [11, 12, 13]),
        ({"around": 10, "limit": 3}, [9, 10, 11]),
        ({"after": 1250}, []),
        ({"limit": 200}, range(1051, 1251)),
    ],
    ids=str,
)
@pytest.mark.parametrize("rest", ["messages", "events"])
def test_a_get_is_the_page_that_history_gives(address, enter_json, long_room, rest, query, seqs):
    answer = request(address, "GET", room_path(long_room, rest, **query))
    assert answer.status == 200
    assert answer.headers["content-type"].split(";")[0] == "application/json"
    page = answer.json()
    assert [event["seq"] for event in page["events"]] == list(seqs)
    assert page == enter_json().ask("history", room=long_room, view=rest, **query)


def test_a_get_of_an_unused_room_is_an_empty_page(address, room):
    page = request(address, "GET", room_path(room)).json()
    assert page == {"room": room, "events": [], "head": {"term": 0, "seq": 0}}


@pytest.mark.parametrize(
    "query",
    ["limit=201", "limit=1000000000", "limit=-1", "limit=x", "limit=1.5", "limit=%31%30x",
     "before=-1", "before=x", "before=9223372036854775808", "before=9007199254740992",
     "before=99999999999999999999999999", "after=1e3", "after=0x10", "after=+5", "around=%205",
     "before=5&after=2", "before=5&around=2"],
)  # fmt: skip
@pytest.mark.parametrize("rest", ["messages", "events"])
def test_a_query_out_of_bounds_is_400(address, bystander, room, rest, query):
    answer = request(address, "GET", f"/v1/rooms/{room}/{rest}?{query}")
    assert answer.problem()["code"] == 4000


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1", "/v1/rooms", "/v2/ws", "/v1/rooms/r/else", "/../etc/passwd", "//"]
)
def test_an_unknown_path_is_404_not_found(address, path):
    problem = request(address, "GET", path).problem()
    assert (problem["code"], problem["name"]) == (4042, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v1/rooms/r/messages"), ("POST", "/v1/rooms/r/events"), ("PUT", "/healthz"),
     ("POST", "/v1/rooms/r/stream"), ("PATCH", "/v1/rooms/r/messages"), ("POST", "/metrics")],
)  # fmt: skip
def test_a_known_path_with_another_method_is_405(address, method, path):
    problem = request(address, method, path, body=b"").problem()
    assert (problem["code"], problem["name"]) == (4050, "method_not_allowed")


def test_a_connection_is_kept_for_the_next_request(address, room):
    with HttpWire(address) as wire:
        for n in range(1, 6):
            body = json.dumps({"text": f"{n}"}).encode()
            wire.send("POST", room_path(room), {"Content-Type": "application/json"}, body)
            assert wire.answer().json()["seq"] == n
            wire.send("GET", room_path(room))
            assert wire.answer().json()["head"]["seq"] == n


def test_a_connection_is_kept_after_a_problem(address, room):
    with HttpWire(address) as wire:
        wire.send("GET", "/nowhere")
        assert wire.answer().status == 404
        wire.send("POST", room_path(room), {"Content-Type": "application/json"}, b"{")
        assert wire.answer().status == 400
        wire.send("GET", room_path(room))
        assert wire.answer().status == 200


def test_a_chunked_post_is_taken(address, room):
    with HttpWire(address) as wire:
        wire.raw(
            f"POST {room_path(room)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            'Transfer-Encoding: chunked\r\n\r\n5\r\n{"tex\r\n6\r\nt":"x"\r\n1\r\n}\r\n0\r\n\r\n'.encode()
        )
        assert wire.answer().status == 201


SMUGGLING = {
    "length and chunked": "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "a length of letters": "Content-Length: x\r\n\r\n{}",
    "a negative length": "Content-Length: -2\r\n\r\n{}",
    "a bad chunk size": "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "an unknown coding": "Transfer-Encoding: gzip\r\n\r\n{}",
}


@pytest.mark.parametrize("rest", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_a_body_of_doubtful_length_is_refused_and_the_connection_ends(
    address, bystander, room, rest
):
    with HttpWire(address) as wire:
        wire.raw(f"POST {room_path(room)} HTTP/1.1\r\nHost: x\r\n{rest}".encode())
        assert wire.answer().status in (400, 501)
        assert wire.is_closed(within_s=7)


def test_a_body_larger_than_any_is_refused_by_its_length(address, room):
    with HttpWire(address) as wire:
        wire.raw(
            f"POST {room_path(room)} HTTP/1.1\r\nHost: x\r\n"
            "Content-Length: 9000000000000000000\r\n\r\n".encode()
        )
        assert wire.answer().status == 413


def test_curls_expectation_of_100_continue_is_met(address, room):
    with HttpWire(address) as wire:
        wire.raw(
            f"POST {room_path(room)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            "Expect: 100-continue\r\nContent-Length: 12\r\n\r\n".encode()
        )
        assert wire.head()[0] == 100
        wire.raw(b'{"text":"x"}')
        assert wire.answer().status == 201


def test_metadata_nests_as_deep_as_in_a_frame_and_no_deeper(address, enter_json, room):
    def nested(depth):
        return {"a": nested(depth - 1)} if depth > 1 else {}

    assert post(address, room, {"text": "x", "metadata": nested(14)}).status == 201
    assert post(address, room, {"text": "x", "metadata": nested(15)}).status == 400
    assert enter_json().publish(room, "x", metadata=nested(14))["seq"] == 2
