"""Address pooling: which of several external addresses a new mapping takes (RFC 4787 §4.1, REQ-2)."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from natscope.machines.nat.draw import Draw


class Pooling(enum.StrEnum):
    """`PAIRED`: one external address per internal address (REQ-2). `ARBITRARY`: any, mapping by mapping.

    `PER_DESTINATION`: the destination address decides, as on a router that balances over two uplinks.
    """

    PAIRED = "paired"
    ARBITRARY = "arbitrary"
    PER_DESTINATION = "per-destination"


class Pool:
    """Chooses external addresses; keeps no state, so a paired address survives the end of all its mappings."""

    __slots__ = ("_draw", "_policy", "addresses")

    def __init__(self, policy: Pooling, addresses: Sequence[int], draw: Draw) -> None:
        self._policy = policy
        self._draw = draw
        self.addresses = tuple(addresses)

    def candidates(self, src: int, dst: int) -> Sequence[int]:
        """The addresses to try for a new mapping from `src` towards `dst`, best first."""
        addresses = self.addresses
        count = len(addresses)
        if count == 1:
            return addresses
        if self._policy is Pooling.PAIRED:
            return (addresses[self._draw.fixed(src, count)],)
        if self._policy is Pooling.PER_DESTINATION:
            return (addresses[self._draw.fixed(dst, count)],)
        first = self._draw.below(count)
        return addresses[first:] + addresses[:first]
