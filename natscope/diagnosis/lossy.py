"""Does the network lose so many packets that a sound relay may stay silent over TCP? Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from natscope.model.observation import Observation, Outcome

LOSSY = 0.05
"""Share of round trips over UDP. Behind fewer losses two connections that hang are no accident; behind 20 % they hang
together once in a few hundred runs.
"""


IMPROBABLE = 1e-4
"""So seldom every one of some requests over UDP gets lost, that their silence is no accident."""


def loss_share(observations: Iterable[Observation]) -> float:
    """Share of requests over UDP without an answer, from 0 to 1, to places that answered others; 0 without any."""
    lost, answered = _counted(observations)
    return lost / (lost + answered) if lost else 0.0


def loses_packets(observations: Iterable[Observation]) -> bool:
    """Whether places that answer over UDP leave more than `LOSSY` of the requests to them without an answer."""
    return loss_share(observations) > LOSSY


def may_be_lost(observations: Iterable[Observation], requests: int) -> bool:
    """Whether so many requests over UDP may all get lost by chance, on a way that loses as those that were observed.

    Few of them are seen, so that the share is taken a little higher than it was (Laplace's rule of succession); without
    any loss nothing is put down to it.
    """
    lost, answered = _counted(observations)
    share = (lost + 1) / (lost + answered + 2) if lost else 0.0
    return requests > 0 and share**requests > IMPROBABLE


def _counted(observations: Iterable[Observation]) -> tuple[int, int]:
    """Requests without and with an answer; a place that never answered says nothing about the way."""
    fates: dict[str, Counter[Outcome]] = {}
    for observation in observations:
        if observation.kind == "stun.binding":
            fates.setdefault(observation.target, Counter())[observation.outcome] += 1
    living = [seen for seen in fates.values() if seen[Outcome.ANSWERED]]
    return sum(seen[Outcome.NO_ANSWER] for seen in living), sum(seen[Outcome.ANSWERED] for seen in living)
