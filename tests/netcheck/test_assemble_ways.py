"""From ways to hijacks: tunnels by driver, owners by signs, NAT fields void behind them; no crash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.model.nat import Mapping
from natscope.model.observation import Observation, Outcome
from natscope.model.report import NatFamilyReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_cross_check import cross_check
from natscope.netcheck.assemble_nat import nat_report
from natscope.netcheck.assemble_surroundings import surroundings_report
from natscope.netcheck.assemble_ways import fake_names, hijack, uplinks, void_reason, ways
from tests.reports.builder import PLACES, Builder
from tests.reports.surrounding_scenes import looked, uplink


def way(interface: str = "eth0", driver: str = "ethernet", **more: Any) -> Observation:
    failure = more.pop("failure", "")
    data = {"interface": interface, "driver": driver, "targets": ["192.0.2.1", "192.0.2.2"], "inside": 0} | more
    outcome = Outcome.LOCAL_ERROR if failure else Outcome.ANSWERED
    return Observation(id="o1", kind="host.route", probe="p", outcome=outcome, family=4, error=failure, data=data)


def owner(**more: Any) -> str:
    return ways([way(**more)])[0].owner


def test_a_network_card_is_no_tunnel_and_an_unknown_driver_says_nothing() -> None:
    assert hijack([way()]) == (Tri.NO, "")
    assert hijack([way(driver="veth")])[0] is Tri.NO
    assert hijack([way(driver="ppp")])[0] is Tri.NO
    assert hijack([way(driver="")]) == (Tri.UNKNOWN, "the system does not tell what eth0 is")
    assert hijack([])[0] is Tri.UNKNOWN
    assert hijack([way(failure="network is unreachable")])[0] is Tri.UNKNOWN


@pytest.mark.parametrize("driver", ["tun", "wireguard", "xfrm"])
def test_a_tunnel_by_its_driver_whatever_it_is_called(driver: str) -> None:
    assert hijack([way("eth7", driver)])[0] is Tri.YES
    assert void_reason([way("eth7", driver)], 4).endswith("is not your router")
    assert void_reason([way("eth7", driver)], 6) == ""


def test_a_relay_inside_a_vpn_and_a_translator_for_ipv6_only_networks_are_none() -> None:
    assert hijack([way("wg0", "wireguard", inside=2)])[0] is Tri.NO
    assert hijack([way("clat4", "tun", addresses=["192.0.0.4"])])[0] is Tri.NO


def test_one_relay_through_a_tunnel_is_enough() -> None:
    found = ways([way(targets=["192.0.2.1"]), way("wg0", "wireguard", targets=["192.0.2.2"])])
    assert [(w.interface, w.relays, w.of) for w in found] == [("eth0", 1, 2), ("wg0", 1, 2)]
    assert hijack([way(targets=["192.0.2.1"]), way("wg0", "wireguard", targets=["192.0.2.2"])])[0] is Tri.YES


def test_whose_it_is() -> None:
    assert owner(interface="tun0", driver="tun", addresses=["10.8.0.2"]) == "vpn"
    assert owner(interface="tun0", driver="tun", addresses=["198.18.0.1"]) == "proxy"
    assert owner(interface="Meta", driver="tun") == "proxy"
    assert owner(interface="tun0", driver="tun", rules=["9003: not iif lo lookup 2022"]) == "proxy"
    assert owner(interface="tun0", driver="tun", names={"r1": "198.19.255.1"}) == "proxy"
    assert owner(interface="tailscale0", driver="tun") == "overlay"
    assert owner(interface="utun4", driver="tun", addresses=["100.101.7.9"]) == "overlay"
    assert owner(interface="Meta", driver="ethernet") == ""


def test_names_that_lead_to_invented_addresses() -> None:
    assert fake_names([way(names={"a": "198.18.0.9", "b": "192.0.2.1"})]) == (("a", "198.18.0.9"),)


def test_a_proxy_elsewhere_in_the_network_by_the_names_alone() -> None:
    names = {"r1": "198.18.0.7", "r2": "198.18.0.8"}
    told = way(targets=["198.18.0.7", "198.18.0.8"], names=names)
    (found,) = ways([told])
    assert (found.tunnel, found.owner, len(found.signs)) == (Tri.NO, "proxy", 2)
    assert hijack([told])[0] is Tri.YES
    assert "invented addresses" in void_reason([told], 4)
    assert ways([way(names=names)])[0].owner == ""


def test_no_nat_field_is_known_behind_a_tunnel() -> None:
    builder = Builder()
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt)
    without = nat_report(builder.observations, prefer_v6=False).v4
    assert without.mapping is Mapping.ENDPOINT_INDEPENDENT
    looked(builder, "Meta", "tun")
    nat = nat_report(builder.observations, prefer_v6=False).v4
    for field in NatFamilyReport.__struct_fields__:
        if field not in ("reasons", "evidence", "rfc3489_name"):
            assert getattr(nat, field) in ("unknown", None, "", 0, ()), field
            assert "Meta" in nat.reasons[field]
    assert nat.rfc3489_name == ""


def test_no_second_opinion_is_told_behind_a_tunnel() -> None:
    builder = Builder()
    data = {"tool": "pystun3", "says": "Symmetric NAT", "external": "203.0.113.7"}
    asked = builder.observe("nat.second-opinion", Outcome.ANSWERED, family=4, summary="Symmetric NAT", data=data)
    nat = nat_report(builder.observations, prefer_v6=False).v4
    assert cross_check(builder.observations, nat).says == "Symmetric NAT"
    looked(builder, "Meta", "tun")
    nat = nat_report(builder.observations, prefer_v6=False).v4
    told = cross_check(builder.observations, nat)
    assert (told.says, told.means, told.agrees, told.explanation) == ("", "", Tri.UNKNOWN, "")
    assert "Meta" in told.reason
    assert told.evidence == (asked,)


def test_uplinks_with_and_without_answers() -> None:
    builder = Builder()
    uplink(builder, "wlan0", "203.0.113.9:5000")
    uplink(builder, "wlan0", "203.0.113.9:5001")
    uplink(builder, "usb0", strict_source=True, source_drops=3)
    refused = {"interface": "wwan0", "driver": ""}
    builder.observe("route.stun", Outcome.LOCAL_ERROR, family=4, data=refused, summary="wwan0: no permission")
    wlan, usb, wwan = uplinks(builder.observations)
    assert (wlan.answers, wlan.public) == (Tri.YES, ("203.0.113.9:5000", "203.0.113.9:5001"))
    assert (usb.answers, usb.strict_source, usb.source_drops) == (Tri.NO, Tri.YES, 3)
    assert (wwan.answers, wwan.reason) == (Tri.UNKNOWN, "wwan0: no permission")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "interface", "driver", "targets", "addresses", "names", "rules", "inside", "uses", "judged", "shared", "answers",
    "container", "unread", "metered", "overlay", "asleep", "cloud", "source_drops", "mapped", "grown",
)  # fmt: skip


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("host.route", "host.system", "host.firewall", "host.shared", "host.eaten", "route.stun")),
            st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6),
        ),
        max_size=4,
    )
)
def test_a_strange_record_is_no_crash(told: list[tuple[str, dict[str, Any]]]) -> None:
    seen = [
        Observation(id=f"o{n}", kind=kind, probe="p", outcome=Outcome.ANSWERED, family=4, data=data)
        for n, (kind, data) in enumerate(told)
    ]
    surroundings_report(seen, None)
    void_reason(seen, 4)
