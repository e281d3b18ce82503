"""Stored reports, changed in one place, and what the engine says about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from natscope.diagnosis.catalogue import find
from natscope.diagnosis.claim import Claim
from natscope.diagnosis.engine import diagnose, weigh
from natscope.diagnosis.facts import Facts
from natscope.model.finding import Finding
from natscope.model.observation import Observation
from natscope.model.report import RelayError, RelayReport, Report
from tests.reports.scenes import load


def scene(name: str, **changes: Any) -> Report:
    """A stored report with some fields replaced."""
    return msgspec.structs.replace(load(name), **changes)


def with_observations(report: Report, change: Callable[[Observation], Observation | None]) -> Report:
    """The report with each observation changed, or left out where the change gives None."""
    changed = (change(observation) for observation in report.observations)
    return msgspec.structs.replace(report, observations=tuple(o for o in changed if o is not None))


def claim(report: Report, cause_id: str) -> Claim | None:
    """What one cause claims, before anything hides it."""
    return weigh(find(cause_id).load(), Facts(report))


def found(report: Report) -> dict[str, Finding]:
    """The findings of a report by id."""
    return {finding.id: finding for finding in diagnose(report).findings}


def error_of(relay: RelayReport) -> RelayError:
    """What is wrong with a relay that has something wrong."""
    assert relay.error is not None
    return relay.error


def relay_index(report: Report, code: str) -> int:
    """Where in the report's relays a region stands."""
    return next(i for i, relay in enumerate(report.relays) if relay.region_code == code)
