"""Bytes by path from the daemon's metrics."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natscope.model.mesh_path import Traffic
from natscope.wire.local_api.metrics import decode_traffic
from tests.wire.local_api.recorded import body


def test_recorded() -> None:
    traffic = decode_traffic(body("usermetrics.http"))
    assert traffic["derp"] == Traffic(bytes_in=936, bytes_out=1172, packets_in=10, packets_out=13)
    assert traffic["direct_ipv4"] == Traffic(bytes_in=1276, bytes_out=1748, packets_in=13, packets_out=19)
    assert set(traffic) == {"derp", "direct_ipv4", "direct_ipv6", "peer_relay_ipv4", "peer_relay_ipv6"}


def test_large_numbers_other_labels_and_nonsense() -> None:
    page = (
        b'tailscaled_inbound_bytes_total{node="x",path="derp",more="y"} 1.5e+06\n'
        b'tailscaled_inbound_bytes_total{path="derp"} 2\n'
        b'tailscaled_inbound_bytes_total{path="derp"} 1e999\n'
        b'tailscaled_inbound_bytes_total{path="derp"} ...\n'
        b'tailscaled_inbound_bytes_total{path="<script>"} 1\n'
        b"tailscaled_inbound_bytes_total 1\n"
    )
    assert decode_traffic(page) == {"derp": Traffic(bytes_in=1_500_002)}


@given(st.binary(max_size=300))
def test_any_page_is_read(page: bytes) -> None:
    decode_traffic(b'tailscaled_outbound_packets_total{path="derp"} ' + page)
