"""One network, one router, or two homes with the same addresses."""

from __future__ import annotations

import pytest

from natscope.diagnosis.pair.addresses import parse_all
from natscope.diagnosis.pair.neighbours import neighbours
from natscope.diagnosis.pair.side import FamilySide, Side, Told
from natscope.model.tri import Tri

HOME, OTHER = "203.0.113.24", "198.51.100.60"


def side(public: str, *local: str, layers: int | None = 1, paired: str = "yes") -> Side:
    v4 = FamilySide(public=parse_all([public] if public else []), paired=Told(Tri(paired)))
    return Side(v4=v4, local=parse_all(local), layers=layers)


@pytest.mark.parametrize(
    ("one", "other", "router", "network"),
    [
        (side(HOME, "192.168.1.2"), side(HOME, "192.168.1.3"), "yes", "yes"),
        (side(HOME, "192.168.1.2"), side(OTHER, "192.168.1.3"), "no", "no"),
        (side(HOME, "192.168.1.2", layers=2), side(HOME, "192.168.1.3", layers=2), "yes", "unknown"),
        (side(HOME, "192.168.1.2", layers=None), side(HOME, "192.168.1.3"), "yes", "unknown"),
        (side(HOME, "192.168.1.2"), side(HOME, "192.168.2.3"), "yes", "unknown"),
        (side(HOME, "192.168.1.2"), side(OTHER, "10.0.0.3"), "no", "no"),
        (side(HOME, "192.168.1.2"), side("", "192.168.1.3"), "unknown", "unknown"),
        (side(HOME, "192.168.1.2"), side("", "10.0.0.3"), "unknown", "no"),
        (side(HOME, "192.168.1.2"), side(OTHER), "no", "unknown"),
        (side(HOME, "192.168.1.2", paired="no"), side(OTHER, "192.168.1.3"), "unknown", "unknown"),
        (side("", "2001:db8:1::5"), side("", "2001:db8:1::6"), "unknown", "yes"),
        (side("", "fd00:1::5"), side("", "fd00:1::6"), "unknown", "yes"),
        (side("", "2001:db8:1::5"), side("", "2001:db8:2::6"), "unknown", "no"),
        (side("", "fd00::5"), side("", "fd00::6"), "unknown", "unknown"),
        (side(HOME, "fd00::5"), side(OTHER, "fd00::6"), "no", "no"),
        (side(HOME, "fd00:0:0:1::5"), side(HOME, "fd00:0:0:1::6"), "yes", "yes"),
    ],
)
def test_neighbours(one: Side, other: Side, router: str, network: str) -> None:
    for first, second in ((one, other), (other, one)):
        near = neighbours(first, second)
        assert (near.same_router, near.same_network) == (Tri(router), Tri(network))
        assert near.reason
