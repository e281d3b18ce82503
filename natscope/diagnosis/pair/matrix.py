"""The pair matrix: what two classes reach when both send at the same time, signalled through a relay.

One line of reasoning each. One port for all peers means that the port a relay saw is the port that the peer must hit;
filtering only decides who must send first, and sending at once settles that. Another port per peer means that the port
a relay saw is not the one that the peer sees, so the other side must let in any port of that address (O, C1, C2) or
guess it; two guesses multiply.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

from natscope.diagnosis.pair.classes import Klass


class Grade(enum.StrEnum):
    """What comes of two classes."""

    D = "D"
    """Direct."""
    D1 = "D1"
    """Direct if the side with a port per peer shows one public address for all: the other admits any port of that."""
    D2 = "D2"
    """Direct: the first packets come in through ports that were opened towards relays, and replies by new ones, which
    the other lets in as well. Seen in simulation; hardly any router is like this."""
    G_PLUS = "G+"
    """A guess with few packets: the predicted port and its neighbours."""
    G = "G"
    """A search among 65,535 ports from many sockets: seconds to tens of seconds."""
    SMALL = "g"
    """Only if the random side draws from few ports: to be treated as R."""
    R = "R"
    """Through a relay."""


DIRECT = frozenset((Grade.D, Grade.D1, Grade.D2))
GUESSES = frozenset((Grade.G_PLUS, Grade.G))

_ORDER = (Klass.O, Klass.C1, Klass.C2, Klass.C3, Klass.P, Klass.H1, Klass.H2, Klass.H, Klass.B)
_ROWS = """
O   D  D  D  D  D  D  D  D  R
C1  D  D  D  D  D  D  D  D  R
C2  D  D  D  D  D1 D1 D1 D1 R
C3  D  D  D  D  G+ G  G  G  R
P   D  D  D1 G+ G+ G  g  g  R
H1  D  D  D1 G  G  D2 D1 R  R
H2  D  D  D1 G  g  D1 G  R  R
H   D  D  D1 G  g  R  R  R  R
B   R  R  R  R  R  R  R  R  R
"""


def _read() -> Iterator[tuple[tuple[Klass, Klass], Grade]]:
    for line in _ROWS.split("\n"):
        name, *cells = line.split() or [""]
        for other, cell in zip(_ORDER, cells, strict=bool(cells)):
            yield (Klass(name), other), Grade(cell)


MATRIX: dict[tuple[Klass, Klass], Grade] = dict(_read())
"""Both orders of every pair."""


def grade(one: Klass, other: Klass) -> Grade:
    """What the two reach."""
    return MATRIX[one, other]


def needs_one_address(one: Klass, other: Klass) -> bool:
    """Of a D1: is it `other` that must show one public address for all, because `one` admits by address?"""
    return MATRIX[one, other] is Grade.D1 and one in (Klass.C2, Klass.H2)
