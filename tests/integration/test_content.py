"""docs/protocol.md, "publish" and "Limits": what a message may hold, its size in bytes, and that it is kept."""

import json

import pytest

from codecs_under_test import CODECS, JsonCodec
from websocket_wire import TEXT

CONTENT_BYTES = 65536

STRINGS = {
    "right-to-left override": "a\u202eb\u202cc",
    "CRLF": "one\r\ntwo\rthree\nfour",
    "escape": "\x1b[31mred\x1b[0m",
    "markup": "<script>alert('x')</script>&amp;&lt;",
    "quotes": "\"'\\/`",
    "controls": "".join(chr(n) for n in range(1, 32)) + "\x7f\x80\x9f",
    "byte order mark": "\ufeffinside and first",
    "line separators": "\u2028\u2029\u0085",
    "composed and decomposed": "\u00e9 e\u0301",
    "non-characters": "\uffff\ufffe\U0010ffff",
    "replacement": "\ufffd",
    "astral": "\U0001f469\u200d\U0001f680 \U00010000",
    "blanks": "   \t ",
    "json": '{"id":1,"connect":{}}',
}


@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS.keys())
def test_a_text_is_stored_and_returned_byte_for_byte(enter, codec, room, text):
    ana = enter("ana")
    ana.join(room)
    ana.publish(
        room,
        text,
        parts=[{"type": "t" + text, "content": text}, {"type": "t", "url": text}],
        metadata={text: text},
    )
    (event,) = ana.until_seq(room, 1).events
    assert event["text"].encode() == text.encode()
    assert event["parts"] == [{"type": "t" + text, "content": text}, {"type": "t", "url": text}]
    assert event["metadata"] == {text: text}
    assert ana.ask("history", room=room)["events"] == [event]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"text": ""},
        {"metadata": {"a": 1}},
        {"parts": []},
        {"text": "", "parts": []},
        {"parts": [{}]},
        {"parts": [{"type": "text/plain"}]},
        {"parts": [{"content": "no type"}]},
        {"text": "x", "parts": [{"type": "", "content": "x"}]},
        {"text": "x", "parts": [{"type": "a", "content": "b"}, {"type": "a"}]},
    ],
    ids=json.dumps,
)
def test_content_without_what_it_needs_is_a_bad_request(enter, codec, room, content):
    error = enter().refused("publish", room=room, **content)
    assert (error["code"], error["name"], error["retryable"]) == (4000, "bad_request", False)


@pytest.mark.parametrize(
    "content",
    [
        {"text": 5},
        {"text": ["x"]},
        {"text": "x", "parts": {}},
        {"text": "x", "parts": ["y"]},
        {"text": "x", "parts": [{"type": "t", "content": "c", "url": "u"}]},
        {"text": "x", "parts": [{"type": "t", "content": {"a": 1}}]},
        {"text": "x", "parts": [{"type": 1, "content": "c"}]},
        {"text": "x", "metadata": []},
        {"text": "x", "metadata": "m"},
        {"text": "x", "metadata": 1},
        {"text": "x", "metadata": True},
    ],
    ids=json.dumps,
)
def test_content_of_a_wrong_type_is_a_bad_request(enter_json, room, content):
    ana = enter_json()
    assert ana.refused("publish", room=room, **content)["code"] == 4000
    assert ana.ask("history", room=room)["head"]["seq"] == 0


def test_null_members_of_content_are_absent(enter_json, room):
    ana = enter_json()
    ana.publish(room, "x", parts=None, metadata=None, reply_to=None, client_msg_id=None)
    (event,) = ana.ask("history", room=room)["events"]
    assert {"parts", "metadata", "reply_to", "client_msg_id"}.isdisjoint(event)


def test_parts_alone_are_content(enter, codec, room):
    ana = enter("ana")
    ana.ask("publish", room=room, parts=[{"type": "image/png", "url": "https://x/y.png"}])
    (event,) = ana.ask("history", room=room)["events"]
    assert "text" not in event


@pytest.mark.parametrize(
    "content",
    [
        {"text": "a\0"},
        {"parts": [{"type": "t", "content": "\0"}]},
        {"parts": [{"type": "\0t", "content": "c"}]},
        {"parts": [{"type": "t", "url": "u\0"}]},
        {"text": "x", "metadata": {"a": "\0"}},
        {"text": "x", "metadata": {"\0": 1}},
        {"text": "x", "metadata": {"a": [{"b": "c\0"}]}},
    ],
    ids=["text", "content", "type", "url", "metadata value", "metadata key", "deep in metadata"],
)
def test_a_nul_anywhere_in_content_is_a_bad_request(enter, codec, room, content):
    ana = enter("ana")
    assert ana.refused("publish", room=room, **content)["code"] == 4000
    assert ana.publish(room, "next")["seq"] == 1


# Each fills the limit exactly; one byte more must not pass. Part strings are type + content or
# url; metadata counts as compact JSON, here {"k":"..."}.
FULL = {
    "text": {"text": "x" * CONTENT_BYTES},
    "two-byte letters": {"text": "é" * (CONTENT_BYTES // 2)},
    "a part": {"parts": [{"type": "text/plain", "content": "x" * (CONTENT_BYTES - 10)}]},
    "a url": {"parts": [{"type": "tt", "url": "x" * (CONTENT_BYTES - 2)}]},
    "metadata": {"text": "x", "metadata": {"k": "x" * (CONTENT_BYTES - 1 - 8)}},
    "all together": {
        "text": "x" * 60000,
        "parts": [{"type": "a", "content": "b" * 1000}, {"type": "c", "url": "d" * 1000}],
        "metadata": {"k": "x" * (CONTENT_BYTES - 60000 - 2002 - 8)},
    },
}


@pytest.mark.parametrize("content", FULL.values(), ids=FULL.keys())
def test_content_of_exactly_the_limit_is_stored_whole(enter, codec, room, content):
    ana = enter("ana")
    ana.ask("publish", room=room, **content)
    (event,) = ana.ask("history", room=room)["events"]
    assert {name: event[name] for name in content} == content


@pytest.mark.parametrize("content", FULL.values(), ids=FULL.keys())
def test_one_byte_more_is_message_too_large(enter, codec, room, content):
    more = json.loads(json.dumps(content))
    if "text" in more:
        more["text"] += "x"
    else:
        more["parts"][0]["type"] += "x"
    error = enter().refused("publish", room=room, **more)
    assert (error["code"], error["name"]) == (4130, "message_too_large")


def test_metadata_counts_as_compact_json_however_it_was_written(enter_json, room):
    ana = enter_json()
    inner = "x" * (CONTENT_BYTES - 1 - 8)
    blanks = " " * 5000
    message = '{"id":31,"publish":{"room":"%s","text":"x","metadata":{%s"k"%s:%s"%s"}}}'
    ana.wire.send(JsonCodec.opcode, message % (room, blanks, blanks, blanks, inner))
    assert ana.reply(31)[0] == "published"


def test_an_escaped_text_counts_as_the_bytes_it_stands_for(enter_json, room):
    ana = enter_json()
    message = '{"id":31,"publish":{"room":"%s","text":"%s"}}'
    ana.wire.send(JsonCodec.opcode, message % (room, "\\u0041" * CONTENT_BYTES))
    assert ana.reply(31)[0] == "published"
    assert ana.ask("history", room=room)["events"][0]["text"] == "A" * CONTENT_BYTES


def test_an_escaped_surrogate_pair_is_its_letter(enter_json, room):
    ana = enter_json()
    message = '{"id":31,"publish":{"room":"%s","text":"\\ud83d\\ude80"}}'
    ana.wire.send(JsonCodec.opcode, message % room)
    assert ana.reply(31)[0] == "published"
    assert ana.ask("history", room=room)["events"][0]["text"] == "\U0001f680"


def test_a_page_of_the_largest_messages_arrives_whole(enter, codec, room):
    ana = enter("ana")
    texts = [chr(97 + n) * CONTENT_BYTES for n in range(20)]
    ids = [ana.start("publish", room=room, text=text) for text in texts]
    assert len([ana.ack(op_id) for op_id in ids]) == len(texts)
    assert [e["text"] for e in ana.ask("history", room=room)["events"]] == texts
    bob = enter("bob")
    _, stream = bob.join(room, rewind={"limit": 20})
    bob.until_live(room)
    assert stream.texts == texts


NUMBERS = [0.9424502837770503, 1e-7, 123456789.123456789, 1.7976931348623157e308, 5e-324, 2.2250738585072014e-308,
           0.1 + 0.2, 9007199254740991.0, -1.5e-10, 1 / 3]


def test_a_number_of_metadata_is_the_double_next_to_what_was_written(enter, codec, room):
    ana = enter()
    first = ana.publish(room, "x", client_msg_id="k", metadata={"n": NUMBERS})
    (event,) = ana.ask("history", room=room)["events"]
    assert event["metadata"] == {"n": NUMBERS}
    assert ana.publish(room, "x", client_msg_id="k", metadata={"n": NUMBERS}) == first | {"duplicate": True}


def test_a_number_is_the_same_in_both_encodings(open_session, room):
    answers = []
    for codec in CODECS.values():
        session = open_session(codec)
        session.connect("ana")
        answers.append(session.publish(room, "x", client_msg_id="k", metadata={"n": NUMBERS}))
    assert [answer["duplicate"] for answer in answers] == [False] + [True] * (len(answers) - 1)


def test_the_largest_double_may_be_written_in_more_digits(enter_json, room):
    ana = enter_json()
    ana.wire.send(TEXT, '{"id":71,"publish":{"room":"%s","text":"x","metadata":{"n":1.7976931348623158e308}}}' % room)
    assert ana.reply(71)[0] == "published"
    assert ana.ask("history", room=room)["events"][0]["metadata"] == {"n": 1.7976931348623157e308}
