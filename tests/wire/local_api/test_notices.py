"""The stream of notices in any pieces."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.model.mesh_notice import MeshNotice
from natscope.model.mesh_status import MeshState
from natscope.wire.local_api.loose import Problems
from natscope.wire.local_api.notices import NoticeReader, read_notice
from natscope.wire.local_api.status import read_status
from tests.wire.local_api.recorded import body

RECORDED = [f"watch-ipn-bus-{mask}.http" for mask in ("engine", "netmap", "state", "status")]


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_recorded_in_any_pieces(name: str, size: int) -> None:
    data = body(name)
    lines = [json.loads(line) for line in data.splitlines() if line.strip()]
    reader = NoticeReader()
    found = [notice for at in range(0, len(data), size) for notice in reader.feed(data[at : at + size])]
    assert (found, reader.skipped) == (lines[: len(found)], 0)
    assert len(found) >= len(lines) - (not data.endswith(b"\n"))
    assert found


def test_a_status_in_a_notice() -> None:
    (notice, *_) = NoticeReader().feed(body("watch-ipn-bus-status.http") + b"\n")
    problems = Problems()
    status = read_status(notice["InitialStatus"], problems)
    assert status.state_word == "Running"
    assert problems.count == 0


@given(st.lists(st.binary(max_size=30), max_size=10), st.integers(1, 20))
def test_garbage_is_counted_and_what_follows_is_read(garbage: list[bytes], size: int) -> None:
    data = b"".join(line.replace(b"\n", b" ") + b"\n" for line in garbage) + b'{"State": 6}\n'
    reader, found = NoticeReader(), []
    for at in range(0, len(data), size):
        found += reader.feed(data[at : at + size])
    assert found[-1] == {"State": 6}
    assert len(found) - 1 + reader.skipped <= len(garbage)


def test_a_line_without_end_is_passed_over_in_bounded_memory() -> None:
    reader = NoticeReader(max_line_bytes=1000)
    for _ in range(5000):
        assert reader.feed(b"x" * 999) == []
    assert reader.feed(b'"}\n{"State": 6}\n') == [{"State": 6}]
    assert reader.skipped == 1


def read(data: bytes) -> MeshNotice:
    (tree,) = NoticeReader().feed(data + b"\n")
    return read_notice(tree)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_notices_have_no_problem(name: str) -> None:
    for tree in NoticeReader().feed(body(name)):
        assert read_notice(tree).problems == ()


def test_what_a_notice_tells() -> None:
    first, *_ = (read_notice(tree) for tree in NoticeReader().feed(body("watch-ipn-bus-state.http")))
    assert (first.state, first.health, first.kinds) == (MeshState.RUNNING, (), ("State", "Prefs", "Health"))
    *_, engine = (read_notice(tree) for tree in NoticeReader().feed(body("watch-ipn-bus-engine.http")))
    assert (engine.bytes_in, engine.bytes_out, engine.live_relays, engine.peers_changed) == (2616, 3484, 2, True)
    status = read(body("watch-ipn-bus-status.http").splitlines()[0])
    assert status.status is not None
    assert status.status.state is MeshState.RUNNING
    assert read(b'{"Health": {"Warnings": {"a": {"Text": "no relay"}, "b": {"Title": "t"}, "c": {}}}}').health == (
        "no relay", "t",
    )  # fmt: skip
    odd = read(b'{"State": 77, "ErrMessage": "no", "BrowseToURL": "https://x", "Engine": [], "Health": 5}')
    assert (odd.state, odd.error, odd.login_url, odd.health) == (MeshState.UNKNOWN, "no", "https://x", ())
    assert len(odd.problems) == 2
    assert read(b"{}") == MeshNotice()


def test_parts_that_we_do_not_read_are_kept_but_for_those_with_keys() -> None:
    told = read(b'{"State": 6, "DriveShares": null, "Later": {"a": [1]}, "Prefs": {"Config": {}}, "NetMap": {"x": 1}}')
    assert (told.rest, "Prefs" in told.kinds) == ({"Later": {"a": [1]}}, True)
    for name in RECORDED:
        kept = json.dumps([read_notice(tree).rest for tree in NoticeReader().feed(body(name))])
        assert "privkey" not in kept
        assert "nlpriv" not in kept


@given(
    st.dictionaries(
        st.sampled_from(["State", "Engine", "Health", "InitialStatus", "ErrMessage", "NetMap"]),
        st.none() | st.integers() | st.text(max_size=5) | st.dictionaries(st.text(max_size=5), st.integers()),
    )
)
def test_any_notice_is_read(tree: dict[str, object]) -> None:
    read_notice(tree)
