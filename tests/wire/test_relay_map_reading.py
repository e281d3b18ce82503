"""The reader's bookkeeping, which both forms share: what was kept, where it stands, what it costs."""

from __future__ import annotations

import pytest

from natscope.errors import UserError
from natscope.wire.relay_map_json import JSON_FORM
from natscope.wire.relay_map_problems import Spot
from natscope.wire.relay_map_reading import read_tree
from tests.wire.relay_maps import node, region


def no_spots() -> Spot | None:
    raise AssertionError("nobody asked for positions")


def test_kept_parts_know_their_place() -> None:
    tree = {"Regions": {"0900": region(900, node(), node(900, "b")), "1": None}}
    reading = read_tree(tree, JSON_FORM, no_spots)
    assert reading.region_paths == {900: ("Regions", "0900")}
    assert reading.node_paths == {
        "900a": ("Regions", "0900", "Nodes", 0),
        "b": ("Regions", "0900", "Nodes", 1),
    }
    assert (reading.total_regions, reading.removed_regions) == (1, (1,))


def test_one_region_under_two_spellings_of_its_number() -> None:
    tree = {"Regions": {"900": region(900), "0900": region(900, node(900, "b"))}}
    reading = read_tree(tree, JSON_FORM, lambda: None)
    assert [p.code for p in reading.problems] == ["duplicate-region"]
    assert reading.relay_map.regions[0].nodes[0].name == "900a"


def test_a_region_whose_id_is_wrong_still_has_its_nodes_looked_at() -> None:
    tree = {"Regions": {"900": region(901, node(901, HostName="http://x"))}}
    reading = read_tree(tree, JSON_FORM, lambda: None)
    assert [p.code for p in reading.problems] == ["region-id-differs", "region-id-differs", "host-name-is-url"]


@pytest.mark.parametrize("tree", [None, 1, "x", [], {}, {"Regions": None}, {"Regions": 1}, {"Regions": {}}, {"x": {}}])
def test_no_map(tree: object) -> None:
    with pytest.raises(UserError, match="is no relay map"):
        read_tree(tree, JSON_FORM, no_spots)
