"""The stored room as HTTP tells it: `GET /v1/rooms/{room}/events`, page by page."""

from __future__ import annotations

import time

import requests

from .run import GaveUp

_page = 200


def read_room(http: str, room: str, patience: float) -> tuple[list[dict], dict]:
    """All events in ascending order, and the head. Newest page first, since an absent cursor means
    the newest; then along `older` to the first event."""
    pages, before, head = [], None, None
    with requests.Session() as link:
        while True:
            query = {"limit": _page} | ({"before": before} if before is not None else {})
            page = _read(link, f"{http}/v1/rooms/{room}/events", query, patience)
            pages.append(page["events"])
            head = head or page["head"]
            before = page.get("older")
            if before is None:
                return [event for page in reversed(pages) for event in page], head


def _read(link: requests.Session, url: str, query: dict, patience: float) -> dict:
    deadline, delay = time.monotonic() + patience, 0.05
    while True:
        try:
            answer = link.get(url, params=query, headers={"Parley-User": "replay"}, timeout=patience)
            if answer.status_code == 200:
                return answer.json()
            reason = f"{answer.status_code} {answer.text[:200]}"
            if answer.status_code < 500:
                raise GaveUp(f"{url}: {reason}")
        except requests.ConnectionError as error:
            reason = str(error)
        if time.monotonic() > deadline:
            raise GaveUp(f"{url}: {reason}, for {patience:g} s")
        time.sleep(delay)  # a page per attempt; the node may be in the middle of a restart
        delay = min(delay * 2, 1)
