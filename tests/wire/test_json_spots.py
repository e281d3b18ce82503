"""Positions of JSON values agree with the text, whatever its shape."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from natscope.wire import json_spots
from natscope.wire.json_spots import JsonSpots, spot_at
from natscope.wire.relay_map_problems import Spot

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


def check(value: Any, spot: Spot, lines: list[str]) -> None:
    """What stands at the spot is the beginning of the value."""
    text = lines[spot.line - 1][spot.column - 1 :]
    assert text[0] == json.dumps(value)[0]
    if isinstance(value, dict):
        last = {key.lower(): (key, inner) for key, inner in value.items()}
        for key, inner in last.values():
            below = spot.inside[key.lower()]
            assert lines[below.key_line - 1][below.key_column - 1 :].startswith(json.dumps(key))
            assert below.key == key
            check(inner, below, lines)
    elif isinstance(value, list):
        assert len(spot.inside) == len(value)
        for index, inner in enumerate(value):
            check(inner, spot.inside[str(index)], lines)


@given(values, st.sampled_from([None, 0, 1, "\t"]))
def test_spots_are_where_the_values_stand(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent)
    root = JsonSpots(text).root
    assert root is not None
    check(value, root, text.split("\n"))


def test_keys_that_stand_twice_at_any_depth() -> None:
    found = JsonSpots('{"a": [{"b": 1, "\\u0062": 2}],\n "a": 3}').duplicates
    assert [(path, spot.line) for path, spot in found] == [(("a", 0, "b"), 1), (("a",), 2)]


def test_depth_and_length_are_bounded(monkeypatch: Any) -> None:
    assert JsonSpots("[" * 100_000).root is not None
    monkeypatch.setattr(json_spots, "MAX_TOKENS", 5)
    root = JsonSpots("[1, 2, 3, 4, 5]").root
    assert root is not None
    assert len(root.inside) == 2


def test_line_and_column() -> None:
    assert spot_at("ab\ncd", 0) == (1, 1)
    assert spot_at("ab\ncd", 4) == (2, 2)
