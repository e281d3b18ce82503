"""The actions of an Internet Gateway Device: known bodies, and what answers may say."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire.portmap import igd_actions as igd
from natscope.wire.portmap.igd_description import WAN_IP_1, WAN_IP_2
from natscope.wire.portmap.soap import SoapCall, SoapResult, decode_answer, decode_call, encode_call, encode_result
from tests.wire.portmap.vectors import VECTORS

MAPPING = igd.PortMapping(41641, "UDP", 41641, "192.168.1.5", 7200, "natscope")
PORTS = st.integers(1, 65535)
MAPPINGS = st.builds(
    igd.PortMapping, PORTS, st.sampled_from(["UDP", "TCP"]), PORTS, st.ip_addresses(v=4).map(str),
    st.integers(0, 604_800), st.sampled_from(["", "natscope"]), st.just(""), st.booleans(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("add_port_mapping", igd.add(WAN_IP_1, MAPPING)),
        ("add_any_port_mapping", igd.add_any(WAN_IP_2, MAPPING)),
        ("delete_port_mapping", igd.delete(WAN_IP_1, 41641, "udp")),
        ("get_external_ip", igd.get_external_ip(WAN_IP_1)),
        ("get_status_info", igd.get_status_info(WAN_IP_1)),
    ],
)
def test_bodies_are_exactly_the_known_ones(name: str, call: SoapCall) -> None:
    body = VECTORS["soap"][name]["body"].encode()
    assert encode_call(call) == body
    assert decode_call(body, call.soap_action) == call


def test_the_header_is_the_known_one() -> None:
    assert igd.add(WAN_IP_1, MAPPING).soap_action in VECTORS["soap"]["add_port_mapping"]["http"]


@given(MAPPINGS)
def test_a_router_reads_what_a_client_writes(mapping: igd.PortMapping) -> None:
    for call in (igd.add(WAN_IP_1, mapping), igd.add_any(WAN_IP_2, mapping)):
        assert igd.mapping_of(decode_call(encode_call(call), call.soap_action)) == mapping
    key = (mapping.external_port, mapping.protocol, "")
    for call in (igd.delete(WAN_IP_1, *key[:2]), igd.get_specific(WAN_IP_1, *key[:2])):
        assert igd.key_of(decode_call(encode_call(call), call.soap_action)) == key


@given(MAPPINGS)
def test_a_client_reads_entries_back(mapping: igd.PortMapping) -> None:
    for action, whole in ((igd.GET_SPECIFIC, False), (igd.GET_GENERIC, True)):
        answer = decode_answer(encode_result(WAN_IP_1, action, igd.values_of(mapping, whole=whole)), action)
        assert isinstance(answer, SoapResult)
        key = {"external_port": mapping.external_port, "protocol": mapping.protocol}
        assert igd.entry_of(answer, **({} if whole else key)) == mapping  # type: ignore[arg-type]


def test_port_zero_is_never_asked_for() -> None:
    for call in (igd.add, igd.add_any):
        with pytest.raises(LocalError):
            call(WAN_IP_1, igd.PortMapping(0, "UDP", 1, "192.168.1.5", 0))


@pytest.mark.parametrize(
    ("text", "wanted"), [("203.0.113.7", "203.0.113.7"), ("", None), ("0.0.0.0", None), ("10.0.0.1", "10.0.0.1")]
)
def test_external_addresses(text: str, wanted: str | None) -> None:
    result = SoapResult(igd.GET_EXTERNAL_IP, {"NewExternalIPAddress": text})
    assert igd.external_ip_of(result) == (None if wanted is None else ipaddress.ip_address(wanted))


def test_states_of_the_wan() -> None:
    def told(**values: str) -> igd.StatusInfo:
        return igd.status_of(SoapResult(igd.GET_STATUS_INFO, values))

    assert told(NewConnectionStatus="Connected", NewUptime="17").uptime_s == 17
    assert told(NewConnectionStatus="Up").connected
    assert not told(NewConnectionStatus="Disconnected").connected
    assert told(NewConnectionStatus="", NewUptime="-1").uptime_s is None


def test_the_port_that_was_given() -> None:
    assert igd.reserved_port_of(SoapResult(igd.ADD_ANY, {"NewReservedPort": "4711"})) == 4711


@pytest.mark.parametrize(
    ("read", "values"),
    [
        (igd.external_ip_of, {}),
        (igd.external_ip_of, {"NewExternalIPAddress": "x"}),
        (igd.external_ip_of, {"NewExternalIPAddress": "1.2.3.4.5"}),
        (igd.status_of, {}),
        (igd.reserved_port_of, {}),
        (igd.reserved_port_of, {"NewReservedPort": "70000"}),
        (igd.reserved_port_of, {"NewReservedPort": "٣"}),
        (igd.entry_of, {"NewInternalPort": "-1"}),
        (igd.entry_of, {"NewInternalPort": "1", "NewExternalPort": "99999999999"}),
    ],
)
def test_nonsense_is_an_error(read: object, values: dict[str, str]) -> None:
    with pytest.raises(RemoteError):
        read(SoapResult("X", values))  # type: ignore[operator]


def test_a_router_wants_lease_and_client() -> None:
    for missing in ("NewLeaseDuration", "NewInternalClient"):
        call = SoapCall(WAN_IP_1, igd.ADD, tuple(a for a in igd.add(WAN_IP_1, MAPPING).arguments if a[0] != missing))
        with pytest.raises(RemoteError):
            igd.mapping_of(call)
    with pytest.raises(RemoteError):
        igd.key_of(SoapCall(WAN_IP_1, igd.DELETE))
