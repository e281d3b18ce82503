"""By which interface packets leave: is it a tunnel, whose, and what the other uplinks are seen as. Pure.

A tunnel is an interface by its driver, never by its name. That a proxy program owns it needs a sign of such programs;
else it is a VPN, or an overlay's exit node by the names and addresses of overlays. Translators for IPv6-only networks
(464XLAT, RFC 6877) are TUN devices too, and carry nothing elsewhere: their addresses tell them (RFC 7335).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from natscope.model.address_space import FAKE_IP, is_shared
from natscope.model.endpoint import Family, IPAddress
from natscope.model.observation import Observation, Outcome
from natscope.model.report_surroundings import UplinkReport, WayReport
from natscope.model.tri import Tri

TUNNELS = frozenset({"tun", "wireguard", "amneziawg", "ovpn", "ovpn-dco", "xfrm", "vti", "vti6", "ipsec"})
_TRANSLATOR = ipaddress.IPv4Network("192.0.0.0/29")
_PROXY_NAMES = ("meta", "mihomo", "clash", "sing", "surge", "xray", "v2ray", "neko", "hiddify", "tun2socks", "throne")
_OVERLAY_NAMES = ("tailscale", "wt", "zt", "nebula", "netbird", "headscale")
_PROXY_TABLES = (" lookup 2022",)
_OVERLAY_TABLE = 52


def ways(observations: Sequence[Observation]) -> tuple[WayReport, ...]:
    """Every way that packets to relays take, IPv4 first."""
    seen = [o for o in observations if o.kind == "host.route"]
    totals = {f: sum(len(_list(o, "targets")) for o in seen if o.family == f) for f in (4, 6)}
    found = [_way(o, totals[o.family or 4], observations) for o in seen]
    return tuple(sorted(found, key=lambda way: (way.family, -way.relays, way.interface)))


def hijack(observations: Sequence[Observation]) -> tuple[Tri, str]:
    """Whether a tunnel carries packets to relays, in any family that has a way; and why, or why it is unknown."""
    found = [way for way in ways(observations) if not way.failure]
    if not found:
        reason = next((o.summary for o in observations if o.kind == "host.route"), "")
        return (
            Tri.UNKNOWN,
            f"no way to a relay was found: {reason}" if reason else "the way to relays was not looked up",
        )
    through = [way for way in found if _leads_elsewhere(way)]
    if through:
        return Tri.YES, _words(through[0])
    untold = [way for way in found if way.tunnel is Tri.UNKNOWN]
    return (Tri.UNKNOWN, f"the system does not tell what {untold[0].interface} is") if untold else (Tri.NO, "")


def void_reason(observations: Sequence[Observation], family: Family) -> str:
    """Why nothing measured over a family says anything about a router; empty where it does."""
    through = [w for w in ways(observations) if w.family == family and _leads_elsewhere(w) and not w.failure]
    return f"{_words(through[0])}: what it shows is not your router" if through else ""


def uplinks(observations: Sequence[Observation]) -> tuple[UplinkReport, ...]:
    """Further interfaces that were asked by themselves."""
    by_way: dict[tuple[int, str], list[Observation]] = {}
    for observation in observations:
        if observation.kind == "route.stun":
            by_way.setdefault((observation.family or 4, str(observation.data.get("interface", ""))), []).append(
                observation
            )
    return tuple(_uplink(family, name, group) for (family, name), group in by_way.items())


def _leads_elsewhere(way: WayReport) -> bool:
    """Through a tunnel, or to invented addresses, behind which a proxy of this network stands."""
    return way.tunnel is Tri.YES or way.owner == "proxy"


def _words(way: WayReport) -> str:
    if way.tunnel is not Tri.YES:
        return "names of relays lead to invented addresses, behind which a proxy program stands"
    who = {"proxy": "a proxy program's", "overlay": "a mesh VPN's exit node behind the"}.get(way.owner, "a VPN's")
    return f"packets leave through {who} interface {way.interface}"


def _way(observation: Observation, total: int, observations: Sequence[Observation]) -> WayReport:
    data = observation.data
    driver, addresses = str(data.get("driver", "")), _ips(data.get("addresses"))
    tunnel = _is_tunnel(driver, addresses, observation)
    owner, signs = _owner(observation, addresses, observations) if tunnel is Tri.YES else _by_names(observation)
    return WayReport(
        family=observation.family or 4,
        interface=str(data.get("interface", "")),
        driver=driver,
        source=str(data.get("source", "")),
        gateway=str(data.get("gateway", "")),
        tunnel=tunnel,
        owner=owner,
        signs=signs,
        agent_interface=str(data.get("agent_interface", "")),
        relays=len(_list(observation, "targets")),
        of=total,
        failure=observation.error,
        evidence=(observation.id,),
    )


def _is_tunnel(driver: str, addresses: Sequence[IPAddress], observation: Observation) -> Tri:
    """By the driver; relays inside the network of a VPN are reached through it as they should be."""
    targets = _list(observation, "targets")
    if targets and observation.data.get("inside") == len(targets):
        return Tri.NO
    if driver not in TUNNELS:
        return Tri.NO if driver else Tri.UNKNOWN
    translates = any(isinstance(ip, ipaddress.IPv4Address) and ip in _TRANSLATOR for ip in addresses)
    return Tri.NO if translates else Tri.YES


def _owner(
    observation: Observation, addresses: Sequence[IPAddress], observations: Sequence[Observation]
) -> tuple[str, tuple[str, ...]]:
    """Whose it is, and the signs of it."""
    name = str(observation.data.get("interface", "")).lower()
    proxy = tuple(_proxy_signs(name, addresses, observation, observations))
    if proxy:
        return "proxy", proxy
    if name.startswith(_OVERLAY_NAMES) or observation.data.get("table") == _OVERLAY_TABLE:
        return "overlay", (f"the interface is called {name}",)
    if any(is_shared(ip) for ip in addresses if isinstance(ip, ipaddress.IPv4Address)):
        return "overlay", ("the interface has an address of 100.64.0.0/10",)
    return "vpn", ()


def _by_names(observation: Observation) -> tuple[str, tuple[str, ...]]:
    """A proxy somewhere in this network, by the addresses that names of relays get here."""
    reached = {str(target) for target in _list(observation, "targets")}
    fake = [(name, ip) for name, ip in fake_names((observation,)) if ip in reached]
    signs = tuple(f"the name {name} leads to {ip}, an address that such programs invent" for name, ip in fake[:2])
    return ("proxy", signs) if signs else ("", ())


def _proxy_signs(
    name: str,
    addresses: Sequence[IPAddress],
    observation: Observation,
    observations: Sequence[Observation],
) -> Iterator[str]:
    fake = [ip for ip in addresses if isinstance(ip, ipaddress.IPv4Address) and ip in FAKE_IP]
    if fake:
        yield f"its address {fake[0]} lies in 198.18.0.0/15, which such programs use"
    if any(sign in name for sign in _PROXY_NAMES):
        yield f"an interface called {observation.data.get('interface')} is made by such programs"
    rules = [str(rule) for rule in _list(observation, "rules")]
    if any(rule.endswith(_PROXY_TABLES) for rule in rules):
        yield "the routing rules are those of such programs (table 2022)"
    for looked_up, ip in fake_names(observations):
        yield f"the name {looked_up} leads to {ip}, an address that such programs invent"
        return


def fake_names(observations: Sequence[Observation]) -> tuple[tuple[str, str], ...]:
    """Names of relays that lead into 198.18.0.0/15."""
    found: dict[str, str] = {}
    for observation in observations:
        names = observation.data.get("names") if observation.kind == "host.route" else None
        for name, text in names.items() if isinstance(names, dict) else ():
            if any(ip in FAKE_IP for ip in _ips([text]) if isinstance(ip, ipaddress.IPv4Address)):
                found.setdefault(str(name), str(text))
    return tuple(found.items())


def _uplink(family: int, name: str, group: Sequence[Observation]) -> UplinkReport:
    answered = [o for o in group if o.outcome is Outcome.ANSWERED]
    sent = [o for o in group if o.outcome is not Outcome.LOCAL_ERROR]
    public = dict.fromkeys(str(o.data["mapped"]) for o in answered if "mapped" in o.data)
    drops = [o.data.get("source_drops") for o in group]
    strict = group[0].data.get("strict_source")
    reason = "" if answered else group[0].summary if not sent else f"{len(sent)} requests unanswered by {name}"
    return UplinkReport(
        family=family,
        interface=name,
        driver=str(group[0].data.get("driver", "")),
        answers=Tri.YES if answered else Tri.NO if sent else Tri.UNKNOWN,
        public=tuple(public),
        reason=reason,
        strict_source=Tri.of(strict if isinstance(strict, bool) else None),
        source_drops=max((d for d in drops if isinstance(d, int)), default=None),
        evidence=tuple(o.id for o in group),
    )


def _list(observation: Observation, name: str) -> list[object]:
    found = observation.data.get(name)
    return list(found) if isinstance(found, list | tuple) else []


def _ips(texts: object) -> list[IPAddress]:
    found: list[IPAddress] = []
    for text in texts if isinstance(texts, list | tuple) else ():
        try:
            found.append(ipaddress.ip_address(str(text)))
        except ValueError:
            continue
    return found
