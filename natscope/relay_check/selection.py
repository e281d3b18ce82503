"""Which nodes of the map are checked: all, those of named regions, or named ones."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from natscope.errors import UserError
from natscope.model.relay_map import RelayMap, RelayRegion

MAX_LISTED = 12


class NoSuch(UserError):
    """The map does not have `word`; `known` are the words that would have been right."""

    def __init__(self, message: str, *, hint: str, word: str, known: Sequence[str]) -> None:
        super().__init__(message, hint=hint)
        self.word = word
        self.known = tuple(known)


def choose(relay_map: RelayMap, regions: Sequence[str], nodes: Sequence[str]) -> tuple[RelayRegion, ...]:
    """The regions of the map, each with its chosen nodes, none without. `regions` are ids or codes, `nodes` names or
    host names. Raises `NoSuch` for one that the map does not have.
    """
    chosen = relay_map.regions
    if regions:
        wanted = [_region(relay_map, text) for text in regions]
        chosen = tuple(region for region in chosen if region in wanted)
    if nodes:
        chosen = tuple(_with_nodes(region, nodes) for region in chosen)
        found = {name for region in chosen for node in region.nodes for name in (node.name, node.host_name)}
        for name in nodes:
            if name not in found:
                there = [node for region in _in(relay_map, regions) for node in region.nodes]
                listed = [node.name for node in there]
                raise _no_such("node", name, listed, [*listed, *(node.host_name for node in there)])
    return tuple(region for region in chosen if region.nodes)


def _in(relay_map: RelayMap, regions: Sequence[str]) -> tuple[RelayRegion, ...]:
    return tuple(_region(relay_map, text) for text in regions) or relay_map.regions


def _with_nodes(region: RelayRegion, names: Sequence[str]) -> RelayRegion:
    kept = tuple(node for node in region.nodes if node.name in names or node.host_name in names)
    return msgspec.structs.replace(region, nodes=kept)


def _region(relay_map: RelayMap, text: str) -> RelayRegion:
    for region in relay_map.regions:
        if text == str(region.region_id) or text.lower() == region.region_code.lower():
            return region
    listed = [f"{region.region_id} ({region.region_code})" for region in relay_map.regions]
    ids = [str(region.region_id) for region in relay_map.regions]
    raise _no_such("region", text, listed, [*ids, *(region.region_code for region in relay_map.regions)])


def _no_such(what: str, text: str, listed: Sequence[str], known: Sequence[str]) -> NoSuch:
    more = f", and {len(listed) - MAX_LISTED} more" if len(listed) > MAX_LISTED else ""
    message = f'the map has no {what} "{text[:60]}"'
    hint = f"it has {', '.join(listed[:MAX_LISTED])}{more}" if listed else "it has none"
    return NoSuch(message, hint=hint, word=text, known=known)
