"""What a router's mapping service speaks, and how it differs from a good one.

The quirks are those that upstream's issue tracker knows of routers (net/portmapper); the defaults are a usual home
router with all three protocols on.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from ipaddress import IPv4Address

DAY_S = 86_400
HTTP_PORT = 5000
"""Where the description and the control URLs are served."""


class Service(enum.StrEnum):
    """A protocol."""

    NAT_PMP = "nat-pmp"
    PCP = "pcp"
    UPNP = "upnp"


class Manner(enum.StrEnum):
    """What the service does about a request that is all right.

    `REFUSED`: there, and switched off (NAT-PMP 2, PCP NOT_AUTHORIZED, UPnP 606). `NETWORK_FAILURE`: its WAN is down
    (3, NETWORK_FAILURE, 501). `UNSUPPORTED_VERSION`: it knows other versions only (1, UNSUPP_VERSION, 401).
    """

    OPEN = "open"
    REFUSED = "refused"
    NETWORK_FAILURE = "network-failure"
    UNSUPPORTED_VERSION = "unsupported-version"


class Leases(enum.StrEnum):
    """What UPnP's AddPortMapping does about a lease that is not 0: as asked, error 725, or error 402."""

    ANY = "any"
    PERMANENT_ONLY = "permanent-only"
    INVALID_ARGS = "invalid-args"


class Searches(enum.StrEnum):
    """Which SSDP searches are answered."""

    BOTH = "both"
    MULTICAST_ONLY = "multicast-only"
    UNICAST_ONLY = "unicast-only"


class WanService(enum.StrEnum):
    """The service that maps ports. The `dslforum` ones are names of old DSL boxes."""

    IP_2 = "wan-ip-2"
    IP_1 = "wan-ip-1"
    PPP_1 = "wan-ppp-1"
    DSLFORUM_IP = "dslforum-ip"
    DSLFORUM_PPP = "dslforum-ppp"


class Urls(enum.StrEnum):
    """How the description writes its URLs: from the root, whole, or after a URLBase."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"
    URL_BASE = "url-base"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpnpConfig:
    """UPnP IGD.

    `version` is of the device (InternetGatewayDevice:1 or :2). `services`: empty is a root device without any; with
    more than one, `first_down` says that the first has no connection. `search_port` is where search answers come from.
    `useless_first`: `ssdp:all` is answered with one descriptor only, and that is another device's. `location_host`
    stands in LOCATION instead of the gateway. `same_port`: internal and external port must be equal (error 724).
    `name`, `maker` and `model` stand in the device description, `server` in answers to searches.
    `next_host`: what a host asks for is opened for the address behind its own.
    """

    version: int = 1
    services: tuple[WanService, ...] = (WanService.IP_1,)
    first_down: bool = False
    leases: Leases = Leases.ANY
    searches: Searches = Searches.BOTH
    search_port: int = 1900
    useless_first: bool = False
    location_host: IPv4Address | None = None
    urls: Urls = Urls.RELATIVE
    same_port: bool = False
    name: str = "Home router"
    maker: str = "natscope"
    model: str = "natscope lab router"
    server: str = "Linux/6.1 UPnP/1.1 natscope/1"
    next_host: bool = False

    def __post_init__(self) -> None:
        if not all(0 < len(t) <= 64 and t.isprintable() for t in (self.name, self.maker, self.model, self.server)):
            raise ValueError("what a device calls itself is 1 to 64 printable characters")
        if self.version not in (1, 2):
            raise ValueError("an Internet Gateway Device has version 1 or 2")
        if not 1 <= self.search_port <= 65535:
            raise ValueError("search_port is 1 to 65535")
        if self.first_down and len(self.services) < 2:
            raise ValueError("first_down needs two services: the first is down, another one works")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """A mapping service.

    `external` is what it tells for its outside address, whatever that is (0.0.0.0: none yet); None is the truth.
    `capacity` is how many ports it opens (0: out of resources at once), `min_lease_s` and `max_lease_s` its shortest
    and longest lease, `taken` external ports that somebody else has. `late_s` holds every answer back. `up_s`: so long
    its table has lived when it starts, as it tells in NAT-PMP and PCP. `for_others`: hosts may open ports for other
    hosts (PCP THIRD_PARTY, UPnP NewInternalClient). `other_versions`: requests of
    another version than it speaks are answered by a version error, else by silence. `announces` a restart to
    224.0.0.1:5350. `pinholes`: PCP at its IPv6 address too, which opens the firewall there.
    """

    protocols: tuple[Service, ...] = tuple(Service)
    manner: Manner = Manner.OPEN
    external: IPv4Address | None = None
    capacity: int = 256
    min_lease_s: int = 1
    max_lease_s: int = DAY_S
    taken: tuple[int, ...] = ()
    late_s: float = 0.0
    up_s: float = 0.0
    for_others: bool = False
    other_versions: bool = True
    announces: bool = True
    pinholes: bool = False
    upnp: UpnpConfig = field(default_factory=UpnpConfig)

    def __post_init__(self) -> None:
        if not self.protocols or len(set(self.protocols)) != len(self.protocols):
            raise ValueError("a mapping service speaks at least one protocol, and each once")
        if min(self.capacity, self.late_s, self.up_s) < 0 or not 1 <= self.min_lease_s <= self.max_lease_s:
            raise ValueError(
                "capacity and times are not negative, leases at least 1 s, the longest not the shorter one"
            )
        if any(not 1 <= port <= 65535 for port in self.taken):
            raise ValueError("taken ports are 1 to 65535")

    def lease_s(self, asked_s: int) -> int:
        """What is granted for a lease that ends."""
        return min(max(asked_s, self.min_lease_s), self.max_lease_s)

    def speaks(self, service: Service) -> bool:
        """Whether a protocol is on."""
        return service in self.protocols
