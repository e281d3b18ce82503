"""Numbers of several processes of one relay as those of one."""

from __future__ import annotations

from collections.abc import Iterable

from natscope.relay.worker_messages import Sample
from natscope.web.metrics import COUNTER, Family

WHOLE = frozenset(
    {
        "derp_clients_local", "derp_clients_remote", "derp_clients_total", "derp_current_dup_client_conns",
        "derp_current_dup_client_keys", "natscope_certificate_expires_seconds",
    }
)  # fmt: skip
"""Each process sees all of it: these are not added up."""


class Totals:
    """Sums that never go back: what a process has counted stays counted when it ends."""

    def __init__(self) -> None:
        """Nobody has counted anything."""
        self._last: dict[int, list[Sample]] = {}
        self._over: dict[tuple[str, str], float] = {}

    def told(self, worker: int, families: list[Sample]) -> None:
        """A process' numbers, as they are now."""
        self._last[worker] = families

    def ended(self, worker: int) -> None:
        """What it has told last is all that is known of it."""
        for family in self._last.pop(worker, ()):
            if family.kind == COUNTER:
                for labels, value in family.samples.items():
                    key = family.name, labels
                    self._over[key] = self._over.get(key, 0.0) + value

    def families(self) -> list[Family]:
        """All together, in the order in which a process tells them."""
        found: dict[str, Sample] = {}
        for family in (one for told in self._last.values() for one in told):
            before = found.get(family.name)
            samples = dict(before.samples) if before is not None else {}
            for labels, value in family.samples.items():
                if family.name in WHOLE:
                    samples[labels] = max(samples.get(labels, value), value)
                else:
                    samples[labels] = samples.get(labels, 0.0) + value
            found[family.name] = Sample(family.name, family.kind, family.words, samples)
        return [Family(f.name, f.kind, f.words, self._with_those_that_ended(f)) for f in found.values()]

    def _with_those_that_ended(self, family: Sample) -> dict[str, float]:
        over = {labels: value for (name, labels), value in self._over.items() if name == family.name}
        return {
            labels: family.samples.get(labels, 0.0) + over.get(labels, 0.0) for labels in {**family.samples, **over}
        }


def as_samples(families: Iterable[Family]) -> list[Sample]:
    """For a message."""
    return [Sample(f.name, f.kind, f.words, {labels: float(v) for labels, v in f.samples.items()}) for f in families]
