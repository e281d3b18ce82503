"""The conversation with an Internet Gateway Device: service choice, quirks, hostile answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import TypeVar

import pytest

from natscope.machines.portmap_client import igd_client as igd
from natscope.wire.portmap import igd_actions as actions
from natscope.wire.portmap.igd_description import (
    WAN_IP_1,
    WAN_IP_2,
    WAN_PPP_1,
    Description,
    Device,
    Service,
    encode_description,
)
from natscope.wire.portmap.soap import decode_call, encode_fault, encode_result

T = TypeVar("T")
GATEWAY, OWN = IPv4Address("192.168.1.1"), IPv4Address("192.168.1.20")
PLACE = "http://192.168.1.1:5000/rootDesc.xml"
V1, V2 = Service(WAN_IP_1, "http://192.168.1.1:5000/ctl"), Service(WAN_IP_2, "http://192.168.1.1:5000/ctl")
WISH = igd.mapping_for(OWN, 41641)


@dataclass
class Device_:
    """A router as a table: actions to results or fault codes, in turn; what is not there is fault 401."""

    answers: dict[str, Iterable[dict[str, str] | int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    mappings: list[actions.PortMapping] = field(default_factory=list)
    external: str = "203.0.113.7"
    _turns: dict[str, Iterable[dict[str, str] | int]] = field(default_factory=dict)

    def __call__(self, fetch: igd.Fetch) -> igd.Fetched:
        assert fetch.url.startswith("http://192.168.1.1:")
        call = decode_call(fetch.body, fetch.headers["SOAPAction"])
        self.asked.append(call.action)
        if call.action in (actions.ADD, actions.ADD_ANY):
            self.mappings.append(actions.mapping_of(call))
        default = [{"NewExternalIPAddress": self.external}] if call.action == actions.GET_EXTERNAL_IP else [401]
        turns = self._turns.setdefault(call.action, iter(self.answers.get(call.action, default)))
        answer = next(turns)  # type: ignore[call-overload]
        if isinstance(answer, int):
            return igd.Fetched(500, encode_fault(answer))
        return igd.Fetched(200, encode_result(call.service_type, call.action, answer))


def drive(talk: Generator[igd.Fetch, igd.Fetched, T], device: Callable[[igd.Fetch], igd.Fetched]) -> T:
    try:
        fetch = next(talk)
        for _ in range(50):
            fetch = talk.send(device(fetch))
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it asks without end")


def ports() -> Callable[[], int]:
    numbers = itertools.count(2000)
    return lambda: next(numbers)


def opened(service: Service, device: Device_, wish: actions.PortMapping = WISH) -> igd.Opened | igd.Failed:
    return drive(igd.open_port(service, GATEWAY, wish, ports()), device)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://192.168.1.1:5000/a", "http://192.168.1.1:5000/a"),
        ("http://198.51.100.9:5000/a?b", "http://192.168.1.1:5000/a?b"),
        ("http://user:pass@evil.example/", "http://192.168.1.1/"),
        ("http://router", "http://192.168.1.1/"),
        ("https://192.168.1.1/", ""),
        ("file:///etc/passwd", ""),
        ("http://192.168.1.1:0/", ""),
        ("http://192.168.1.1:99999/", ""),
        ("", ""),
    ],
)
def test_only_the_gateway_is_ever_asked(url: str, wanted: str) -> None:
    assert igd.at_gateway(url, GATEWAY) == wanted


def test_a_description_is_fetched_from_the_gateway_only() -> None:
    text = encode_description(Description(Device("root", services=(Service(WAN_IP_1, "/ctl"),))))
    urls: list[str] = []

    def page(fetch: igd.Fetch) -> igd.Fetched:
        urls.append(fetch.url)
        return igd.Fetched(200, text)

    found = drive(igd.describe("http://198.51.100.1:5000/d.xml", GATEWAY), page)
    assert isinstance(found, Description)
    assert urls == ["http://192.168.1.1:5000/d.xml"]
    assert found.wan_services()[0].control_url == "http://192.168.1.1:5000/ctl"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (igd.Fetched(failure="no answer within 1 s"), "no answer"),
        (igd.Fetched(302), "302"),
        (igd.Fetched(404, b"x"), "404"),
        (igd.Fetched(200, b"<html>"), "no XML"),
        (igd.Fetched(200, b"x" * 70_000), "more than"),
    ],
)
def test_what_is_no_description_is_said(answer: igd.Fetched, words: str) -> None:
    failed = drive(igd.describe(PLACE, GATEWAY), lambda fetch: answer)
    assert isinstance(failed, igd.Failed)
    assert words in failed.words
    nowhere = drive(igd.describe("ftp://x", GATEWAY), lambda fetch: answer)
    assert isinstance(nowhere, igd.Failed)


def several(*services: Service) -> Description:
    return Description(Device("root", services=services))


def test_one_service_is_taken_without_questions() -> None:
    found = drive(igd.choose(several(V1), GATEWAY), Device_())
    assert found == igd.Chosen(V1, 1)
    assert isinstance(drive(igd.choose(several(), GATEWAY), Device_()), igd.Failed)


@pytest.mark.parametrize(
    ("states", "addresses", "wanted"),
    [
        (["Disconnected", "Connected"], ["203.0.113.7"], 1),
        (["Connected", "Up"], ["192.168.7.7", "203.0.113.7"], 1),
        (["Connected", "Connected"], ["", "192.168.7.7"], 1),
        (["Connected", "Connected"], ["192.168.7.7", "192.168.7.8"], 0),
        (["Connected", "Connected"], ["", ""], 0),
        (["Disconnected", "Connecting"], [], 0),
        ([501, "Connected"], ["203.0.113.7"], 1),
        ([501, 501], [], 0),
    ],
)
def test_of_several_services_the_one_that_works(states: list[str | int], addresses: list[str], wanted: int) -> None:
    services = (Service(WAN_IP_1, "http://192.168.1.1:5000/a"), Service(WAN_PPP_1, "http://192.168.1.1:5000/b"))
    device = Device_(
        {
            actions.GET_STATUS_INFO: [s if isinstance(s, int) else {"NewConnectionStatus": s} for s in states],
            actions.GET_EXTERNAL_IP: [{"NewExternalIPAddress": a} for a in addresses],
        }
    )
    chosen = drive(igd.choose(several(*services), GATEWAY), device)
    assert isinstance(chosen, igd.Chosen)
    assert (chosen.service, chosen.services) == (services[wanted], 2)


def test_version_one_gets_exactly_what_was_wished() -> None:
    device = Device_({actions.ADD: [{}]})
    found = opened(V1, device)
    assert isinstance(found, igd.Opened)
    assert (found.mapping, str(found.external), found.notes) == (WISH, "203.0.113.7", ())
    assert device.asked == [actions.ADD, actions.GET_EXTERNAL_IP]


def test_version_two_may_give_another_port() -> None:
    found = opened(V2, Device_({actions.ADD_ANY: [{"NewReservedPort": "5000"}]}))
    assert isinstance(found, igd.Opened)
    assert found.mapping.external_port == 5000
    silent = opened(V2, Device_({actions.ADD_ANY: [{}]}))
    assert isinstance(silent, igd.Opened)
    assert silent.mapping.external_port == 41641


def test_version_two_without_its_action_is_asked_as_one() -> None:
    device = Device_({actions.ADD: [{}]})
    assert isinstance(opened(V2, device), igd.Opened)
    assert device.asked[:2] == [actions.ADD_ANY, actions.ADD]


@pytest.mark.parametrize("code", [725, 402])
def test_permanent_leases_are_taken_where_none_else_is(code: int) -> None:
    device = Device_({actions.ADD: [code, {}]})
    found = opened(V1, device)
    assert isinstance(found, igd.Opened)
    assert [m.lease_s for m in device.mappings] == [7200, 0]
    assert found.notes == ("permanent leases only",)
    twice = opened(V1, Device_({actions.ADD: [code, code]}))
    assert isinstance(twice, igd.Failed)
    assert twice.number == code


def test_a_conflict_is_avoided_by_another_port() -> None:
    device = Device_({actions.ADD: [718, 718, {}]})
    found = opened(V1, device)
    assert isinstance(found, igd.Opened)
    assert [m.external_port for m in device.mappings] == [41641, 2000, 2001]
    assert found.mapping.internal_port == 41641
    stubborn = opened(V1, Device_({actions.ADD: itertools.repeat(718)}))
    assert isinstance(stubborn, igd.Failed)
    assert stubborn.code == "718"


def test_a_router_that_wants_equal_ports_gets_them() -> None:
    device = Device_({actions.ADD: [724, {}]})
    opened(V1, device, replace(WISH, external_port=5000))
    assert [m.external_port for m in device.mappings] == [5000, 41641]


@pytest.mark.parametrize("external", [0, 53, 1023])
def test_low_ports_are_not_asked_for(external: int) -> None:
    device = Device_({actions.ADD: [{}]})
    opened(V1, device, replace(WISH, external_port=external))
    assert device.mappings[0].external_port == 2000


@pytest.mark.parametrize("code", [606, 728, 501, 729])
def test_a_refusal_ends_it_in_its_own_words(code: int) -> None:
    failed = opened(V1, Device_({actions.ADD: [code]}))
    assert isinstance(failed, igd.Failed)
    assert failed.number == code


def test_what_is_no_soap_is_said() -> None:
    for answer, code in ((igd.Fetched(500, b"oops"), "http-500"), (igd.Fetched(200, b"oops"), "")):
        failed = drive(igd.open_port(V1, GATEWAY, WISH, ports()), lambda fetch, a=answer: a)  # type: ignore[misc]
        assert isinstance(failed, igd.Failed)
        assert failed.code == code
    gone = drive(igd.open_port(V1, GATEWAY, WISH, ports()), lambda fetch: igd.Fetched(failure="refused"))
    assert gone == igd.Failed("AddPortMapping: refused")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (WISH, ()),
        (replace(WISH, internal_client="192.168.1.99"), ("192.168.1.99",)),
        (replace(WISH, internal_port=9), ("port 9",)),
        (replace(WISH, enabled=False), ("not enabled",)),
    ],
)
def test_the_table_is_read_back_and_compared(entry: actions.PortMapping, words: tuple[str, ...]) -> None:
    device = Device_({actions.GET_SPECIFIC: [actions.values_of(entry, whole=False)]})
    read = drive(igd.read_back(igd.Opened(V1, WISH), GATEWAY), device)
    assert isinstance(read, actions.PortMapping)
    found = igd.differences(WISH, read)
    assert len(found) == len(words)
    assert all(word in text for word, text in zip(words, found, strict=True))


def test_what_is_gone_is_removed() -> None:
    for answer, removed in (({}, True), (714, True), (606, False)):
        failed = drive(igd.close_port(V1, GATEWAY, 41641), Device_({actions.DELETE: [answer]}))
        assert (failed is None) == removed


def test_nonsense_in_answers_is_no_crash() -> None:
    device = Device_(
        {actions.GET_STATUS_INFO: [{}], actions.GET_SPECIFIC: [{"NewInternalPort": "x"}]}, external="nowhere"
    )
    assert drive(igd.external_ip(V1, GATEWAY), device) is None
    assert isinstance(drive(igd.read_back(igd.Opened(V1, WISH), GATEWAY), device), igd.Failed)
