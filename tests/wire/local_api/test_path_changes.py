"""The history of a path, recorded and hostile."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.model.mesh_path import PathChange
from natscope.wire.local_api.path_changes import MAX_CHANGES, decode_path_changes
from tests.wire.local_api.recorded import body, tree


def test_recorded() -> None:
    changes = decode_path_changes(body("peer-endpoint-changes.http"))
    assert len(changes) == len(tree("peer-endpoint-changes.http"))
    assert changes[0] == PathChange(
        at=datetime(2026, 11, 24, 21, 34, 8, 640366, tzinfo=UTC), what="updateFromNode-DERP", after=("127.3.3.40:900",)
    )
    assert changes[1].after == ("198.51.100.12:41641", "192.168.12.2:41641")
    assert (changes[2].before, changes[2].after) == ((), ())
    assert {json.dumps(change.rest) for change in changes} == {"{}"}


@pytest.mark.parametrize(
    ("told", "after", "rest"),
    [
        ("192.0.2.1:5", ("192.0.2.1:5",), {}),
        (["192.0.2.1:5", "[::1]:6"], ("192.0.2.1:5", "[::1]:6"), {}),
        ([], (), {}),
        ({}, (), {}),
        ({"AddrPort": "192.0.2.1:5"}, (), {"To": {"AddrPort": "192.0.2.1:5"}}),
        (["192.0.2.1:5", 7], ("192.0.2.1:5",), {"To": ["192.0.2.1:5", 7]}),
        (0, (), {"To": 0}),
    ],
)
def test_a_place_is_read_or_kept(told: object, after: tuple[str, ...], rest: dict[str, object]) -> None:
    (change,) = decode_path_changes(json.dumps([{"What": "x", "From": {}, "To": told, "Vni": 3}]).encode())
    assert (change.before, change.after, change.rest) == ((), after, {"Vni": 3, **rest})


VALUES = st.none() | st.text(max_size=30) | st.lists(st.integers(), max_size=2)
ITEMS = st.none() | st.text(max_size=5) | st.dictionaries(st.sampled_from(["When", "What", "From", "To"]), VALUES)


@given(st.lists(ITEMS, max_size=5))
def test_any_list_is_a_history(items: list[object]) -> None:
    assert len(decode_path_changes(json.dumps(items).encode())) == len(items)


def test_none_and_too_many() -> None:
    assert decode_path_changes(b"null\n") == ()
    assert len(decode_path_changes(json.dumps([{}] * (MAX_CHANGES + 5)).encode())) == MAX_CHANGES


@pytest.mark.parametrize("data", [b"", b"{}", b'"x"', b"[1"])
def test_what_is_no_history_is_one_clear_error(data: bytes) -> None:
    with pytest.raises(RemoteError):
        decode_path_changes(data)
