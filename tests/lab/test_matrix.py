"""The matrix: what each bed says, where beds differ, and what is said when one cannot."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import replace

import msgspec
import pytest

from natscope.errors import CannotMeasure
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.lab.matrix import MatrixRow, draw_row, matrix
from natscope.lab.scenario import Bed, Scenario
from natscope.model.report import Report
from natscope.model.tri import Tri

BOTH = (Bed.SIM, Bed.KERNEL)


def row(name: str, kernel: Mapping[str, object] | Exception | None = None) -> MatrixRow:
    """One scenario; the other bed gives the simulator's reports with these fields changed, or fails."""

    def measure(scenario: Scenario, bed: Bed) -> Mapping[str, Report]:
        found = sim_reports(scenario)
        if bed is Bed.SIM:
            return found
        if isinstance(kernel, Exception):
            raise kernel
        return {host: msgspec.structs.replace(report, **(kernel or {})) for host, report in found.items()}

    return next(matrix([load_scenario(name)], BOTH, measure))


def test_beds_that_agree() -> None:
    found = row("full-cone")
    assert found.acceptable
    assert found.differences == ()
    lines = draw_row(found).splitlines()
    assert lines[0] == "full-cone: Full cone"
    assert re.fullmatch(r"  sim     \d+ agree(, \d+ not measured yet)?", lines[1])
    assert "    alice          udp                   yes                          sim agree; kernel agree" in lines
    assert len(draw_row(found, brief=True).splitlines()) == 3


def test_a_bed_that_is_wrong_is_shown_even_in_brief() -> None:
    found = row("full-cone", {"captive_portal": Tri.YES})
    assert not found.acceptable
    assert found.differences == ("alice: captive_portal is no in one bed and yes in the other",)
    text = draw_row(found, brief=True)
    assert "1 WRONG" in text
    assert "captive_portal        no                           sim agree; kernel yes: WRONG" in text
    assert "the beds differ: alice: captive_portal is no in one bed and yes in the other" in text


def test_not_knowing_is_no_difference_but_may_not_be_enough() -> None:
    found = row("full-cone", {"udp": Tri.UNKNOWN})
    assert found.differences == ()
    assert not found.acceptable
    assert "kernel not measured yet" in draw_row(found, brief=True)


def test_what_is_left_unknown_without_a_reason_is_shown() -> None:
    """No claim of the scenario is about it, so that it is neither wrong nor missing."""
    silent = replace(load_scenario("full-cone").truth["alice"], clock=None)
    unsaid = replace(load_scenario("full-cone"), truth={"alice": silent})
    assert "clock" not in silent.claims()

    def measure(scenario: Scenario, _bed: Bed) -> Mapping[str, Report]:
        (report,) = sim_reports(scenario).values()
        assert report.web is not None
        return {"alice": msgspec.structs.replace(report, web=msgspec.structs.replace(report.web, clock=Tri.UNKNOWN))}

    found = next(matrix([unsaid], (Bed.SIM,), measure))
    assert found.results[0].unexplained == ("alice: clock",)
    assert found.acceptable
    assert "  sim     unknown, and nothing says why: alice: clock\n" in draw_row(found, brief=True)
    assert row("full-cone").results[0].unexplained == ()


def test_a_bed_that_cannot_express_it_says_why() -> None:
    unable = replace(load_scenario("full-cone"), cannot={Bed.KERNEL: "it has no moon"})
    found = next(matrix([unable], BOTH, lambda scenario, _bed: sim_reports(scenario)))
    assert found.acceptable
    assert "  kernel  cannot express it: it has no moon" in draw_row(found)


def test_a_bed_that_fails_is_no_agreement() -> None:
    found = row("full-cone", CannotMeasure("no \x1b[31mpermission"))
    assert not found.acceptable
    assert "  kernel  NOT MEASURED: no \\x1b[31mpermission" in draw_row(found)


def test_what_is_known_to_be_wrong_is_said_and_no_difference_between_beds() -> None:
    """In one bed it may be right by luck."""
    scenario = load_scenario("full-cone")
    scenario = replace(scenario, how=replace(scenario.how, known_wrong={"captive_portal": "every page is believed"}))

    def measure(scenario: Scenario, bed: Bed) -> Mapping[str, Report]:
        portal = Tri.NO if bed is Bed.SIM else Tri.YES
        return {h: msgspec.structs.replace(r, captive_portal=portal) for h, r in sim_reports(scenario).items()}

    found = next(matrix([scenario], BOTH, measure))
    assert found.acceptable
    assert found.differences == ()
    assert "1 WRONG" in draw_row(found, brief=True)
    assert "(1 of them known)" in draw_row(found, brief=True)
    assert "kernel yes: WRONG, as is known: every page is believed" in draw_row(found)


def test_several_stand_at_once_and_come_in_order() -> None:
    """The second and third are measured while the first still waits for them; a slow one takes nobody's place."""
    names = ("full-cone", "udp-blocked", "two-hosts")
    scenarios = [load_scenario(name) for name in names]
    scenarios[2] = replace(scenarios[2], how=replace(scenarios[2].how, profile="full"))
    others, began = threading.Barrier(3, timeout=20), []

    def measure(scenario: Scenario, bed: Bed) -> Mapping[str, Report]:
        began.append(scenario.name)
        others.wait()
        raise CannotMeasure("enough seen")

    rows = list(matrix(scenarios, [Bed.KERNEL], measure, jobs=2))
    assert [found.scenario for found in rows] == list(names)
    assert sorted(began) == sorted(names)
    assert [found.results[0].failure for found in rows] == ["enough seen"] * 3


def test_who_stops_asking_ends_it() -> None:
    measured = []

    def measure(scenario: Scenario, bed: Bed) -> Mapping[str, Report]:
        measured.append(scenario.name)
        return {}

    rows = matrix([load_scenario("full-cone")] * 50, [Bed.SIM], measure)
    next(rows)
    rows.close()
    assert len(measured) == 1


def test_labs_that_still_stand_are_ended_with_it() -> None:
    """The second lab would stand for ever; `stop` makes its measurement end."""
    ended = threading.Event()

    def measure(scenario: Scenario, bed: Bed) -> Mapping[str, Report]:
        if scenario.name == "two-hosts":
            assert ended.wait(20)
            raise CannotMeasure("stopped")
        return {}

    scenarios = [load_scenario("full-cone"), load_scenario("two-hosts")]
    rows = matrix(scenarios, [Bed.KERNEL], measure, jobs=2, stop=ended.set)
    next(rows)
    assert not ended.is_set()
    rows.close()
    assert ended.is_set()
    assert len(list(matrix(scenarios[:1], [Bed.KERNEL], measure, stop=pytest.fail))) == 1
