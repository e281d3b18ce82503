"""A finding: one cause that the evidence supports, and what to do about it."""

from __future__ import annotations

import enum

import msgspec


class Severity(enum.StrEnum):
    """How bad: `fail` stops direct connections or the run, `warn` may, `info` is worth knowing."""

    FAIL = "fail"
    WARN = "warn"
    INFO = "info"


class Certainty(enum.StrEnum):
    """Computed from the evidence: a control or a refusal; two independent facts; one fact or an absence."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do, as an order ("Turn on …").

    `who`: you, administrator, provider, relay's admin, owner of the peer. `effort`: E1 (minutes, this machine) to E5
    (provider, hardware). `duration` is for people ("5 min"). `undo` and `verify` say how; `verify` is a command.
    """

    do: str
    who: str
    effort: str
    duration: str
    undo: str = ""
    verify: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`evidence` are observation ids; `fixes` stand cheapest first (empty: there is nothing to do, `title` says so).

    `detail` is one or two plain sentences with the measured numbers. `hides` are things that could not be judged
    because of this cause. `missing`, never beside `certain`: what this run did not measure and would make it more
    certain or rule it out, each with its command where one does it. `minor`: true of many sound networks; text names
    it only with `-v`.
    """

    id: str
    severity: Severity
    title: str
    certainty: Certainty
    evidence: tuple[str, ...]
    fixes: tuple[Fix, ...] = ()
    detail: str = ""
    hides: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    minor: bool = False
