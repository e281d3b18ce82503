"""The home relay of a stored run: the hysteresis applied to its latencies, and the reason in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from natscope.host.api import LinkFacts
from natscope.model.report import PreferredRelay, RelayReport
from natscope.netcheck.history import History
from natscope.netcheck.prefer import Choice, choose_home
from natscope.netcheck.record import RunRecord


def run_latencies(relays: Sequence[RelayReport]) -> dict[int, float]:
    """Region id to its smallest latency in seconds: STUN's, and only where none answered at all, HTTPS' and ICMP's."""
    stun = {r.region_id: _smallest(r.best_ms.stun_v4, r.best_ms.stun_v6) for r in relays}
    found = {region_id: value / 1000 for region_id, value in stun.items() if value is not None}
    if found:
        return found
    other = {r.region_id: _smallest(r.best_ms.https, r.best_ms.icmp) for r in relays}
    return {region_id: value / 1000 for region_id, value in other.items() if value is not None}


def choose_for(record: RunRecord, relays: Sequence[RelayReport]) -> Choice:
    """The choice, and with it the history that the next run starts from."""
    at = datetime.fromisoformat(record.started_at.replace("Z", "+00:00")).timestamp()
    scores = record.loaded_map.relay_map.region_scores
    network = network_of(None if record.links is None else record.links.facts())
    return choose_home(record.history, run_latencies(relays), at, scores=scores, network=network)


def network_of(links: LinkFacts | None) -> str:
    """A name for the network that this computer is in, empty where there is none to tell.

    Interfaces and gateways of its default routes: IPv4's, and only without those IPv6's, which come and go.
    """
    routes = [] if links is None else [route for route in links.default_routes if route.gateway is not None]
    four = [route for route in routes if route.family == 4]
    return ", ".join(sorted({f"{route.interface} {route.gateway}" for route in four or routes}))


def next_history(record: RunRecord, relays: Sequence[RelayReport]) -> History:
    """What to keep for the next run; a run that measured nothing leaves the old history."""
    return choose_for(record, relays).history if run_latencies(relays) else record.history


def preferred_relay(record: RunRecord, relays: Sequence[RelayReport]) -> PreferredRelay:
    """The home relay and why."""
    choice = choose_for(record, relays)
    relay = next((r for r in relays if r.region_id == choice.home), None)
    if relay is None:
        return PreferredRelay(region_id=None, region_code=None, reason="no relay answered")
    return PreferredRelay(
        region_id=relay.region_id,
        region_code=relay.region_code,
        reason=_reason(choice, relay, relays, record.history.home),
        evidence=relay.evidence,
    )


def _reason(choice: Choice, relay: RelayReport, relays: Sequence[RelayReport], previous: int) -> str:
    nearer = next((r for r in relays if r.region_id == choice.kept_from), None)
    if nearer is not None:
        return f"kept: {nearer.region_code or nearer.region_id} is nearer, but not by enough to move"
    over = "" if _smallest(relay.best_ms.stun_v4, relay.best_ms.stun_v6) is not None else " over TCP or ICMP"
    if previous and previous != choice.home:
        return f"lowest latency{over}, and clearly better than the last one"
    return f"lowest latency{over}"


def _smallest(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)
