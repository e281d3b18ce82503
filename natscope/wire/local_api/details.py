"""What the control server tells of one node: the answer to "whois", a tailcfg.Node with its Hostinfo and NetInfo.

Source: upstream tailcfg/tailcfg.go, client/tailscale/apitype (WhoIsResponse). Older daemons tell the home relay as
`DERP` (`127.3.3.40:REGION`), newer ones as `HomeDERP`; both are read.
"""

from __future__ import annotations

import msgspec

from natscope.errors import RemoteError
from natscope.model.mesh_details import PeerDetails, PeerNetwork
from natscope.model.tri import Tri
from natscope.wire.local_api.loose import Loose, Problems, decode_json

MAX_BYTES = 4 << 20
MAX_ENDPOINTS = 256
MAX_REGIONS = 2048
_NODE = frozenset({
    "Name", "Key", "Endpoints", "HomeDERP", "DERP", "Cap", "Online", "MachineAuthorized", "Hostinfo",
})  # fmt: skip
_ABOUT = frozenset({"IPNVersion", "OS", "Distro", "Container", "Userspace", "NetInfo"})
_TOLD = frozenset({
    "MappingVariesByDestIP", "HairPinning", "WorkingUDP", "WorkingIPv6", "OSHasIPv6", "UPnP", "PMP", "PCP",
    "PreferredDERP", "DERPLatency",
})  # fmt: skip
_DERP_ADDRESS = "127.3.3.40:"
"""The address that stands for "through a relay"; its port is the region."""


def decode_details(data: bytes) -> PeerDetails:
    """Raises `RemoteError` when it is no such answer at all."""
    tree = decode_json(data, "the node's description", MAX_BYTES)
    if not isinstance(tree, dict) or not isinstance(tree.get("Node"), dict):
        raise RemoteError("this is no description of a node", field="the node's description")
    problems = Problems()
    answer = Loose(tree, "whois", problems)
    user = answer.inner("UserProfile")
    found = read_details(tree["Node"], problems)
    return msgspec.structs.replace(
        found,
        owner=user.text("LoginName") or "",
        grants=dict(answer.inner("CapMap").pairs()),
        rest=answer.rest(frozenset({"Node", "UserProfile", "CapMap"}))
        | _filled(Node=found.rest, UserProfile=user.rest(frozenset({"LoginName"}))),
        problems=tuple(problems.words),
    )


def read_details(tree: object, problems: Problems | None = None) -> PeerDetails:
    """From a tailcfg.Node that was read already, of whose fields `rest` is. What Go leaves out when it is false counts
    as not told.
    """
    problems = problems or Problems()
    node = Loose(tree, "Node", problems)
    about = node.inner("Hostinfo")
    told = about.inner("NetInfo")
    network = _network(told) if about.has("NetInfo") else None
    unread = about.rest(_ABOUT) | _filled(NetInfo=told.rest(_TOLD))
    return PeerDetails(
        name=(node.text("Name") or "").removesuffix("."),
        key=node.text("Key") or "",
        endpoints=node.endpoints("Endpoints")[:MAX_ENDPOINTS],
        home_region=_home(node),
        network=network,
        version=about.text("IPNVersion") or "",
        capability=node.whole("Cap"),
        os=about.text("OS") or "",
        distribution=about.text("Distro") or "",
        is_container=about.flag("Container"),
        is_userspace=about.flag("Userspace"),
        is_online=node.flag("Online"),
        is_authorized=node.flag("MachineAuthorized"),
        rest=node.rest(_NODE) | _filled(Hostinfo=unread),
        problems=tuple(problems.words),
    )


def _filled(**objects: dict[str, object]) -> dict[str, object]:
    """Those that have something in them."""
    return {name: fields for name, fields in objects.items() if fields}


def _network(told: Loose) -> PeerNetwork:
    return PeerNetwork(
        mapping_varies=Tri.of(told.flag("MappingVariesByDestIP")),
        hairpinning=Tri.of(told.flag("HairPinning")),
        udp=Tri.of(told.flag("WorkingUDP")),
        ipv6=Tri.of(told.flag("WorkingIPv6")),
        os_ipv6=Tri.of(told.flag("OSHasIPv6")),
        upnp=Tri.of(told.flag("UPnP")),
        nat_pmp=Tri.of(told.flag("PMP")),
        pcp=Tri.of(told.flag("PCP")),
        home_region=_region(told.whole("PreferredDERP")),
        latency_ms=_latencies(told.inner("DERPLatency")),
    )


def _home(node: Loose) -> int | None:
    found = _region(node.whole("HomeDERP"))
    if found is not None:
        return found
    text = node.text("DERP") or ""
    number = text.removeprefix(_DERP_ADDRESS)
    if number != text and number.isascii() and number.isdecimal() and len(number) <= 5:
        return _region(int(number))
    return None


def _region(number: int | None) -> int | None:
    """0 is how Go writes that there is none."""
    return number if number is not None and 0 < number < 1 << 31 else None


def _latencies(told: Loose) -> dict[int, float]:
    """The smaller of both families, by region; `900-v4` in seconds there."""
    found: dict[int, float] = {}
    for name, _ in told.pairs()[:MAX_REGIONS]:
        region, _, family = name.partition("-")
        if not (region.isascii() and region.isdecimal() and len(region) < 10 and family in ("v4", "v6", "")):
            told.problems.add(f"{told.place}.{name[:40]}", "latency of a region")
            continue
        seconds = told.number(name)
        if seconds is not None and 0 <= seconds < 3600:
            number, milliseconds = int(region), seconds * 1000
            found[number] = min(found.get(number, milliseconds), milliseconds)
    return found
