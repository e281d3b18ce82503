"""Lints of relay maps to draw: the problems of a hostile map, and none."""

from __future__ import annotations

from natscope.model.map_lint import SCHEMA, MapLint, RegionCount
from natscope.model.relay_map import MapProblem

ERROR = MapProblem(
    severity="error",
    code="host-name-is-url",
    place="$.Regions.901.Nodes[0].HostName",
    message="a host name, without https:// and path",
    fix="hostname: relay.example.net",
    line=14,
    column=17,
    region_id=901,
)
WARNING = MapProblem(severity="warning", code="single-region", place="$.Regions", message="a single region")
MIXED = MapLint(
    schema=SCHEMA, source="ci/my derp.yaml", regions=RegionCount(total=3, usable=2), problems=(ERROR, WARNING, ERROR)
)
CLEAN = MapLint(schema=SCHEMA, source="derp.yaml", regions=RegionCount(total=3, usable=3), problems=())


def hostile(attack: str) -> MapLint:
    """The same text everywhere."""
    problem = MapProblem(severity=attack, code=attack, place=attack, message=attack, fix=attack, line=1)
    return MapLint(schema=SCHEMA, source=attack, regions=RegionCount(total=1, usable=1), problems=(problem,))
