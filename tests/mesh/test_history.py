"""The history of a path: folded steps, since when a path stands, and what it cannot know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from natscope.mesh.history import StepKind, fold, kind_of, since_direct, since_relayed, told_endpoints
from natscope.model.mesh_path import PathChange
from natscope.wire.local_api.path_changes import decode_path_changes
from tests.wire.local_api.recorded import body

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FOUND, CONFIRMED = "handlePongConnLocked-bestAddr-update", "handlePongConnLocked-bestAddr-latency"
LOST, RESET = "deleteEndpointLocked-bestAddr-updateFromNode", "updateFromNode-resetLocked"


def change(what: str, second: float | None, *after: str) -> PathChange:
    return PathChange(at=None if second is None else AT + timedelta(seconds=second), what=what, after=after)


def test_the_recorded_history_folds_into_four_lines() -> None:
    changes = decode_path_changes(body("peer-endpoint-changes.http"))
    steps = fold(changes)
    assert [step.kind for step in steps] == [
        StepKind.RELAY, StepKind.ENDPOINTS, StepKind.DIRECT, StepKind.DIRECT,
    ]  # fmt: skip
    assert sum(step.count for step in steps) == len(changes)
    assert steps[0].addresses == ("127.3.3.40:900",)
    since = since_direct(changes)
    assert since is not None
    assert (since.at.strftime("%H:%M:%S"), since.at_least) == ("21:34:18", False)


def test_equal_neighbours_fold_and_others_do_not() -> None:
    told = "updateFromNode-new-Endpoints"
    steps = fold((change(told, 0, "a"), change(told, 1, "a"), change(told, 2, "b"), change("new", 3), change("new", 4)))
    assert [(step.count, step.kind.value) for step in steps] == [
        (2, "endpoints-told"),
        (1, "endpoints-told"),
        (2, "other"),
    ]
    assert (steps[0].first, steps[0].last) == (AT, AT + timedelta(seconds=1))
    assert steps[2].what == "new"


def test_a_silence_ends_a_direct_step() -> None:
    steps = fold((change(FOUND, 0), change(CONFIRMED, 3), change(CONFIRMED, 60), change(CONFIRMED, 63)))
    assert [(step.kind, step.count) for step in steps] == [(StepKind.DIRECT, 2), (StepKind.CONFIRMED, 2)]


def test_since_direct_begins_after_the_last_silence_or_loss() -> None:
    begun = (change("x", -1), change(FOUND, 0), change(CONFIRMED, 3))
    assert since_direct(begun) is not None
    assert since_direct((*begun, change(CONFIRMED, 60))).at == AT + timedelta(seconds=60)  # type: ignore[union-attr]
    assert since_direct((*begun, change(LOST, 4))) is None
    assert since_direct((*begun, change(RESET, 4), change(FOUND, 5))).at == AT + timedelta(seconds=5)  # type: ignore[union-attr]


def test_a_history_that_begins_with_answers_says_at_least() -> None:
    since = since_direct((change(CONFIRMED, 0), change(CONFIRMED, 3)))
    assert since is not None
    assert (since.at, since.at_least) == (AT, True)


def test_since_relayed_is_the_last_direct_answer_else_the_beginning() -> None:
    never = since_relayed((change("updateFromNode-DERP", 0), change("updateFromNode-new-Endpoints", 1)))
    assert never is not None
    assert (never.at, never.at_least) == (AT, True)
    was = since_relayed((change(FOUND, 0), change(CONFIRMED, 3), change(LOST, 9)))
    assert was is not None
    assert (was.at, was.at_least) == (AT + timedelta(seconds=3), False)


def test_without_times_nothing_is_said() -> None:
    assert since_direct((change(FOUND, None),)) is None
    assert since_relayed((change("x", None),)) is None
    assert since_relayed(()) is None
    assert fold((change(FOUND, None), change(CONFIRMED, None)))[0].count == 2


def test_told_endpoints_are_the_newest_first_without_relays() -> None:
    changes = (
        change("updateFromNode-new-Endpoints", 0, "a:1", "b:1"),
        change("updateFromNode-DERP", 1, "127.3.3.40:900"),
        change("handleCallMeMaybe-new-endpoints", 2, "c:1", "a:1", "127.3.3.40:5"),
    )
    assert told_endpoints(changes) == ("c:1", "a:1", "b:1")


def test_a_daemon_of_1_76_calls_its_answers_otherwise() -> None:
    changes = decode_path_changes(body("1.76.6/peer-endpoint-changes.http"))
    direct, confirmed = StepKind.DIRECT, StepKind.CONFIRMED
    assert [kind_of(change) for change in changes] == [
        StepKind.ENDPOINTS, direct, confirmed, confirmed, direct, confirmed,
    ]  # fmt: skip
    since = since_direct(changes)
    assert since is not None
    assert (since.at, since.at_least) == (changes[1].at, False)
