"""Yes, no or unknown: the answer type of everything that may not have been measured."""

from __future__ import annotations

import enum


class Tri(enum.StrEnum):
    """Three-valued answer. `NO` is a measurement too: silence alone is `UNKNOWN`."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool | None) -> Tri:
        """`True`, `False` or `None` (not known) as a `Tri`."""
        if value is None:
            return cls.UNKNOWN
        return cls.YES if value else cls.NO

    @property
    def known(self) -> bool:
        """Whether this was measured at all."""
        return self is not Tri.UNKNOWN
