"""The relay map: regions and their nodes, as Tailscale's DERP map defines them.

Source: upstream tailcfg/derpmap.go. `natscope.wire.relay_map_json` and `relay_map_yaml` read the two written forms.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

import msgspec

from natscope.model.endpoint import Family, IPAddress

DEFAULT_STUN_PORT = 3478
DEFAULT_DERP_PORT = 443


class RelayNode(msgspec.Struct, frozen=True, kw_only=True):
    """One relay host of a region.

    `ipv4`/`ipv6`: a literal overrides DNS, any other text (`none`) disables the family, empty means "ask DNS".
    `stun_port`: 0 means 3478, negative none. `derp_port`: 0 means 443.
    `cert_name`: empty, another name to verify for, or `sha256-raw:<hex>` (a pin of the whole certificate).
    """

    name: str
    region_id: int
    host_name: str
    cert_name: str = ""
    ipv4: str = ""
    ipv6: str = ""
    stun_port: int = 0
    stun_only: bool = False
    derp_port: int = 0
    insecure_for_tests: bool = False
    stun_test_ip: str = ""
    can_port80: bool = False

    @property
    def effective_stun_port(self) -> int | None:
        """The UDP port to ask, or None when the node answers no STUN."""
        if self.stun_port < 0:
            return None
        return self.stun_port or DEFAULT_STUN_PORT

    @property
    def effective_derp_port(self) -> int:
        """The TCP port of the relay."""
        return self.derp_port or DEFAULT_DERP_PORT

    def literal(self, family: Family) -> IPAddress | None:
        """The address the map gives for this family, if it gives one."""
        text = self.ipv4 if family == 4 else self.ipv6
        try:
            ip = ipaddress.ip_address(text)
        except ValueError:
            return None
        return ip if ip.version == family else None

    def given(self, family: Family) -> IPAddress | None:
        """The address for this family that takes no DNS: the field's, else a HostName that is an address itself."""
        literal = self.literal(family)
        if literal is not None or not self.may_have(family):
            return literal
        host = self.host_address
        return host if host is not None and host.version == family else None

    @property
    def host_address(self) -> IPAddress | None:
        """HostName where it is an address: nothing to look up."""
        try:
            return ipaddress.ip_address(self.host_name)
        except ValueError:
            return None

    def may_have(self, family: Family) -> bool:
        """Whether the node can be asked over this family: a literal, or an empty field (DNS decides)."""
        text = self.ipv4 if family == 4 else self.ipv6
        return not text or self.literal(family) is not None


class RelayRegion(msgspec.Struct, frozen=True, kw_only=True):
    """A place with one or more relays; `nodes` stand in order of preference.

    `avoid` keeps a region out of fallback and captive portal checks; `no_measure_no_home` out of everything measured.
    """

    region_id: int
    region_code: str
    region_name: str
    nodes: tuple[RelayNode, ...] = ()
    latitude: float = 0.0
    longitude: float = 0.0
    avoid: bool = False
    no_measure_no_home: bool = False

    @property
    def measured(self) -> bool:
        """Whether a netcheck measures this region at all."""
        return not self.no_measure_no_home and bool(self.nodes)


class RelayMap(msgspec.Struct, frozen=True, kw_only=True):
    """Regions in ascending order of their id, and the scores that multiply a latency when a home is chosen."""

    regions: tuple[RelayRegion, ...] = ()
    region_scores: Mapping[int, float] = {}
    omit_default_regions: bool = False

    def region(self, region_id: int) -> RelayRegion | None:
        """The region with that id."""
        return next((r for r in self.regions if r.region_id == region_id), None)

    def measured_regions(self) -> tuple[RelayRegion, ...]:
        """The regions that a netcheck measures."""
        return tuple(r for r in self.regions if r.measured)


class MapProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong or unwise in a map.

    `place` is a JSON path such as `$.Regions.901.Nodes[0].HostName`; `line` and `column` count from 1, 0 = not known.
    `severity`: `error` (that part cannot be used and was left out) or `warning`.
    `code` is stable, e.g. `host-name-is-url`; `fix` is what to write instead, or empty.
    """

    severity: str
    code: str
    place: str
    message: str
    fix: str = ""
    line: int = 0
    column: int = 0
    region_id: int | None = None


class LoadedMap(msgspec.Struct, frozen=True, kw_only=True):
    """A map with where it came from.

    `source` is a URL, a file name, `-`, `tailscaled` or `config`; `kind` one of `url`, `file`, `stdin`, `localapi`,
    `config`, `none`. `cached_age_s` is set when a copy from the cache had to serve, with `warning` saying why.
    `vendor` is true only for Tailscale's own public map: only then may the vendor's hosts be asked anything.
    """

    relay_map: RelayMap
    source: str
    kind: str
    problems: tuple[MapProblem, ...] = ()
    cached_age_s: float | None = None
    warning: str = ""
    vendor: bool = False
