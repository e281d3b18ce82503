"""Every value of every option of a mapping service is told apart from every other by what a host hears.

As for the NAT's own policies (`tests/machines/nat/test_discriminators.py`): a row has the values of one option with the
rest of the configuration, and a script that asks and gives back what was heard. No two values may sound the same.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Address
from typing import Any

import pytest

from natscope.machines.portmap_router.config import (
    Leases,
    Manner,
    Searches,
    Service,
    ServiceConfig,
    UpnpConfig,
    Urls,
    WanService,
)
from natscope.wire.portmap import igd_actions, ssdp
from natscope.wire.portmap.igd_description import WAN_IP_1
from natscope.wire.portmap.pcp_options import ThirdParty
from tests.machines.nat.site import SECOND, end
from tests.machines.portmap_router.router import Router
from tests.machines.portmap_router.test_pinholes import announce

Script = Callable[[Router], object]


@dataclass
class Row:
    """`values` of one option; `rest` of the options that make them heard."""

    option: str
    values: tuple[Any, ...]
    script: Script
    rest: dict[str, Any] = field(default_factory=dict)
    covers: type[enum.Enum] | None = None


def presence(router: Router) -> object:
    """Which protocol answers at all."""
    return router.pmp_address() is not None, router.announce() is not None, bool(router.search(ssdp.GATEWAY_1))


def nat_pmp_results(router: Router) -> object:
    return router.pmp(5000)


def pcp_results(router: Router) -> object:
    return router.pcp(5000).result


def upnp_results(router: Router) -> object:
    return router.add(7000, 5000), router.call(igd_actions.get_status_info(WAN_IP_1))


def addresses(router: Router) -> object:
    answers = router.pmp_address(), router.pcp(5000).body, router.call(igd_actions.get_external_ip(WAN_IP_1))
    assert len({str(answers[0]), str(answers[2])}) == 2
    return answers


def three_ports(router: Router) -> object:
    return [router.pmp(port).result for port in (5000, 5001, 5002)]


def long_lease(router: Router) -> object:
    return router.pcp(5000, lifetime=86_400).lifetime_s


def short_lease(router: Router) -> object:
    return router.pmp(5000, lifetime=10), router.pcp(5001, lifetime=10).lifetime_s, router.add(7002, 5002, 10)


def wish(router: Router) -> object:
    return router.pmp(5000, 7000), router.add(7001, 5001)


def when(router: Router) -> object:
    """At which second the answer comes."""
    heard = router.pmp_address()
    while heard is None and router.now < 10:
        router.now += 1
        heard = router.tick() or None  # type: ignore[assignment]
    return router.now


def age(router: Router) -> object:
    """What it says of its table's age, and that a restart ends it."""
    before = router.pmp_address()
    router.nat.reboot([SECOND])
    router.tick()
    after = router.pmp_address()
    assert before is not None
    assert after is not None
    assert after.epoch_s == 0
    return before.epoch_s


def entered(router: Router) -> object:
    router.add(7000, 5000)
    return router.table


def for_another(router: Router) -> object:
    third = router.pcp(5000, options=(ThirdParty(end("b:0").ip),)).result
    return third, router.add(7000, 5000, internal_client="192.168.1.11")


def other_version(router: Router) -> object:
    return router.raw(bytes((2, 0)) + bytes(22))


def restart(router: Router) -> object:
    router.nat.reboot([SECOND])
    return router.tick()


def lease(router: Router) -> object:
    return router.add(7000, 5000, 600), router.add(7000, 5000, 0)


def searches(router: Router) -> object:
    return [bool(router.search(ssdp.GATEWAY_1, multicast=way)) for way in (True, False)]


def leaves_from(router: Router) -> object:
    router.search(ssdp.GATEWAY_1)
    return [send.socket for send in router.sent]


def first_heard(router: Router) -> object:
    return [answer.target for answer in router.search(ssdp.ALL)]


def location(router: Router) -> object:
    return [answer.location for answer in router.search(ssdp.GATEWAY_1)]


def over_six(router: Router) -> object:
    return router.six(announce(), "[2001:db8::10]:9")


def described(router: Router) -> object:
    return [(s.service_type, s.control_url) for s in router.description().wan_services()]


def written(router: Router) -> object:
    return router.page("/rootDesc.xml").body


def two_statuses(router: Router) -> object:
    return [router.call(igd_actions.get_status_info(WAN_IP_1), path=f"/ctl/wan{n}") for n in (0, 1)]


def devices(router: Router) -> object:
    return [device.device_type for device in router.description().root.walk()]


def unequal_ports(router: Router) -> object:
    return router.add(7000, 5000)


def called(router: Router) -> object:
    root = router.description().root
    return root.friendly_name, root.manufacturer, root.model_name


def signed(router: Router) -> object:
    return [answer.server for answer in router.search(ssdp.GATEWAY_1)]


PAIR = (WanService.IP_1, WanService.IP_1)
SOME = [c for n in (1, 2, 3) for c in itertools.combinations(Service, n)]
ROWS = [
    Row("protocols", tuple(SOME), presence, {"other_versions": False}),
    Row("manner", tuple(Manner), nat_pmp_results, covers=Manner),
    Row("manner", tuple(Manner), pcp_results, covers=Manner),
    Row("manner", tuple(Manner), upnp_results, covers=Manner),
    Row("external", (None, IPv4Address(0), IPv4Address("10.0.0.5"), IPv4Address("100.64.0.9")), addresses),
    Row("capacity", (0, 1, 2, 256), three_ports),
    Row("min_lease_s", (1, 30, 120), short_lease),
    Row("max_lease_s", (60, 3600, 86_400), long_lease),
    Row("taken", ((), (7000,), (7001,), (5000, 7000)), wish),
    Row("late_s", (0.0, 1.0, 5.0), when),
    Row("up_s", (0.0, 60.0, 86_400.0), age),
    Row("for_others", (False, True), for_another),
    Row("other_versions", (False, True), other_version, {"protocols": (Service.NAT_PMP,)}),
    Row("announces", (False, True), restart),
    Row("pinholes", (False, True), over_six),
    Row("version", (1, 2), devices),
    Row(
        "services",
        ((), *((service,) for service in WanService), PAIR, (WanService.PPP_1, WanService.IP_1)),
        described,
    ),
    Row("first_down", (False, True), two_statuses, {"services": PAIR}),
    Row("leases", tuple(Leases), lease, covers=Leases),
    Row("searches", tuple(Searches), searches, covers=Searches),
    Row("search_port", (1900, 49_200), leaves_from),
    Row("useless_first", (False, True), first_heard),
    Row("location_host", (None, IPv4Address("192.168.1.254"), IPv4Address("10.0.0.1")), location),
    Row("urls", tuple(Urls), written, covers=Urls),
    Row("same_port", (False, True), unequal_ports),
    Row("name", ("Home router", "OPNsense"), called),
    Row("maker", ("natscope", "OPNsense"), called),
    Row("model", ("natscope lab router", "OPNsense"), called),
    Row("server", ("Linux/6.1 UPnP/1.1 natscope/1", "FreeBSD/14 UPnP/1.1 MiniUPnPd/2.3"), signed),
    Row("next_host", (False, True), entered),
]


@pytest.mark.parametrize("row", ROWS, ids=[f"{n}-{row.option}" for n, row in enumerate(ROWS)])
def test_no_two_values_sound_the_same(row: Row) -> None:
    heard = {str(value): repr(row.script(Router(**row.rest, **{row.option: value}))) for value in row.values}
    assert len(heard) == len(row.values)
    for (one, first), (other, second) in itertools.combinations(heard.items(), 2):
        assert first != second, f"{row.option}: nothing tells {one} from {other}"


@pytest.mark.parametrize("row", [r for r in ROWS if r.covers], ids=lambda r: str(r.option))
def test_every_value_of_an_enum_has_its_place(row: Row) -> None:
    assert row.covers is not None
    assert set(row.values) == set(row.covers)


def test_every_kind_of_service_has_its_place() -> None:
    values = [v for row in ROWS if row.option == "services" for v in row.values]
    assert {service for value in values for service in value} == set(WanService)


def test_every_option_has_a_row() -> None:
    wanted = {f.name for f in fields(ServiceConfig)} - {"upnp"} | {f.name for f in fields(UpnpConfig)}
    assert {row.option for row in ROWS} == wanted


def test_a_script_that_listens_elsewhere_is_caught() -> None:
    deaf = Row("leases", tuple(Leases), searches)
    with pytest.raises(AssertionError, match="nothing tells"):
        test_no_two_values_sound_the_same(deaf)
