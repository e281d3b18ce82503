"""What the mesh tells of one peer beyond its line in the status: where it can be reached, what it measured itself."""

from __future__ import annotations

import msgspec

from natscope.model.endpoint import Endpoint
from natscope.model.tri import Tri


class PeerNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """What a node told the control server of its own network (tailcfg.NetInfo). `latency_ms`: by region id."""

    mapping_varies: Tri = Tri.UNKNOWN
    hairpinning: Tri = Tri.UNKNOWN
    udp: Tri = Tri.UNKNOWN
    ipv6: Tri = Tri.UNKNOWN
    os_ipv6: Tri = Tri.UNKNOWN
    upnp: Tri = Tri.UNKNOWN
    nat_pmp: Tri = Tri.UNKNOWN
    pcp: Tri = Tri.UNKNOWN
    home_region: int | None = None
    latency_ms: dict[int, float] = {}


class PeerDetails(msgspec.Struct, frozen=True, kw_only=True):
    """One node of the mesh as the control server describes it to others (tailcfg.Node with its Hostinfo).

    `endpoints` are all its candidates, `network` None where it tells none. `version` is of its program, `capability`
    the protocol's number. `is_container` and `is_userspace`: None where not told. `owner` is its user's login name,
    `grants` what it may do at the node that asks, by capability, as it came. `rest` has the fields that we do not read,
    as they came and where they stood: `{"Node": {"Hostinfo": {…}}}`.
    """

    name: str = ""
    key: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    home_region: int | None = None
    network: PeerNetwork | None = None
    version: str = ""
    capability: int | None = None
    os: str = ""
    distribution: str = ""
    is_container: bool | None = None
    is_userspace: bool | None = None
    is_online: bool | None = None
    is_authorized: bool | None = None
    owner: str = ""
    grants: dict[str, object] = {}
    rest: dict[str, object] = {}
    problems: tuple[str, ...] = ()
