"""This computer: identity, interfaces, default routes, and whether it holds an address of 100.64.0.0/10."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.host.api import DefaultRoute, Interface, LinkFacts
from natscope.model.address_space import is_shared
from natscope.model.observation import Observation
from natscope.model.report import HostReport, InterfaceReport
from natscope.model.tri import Tri
from natscope.netcheck.link_record import IdentityRecord


def host_report(identity: IdentityRecord, links: LinkFacts | None, observations: Sequence[Observation]) -> HostReport:
    """Identity and what the routing tables say. Without a look at the links, the rest is unknown."""
    shared = _shared_addresses(links)
    return HostReport(
        name=identity.name,
        os=identity.os,
        kernel=identity.kernel,
        architecture=identity.architecture,
        python=identity.python,
        shared_address_space=Tri.of(None if links is None or not links.interfaces else bool(shared)),
        shared_addresses=shared,
        default_interface=_default_interface(links),
        gateways=_gateways(links),
        evidence=tuple(o.id for o in observations if o.kind == "host.links"),
    )


def interface_reports(links: LinkFacts | None) -> tuple[InterfaceReport, ...]:
    """Every interface, in the system's order."""
    if links is None:
        return ()
    defaults = {route.interface for route in links.default_routes}
    return tuple(_interface_report(interface, interface.name in defaults) for interface in links.interfaces)


def _interface_report(interface: Interface, is_default: bool) -> InterfaceReport:
    return InterfaceReport(
        name=interface.name,
        kind=interface.kind,
        up=interface.up,
        mtu=interface.mtu,
        addresses=tuple(str(ip) for ip in interface.addresses),
        default_route=is_default,
    )


def _shared_addresses(links: LinkFacts | None) -> tuple[str, ...]:
    if links is None:
        return ()
    return tuple(
        f"{ip} on {interface.name}"
        for interface in links.interfaces
        if interface.up
        for ip in interface.addresses
        if is_shared(ip)
    )


def _routes(links: LinkFacts | None) -> list[DefaultRoute]:
    """IPv4 first, the winning metric first."""
    return sorted(links.default_routes, key=lambda r: (r.family, r.metric)) if links is not None else []


def _default_interface(links: LinkFacts | None) -> str:
    return next((route.interface for route in _routes(links)), "")


def _gateways(links: LinkFacts | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(route.gateway) for route in _routes(links) if route.gateway is not None))
