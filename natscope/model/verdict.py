"""The answer on the first line: will peers connect directly?"""

from __future__ import annotations

import enum

import msgspec


class Direct(enum.StrEnum):
    """Whether this host gets direct connections."""

    LIKELY = "likely"
    UNLIKELY = "unlikely"
    NO = "no"
    UNKNOWN = "unknown"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`sentence` is the whole first line without its sign, e.g. `Direct: likely, with nearly every peer`.

    `reasons` are finding ids; `explanation` is one short paragraph for people.
    """

    direct: Direct
    sentence: str
    reasons: tuple[str, ...] = ()
    explanation: str = ""
