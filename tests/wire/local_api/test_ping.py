"""Results of pings: the recorded ones, and what is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.wire.local_api.ping import decode_ping
from tests.wire.local_api.recorded import body, tree

RESULTS = [f"ping-{name}.http" for name in ("disco", "disco-relay", "icmp", "tsmp", "peerapi", "self", "nopeer")]


@pytest.mark.parametrize("name", RESULTS)
def test_recorded_ones(name: str) -> None:
    result, told = decode_ping(body(name)), tree(name)
    assert result.problems == ()
    assert (result.ip, result.error, result.latency_s) == (told["IP"], told["Err"], float(told["LatencySeconds"]))
    assert str(result.endpoint or "") == told["Endpoint"]
    assert (result.relay_id, result.relay_code) == (told["DERPRegionID"], told["DERPRegionCode"])
    assert (result.peer_api_port, result.peer_api_url) == (told.get("PeerAPIPort", 0), told.get("PeerAPIURL", ""))
    assert result.is_this_node == told.get("IsLocalIP", False)
    assert result.rest == {}


def test_what_is_new_is_kept() -> None:
    assert decode_ping(json.dumps({**tree("ping-disco.http"), "Hops": [1]}).encode()).rest == {"Hops": [1]}


@given(
    st.dictionaries(st.sampled_from(sorted(tree("ping-disco.http"))), st.none() | st.integers() | st.text(max_size=9))
)
def test_any_values_are_read_or_named(changes: dict[str, object]) -> None:
    decode_ping(json.dumps({**tree("ping-disco.http"), **changes}).encode())


@pytest.mark.parametrize("data", [b"", b"null", b"{}", b"[1]", b'{"IP": "100.64.0.2"', body("ping-badip.http")])
def test_what_is_no_result_is_one_clear_error(data: bytes) -> None:
    with pytest.raises(RemoteError):
        decode_ping(data)
