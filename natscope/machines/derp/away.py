"""A client of another process of this relay, as far as this one needs to know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.wire.derp.frames import PeerPresent

if TYPE_CHECKING:
    from natscope.machines.derp.siblings import Sibling


class Away:
    """It stands in the registry where a client of this process would; packets for it go through `link`.

    `number` is its connection's number in that process, `present` what watchers are told of it.
    """

    __slots__ = ("has_twins", "key", "link", "number", "present")

    def __init__(self, number: int, present: PeerPresent, link: Sibling) -> None:
        """It was let in there."""
        self.number = number
        self.present = present
        self.key = present.key
        self.link = link
        self.has_twins = False
