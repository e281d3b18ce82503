"""Interfaces, routes and identity as JSON structs, and back."""

from __future__ import annotations

import ipaddress
from typing import cast

import msgspec

from natscope.host.api import DefaultRoute, Identity, Interface, LinkFacts
from natscope.model.endpoint import Family, IPAddress


class IdentityRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Which computer ran."""

    name: str
    os: str
    kernel: str
    architecture: str
    python: str

    @classmethod
    def of(cls, identity: Identity) -> IdentityRecord:
        """From the host's own form."""
        return cls(
            name=identity.name,
            os=identity.os,
            kernel=identity.kernel,
            architecture=identity.architecture,
            python=identity.python,
        )


class InterfaceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One interface; addresses as text, a scope id behind `%` where the system gave one."""

    name: str
    index: int
    kind: str
    up: bool
    mtu: int | None
    addresses: tuple[str, ...] = ()


class RouteRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One default route."""

    family: int
    interface: str
    gateway: str | None
    metric: int = 0


class LinkRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the network configuration."""

    interfaces: tuple[InterfaceRecord, ...] = ()
    default_routes: tuple[RouteRecord, ...] = ()
    routes_known: bool = True
    os_ipv4: bool | None = None
    os_ipv6: bool | None = None

    @classmethod
    def of(cls, facts: LinkFacts) -> LinkRecord:
        """From the host's own form."""
        return cls(
            interfaces=tuple(
                InterfaceRecord(
                    name=i.name, index=i.index, kind=i.kind, up=i.up, mtu=i.mtu, addresses=tuple(map(str, i.addresses))
                )
                for i in facts.interfaces
            ),
            default_routes=tuple(
                RouteRecord(
                    family=r.family,
                    interface=r.interface,
                    gateway=None if r.gateway is None else str(r.gateway),
                    metric=r.metric,
                )
                for r in facts.default_routes
            ),
            routes_known=facts.routes_known,
            os_ipv4=facts.os_ipv4,
            os_ipv6=facts.os_ipv6,
        )

    def facts(self) -> LinkFacts:
        """Back to the host's own form; texts that are no addresses are left out."""
        return LinkFacts(
            interfaces=tuple(
                Interface(i.name, i.index, i.kind, i.up, i.mtu, tuple(_addresses(i.addresses))) for i in self.interfaces
            ),
            default_routes=tuple(
                DefaultRoute(
                    cast("Family", r.family), r.interface, next(iter(_addresses((r.gateway,))), None), r.metric
                )
                for r in self.default_routes
                if r.family in (4, 6)
            ),
            routes_known=self.routes_known,
            os_ipv6=self.os_ipv6,
            os_ipv4=self.os_ipv4,
        )


def _addresses(texts: tuple[str | None, ...]) -> list[IPAddress]:
    found: list[IPAddress] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_address(text or ""))
        except ValueError:
            continue
    return found
