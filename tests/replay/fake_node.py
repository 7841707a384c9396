#!/usr/bin/python3
"""A node for testing the tests: it speaks what the replay needs of the protocol, over a plain log
file, so that it survives kill -9. $FAKE_BUG makes it wrong in one way, which the replay must find:

drop, repeat, swap: of events on their way to a reader; forget: acked but not stored over a restart;
phantom: shown but not stored; hole: a seq is left out; resume: starts one event too late; change: a
byte of a text; no-dedup: a repeat is stored again; refuse-and-store: `unavailable`, but stored;
stale-head: a join is answered with an old head; no-live: `live` is never said; bad-exit: drains, then 1."""

from __future__ import annotations

import argparse
import asyncio
import http
import json
import os
import pathlib
import random
import signal
import time
import urllib.parse

import websockets.exceptions
import websockets.server

bug = os.environ.get("FAKE_BUG", "")
chance = random.Random(7)


class Room:
    """A room's events, in memory and in the node's file."""

    def __init__(self, name: str) -> None:
        self.name, self.events, self.keys, self.changed = name, [], {}, asyncio.Condition()
        self.publishes = 0

    def position(self, seq: int | None = None) -> dict:
        seq = len(self.events) if seq is None else seq
        return {"term": self.events[seq - 1]["term"] if seq else 0, "seq": seq}

    def put(self, event: dict) -> None:
        self.events.append(event)
        self.keys.setdefault((event["sender"], event.get("client_msg_id")), event)


class Node:
    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self.rooms, self.term = folder / "log.jsonl", {}, time.time_ns() // 10**6
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    name, event = json.loads(line)
                except ValueError:
                    continue  # torn by a kill: never acknowledged
                self.room(name).put(event)
        self.file = open(self.path, "a", encoding="utf-8")

    def room(self, name: str) -> Room:
        return self.rooms.setdefault(name, Room(name))

    async def publish(self, room: Room, user: str, body: dict) -> dict:
        room.publishes += 1
        key = (user, body.get("client_msg_id"))
        known = room.keys.get(key) if body.get("client_msg_id") and bug != "no-dedup" else None
        if known is None:
            fields = {k: body[k] for k in ("client_msg_id", "text", "parts", "metadata", "reply_to") if body.get(k)}
            skip = bug == "hole" and room.publishes == 20
            event = {"seq": len(room.events) + 1 + skip, "term": self.term, "kind": "message.created", "sender": user,
                     "at": time.time_ns() // 10**6, "version": 1, **fields}
            if not (bug == "forget" and room.publishes % 10 == 0):
                self.file.write(json.dumps([room.name, event]) + "\n")
                self.file.flush()
            room.put(event)
            async with room.changed:
                room.changed.notify_all()
        else:
            event = known
        if bug in ("refuse-and-store", "no-dedup") and room.publishes % 30 == 7:
            raise Refusal(5030, "unavailable")
        return {"room": room.name, "seq": event["seq"], "term": event["term"], "at": event["at"],
                "duplicate": known is not None}


class Refusal(Exception):
    pass


class Session:
    def __init__(self, node: Node, socket) -> None:
        self.node, self.socket, self.user, self.streams = node, socket, None, {}

    async def run(self) -> None:
        try:
            async for frame in self.socket:
                envelope = json.loads(frame)
                number = envelope.pop("id", 0)
                (name, body), = envelope.items()
                try:
                    await self.do(number, name, body)
                except Refusal as refusal:
                    code, what = refusal.args
                    await self.send({"id": number, "error": {"code": code, "name": what, "message": "", "retryable": True}})
        except websockets.exceptions.ConnectionClosed:
            pass
        finally:
            for stream in self.streams.values():
                stream.cancel()

    async def send(self, envelope: dict) -> None:
        await self.socket.send(json.dumps(envelope))

    async def do(self, number: int, name: str, body: dict) -> None:
        if name == "connect":
            self.user = body["user"]
            started = {room: self.prepare(room, join) for room, join in (body.get("rooms") or {}).items()}
            await self.send({"id": number, "connected": {
                "conn_id": "x", "user": self.user, "node": "fake", "ping_ms": 25000, "limits": {},
                "rooms": {room: {"joined": joined} for room, (joined, _) in started.items()}}})
            for room, (_, begin) in started.items():
                begin()
        elif name == "join":
            self.stop(body["room"])
            joined, begin = self.prepare(body["room"], body)
            await self.send({"id": number, "joined": joined})
            begin()
        elif name == "leave":
            self.stop(body["room"])
            await self.send({"id": number, "left": {"room": body["room"]}})
        elif name == "publish":
            done = await self.node.publish(self.node.room(body["room"]), self.user, body)
            await self.send({"id": number, "published": done})
        else:
            await self.send({"id": number, "pong": {}})

    def stop(self, room: str) -> None:
        if room in self.streams:
            self.streams.pop(room).cancel()

    def prepare(self, name: str, join: dict):
        room = self.node.room(name)
        since, head = join.get("since"), room.position()
        if bug == "stale-head" and head["seq"] > 5:
            head = room.position(head["seq"] - 5)
        gap = None
        if since is None:
            start = room.position(max(0, head["seq"] - join.get("rewind", {}).get("limit", 0)))
        else:
            start = room.position(min(since["seq"], len(room.events)))
            if join.get("on_gap") == "jump" and head["seq"] - since["seq"] > join.get("max", 100):
                start = room.position(head["seq"] - join.get("max", 100))
                gap = {"room": name, "from": since["seq"] + 1, "to": start, "reason": "jump"}
            elif bug == "resume" and 0 < start["seq"] < len(room.events):
                start = room.position(start["seq"] + 1)
        joined = {"room": name, "head": head, "start": start, "recovered": True}

        def begin() -> None:
            self.streams[name] = asyncio.ensure_future(self.stream(room, start["seq"], gap))
        return joined, begin

    async def stream(self, room: Room, at: int, gap: dict | None) -> None:
        live = False
        if gap:
            await self.send({"gap": gap})
        try:
            while True:
                events = [dict(event) for event in room.events[at:at + 50]]
                if events:
                    reached = at + len(events)
                    if sent := spoilt(events):
                        await self.send({"batch": {"room": room.name, "prev": at,
                                                   "phase": "live" if live else "history", "events": sent}})
                    at = reached
                elif not live and bug != "no-live":
                    live = True
                    await self.send({"live": {"room": room.name, "at": room.position(at)}})
                else:
                    async with room.changed:
                        if len(room.events) == at:
                            await room.changed.wait()
        except websockets.exceptions.ConnectionClosed:
            pass


def spoilt(events: list[dict]) -> list[dict]:
    """Events on their way to one reader, wrong now and then if the bug is of this kind."""
    if bug == "swap":
        return events[::-1]
    if chance.random() > 0.05:
        return events
    place = chance.randrange(len(events))
    if bug == "drop":
        events.pop(0)
    elif bug == "repeat":
        events.insert(place, dict(events[place]))
    elif bug == "change":
        events[place]["text"] += "!"
    elif bug == "phantom":
        events.append({**events[-1], "seq": events[-1]["seq"] + 1, "text": "boo"})
    return events


def answer_http(node: Node):
    async def answer(path: str, headers):
        url = urllib.parse.urlsplit(path)
        if url.path == "/v1/ws":
            return None
        if url.path == "/readyz":
            return http.HTTPStatus.OK, [], b"ready"
        query = dict(urllib.parse.parse_qsl(url.query))
        room = node.room(urllib.parse.unquote(url.path.split("/")[3]))
        before, limit = int(query.get("before", 1 << 60)), int(query.get("limit", 50))
        older = [event for event in room.events if event["seq"] < before]
        events = older[-limit:]
        page = {"room": room.name, "events": events, "head": room.position()}
        if len(older) > limit:
            page["older"] = events[0]["seq"]
        return http.HTTPStatus.OK, [("Content-Type", "application/json")], json.dumps(page).encode()
    return answer


async def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--checked", action="store_true")
    parser.add_argument("--listen", required=True)
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    chosen = parser.parse_args()
    host, _, port = chosen.listen.partition(":")
    node, over = Node(chosen.data_dir), asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: over.done() or over.set_result(None))
    async with websockets.server.serve(
            lambda socket: Session(node, socket).run(), host, int(port), subprotocols=["parley.v1.json"],
            compression=None, process_request=answer_http(node), ping_interval=None):
        await over
    return 1 if bug == "bad-exit" else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
