"""The fields of a relay map as tables: written name, attribute, kind, range, and what a bad value costs.

Source: upstream tailcfg/derpmap.go; Headscale's YAML form has the same fields with lower-case names.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_REGION_ID = 2**53 - 1
MAX_REGIONS = 4096
MAX_NODES_PER_REGION = 256
MAX_PORT = 65535


class Field(NamedTuple):
    """One field.

    `kind`: text, integer, number, flag, or list and table (read by their owner). `essential`: a bad value leaves the
    whole node or region out; otherwise only the field. `always`: written even when it has its zero value.
    """

    name: str
    attribute: str
    kind: str
    essential: bool = True
    always: bool = False
    low: float = -MAX_REGION_ID
    high: float = MAX_REGION_ID
    code: str = "out-of-range"


MAP_FIELDS = (
    Field("Regions", "regions", "table", always=True),
    Field("HomeParams", "home_params", "table", essential=False),
    Field("omitDefaultRegions", "omit_default_regions", "flag", essential=False),
)

HOME_FIELDS = (Field("RegionScore", "region_score", "table", essential=False),)

REGION_FIELDS = (
    Field("RegionID", "region_id", "integer", always=True, low=1, code="region-id-range"),
    Field("RegionCode", "region_code", "text", essential=False, always=True),
    Field("RegionName", "region_name", "text", essential=False, always=True),
    Field("Latitude", "latitude", "number", essential=False, low=-90, high=90),
    Field("Longitude", "longitude", "number", essential=False, low=-180, high=180),
    Field("Avoid", "avoid", "flag", essential=False),
    Field("NoMeasureNoHome", "no_measure_no_home", "flag"),
    Field("Nodes", "nodes", "list", always=True),
)

NODE_FIELDS = (
    Field("Name", "name", "text", always=True),
    Field("RegionID", "region_id", "integer", always=True, low=1, code="region-id-range"),
    Field("HostName", "host_name", "text", always=True),
    Field("CertName", "cert_name", "text"),
    Field("IPv4", "ipv4", "text"),
    Field("IPv6", "ipv6", "text"),
    Field("STUNPort", "stun_port", "integer", high=MAX_PORT, code="port-range"),
    Field("STUNOnly", "stun_only", "flag"),
    Field("DERPPort", "derp_port", "integer", low=0, high=MAX_PORT, code="port-range"),
    Field("InsecureForTests", "insecure_for_tests", "flag"),
    Field("STUNTestIP", "stun_test_ip", "text"),
    Field("CanPort80", "can_port80", "flag", essential=False),
)


def by_written_name(fields: tuple[Field, ...]) -> dict[str, Field]:
    """Upstream's and the lower-case spelling of each name; any other case is found by lowering it first."""
    return {spelling: field for field in fields for spelling in (field.name, field.name.lower())}
