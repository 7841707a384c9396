"""What many cells of several nodes do."""

from __future__ import annotations

from .fault import Fault

# Who is struck, and who goes on. Each node owns some of the rooms under load.
VICTIM, OTHERS = "n2", ("n1", "n3")


async def taken_over(f: Fault, gone: str = VICTIM) -> None:
    await f.until(lambda: f.world.is_taken_over(gone), f"the others to own what {gone} had", 60)
    f.hits["taken over"] += 1


async def spread_again(f: Fault) -> None:
    await f.until(f.world.cluster.is_spread, "every node to own shards again", 60)
