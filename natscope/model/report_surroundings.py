"""The part of a report about this computer's surroundings: the ways out, its own rules, what it is.

`yes`, `no` and `unknown` are the only answers to a yes/no question; `reasons` say per field why something is unknown.
"""

from __future__ import annotations

import msgspec

from natscope.model.tri import Tri


class WayReport(msgspec.Struct, frozen=True, kw_only=True):
    """How packets to relays leave. `driver`: `ethernet`, `wifi`, `tun`, `wireguard`, …, empty when not told.

    `tunnel`: is it a VPN's or proxy program's interface; `owner` then: `proxy`, `vpn` or `overlay` (an exit node of a
    mesh VPN); `proxy` without a tunnel is one elsewhere in this network, which answers for names of relays. `signs`
    are what speaks for that, for people. `agent_interface` is where packets with the mark of a mesh agent leave, empty
    when not told. `relays` go this way, `of` are there. `failure` is why there is no way.
    """

    family: int
    interface: str
    driver: str = ""
    source: str = ""
    gateway: str = ""
    tunnel: Tri = Tri.UNKNOWN
    owner: str = ""
    signs: tuple[str, ...] = ()
    agent_interface: str = ""
    relays: int = 0
    of: int = 0
    failure: str = ""
    evidence: tuple[str, ...] = ()


class UplinkReport(msgspec.Struct, frozen=True, kw_only=True):
    """A further interface with a default route, asked by itself. `public` are our addresses as relays saw them there.

    `answers`: did a relay answer. `strict_source`: does this computer drop what it would answer elsewhere (rp_filter),
    and `source_drops` so many meanwhile.
    """

    family: int
    interface: str
    driver: str = ""
    answers: Tri = Tri.UNKNOWN
    public: tuple[str, ...] = ()
    reason: str = ""
    strict_source: Tri = Tri.UNKNOWN
    source_drops: int | None = None
    evidence: tuple[str, ...] = ()


class RuleReport(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of this computer's packet filter. `packets` is its counter; `dropped` what it dropped during the run."""

    place: str
    rule: str
    packets: int | None = None
    dropped: int | None = None


class FirewallReport(msgspec.Struct, frozen=True, kw_only=True):
    """This computer's own packet filter. `readable`: may this user read it; `hint` says what would help.

    `unasked`: what becomes of a UDP packet that nobody asked for, to the usual port of a mesh agent (41641); `answers`:
    of an answer over UDP: `accept`, `drop`, `reject` or `unknown`; the rules beside them decide.
    """

    readable: Tri = Tri.UNKNOWN
    reason: str = ""
    hint: str = ""
    rules: int | None = None
    unasked: str = "unknown"
    unasked_rule: RuleReport | None = None
    answers: str = "unknown"
    answers_rule: RuleReport | None = None
    evidence: tuple[str, ...] = ()


class SharedSpaceReport(msgspec.Struct, frozen=True, kw_only=True):
    """100.64.0.0/10 around this computer. `used`: does anything but the overlay itself lie in it; `uses` for people.

    `dropped`: do rules here drop what comes from all of it, or from a part in which such a use lies; `rules` are these.
    `eaten`: did one drop something that was asked meanwhile, `eaten_from` whose answers are missing.
    """

    used: Tri = Tri.UNKNOWN
    uses: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    dropped: Tri = Tri.UNKNOWN
    rules: tuple[RuleReport, ...] = ()
    eaten: Tri = Tri.UNKNOWN
    eaten_from: tuple[str, ...] = ()
    reasons: dict[str, str] = {}
    evidence: tuple[str, ...] = ()


class ShadowedNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """A network on an interface of this computer, packets to which the system sends into a tunnel (`by`) instead."""

    network: str
    interface: str
    by: str


class StuckFlow(msgspec.Struct, frozen=True, kw_only=True):
    """A UDP flow of this computer's own without an answer that leaves by `wire_port` in place of `port`."""

    port: int
    peer: str
    wire_port: int


class ComputerReport(msgspec.Struct, frozen=True, kw_only=True):
    """What this computer says about itself. `container`: its kind, empty for none, null when not known.

    `wsl`: version of the Windows Subsystem for Linux, 0 for none. `cloud` by the firmware's names. Buffers in bytes.
    `strict_source`: interfaces that drop what would be answered elsewhere (rp_filter). `asleep`: interfaces that are
    switched on and carry nothing. `shadowed`: networks of its own that a tunnel takes, null when not known;
    `stuck_flows`: rows of its table of connections that send out from a wrong port, null when they may not be read.
    `metered`: is a default route's connection set as metered; a network manager's guess stands in `reasons` only.
    `gateway_makers`: first three bytes of the hardware addresses of IPv4 gateways, which name the maker.
    """

    container: str | None = None
    wsl: int | None = None
    cloud: str | None = None
    clock_synchronised: Tri = Tri.UNKNOWN
    receive_buffer_max: int | None = None
    receive_buffer_default: int | None = None
    conntrack_count: int | None = None
    conntrack_max: int | None = None
    strict_source: tuple[str, ...] = ()
    temporary_addresses: tuple[str, ...] = ()
    asleep: tuple[str, ...] = ()
    metered: Tri = Tri.UNKNOWN
    shadowed: tuple[ShadowedNetwork, ...] | None = None
    stuck_flows: tuple[StuckFlow, ...] | None = None
    gateway_makers: tuple[str, ...] = ()
    reasons: dict[str, str] = {}
    evidence: tuple[str, ...] = ()


class SurroundingsReport(msgspec.Struct, frozen=True, kw_only=True):
    """`hijacked`: does VPN or proxy software on this computer carry the packets to relays, so that no router shows."""

    hijacked: Tri = Tri.UNKNOWN
    hijacked_reason: str = "not looked at"
    ways: tuple[WayReport, ...] = ()
    uplinks: tuple[UplinkReport, ...] = ()
    several_uplinks: Tri = Tri.UNKNOWN
    firewall: FirewallReport = FirewallReport(reason="not looked at")
    shared_space: SharedSpaceReport = SharedSpaceReport()
    computer: ComputerReport = ComputerReport()
