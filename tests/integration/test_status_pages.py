"""docs/protocol.md, "HTTP": what operators and the page at / are served."""

import re

import pytest

from http_wire import request

SAMPLE = re.compile(
    r"^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\n]|\\.)*\",?)*\})?"
    r" (NaN|[+-]?Inf|[+-]?[0-9.eE+-]+)( -?[0-9]+)?$"
)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_serving_node_is_healthy_and_ready(address, path):
    assert request(address, "GET", path).status == 200


def test_version_is_json(address):
    answer = request(address, "GET", "/version")
    assert answer.status == 200
    assert answer.headers["content-type"].split(";")[0] == "application/json"
    assert isinstance(answer.json()["version"], str)


def test_metrics_are_prometheus_text(address):
    answer = request(address, "GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    samples = [line for line in answer.body.decode().splitlines() if line and line[0] != "#"]
    assert samples and all(SAMPLE.match(line) for line in samples)
    assert any(line.startswith("parley_") for line in samples)


@pytest.mark.G3
def test_the_verifier_of_streams_counted_no_violation(address, enter_json, long_room):
    ana = enter_json()
    ana.join(long_room, rewind={"limit": 1000})
    ana.until_live(long_room)
    text = request(address, "GET", "/metrics").body.decode()
    counts = re.findall(r"^(parley_\S*violation\S*) (\S+)$", text, re.MULTILINE)
    assert counts, "the verifier has a metric"
    assert all(float(value) == 0 for _, value in counts), counts


def test_no_metric_carries_a_room_or_a_user(address, enter_json, room):
    enter_json("a-user-of-its-own").publish(room, "x")
    text = request(address, "GET", "/metrics").body.decode()
    assert room not in text and "a-user-of-its-own" not in text


def test_the_page_is_served_at_the_root(address):
    answer = request(address, "GET", "/")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert b"<html" in answer.body.lower()
    policy = {name: sources for name, *sources in map(str.split, answer.headers["content-security-policy"].split(";"))}
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert set(policy["connect-src"]) == {"'self'", "ws:", "wss:", "http://127.0.0.1:*", "http://localhost:*"}


def test_every_file_that_the_page_names_is_served_by_the_node_itself(address):
    page = request(address, "GET", "/").body.decode()
    named = [name for name in re.findall(r'(?:src|href)="([^"]+)"', page) if not name.startswith("data:")]
    assert named, "this parleyd was built without its demo page: scripts/setup brings what that needs"
    for name in named:
        assert name.startswith("./page/"), "nothing comes from elsewhere"
        answer = request(address, "GET", name[1:])
        assert answer.status == 200 and len(answer.body) > 1000
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        assert answer.headers["content-type"].startswith(kind)
        again = request(address, "GET", name[1:], headers=[("If-None-Match", answer.headers["etag"])])
        assert again.status == 304
