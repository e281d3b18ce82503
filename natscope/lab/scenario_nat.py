"""The NAT of a site: a preset's name or a table becomes a `NatConfig` with real addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import fields, replace
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Network
from typing import Any

from natscope.lab.scenario import KernelNat, SiteIpv6
from natscope.lab.scenario_form import AllowForm, ForwardForm, NatForm, SiteForm
from natscope.lab.scenario_toml import Path, Source
from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.egress import ALL_PORTS, EVERYTHING, Egress, IPNetwork, PortRanges
from natscope.machines.nat.forwards import Forward
from natscope.machines.nat.lifetime import Lifetimes
from natscope.machines.nat.presets import PRESETS
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Mapping

ROUTER_ONLY = "none"
GUARDED = (SiteIpv6.FIREWALL, SiteIpv6.NAT64)
"""IPv6 with a firewall before it."""
TRACKED = (*GUARDED, SiteIpv6.NAT66)
"""IPv6 whose flows the router remembers."""
KERNEL_MODELS = {KernelNat.MASQUERADE: "linux-masquerade", KernelNat.FULLY_RANDOM: "linux-fully-random"}
"""The preset that stands for a NAT of the kernel where there is no kernel."""
_NOT_COPIED = ("kind", "lifetimes", "dmz", "not_from", "forwards")
HostAddress = Callable[[str, Path], IPv4Address]


def kind_of(source: Source, name: str, form: SiteForm) -> str:
    """The preset that a site's NAT starts from, or `none`."""
    where = ("sites", name, "nat")
    if form.kernel_nat is not None:
        if source.has(where):
            source.wrong(where, "a site has a NAT of the kernel (kernel_nat) or of the model (nat), not both")
        return KERNEL_MODELS[form.kernel_nat]
    kind = form.nat.kind if isinstance(form.nat, NatForm) else form.nat
    if kind == ROUTER_ONLY and isinstance(form.nat, str):
        return kind
    if kind not in PRESETS:
        close = get_close_matches(kind, PRESETS, 1)
        meant = f", did you mean {close[0]!r}?" if close else ""
        source.wrong(
            where, f"there is no kind of NAT called {kind!r}{meant}", hint=f"kinds: {', '.join(PRESETS)}, none"
        )
    return kind


def nat_6_of(source: Source, name: str, form: SiteForm, routed: IPv6Network | None) -> NatConfig | None:
    """What stands before a site's IPv6, None where nothing filters; of `routed` a NAT66 has the first address."""
    ours = form.ipv6 in TRACKED and form.kernel_nat is None
    seconds = form.ipv6_silence_s
    if seconds is not None and not (ours and seconds > 0):
        where = ("sites", name, "ipv6_silence_s")
        source.wrong(where, "a positive time, for our own router with an IPv6 firewall, NAT64 or NAT66 only")
    if form.allow_ipv6 is not None and not ours:
        source.wrong(("sites", name, "allow_ipv6"), "it takes our own router with an IPv6 firewall, NAT64 or NAT66")
    if form.ipv6 is SiteIpv6.NAT66 and (form.kernel_nat is not None or form.mapping_service is not None):
        source.wrong(("sites", name, "ipv6"), "NAT66 goes with our own NAT and without a mapping service")
    if form.ipv6 not in TRACKED or routed is None:
        return None
    lifetimes = Lifetimes() if seconds is None else Lifetimes(udp_s=seconds)
    where = ("sites", name, "allow_ipv6")
    egress = EVERYTHING if form.allow_ipv6 is None else _egress(source, where, form.allow_ipv6)
    if form.ipv6 is SiteIpv6.NAT66:
        return NatConfig(external=(routed.network_address + 1,), lifetimes=lifetimes, egress=egress)
    return NatConfig(mapping=Mapping.NONE, lifetimes=lifetimes, egress=egress)


def translates(kind: str) -> bool:
    """Whether a kind has addresses of its own behind it."""
    return kind != ROUTER_ONLY and PRESETS[kind].config.translates


def nat_of(
    source: Source, name: str, form: SiteForm, external: tuple[IPv4Address, ...], address_of: HostAddress
) -> NatConfig | None:
    """The whole configuration; `address_of` finds hosts behind it. Raises `UserError`."""
    kind = kind_of(source, name, form)
    where: Path = ("sites", name, "nat")
    if kind == ROUTER_ONLY:
        for given, key in ((form.allow, "allow"), (form.portal, "portal")):
            if given is not None:
                source.wrong(("sites", name, key), 'a router that only forwards (nat = "none") lets everything pass')
        return None
    changes: dict[str, Any] = {"external": external} if translates(kind) else {}
    base = PRESETS[kind].config
    if isinstance(form.nat, NatForm) and form.kernel_nat is None:
        changes |= _changes(source, where, form.nat, base, address_of)
    if form.allow is not None:
        changes["egress"] = _egress(source, ("sites", name, "allow"), form.allow)
    if kind == "one-to-one" and "dmz" not in changes:
        source.wrong(where, 'a one-to-one NAT needs its inside host: nat = { kind = "one-to-one", dmz = HOST }')
    try:
        return replace(base, **changes)
    except ValueError as error:
        source.wrong(where, str(error))


def _changes(source: Source, where: Path, form: NatForm, base: NatConfig, address_of: HostAddress) -> dict[str, Any]:
    names = [f for f in form.__struct_fields__ if f not in _NOT_COPIED and getattr(form, f) is not None]
    found: dict[str, Any] = {name: getattr(form, name) for name in names}
    if form.lifetimes is not None:
        told = {f.name: getattr(form.lifetimes, f.name) for f in fields(Lifetimes)}
        try:
            changed = replace(base.lifetimes, **{name: value for name, value in told.items() if value is not None})
        except ValueError as error:
            source.wrong((*where, "lifetimes"), str(error))
        found["lifetimes"] = changed
    if form.dmz:
        found["dmz"] = address_of(form.dmz, (*where, "dmz"))
    if form.not_from:
        found["not_from"] = _networks(source, (*where, "not_from"), form.not_from)
    if form.forwards:
        found["forwards"] = tuple(_forward(source, where, one, address_of) for one in form.forwards)
    return found


def _forward(source: Source, where: Path, form: ForwardForm, address_of: HostAddress) -> Forward:
    where = (*where, "forwards")
    try:
        return Forward(
            transport=form.transport,
            external_port=form.external_port,
            internal=Endpoint(address_of(form.host, where), form.port),
            outbound=form.outbound,
        )
    except ValueError as error:
        source.wrong(where, str(error))


def _egress(source: Source, where: Path, form: AllowForm) -> Egress:
    try:
        return Egress(
            udp=_ports(source, (*where, "udp"), form.udp),
            tcp=_ports(source, (*where, "tcp"), form.tcp),
            icmp=form.icmp,
            not_to=_networks(source, (*where, "not_to"), form.not_to),
        )
    except ValueError as error:
        source.wrong(where, str(error))


def _ports(source: Source, where: Path, texts: tuple[str, ...] | None) -> PortRanges:
    if texts is None:
        return ALL_PORTS
    ranges = []
    for text in texts:
        low, dash, high = text.partition("-")
        if not (low.isdecimal() and text.isascii() and (high.isdecimal() if dash else True)):
            source.wrong(where, f'{text!r} is no port or range of ports such as "53" or "1024-2000"')
        ranges.append((int(low), int(high or low)))
    return tuple(ranges)


def _networks(source: Source, where: Path, texts: tuple[str, ...]) -> tuple[IPNetwork, ...]:
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        source.wrong(where, str(error))
