"""Every shipped scenario in both beds, several at once: nothing wrong, nothing missing, and the beds agree."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from natscope.apps.lab import run_matrix
from natscope.lab.library import all_scenarios
from natscope.lab.matrix import MatrixRow, draw_row
from natscope.lab.scenario import Bed
from tests.lab.kernel_lab import require_lab

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(1200)]  # the whole matrix is made for the first of them

READ_BY_PROGRAMS = ("drops_unasked",)
"""What this computer's own programs tell within two seconds: with so many labs at once they may not have started then
(`test_kernel_surroundings.py` asks alone).
"""
NAMES = tuple(scenario.name for scenario in all_scenarios())


@pytest.fixture(scope="module")
def rows() -> Mapping[str, MatrixRow]:
    require_lab()
    return {row.scenario: row for row in run_matrix((), tuple(Bed))}


@pytest.mark.parametrize("name", NAMES)
def test_both_beds_say_what_is_true(rows: Mapping[str, MatrixRow], name: str) -> None:
    """Including all that must be known: UDP, families, mapping, ports, portals, each relay's fault."""
    assert rows[name].acceptable, draw_row(rows[name], brief=True)
    left = {what for result in rows[name].results for what in result.unexplained}
    assert not {what for what in left if what.partition(": ")[2] not in READ_BY_PROGRAMS}, draw_row(rows[name])


def test_most_scenarios_stand_in_both_beds(rows: Mapping[str, MatrixRow]) -> None:
    measured = [row for row in rows.values() if all(result.comparisons for result in row.results)]
    assert len(measured) >= 0.8 * len(NAMES)
