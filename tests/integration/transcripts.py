"""Runs the examples of docs/protocol.md: what a reader types is typed, what is shown must come.

A ```session is typed into `python3 -m websockets`, a ```console into bash. Terms, times and names of
connections and nodes differ from run to run; everything else must be as documented.
"""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

DOCUMENTED_TERM = 1764000000000
DOCUMENTED_ADDRESS = "127.0.0.1:8080"
FENCE = re.compile(r"^```(session|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TERMINAL_CODES = re.compile(r"\x1b(\[[0-9;]*[A-Za-z]|[78])")
PATIENCE_S = 10


def examples(text):
    """(heading, kind, body) of each fenced example, in order."""
    found = []
    for match in FENCE.finditer(text):
        headings = re.findall(r"^#{2,3} (.*)$", text[: match.start()], re.MULTILINE)
        found.append((headings[-1], match[1], match[2]))
    return found


class Terms:
    """The term that the page shows stands for whatever term the node has."""

    def __init__(self):
        self.actual = None

    def typed(self, text):
        """What the reader would type: the page's term replaced by the one that the node gave."""
        return text.replace(str(DOCUMENTED_TERM), str(self.actual or DOCUMENTED_TERM))

    def shape(self, value, name=None):
        """A value with all that may differ replaced by its type; strings with "..." stay."""
        if isinstance(value, dict):
            return {key: self.shape(entry, key) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.shape(entry) for entry in value]
        if name == "term" and value not in (0, DOCUMENTED_TERM):
            assert isinstance(value, int) and self.actual in (None, value), value
            self.actual = value
            return DOCUMENTED_TERM
        if name == "at" or name in ("conn_id", "node", "message", "title", "detail"):
            return type(value).__name__
        return value


def exchange(envelopes, terms):
    """What a client makes of envelopes, however they were batched: replies, and pushes per room."""
    replies, pushes = {}, {}
    for envelope in envelopes:
        ((name, body),) = ((k, v) for k, v in envelope.items() if k != "id")
        body = terms.shape(body)
        if name == "error" and "id" in envelope:
            body = {key: body[key] for key in ("code", "name", "retryable", "message")}
        if "id" in envelope:
            replies[envelope["id"]] = (name, body)
            continue
        line = pushes.setdefault(body.get("room"), [])
        if name == "batch" and line and line[-1][0] == "batch":
            before = line[-1][1]
            if before["phase"] == body["phase"]:
                body = before | {"events": before["events"] + body["events"]}
                line.pop()
        if name != "head":  # comes now and then, so no example shows it
            line.append((name, body))
    return replies, {room: line for room, line in pushes.items() if line}


class Terminal:
    """`python3 -m websockets URL` with a reader of what it prints."""

    def __init__(self, url):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "websockets", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(os.environ, PYTHONUNBUFFERED="1"),
        )
        self.lines = queue.SimpleQueue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            # Pieces of one line: the prompt `> `, the terminal's codes, and `< ` with a message.
            text = TERMINAL_CODES.sub("", line.decode()).strip()
            if "< " in text:
                self.lines.put(text[text.index("< ") + 2 :])

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def shown(self, deadline):
        """The envelopes of the next message."""
        try:
            frame = json.loads(self.lines.get(timeout=max(0.01, deadline - time.monotonic())))
        except queue.Empty:
            raise TimeoutError("the node said nothing more") from None
        return frame if isinstance(frame, list) else [frame]

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)


def run_session(text, address, terms):
    """Types each `>` line once all `<` lines before it came."""
    terminal = Terminal(f"ws://{address}/v1/ws")
    documented, got = [], []
    try:
        for line in [*text.splitlines(), "> end"]:
            if line.startswith("< "):
                documented.append(json.loads(line[2:]))
                continue
            expected = exchange(documented, terms)
            deadline = time.monotonic() + PATIENCE_S
            try:
                while exchange(got, terms) != expected:
                    got += terminal.shown(deadline)
            except TimeoutError:
                assert exchange(got, terms) == expected
            assert line.startswith("> "), line
            if line != "> end":
                terminal.type(terms.typed(line[2:]))
    finally:
        terminal.close()


def run_console(text, address, terms):
    """Runs each `$` line in bash and compares what it prints, line by line."""
    for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *expected = step.rstrip("\n").split("\n")
        command = terms.typed(command).replace(DOCUMENTED_ADDRESS, address)
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], stdout=subprocess.PIPE, start_new_session=True
        )
        watchdog = threading.Timer(PATIENCE_S, os.killpg, (process.pid, signal.SIGKILL))
        watchdog.start()
        try:
            got = printed(process, len(expected))
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.terminate()
            process.wait(PATIENCE_S)
        compare_lines(got, expected, terms)


def printed(process, count):
    """That many lines; a stream goes on, so nothing waits for its end."""
    lines = []
    while len(lines) < count:
        line = process.stdout.readline()
        if not line:
            break
        text = line.decode().rstrip("\r\n")
        if not text.startswith(":"):  # a comment that keeps the stream open
            lines.append(text)
    return lines


def compare_lines(got, expected, terms):
    assert len(got) == len(expected), (got, expected)
    # The fields of one server-sent event may come in any order: compare per event.
    for one, other in zip(events(got), events(expected)):
        assert shapes(one, terms) == shapes(other, terms)


def events(lines):
    return "\n".join(lines).split("\n\n")


def shapes(block, terms):
    lines = []
    for line in block.split("\n"):
        name, _, value = line.partition("{")
        if value:
            body = json.loads("{" + value)
            if "code" in body:  # a problem: RFC 9457 leaves the rest to the node
                body = {key: body[key] for key in ("status", "code", "name") if key in body}
            lines.append(name + json.dumps(terms.shape(body), sort_keys=True))
        else:
            seen = str(terms.actual or DOCUMENTED_TERM)
            lines.append(line.replace(seen, str(DOCUMENTED_TERM)))
    return sorted(lines)
