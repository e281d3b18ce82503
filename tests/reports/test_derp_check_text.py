"""The page of a check: the answer first, columns up to three relays, rows above, no cross for what was not reached."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.derp_check import DerpCheck
from natscope.model.relay_map import MapProblem
from natscope.plugins.report_format import RenderOptions
from natscope_reports.derp_check_text import render
from tests.reports.derp_check_scenes import load, names


def page(check: DerpCheck, **options: object) -> list[str]:
    return render(check, RenderOptions(**options)).splitlines()  # type: ignore[arg-type]


def row(lines: list[str], label: str) -> str:
    return next(line for line in lines if line.strip().startswith(label))


@pytest.mark.parametrize("name", names())
def test_the_answer_stands_first_and_the_cost_last(name: str) -> None:
    check = load(name)
    lines = page(check, exit_code=1, width=100)
    assert lines[0][2:].startswith("Relays: ")
    assert lines[-1].endswith(" · exit 1")
    assert "packets, " in lines[-1]
    assert page(check, verbosity=-1, width=200) == [lines[0][:2] + check.verdict.sentence]


def test_up_to_three_relays_are_columns() -> None:
    lines = page(load("expired"))
    assert row(lines, "STEP").split() == ["STEP", "1a", "·", "r1", "2b", "·", "r2", "3c", "·", "r3"]
    assert row(lines, "Clock").count("ok") == 2
    assert "✗" not in row(lines, "Becomes a relay (101)")
    assert "– not reached" in row(lines, "Becomes a relay (101)")


def test_more_relays_are_rows() -> None:
    lines = page(load("many"))
    heads = row(lines, "RELAY").split()
    first = row(lines, "4e r4").split()
    assert heads[1:] == ["name", "tcp", "tls", "101", "in", "same", "meet", "mesh", "stun", "time", "80", "median"]
    assert first[2:] == ["✓", "✓", "✓", "✓", "✓", "✗", "✓", "–", "✓", "✓", "✓", "30.0", "ms"]
    assert "?" in row(lines, "5f r5")


def test_good_relays_beyond_a_dozen_are_counted() -> None:
    check = load("many")
    good = msgspec.structs.replace(load("healthy").nodes[0], region_code="")
    nodes = check.nodes + tuple(msgspec.structs.replace(good, node=f"{n}z") for n in range(40))
    many = msgspec.structs.replace(check, nodes=nodes)
    lines = page(many)
    assert "  and 34 more relays without trouble: -v" in lines
    assert sum("z" in line.split()[0] for line in lines if line.split()) == 6
    assert "and 34 more" not in "\n".join(page(many, verbosity=1))


def test_a_way_out_is_told_where_a_relay_knows_its_clients() -> None:
    assert any("--key-file FILE" in line for line in page(load("known-clients")))


def test_the_map_s_mistakes_are_told() -> None:
    check = load("healthy")
    problem = MapProblem(severity="error", code="x", place="$.regions.9", message="no nodes")
    told = msgspec.structs.replace(check.relay_map, problems=(problem,), warnings=("an old copy serves",))
    lines = page(msgspec.structs.replace(check, relay_map=told))
    assert "  ! 1 mistake in the map: natscope derp map lint says which" in lines
    assert "  ! an old copy serves" in lines


def test_verbose_shows_addresses_and_very_verbose_everything_seen() -> None:
    check = load("region")
    lines = page(check, verbosity=1)
    assert "  203.0.113.2:443" in lines
    assert any(line.strip().startswith("TCP 30.0 ms · TLS") for line in lines)
    assert any(line.startswith("    sha256-raw:") and len(line) == 79 for line in lines)
    assert not any(line.startswith("Observations") for line in lines)
    assert f"Observations · {len(check.observations)}" in page(check, verbosity=2)


def test_no_relay_at_all() -> None:
    lines = page(msgspec.structs.replace(load("nothing-answered"), nodes=(), passages=(), findings=()), exit_code=3)
    assert [line[:1] for line in lines] == ["?", "", "6"]
