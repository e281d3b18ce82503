"""NS-ENV-06: an altered challenge is certain; a right one anywhere contradicts; an unclear one proves nothing."""

from __future__ import annotations

import msgspec

from natscope.diagnosis.engine import diagnose
from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from natscope.model.report_web import WebReport
from natscope.model.tri import Tri
from natscope.model.verdict import Direct
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-ENV-06"


def test_an_altered_challenge_is_certain() -> None:
    finding = found(scene("captive-portal"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.evidence == ("o21",)


def test_without_the_altered_challenge_itself_it_is_only_possible() -> None:
    def unclear(o: Observation) -> Observation:
        return msgspec.structs.replace(o, outcome=Outcome.REFUSED) if o.kind == "captive.challenge" else o

    assert found(with_observations(scene("captive-portal"), unclear))[ID].certainty is Certainty.POSSIBLE


def with_an_altered_page(*hosts: str) -> Report:
    """A healthy network in which the pages of these relays come back altered."""
    report = scene("healthy", captive_portal=Tri.YES)
    pages = tuple(
        Observation(
            id=f"o90{n}",
            kind="captive.challenge",
            probe="captive_portal",
            outcome=Outcome.WRONG,
            target=f"http://{host}/generate_204",
        )
        for n, host in enumerate(hosts)
    )
    kept = tuple(o for o in report.observations if o.kind != "captive.challenge")
    return msgspec.structs.replace(report, observations=kept + pages)


def test_one_relay_that_redirects_does_not_hide_a_network_that_works() -> None:
    report = diagnose(with_an_altered_page("198.51.100.3"))
    finding = {f.id: f for f in report.findings}[ID]
    assert (finding.certainty, finding.severity, finding.hides) == (Certainty.POSSIBLE, Severity.WARN, ())
    assert finding.title.endswith("or that relay redirects.")
    assert report.verdict.direct is Direct.LIKELY


def test_several_relays_do_not_redirect_by_chance() -> None:
    finding = found(with_an_altered_page("198.51.100.3", "198.51.100.4"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)


def test_no_and_unknown_are_no_claim() -> None:
    assert claim(scene("captive-portal", captive_portal=Tri.NO), ID) is None
    assert claim(scene("captive-portal", captive_portal=Tri.UNKNOWN), ID) is None


def test_the_page_that_the_network_announces_is_named() -> None:
    report = scene("captive-portal", web=WebReport(portal_urls=("https://portal.example/start",)))
    assert found(report)["NS-ENV-06"].detail.endswith(
        "The network announces its login page: https://portal.example/start"
    )
