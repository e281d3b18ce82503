"""Pairs of a region: all of up to eight nodes, beyond that neighbours in the map; what was not tried is said."""

from __future__ import annotations

import pytest

from natscope.model.derp_check import DerpCheck, StepName, StepState
from natscope.model.tri import Tri
from natscope.relay_check import pairing, run
from natscope.relay_check.pairing import pairs_of, stretch
from tests.relay_check.world import Planted, Relays

OK, FAIL, UNKNOWN = StepState.OK, StepState.FAIL, StepState.UNKNOWN


def mesh_steps(check: DerpCheck) -> list[tuple[StepState, str]]:
    return [(step.state, step.says) for step in (node.step(StepName.MESH) for node in check.nodes)]


def test_up_to_eight_nodes_are_all_paired() -> None:
    for nodes in range(2, 9):
        assert len(pairs_of(nodes)) == nodes * (nodes - 1) // 2
    assert [pair for pair in ((0, 8), (0, 7), (1, 8)) if pair in pairs_of(9)] == [(0, 7), (1, 8)]
    assert len(pairs_of(9)) == 35


@pytest.mark.parametrize("nodes", [2, 5, 8, 14])
def test_a_node_streams_no_more_to_others_than_on_its_own(nodes: int) -> None:
    assert 0 < stretch(256_000, nodes) <= 64_000
    assert stretch(256_000, nodes) * (nodes - 1) <= 256_000
    assert stretch(0, nodes) == 0


def test_a_large_region_is_judged_by_the_pairs_that_were_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "MAX_MESH_NODES", 2)
    check = Relays(*(Planted(mesh=True) for _ in range(4))).check()
    ends, middle = (OK, "1 of 1 meet, 2 not tried"), (OK, "2 of 2 meet, 1 not tried")
    assert mesh_steps(check) == [ends, middle, middle, ends]
    assert (check.findings, check.verdict.state) == ((), OK)


def test_a_node_that_lets_nobody_in_is_not_among_those_that_are_paired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "MAX_MESH_NODES", 2)
    closed = Planted(mesh=True, decide=lambda client: client.is_mesh)
    check = Relays(Planted(mesh=True), closed, Planted(mesh=True), Planted(mesh=True)).check()
    steps = mesh_steps(check)
    assert steps[0] == steps[3] == (UNKNOWN, "1 of 2 meet, others not reached, 1 not tried")
    assert steps[2] == (UNKNOWN, "2 of 3 meet, others not reached")


def test_a_broken_pair_of_a_large_region_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "MAX_MESH_NODES", 2)
    check = Relays(Planted(mesh=True), Planted(mesh=True), Planted()).check()
    assert mesh_steps(check) == [(OK, "1 of 1 meet, 1 not tried"), (FAIL, "not with 1c"), (FAIL, "not with 1b")]


def test_without_time_for_streams_pairs_are_judged_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MESH_STREAMS_S", 0.0)
    check = Relays(Planted(mesh=True), Planted(mesh=True)).check()
    pairs = [passage for passage in check.passages if passage.sender != passage.receiver]
    assert [(p.works, p.loss, p.stream_bytes, p.stream_bytes_per_s) for p in pairs] == [(Tri.YES, 0.0, 0, None)] * 2
    assert mesh_steps(check) == [(OK, "1 of 1 meet")] * 2
