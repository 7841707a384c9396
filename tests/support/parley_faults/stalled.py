"""Raw clients that ask for much and read nothing."""

from __future__ import annotations

import socket

upgrade = (b"GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n")


def stall(port: int, user: str, room: str) -> socket.socket:
    """Joins the room with all of its recent history, without waiting for any answer."""
    link = socket.create_connection(("127.0.0.1", port), 5)
    link.sendall(upgrade + _masked(
        f'{{"id":1,"connect":{{"user":"{user}","rooms":{{"{room}":{{"rewind":{{"limit":1000}}}}}}}}}}'.encode()))
    return link


def _masked(text: bytes) -> bytes:
    """A text frame with a mask of zeros, which leaves the bytes as they are."""
    size = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0xFE, len(text) >> 8, len(text) & 255])
    return b"\x81" + size + bytes(4) + text
