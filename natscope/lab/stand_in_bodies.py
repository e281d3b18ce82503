"""The JSON that a stand-in tailscaled answers, in the fields of upstream (ipn/ipnstate, tailcfg, ipn/prefs)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from natscope.lab.stand_in import StandInMesh, StandInPeer
from natscope.model.mesh_status import Way

ZERO_TIME = "0001-01-01T00:00:00Z"
STATES = ("NoState", "InUseOtherUser", "NeedsLogin", "NeedsMachineAuth", "Stopped", "Starting", "Running")
"""By their numbers in notices."""
CREATED = datetime(2026, 11, 1, 12, tzinfo=UTC)
_LOGGED_OUT = ("NoState", "NeedsLogin")


@dataclass(slots=True)
class PeerState:
    """What has become of one peer since the start."""

    way: Way
    pongs: int = 0
    pings: int = 0
    last_write: datetime | None = None


def key_of(name: str) -> str:
    """A node key that is the same in every run, and nobody's."""
    return f"nodekey:{hashlib.sha256(f'stand-in {name}'.encode()).hexdigest()}"


def written(at: datetime | None) -> str:
    """As Go writes a time."""
    return ZERO_TIME if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def status_body(mesh: StandInMesh, states: dict[str, PeerState], *, peers: bool) -> dict[str, Any]:
    """`status`."""
    out = mesh.state in _LOGGED_OUT
    users = _users(mesh)
    body: dict[str, Any] = {
        "Version": mesh.version, "TUN": True, "BackendState": mesh.state, "HaveNodeKey": not out,
        "AuthURL": mesh.login_url, "TailscaleIPs": None if out else _ips(mesh.ip, mesh.ip6),
        "Self": _this(mesh, users), "Health": list(mesh.health), "MagicDNSSuffix": "" if out else mesh.suffix,
        "CurrentTailnet": None if out else {
            "Name": mesh.suffix, "MagicDNSSuffix": mesh.suffix, "MagicDNSEnabled": True,
        },
        "CertDomains": None, "ExtraRecords": None,
        "Peer": None if out or not peers else {
            key_of(peer.name): _peer(mesh, peer, states[peer.ip], number, users)
            for number, peer in enumerate(mesh.peers, start=2)
        },
        "User": {str(number): {"ID": number, "LoginName": name, "DisplayName": name} for name, number in users.items()},
        "ClientVersion": None,
    }  # fmt: skip
    return body | mesh.more


def _users(mesh: StandInMesh) -> dict[str, int]:
    names = dict.fromkeys([mesh.owner, *(peer.owner for peer in mesh.peers)])
    return {name: number for number, name in enumerate(names, start=1)}


def _ips(*ips: str) -> list[str]:
    return [ip for ip in ips if ip]


def _routes(ips: Iterable[str]) -> list[str]:
    return [f"{ip}/{128 if ':' in ip else 32}" for ip in ips]


def _node(name: str, suffix: str, number: int, ips: list[str], owner: int) -> dict[str, Any]:
    return {
        "ID": str(number), "NodeID": number, "PublicKey": key_of(name), "HostName": name,
        "DNSName": f"{name}.{suffix}.", "OS": "linux", "UserID": owner, "TailscaleIPs": ips, "AllowedIPs": _routes(ips),
        "Addrs": None, "CurAddr": "", "Relay": "", "PeerRelay": "", "RxBytes": 0, "TxBytes": 0,
        "Created": written(CREATED), "LastWrite": ZERO_TIME, "LastSeen": ZERO_TIME, "LastHandshake": ZERO_TIME,
        "Online": True, "ExitNode": False, "ExitNodeOption": False, "Active": False,
        "PeerAPIURL": [f"http://{ips[0]}:46590"] if ips else [], "TaildropTarget": 0, "NoFileSharingReason": "",
        "InNetworkMap": True, "InMagicSock": True, "InEngine": True,
    }  # fmt: skip


def _this(mesh: StandInMesh, users: dict[str, int]) -> dict[str, Any]:
    if mesh.state in _LOGGED_OUT:
        return _node(mesh.name, "", 0, [], 0) | {
            "ID": "", "DNSName": "", "InNetworkMap": False, "InMagicSock": False, "InEngine": False, "Online": False,
            "PublicKey": f"nodekey:{'0' * 64}",
        }  # fmt: skip
    node = _node(mesh.name, mesh.suffix, 1, _ips(mesh.ip, mesh.ip6), users[mesh.owner])
    return node | {"Addrs": list(mesh.endpoints), "Relay": mesh.relay, "InMagicSock": False, "InEngine": False}


def _peer(mesh: StandInMesh, peer: StandInPeer, state: PeerState, number: int, users: dict[str, int]) -> dict[str, Any]:
    ips = _ips(peer.ip, peer.ip6)
    active = state.way in (Way.DIRECT, Way.RELAYED, Way.PEER_RELAY)
    node = _node(peer.name, mesh.suffix, number, ips, users[peer.owner]) | {
        "OS": peer.os, "AllowedIPs": [*_routes(ips), *peer.routes], "Relay": peer.relay,
        "CurAddr": peer.direct if state.way is Way.DIRECT else "",
        "PeerRelay": peer.peer_relay if state.way is Way.PEER_RELAY else "",
        "RxBytes": peer.bytes_in + 96 * state.pongs, "TxBytes": peer.bytes_out + 124 * state.pings,
        "LastWrite": written(state.last_write), "LastSeen": written(peer.last_seen),
        "LastHandshake": written(peer.handshake), "Online": peer.online, "Active": active,
        "ExitNode": peer.exit_node, "ExitNodeOption": peer.offers_exit_node,
    }  # fmt: skip
    if peer.tags:
        node["Tags"] = list(peer.tags)
    if peer.expired:
        node["Expired"] = True
    if peer.key_expiry is not None:
        node["KeyExpiry"] = written(peer.key_expiry)
    return node | peer.more


def whois_body(mesh: StandInMesh, peer: StandInPeer | None) -> dict[str, Any]:
    """`whois` of a peer, or of the daemon's own node (None)."""
    regions = {code: number for number, code in mesh.regions.items()}
    if peer is None:
        ips, name, home, endpoints = _ips(mesh.ip, mesh.ip6), mesh.name, mesh.relay, mesh.endpoints
        network, version, system, owner = mesh.network, mesh.version, "linux", mesh.owner
    else:
        ips, name, home, endpoints = _ips(peer.ip, peer.ip6), peer.name, peer.relay, peer.endpoints
        network, version, system, owner = peer.network, peer.version, peer.os, peer.owner
    about: dict[str, Any] = {"IPNVersion": version, "OS": system, "Hostname": name, "Userspace": False}
    if network is not None:
        about["NetInfo"] = {"PreferredDERP": regions.get(home, 0)} | network
    node: dict[str, Any] = {
        "ID": 1, "StableID": "1", "Name": f"{name}.{mesh.suffix}.", "User": 1, "Key": key_of(name),
        "Addresses": _routes(ips), "AllowedIPs": _routes(ips), "Endpoints": list(endpoints),
        "HomeDERP": regions.get(home, 0), "Hostinfo": about, "Created": written(CREATED), "Cap": mesh.capability,
        "Online": peer is None or peer.online,
    }  # fmt: skip
    if peer is None or peer.authorized:
        node["MachineAuthorized"] = True
    return {"Node": node, "UserProfile": {"ID": 1, "LoginName": owner, "DisplayName": owner}, "CapMap": None}


def pong_body(mesh: StandInMesh, peer: StandInPeer, kind: str, way: Way, latency_ms: float) -> dict[str, Any]:
    """`ping` that was answered; only disco tells a way."""
    body: dict[str, Any] = {
        "IP": peer.ip, "NodeIP": peer.ip, "NodeName": peer.name, "Err": "", "LatencySeconds": latency_ms / 1000,
        "Endpoint": "", "PeerRelay": "", "DERPRegionID": 0, "DERPRegionCode": "",
    }  # fmt: skip
    if kind == "TSMP":
        body["PeerAPIPort"] = 46590
    elif kind == "peerapi":
        body["PeerAPIURL"] = f"http://{peer.ip}:46590"
    elif kind == "disco" and way is Way.DIRECT:
        body["Endpoint"] = peer.direct
    elif kind == "disco" and way is Way.PEER_RELAY:
        body["PeerRelay"] = peer.peer_relay
    elif kind == "disco":
        regions = {code: number for number, code in mesh.regions.items()}
        body |= {"DERPRegionID": regions.get(peer.relay, 999), "DERPRegionCode": peer.relay}
    return body


def ping_error(ip: str, words: str, peer: StandInPeer | None = None, *, is_this_node: bool = False) -> dict[str, Any]:
    """`ping` that could not be sent."""
    body: dict[str, Any] = {
        "IP": ip, "NodeIP": "", "NodeName": "", "Err": words, "LatencySeconds": 0, "Endpoint": "", "PeerRelay": "",
        "DERPRegionID": 0, "DERPRegionCode": "",
    }  # fmt: skip
    if peer is not None:
        body |= {"NodeIP": peer.ip, "NodeName": peer.name}
    return body | ({"IsLocalIP": True} if is_this_node else {})


def prefs_body(mesh: StandInMesh) -> dict[str, Any]:
    """`prefs`."""
    return {
        "ControlURL": "https://control.example", "RouteAll": False, "ExitNodeID": "", "ExitNodeIP": "",
        "CorpDNS": True, "RunSSH": False, "WantRunning": mesh.state not in ("Stopped", "NeedsLogin"),
        "LoggedOut": mesh.state == "NeedsLogin", "ShieldsUp": False, "AdvertiseTags": None, "Hostname": mesh.name,
        "AdvertiseRoutes": None, "NoSNAT": False, "NetfilterMode": 2,
    } | mesh.prefs  # fmt: skip


def derp_map_body(mesh: StandInMesh) -> dict[str, Any]:
    """`derpmap`: relays of addresses that nobody has (TEST-NET-1)."""
    return {
        "Regions": {
            str(number): {
                "RegionID": number, "RegionCode": code, "RegionName": code.title(),
                "Nodes": [{
                    "Name": f"{number}a", "RegionID": number, "HostName": f"{code}.relay.example",
                    "IPv4": f"192.0.2.{number % 250 + 1}",
                }],
            }
            for number, code in mesh.regions.items()
        }
    }  # fmt: skip


def metrics_page(mesh: StandInMesh, states: dict[str, PeerState]) -> str:
    """`usermetrics`: each peer's bytes by the way it has now."""
    sums = dict.fromkeys(("derp", "direct_ipv4", "direct_ipv6", "peer_relay_ipv4", "peer_relay_ipv6"), (0, 0))
    for peer in mesh.peers:
        state = states[peer.ip]
        v6 = "ipv6" if peer.direct.startswith("[") else "ipv4"
        path = {Way.DIRECT: f"direct_{v6}", Way.PEER_RELAY: "peer_relay_ipv4"}.get(state.way, "derp")
        old = sums[path]
        sums[path] = (old[0] + peer.bytes_in + 96 * state.pongs, old[1] + peer.bytes_out + 124 * state.pings)
    lines = ["# TYPE tailscaled_inbound_bytes_total counter"]
    for path, (came, went) in sums.items():
        for direction, amount in (("in", came), ("out", went)):
            lines.append(f'tailscaled_{direction}bound_bytes_total{{path="{path}"}} {amount}')
            lines.append(f'tailscaled_{direction}bound_packets_total{{path="{path}"}} {-(-amount // 1200)}')
    return "\n".join([*lines, f'tailscaled_health_messages{{type="warning"}} {len(mesh.health)}', ""])
