"""Waiting for a condition under a deadline: what a test does instead of sleeping."""

from __future__ import annotations

import time
from typing import Callable, TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], *, what: str, seconds: float, pause: float = 0.02) -> T:
    """Polls until `condition()` is truthy and returns that value.
    :raises TimeoutError: naming `what` was waited for, after `seconds`"""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(pause)
