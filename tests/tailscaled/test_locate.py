"""Where a daemon is looked for, and what is said where there is none: each case with the command that helps."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from natscope.errors import CannotMeasure, UserError
from natscope.tailscaled.locate import Place, locate


@pytest.fixture
def listening(tmp_path: Path) -> str:
    path = tmp_path / "tailscaled.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    return str(path)


def place(tmp_path: Path, *paths: str, system: str = "Linux", app: bool = False) -> Place:
    mac_app = tmp_path / "Tailscale.app"
    if app:
        mac_app.mkdir()
    return Place(system, {"PATH": str(tmp_path / "bin")}, paths, (), str(mac_app))


def install(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tailscaled").write_bytes(b"")


def test_the_first_usual_place_that_has_one(tmp_path: Path, listening: str) -> None:
    assert locate(place(tmp_path, str(tmp_path / "none"), listening)) == listening


def test_a_named_one_is_taken_as_it_is(tmp_path: Path, listening: str) -> None:
    assert locate(place(tmp_path), listening) == listening
    missing = str(tmp_path / "missing.sock")
    assert locate(place(tmp_path, listening), missing) == missing


@pytest.mark.parametrize(
    ("system", "installed", "app", "words", "hint"),
    [
        ("Linux", False, False, "no tailscaled on this computer", "--from status.json"),
        ("Linux", True, False, "installed but does not run", "sudo systemctl start tailscaled"),
        ("Darwin", True, False, "installed but does not run", "sudo launchctl start"),
        ("FreeBSD", True, False, "installed but does not run", "sudo service tailscaled start"),
        ("OpenBSD", True, False, "installed but does not run", "doas rcctl start tailscaled"),
        ("Darwin", True, True, "keeps for the app itself", "--from status.json"),
        ("Windows", True, False, "named pipe", "--from status.json"),
        ("Plan9", False, False, "no tailscaled", "--socket PATH"),
    ],
)
def test_none_here(tmp_path: Path, system: str, installed: bool, app: bool, words: str, hint: str) -> None:
    if installed:
        install(tmp_path)
    with pytest.raises(CannotMeasure, match=words) as caught:
        locate(place(tmp_path, str(tmp_path / "none"), system=system, app=app))
    assert hint in caught.value.hint


def test_a_strangers_socket_is_not_believed(tmp_path: Path, listening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.getuid() == 0:
        os.chown(listening, 12345, 12345)
    else:
        monkeypatch.setattr(os, "getuid", lambda: os.stat(listening).st_uid + 1)
    with pytest.raises(CannotMeasure, match="belongs to another user") as caught:
        locate(place(tmp_path, listening))
    assert caught.value.hint.endswith(f"--socket {listening}")


def test_a_folder_that_may_not_be_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_path: str) -> os.stat_result:
        raise PermissionError

    monkeypatch.setattr(os, "stat", refuses)
    with pytest.raises(CannotMeasure, match="may not be looked at") as caught:
        locate(place(tmp_path, "/x/t.sock"))
    assert "sudo" in caught.value.hint


@pytest.mark.parametrize("name", [r"\\.\pipe\ProtectedPrefix\Administrators\Tailscale\tailscaled", "//./pipe/x"])
def test_a_named_pipe_is_unsupported_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotMeasure, match="is a named pipe"):
        locate(place(tmp_path), name)


def test_what_is_no_socket(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_bytes(b"{}")
    with pytest.raises(UserError, match="is no socket") as caught:
        locate(place(tmp_path), str(tmp_path / "status.json"))
    assert caught.value.hint.startswith("if it is a saved status: natscope status --from /")
    with pytest.raises(UserError, match="is a folder"):
        locate(place(tmp_path), str(tmp_path))
    with pytest.raises(UserError, match="zero byte"):
        locate(place(tmp_path), "a\0b")
