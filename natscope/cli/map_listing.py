"""A relay map as a listing: a line for each region, under it a line for each node."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.model.endpoint import Family
from natscope.model.relay_map import RelayMap, RelayNode, RelayRegion
from natscope.plugins.clean import cells, clean

_NODE_LIMITS = (10, 34, 15, 25)
"""Most cells of a node's name, host name, IPv4 and IPv6 column."""


def draw_map(relay_map: RelayMap, *, ascii_only: bool = False) -> str:
    """The whole map; every text of it is cleaned."""
    rows = {region.region_id: [_node_cells(n, ascii_only) for n in region.nodes] for region in relay_map.regions}
    widths = [max((cells(row[i]) for nodes in rows.values() for row in nodes), default=0) for i in range(4)]
    lines: list[str] = []
    for region in relay_map.regions:
        lines.append(_region_line(region, ascii_only))
        lines += [_padded(row, widths) for row in rows[region.region_id]]
    return "".join(line.rstrip() + "\n" for line in lines)


def _region_line(region: RelayRegion, ascii_only: bool) -> str:
    name = clean(region.region_name, 40, ascii_only=ascii_only)
    code = clean(region.region_code, 12, ascii_only=ascii_only)
    notes = [text for yes, text in ((region.no_measure_no_home, "never measured"), (region.avoid, "avoid")) if yes]
    return f"{region.region_id:<5} {code:<8} {name}" + (f"  ({', '.join(notes)})" if notes else "")


def _node_cells(node: RelayNode, ascii_only: bool) -> tuple[str, ...]:
    texts = (node.name, node.host_name, _address(node, 4), _address(node, 6))
    cut = [clean(text, limit, ascii_only=ascii_only) for text, limit in zip(texts, _NODE_LIMITS, strict=True)]
    return (*cut, ", ".join(_services(node)))


def _address(node: RelayNode, family: Family) -> str:
    literal = node.literal(family)
    if literal is not None:
        return str(literal)
    return f"IPv{family} by DNS" if node.may_have(family) else f"no IPv{family}"


def _services(node: RelayNode) -> Iterator[str]:
    stun = node.effective_stun_port
    yield "no STUN" if stun is None else f"STUN {stun}"
    yield "no relay" if node.stun_only else f"TLS {node.effective_derp_port}"
    if node.cert_name.startswith("sha256-raw:"):
        yield "pinned"
    if node.insecure_for_tests:
        yield "certificate not checked"


def _padded(row: tuple[str, ...], widths: list[int]) -> str:
    columns = [text + " " * (width - cells(text)) for text, width in zip(row[:4], widths, strict=True)]
    return "      " + "  ".join([*columns, row[4]])
