"""Which nodes of a region are paired so that clients on them meet, and how much they are sent at a stretch. Pure."""

from __future__ import annotations

MAX_MESH_NODES = 8
"""Of one region are all paired; beyond that each with the seven before and the seven behind it in the map."""
SHARE = 4
"""A pair gets a quarter of what is sent between two clients on one node, or less in a large region."""


def are_paired(one: int, other: int) -> bool:
    """Two places among the nodes that let a client in, in the order of the map."""
    return 0 < abs(one - other) < MAX_MESH_NODES


def pairs_of(nodes: int) -> list[tuple[int, int]]:
    """Every pair once, the first in the map first."""
    return [(one, other) for one in range(nodes) for other in range(one + 1, nodes) if are_paired(one, other)]


def stretch(own_bytes: int, nodes: int) -> int:
    """Bytes for each direction of a pair: those of all pairs of a node together are no more than its own stretch."""
    return own_bytes // max(SHARE, nodes - 1)
