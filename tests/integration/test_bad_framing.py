"""RFC 6455 §5: frames that break the framing rules close with 1002; legal rarities are taken."""

import struct

import pytest

from websocket_wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Closed

pytestmark = pytest.mark.usefixtures("bystander")

PING_OP = b'{"id":21,"ping":{}}'


def closes_with_1002(session):
    assert session.wire.close_code() == 1002


@pytest.mark.parametrize("opcode", [TEXT, PING, CLOSE], ids=["text", "ping", "close"])
def test_an_unmasked_frame_closes_with_1002(enter_json, opcode):
    ana = enter_json()
    ana.wire.send(opcode, PING_OP if opcode == TEXT else b"", masked=False)
    closes_with_1002(ana)


@pytest.mark.parametrize("rsv", [1, 2, 4, 7])
@pytest.mark.parametrize("opcode", [TEXT, PING], ids=["text", "ping"])
def test_a_reserved_bit_closes_with_1002(enter_json, rsv, opcode):
    ana = enter_json()
    ana.wire.send(opcode, PING_OP, rsv=rsv)
    closes_with_1002(ana)


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF])
def test_a_reserved_opcode_closes_with_1002(enter_json, opcode):
    ana = enter_json()
    ana.wire.send(opcode, b"x")
    closes_with_1002(ana)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE], ids=["ping", "pong", "close"])
def test_a_fragmented_control_frame_closes_with_1002(enter_json, opcode):
    ana = enter_json()
    ana.wire.send(opcode, b"", fin=False)
    closes_with_1002(ana)


@pytest.mark.parametrize("opcode", [PING, PONG], ids=["ping", "pong"])
@pytest.mark.parametrize("size", [126, 127, 70000])
def test_a_control_frame_above_125_bytes_closes_with_1002(enter_json, opcode, size):
    ana = enter_json()
    ana.wire.send_if_heard(opcode, b"x" * size)
    closes_with_1002(ana)


@pytest.mark.parametrize("fin", [True, False], ids=["last", "not last"])
def test_a_continuation_first_closes_with_1002(enter_json, fin):
    ana = enter_json()
    ana.wire.send(CONTINUATION, PING_OP, fin=fin)
    closes_with_1002(ana)


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
def test_a_data_frame_inside_a_fragmented_message_closes_with_1002(enter_json, opcode):
    ana = enter_json()
    ana.wire.send(TEXT, PING_OP[:5], fin=False)
    ana.wire.send(opcode, PING_OP[5:])
    closes_with_1002(ana)


def test_a_close_frame_of_one_byte_closes_with_1002(enter_json):
    ana = enter_json()
    ana.wire.send(CLOSE, b"\x03")
    closes_with_1002(ana)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 65535])
def test_a_close_code_that_may_not_travel_closes_with_1002(enter_json, code):
    ana = enter_json()
    ana.wire.send(CLOSE, struct.pack("!H", code))
    closes_with_1002(ana)


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_a_close_is_answered_by_a_close(enter_json, code):
    ana = enter_json()
    ana.wire.send(CLOSE, struct.pack("!H", code) + b"bye")
    assert ana.wire.close_code() == code


def test_a_close_without_a_code_is_answered_by_a_close(enter_json):
    ana = enter_json()
    ana.wire.send(CLOSE)
    assert ana.wire.close_code() in (1000, 1005)


def test_a_ping_is_answered_by_a_pong_with_its_payload(enter_json):
    ana = enter_json()
    for payload in (b"", b"x" * 125, bytes(range(100))):
        ana.wire.send(PING, payload)
        frame = ana.wire.frame()
        assert (frame.opcode, frame.payload, frame.fin) == (PONG, payload, True)


def test_an_unasked_pong_is_ignored(enter_json):
    ana = enter_json()
    ana.wire.send(PONG, b"hello")
    assert ana.ask("ping") == {}


def test_a_ping_between_fragments_is_answered_before_the_message(enter_json):
    ana = enter_json()
    ana.wire.send(TEXT, PING_OP[:5], fin=False)
    ana.wire.send(PING, b"between")
    assert ana.wire.frame().opcode == PONG
    ana.wire.send(CONTINUATION, b"", fin=False)
    ana.wire.send(CONTINUATION, PING_OP[5:])
    assert ana.reply(21) == ("pong", {})


def test_a_message_in_fragments_of_a_few_bytes_is_whole_again(enter_json):
    ana = enter_json()
    pieces = [PING_OP[n : n + 3] for n in range(0, len(PING_OP), 3)]
    for n, piece in enumerate(pieces):
        ana.wire.send(TEXT if n == 0 else CONTINUATION, piece, fin=n == len(pieces) - 1)
    assert ana.reply(21) == ("pong", {})


@pytest.mark.parametrize("length_form", [126, 127])
def test_a_length_longer_than_needed_is_taken_or_closes_with_1002(enter_json, length_form):
    ana = enter_json()
    ana.wire.send(TEXT, PING_OP, length_form=length_form)
    try:
        assert ana.reply(21) == ("pong", {})
    except Closed as end:
        assert end.code == 1002


def test_a_length_with_its_highest_bit_set_ends_the_connection(enter_json):
    ana = enter_json()
    ana.wire.write(b"\x81\xff" + b"\xff" * 8 + b"\0\0\0\0")
    assert ana.wire.close_code() in (1002, 1009)


def test_many_messages_in_one_tcp_segment_are_all_answered(enter_json):
    from websocket_wire import frame_bytes

    ana = enter_json()
    frames = [frame_bytes(TEXT, b'{"id":%d,"ping":{}}' % n) for n in range(101, 201)]
    ana.wire.write(b"".join(frames))
    assert {ana.reply(n)[0] for n in range(101, 201)} == {"pong"}


def test_a_frame_that_comes_byte_by_byte_is_answered(enter_json):
    from websocket_wire import frame_bytes

    ana = enter_json()
    for octet in frame_bytes(TEXT, PING_OP):
        ana.wire.write(bytes([octet]))
    assert ana.reply(21) == ("pong", {})


def test_a_socket_cut_inside_a_frame_disturbs_nobody(enter_json):
    ana = enter_json()
    ana.wire.write(b"\x81\xfe\x10\x00abcd" + b"x" * 100)
    ana.wire.drop()
