"""Places and positions of findings."""

from __future__ import annotations

from natscope.wire.relay_map_problems import MAX_PROBLEMS, Finding, Findings, Spot, locate, place_of, quoted

ROOT = Spot(1, 1, compound=True)
ROOT.inside["regions"] = Spot(1, 12, "regions", 1, 2, compound=True)
ROOT.inside["regions"].inside["0"] = Spot(2, 5)


def test_a_place_is_a_json_path() -> None:
    assert place_of(()) == "$"
    assert place_of(("Regions", "900", "Nodes", 0, "HostName")) == "$.Regions.900.Nodes[0].HostName"
    assert place_of(("a b", "\x1b", "")) == '$["a b"]["\x1b"][""]'


def test_long_foreign_text_is_shortened() -> None:
    assert quoted("a" * 1000) == '"' + "a" * 59 + '…"'
    assert quoted("a" * 60) == '"' + "a" * 60 + '"'


def test_a_finding_takes_the_nearest_position_and_the_files_spelling() -> None:
    problem = locate(Finding("error", "x", ("Regions", 0, "Name"), "m"), ROOT)
    assert (problem.place, problem.line, problem.column) == ("$.regions[0].Name", 2, 5)
    at_compound = locate(Finding("error", "x", ("Regions",), "m"), ROOT)
    assert (at_compound.line, at_compound.column) == (1, 2)
    nowhere = locate(Finding("error", "x", ("Regions",), "m"), None)
    assert (nowhere.place, nowhere.line, nowhere.column) == ("$.Regions", 0, 0)


def test_only_so_many_are_kept_and_the_rest_counted() -> None:
    findings = Findings()
    for _ in range(MAX_PROBLEMS + 7):
        findings.add(Finding("warning", "x", (), "m"))
    problems = findings.located(None)
    assert len(findings) == MAX_PROBLEMS
    assert (problems[-1].code, problems[-1].message) == ("more-problems", "7 more problems are not listed")
