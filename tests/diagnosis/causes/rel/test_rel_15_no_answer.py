"""NS-REL-15: a relay dead among living ones is a warning; nobody answering says nothing about one relay."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Observation, Outcome
from tests.diagnosis.judging import claim, error_of, found, relay_index, scene, with_observations

ID = "NS-REL-15"


def test_silence_beside_living_relays_is_likely() -> None:
    finding = found(scene("dead-relay"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.LIKELY, Severity.WARN)
    assert finding.title == "syd: no relay answers there, over UDP or TCP."


def test_a_host_that_refuses_makes_it_certain() -> None:
    assert found(scene("refused-relay"))[ID].certainty is Certainty.CERTAIN


def test_a_name_that_leads_nowhere_makes_it_certain() -> None:
    report = with_observations(scene("dead-relay"), lambda o: None if o.region_id == 9 else o)
    lookup = Observation(
        id="o900", kind="dns.lookup", probe="dns", outcome=Outcome.REFUSED, target="relay9", error="name-not-found"
    )
    relays = list(report.relays)
    at = relay_index(report, "syd")
    error = msgspec.structs.replace(
        error_of(relays[at]), code="dns", message="its name does not exist", evidence=("o900",)
    )
    relays[at] = msgspec.structs.replace(relays[at], error=error, evidence=())
    changed = msgspec.structs.replace(report, relays=tuple(relays), observations=(*report.observations, lookup))
    finding = found(changed)[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == "Its name does not exist."
    assert finding.evidence[0] == "o900"


def test_not_before_it_was_asked_over_tcp() -> None:
    report = with_observations(scene("dead-relay"), lambda o: None if o.kind == "https.latency" else o)
    assert claim(report, ID) is None


def test_one_connection_that_hung_is_no_dead_relay() -> None:
    """Behind a lossy link it may hang at a sound one; a second one settles it."""
    report = scene("dead-relay")
    kept: list[str] = []

    def once(o: Observation) -> Observation | None:
        if o.kind != "https.latency" or o.region_id != 9:
            return o
        kept.append(o.id)
        return o if len(kept) == 1 else None

    assert claim(with_observations(report, once), ID) is None
    assert len(kept) == 2
    assert claim(report, ID) is not None


def test_silence_where_packets_get_lost_is_no_dead_relay() -> None:
    """Both connections may hang at a sound relay then."""
    report = scene("dead-relay")
    lost = [o for o in report.observations if o.kind == "stun.binding" and o.outcome is Outcome.ANSWERED][::4]
    lossy = with_observations(
        report, lambda o: msgspec.structs.replace(o, outcome=Outcome.NO_ANSWER) if o in lost else o
    )
    assert claim(lossy, ID) is None


def test_not_while_nobody_answers() -> None:
    assert claim(scene("no-relay-answered"), ID) is None
