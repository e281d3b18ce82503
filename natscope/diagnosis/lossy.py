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
    """Share of requests over UDP without an answer, from 0 to 1, to places that answered others; 0 without any.

    A place that never answered says nothing about the way.
    """
    fates: dict[str, Counter[Outcome]] = {}
    for observation in observations:
        if observation.kind == "stun.binding":
            fates.setdefault(observation.target, Counter())[observation.outcome] += 1
    living = [seen for seen in fates.values() if seen[Outcome.ANSWERED]]
    lost = sum(seen[Outcome.NO_ANSWER] for seen in living)
    answered = sum(seen[Outcome.ANSWERED] for seen in living)
    return lost / (lost + answered) if living else 0.0


def loses_packets(observations: Iterable[Observation]) -> bool:
    """Whether places that answer over UDP leave more than `LOSSY` of the requests to them without an answer."""
    return loss_share(observations) > LOSSY


def may_be_lost(share: float, requests: int) -> bool:
    """Whether so many requests over UDP may all get lost by chance, where `share` of all are (see `loss_share`)."""
    return requests > 0 and share**requests > IMPROBABLE
