"""Facts made for tests: a computer on which everything is well, and ways to change one thing."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from natscope.doctor.facts import (
    ClockFacts,
    ConfigFacts,
    Contact,
    DaemonFacts,
    DoctorFacts,
    FolderFacts,
    MapFacts,
    OwnFacts,
    PartFacts,
    SocketFacts,
    Trial,
)
from natscope.host.api import DefaultRoute, Interface, LinkFacts, ResolverFacts
from natscope.host.setup_api import AgentProcess, Offload, ResolverFile, SetupFacts
from natscope.host.system_api import Device, FirewallFacts, SystemFacts, SystemRoute
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_prefs import MeshPrefs
from natscope.model.mesh_status import MeshNode, MeshState, MeshStatus
from natscope.model.packet_filter import RuleSet
from natscope.model.report_surroundings import WayReport
from natscope.model.tri import Tri

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
MESH_IP = ipaddress.ip_address("100.101.7.9")
HOME_IP = ipaddress.ip_address("192.168.1.20")
ETH0 = Interface("eth0", 2, "ethernet", True, 1500, (HOME_IP,))
TUNNEL = Interface("tailscale0", 5, "tunnel", True, 1280, (MESH_IP,))
WORKS = Trial(works=Tri.YES, reason="")
THIS = MeshNode(name="laptop.mesh.example", key_expiry=NOW + timedelta(days=171))
STATUS = MeshStatus(
    version="1.102.5-tabcdef", state=MeshState.RUNNING, state_word="Running", has_tunnel=True, has_node_key=True,
    addresses=(MESH_IP,), this=THIS, dns_enabled=True,
)  # fmt: skip
PREFS = MeshPrefs(wants_running=True, accepts_dns=True, shields_up=False, netfilter=2, operator="ana")
DAEMON = DaemonFacts(
    contact=Contact.ANSWERED, socket="/var/run/tailscale/tailscaled.sock", status=STATUS, prefs=PREFS, forwarding="",
    gro="",
)  # fmt: skip
NOBODY = DaemonFacts(contact=Contact.ABSENT, socket="/var/run/tailscale/tailscaled.sock", reason="none is here")


def servers(*addresses: str) -> tuple[Endpoint, ...]:
    return tuple(Endpoint(ipaddress.ip_address(text), 53) for text in addresses)


WELL = DoctorFacts(
    now=NOW,
    own=OwnFacts(
        version="0.1.0",
        python="3.11.7",
        parts=(PartFacts(name="rich", version="14"), PartFacts(name="numpy", version="2", extra="fast")),
        plugins=38,
        configs=(ConfigFacts(layer="user", path="/u/config.toml", there=True),),
        folders=(FolderFacts(kind="state", path="/u/state", writable=True),),
        relay_map=MapFacts(source="https://mesh.example.net/derpmap", kind="cache", regions=9, age_s=7200.0),
    ),
    sockets=SocketFacts(udp=WORKS, tcp=WORKS, ping=WORKS, errors=WORKS),
    links=LinkFacts(
        interfaces=(ETH0, TUNNEL), default_routes=(DefaultRoute(4, "eth0", ipaddress.ip_address("192.168.1.1"), 100),)
    ),
    system=SystemFacts(
        devices=(
            Device(name="eth0", driver="ethernet", addresses=("192.168.1.20",)),
            Device(name="tailscale0", driver="tun", addresses=("100.101.7.9",)),
        ),
        routes=(SystemRoute(family=4, destination="100.64.0.0/10", interface="tailscale0", table=52),),
        receive_buffer_max=4 << 20,
        clock_synchronised=True,
    ),
    firewall=FirewallFacts(rules=RuleSet()),
    resolver=ResolverFacts(servers=servers("127.0.0.53"), behind=servers("100.100.100.100"), source="/etc/resolv.conf"),
    setup=SetupFacts(
        user="ana",
        is_root=False,
        programs={"tailscaled": "/usr/sbin/tailscaled"},
        agents=(AgentProcess(pid=17, userspace=False, replaced=False),),
        enabled=True,
        resolver=ResolverFile(target="/run/systemd/resolve/stub-resolv.conf", writer="systemd-resolved"),
        forwarding={4: True, 6: True},
        offloads={"eth0": Offload(udp_gro_forwarding=True, gro_list=False, udp_segmentation=True)},
    ),
    ways=(WayReport(family=4, interface="eth0", driver="ethernet", tunnel=Tri.NO, relays=1, of=1),),
    daemon=DAEMON,
    clock=ClockFacts(server="mesh.example.net", off_s=0.4),
)


def change(what: Any, **fields: Any) -> Any:
    """The same with other fields."""
    return msgspec.structs.replace(what, **fields)


def with_own(**fields: Any) -> DoctorFacts:
    return change(WELL, own=change(WELL.own, **fields))  # type: ignore[no-any-return]


def with_setup(**fields: Any) -> DoctorFacts:
    return change(WELL, setup=change(WELL.setup, **fields))  # type: ignore[no-any-return]


def with_daemon(**fields: Any) -> DoctorFacts:
    return change(WELL, daemon=change(DAEMON, **fields))  # type: ignore[no-any-return]


def with_status(**fields: Any) -> DoctorFacts:
    return with_daemon(status=change(STATUS, **fields))


def with_this(**fields: Any) -> DoctorFacts:
    return with_status(this=change(THIS, **fields))


def with_prefs(**fields: Any) -> DoctorFacts:
    return with_daemon(prefs=change(PREFS, **fields))


def with_system(**fields: Any) -> DoctorFacts:
    return change(WELL, system=change(WELL.system, **fields))  # type: ignore[no-any-return]


def with_sockets(**fields: Any) -> DoctorFacts:
    return change(WELL, sockets=change(WELL.sockets, **fields))  # type: ignore[no-any-return]


def without_daemon(**setup: Any) -> DoctorFacts:
    """A computer on which nobody installed tailscaled, unless `setup` says so."""
    bare = change(WELL.setup, **{"programs": {}, "agents": (), "enabled": None} | setup)
    links = change(WELL.links, interfaces=(ETH0,))
    system = change(WELL.system, devices=WELL.system.devices[:1], routes=())
    resolver = ResolverFacts(servers=servers("192.168.1.1"), source="/etc/resolv.conf")
    return change(  # type: ignore[no-any-return]
        WELL, daemon=NOBODY, setup=bare, links=links, system=system, resolver=resolver
    )
