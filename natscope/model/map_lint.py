"""What `natscope derp map lint` found: `natscope.derp-map-lint/1`; fields are only added within major 1."""

from __future__ import annotations

import msgspec

from natscope.model.relay_map import MapProblem

SCHEMA = "natscope.derp-map-lint/1"


class RegionCount(msgspec.Struct, frozen=True, kw_only=True):
    """Regions of the map, and those that clients can use."""

    total: int
    usable: int


class MapLint(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is the file or URL as it was given; `problems` in the order of the map."""

    schema: str
    source: str
    regions: RegionCount
    problems: tuple[MapProblem, ...]
