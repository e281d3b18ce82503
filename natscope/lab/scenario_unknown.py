"""Facts that a right report leaves `unknown`: those that nobody at the host could know, and those that were not asked.

`unknowable` of `[truth.HOST]` takes single fields and groups: `nat` (the way out's translation), `way` (lengths), `dns`
(what name servers do to names). What else a report says, and what the file claims, counts before a group. A report may
leave nothing else unknown but what `not_asked` names: what the options of the netcheck leave out, and what does not
exist at that host.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from natscope.lab.host_rules import HostRules
from natscope.model.nat import Mapping as NatMapping
from natscope.model.nat import PortAllocation
from natscope.model.tri import Tri

if TYPE_CHECKING:
    from natscope.lab.scenario import Scenario, ScenarioHost
    from natscope.lab.scenario_truth import HostTruth

PORTS = ("port_allocation", "port_parity", "port_contiguity", "pooling")
GROUPS = {
    "nat": (
        "mapping", "filtering", "mapping_varies", "port_preservation", *PORTS, "stun_alg", "hairpinning",
        "several_addresses", "layers", "cgnat", "double_nat",
    ),
    "way": ("path_mtu", "black_hole", "fragments", "wireguard", "ecn", "dscp", "stun_passes", "wireguard_passes"),
    "dns": ("dns_invented", "dns_forged", "dns_ipv6_withheld"),
}  # fmt: skip
LIFETIMES = (
    "mapping_lifetime_s", "mapping_lifetime_at_least_s", "absolute_lifetime_s", "absolute_lifetime_at_least_s",
    "refresh_outbound", "refresh_inbound",
)  # fmt: skip
_EITHER = (LIFETIMES[:2], LIFETIMES[2:4])
RATES = ("udp_limited", "udp_limited_back", "udp_limited_only", "udp_limit_counts")
FULL = "full"


def expanded(unknowable: Mapping[str, str], claimed: Mapping[str, Any]) -> dict[str, str]:
    """Field by field; a group says nothing about fields that the file claims."""
    found: dict[str, str] = {}
    for name, why in unknowable.items():
        for field in GROUPS.get(name, (name,)):
            if field == name or (claimed.get(field) is None and field not in unknowable):
                found[field] = why
    return found


def not_asked(scenario: Scenario, host: ScenarioHost, truth: HostTruth) -> dict[str, str]:
    """Why a report on this host may leave fields unknown that the truth says nothing about."""
    claimed = truth.claims()
    found = dict(_by_options(scenario, claimed))
    if truth.mapping is NatMapping.NONE:
        found |= dict.fromkeys((*PORTS, "stun_alg", "hairpinning"), "nothing is translated")
    if truth.port_allocation is not PortAllocation.SEQUENTIAL:
        found["port_step"] = "new ports follow no step"
    if scenario.how.profile != FULL or truth.port_burns is None:
        found["port_burns"] = "it takes a helper with two addresses"
    if truth.hairpinning is not Tri.YES:
        found["hairpin_source"] = "no packet came back"
    if truth.several_addresses is Tri.YES:
        found["rfc3489_name"] = "RFC 3489 knows no router with several public addresses"
    places = [at.at for at in host.interfaces]
    if len(set(places)) == len(places):
        found["port_collision"] = "takes two addresses behind one router"
    sites = [scenario.sites[place] for place in places if place in scenario.sites]
    if not any(site.http_proxy for site in sites):
        found |= dict.fromkeys(("proxy", "relay_by_proxy"), "there is no proxy")
    if host.rules is not HostRules.TAILSCALE:
        found["shared_space_eaten"] = "no rule of this host drops what comes from the range"
    return found


def _by_options(scenario: Scenario, claimed: Mapping[str, Any]) -> dict[str, str]:
    how, found = scenario.how, {}
    if not how.https and how.profile != FULL:
        found["tls_intercepted"] = "relays are looked at one by one with --https"
    elif not any(relay.pinned for relay in scenario.relays.values()):
        found["tls_intercepted"] = "no relay is pinned, and the lab's authority is no public one"
    if how.profile != FULL and not how.udp_rate:
        found |= dict.fromkeys(RATES, "it sends a megabyte or two: --udp-rate")
    elif claimed.get("udp_limited") is not Tri.YES:
        found |= dict.fromkeys(RATES[2:], "nothing is limited")
    if how.profile != FULL:
        return found | dict.fromkeys(LIFETIMES, "it takes minutes: --lifetime")
    for one, other in _EITHER:
        for told, silent in ((one, other), (other, one)):
            if told in claimed:
                found[silent] = f"{told} says it"
    return found
