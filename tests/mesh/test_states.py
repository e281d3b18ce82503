"""A program that does not run: told apart, each with what helps."""

from __future__ import annotations

import pytest

from natscope.errors import CannotMeasure
from natscope.mesh.states import check_running, state_words
from natscope.model.mesh_status import MeshState, MeshStatus


@pytest.mark.parametrize(
    ("state", "words", "hint"),
    [
        (MeshState.NEEDS_LOGIN, "is logged out", "sudo tailscale up"),
        (MeshState.STOPPED, "is stopped", "sudo tailscale up"),
        (MeshState.NEEDS_APPROVAL, "waits for approval", "admin"),
        (MeshState.STARTING, "still starting", "try again"),
        (MeshState.NO_STATE, "still starting", "try again"),
        (MeshState.IN_USE_OTHER_USER, "another user", "log in"),
        (MeshState.UNKNOWN, 'does not know \\("Dreaming"\\)', ""),
    ],
)
def test_each_state(state: MeshState, words: str, hint: str) -> None:
    with pytest.raises(CannotMeasure, match=f"^t {words}|{words}") as caught:
        check_running(MeshStatus(state=state, state_word="Dreaming"), "t")
    assert hint in caught.value.hint


def test_running_says_nothing() -> None:
    check_running(MeshStatus(state=MeshState.RUNNING), "t")
    assert state_words(MeshStatus(state=MeshState.RUNNING)) == ("", "")


def test_where_to_log_in() -> None:
    _, hint = state_words(MeshStatus(state=MeshState.NEEDS_LOGIN, login_url="https://login.example/a"))
    assert hint == "sudo tailscale up, or open https://login.example/a"
    _, hint = state_words(MeshStatus(state=MeshState.NEEDS_LOGIN, login_url="javascript:x"))
    assert hint == "sudo tailscale up"
