"""The first line: an interface for scripts, and nothing in it that was not measured."""

from __future__ import annotations

import re

import msgspec
import pytest

from natscope.diagnosis.engine import diagnose
from natscope.diagnosis.verdict import RULES
from natscope.model.nat import Mapping
from natscope.model.observation import Observation, Outcome
from natscope.model.report import NatFamilyReport, RelayError
from natscope.model.report_dns import DnsReport, NameServerState
from natscope.model.tri import Tri
from natscope.model.verdict import Direct
from tests.diagnosis.judging import scene, with_observations
from tests.reports.scenes import names

SENTENCES = {
    "address-dependent": "Direct: unlikely, except to peers with an open port",
    "full-cone": "Direct: likely, with nearly every peer",
    "lying-relay": "Direct: likely, with most peers",
    "port-restricted": "Direct: likely, with most peers",
    "captive-portal": "Direct: unknown, this network wants you to log in first",
    "cgnat": "Direct: likely, with most peers",
    "container": "Direct: unlikely, except to peers with an open port",
    "clock-wrong": "Direct: likely, with most peers",
    "dead-relay": "Direct: likely, with most peers",
    "double-nat": "Direct: likely, with most peers",
    "double-nat-possible": "Direct: likely, with most peers",
    "exit-node": "Direct: unknown, an exit node or VPN carries what natscope sends",
    "fragments-dropped": "Direct: likely, with most peers",
    "healthy": "Direct: likely, with most peers",
    "hostile-names": "Direct: likely, with most peers",
    "https-closed": "Direct: likely, with most peers",
    "inside-relays": "Direct: likely, with peers in the relays' network; elsewhere is not known",
    "interrupted": "Direct: unknown, stopped after 0.9 s",
    "invented-addresses": "Direct: unknown, a proxy program answers in the relays' place",
    "ipv6-broken": "Direct: likely, with most peers",
    "ipv6-only": "Direct: likely, with peers that have IPv6",
    "many-regions": "Direct: likely, with most peers",
    "map-problems": "Direct: likely, with most peers",
    "mapping-elsewhere": "Direct: likely, your router opens a port for peers",
    "mapping-late": "Direct: likely, your router opens a port for peers",
    "mapping-lost": "Direct: likely, with most peers",
    "mapping-permanent": "Direct: likely, with most peers",
    "mapping-proved": "Direct: likely, your router opens a port for peers",
    "mapping-refused": "Direct: likely, with most peers",
    "mapping-unreachable": "Direct: likely, with most peers",
    "mapping-varies": "Direct: unlikely, except to peers with an open port",
    "mapping-wrong-entry": "Direct: likely, with most peers",
    "no-port-mapping": "Direct: unlikely, except to peers with an open port",
    "mapping-varies-with-ipv6": "Direct: unlikely, except to peers with an open port or IPv6",
    "mtu-black-hole": "Direct: likely, with most peers",
    "udp-policed": "Direct: likely, with most peers",
    "udp-not-policed": "Direct: likely, with most peers",
    "name-server-silent": "Direct: likely, with most peers",
    "names-forged": "Direct: likely, with most peers",
    "names-invented": "Direct: likely, with most peers",
    "nat64": "Direct: likely, with peers that have IPv6",
    "nat66": "Direct: likely, with peers that have IPv6",
    "no-network": "Direct: unknown, this computer has no network",
    "no-relay-answered": "Direct: unknown, no relay answered",
    "own-firewall": "Direct: likely, with most peers",
    "own-relay": "Direct: unknown, only one relay answered, and comparing ports takes two",
    "own-rules": "Direct: no. This computer's own rules keep UDP in.",
    "proxy-tunnel": "Direct: unknown, a proxy program takes this computer's packets",
    "proxy-only": "Direct: no. This network drops UDP, so everything goes through a relay.",
    "proxy-password": "Direct: unknown, no relay answered",
    "public-host": "Direct: likely, with most peers",
    "refused-relay": "Direct: likely, with most peers",
    "relays-one-by-one": "Direct: likely, with most peers",
    "upgrade-eaten": "Direct: likely, with most peers",
    "lifetime-absolute": "Direct: likely, with most peers",
    "lifetime-long": "Direct: likely, with most peers",
    "lifetime-short": "Direct: likely, with most peers",
    "no-hairpin": "Direct: likely, with most peers",
    "port-taken-over": "Direct: likely, with most peers",
    "stun-edited": "Direct: likely, with most peers",
    "ports-in-a-row": "Direct: unlikely, except to peers with an open port",
    "several-addresses": "Direct: unlikely, except to peers with an open port",
    "shared-space": "Direct: likely, with most peers",
    "shared-space-dropped": "Direct: likely, with most peers",
    "shared-space-eaten": "Direct: likely, with most peers",
    "single-region": "Direct: unknown, only one relay answered, and comparing ports takes two",
    "single-relay-silent": "Direct: unlikely, nothing comes back over UDP",
    "source-check": "Direct: likely, with most peers",
    "stun-closed": "Direct: likely, with most peers",
    "two-uplinks": "Direct: likely, with most peers",
    "tls-opened": "Direct: likely, with most peers",
    "udp-blocked": "Direct: no. This network drops UDP, so everything goes through a relay.",
    "udp-other-ports": "Direct: unlikely, this network lets UDP out to a few ports only",
    "udp-refused": "Direct: no. This network refuses UDP, so everything goes through a relay.",
    "vpn-tunnel": "Direct: unknown, a VPN carries this computer's packets",
    "wrong-certificate": "Direct: likely, with most peers",
    "changed-meanwhile": "Direct: unknown, your public address changed during the run",
    "cloud-gateway": "Direct: unlikely, except to peers with an open port",
    "cloud-machine": "Direct: likely, with most peers",
    "ipv6-slower": "Direct: likely, with most peers",
    "ipv6-udp-dropped": "Direct: likely, with most peers",
    "new-sockets-silent": "Direct: likely, with most peers",
    "port-taken": "Direct: unknown, nothing was learned over UDP",
    "random-source-port": "Direct: unlikely, except to peers with an open port",
    "table-full": "Direct: likely, with most peers",
    "taken-for-attack": "Direct: likely, with most peers",
    "queue-fills": "Direct: likely, with most peers",
    "ipv6-short-silence": "Direct: likely, with most peers",
    "stale-port": "Direct: unknown, answers to this local port get lost",
    "network-shadowed": "Direct: likely, with most peers",
    "stuck-flow": "Direct: likely, with most peers",
    "stun-filtered": "Direct: unlikely, this network filters STUN",
    "wireguard-filtered": "Direct: unlikely, this network drops what looks like WireGuard",
    "company-firewall": "Direct: unlikely, except to peers with an open port",
    "far-relays": "Direct: unlikely, except to peers with an open port",
    "far-relays-cone": "Direct: likely, with most peers",
    "home-far": "Direct: likely, with most peers",
    "home-flaps": "Direct: likely, with most peers",
    "home-moved-once": "Direct: likely, with most peers",
    "home-moved-elsewhere": "Direct: likely, with most peers",
    "home-inside": "Direct: likely, with most peers",
    "home-one-quick-sample": "Direct: likely, with most peers",
    "multicast-filtered": "Direct: likely, your router opens a port for peers",
    "suite-idle": "Direct: likely, with most peers",
    "suite-refuses": "Direct: no. This computer's own rules keep UDP in.",
    "suite-silent": "Direct: no. UDP gets lost here, so everything goes through a relay.",
    "wrong-interface": "Direct: unknown, packets leave by an interface that leads nowhere",
}


@pytest.mark.parametrize("name", names())
def test_the_sentence_of_each_stored_report(name: str) -> None:
    assert diagnose(scene(name)).verdict.sentence == SENTENCES[name]


@pytest.mark.parametrize("name", names())
def test_the_opening_is_the_answer(name: str) -> None:
    report = diagnose(scene(name))
    opening = re.match(r"Direct: (likely|unlikely|no|unknown)(, |\. |$)", report.verdict.sentence)
    assert opening is not None
    assert opening[1] == report.verdict.direct
    assert len(report.verdict.sentence) <= 76, "one line with its sign"
    assert set(report.verdict.reasons) <= {finding.id for finding in report.findings}


def test_every_answer_occurs() -> None:
    assert {diagnose(scene(name)).verdict.direct for name in names()} == set(Direct)
    assert len({rule.__name__ for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("name", ["healthy", "public-host", "mapping-varies"])
def test_nothing_is_said_about_filtering(name: str) -> None:
    verdict = diagnose(scene(name)).verdict
    assert "lets in" not in verdict.sentence
    assert "not measured" in verdict.explanation or "lets in" not in verdict.explanation


def test_blocked_udp_without_a_control_is_no_no() -> None:
    report = with_observations(scene("udp-blocked"), lambda o: None if o.kind == "https.latency" else o)
    verdict = diagnose(report).verdict
    assert verdict.direct is Direct.UNLIKELY
    assert verdict.reasons == ("NS-UDP-01",)


def test_a_family_that_could_not_be_tried_is_no_missing_network() -> None:
    """Names that nobody looks up: nothing was sent over IPv4, though it has an address and a route."""
    report = scene("no-network")
    four = msgspec.structs.replace(report.ipv4, works=Tri.UNKNOWN, state="unknown", local=("192.168.1.20",))
    verdict = diagnose(msgspec.structs.replace(report, ipv4=four)).verdict
    assert verdict.direct is Direct.UNKNOWN
    assert "no network" not in verdict.sentence


def test_own_rules_are_not_the_networks_fault() -> None:
    def forbid(o: Observation) -> Observation:
        if o.kind != "stun.binding":
            return o
        return msgspec.structs.replace(o, outcome=Outcome.LOCAL_ERROR, error="permission")

    report = diagnose(with_observations(scene("udp-blocked"), forbid))
    assert report.verdict.sentence == "Direct: no. This computer's own rules keep UDP in."
    assert report.verdict.reasons == ("NS-ENV-03",)
    assert "NS-UDP-01" not in {finding.id for finding in report.findings}


def test_own_rules_that_let_nothing_out_at_all_are_named_but_no_no() -> None:
    """A full table of connections refuses like a rule; what gets out over TCP tells them apart, and here is none."""
    report = with_observations(scene("own-rules", udp=Tri.UNKNOWN), lambda o: None if "https" in o.kind else o)
    verdict = diagnose(report).verdict
    assert verdict.sentence == "Direct: unknown, this computer refuses to send over UDP"
    assert verdict.reasons == ("NS-ENV-03",)


def test_udp_unknown_though_relays_answer_over_tcp() -> None:
    report = scene("udp-blocked", udp=Tri.UNKNOWN, udp_reason="something came back that was no answer")
    verdict = diagnose(report).verdict
    assert verdict.sentence == "Direct: unknown, nothing was learned over UDP"
    assert verdict.explanation == "Something came back that was no answer."


def test_ports_that_could_not_be_compared() -> None:
    report = scene("healthy")
    blank = NatFamilyReport(reasons={"mapping_varies": "our public port changed during the run"})
    nat = msgspec.structs.replace(report.nat, v4=blank, v6=NatFamilyReport())
    four_only = msgspec.structs.replace(report.ipv6, works=Tri.NO, state="absent", endpoints=())
    verdict = diagnose(msgspec.structs.replace(report, nat=nat, ipv6=four_only)).verdict
    assert verdict.sentence == "Direct: unknown, whether your public port is the same for all was not seen"
    assert verdict.explanation == "Our public port changed during the run."
    with_six = diagnose(msgspec.structs.replace(report, nat=nat)).verdict
    assert with_six.sentence == "Direct: likely, with peers that have IPv6"
    assert "IPv4 could not be judged: our public port changed" in with_six.explanation


def test_a_mapping_that_is_known_to_be_independent_suffices() -> None:
    report = scene("healthy")
    part = NatFamilyReport(mapping=Mapping.ENDPOINT_INDEPENDENT)
    verdict = diagnose(msgspec.structs.replace(report, nat=msgspec.structs.replace(report.nat, v4=part))).verdict
    assert verdict.direct is Direct.LIKELY


def test_a_lone_relay_inside_this_network_says_nothing_about_peers_with_ipv6() -> None:
    report = scene("own-relay")
    nat = msgspec.structs.replace(report.nat, v4=NatFamilyReport(), v6=NatFamilyReport())
    works = msgspec.structs.replace(report.ipv6, works=Tri.YES, state="works")
    verdict = diagnose(msgspec.structs.replace(report, nat=nat, ipv6=works)).verdict
    assert verdict.direct is Direct.UNKNOWN


def test_a_proved_port_outweighs_a_router_that_changes_ports() -> None:
    report = scene("mapping-proved")
    nat = msgspec.structs.replace(report.nat, v4=scene("mapping-varies").nat.v4)
    verdict = diagnose(msgspec.structs.replace(report, nat=nat)).verdict
    assert verdict.direct is Direct.LIKELY
    assert "PCP" in verdict.explanation


def test_a_proved_port_of_a_router_that_restarted_is_one_that_it_opens_when_asked() -> None:
    report = scene("mapping-lost")
    nat_pmp = msgspec.structs.replace(report.port_mapping.nat_pmp, proof="proved")
    group = msgspec.structs.replace(report.port_mapping, nat_pmp=nat_pmp)
    verdict = diagnose(msgspec.structs.replace(report, port_mapping=group)).verdict
    assert verdict.sentence == "Direct: likely, your router opens a port when asked"


def test_only_what_changed_during_the_run_is_said_to_have_changed() -> None:
    report = scene("changed-meanwhile")
    assert diagnose(report).verdict.explanation == ""
    assert diagnose(report).verdict.reasons == ("NS-NAT-19",)
    first, *others = report.ipv4.endpoints
    ports = tuple(msgspec.structs.replace(one, address=first.address) for one in others)
    four = msgspec.structs.replace(report.ipv4, endpoints=(first, *ports))
    verdict = diagnose(msgspec.structs.replace(report, ipv4=four)).verdict
    assert verdict.sentence == "Direct: unknown, your public port changed during the run"


@pytest.mark.parametrize(
    ("state", "told"),
    [(NameServerState.SILENT, "names do not resolve"), (NameServerState.ANSWERS, "no relay answered")],
)
def test_relays_that_nobody_could_look_up_are_told_apart_from_silent_ones(state: NameServerState, told: str) -> None:
    report = scene("no-relay-answered")
    relays = tuple(
        msgspec.structs.replace(relay, error=RelayError(code="dns", message="no answer", evidence=()))
        for relay in report.relays
    )
    report = msgspec.structs.replace(report, relays=relays, dns=DnsReport(state=state))
    assert diagnose(report).verdict.sentence == f"Direct: unknown, {told}"
    report = msgspec.structs.replace(report, relays=(*relays[1:], scene("no-relay-answered").relays[0]))
    assert diagnose(report).verdict.sentence == "Direct: unknown, no relay answered"
