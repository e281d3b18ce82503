"""The search for gateway devices: whom it asks, how often, and what it takes for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.api import Received, Send, Tick
from natscope.machines.portmap_client.ssdp_search import GROUP, MAX_ANSWERS, Found, SsdpSearch
from natscope.machines.portmap_client.timing import SEARCH
from natscope.machines.portmap_client.values import Closed, Dropped, Protocol, Silent, Unreachable
from natscope.model.endpoint import Endpoint
from natscope.wire.portmap.ssdp import SearchAnswer, decode_search, encode_answer
from tests.wire.portmap.vectors import VECTORS

GATEWAY = IPv4Address("192.168.1.1")
SERVER = Endpoint(GATEWAY, 1900)
IGD = "urn:schemas-upnp-org:device:InternetGatewayDevice:"


def answer(version: int = 2, location: str = "http://192.168.1.1:5000/d.xml", source: Endpoint = SERVER) -> Received:
    told = SearchAnswer(location, "S", f"{IGD}{version}", f"uuid:x::{IGD}{version}")
    return Received(encode_answer(told), source)


def targets(found: Sequence[Any]) -> list[Endpoint]:
    return [item.target for item in found if isinstance(item, Send)]


def test_the_gateway_is_asked_first_and_then_the_group() -> None:
    sent = SsdpSearch(GATEWAY).start(0)
    assert targets(sent) == [SERVER, GROUP, GROUP, GROUP]
    assert [s.data.decode() for s in sent if isinstance(s, Send)][:3] == [
        VECTORS["ssdp"]["msearch_all"],
        VECTORS["ssdp"]["msearch_all"],
        VECTORS["ssdp"]["msearch_igd1"],
    ]
    assert all(decode_search(s.data) for s in sent if isinstance(s, Send))
    assert targets(SsdpSearch(GATEWAY, to_group=False).start(0)) == [SERVER]


def test_silence_is_asked_a_few_times() -> None:
    search = SsdpSearch(GATEWAY)
    found = list(search.start(0))
    while (due := search.deadline()) is not None:
        assert search.handle(Tick(), due - 0.001) == []
        found += search.handle(Tick(), due)
    assert targets(found).count(SERVER) == SEARCH.tries
    assert found[-1] == Silent("no answer", Protocol.UPNP)


def test_a_closed_port_leaves_the_group() -> None:
    search = SsdpSearch(GATEWAY)
    search.start(0)
    assert search.handle(Unreachable("port unreachable"), 0.01) == [Closed("port unreachable", Protocol.UPNP)]
    assert search.handle(Unreachable("port unreachable"), 0.02) == []
    due = search.deadline()
    assert due is not None
    assert targets(search.handle(Tick(), due)) == [GROUP, GROUP, GROUP]
    [found] = search.handle(answer(), 1)
    assert isinstance(found, Found)


def test_answers_count_from_whatever_port_and_address() -> None:
    search = SsdpSearch(GATEWAY)
    search.start(0)
    other = Endpoint(IPv4Address("192.168.1.2"), 40_000)
    assert search.handle(answer(source=other), 0.1) == [Found("", search.answers[0].answer, other)]
    assert search.handle(answer(source=other), 0.2) == []  # the answer to the second round
    search.stop()
    assert search.deadline() is None


def test_newer_devices_come_first_and_places_once() -> None:
    search = SsdpSearch(GATEWAY)
    search.start(0)
    for version in (1, 2):
        search.handle(answer(version), 0.1)
    assert [f.answer.target[-1] for f in search.ordered()] == ["2"]
    search.handle(answer(1, "http://192.168.1.1:80/other.xml"), 0.2)
    assert len(search.ordered()) == 2


def test_strangers_and_floods_are_dropped() -> None:
    search = SsdpSearch(GATEWAY)
    search.start(0)
    printer = encode_answer(SearchAnswer("http://192.168.1.7/", "P", "urn:x:device:Printer:1", "uuid:p"))
    notify = f"NOTIFY * HTTP/1.1\r\nNT: {IGD}1\r\n\r\n".encode()
    for data in (printer, notify, b""):
        [event] = search.handle(Received(data, SERVER), 0.1)
        assert isinstance(event, Dropped)
    for number in range(100):
        search.handle(answer(1, f"http://192.168.1.1:5000/{number}"), 0.2)
    assert len(search.answers) == MAX_ANSWERS


@given(st.binary(max_size=100))
def test_garbage_is_dropped(data: bytes) -> None:
    search = SsdpSearch(GATEWAY)
    search.start(0)
    found = search.handle(Received(data + b":InternetGatewayDevice:", SERVER), 0.1)
    assert all(isinstance(event, Dropped) for event in found)
