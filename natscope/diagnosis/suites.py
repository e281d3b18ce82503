"""Security suites that a computer says run on it, for the causes that name them."""

from __future__ import annotations

from natscope.diagnosis.facts import Facts
from natscope.diagnosis.hijacks import visible
from natscope.model.observation import Observation

MISSING = "the programs that run on this computer (host_facts)"


def seen_suites(facts: Facts) -> dict[str, tuple[str, str]] | None:
    """Name to its sign and the observation that tells it, in the order of names; None where it is not known."""
    told = [o for o in facts.seen("host.system") if isinstance(o.data.get("suites"), list | tuple)]
    if not told:
        return None
    found: dict[str, tuple[str, str]] = {}
    for observation in told:
        for name, sign in _suites(observation):
            found.setdefault(name, (sign, observation.id))
    return dict(sorted(found.items()))


def _suites(observation: Observation) -> list[tuple[str, str]]:
    many = [one for one in observation.data["suites"] if isinstance(one, dict)]
    return [(visible(str(one["name"])), visible(str(one.get("sign", "")))) for one in many if one.get("name")]
