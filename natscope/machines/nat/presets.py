"""The usual kinds of NAT by name: RFC 3489's four, upstream's models, Linux, carriers, firewalls.

Upstream's models: tstest/natlab/vnet/nat.go and easyaf.go. Linux as measured with nftables' masquerade on kernel 6.18.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from natscope.errors import UserError
from natscope.machines.nat.config import Hairpin, NatConfig, Unsolicited
from natscope.machines.nat.lifetime import Lifetimes, Refresh
from natscope.machines.nat.ports import PortPolicy
from natscope.model.endpoint import IPAddress
from natscope.model.nat import Filtering, Mapping

_EI, _AD, _APD = Mapping.ENDPOINT_INDEPENDENT, Mapping.ADDRESS_DEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT
_ANY, _ADDRESS, _PORT = (
    Filtering.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_DEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT,
)  # fmt: skip
_A_YEAR_S = 365 * 86400.0
"""Stands for "never": upstream's hard NAT forgets nothing."""
_UPSTREAM_PORTS = (32768, 65535)

LINUX_LIFETIMES = Lifetimes(
    udp_s=30.0, udp_stream_s=120.0, stream_after_s=2.0, icmp_s=30.0,
    tcp_established_s=432000.0, tcp_transitory_s=120.0, tcp_closing_s=120.0, per_flow=True,
)  # fmt: skip
"""Connection tracking's defaults in a new namespace."""
_UPSTREAM_EASY = Lifetimes(udp_s=300.0, refresh=Refresh.OUTBOUND, per_flow=True)
_PF_LIFETIMES = Lifetimes(
    udp_s=60.0, icmp_s=20.0, tcp_established_s=86400.0, tcp_transitory_s=120.0, tcp_closing_s=90.0
)
_PLACEHOLDER = (IPv4Address("192.0.2.1"),)


@dataclass(frozen=True, slots=True)
class Preset:
    """A named kind; `what` is one sentence for people. `config.external` is a placeholder from 192.0.2.0/24."""

    what: str
    config: NatConfig


def _nat(
    mapping: Mapping,
    filtering: Filtering,
    ports: PortPolicy = PortPolicy.PRESERVING,
    lifetimes: Lifetimes | None = None,
    port_range: tuple[int, int] = (1024, 65535),
) -> NatConfig:
    base = NatConfig(
        external=_PLACEHOLDER, mapping=mapping, filtering=filtering, ports=ports, port_range=port_range,
        low_ports_stay_low=port_range != _UPSTREAM_PORTS,
    )  # fmt: skip
    return base if lifetimes is None else replace(base, lifetimes=lifetimes)


_LINUX = replace(_nat(_EI, _PORT, PortPolicy.PER_FLOW, LINUX_LIFETIMES), tcp_pickup=True)
_CARRIER = replace(_nat(_EI, _ANY, PortPolicy.RANDOM), hairpin=Hairpin.EXTERNAL_SOURCE)

PRESETS: dict[str, Preset] = {
    "full-cone": Preset("One port for all peers, and anybody may use it.", _nat(_EI, _ANY)),
    "restricted": Preset("One port for all peers, open to addresses the host has sent to.", _nat(_EI, _ADDRESS)),
    "port-restricted": Preset("One port for all peers, open to endpoints the host has sent to.", _nat(_EI, _PORT)),
    "symmetric-random": Preset("Another random port for each peer.", _nat(_APD, _PORT, PortPolicy.RANDOM)),
    "symmetric-sequential": Preset("The next port for each peer.", _nat(_APD, _PORT, PortPolicy.SEQUENTIAL)),
    "symmetric-open": Preset("A random port for each peer, open to anybody.", _nat(_APD, _ANY, PortPolicy.RANDOM)),
    "address-dependent": Preset("Another random port for each address.", _nat(_AD, _ADDRESS, PortPolicy.RANDOM)),
    "voip-helper": Preset("A home router that opens ports to whole addresses.", _nat(_EI, _ADDRESS, PortPolicy.RANDOM)),
    "rfc-4787": Preset(
        "All that RFC 4787 requires and recommends.",
        replace(_nat(_EI, _ANY), parity=True, contiguity=True, hairpin=Hairpin.EXTERNAL_SOURCE),
    ),
    "upstream-easy": Preset(
        "Upstream's easy NAT.", _nat(_EI, _PORT, PortPolicy.RANDOM, _UPSTREAM_EASY, _UPSTREAM_PORTS)
    ),
    "upstream-easyaf": Preset(
        "Upstream's easy NAT with address filtering.",
        _nat(_EI, _ADDRESS, PortPolicy.RANDOM, _UPSTREAM_EASY, _UPSTREAM_PORTS),
    ),
    "upstream-hard": Preset(
        "Upstream's hard NAT.",
        _nat(_APD, _PORT, PortPolicy.RANDOM, Lifetimes(udp_s=_A_YEAR_S, per_flow=True), _UPSTREAM_PORTS),
    ),
    "linux-masquerade": Preset("nftables masquerade behind an input rule that drops.", _LINUX),
    "linux-masquerade-open-input": Preset(
        "nftables masquerade without an input rule: early packets of peers burn ports.",
        replace(_LINUX, unsolicited=Unsolicited.BURN),
    ),
    "linux-fully-random": Preset(
        "nftables masquerade fully-random.",
        replace(_nat(_APD, _PORT, PortPolicy.RANDOM, LINUX_LIFETIMES), tcp_pickup=True),
    ),
    "pf": Preset("pf on OPNsense, pfSense and the BSDs.", _nat(_APD, _PORT, PortPolicy.RANDOM, _PF_LIFETIMES)),
    "cgnat": Preset("A carrier's NAT as RFC 6888 wants it.", _CARRIER),
    "cgnat-symmetric": Preset("A carrier's NAT that is symmetric.", _nat(_APD, _PORT, PortPolicy.RANDOM)),
    "one-to-one": Preset("One host has the public address to itself; name it as DMZ host.", _nat(_EI, _ANY)),
    "firewall": Preset("A stateful firewall, no translation.", NatConfig(mapping=Mapping.NONE)),
    "firewall-address": Preset(
        "A firewall that lets whole addresses in.", NatConfig(mapping=Mapping.NONE, filtering=_ADDRESS)
    ),
}


def preset(name: str, external: Iterable[IPAddress] = (), *, dmz: IPAddress | None = None) -> NatConfig:
    """The configuration of a kind with these public addresses; raises `UserError` for a name that is none."""
    found = PRESETS.get(name)
    if found is None:
        raise UserError(f"there is no kind of NAT called {name!r}", hint=f"kinds are: {', '.join(PRESETS)}")
    addresses = tuple(external)
    if not found.config.translates:
        return found.config
    if name == "one-to-one" and dmz is None:
        raise UserError("a one-to-one NAT needs its inside host", hint="name it as DMZ host")
    return replace(found.config, external=addresses, dmz=dmz)
