"""Text that is no JSON closes with 4400; JSON that is wrong is a bad_request."""

import pytest

from websocket_wire import BINARY, TEXT

pytestmark = pytest.mark.usefixtures("bystander")

NOT_JSON = {
    "an empty message": "",
    "blanks only": "  \n",
    "a cut object": '{"id":1,"ping":{}',
    "a cut string": '{"id":1,"pi',
    "a cut array": '[{"id":1,"ping":{}}',
    "a cut literal": '{"id":1,"ping":{},"x":tru}',
    "trailing bytes": '{"id":1,"ping":{}} x',
    "two objects": '{"id":1,"ping":{}}{"id":2,"ping":{}}',
    "a trailing comma": '{"id":1,"ping":{},}',
    "a trailing comma in an array": '[{"id":1,"ping":{}},]',
    "a line comment": '{"id":1,"ping":{}} // hi',
    "a block comment": '{/* hi */"id":1,"ping":{}}',
    "single quotes": "{'id':1,'ping':{}}",
    "bare names": "{id:1,ping:{}}",
    "NaN": '{"id":NaN,"ping":{}}',
    "NaN in an unknown field": '{"id":1,"ping":{},"x":NaN}',
    "Infinity": '{"id":1,"ping":{},"x":Infinity}',
    "minus Infinity": '{"id":1,"ping":{},"x":-Infinity}',
    "a number beyond double": '{"id":1,"ping":{},"x":1e400}',
    "a negative number beyond double": '{"id":1,"ping":{},"x":-1e999}',
    "a leading zero": '{"id":01,"ping":{}}',
    "a plus": '{"id":+1,"ping":{}}',
    "a bare point": '{"id":1.,"ping":{}}',
    "a hexadecimal number": '{"id":0x1,"ping":{}}',
    "a raw line end in a string": '{"id":1,"ping":{},"x":"a\nb"}',
    "a raw tab in a string": '{"id":1,"ping":{},"x":"a\tb"}',
    "a raw NUL": '{"id":1,"ping":{}}\0',
    "a bad escape": '{"id":1,"ping":{},"x":"\\q"}',
    "a cut unicode escape": '{"id":1,"ping":{},"x":"\\u12"}',
    "a lone high surrogate": '{"id":1,"ping":{},"x":"\\ud800"}',
    "a lone low surrogate": '{"id":1,"ping":{},"x":"\\udc00"}',
    "surrogates in the wrong order": '{"id":1,"ping":{},"x":"\\udc00\\ud800"}',
    "a high surrogate before a letter": '{"id":1,"ping":{},"x":"\\ud800a"}',
    "a lone surrogate in a key": '{"id":1,"ping":{},"\\ud800":1}',
    "a lone surrogate in a text": '{"id":1,"publish":{"room":"r","text":"\\udfff"}}',
    "a byte order mark": '\ufeff{"id":1,"ping":{}}',
    "a string": '"ping"',
    "a number": "5",
    "null": "null",
    "true": "true",
    "words": "GET / HTTP/1.1",
}


@pytest.mark.parametrize("text", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_a_text_that_is_no_json_object_or_array_closes_with_4400(enter_json, text):
    ana = enter_json()
    ana.wire.send(TEXT, text)
    assert ana.wire.close_code() == 4400
    assert not ana.replies


def test_text_that_is_no_json_before_connect_closes_with_4400_too(open_session):
    session = open_session()
    session.wire.send(TEXT, "hello?")
    assert session.wire.close_code() == 4400


def nested_metadata(room, levels):
    """A publish whose metadata object nests that many levels, itself included."""
    metadata = '{"a":' * (levels - 1) + '{"a":1}' + "}" * (levels - 1)
    return '{"id":21,"publish":{"room":"%s","text":"x","metadata":%s}}' % (room, metadata)


# The envelope is level 1, the operation's body 2, so metadata has 14 of the 16.
@pytest.mark.parametrize("batch", ["%s", "[%s]"], ids=["alone", "in an array"])
def test_an_envelope_nested_16_deep_is_taken(enter_json, room, batch):
    ana = enter_json()
    ana.wire.send(TEXT, batch % nested_metadata(room, 14))
    assert ana.reply(21)[0] == "published"


@pytest.mark.parametrize("batch", ["%s", "[%s]"], ids=["alone", "in an array"])
def test_an_envelope_nested_17_deep_closes_with_4400(enter_json, room, batch):
    ana = enter_json()
    ana.wire.send(TEXT, batch % nested_metadata(room, 15))
    assert ana.wire.close_code() == 4400


@pytest.mark.parametrize("pair", ["[]", "{}"])
@pytest.mark.parametrize("depth", [10_000, 100_000])
def test_nesting_without_end_closes_with_4400(enter_json, pair, depth):
    ana = enter_json()
    start = "[" if pair == "[]" else '{"a":'
    text = '{"id":1,"ping":{},"x":' + start * depth + "1" + pair[1] * depth + "}"
    ana.wire.send(TEXT, text)
    assert ana.wire.close_code() == 4400


def test_nesting_without_end_that_is_cut_closes_with_4400(enter_json):
    ana = enter_json()
    ana.wire.send(TEXT, "[" * 1_000_000)
    assert ana.wire.close_code() == 4400


WRONG = {
    "a seq of 2^53": '"join":{"room":"r","since":{"term":1,"seq":9007199254740992}}',
    "a seq of 2^63": '"join":{"room":"r","since":{"term":1,"seq":9223372036854775808}}',
    "a seq of 30 digits": '"join":{"room":"r","since":{"term":1,"seq":123456789012345678901234567890}}',
    "a seq of 1e300": '"join":{"room":"r","since":{"term":1,"seq":1e300}}',
    "a negative seq": '"join":{"room":"r","since":{"term":1,"seq":-1}}',
    "a fractional seq": '"join":{"room":"r","since":{"term":1,"seq":1.5}}',
    "a seq as a string": '"join":{"room":"r","since":{"term":1,"seq":"7"}}',
    "a negative term": '"join":{"room":"r","since":{"term":-1,"seq":1}}',
    "a since that is a number": '"join":{"room":"r","since":7}',
    "a since that is an array": '"join":{"room":"r","since":[1,2]}',
    "a rewind that is a number": '"join":{"room":"r","rewind":50}',
    "a negative rewind": '"join":{"room":"r","rewind":{"limit":-1}}',
    "a rewind above 1000": '"join":{"room":"r","rewind":{"limit":1001}}',
    "a rewind as a string": '"join":{"room":"r","rewind":{"limit":"50"}}',
    "a rewind beyond 32 bits": '"join":{"room":"r","rewind":{"limit":4294967297}}',
    "max below 1": '"join":{"room":"r","max":-1}',
    "max above 1000": '"join":{"room":"r","max":1001}',
    "on_gap unknown": '"join":{"room":"r","on_gap":"skip"}',
    "on_gap in capitals": '"join":{"room":"r","on_gap":"FILL"}',
    "on_gap as a number": '"join":{"room":"r","on_gap":1}',
    "a room missing": '"join":{}',
    "a reply_to of 2^53": '"publish":{"room":"r","text":"x","reply_to":9007199254740992}',
    "a negative reply_to": '"publish":{"room":"r","text":"x","reply_to":-1}',
    "a client_msg_id as a number": '"publish":{"room":"r","text":"x","client_msg_id":5}',
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
def test_json_with_a_wrong_value_is_a_bad_request_and_the_connection_stays(enter_json, body):
    ana = enter_json()
    ana.wire.send(TEXT, '{"id":21,%s}' % body)
    name, error = ana.reply(21)
    assert name == "error" and (error["code"], error["name"]) == (4000, "bad_request"), error
    assert error["message"] and error.get("retryable", False) is False
    assert ana.ask("ping") == {}


@pytest.mark.parametrize("zero", ["-0", "0.0", "0e5", "-0.0"])
def test_an_odd_zero_is_answered_and_the_connection_stays(enter_json, zero):
    ana = enter_json()
    ana.wire.send(TEXT, '{"id":21,"join":{"room":"r","since":{"term":%s,"seq":%s}}}' % (zero, zero))
    name, body = ana.reply(21)
    assert name == "joined" or body["code"] == 4000
    assert ana.ask("ping") == {}


def test_a_binary_message_on_the_json_subprotocol_closes_with_1003(enter_json):
    ana = enter_json()
    ana.wire.send(BINARY, '{"id":1,"ping":{}}')
    assert ana.wire.close_code() == 1003


def test_an_error_text_names_no_secret_of_the_node(enter_json):
    ana = enter_json()
    ana.wire.send(TEXT, '{"id":21,"history":{"room":"\'; DROP TABLE event; --"}}')
    message = ana.reply(21)[1]["message"]
    assert "DROP" not in message and "sql" not in message.lower()
