"""R13 can fail: a node that is allowed less than it uses is found out, for each resource that is sampled."""

import pytest


@pytest.mark.parametrize("resource, most", [("rss", 1 << 20), ("descriptors", 10), ("descriptors at rest", 10),
                                            ("database links", 2), ("connections", 2)])
def test_a_node_over_its_limit_is_found_out(cell, world, resource, most):
    async def fault(f):
        await f.lasts(3, acks=200, joins=20)

    cell.run(world(), fault, limits={resource: most}, broken={"R13"}, hits={})
