"""A gateway's answers to searches."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.machines.portmap_router.config import Searches, WanService
from natscope.machines.portmap_router.service import SEARCH, SEARCH_GROUP
from natscope.wire.portmap import ssdp
from natscope.wire.portmap.igd_description import WAN_IP_1, WAN_PPP_1
from tests.machines.portmap_router.router import Router
from tests.wire.portmap.vectors import VECTORS

LOCATION = "http://192.168.1.1:5000/rootDesc.xml"


@pytest.mark.parametrize("target", [ssdp.GATEWAY_1, ssdp.ROOT_DEVICE, WAN_IP_1])
def test_a_search_is_answered_in_its_own_words(target: str) -> None:
    [answer] = Router().search(target)
    assert (answer.target, answer.location) == (target, LOCATION)
    assert answer.usn.endswith(f"::{target}")


def test_the_searches_that_upstream_sends() -> None:
    for name in ("msearch_all", "msearch_igd1"):
        answers = Router().raw(VECTORS["ssdp"][name].encode(), socket=SEARCH_GROUP)
        assert any(ssdp.is_gateway(answer) for answer in answers)


def test_everything() -> None:
    """Root, three devices by name and type, three services; the gateway among them."""
    answers = Router().search(ssdp.ALL)
    assert len(answers) == len({a.usn for a in answers}) == 10
    assert {ssdp.GATEWAY_1, ssdp.ROOT_DEVICE, WAN_IP_1} < {a.target for a in answers}


def test_a_device_by_its_name() -> None:
    [root] = Router().search(ssdp.ROOT_DEVICE)
    name = root.usn.partition("::")[0]
    [answer] = Router().search(name)
    assert (answer.usn, answer.target) == (name, name)


def test_a_newer_device_answers_a_search_for_the_older_one() -> None:
    new, old = Router(version=2, services=(WanService.IP_2,)), Router()
    [answer] = new.search(ssdp.GATEWAY_1)
    assert answer.target == ssdp.GATEWAY_1
    assert len(new.search(ssdp.GATEWAY_2)) == 1
    assert len(new.search(WAN_IP_1)) == 1
    assert old.search(ssdp.GATEWAY_2) == []


@pytest.mark.parametrize("target", [WAN_PPP_1, "urn:schemas-upnp-org:device:MediaServer:1", "uuid:0", "x:", "x"])
def test_what_it_is_not(target: str) -> None:
    assert Router().search(target) == []


@pytest.mark.parametrize(
    ("searches", "heard"),
    [(Searches.BOTH, (1, 1)), (Searches.MULTICAST_ONLY, (1, 0)), (Searches.UNICAST_ONLY, (0, 1))],
)
def test_deaf_to_one_kind_of_search(searches: Searches, heard: tuple[int, int]) -> None:
    router = Router(searches=searches)
    assert (len(router.search(ssdp.GATEWAY_1)), len(router.search(ssdp.GATEWAY_1, multicast=False))) == heard


def test_the_first_descriptor_is_useless() -> None:
    router = Router(useless_first=True)
    [useless] = router.search(ssdp.ALL)
    assert not ssdp.is_gateway(ssdp.encode_answer(useless))
    assert useless.location.endswith("/other.xml")
    assert router.page("/other.xml").status == 200
    assert [a.location for a in router.search(ssdp.GATEWAY_1)] == [LOCATION]


def test_location_names_another_host() -> None:
    [answer] = Router(location_host=IPv4Address("192.168.1.254")).search(ssdp.GATEWAY_1)
    assert answer.location == "http://192.168.1.254:5000/rootDesc.xml"


def test_a_root_device_without_services_is_found_nevertheless() -> None:
    router = Router(services=())
    assert len(router.search(ssdp.GATEWAY_1)) == 1
    assert router.search(WAN_IP_1) == []


TARGETS = st.text(st.characters(exclude_characters="\r\n\0"), max_size=60)


@given(st.binary(max_size=100) | TARGETS.map(lambda text: ssdp.encode_search(ssdp.Search(text))))
def test_garbage_is_survived(data: bytes) -> None:
    router = Router()
    try:
        target = ssdp.decode_search(data).target
    except RemoteError:
        target = ""
    for socket in (SEARCH, SEARCH_GROUP):
        assert not router.raw(data, socket=socket) or target
