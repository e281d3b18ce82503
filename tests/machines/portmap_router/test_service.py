"""The service as a whole: which protocols, one table for all, late answers, restarts, pages, who may ask."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from natscope.machines.api import Received, Send
from natscope.machines.portmap_router.config import Service, WanService
from natscope.machines.portmap_router.service import (
    ANNOUNCE_TO,
    CONTROL,
    SEARCH,
    SEARCH_ELSEWHERE,
    SEARCH_GROUP,
    Dropped,
)
from natscope.model.endpoint import Endpoint
from natscope.wire.portmap import nat_pmp, pcp, ssdp
from natscope.wire.portmap.igd_description import WAN_IP_1
from natscope.wire.portmap.nat_pmp import AddressResponse, MapResponse
from tests.machines.nat.site import PUBLIC, SECOND, end
from tests.machines.portmap_router.router import Router, code

ASK = nat_pmp.encode_request(nat_pmp.AddressRequest())


@pytest.mark.parametrize("service", Service)
def test_one_protocol_alone(service: Service) -> None:
    router = Router(protocols=(service,), other_versions=False)
    heard = {
        Service.NAT_PMP: router.pmp_address() is not None,
        Service.PCP: router.announce() is not None,
        Service.UPNP: bool(router.search(ssdp.GATEWAY_1)),
    }
    assert heard == {s: s is service for s in Service}
    assert (router.page("/rootDesc.xml").status == 200) is (service is Service.UPNP)


def test_one_table_for_all() -> None:
    """The same inside endpoint has the same outside port, whoever asks for it; deleting by one deletes it for all."""
    router = Router()
    first, second = router.pmp(5000, 7000), router.pcp(5000)
    assert isinstance(first, MapResponse)
    assert isinstance(second.body, pcp.Mapping)
    assert first.external_port == second.body.external_port == 7000
    assert code(router.add(7000, 5000)) is None
    assert code(router.add(7000, 5000, who="b")) == 718
    assert len(router.table) == 1
    router.pmp(5000, 0, 0)
    assert router.come(7000) is None


def test_what_it_tells_for_its_address() -> None:
    for told in ("0.0.0.0", "10.0.0.5", "100.64.0.9"):
        router = Router(external=IPv4Address(told))
        answer, mapped = router.pmp_address(), router.pcp(5000)
        assert isinstance(answer, AddressResponse)
        assert isinstance(mapped.body, pcp.Mapping)
        assert str(answer.external) == str(mapped.body.external) == told
        assert answer.result == mapped.result == 0
        assert router.come(5000) == end("a:5000"), "the port is open all the same"


def test_late_answers() -> None:
    router = Router(late_s=3.0)
    assert router.raw(ASK) == []
    assert router.service.deadline() == 3.0
    router.now = 2.9
    assert router.tick() == []
    router.now = 3.0
    assert [send.target for send in router.tick()] == [end("a:9")]
    assert router.service.deadline() is None


def test_ticks_are_wanted_for_leases() -> None:
    router = Router()
    router.pmp(5000, lifetime=60)
    assert router.service.deadline() == 60.0
    router.now = 60.0
    router.tick()
    assert (router.service.deadline(), router.table) == (None, [])


def test_a_restart_empties_the_table_and_the_epoch_begins_anew() -> None:
    router = Router()
    router.pmp(5000, 7000)
    router.now = 500.0
    router.nat.reboot([SECOND])
    answer = router.pmp_address()
    assert answer == AddressResponse(0, 0, SECOND)
    assert router.table == []
    announced = [send for send in router.sent if send.target == ANNOUNCE_TO]
    assert [s.data[:2] for s in announced] == [b"\x00\x80", b"\x02\x80"]
    assert all(s.socket == CONTROL for s in announced)
    router.now = 510.0
    assert router.pmp_address() == AddressResponse(0, 10, SECOND)
    assert [send for send in router.sent if send.target == ANNOUNCE_TO] == [], "once"


def test_a_silent_restart() -> None:
    router = Router(announces=False)
    router.nat.reboot([SECOND])
    assert router.tick() == []


def test_answers_to_searches_leave_from_1900_or_elsewhere() -> None:
    for port, socket in ((1900, SEARCH), (49_200, SEARCH_ELSEWHERE)):
        router = Router(search_port=port)
        router.search(ssdp.GATEWAY_1)
        assert [send.socket for send in router.sent] == [socket]


def test_who_gets_no_answer() -> None:
    router = Router()
    assert router.raw(b"") == router.raw(b"\x00") == []
    assert router.raw(nat_pmp.encode_response(AddressResponse(0, 1, PUBLIC))) == [], "answers are not answered"
    for source in (Endpoint(IPv6Address("2001:db8::9"), 9), Endpoint(IPv4Address("192.168.1.10"), 0)):
        [dropped] = router.service.handle(Received(ASK, source, CONTROL), 0.0)
        assert isinstance(dropped, Dropped)
        assert not isinstance(dropped, Send)


def test_pages() -> None:
    router = Router()
    assert {s.service_type for s in router.description().wan_services()} == {WAN_IP_1}
    assert router.page("/WANIPCn.xml").status == 200
    assert router.page("/other.xml").status == router.page("/nothing").status == 404
    for method, path, status in (("POST", "/nothing", 404), ("POST", "/ctl/wan1", 404), ("PUT", "/ctl/wan0", 405)):
        assert router.service.http(method, path, {}, b"", end("a:9"), 0.0).status == status
    assert Router(services=()).page("/WANIPCn.xml").status == 404
    assert Router(services=(WanService.DSLFORUM_PPP,)).page("/WANIPCn.xml").status == 200


def test_a_search_on_the_other_socket_is_the_same_service() -> None:
    router = Router()
    data = ssdp.encode_search(ssdp.Search(ssdp.GATEWAY_1))
    assert router.raw(data, socket=SEARCH) == router.raw(data, socket=SEARCH_GROUP)
