"""What a file says of its hosts' translation follows from the routers that it sets up: truths come from nowhere else.

Written anew from the words of RFC 4787, for the way out of the first interface over IPv4: of several routers in a row
the strictest mapping and filtering is seen (of the host's own rules too), a port is kept where all keep it, and the
last one's addresses are public.
"""

from __future__ import annotations

import pytest

from natscope.lab.host_rules import HostRules
from natscope.lab.library import all_scenarios
from natscope.lab.scenario import INTERNET, Scenario, Site
from natscope.machines.nat.config import Hairpin, NatConfig
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.ports import PortPolicy
from natscope.model.nat import Filtering, Mapping

STRICTER_MAPPING = list(Mapping)[:4]
STRICTER_FILTERING = list(Filtering)[:3]
KEEPING = (PortPolicy.PRESERVING, PortPolicy.OVERLOADING, PortPolicy.PER_FLOW)
SEEN = [
    (scenario, name)
    for scenario in all_scenarios()
    for name, truth in scenario.truth.items()
    if truth.nat_family == 4 and truth.claims().get("mapping", "unknown") != "unknown"
]


def way_out(scenario: Scenario, host: str) -> list[Site]:
    """The routers from the host's first interface to the internet."""
    sites, at = [], scenario.hosts[host].at
    while at != INTERNET:
        sites.append(scenario.sites[at])
        at = sites[-1].at
    return sites


def expected(scenario: Scenario, host: str) -> dict[str, object]:
    """What must be claimed; a claim that is left out is not judged."""
    sites = way_out(scenario, host)
    judges = [site.nat for site in sites if site.nat is not None]
    nats = [nat for nat in judges if nat.translates]
    told: dict[str, object] = {
        "mapping": max((n.mapping for n in nats), key=STRICTER_MAPPING.index, default=Mapping.NONE),
        "filtering": max((n.filtering for n in judges), key=STRICTER_FILTERING.index, default=STRICTER_FILTERING[0]),
        "port_preservation": "yes" if all(n.ports in KEEPING for n in nats) else "no",
        "layers": len(nats),
    }
    if scenario.hosts[host].rules is HostRules.CLOSED:
        told["filtering"] = STRICTER_FILTERING[-1]
    told["mapping_varies"] = "no" if told["mapping"] in (Mapping.NONE, STRICTER_MAPPING[0]) else "yes"
    translating = [site for site in sites if site.nat is not None and site.nat.translates]
    if translating:
        told["public"] = sorted(str(ip) for ip in translating[-1].external)
        told["several_addresses"] = "yes" if spreads(translating[-1].nat) else "no"
    if len(nats) == 1 and told["mapping_varies"] == "no":
        told["hairpinning"] = "yes" if nats[0].hairpin is Hairpin.EXTERNAL_SOURCE else "no"
        told["stun_alg"] = "yes" if nats[0].stun_alg else "no"
    return told


def spreads(nat: NatConfig | None) -> bool:
    """Whether one host is seen with several addresses."""
    return nat is not None and len(nat.external) > 1 and nat.pooling is not Pooling.PAIRED


def claimed(scenario: Scenario, host: str) -> dict[str, object]:
    """Without what nobody can know there."""
    claims = {what: value for what, value in scenario.truth[host].claims().items() if value != "unknown"}
    if "public" in claims:
        own = {str(relay.ipv4) for relay in scenario.relays.values() if relay.on == host}
        claims["public"] = sorted(ip for ip in claims["public"] if ":" not in ip and ip not in own)
    return claims


@pytest.mark.parametrize(("scenario", "host"), SEEN, ids=[f"{s.name}-{h}" for s, h in SEEN])
def test_a_truth_follows_from_its_configuration(scenario: Scenario, host: str) -> None:
    claims = claimed(scenario, host)
    wanted = {what: value for what, value in expected(scenario, host).items() if what in claims}
    assert {what: claims[what] for what in wanted} == wanted


def test_hosts_are_judged() -> None:
    """Nearly all: without UDP, or with software of their own on the way, hosts have nothing to follow from."""
    assert len(SEEN) >= 0.75 * sum(len(s.truth) for s in all_scenarios())
