r"""Raw IRC logs: `[hh:mm] <nick> text`, one message a line, and `===` lines for joins and the like.

What happens to bytes, so that no line is lost to its encoding:
- A line is UTF-8. If it does not decode, the whole line is read as Windows-1252, as most clients that
  mis-encode did; and where that has no such character, as Latin-1, which has all 256.
- NUL, which the protocol refuses, becomes U+FFFD. All other control characters (colours, backspaces)
  stay as they are: the protocol keeps them byte for byte.
- Lines end at LF, or CR LF; a lone CR belongs to the text.

Nicks become user ids: `[ ] \ ` ^ { } |` and all else that an id may not hold, `~` too, is written as
`~XX` for each byte in hexadecimal. So two nicks never become one user."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
import re

# What the protocol allows in an id, but for `~`, which introduces our escapes.
_plain = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@+-")
_id_chars_max = 128
# Leaves room for the metadata within the protocol's 65536 bytes of content.
text_bytes_max = 60000

_message = re.compile(r"\[(\d\d:\d\d)\] <([^>]*)> ?(.*)", re.DOTALL)
_action = re.compile(r"\[(\d\d:\d\d)\] +(\* (\S+).*)", re.DOTALL)
_notice = re.compile(r"\[(\d\d:\d\d)\] (-([^-:\s]+):\S*- .*)", re.DOTALL)
_timed = re.compile(r"\[(\d\d:\d\d)\] (.*)", re.DOTALL)

log_user = "irc"  # says what no nick said: `===` lines and lines of no known shape


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One line that becomes a message. `minute` counts from the log's midnight, None if unknown."""
    number: int
    minute: int | None
    nick: str
    text: str

    @property
    def user(self) -> str:
        return user_id(self.nick)


@dataclasses.dataclass
class Log:
    """A file, and how often each thing worth knowing happened while it was read."""
    name: str
    lines: list[Line]
    skipped_system: int = 0
    skipped_empty: int = 0
    skipped_long: int = 0
    not_utf8: int = 0
    nul_replaced: int = 0


def read_log(path: pathlib.Path, *, system_lines: bool = False, lines_max: int | None = None) -> Log:
    """:param system_lines: whether `===` lines are messages too (of the user `irc`)
    :param lines_max: stops after so many messages"""
    log = Log(path.name.removesuffix(".log"), [])
    minute = None
    for number, raw in enumerate(path.read_bytes().split(b"\n"), 1):
        if lines_max is not None and len(log.lines) >= lines_max:
            break
        line = _decoded(raw.removesuffix(b"\r"), log)
        if line.startswith("===") and not system_lines:
            log.skipped_system += 1
            continue
        time, nick, text = _parsed(line)
        if not text:
            # An event needs a text: a blank line of the file, or `<nick>` with nothing after it.
            log.skipped_empty += bool(line)
            continue
        if len(text.encode()) > text_bytes_max:
            log.skipped_long += 1
            continue
        minute = _minute(time, minute)
        log.lines.append(Line(number, minute, nick, text))
    return log


def user_id(nick: str) -> str:
    """A user id of the protocol, different for each nick."""
    user = "".join(c if c in _plain else "".join(f"~{byte:02X}" for byte in c.encode()) for c in nick)
    if not user or set(user) == {"."}:
        return user.replace(".", "~2E") or "~"
    if len(user) > _id_chars_max:
        digest = hashlib.blake2b(nick.encode(), digest_size=8).hexdigest()
        return user[:_id_chars_max - len(digest) - 1] + "~" + digest
    return user


def _decoded(raw: bytes, log: Log) -> str:
    try:
        line = raw.decode("utf-8")
    except UnicodeDecodeError:
        log.not_utf8 += 1
        try:
            line = raw.decode("cp1252")
        except UnicodeDecodeError:
            line = raw.decode("latin-1")
    if "\0" in line:
        log.nul_replaced += 1
        line = line.replace("\0", "\ufffd")
    return line


def _parsed(line: str) -> tuple[str | None, str, str]:
    """(time, nick, text). An action and a notice keep the form in which the log shows them."""
    if match := _message.fullmatch(line):
        return match[1], match[2].strip(" "), match[3]
    for shape in (_action, _notice):
        if match := shape.fullmatch(line):
            return match[1], match[3], match[2]
    if match := _timed.fullmatch(line):
        return match[1], log_user, match[2]
    return None, log_user, line


def _minute(time: str | None, before: int | None) -> int | None:
    if time is None:
        return before
    minute = int(time[:2]) * 60 + int(time[3:])
    while before is not None and minute < before - 12 * 60:
        minute += 24 * 60  # past midnight; a smaller step back is a clock that was set
    return minute
