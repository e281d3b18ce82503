"""Which nodes are checked."""

from __future__ import annotations

import pytest

from natscope.errors import UserError
from natscope.model.relay_map import RelayMap, RelayNode, RelayRegion
from natscope.relay_check.selection import choose


def region(number: int, code: str, *names: str) -> RelayRegion:
    nodes = tuple(RelayNode(name=name, region_id=number, host_name=f"{name}.test") for name in names)
    return RelayRegion(region_id=number, region_code=code, region_name=code.upper(), nodes=nodes)


MAP = RelayMap(regions=(region(1, "fra", "1a", "1b"), region(2, "ams", "2a"), region(3, "old")))


def names(regions: tuple[RelayRegion, ...]) -> list[list[str]]:
    return [[node.name for node in region.nodes] for region in regions]


@pytest.mark.parametrize(
    ("regions", "nodes", "found"),
    [
        ((), (), [["1a", "1b"], ["2a"]]),
        (("1",), (), [["1a", "1b"]]),
        (("AMS", "1"), (), [["1a", "1b"], ["2a"]]),
        ((), ("1b",), [["1b"]]),
        ((), ("2a.test", "1a"), [["1a"], ["2a"]]),
        (("fra",), ("1a",), [["1a"]]),
        (("old",), (), []),
    ],
)
def test_choice(regions: tuple[str, ...], nodes: tuple[str, ...], found: list[list[str]]) -> None:
    assert names(choose(MAP, regions, nodes)) == found


@pytest.mark.parametrize(
    ("regions", "nodes", "words"),
    [
        (("nyc",), (), 'no region "nyc"'),
        ((), ("3a",), 'no node "3a"'),
        (("ams",), ("1a",), 'no node "1a"'),
        ((), ("1a", "9z"), 'no node "9z"'),
    ],
)
def test_what_is_not_there_is_told(regions: tuple[str, ...], nodes: tuple[str, ...], words: str) -> None:
    with pytest.raises(UserError, match=words) as told:
        choose(MAP, regions, nodes)
    assert "it has" in told.value.hint
