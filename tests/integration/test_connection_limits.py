"""Floods and too many connections: refused by name, and nobody else notices."""

import pytest

from parley_testkit.waiting import wait_until
from websocket_wire import CONTINUATION, PING, PONG, TEXT, Refused, Wire, frame_bytes

pytestmark = pytest.mark.usefixtures("bystander")


def flood_code(session, octets, most):
    """Sends the octets again and again until the node closes; the close code."""
    session.wire.answers_pings = False
    session.wire.socket.settimeout(10)
    try:
        for _ in range(most):
            session.wire.socket.sendall(octets)
    except (ConnectionError, TimeoutError):
        pass
    return session.wire.close_code()


@pytest.mark.parametrize("opcode", [PING, PONG], ids=["pings", "pongs"])
def test_a_flood_of_control_frames_closes_with_4429(enter_json, opcode):
    octets = b"".join(frame_bytes(opcode, b"x") for _ in range(1000))
    assert flood_code(enter_json(), octets, 500) in (4429, 1006)


def test_a_flood_of_empty_fragments_closes_with_4429(enter_json):
    ana = enter_json()
    ana.wire.send(TEXT, "[", fin=False)
    octets = b"".join(frame_bytes(CONTINUATION, b"", fin=False) for _ in range(1000))
    assert flood_code(ana, octets, 500) in (4429, 1006)


def test_the_21st_connection_of_a_user_is_quota_exceeded_and_closes_with_4429(
    open_session, room
):
    user = f"many-{room}"
    for _ in range(20):
        open_session().connect(user)
    session = open_session()
    assert session.refused("connect", user=user)["name"] == "quota_exceeded"
    assert session.wire.close_code() == 4429


def test_a_user_may_connect_again_after_a_connection_ended(open_session, room):
    user = f"many-{room}"
    sessions = [open_session() for _ in range(20)]
    for session in sessions:
        session.connect(user)
    sessions[0].wire.close()

    def is_let_in():
        session = open_session()
        return session.reply(session.start("connect", user=user))[0] == "connected"

    wait_until(is_let_in, what="a place for the user", seconds=5)


def test_the_201st_connection_of_an_address_is_http_503_with_retry_after(address):
    wires, refusal = [], None
    try:
        for _ in range(205):
            wire = Wire(address)
            wires.append(wire)
            try:
                wire.upgrade()
            except Refused as refused:
                refusal = refused.answer
                break
        assert refusal is not None, f"{len(wires)} connections of one address"
        assert refusal.status == 503 and int(refusal.headers["retry-after"]) >= 0
    finally:
        for wire in wires:
            wire.drop()
        wait_until(lambda: is_served(address), what="a place for the address", seconds=5)


def is_served(address):
    with Wire(address) as wire:
        try:
            wire.upgrade()
        except Refused:
            return False
        return True
