"""What speaks for a cause that takes both sides: whose side it is on, and how certain several needed facts make it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from natscope.diagnosis.cause import Ground, Strength, Support
from natscope.diagnosis.pair.side import Side, Told
from natscope.model.finding import Certainty
from natscope.model.pair import Blame
from natscope.model.tri import Tri

_WEAK = (Strength.ABSENCE, Strength.FINGERPRINT)


@dataclass(frozen=True, slots=True)
class PairSupport(Support):
    """`grounds` are all needed, so the weakest decides; `also` are further facts, such as a trial that failed.

    `short` fits a table cell (40 characters). Certain: every needed ground is decisive. Likely: none of them is silence
    alone, and there are two facts at least. Else possible.
    """

    blame: Blame = Blame.UNKNOWN
    short: str = ""
    also: tuple[Ground, ...] = ()

    @property
    def certainty(self) -> Certainty:
        """Computed from the grounds alone."""
        needed = [ground.strength for ground in self.grounds]
        if needed and all(strength is Strength.DECISIVE for strength in needed):
            return Certainty.CERTAIN
        facts = sum(ground.strength not in _WEAK for ground in (*self.grounds, *self.also))
        if facts >= 2 and not any(strength in _WEAK for strength in needed):
            return Certainty.LIKELY
        return Certainty.POSSIBLE

    @property
    def evidence(self) -> tuple[str, ...]:
        """Every id once, in the order of the grounds."""
        return tuple(dict.fromkeys(name for ground in (*self.grounds, *self.also) for name in ground.evidence))


def ground(told: Told[Tri] | Told[object], says: str) -> Ground:
    """A needed fact of one side."""
    return Ground(told.strength, says, told.evidence)


def strongest(told: Sequence[tuple[Side, Told[Tri]]]) -> tuple[tuple[Side, Told[Tri]], ...]:
    """Those of several that carry most: where one side suffices, a weaker word about the other adds nothing."""
    order = list(Strength)
    most = max((order.index(one.strength) for _, one in told), default=0)
    return tuple((side, one) for side, one in told if order.index(one.strength) == most)


def blame_of(this: Side, *sides: Side) -> Blame:
    """Whose side the reason is on."""
    own = [side is this for side in sides]
    if not own:
        return Blame.UNKNOWN
    return Blame.BOTH if len(set(own)) > 1 else Blame.THIS if own[0] else Blame.PEER


def shorter(blame: Blame, this: str, peer: str, both: str = "") -> str:
    """The words for whose side it is."""
    return {Blame.THIS: this, Blame.PEER: peer, Blame.BOTH: both or peer}.get(blame, peer)
