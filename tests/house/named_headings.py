#!/usr/bin/python3
"""Every heading of a page of docs/ that a file names, as in `docs/protocol.md, "Errors and closing"`, is there.

Headings are named without their number, since a number moves when a section is added; the bold words that begin a
paragraph or a point of a list count as headings too."""

from __future__ import annotations

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
_not_ours = {".git", "build", "dist", "node_modules"}
_kinds = (".hpp", ".cpp", ".py", ".ts", ".js", ".md", ".proto", ".txt", ".toml", ".sql", ".in", "")
_named = re.compile(r'\b(?:docs/)?([\w-]+\.md)\)?, ("[^"]+"(?:(?:,| and) "[^"]+")*)')
_numbered = re.compile(r"\b[\w-]+\.md,? §\s?\d")
# A reference may go on behind a line's end and the next line's mark of a comment.
_line_end = re.compile(r"\s*\n\s*(?:///?<?|#|\*)?\s*")


def headings(page: pathlib.Path) -> set[str]:
    text = page.read_text()
    titles = re.findall(r"^#+ (?:\d+\. )?(.*)$", text, re.MULTILINE)
    bold = re.findall(r"^(?:- )?\*\*(.+?)[.:,]?\*\*", text, re.MULTILINE)
    return {title.replace("`", "") for title in titles + bold}


def sources() -> list[pathlib.Path]:
    paths = []
    for folder, within, names in os.walk(ROOT):
        within[:] = sorted(set(within) - _not_ours)
        paths += [pathlib.Path(folder, name) for name in sorted(names)]
    return [path for path in paths if path.suffix in _kinds and path != pathlib.Path(__file__)]


def problems() -> list[str]:
    known = {page.name: headings(page) for page in (ROOT / "docs").glob("*.md")}
    found, count = [], 0
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        try:
            text = _line_end.sub(" ", path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:  # a program, or bytes that a fuzzer begins with
            continue
        found += [f'{name}: "{bad}" names a section by its number' for bad in _numbered.findall(text)]
        for page, titles in _named.findall(text):
            for title in re.findall(r'"([^"]+)"', titles) if page in known else ():
                count += 1
                if title not in known[page]:
                    found.append(f'{name}: docs/{page} has no heading "{title}"')
    return found or ([] if count > 30 else [f"only {count} headings are named: they are written in another way"])


if __name__ == "__main__":
    told = problems()
    print("\n".join(told) or "every heading that is named is there")
    sys.exit(bool(told))
