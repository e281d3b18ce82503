"""Everything that is fuzzed, by name."""

from __future__ import annotations

from tests.fuzz import around_targets, relay_targets, stun_targets, worker_targets
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for module in (relay_targets, worker_targets, stun_targets, around_targets)
    for target in module.TARGETS
}
