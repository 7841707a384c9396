"""A stranger at Redis who publishes every copy of an event again: repeated, late and shuffled (F8)."""

from __future__ import annotations

import random
import socket
import threading


class Echo:
    """A context manager; works in a thread of its own.
    :ivar repeated: how many copies it published; :ivar out_of_order: how many of them after a later one of its room"""

    def __init__(self, port: int, chance: random.Random) -> None:
        self.repeated = self.out_of_order = 0
        self._random = random.Random(chance.random())
        self._link = socket.create_connection(("127.0.0.1", port), 5)
        self._publisher = socket.create_connection(("127.0.0.1", port), 5)
        self._link.sendall(b"PSUBSCRIBE parley:*:room:*\r\n")
        self._lines = self._link.makefile("rb")
        self._told = self._publisher.makefile("rb")
        self._thread = threading.Thread(target=self._go_on, name="echo", daemon=True)

    def __enter__(self) -> "Echo":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._link.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._link.close()
        self._publisher.close()

    def _go_on(self) -> None:
        own: set[bytes] = set()  # what comes back from ourselves
        held: list[tuple[int, bytes, bytes]] = []
        count = 0
        while (parts := self._message()) is not None:
            if len(parts) != 4 or parts[0] != b"pmessage":
                continue
            channel, payload = parts[2], parts[3]
            if payload in own:
                continue
            own.add(payload)
            count += 1
            held += [(count, channel, payload)] * 2
            while len(held) > 12:
                self._publish(held)

    def _publish(self, held: list[tuple[int, bytes, bytes]]) -> None:
        at = self._random.randrange(len(held))
        number, channel, payload = held.pop(at)
        self._publisher.sendall(b"*3\r\n$7\r\nPUBLISH\r\n" + b"".join(
            b"$%d\r\n%s\r\n" % (len(part), part) for part in (channel, payload)))
        self._told.readline()
        self.repeated += 1
        self.out_of_order += any(kept[0] < number and kept[1] == channel for kept in held)

    def _message(self) -> list[bytes] | None:
        """One array of bulk strings (numbers as they are); None at the end."""
        try:
            head = self._lines.readline()
            if not head.startswith(b"*"):
                return None
            return [self._value() for _ in range(int(head[1:]))]
        except (OSError, ValueError):
            return None

    def _value(self) -> bytes:
        head = self._lines.readline()
        if not head.startswith(b"$"):
            return head.rstrip()
        return self._lines.read(int(head[1:]) + 2)[:-2]
