"""What the ids of causes that take both sides mean, and the names of the scenes of two nodes that show them."""

from __future__ import annotations

PAIR_MEANINGS: dict[str, str] = {}
"""Words of each title."""
PAIR_SCENES: frozenset[str] = frozenset()
