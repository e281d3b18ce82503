"""A status goes out under upstream's names: nothing that was recorded is lost, whatever we know of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from natscope.wire.local_api.status import decode_status
from natscope.wire.local_api.status_out import ZERO_TIME, encode_node, encode_status
from tests.wire.local_api.recorded import STATUS, body, tree

TIMES = ("Created", "LastWrite", "LastSeen", "LastHandshake", "KeyExpiry")


def same(name: str, told: Any, ours: Any) -> bool:
    """Equal, but for null against an empty list and nanoseconds against microseconds."""
    if told is None:
        return ours in (None, [])
    if name in TIMES and told != ZERO_TIME:
        return abs(datetime.fromisoformat(told) - datetime.fromisoformat(ours)) < timedelta(microseconds=2)
    return bool(told == ours)


def compare(told: dict[str, Any], ours: dict[str, Any]) -> None:
    missing = {name for name, value in told.items() if name not in ours and value not in (None, [], "")}
    assert not missing
    assert [name for name in ours if name not in told and name != "Expired"] == []
    different = [name for name in ours if not same(name, told[name], ours[name]) and name not in ("Self", "Peer")]
    assert different == []


@pytest.mark.parametrize("name", [*STATUS, "status.http", "status-nopeers.http"])
def test_every_recorded_field_comes_out_again(name: str) -> None:
    told = tree(name)
    status = decode_status(body(name))
    ours = json.loads(json.dumps(encode_status(status)))
    compare(told, ours | ({"Peer": told["Peer"]} if "Peer" in told else {}))
    compare(told["Self"], ours["Self"])
    assert len(status.peers) == len(told["Peer"] or {})
    for peer in status.peers:
        compare(told["Peer"][peer.key], json.loads(json.dumps(encode_node(peer))))


def test_what_we_do_not_know_is_kept_as_it_came() -> None:
    told = tree("status-active.json")
    told["FromTheFuture"] = {"a": [1, None]}
    told["Self"]["Location"] = {"City": "Basel"}
    ours = encode_status(decode_status(json.dumps(told).encode()))
    assert ours["FromTheFuture"] == {"a": [1, None]}
    assert ours["User"] == told["User"]
    assert ours["CurrentTailnet"] == told["CurrentTailnet"]
    this = ours["Self"]
    assert isinstance(this, dict)
    assert (this["Location"], this["UserID"]) == ({"City": "Basel"}, told["Self"]["UserID"])


def test_what_an_old_program_does_not_tell_is_not_made_up() -> None:
    status = decode_status(b'{"BackendState":"Running","Self":{"HostName":"old"},"Peer":{"k":{"HostName":"p"}}}')
    ours = encode_status(status)
    assert "TUN" not in ours
    assert "Online" not in encode_node(status.peers[0])
    assert "RxBytes" not in encode_node(status.peers[0])
