"""The verdict over every stored report, beside the netcheck's own; silence without a control is never a no."""

from __future__ import annotations

import re
from functools import cache

import pytest

from natscope.diagnosis.preflight.forecast import FEW, MOST, NEARLY_ALL, NONE
from natscope.diagnosis.preflight.judge import judge
from natscope.model.finding import Certainty
from natscope.model.preflight import Expected, PeerKind, Preflight
from natscope.model.tri import Tri
from natscope.model.verdict import Direct, Verdict
from tests.diagnosis.judging import scene
from tests.reports.scenes import names


@cache
def judged(name: str) -> Preflight:
    return judge(scene(name))


SOMETIMES = {
    "address-dependent", "cloud-gateway", "container", "ipv6-only", "mapping-varies", "mapping-varies-with-ipv6",
    "nat64", "no-port-mapping", "ports-in-a-row", "random-source-port", "several-addresses", "stun-filtered",
    "wireguard-filtered",
}  # fmt: skip
RELAYED = {"own-rules", "proxy-only", "udp-blocked", "udp-other-ports", "udp-refused"}
UNKNOWN = {
    "captive-portal", "changed-meanwhile", "exit-node", "inside-relays", "interrupted", "invented-addresses", "nat66",
    "no-network", "no-relay-answered", "own-relay", "port-taken", "proxy-password", "proxy-tunnel", "single-region",
    "single-relay-silent", "stale-port", "vpn-tunnel", "wrong-interface",
}  # fmt: skip
DIRECT = {
    "cgnat", "cloud-machine", "dead-relay", "double-nat", "full-cone", "healthy", "hostile-names", "ipv6-broken",
    "lifetime-short", "mapping-proved", "mapping-unreachable", "mtu-black-hole", "no-hairpin", "own-firewall",
    "port-restricted", "public-host", "shared-space", "tls-opened", "two-uplinks", "udp-policed", "wrong-certificate",
}  # fmt: skip
TABLE = {
    **dict.fromkeys(DIRECT, Expected.DIRECT), **dict.fromkeys(SOMETIMES, Expected.SOMETIMES),
    **dict.fromkeys(RELAYED, Expected.RELAYED), **dict.fromkeys(UNKNOWN, Expected.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_stored_report(name: str) -> None:
    assert judged(name).forecast.expected is TABLE[name]


@pytest.mark.parametrize("name", names())
def test_it_never_says_more_than_the_netcheck(name: str) -> None:
    report = scene(name)
    found = judge(report)
    allowed = {
        Direct.LIKELY: {Expected.DIRECT, Expected.SOMETIMES, Expected.UNKNOWN},
        Direct.UNLIKELY: {Expected.SOMETIMES, Expected.RELAYED, Expected.UNKNOWN},
        Direct.NO: {Expected.RELAYED},
        Direct.UNKNOWN: {Expected.UNKNOWN},
    }
    assert found.forecast.expected in allowed[report.verdict.direct]
    if found.forecast.expected is Expected.RELAYED:
        assert any(
            f.certainty is not Certainty.POSSIBLE and f.id.startswith(("NS-UDP", "NS-ENV")) for f in report.findings
        )


@pytest.mark.parametrize("name", names())
def test_the_sentence_has_the_grammar_that_scripts_look_for(name: str) -> None:
    forecast = judged(name).forecast
    opening = {Expected.DIRECT: "likely. ", Expected.SOMETIMES: "sometimes. ", Expected.RELAYED: "no. ",
               Expected.UNKNOWN: "unknown, "}[forecast.expected]  # fmt: skip
    assert forecast.sentence.startswith(f"Direct: {opening}")
    assert "\n" not in forecast.sentence
    assert len(forecast.sentence) < 140
    assert re.fullmatch(r"[A-Z0-9].*[.!?]", forecast.explanation, re.DOTALL), forecast.explanation
    assert forecast.share == {
        Expected.DIRECT: forecast.share if forecast.share in (MOST, NEARLY_ALL) else "?", Expected.SOMETIMES: FEW,
        Expected.RELAYED: NONE, Expected.UNKNOWN: "",
    }[forecast.expected]  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_share_and_rows_agree(name: str) -> None:
    found = judged(name)
    paths = {peer.kind: peer.path for peer in found.peers}
    share = found.forecast.share
    assert (share == NEARLY_ALL) == (found.forecast.expected is Expected.DIRECT and paths[PeerKind.RANDOM] == "direct")
    if share == NONE:
        assert set(paths.values()) == {"relay"}
    if share == FEW and set(paths.values()) != {"unknown", "relay"}:
        assert "direct" in (paths[PeerKind.SERVER], paths[PeerKind.IPV6])
        assert paths[PeerKind.HOME] != "direct"


def test_whose_doing_it_is() -> None:
    assert "This computer's own rules keep UDP in" in judged("own-rules").forecast.sentence
    assert "Only a few UDP ports" in judged("udp-other-ports").forecast.sentence
    assert "wants you to log in" in judged("captive-portal").forecast.sentence
    assert "inside this network" in judged("inside-relays").forecast.sentence
    assert "this computer has no network" in judged("no-network").forecast.sentence


def test_relays_that_are_not_reached_either_are_not_promised() -> None:
    report = scene("own-rules")
    assert not any(relay.latency_ms.https for relay in report.relays) or report.web is None
    sentence = judge(report).forecast.sentence
    promised = any(relay.latency_ms.https is not None for relay in report.relays)
    assert ("if relays are reached at all" in sentence) == (not promised)


def test_a_filter_that_no_class_shows_is_not_overlooked() -> None:
    for name, words in (("wireguard-filtered", "drops what looks like WireGuard"), ("stun-filtered", "filters STUN")):
        found = judged(name)
        assert words in found.forecast.sentence
        assert {peer.path for peer in found.peers[:-1]} == {"unknown"}


@pytest.mark.parametrize(("direct", "state"), [(Direct.NO, Expected.RELAYED), (Direct.UNKNOWN, Expected.UNKNOWN)])
def test_the_netchecks_own_no_and_unknown_stand(direct: Direct, state: Expected) -> None:
    """Also for a reason that no class of router shows, and that was not thought of here."""
    verdict = Verdict(direct=direct, sentence=f"Direct: {direct}, the moon is in the way", reasons=("NS-XX-01",))
    assert judge(scene("healthy", verdict=verdict)).forecast.expected is state


def test_what_is_sure_is_said_where_the_rest_is_not_known() -> None:
    assert judged("nat66").forecast.explanation.startswith("Peers with IPv6 will be direct.")
    assert scene("nat66").ipv4.works is not Tri.NO
