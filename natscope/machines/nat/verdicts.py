"""What a NAT did with a packet: an integer, cheap to compare and to count, with a name for people.

Anything from `FIRST_DROP` on is a drop and says why.
"""

from __future__ import annotations

from typing import Final, TypeAlias

Verdict: TypeAlias = int

FORWARD_OUT: Final = 0
"""Translated, goes to the outside."""
FORWARD_IN: Final = 1
"""Translated, goes to the inside: came from outside, or was hairpinned."""
FIRST_DROP: Final = 2

NO_MAPPING: Final = 2
FILTERED: Final = 3
HAIRPIN_OFF: Final = 4
TABLE_FULL: Final = 5
NO_FREE_PORT: Final = 6
PROTOCOL_OFF: Final = 7
OTHER_FAMILY: Final = 8
EGRESS_DENIED: Final = 9
SOURCE_DENIED: Final = 10
FRAGMENT: Final = 11
ICMP_ERROR_OFF: Final = 12
ICMP_ERROR_STRAY: Final = 13
NOT_A_SYN: Final = 14
NOT_OURS: Final = 15
SHUT_OUT: Final = 16

NAMES: Final[tuple[str, ...]] = (
    "forwarded out",
    "forwarded in",
    "no mapping",
    "filtered",
    "hairpinning is off",
    "table full",
    "no free port",
    "protocol not handled",
    "address family not handled",
    "denied on the way out",
    "source denied",
    "fragment",
    "icmp errors are dropped",
    "icmp error about nothing known",
    "tcp without a connection",
    "not addressed to this nat",
    "sender is shut out",
)
"""The name of each verdict, by its number."""
