"""RFC 6455 §8.1: text that is not UTF-8 closes with 1007, wherever the bad byte stands."""

import pytest

from websocket_wire import CLOSE, CONTINUATION, TEXT

pytestmark = pytest.mark.usefixtures("bystander")

BAD = {
    "a lone continuation": b"\x80",
    "a lone lead": b"\xc3",
    "a cut sequence": b"\xe2\x82",
    "an overlong slash": b"\xc0\xaf",
    "an overlong NUL": b"\xc0\x80",
    "an overlong of three": b"\xe0\x80\xaf",
    "an overlong of four": b"\xf0\x80\x80\xaf",
    "a surrogate": b"\xed\xa0\x80",
    "a pair of surrogates": b"\xed\xa0\xbd\xed\xba\x80",
    "above U+10FFFF": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "0xFE": b"\xfe",
    "0xFF": b"\xff",
    "latin-1": "café".encode("latin-1"),
}
HEAD, TAIL = b'{"id":1,"publish":{"room":"r","text":"', b'"}}'


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_bad_utf8_in_a_text_closes_with_1007(enter_json, bad):
    ana = enter_json()
    ana.wire.send(TEXT, HEAD + bad + TAIL)
    assert ana.wire.close_code() == 1007


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_bad_utf8_split_over_fragments_closes_with_1007(enter_json, bad):
    ana = enter_json()
    ana.wire.send(TEXT, HEAD + bad[:1], fin=False)
    ana.wire.send(CONTINUATION, bad[1:] + TAIL)
    assert ana.wire.close_code() == 1007


def test_a_letter_split_over_fragments_is_whole_again(enter_json, room):
    ana = enter_json()
    text = "ö€\U0001f680"
    octets = ('{"id":21,"publish":{"room":"%s","text":"%s"}}' % (room, text)).encode()
    for n, octet in enumerate(octets):
        ana.wire.send(
            TEXT if n == 0 else CONTINUATION, bytes([octet]), fin=n == len(octets) - 1
        )
    assert ana.reply(21)[0] == "published"
    assert ana.ask("history", room=room)["events"][0]["text"] == text


def test_a_text_that_ends_inside_a_letter_closes_with_1007(enter_json):
    ana = enter_json()
    ana.wire.send(TEXT, '{"id":1,"ping":{}}'.encode() + b"\xe2\x82")
    assert ana.wire.close_code() == 1007


def test_bad_utf8_in_a_close_reason_ends_the_connection_with_an_error(enter_json):
    ana = enter_json()
    ana.wire.send(CLOSE, b"\x03\xe8\xff\xff")
    assert ana.wire.close_code() in (1002, 1007)
