"""Everything that is fuzzed, by name."""

from __future__ import annotations

from tests.fuzz import relay_targets, stun_targets, worker_targets
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target for target in (*relay_targets.TARGETS, *worker_targets.TARGETS, *stun_targets.TARGETS)
}
