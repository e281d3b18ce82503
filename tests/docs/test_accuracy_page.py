"""The section on pairs of docs/accuracy.md says of each reason which networks are behind it."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.accuracy_page import PairCell, PairTable, page, pairs_section

YOURS, PEERS = "whether IPv4 works on your side is not known", "whether IPv4 works at the peer is not known"
BOTH = "hangs on which of several public addresses the router picks"


def cell(first: str, second: str, reason: str, *, told: str = "unknown", direct: bool = True) -> PairCell:
    return PairCell(first=first, second=second, told=told, direct=direct, reason=reason)


def lines(*cells: PairCell) -> list[str]:
    text = pairs_section((PairTable(title="some", cells=cells),))
    return [line for line in text if line.startswith(("- ", "| some"))]


def test_a_reason_names_the_networks_whose_side_it_is() -> None:
    found = lines(
        cell("deaf", "home", YOURS),
        cell("deaf", "office", YOURS, direct=False),
        cell("home", "deaf", PEERS),
        cell("home", "mute", PEERS),
    )
    assert found == [
        "| some | 4 | 4 | 0 | 0 | 0 | 4 |",
        "- No wrong prediction.",
        f"- Unknown 4 times, 3 of them direct: {YOURS} (deaf 3, mute 1).",
    ]


def test_each_wording_of_a_side_is_its_own() -> None:
    clauses = (
        ("your own network was not measured: x", "the peer's own network was not measured: x"),
        ("whether your side has one public port for all", "whether the peer has one public port for all"),
        ("whom your side lets in was not measured", "whom the peer lets in was not measured"),
    )
    for own, peers in clauses:
        (line,) = lines(cell("it", "home", own), cell("home", "it", peers))[2:]
        assert line == f"- Unknown 2 times, 2 of them direct: {own} (it)."


def test_a_reason_of_neither_side_names_the_fewest_networks_that_explain_it() -> None:
    (line,) = lines(*(cell("home", name, BOTH) for name in ("pool", "uplinks")), *_with("pool", "a", "b", "c"))[2:]
    assert line == f"- Unknown 5 times, 5 of them direct: {BOTH} (pool 4, home 1)."


def _with(name: str, *others: str) -> Iterable[PairCell]:
    return (cell(other, name, BOTH) for other in others)


def test_reasons_stand_by_number_and_wrong_ones_by_name() -> None:
    found = lines(
        cell("a", "b", "once"),
        cell("a", "c", "twice"),
        cell("a", "d", "twice"),
        cell("b", "c", "so", told="direct", direct=False),
        cell("b", "d", "so", told="relay"),
        cell("c", "d", "so", told="direct"),
        cell("d", "d", "so", told="relay", direct=False),
    )
    assert found == [
        "| some | 4 | 7 | 1 | 1 | **2** | 3 |",
        "- b with c: foretold direct, not direct in fact (so)",
        "- b with d: foretold relay, direct in fact (so)",
        "- Unknown 2 times, 2 of them direct: twice (a).",
        "- Unknown 1 times, 1 of them direct: once (a).",
    ]


def test_the_page_has_the_section_only_where_pairs_were_measured() -> None:
    assert "## Pairs" not in page(())
    assert "## Pairs" in page((), (PairTable(title="none"),))
