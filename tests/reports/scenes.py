"""The stored reports of `fixtures/reports/`: each a situation that a report format and the causes must get right.

`python -m tests.reports.scenes` writes them again after a change of the model.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from natscope.diagnosis.engine import diagnose
from natscope.model.observation import Outcome
from natscope.model.relay_map import MapProblem
from natscope.model.report import FamilyReport, NotMeasured, Report, SeenEndpoint
from natscope.model.tri import Tri
from natscope.plugins.report_format import RenderOptions
from natscope_reports import report_json
from tests.reports.builder import LOCAL, PLACES, PUBLIC, Builder, six_absent, six_works
from tests.reports.cloud_scenes import CLOUD_SCENES
from tests.reports.far_scenes import FAR_SCENES
from tests.reports.home_scenes import HOME_SCENES
from tests.reports.mapping_scenes import MAPPING_SCENES
from tests.reports.nat_scenes import NAT_SCENES
from tests.reports.path_scenes import PATH_SCENES
from tests.reports.ports_scenes import PORT_SCENES
from tests.reports.refused_scenes import own_rules, udp_refused
from tests.reports.router_scenes import ROUTER_SCENES
from tests.reports.six_scenes import SIX_SCENES
from tests.reports.suite_scenes import SUITE_SCENES
from tests.reports.surrounding_scenes import SCENES as SURROUNDING_SCENES
from tests.reports.surroundings_scenes import NAME_AND_WEB_SCENES

ROOT = Path(__file__).parents[2]
STORED = ROOT / "fixtures" / "reports"
HOSTILE = ROOT / "fixtures" / "hostile" / "names.json"
NO_TCP = "no connection to TCP port 443 within 1.5 s"


def healthy() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES:
        builder.relay(region, code, name, v4=rtt, v6=None if region > 7 else rtt - 0.3, ask=(4, 6))
    builder.observe("captive.challenge", Outcome.ANSWERED, target="http://198.51.100.3/generate_204")
    return builder.report(udp=Tri.YES, ipv6=six_works(builder), captive_portal=Tri.NO, captive_portal_reason="")


def mapping_varies() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES:
        builder.relay(region, code, name, v4=rtt + 20, mapped=f"198.51.100.207:{7019 + region * 5431}")
    return builder.report(udp=Tri.YES)


def mapping_varies_with_ipv6() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:4]:
        builder.stun(region, 4, rtt, 0.0, f"198.51.100.207:{7019 + region * 5431}")
        builder.relay(region, code, name, v6=rtt, ask=(6,))
    return builder.report(udp=Tri.YES, ipv6=six_works(builder))


def several_addresses() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:5]:
        builder.relay(region, code, name, v4=rtt, mapped=f"198.51.100.{7 + region % 2}:41641")
    return builder.report(udp=Tri.YES)


def udp_blocked() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES:
        builder.relay(region, code, name, https=rtt + 28.4)
    ids = tuple(o.id for o in builder.observations if o.kind == "stun.binding")[:4]
    return builder.report(
        udp=Tri.NO,
        udp_reason="36 requests to 9 hosts unanswered, while 9 answered over TCP",
        duration_ms=5000.0,
        limit_reached=True,
        ipv4=FamilyReport(os_support=Tri.YES, works=Tri.YES, state="works", local=("10.20.4.17",), evidence=ids),
    )


def single_relay_silent() -> Report:
    """The only relay is up, but nothing comes back over UDP: its port or the network, one cannot tell."""
    builder = Builder()
    builder.relay(2, "fra", "Frankfurt", https=38.2)
    ids = tuple(o.id for o in builder.observations)[:2]
    return builder.report(
        udp=Tri.NO,
        udp_reason="4 requests to 1 host unanswered, while it answered over TCP",
        ipv4=FamilyReport(os_support=Tri.YES, works=Tri.YES, state="works", local=("10.20.4.17",), evidence=ids),
    )


def captive_portal() -> Report:
    builder = Builder()
    for region, code, name, _ in PLACES[:4]:
        words = ("certificate", f"the certificate for relay{region}.example.net is issued by login.hotel.example")
        builder.relay(region, code, name, error=words, https_outcome=Outcome.WRONG)
    builder.observe(
        "captive.challenge",
        Outcome.WRONG,
        target="http://198.51.100.3/generate_204",
        summary="status 302 to http://login.hotel.example/",
    )
    return builder.report(
        udp=Tri.NO,
        udp_reason="16 requests to 4 hosts unanswered, while 4 answered over TCP",
        captive_portal=Tri.YES,
        captive_portal_reason="relay fra's test page was replaced",
        duration_ms=5000.0,
    )


def dead_relay() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt)
    builder.relay(9, "syd", "Sydney", error=("no-answer", NO_TCP), https_outcome=Outcome.NO_ANSWER)
    return builder.report(udp=Tri.YES, duration_ms=3006.0)


def wrong_certificate() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt, https=rtt + 1.2)
    words = "the certificate of relay8.example.net ran out on 2026-11-21"
    builder.relay(8, "hkg", "Hong Kong", v4=184.4, error=("certificate", words), https_outcome=Outcome.WRONG)
    return builder.report(udp=Tri.YES)


def stun_closed() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt)
    builder.relay(8, "hkg", "Hong Kong", https=186.2, error=("no-answer", "no answer on UDP port 3478"))
    return builder.report(udp=Tri.YES, duration_ms=2011.0)


def map_problems() -> Report:
    builder = Builder(
        source="derp.yaml",
        problems=(
            MapProblem(
                severity="error",
                code="host-name-is-url",
                place="$.regions.901.nodes[0].hostname",
                message="https://relay.example.net/ is a URL, not a host name",
                fix="relay.example.net",
                line=14,
                column=17,
                region_id=901,
            ),
            MapProblem(
                severity="warning", code="one-node", place="$.regions.902", message="the region has a single node"
            ),
        ),
    )
    for region, code, name, rtt in PLACES[1:4]:
        builder.relay(region, code, name, v4=rtt)
    return builder.report(udp=Tri.YES)


def single_region() -> Report:
    builder = Builder()
    builder.relay(2, "fra", "Frankfurt", v4=9.8)
    return builder.report(udp=Tri.YES, duration_ms=812.0)


def ipv6_broken() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:5]:
        builder.relay(region, code, name, v4=rtt, ask=(4, 6))
    silent = tuple(o.id for o in builder.observations if o.family == 6)[:4]
    six = FamilyReport(
        os_support=Tri.YES,
        works=Tri.NO,
        state="broken",
        reason="5 relays asked over IPv6, none answered, while IPv4 works",
        local=("2001:db8:42::1c9e",),
        evidence=silent,
    )
    return builder.report(udp=Tri.YES, ipv6=six, duration_ms=2100.0)


def ipv6_only() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:5]:
        builder.relay(region, code, name, v6=rtt, ask=(6,))
    four = FamilyReport(
        os_support=Tri.YES, works=Tri.NO, state="absent", reason="this host has no IPv4 address", evidence=("o1",)
    )
    return builder.report(udp=Tri.YES, ipv6=six_works(builder), ipv4=four)


def public_host() -> Report:
    builder = Builder()
    builder.local[4] = PUBLIC[4]
    for region, code, name, rtt in PLACES[:5]:
        builder.relay(region, code, name, v4=rtt, mapped=PUBLIC[4])
    return builder.report(udp=Tri.YES)


def inside_relays() -> Report:
    """All relays are in this network, as in a laboratory."""
    builder = Builder(network="192.168.7")
    for region, code, name, rtt in PLACES[1:4]:
        builder.relay(region, code, name, v4=rtt / 10, mapped=LOCAL[4])
    return builder.report(udp=Tri.YES)


def refused_relay() -> Report:
    """The host is there, but nothing listens on its ports."""
    builder = Builder()
    for region, code, name, rtt in PLACES[1:4]:
        builder.relay(region, code, name, v4=rtt)
    for turn in (0.0, 100.0):
        told: dict[str, Any] = {
            "outcome": Outcome.ICMP_ERROR,
            "error": "refused",
            "data": {"reporter": "198.51.100.10"},
        }
        builder.stun(9, 4, None, turn, **told)
    words = ("icmp", "its STUN port is unreachable (refused)")
    builder.relay(9, "syd", "Sydney", ask=(), error=words, https_outcome=Outcome.REFUSED)
    return builder.report(udp=Tri.YES)


def no_network() -> Report:
    builder = Builder()
    for region, code, name, _ in PLACES[:3]:
        for turn in range(4):
            builder.stun(
                region,
                4,
                None,
                turn * 100.0,
                outcome=Outcome.LOCAL_ERROR,
                error="no route to that network",
                bytes_sent=0,
            )
        builder.relay(region, code, name, ask=(), error=("no-route", "this computer has no route to it"))
    absent = FamilyReport(os_support=Tri.YES, works=Tri.NO, state="absent", reason="no address", evidence=("o1",))
    return builder.report(
        udp=Tri.UNKNOWN, udp_reason="nothing could be sent: no route", ipv4=absent, ipv6=absent, duration_ms=31.0
    )


def no_relay_answered() -> Report:
    builder = Builder()
    for region, code, name, _ in PLACES[:3]:
        builder.relay(region, code, name, error=("no-answer", NO_TCP), https_outcome=Outcome.NO_ANSWER)
    four = FamilyReport(
        os_support=Tri.YES,
        works=Tri.UNKNOWN,
        state="unknown",
        reason="nothing answered, over UDP or TCP",
        local=("192.168.1.20",),
    )
    return builder.report(
        udp=Tri.UNKNOWN,
        udp_reason="12 requests to 3 hosts unanswered, and nothing else answered either",
        ipv4=four,
        duration_ms=5000.0,
        limit_reached=True,
    )


def interrupted() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:7]:
        builder.relay(region, code, name, v4=rtt, samples=2)
    for region, code, name, _ in PLACES[7:]:
        builder.stun(region, 4, None, 0.0, outcome=Outcome.CANCELLED)
        builder.relay(region, code, name, ask=())
    return builder.report(
        udp=Tri.YES,
        interrupted=True,
        duration_ms=912.0,
        ipv6=FamilyReport(os_support=Tri.YES, works=Tri.UNKNOWN, state="unknown", reason="stopped before an answer"),
        not_measured=(NotMeasured(what="IPv6", reason="stopped after 0.9 s"), *UNMEASURED_THEN),
    )


UNMEASURED_THEN = (NotMeasured(what="captive portal", reason="stopped after 0.9 s"),)


def many_regions() -> Report:
    builder = Builder()
    for region in range(1, 201):
        rtt = round(8.0 + (region * 7919 % 3000) / 10, 1)
        builder.relay(region, f"r{region:03}", f"Region {region}", v4=rtt, samples=1)
    return builder.report(udp=Tri.YES, duration_ms=1203.0)


def hostile_names() -> Report:
    """Every text that can come from strangers is an attack."""
    builder = Builder()
    names = [entry["text"] for entry in json.loads(HOSTILE.read_text(encoding="utf-8"))]
    names = [name.encode("utf-8", "backslashreplace").decode() for name in names]  # JSON is UTF-8
    for number, name in enumerate(names, start=1):
        error = ("certificate", f"the certificate is for {name}") if number % 5 == 0 else None
        builder.relay(
            number, name, name, v4=float(number), error=error, https_outcome=Outcome.WRONG if error else None, samples=1
        )
    report = builder.report(udp=Tri.YES, udp_reason=names[0], captive_portal_reason=names[2], ipv6=six_absent("o1"))
    attack = names[1] + names[8]
    return msgspec.structs.replace(
        report,
        natscope=attack,
        run_id=attack,
        host=msgspec.structs.replace(report.host, name=attack, default_interface=attack, gateways=(attack,)),
        interfaces=tuple(msgspec.structs.replace(i, name=attack, kind=attack) for i in report.interfaces),
        ipv6=msgspec.structs.replace(report.ipv6, reason=attack, local=(attack,)),
        ipv4=msgspec.structs.replace(
            report.ipv4,
            endpoints=(*report.ipv4.endpoints, SeenEndpoint(address=attack, port=1, seen_by=(1,), local=attack)),
        ),
        relay_map=msgspec.structs.replace(report.relay_map, source=attack, warnings=tuple(names[:6])),
        preferred_relay=msgspec.structs.replace(report.preferred_relay, reason=attack, region_code=attack),
        not_measured=tuple(NotMeasured(what=name, reason=name, flag=name) for name in names[:6]),
        probes=tuple(msgspec.structs.replace(p, title=attack, reason=attack, state=attack) for p in report.probes),
        observations=tuple(
            msgspec.structs.replace(o, target=attack, summary=attack, error=attack, data={attack: [attack]} | o.data)
            for o in report.observations
        ),
    )


SCENES: dict[str, Callable[[], Report]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        healthy,
        public_host,
        inside_relays,
        refused_relay,
        ipv6_only,
        single_region,
        *FAR_SCENES,
        *HOME_SCENES,
        mapping_varies,
        mapping_varies_with_ipv6,
        several_addresses,
        udp_blocked,
        udp_refused,
        own_rules,
        single_relay_silent,
        captive_portal,
        dead_relay,
        wrong_certificate,
        stun_closed,
        map_problems,
        ipv6_broken,
        no_network,
        no_relay_answered,
        interrupted,
        many_regions,
        hostile_names,
        *NAT_SCENES,
        *PORT_SCENES,
        *PATH_SCENES,
        *MAPPING_SCENES,
        *SURROUNDING_SCENES,
        *NAME_AND_WEB_SCENES,
        *ROUTER_SCENES,
        *CLOUD_SCENES,
        *SIX_SCENES,
        *SUITE_SCENES,
    )
}


def stored_text(name: str) -> str:
    """What `fixtures/reports/NAME.json` must be."""
    return report_json.render(diagnose(SCENES[name]()), RenderOptions())


def load(name: str) -> Report:
    """A stored report."""
    return msgspec.json.decode((STORED / f"{name}.json").read_bytes(), type=Report)


def names() -> list[str]:
    """All stored reports."""
    return sorted(path.stem for path in STORED.glob("*.json"))


if __name__ == "__main__":
    for scene in SCENES:
        (STORED / f"{scene}.json").write_text(stored_text(scene), encoding="utf-8")
