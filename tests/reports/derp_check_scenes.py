"""The stored checks of `fixtures/derp_checks/`: simulated relays with faults planted in them, as they were judged.

`python -m tests.reports.derp_check_scenes` runs the checks again after a change of the model or of a finding.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from natscope.model.derp_check import DerpCheck
from natscope.plugins.report_format import RenderOptions
from natscope_reports import derp_check_json
from tests.relay_check.world import DroppingRelay, Planted, Relays

ROOT = Path(__file__).parents[2]
STORED = ROOT / "fixtures" / "derp_checks"


def healthy() -> DerpCheck:
    """One relay, as most people have it."""
    return Relays(Planted()).check()


def region() -> DerpCheck:
    """Two meshed nodes and one in a region of its own."""
    return Relays(Planted(mesh=True), Planted(mesh=True), Planted(region=2)).check()


def expired() -> DerpCheck:
    """A certificate that ended, beside a relay whose clock is wrong."""
    return Relays(Planted(certificate="expired"), Planted(region=2, clock_s=-74), Planted(region=3)).check()


def drops() -> DerpCheck:
    """A relay that loses everything, one that loses what is long."""
    return Relays(Planted(relay=DroppingRelay), Planted(region=2, relay=DroppingRelay.of(keeps=900))).check()


def known_clients() -> DerpCheck:
    """It admits nobody whom it does not know."""
    return Relays(Planted(decide=lambda client: False)).check()


def many() -> DerpCheck:
    """More than fit into columns: a broken mesh, a redirect, a closed STUN port, two servers behind one name."""
    return Relays(
        Planted(), Planted(), Planted(region=2, port80="redirects"), Planted(region=3, stun=False),
        Planted(region=4, relays=2), Planted(region=5, decide=lambda client: False),
    ).check()  # fmt: skip


def nothing_answered() -> DerpCheck:
    """Both are off, or this network is."""
    relays = Relays(Planted(), Planted(region=2))
    for host in ("relay-1a", "relay-2b"):
        relays.net.hosts[host].node.is_on = False
    return relays.check()


def unfinished() -> DerpCheck:
    """The time limit came first."""
    return Relays(Planted(), Planted(region=2)).check(limit_s=0.5)


SCENES: dict[str, Callable[[], DerpCheck]] = {
    "healthy": healthy,
    "region": region,
    "expired": expired,
    "drops": drops,
    "known-clients": known_clients,
    "many": many,
    "nothing-answered": nothing_answered,
    "unfinished": unfinished,
}


def names() -> list[str]:
    """The stored ones."""
    return sorted(path.stem for path in STORED.glob("*.json"))


def load(name: str) -> DerpCheck:
    """A stored check."""
    return msgspec.json.decode((STORED / f"{name}.json").read_bytes(), type=DerpCheck)


def stored_text(name: str) -> str:
    """What the file of a scene holds."""
    return derp_check_json.render(SCENES[name](), RenderOptions())


if __name__ == "__main__":
    STORED.mkdir(exist_ok=True)
    for scene in SCENES:
        (STORED / f"{scene}.json").write_text(stored_text(scene), encoding="utf-8")
