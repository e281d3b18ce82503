"""What there is to say beside the reason of a way: a detour, a program without a tunnel device. Loaded when needed."""

from __future__ import annotations

import msgspec

from natscope.diagnosis.claim import Claim
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.judge import pair_claim
from natscope.diagnosis.pair.settled import claimed
from natscope.diagnosis.pair.side import YOU, Side, named
from natscope.diagnosis.pair.star import Star
from natscope.diagnosis.pair.trial import Trial
from natscope.model.finding import Certainty, Severity
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_status import MeshNode, MeshStatus, Way
from natscope.model.pair import Blame, Explanation


def with_remarks(
    known: Explanation, status: MeshStatus, peer: MeshNode, trial: Trial, details: PeerDetails | None, star: Star | None
) -> Explanation:
    """`known` with the sentences of NS-PERF-07 and, on a direct way, NS-PERF-05.

    A detour that was measured to be one replaces the reason: it is of the address that somebody asked for.
    """
    here = status.has_tunnel is False
    there = details is not None and details.is_userspace is True
    in_userspace = bool(trial.answered) and known.blame is Blame.NOBODY and (here or there)
    if star is None and peer.way is not Way.PEER_RELAY and not in_userspace:
        return known  # a mesh has thousands of such peers
    facts = PairFacts(
        Side(names=YOU), Side(names=named(peer.short_name)), trial=trial, node=peer, details=details, status=status,
        star=star,
    )  # fmt: skip
    detour = _detour(facts)
    if detour is not None:
        known = _joined(known, detour)
    return _joined(known, _userspace(facts)) if in_userspace else known


def _detour(facts: PairFacts) -> Claim | None:
    from natscope.diagnosis.causes.perf import perf_07_star as star

    return pair_claim(star, facts)


def _userspace(facts: PairFacts) -> Claim:
    from natscope.diagnosis.causes.perf import perf_05_userspace as userspace

    return Claim(userspace.CAUSE, userspace.pair_evidence(facts))


def _joined(known: Explanation, claim: Claim) -> Explanation:
    """A warning comes first; what is only worth knowing follows the reason. The certainty is of both."""
    said = " ".join(part for part in (claim.support.title, claim.support.detail) if part)
    if claim.severity is not Severity.INFO:
        warned = claimed(claim, f"{said} {known.sentence}")
        return msgspec.structs.replace(
            known, short=warned.short, sentence=warned.sentence, blame=warned.blame, certainty=warned.certainty,
            causes=(*warned.causes, *known.causes), fixes=(*warned.fixes, *known.fixes),
        )  # fmt: skip
    weaker = None if known.certainty is None else max(known.certainty, claim.certainty, key=list(Certainty).index)
    causes = (*known.causes, claim.cause.id)
    return msgspec.structs.replace(known, sentence=f"{known.sentence} {said}", causes=causes, certainty=weaker)
