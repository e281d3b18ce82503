"""The history of a path, read: since when it stands, and its steps with equal neighbours folded.

What a step is called is upstream's (wgengine/magicsock/endpoint.go, `EndpointChange`). It tells no address when the
best one changes, and keeps only the last hundred or so steps, three seconds apart while a direct path is in use: what
lies before the first step is unknown.
"""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

import msgspec

from natscope.model.mesh_path import PathChange

GAP = timedelta(seconds=10)
"""A direct path in use is confirmed every 3 s and trusted for 6.5 s: a longer silence ended it."""
RELAY_ADDRESS = "127.3.3.40:"
"""Stands for a relay; the port is its region."""


class StepKind(enum.StrEnum):
    """What happened."""

    RELAY = "home-relay"
    ENDPOINTS = "endpoints-told"
    CALLED = "peer-called"
    DIRECT = "direct"
    CONFIRMED = "confirmed"
    LOST = "direct-lost"
    FORGOTTEN = "endpoint-forgotten"
    RESET = "reset"
    OTHER = "other"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One or `count` equal steps between `first` and `last` (None: the source tells no time).

    `addresses` are those that the source names; `what` is its own word for the step.
    """

    kind: StepKind
    first: datetime | None
    last: datetime | None
    count: int = 1
    addresses: tuple[str, ...] = ()
    what: str = ""


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """When the present path began. `at_least`: the history does not reach back to its beginning."""

    at: datetime
    at_least: bool = False


_KINDS = (
    ("updateFromNode-DERP", StepKind.RELAY),
    ("updateFromNode-remove-DERP", StepKind.RELAY),
    ("updateFromNode-new-Endpoints", StepKind.ENDPOINTS),
    ("handleCallMeMaybe-new-endpoints", StepKind.CALLED),
    ("handlePongConnLocked-bestAddr-update", StepKind.DIRECT),
    ("handlePongConnLocked-bestAddr-latency", StepKind.CONFIRMED),
    ("handlePingLocked-bestAddr-update", StepKind.DIRECT),  # the same two in 1.76
    ("handlePingLocked-bestAddr-latency", StepKind.CONFIRMED),
    ("deleteEndpointLocked-bestAddr-", StepKind.LOST),
    ("deleteEndpointLocked-", StepKind.FORGOTTEN),
    ("updateFromNode-resetLocked", StepKind.RESET),
    ("stopAndReset-resetLocked", StepKind.RESET),
)
_ANSWERED = (StepKind.DIRECT, StepKind.CONFIRMED)
_ENDED = (StepKind.LOST, StepKind.RESET)


def kind_of(change: PathChange) -> StepKind:
    """By the beginning of its name; a name that we do not know is `OTHER`."""
    return next((kind for name, kind in _KINDS if change.what.startswith(name)), StepKind.OTHER)


def fold(changes: tuple[PathChange, ...]) -> tuple[Step, ...]:
    """The steps in order; neighbours of one kind and the same addresses become one.

    A direct path and the answers that confirm it are one step until a silence longer than `GAP`.
    """
    steps: list[Step] = []
    for change in changes:
        kind = kind_of(change)
        step = Step(
            kind=kind, first=change.at, last=change.at, addresses=change.after or change.before, what=change.what
        )
        before = steps[-1] if steps else None
        if before is None or not _belongs(before, step):
            steps.append(step)
        else:
            steps[-1] = msgspec.structs.replace(before, last=step.last or before.last, count=before.count + 1)
    return tuple(steps)


def _belongs(before: Step, step: Step) -> bool:
    if step.kind is StepKind.CONFIRMED and before.kind in _ANSWERED:
        return not _is_gap(before.last, step.first)
    if step.kind is StepKind.DIRECT:
        return False  # each was a decision, for this address or another: which, upstream does not tell
    return (before.kind, before.addresses, before.what) == (step.kind, step.addresses, step.what)


def _is_gap(earlier: datetime | None, later: datetime | None) -> bool:
    return earlier is not None and later is not None and later - earlier > GAP


def since_direct(changes: tuple[PathChange, ...]) -> Since | None:
    """When the direct path began that the last answers confirm; None without such answers."""
    begun: datetime | None = None
    last: datetime | None = None
    reaches_back = False
    for number, change in enumerate(changes):
        kind = kind_of(change)
        if kind in _ENDED:
            begun = last = None
        if change.at is None or kind not in _ANSWERED:
            continue
        if begun is None or _is_gap(last, change.at):
            begun, reaches_back = change.at, number > 0
        last = change.at
    return None if begun is None else Since(at=begun, at_least=not reaches_back)


def since_relayed(changes: tuple[PathChange, ...]) -> Since | None:
    """When the last direct answer came; without any, when the history begins (at least so long)."""
    timed = [(change.at, kind_of(change)) for change in changes if change.at is not None]
    answered = [at for at, kind in timed if kind in _ANSWERED]
    if answered:
        return Since(at=answered[-1])
    return Since(at=timed[0][0], at_least=True) if timed else None


def told_endpoints(changes: tuple[PathChange, ...]) -> tuple[str, ...]:
    """The peer's addresses that the history names, newest list first, each once; relays are left out."""
    found: dict[str, None] = {}
    for change in reversed(changes):
        if kind_of(change) in (StepKind.ENDPOINTS, StepKind.CALLED):
            found |= dict.fromkeys(a for a in change.after if not a.startswith(RELAY_ADDRESS))
    return tuple(found)
