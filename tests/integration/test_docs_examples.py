"""docs/protocol.md as it is written: each example is typed as a reader types it."""

import pathlib
import re

import pytest

from transcripts import Terms, examples, run_console, run_session

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
EXAMPLES = examples(PAGE.read_text())
OPERATIONS = {"connect", "join", "leave", "publish", "history", "ping"}


@pytest.fixture(scope="module")
def fresh_node(backend):
    """A node of its own for the whole page, since the page's seqs count from an empty store."""
    node = backend.node("docs").start()
    yield node
    node.stop()


@pytest.fixture(scope="module")
def terms(fresh_node):
    """Of that node: where this file runs alone, the next store's node has other ones."""
    return Terms()


@pytest.mark.parametrize(
    ("heading", "kind", "body"),
    EXAMPLES,
    ids=[f"{n + 1} {heading}" for n, (heading, _, _) in enumerate(EXAMPLES)],
)
def test_an_example_of_the_page_works_as_written(fresh_node, terms, heading, kind, body):
    run = run_session if kind == "session" else run_console
    run(body, f"127.0.0.1:{fresh_node.port}", terms)


def test_every_operation_has_an_example():
    typed = "".join(body for _, kind, body in EXAMPLES if kind == "session")
    assert OPERATIONS <= set(re.findall(r'"(\w+)":\{', typed))


def test_every_http_path_has_an_example():
    typed = "".join(body for _, kind, body in EXAMPLES if kind == "console")
    for path in ("/messages ", "/messages?", "/events?", "/stream?", "/healthz", "/readyz", "/metrics", "/version"):
        assert path.strip() in typed, path


def test_every_fence_of_the_page_is_an_example():
    fences = re.findall(r"^```(\S*)$", PAGE.read_text(), re.MULTILINE)
    assert set(fences) == {"session", "console", ""}
    assert len(fences) == 2 * len(EXAMPLES) and len(EXAMPLES) >= 14
