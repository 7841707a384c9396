#!/usr/bin/python3
"""Every row of "what happens when X" in the docs names the tests that show it, and those exist; so does what the README
says to prove each guarantee: the folders, and in them the tags."""

from __future__ import annotations

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A table is known by the end of its header, which is the column that names tests.
_pages = {"docs/operations.md": ("shown by", "cell"), "tests/faults/README.md": ("cells",)}


def tests() -> set[str]:
    return {name for folder in ("faults", "cluster") for file in (ROOT / "tests" / folder).glob("test_*.py")
            for name in re.findall(r"^def test_(\w+)", file.read_text(), re.MULTILINE)}


def rows(text: str, headers: tuple[str, ...]):
    """The last column of each row of the tables with such a header."""
    is_inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            is_inside = False
        elif is_inside and not set(cells[-1]) <= set("- "):
            yield cells[0], cells[-1]
        elif cells[-1] in headers:
            is_inside = True


def holds(folder: pathlib.Path, tag: str) -> bool:
    """Whether a test there bears the tag: Catch2's in C++, a marker in Python."""
    return any(f"[{tag}]" in file.read_text() for file in folder.rglob("*.cpp")) or \
        any(re.search(rf"\bmark\.{tag}\b", file.read_text()) for file in folder.rglob("*.py"))


def promises() -> list[str]:
    """What is wrong with the README's table of guarantees: `FOLDER` and `FOLDER` (tag `TAG`, `TAG`)."""
    found, tags_count = [], 0
    table = [line for line in (ROOT / "README.md").read_text().splitlines() if re.search(r"^\|.*\(G\d\)", line)]
    for row in table:
        for path in re.findall(r"`((?:tests|scripts)/[\w./]+)`", row):
            if not (ROOT / path).exists():
                found.append(f"README.md: {path} does not exist")
        for folders, tags in re.findall(r"((?:`tests/\w+`(?: and )?)+) \((?:pytest )?(?:tag|marker)s? ([^)]*)\)", row):
            for folder in re.findall(r"`(tests/\w+)`", folders):
                for tag in re.findall(r"`(\w+)`", tags):
                    tags_count += 1
                    if not holds(ROOT / folder, tag):
                        found.append(f"README.md: no test in {folder} bears {tag}")
    return found or ([] if tags_count > 5 else [f"README.md: only {tags_count} tags found: the table is another"])


def problems() -> list[str]:
    names, found, count = tests(), promises(), 0
    for page, headers in _pages.items():
        for what, shown_by in rows((ROOT / page).read_text(), headers):
            count += 1
            named = re.findall(r"`([\w/.]+)`", shown_by)
            if not named:
                found.append(f"{page}: \"{what}\" names no test")
            for name in named:
                folder = "" if name.startswith("tests/") else "tests/cluster/"
                is_there = (ROOT / (folder + name)).is_file() if name.endswith((".py", ".cpp")) else \
                    any(name in test for test in names)
                if not is_there:
                    found.append(f"{page}: \"{what}\" names {name}, which is no test")
    return found or ([] if count > 50 else [f"only {count} rows found: the tables have other headers"])


if __name__ == "__main__":
    told = problems()
    print("\n".join(told) or "every row names tests and tags that exist")
    sys.exit(bool(told))
