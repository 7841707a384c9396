#!/usr/bin/python3
"""What net/embed_page.cmake makes: the page where npm brought Vite, elsewhere one that says what to do."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def embed(web: pathlib.Path, folder: pathlib.Path) -> str:
    made = folder / "page_files.cpp"
    subprocess.run(["cmake", f"-DWEB={web}", f"-DBUILT={folder / 'demo'}", f"-DTO={made}", "-P",
                    ROOT / "net/embed_page.cmake"], check=True, capture_output=True)
    return made.read_text()


def files(source: str) -> dict[str, str]:
    """Name -> content, out of the C++ source."""
    arrays = re.findall(r"constexpr char file_\d+\[\] = \{((?:'\\x[0-9a-f]{2}',)*)'\\0'\};", source)
    names = re.findall(r'page_file\{"([^"]+)"', source)
    assert len(names) == len(arrays)
    return {name: bytes(int(pair, 16) for pair in re.findall(r"\\x(..)", array)).decode()
            for name, array in zip(names, arrays)}


class EmbedPage(unittest.TestCase):
    def test_without_vite_the_page_says_what_to_do(self):
        with tempfile.TemporaryDirectory() as folder:
            web = pathlib.Path(folder) / "web"
            (web / "demo").mkdir(parents=True)
            (web / "demo" / "absent").symlink_to(ROOT / "web/demo/absent")
            made = files(embed(web, pathlib.Path(folder)))
        self.assertEqual(list(made), ["index.html"])
        self.assertIn("scripts/setup", made["index.html"])
        self.assertNotIn("<script", made["index.html"])

    def test_the_page_loads_nothing_that_is_not_embedded_and_is_the_same_each_time(self):
        if not (ROOT / "web/node_modules/vite").is_dir():
            self.skipTest("npm's packages are missing: scripts/setup says why")
        sources = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                sources.append(embed(ROOT / "web", pathlib.Path(folder)))
        self.assertEqual(*sources)
        made = files(sources[0])
        named = re.findall(r'(?:src|href)="([^"]+)"', made["index.html"])
        self.assertEqual({name for name in named if not name.startswith("data:")}, {"./page/demo.js", "./page/demo.css"})
        self.assertEqual(set(made), {"index.html", "demo.js", "demo.css", "chat_logs.js"})
        self.assertNotRegex(made["demo.css"], r"url\(|@import")


if __name__ == "__main__":
    sys.exit(unittest.main())
