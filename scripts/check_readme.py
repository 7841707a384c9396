"""Types the README's commands as a stranger would, in order."""

from __future__ import annotations

import pathlib
import re
import signal
import subprocess
import threading
import time

from check_runs import Failed, Log, Tally

READY = "Parley is ready: "
STREAM_SECONDS = 5


def commands(readme: str) -> list[str]:
    """The lines of all ```sh blocks and those after a `$ ` in ```console blocks, in order. A backslash at the end goes on."""
    found = []
    for kind, block in re.findall(r"^```(sh|console)\n(.*?)^```", readme, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if kind == "console":
                found += [line.removeprefix("$ ")] if line.startswith("$ ") else []
            elif line.strip() and not line.lstrip().startswith("#"):
                found.append(line.strip())
    return found


def type_in(log: Log, line: str, home: pathlib.Path) -> str:
    """@returns what it said. A command that streams never ends: it must have said something by then."""
    output = log.run("bash", "-c", f"timeout {STREAM_SECONDS} {line} || [ $? = 124 ]", env={"CURL_HOME": str(home)})
    if not output.strip():
        raise Failed(f"`{line}` said nothing")
    return output


def strict_curl(folder: pathlib.Path) -> pathlib.Path:
    """Curl's home: as typed, a refusal would end with 0, and so count as something that was said."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".curlrc").write_text("fail\n")
    return folder


class Foreground:
    """`scripts/run`: stays until it is told to stop, and must then end with 0."""

    def __init__(self, log: Log, line: str) -> None:
        self.log, self.line = log, line
        self.output: list[str] = []
        self.process = subprocess.Popen(["bash", "-c", f"exec {line}"], cwd=log.root, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for text in self.process.stdout:
            self.output.append(text)
            if READY in text:
                self.ready.set()
        self.ready.set()

    def wait_ready(self) -> None:
        self.ready.wait(max(1, self.log.end - time.monotonic()))
        if not any(READY in text for text in self.output):
            raise Failed(f"`{self.line}` never said that it is ready")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.reader.join(5)
            self.log.write(("bash", "-c", self.line), "".join(self.output).encode())


def part(log: Log, root: pathlib.Path) -> Tally:
    readme = root / "README.md"
    if not readme.exists():
        raise Failed("there is no README.md")
    passed, foreground, unread, cluster_is_up = 0, None, [], False
    home = strict_curl(log.path.parent / "curl")
    try:
        for line in commands(readme.read_text()):
            if line.startswith(("scripts/check", "git clone", "cd ")):
                continue  # this run itself, and what led to it
            if line.startswith("scripts/run"):
                foreground = Foreground(log, line)
                foreground.wait_ready()
            elif line.startswith("scripts/cluster"):
                cluster_is_up = not line.startswith("scripts/cluster down")
                log.run("bash", "-c", line)
            else:
                said = type_in(log, line, home)
                unread = [text for text in unread if text not in said] + re.findall(r'"text":"(\w+)"}\'', line)
            passed += 1
    finally:
        code = foreground.stop() if foreground else 0
        if cluster_is_up:
            log.run("scripts/cluster", "down", may_fail=True)
    if unread:
        raise Failed(f"{', '.join(unread)}: no command of the README shows what another one published")
    if code != 0 or passed == 0:
        raise Failed(f"scripts/run ended with {code} at Ctrl-C" if code else "README.md holds no command")
    return Tally(passed)
