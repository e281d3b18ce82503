"""What the ids of causes that take both sides mean, and the names of the scenes of two nodes that show them."""

from __future__ import annotations

from tests.diagnosis.pair.scenes import SCENES

PAIR_MEANINGS: dict[str, str] = {
    "NS-CTL-01": "share no relay",
    "NS-CTL-02": "not its own any more",
    "NS-CTL-05": "does not admit the node",
    "NS-CTL-07": "two years older",
    "NS-CTL-08": "no way was tried",
    "NS-ENV-12": "may be asleep",
    "NS-LAN-01": "keeps its clients apart",
    "NS-LAN-02": "in two networks",
    "NS-MAP-07": "does not use that",
    "NS-NAT-02": "lets in only ports that it wrote to",
    "NS-NAT-15": "comes too early",
    "NS-PERF-02": "longer than the one through a relay",
    "NS-PERF-04": "through another tunnel",
    "NS-PERF-06": "in a fixed pattern",
    "NS-PERF-05": "without a tunnel device",
    "NS-PERF-07": "through a third node",
}
"""Words of each title."""
PAIR_SCENES = frozenset(SCENES)
