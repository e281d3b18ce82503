"""What a cause is, what speaks for and against it, and how certain that makes it.

Certainty is computed, never typed in: a decisive ground (a control beside it answered, a refusal, a counter,
this host's own tables) makes a claim certain; two independent facts make it likely; one fact, or silence alone,
makes it possible.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from natscope.model.finding import Certainty, Fix, Severity
from natscope.model.tri import Tri


class Explains(enum.Enum):
    """What a cause of pairs is an answer to."""

    RELAYED = "relayed"
    """Why packets do not go directly."""
    SILENCE = "silence"
    """Why nothing answers, through a relay neither."""
    QUALITY = "quality"
    """Why a way is slow or loses packets, and never why it is not direct."""


class Strength(enum.Enum):
    """How much one ground carries."""

    ABSENCE = "absence"
    """Nothing came back, and nothing beside it shows that something should have."""
    FINGERPRINT = "fingerprint"
    """What a device calls itself, or looks like: never more than possible, however many of them."""
    FACT = "fact"
    """One measured thing that another explanation could still produce."""
    DECISIVE = "decisive"
    """A live trial with a control that answered, a refusal in words, a counter, or a table of this host."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One independent reason, in words, with the ids of the observations it rests on."""

    strength: Strength
    says: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Support:
    """What the facts say about a cause.

    `missing` names the measurements that would tell when `holds` is unknown; beside grounds that make nothing certain,
    those that were left out and would tell more (`diagnosis/missing.py`).

    `title`, `severity`, `fixes`, `hides`, `refines` and `minor` replace the cause's own where this case is special;
    `detail` has numbers.
    """

    holds: Tri
    grounds: tuple[Ground, ...] = ()
    missing: tuple[str, ...] = ()
    title: str = ""
    detail: str = ""
    severity: Severity | None = None
    fixes: tuple[Fix, ...] | None = None
    hides: tuple[str, ...] | None = None
    refines: tuple[str, ...] | None = None
    minor: bool | None = None

    @property
    def certainty(self) -> Certainty:
        """Computed from the grounds alone."""
        strengths = [ground.strength for ground in self.grounds]
        if Strength.DECISIVE in strengths:
            return Certainty.CERTAIN
        return Certainty.LIKELY if strengths.count(Strength.FACT) >= 2 else Certainty.POSSIBLE

    @property
    def evidence(self) -> tuple[str, ...]:
        """Every observation id once, in the order of the grounds."""
        return tuple(dict.fromkeys(name for ground in self.grounds for name in ground.evidence))


NOTHING = Support(Tri.NO)
"""The facts are known and do not speak for it."""


def unknown(*missing: str) -> Support:
    """Not enough is known; `missing` says which measurements would tell."""
    return Support(Tri.UNKNOWN, missing=missing)


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of the catalogue. Ids never change meaning; a retired one stays as a stub.

    `title` is a whole sentence for people. `sides` 1: one report suffices; 2: it takes the other side's too. `hides`
    are things, in words, that cannot be judged while this holds. `hidden_by` are ids of causes that falsify this one,
    `refines` of those that say the same less exactly, `lends` of those that this one knows better how to fix: they get
    its fixes. `minor`: true of many sound networks, so that it is told only where everything is asked for.
    `explains` is looked at for causes of pairs only. `fires` and `silent` name stored reports in which it must, and
    must not, be found. `fixes` stand cheapest first.
    """

    id: str
    title: str
    severity: Severity
    sides: int
    who_can_fix: tuple[str, ...]
    fires: tuple[str, ...]
    silent: tuple[str, ...]
    fixes: tuple[Fix, ...] = ()
    hides: tuple[str, ...] = ()
    hidden_by: tuple[str, ...] = ()
    refines: tuple[str, ...] = ()
    lends: tuple[str, ...] = ()
    minor: bool = False
    explains: Explains = Explains.RELAYED
