"""Situations around a computer: tunnels that own the route, uplinks, its own rules, containers, 100.64.0.0/10."""

from __future__ import annotations

import ipaddress
from typing import Any

import msgspec

from natscope.host.api import DefaultRoute, Interface, LinkFacts
from natscope.model.observation import Observation, Outcome
from natscope.model.report import NatFamilyReport, NatReport, Report
from natscope.model.tri import Tri
from natscope.netcheck.assemble_surroundings import surroundings_report
from natscope.netcheck.assemble_ways import void_reason
from tests.reports.builder import LOCAL, PLACES, Builder

RULE = "iif is not tailscale0, saddr is 100.64.0.0/10: drop"
TS_INPUT = {"place": "iptables: table ip filter, chain ts-input", "rule": RULE, "packets": 12}
NOBODY_TOLD = {"metered": "only the network manager knows whether a connection is metered, and it was not asked"}


def looked(builder: Builder, interface: str = "eth0", driver: str = "ethernet", **more: Any) -> None:
    """The way to relays, the firewall and the computer itself were looked at; `more` changes the way."""
    targets = sorted({o.target.rpartition(":")[0] for o in builder.observations if o.kind == "stun.binding"})
    way: dict[str, Any] = {
        "interface": interface, "driver": driver, "source": "192.168.1.20", "gateway": "192.168.1.1", "table": 254,
        "targets": targets, "inside": 0, "names": {}, "agent_interface": interface, "rules": [],
        "addresses": ["192.168.1.20"], "others": [],
    }  # fmt: skip
    told = way | more
    summary = f"packets to {len(targets)} relays leave by {interface}"
    builder.observe("host.route", Outcome.ANSWERED, family=4, data=told, summary=summary)


def firewall(builder: Builder, **more: Any) -> None:
    """Its rules were read: nothing is dropped unless `more` says so."""
    data = {"rules": 4, "engines": ["nftables"], "partly": "", "judged": [], "shared": []} | more
    builder.observe("host.firewall", Outcome.ANSWERED, data=data, summary="4 rules were read")


def computer(builder: Builder, **more: Any) -> None:
    """What it says about itself."""
    data: dict[str, Any] = {
        "container": {"kind": "", "sign": ""}, "wsl": 0, "cloud": "", "clock_synchronised": True,
        "receive_buffer_max": 212_992, "receive_buffer_default": 212_992, "conntrack_count": 41,
        "conntrack_max": 262_144, "source_drops": 0, "strict_source": [], "temporary_addresses": [], "asleep": [],
        "metered": {}, "devices": [], "unread": NOBODY_TOLD,
    }  # fmt: skip
    builder.observe("host.system", Outcome.ANSWERED, data=data | more)


def uplink(builder: Builder, interface: str, mapped: str = "", **more: Any) -> None:
    """One request over a further interface, answered with `mapped` or not."""
    data = {"interface": interface, "driver": "ethernet", "strict_source": False, "source_drops": 0} | more
    common: dict[str, Any] = {"target": "198.51.100.2:3478", "family": 4, "sent_ms": 40.0, "bytes_sent": 40}
    if mapped:
        builder.observe("route.stun", Outcome.ANSWERED, rtt_ms=31.0, bytes_received=32, data=data | {"mapped": mapped},
                        summary=f"past everything else, by {interface}, it sees {mapped}", **common)  # fmt: skip
    else:
        builder.observe("route.stun", Outcome.NO_ANSWER, data=data, summary=f"no answer by {interface}", **common)


def finished(builder: Builder, links: LinkFacts | None = None, **changes: Any) -> Report:
    """The report, its surroundings made by the assembly, and nothing told of a router behind a tunnel."""
    report = builder.report(**({"udp": Tri.YES} | changes))
    surroundings = surroundings_report(report.observations, links)
    report = msgspec.structs.replace(report, surroundings=surroundings)
    words = void_reason(report.observations, 4)
    if not words:
        return report
    fields = [f for f in NatFamilyReport.__struct_fields__ if f not in ("reasons", "evidence", "rfc3489_name")]
    v4 = NatFamilyReport(reasons=dict.fromkeys(fields, words), evidence=report.nat.v4.evidence)
    repeated = {f: getattr(v4, f) for f in NatReport.__struct_fields__ if f not in ("v4", "v6")}
    return msgspec.structs.replace(report, nat=NatReport(v4=v4, v6=report.nat.v6, **repeated))


def two_networks(first: str = "eth0", second: str = "wlan0") -> LinkFacts:
    """Two interfaces with a default route each."""
    return LinkFacts(
        interfaces=(
            Interface(first, 2, "ethernet", True, 1500, (ipaddress.ip_address("192.168.1.20"),)),
            Interface(second, 3, "wireless", True, 1500, (ipaddress.ip_address("192.168.43.10"),)),
        ),
        default_routes=(
            DefaultRoute(4, first, ipaddress.ip_address("192.168.1.1")),
            DefaultRoute(4, second, ipaddress.ip_address("192.168.43.1"), 600),
        ),
    )


def behind(interface: str, driver: str, mapped: str, **way: Any) -> Builder:
    """Relays answer through a tunnel."""
    builder = Builder()
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt + 120, mapped=f"{mapped}:{7019 + region * 5431}")
    looked(builder, interface, driver, **way)
    uplink(builder, "eth0", "203.0.113.24:51820")
    computer(builder)
    return builder


def proxy_tunnel() -> Report:
    builder = behind("Meta", "tun", "203.0.113.24", addresses=["198.18.0.1"], source="198.18.0.1", gateway="",
                     table=2022, rules=["9003: not iif lo lookup 2022"])  # fmt: skip
    return finished(builder)


def vpn_tunnel() -> Report:
    return finished(behind("wg0", "wireguard", "198.51.100.77", addresses=["10.8.0.2"], source="10.8.0.2", gateway=""))


def exit_node() -> Report:
    builder = behind("tailscale0", "tun", "198.51.100.77", addresses=["100.101.7.9"], source="100.101.7.9", gateway="",
                     table=52, agent_interface="eth0")  # fmt: skip
    return finished(builder)


def two_uplinks() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt)
    looked(builder)
    uplink(builder, "wlan0", "198.51.100.90:40123")
    computer(builder)
    return finished(builder, two_networks())


def wrong_interface() -> Report:
    builder = Builder()
    for region, code, name, _ in PLACES[:4]:
        builder.relay(region, code, name, error=("no-answer", "no connection to TCP port 443 within 1.5 s"),
                      https_outcome=Outcome.NO_ANSWER)  # fmt: skip
    looked(builder)
    uplink(builder, "wlan0", "198.51.100.90:40123")
    computer(builder)
    reason = "16 requests to 4 hosts unanswered, and nothing else answered either"
    return finished(builder, two_networks(), udp=Tri.UNKNOWN, udp_reason=reason)


def source_check() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt)
    looked(builder)
    uplink(builder, "wlan0", strict_source=True, source_drops=2)
    computer(builder, strict_source=["eth0", "wlan0"])
    return finished(builder, two_networks())


def container() -> Report:
    builder = Builder()
    builder.local[4] = "172.17.0.2:41641"
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt, mapped=f"203.0.113.24:{7019 + region * 5431}")
    looked(builder, driver="veth", source="172.17.0.2", gateway="172.17.0.1", addresses=["172.17.0.2"])
    computer(builder, container={"kind": "docker", "sign": "/.dockerenv exists"})
    return finished(builder)


def own_firewall() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt)
    looked(builder)
    place = {"place": "nftables: table inet filter, chain input", "rule": "drop", "packets": 731}
    judged = [
        {"what": "unasked", "family": 4, "interface": "eth0", "verdict": "drop"} | place,
        {"what": "answer", "family": 4, "interface": "eth0", "verdict": "accept"},
    ]
    firewall(builder, judged=judged)
    computer(builder)
    return finished(builder)


def _shared(builder: Builder, *uses: tuple[str, str]) -> None:
    told = [{"what": what, "ip": text.split()[-1], "text": text} for what, text in uses]
    builder.observe("host.shared", Outcome.ANSWERED, family=4, summary=f"{len(told)} uses of 100.64.0.0/10",
                    data={"uses": told, "overlay": [], "unread": {}, "resolver_known": True})  # fmt: skip


def _in_the_range(**rules: Any) -> Builder:
    builder = Builder()
    builder.local[4] = "100.64.10.10:41641"
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt)
    looked(builder, source="100.64.10.10", gateway="100.64.10.1", addresses=["100.64.10.10"])
    firewall(builder, **rules)
    uses = ("address", "100.64.10.10 on eth0"), ("gateway", "gateway 100.64.10.1")
    _shared(builder, *uses, ("name server", "name server 100.64.10.1"))
    return builder


def shared_space() -> Report:
    builder = _in_the_range()
    computer(builder)
    return finished(builder)


def shared_space_dropped() -> Report:
    builder = _in_the_range(shared=[TS_INPUT])
    computer(builder)
    return finished(builder)


def shared_space_eaten() -> Report:
    builder = _in_the_range(shared=[TS_INPUT])
    rule = TS_INPUT | {"after": 13}
    builder.observe("host.eaten", Outcome.WRONG, family=4, bytes_sent=16, summary="1 rules dropped something meanwhile",
                    data={"answers": {"100.64.10.1": "timeout"}, "rules": [rule], "grown": [rule]})  # fmt: skip
    computer(builder)
    return finished(builder)


def invented_addresses() -> Report:
    """No tunnel here, but names of relays lead into 198.18.0.0/15."""
    builder = Builder(network="198.18.0")
    for region, code, name, rtt in PLACES[:3]:
        builder.relay(region, code, name, v4=rtt)
    names = {f"relay{region}.example.net": f"198.18.0.{region + 1}" for region, *_ in PLACES[:3]}
    looked(builder, names=names)
    computer(builder)
    return finished(builder)


def own_relay() -> Report:
    """The only relay runs on the node's own computer."""
    builder = Builder(network="192.168.1")
    builder.relay(19, "own", "This computer", v4=0.1, mapped=LOCAL[4])
    looked(builder, "lo", "loopback", source="192.168.1.20", gateway="", inside=1)
    computer(builder)
    return finished(builder)


def network_shadowed() -> Report:
    """A subnet router of the mesh announces 192.168.1.0/24, which is this computer's own network too."""
    builder = Builder()
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt)
    looked(builder)
    computer(builder, shadowed=[{"network": "192.168.1.0/24", "interface": "eth0", "by": "tailscale0"}])
    return finished(builder)


def stuck_flow() -> Report:
    """A row of the table of connections with another port than its siblings."""
    builder = Builder()
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt)
    looked(builder)
    computer(builder)
    stuck = {"port": 41641, "peer": "198.51.100.90:41641", "wire_port": 1024}
    builder.observe("host.connections", Outcome.ANSWERED, data={"flows": 12, "stuck": [stuck]},
                    summary="12 UDP flows, 1 stuck")  # fmt: skip
    return finished(builder)


SCENES = (
    network_shadowed,
    stuck_flow,
    invented_addresses,
    own_relay,
    proxy_tunnel,
    vpn_tunnel,
    exit_node,
    two_uplinks,
    wrong_interface,
    source_check,
    container,
    own_firewall,
    shared_space,
    shared_space_dropped,
    shared_space_eaten,
)


def observations_of(builder: Builder) -> tuple[Observation, ...]:
    """For tests of the assembly alone."""
    return tuple(builder.observations)
