"""One cell of the table of pairs: what two reports foretell, and what two punchers reach. Texts are scenario files'."""

from __future__ import annotations

import functools

from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.predict import predict
from natscope.diagnosis.pair.side import PEER, Side
from natscope.model.pair import Prediction
from tests.punching.punch import punch
from tests.punching.two_sites import both_reports, standing


@functools.cache
def sides(text: str) -> tuple[Side, Side]:
    """The first host as this side, and as the peer."""
    one, other = both_reports(text)
    return from_report(one), from_report(other, PEER, peer=True)


def foretold(first: str, second: str) -> Prediction:
    """From both reports alone."""
    return predict(sides(first)[0], sides(second)[1])


def is_direct(first: str, second: str) -> bool:
    """The fact."""
    with standing(first, second) as both:
        return punch(both.net, both.one, both.other, both.opened)
