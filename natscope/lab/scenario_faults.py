"""What faults of a scenario do, as far as both beds have to agree on it."""

from __future__ import annotations

from ipaddress import IPv4Address
from itertools import takewhile

from natscope.lab.scenario import FaultKind, Scenario, Site

_FIRST_NEW = IPv4Address("203.0.113.200")


def addresses_after_reboot(scenario: Scenario, site: Site) -> tuple[IPv4Address, ...]:
    """The public addresses with which a NAT comes back that has lost its own; the same after each reboot.

    On the internet from 203.0.113.200 on, behind another NAT from the end of its network on, counted over all sites.
    """
    earlier = takewhile(lambda other: other.name != site.name, scenario.sites.values())
    before = sum(len(other.external) for other in earlier)
    above = scenario.sites.get(site.at)
    if above is not None and above.lan is not None:
        return tuple(above.lan.broadcast_address - 1 - before - number for number in range(len(site.external)))
    return tuple(_FIRST_NEW + before + number for number in range(len(site.external)))


def is_renumbered(scenario: Scenario, site: str) -> bool:
    """Whether a site has other public addresses at some time."""
    return any(
        fault.kind is FaultKind.NAT_REBOOT and fault.on == site and fault.renumbered for fault in scenario.faults
    )
