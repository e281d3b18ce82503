"""When to send again, and when to renew.

Source: RFC 6886 §3.1 and §3.3; RFC 6887 §8.1.1 and §11.2.1. Randomness comes in as one number between 0 and 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from natscope.machines.portmap_client.values import MAX_LEASE_S

RENEWAL_APART_S = 4.0
"""Renewals are never closer together (RFC 6887 §11.2.1)."""
_TWIN = (0.5, 1.25)
"""The answer to the second try comes that many of the first waits after the answer to the first; later waits are longer
by half at least, so no other two tries lie so close together.
"""


@dataclass(frozen=True, slots=True)
class Retransmission:
    """The waits between tries: `first_s`, each `factor` times longer, none above `longest_s`, at most `tries` tries.

    After the last try one more wait passes before the request counts as unanswered.
    """

    first_s: float
    tries: int
    factor: float = 2.0
    longest_s: float = 1024.0

    def wait_s(self, tries_made: int) -> float:
        """How long to wait after that many tries (1 for the first)."""
        return min(self.first_s * math.pow(self.factor, tries_made - 1), self.longest_s)


NAT_PMP = Retransmission(0.25, 9)
"""RFC 6886 §3.1: 64 seconds in all."""
PCP = Retransmission(3.0, 9)
"""RFC 6887 §8.1.1, but not without end: a router that has been silent for minutes is asked anew later."""
SEARCH = Retransmission(0.3, 3, 1.5)
"""Rounds of searches, each of a few packets."""
COMPARED = Retransmission(0.1, 3, 3.0)
"""Searches whose answers may be spread over one second: two rounds at least are waited for to their end."""
PATIENT, PATIENT_SEARCH = Retransmission(0.15, 6, 1.6), Retransmission(0.3, 4)
"""For routers that take seconds: both ask until after two seconds, and wait until after four."""
HASTY = Retransmission(0.15, 5, 1.5)
"""For somebody who waits for the answer: five tries within 1.2 s, then the last wait."""


def renew_after_s(granted_s: float, renewals: int, chance: float) -> float:
    """How long after a grant of `granted_s` the renewal number `renewals` (0 is the first) is due.

    At 1/2 to 5/8 of the lease, then 3/4 to 13/16, 7/8 to 29/32, …: half of what is left each time.
    """
    lease = min(granted_s, float(MAX_LEASE_S))
    left = lease / math.pow(2, renewals + 1)
    due = lease - left + chance * left / 4
    earliest = lease / 2 + renewals * RENEWAL_APART_S
    return max(due, min(earliest, lease))


def took_s(sent: Sequence[float], answers: Sequence[float]) -> float:
    """How long a router took for certain, in seconds, by the times of the tries and of the answers to them.

    `sent` are the tries before the first of `answers`, at least one of each. No protocol here says which try an answer
    is for. Where an answer to the second try follows as long after the first answer as that try did, the first answer
    was for the first try; else nothing but the last try is known to have come before it.
    """
    first = answers[0]
    if len(sent) > 1:
        shortest, longest = _twin_window_s(sent)
        if not any(shortest <= again - first <= longest for again in answers[1:]):
            return first - sent[-1]
    return first - sent[0]


def twin_until(sent: Sequence[float], answered_at: float) -> float:
    """Until when an answer to the second try has to be waited for, so that `took_s` knows; the same clock's seconds."""
    return answered_at + _twin_window_s(sent)[1] if len(sent) > 1 else answered_at


def _twin_window_s(sent: Sequence[float]) -> tuple[float, float]:
    wait_s = sent[1] - sent[0]
    return _TWIN[0] * wait_s, _TWIN[1] * wait_s
