"""Every mapping with every filtering, port policy, pooling and hairpinning does what the RFC's words promise."""

from __future__ import annotations

import itertools

import pytest

from natscope.machines.nat.config import Hairpin, NatConfig
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.ports import PortPolicy
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering, Mapping
from tests.machines.nat.site import PUBLIC, SECOND, Site, config, end

MAPPINGS = [Mapping.ENDPOINT_INDEPENDENT, Mapping.ADDRESS_DEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT]
FILTERINGS = [Filtering.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_DEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT]
ALL = list(itertools.product(MAPPINGS, FILTERINGS, PortPolicy, Pooling, Hairpin))


def build(choice: tuple[Mapping, Filtering, PortPolicy, Pooling, Hairpin]) -> NatConfig:
    mapping, filtering, ports, pooling, hairpin = choice
    return config(
        external=(PUBLIC, SECOND), mapping=mapping, filtering=filtering, ports=ports, pooling=pooling, hairpin=hairpin
    )


everything = pytest.mark.parametrize("choice", ALL, ids=lambda c: "/".join(str(v) for v in c))


@everything
def test_mapping(choice: tuple[Mapping, Filtering, PortPolicy, Pooling, Hairpin]) -> None:
    """RFC 4787 §4.1: which destinations see the same external endpoint. Shared ports may hide that mappings differ."""
    mapping, _, ports, pooling, _ = choice
    site = Site(build(choice))
    first, port, address = (site.seen("a:5000", to) for to in ("r:1", "r:2", "s:1"))
    if mapping is Mapping.ENDPOINT_INDEPENDENT and pooling is not Pooling.PER_DESTINATION:
        assert first == port == address
    if mapping is Mapping.ADDRESS_DEPENDENT:
        assert first == port
    if ports not in (PortPolicy.OVERLOADING, PortPolicy.PER_FLOW):
        assert (first == port) is (mapping is not Mapping.ADDRESS_AND_PORT_DEPENDENT)
        assert mapping is Mapping.ENDPOINT_INDEPENDENT or address not in (first, port)
    assert site.seen("a:5000", "r:1") == first
    assert site.come("r:1", first) == end("a:5000")


@everything
def test_filtering(choice: tuple[Mapping, Filtering, PortPolicy, Pooling, Hairpin]) -> None:
    """RFC 4787 §5, REQ-8: who may send to a mapping that was opened towards one endpoint."""
    filtering = choice[1]
    site = Site(build(choice))
    outside = site.seen("a:5000", "r:1")
    same, port, stranger = (site.come(who, outside) for who in ("r:1", "r:2", "s:1"))
    assert same == end("a:5000")
    assert port == (end("a:5000") if filtering is not Filtering.ADDRESS_AND_PORT_DEPENDENT else "filtered")
    assert stranger == (end("a:5000") if filtering is Filtering.ENDPOINT_INDEPENDENT else "filtered")
    other = Endpoint(outside.ip, 999)
    assert site.come("r:1", other) == "no mapping"


@everything
def test_ports(choice: tuple[Mapping, Filtering, PortPolicy, Pooling, Hairpin]) -> None:
    """RFC 4787 §4.2.1 and REQ-3: preservation, and what a second host with the same port gets."""
    mapping, _, ports, pooling, _ = choice
    site = Site(build(choice))
    one, two = site.seen("a:5000", "r:1"), site.seen("b:5000", "r:1")
    if ports not in (PortPolicy.RANDOM, PortPolicy.SEQUENTIAL):
        assert one.port == 5000
    if ports is PortPolicy.OVERLOADING:
        assert two.port == 5000
    elif one.ip == two.ip:
        assert one != two
        assert site.come("r:1", one) == end("a:5000")
        assert site.come("r:1", two) == end("b:5000")
    low = site.seen("a:53", "r:1")
    assert low.port < 1024, "REQ-3a: a well-known port stays well-known"
    if ports is PortPolicy.SEQUENTIAL and mapping is not Mapping.ADDRESS_AND_PORT_DEPENDENT:
        ends = [site.seen(f"a:{port}", "s:1") for port in range(6000, 6008)]
        if pooling is not Pooling.ARBITRARY:
            assert {b.port - a.port for a, b in itertools.pairwise(ends)} <= {1, 1 - 64512}


@everything
def test_pooling(choice: tuple[Mapping, Filtering, PortPolicy, Pooling, Hairpin]) -> None:
    """RFC 4787 §4.1, REQ-2: paired or arbitrary."""
    pooling = choice[3]
    site = Site(build(choice))
    by_port = {site.seen(f"a:{port}", "r:1").ip for port in range(5000, 5040)}
    by_host = {site.seen(str(f"{host}:5000"), "r:1").ip for host in "abc"}
    remotes = [Endpoint(end("r:1").ip + n, 1) for n in range(40)]
    by_remote = {answer.ip for r in remotes if isinstance(answer := site.out("a:6000", r), Endpoint)}
    assert len(by_port) == (2 if pooling is Pooling.ARBITRARY else 1)
    if pooling is Pooling.PAIRED:
        assert len(by_remote) == 1
    elif pooling is Pooling.PER_DESTINATION:
        assert len(by_remote) == 2
        assert len(by_host) == 1


@everything
def test_hairpinning(choice: tuple[Mapping, Filtering, PortPolicy, Pooling, Hairpin]) -> None:
    """RFC 4787 §6, REQ-9: two hosts behind one NAT by their external endpoints, each opening its own filter."""
    mapping, _, _, _, hairpin = choice
    site = Site(build(choice))
    one, two = site.seen("a:5000", "r:1"), site.seen("b:5001", "r:1")
    site.out("b:5001", one)
    shown = site.out("a:5000", two)
    if hairpin is Hairpin.NONE:
        assert shown == "hairpinning is off"
        return
    if mapping is not Mapping.ENDPOINT_INDEPENDENT or choice[3] is Pooling.PER_DESTINATION:
        return
    assert shown == (one if hairpin is Hairpin.EXTERNAL_SOURCE else end("a:5000"))
    assert site.turned is not None
    assert site.turned.dport == 5001
