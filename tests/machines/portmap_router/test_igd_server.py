"""A gateway's SOAP actions, with every error by its number."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.portmap_router.config import Leases, Manner, WanService
from natscope.wire.portmap import igd_actions, soap
from natscope.wire.portmap.igd_description import WAN_IP_1, WAN_IP_2, WAN_PPP_1
from natscope.wire.portmap.soap import SoapCall, SoapFault, SoapResult
from tests.machines.nat.site import PUBLIC, end
from tests.machines.portmap_router.router import Router, code

TWO: dict[str, Any] = {"version": 2, "services": (WanService.IP_2,)}


def got(answer: SoapResult | SoapFault) -> SoapResult:
    assert isinstance(answer, SoapResult), answer
    return answer


def specific(router: Router, port: int = 7000, who: str = "a:9") -> SoapResult | SoapFault:
    return router.call(igd_actions.get_specific(WAN_IP_1, port, "UDP"), who)


def delete(router: Router, port: int = 7000, who: str = "a:9") -> SoapResult | SoapFault:
    return router.call(igd_actions.delete(WAN_IP_1, port, "UDP"), who)


def test_status_and_address() -> None:
    router = Router()
    router.now = 77.0
    status = igd_actions.status_of(got(router.call(igd_actions.get_status_info(WAN_IP_1))))
    assert (status.connected, status.uptime_s, status.last_error) == (True, 77, "ERROR_NONE")
    assert igd_actions.external_ip_of(got(router.call(igd_actions.get_external_ip(WAN_IP_1)))) == PUBLIC
    kind = got(router.call(SoapCall(WAN_IP_1, "GetConnectionTypeInfo")))
    assert kind.values["NewConnectionType"] == "IP_Routed"


def test_a_mapping_opens_the_port_until_it_lapses() -> None:
    router = Router()
    assert code(router.add(7000, 5000)) is None
    assert router.come(7000) == end("a:5000")
    router.now = 100.0
    entry = igd_actions.entry_of(got(specific(router)), external_port=7000)
    assert entry == igd_actions.PortMapping(7000, "UDP", 5000, "192.168.1.10", 500, "test")
    router.now = 600.0
    assert code(specific(router)) == 714
    assert router.come(7000) is None


def test_the_list_of_entries() -> None:
    router = Router()
    router.add(7000, 5000)
    router.add(7001, 5001, who="b")
    entries = [igd_actions.entry_of(got(router.call(igd_actions.get_generic(WAN_IP_1, n)))) for n in (0, 1)]
    assert [(e.external_port, e.internal_client, e.internal_port) for e in entries] == [
        (7000, "192.168.1.10", 5000),
        (7001, "192.168.1.11", 5001),
    ]
    assert code(router.call(igd_actions.get_generic(WAN_IP_1, 2))) == 713
    odd = SoapCall(WAN_IP_1, igd_actions.GET_GENERIC, (("NewPortMappingIndex", "first"),))
    assert code(router.call(odd)) == 402


def test_deleting() -> None:
    router = Router()
    assert code(delete(router)) == 714
    router.add(7000, 5000)
    assert code(delete(router, who="b:9")) == 606
    assert code(delete(router)) is None
    assert (router.table, router.come(7000)) == ([], None)


def test_for_good() -> None:
    router = Router()
    router.add(7000, 5000, 0)
    router.now = 1e8
    assert router.come(7000) == end("a:5000")
    assert igd_actions.entry_of(got(specific(router))).lease_s == 0


def test_in_version_2_lease_0_is_a_week() -> None:
    router = Router(**TWO)
    router.add(7000, 5000, 0, kind=WAN_IP_2)
    entry = got(router.call(igd_actions.get_specific(WAN_IP_2, 7000, "UDP")))
    assert entry.values["NewLeaseDuration"] == "604800"


@pytest.mark.parametrize(("leases", "error"), [(Leases.PERMANENT_ONLY, 725), (Leases.INVALID_ARGS, 402)])
def test_routers_that_take_lease_0_only(leases: Leases, error: int) -> None:
    router = Router(leases=leases)
    assert code(router.add(7000, 5000)) == error
    assert router.table == []
    assert code(router.add(7000, 5000, 0)) is None


def test_conflicts() -> None:
    router = Router(taken=(7777,))
    router.add(7000, 5000)
    assert code(router.add(7000, 5000, who="b")) == 718
    assert code(router.add(7777, 5000)) == 718
    assert code(router.add(7000, 5000)) is None, "the same again renews it"
    assert code(router.add(7000, 5005)) is None, "the same client changes its mind"
    assert router.come(7000) == end("a:5005")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"remote_host": "192.0.2.1"}, 726),
        ({"internal_client": "nobody"}, 402),
        ({"internal_client": "192.168.1.99"}, 606),
    ],
)
def test_arguments_that_it_refuses(changes: dict[str, Any], error: int) -> None:
    assert code(Router().add(7000, 5000, **changes)) == error


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("NewExternalPort", "0", 716),
        ("NewInternalPort", "0", 732),
        ("NewProtocol", "udp", 402),
        ("NewProtocol", "SCTP", 402),
        ("NewExternalPort", "70000", 402),
        ("NewLeaseDuration", "long", 402),
        ("NewEnabled", None, 402),
    ],
)
def test_arguments_as_careless_clients_send_them(name: str, value: str | None, error: int) -> None:
    call = igd_actions.add(WAN_IP_1, igd_actions.PortMapping(7000, "UDP", 5000, "192.168.1.10", 600, "test"))
    changed = tuple((k, value if k == name else v) for k, v in call.arguments if k != name or value is not None)
    router = Router()
    assert code(router.call(SoapCall(WAN_IP_1, igd_actions.ADD, tuple((k, v or "") for k, v in changed)))) == error
    assert router.table == []


def test_equal_ports_only() -> None:
    router = Router(same_port=True)
    assert code(router.add(7000, 5000)) == 724
    assert code(router.add(7000, 7000)) is None


def test_for_another_host() -> None:
    router = Router(for_others=True)
    assert code(router.add(7000, 5000, internal_client="192.168.1.11")) is None
    assert router.come(7000) == end("b:5000")
    assert code(delete(router)) is None


def test_any_port() -> None:
    """AddAnyPortMapping of WANIPConnection:2 gives another port where the wished one is taken."""
    router = Router(**TWO)
    ports = [
        igd_actions.reserved_port_of(got(router.add(7000, 5000, who=who, any_port=True, kind=WAN_IP_2)))
        for who in ("a", "b", "a")
    ]
    assert ports == [7000, 5000, 7000]
    assert code(Router().add(7000, 5000, any_port=True)) == 401, "version 1 does not know it"


def test_no_room() -> None:
    router = Router(capacity=1)
    assert code(router.add(7000, 5000)) is None
    assert code(router.add(7001, 5001)) == 728
    assert code(router.add(7000, 5000)) is None
    full = Router(capacity=0, **TWO)
    assert code(full.add(7000, 5000, any_port=True, kind=WAN_IP_2)) == 728


@pytest.mark.parametrize(
    ("manner", "change", "status"),
    [
        (Manner.REFUSED, 606, "Connected"),
        (Manner.NETWORK_FAILURE, 501, "Disconnected"),
        (Manner.UNSUPPORTED_VERSION, 401, None),
    ],
)
def test_a_service_that_says_no(manner: Manner, change: int, status: str | None) -> None:
    router = Router(manner=manner)
    assert code(router.add(7000, 5000)) == code(delete(router)) == change
    answer = router.call(igd_actions.get_status_info(WAN_IP_1))
    assert (answer.values["NewConnectionStatus"] if isinstance(answer, SoapResult) else None) == status
    assert router.table == []


def test_the_first_of_two_is_down() -> None:
    router = Router(services=(WanService.IP_1, WanService.PPP_1), first_down=True)
    for number, kind, connected, ip in ((0, WAN_IP_1, False, None), (1, WAN_PPP_1, True, PUBLIC)):
        path = f"/ctl/wan{number}"
        status = igd_actions.status_of(got(router.call(igd_actions.get_status_info(kind), path=path)))
        told = igd_actions.external_ip_of(got(router.call(igd_actions.get_external_ip(kind), path=path)))
        assert (status.connected, told) == (connected, ip)
    assert code(router.add(7000, 5000)) == 501


def test_actions_and_services_that_it_has_not() -> None:
    router = Router()
    assert code(router.call(SoapCall(WAN_IP_1, "RequestTermination"))) == 401
    assert code(router.call(igd_actions.get_status_info(WAN_IP_2))) == 401


@given(st.binary(max_size=200), st.text(max_size=40))
def test_garbage_is_survived(body: bytes, soap_action: str) -> None:
    router = Router()
    for action in (soap_action, f'"{WAN_IP_1}#AddPortMapping"'):
        page = router.service.http("POST", "/ctl/wan0", {"soapaction": action}, body, end("a:9"), 0.0)
        assert page.status == 500
        answer = soap.decode_answer(page.body, "AddPortMapping")
        assert isinstance(answer, SoapFault)
        assert answer.code in (401, 402)
