"""The typed view of the table."""

from __future__ import annotations

from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.lifetime import Lifetimes
from natscope.machines.nat.packet import UDP
from natscope.machines.nat.views import MappingView
from tests.machines.nat.site import Site, config, end


def test_a_mapping_with_its_peers_and_its_end() -> None:
    site = Site(config())
    site.wait(5)
    site.seen("a:5000", "r:1")
    site.wait(5)
    site.seen("a:5000", "s:1")
    assert site.nat.mappings(site.now) == [
        MappingView(UDP, end("a:5000"), end("nat:5000"), (end("r:1"), end("s:1")), 5.0, 310.0, False)
    ]
    assert site.nat.mappings(310.0) == []


def test_the_longest_flow_counts() -> None:
    site = Site(config(lifetimes=Lifetimes(udp_s=30.0, per_flow=True)))
    site.seen("a:5000", "r:1")
    site.wait(10)
    site.seen("a:5000", "s:1")
    (mapping,) = site.nat.mappings(20.0)
    assert mapping.expires_at == 40.0


def test_forwards_end_never_or_with_their_lease() -> None:
    forward = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"))
    lease = Forward(transport=Transport.UDP, external_port=7001, internal=end("a:5001"))
    site = Site(config(forwards=(forward,)))
    site.nat.open_forward(lease, 0.0, 60.0)
    site.come("r:1", "nat:7000")
    views = site.nat.mappings(1.0)
    assert [(v.static, v.expires_at) for v in views] == [(True, None), (True, 60.0)]
    assert views[0].remotes == (end("r:1"),)
