"""Exceptions to sentences and exit codes; a bug leaves a file and no traceback on the screen."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from natscope.cli import dispatch
from natscope.cli.errors import MAX_CRASH_FILES
from natscope.errors import CannotMeasure, LocalError, NatscopeError, PluginError, RefusedError, RemoteError, UserError
from natscope.host.api import Failure, HostError
from tests.cli.runner import Runner


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise error

    monkeypatch.setattr(dispatch, "invoke", broken)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserError("derp.yml: no such file"), 2),
        (CannotMeasure("no relay map"), 3),
        (HostError(Failure.ADDRESS_IN_USE, "cannot listen on port 3478: it is in use"), 3),
        (RefusedError("tailscaled says no"), 3),
        (RemoteError("short"), 3),
        (PluginError("the plug-in x cannot be loaded"), 3),
        (NatscopeError("something"), 3),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_our_errors(error: NatscopeError, code: int, natscope: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(error, monkeypatch)
    result = natscope("netcheck")
    assert (result.code, result.out, result.err) == (code, "", f"error: {error.message}\n")


def test_a_hint_stands_on_its_own_line(natscope: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(
        CannotMeasure("may not talk to tailscaled", hint="now: sudo natscope netcheck\nonce: set an operator"),
        monkeypatch,
    )
    assert natscope("netcheck").err == (
        "error: may not talk to tailscaled\n  → now: sudo natscope netcheck\n  → once: set an operator\n"
    )


def test_a_line_break_in_a_name_makes_no_second_line(natscope: Runner) -> None:
    for name in ("a\nerror: b", "a\u2028b", "a\rb", "a\n"):
        told = natscope("report", "view", name)
        first, *hints = told.err.splitlines()
        assert (told.code, first.endswith(": no such file")) == (2, True), told.err
        assert all(line.startswith("  → ") for line in hints), told.err
    assert natscope("report", "view", "a\nb").err.startswith("error: a\\x0ab: no such file\n")


@pytest.mark.parametrize("error", [KeyError("x"), LocalError("we built nonsense"), RecursionError()], ids=type)
def test_a_bug_is_one_line_and_a_file(
    error: BaseException, natscope: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fail_with(error, monkeypatch)
    result = natscope("netcheck", "--json")
    assert result.code == 4
    first, second = result.err.splitlines()
    assert first.startswith(f"error: this is a bug in natscope: {type(error).__name__} in test_errors.py:")
    (file,) = (tmp_path / "state" / "natscope" / "crashes").iterdir()
    assert second == f"  → please report it with the file {file}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert "Traceback (most recent call last)" in text
    assert "arguments: ['netcheck', '--json']" in text


def test_old_crash_files_go(natscope: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fail_with(KeyError("x"), monkeypatch)
    for _ in range(MAX_CRASH_FILES + 3):
        natscope("netcheck")
    assert len(list((tmp_path / "state" / "natscope" / "crashes").iterdir())) == MAX_CRASH_FILES


def test_no_place_for_the_file_is_no_second_error(natscope: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(KeyError("x"), monkeypatch)
    result = natscope("netcheck", NATSCOPE_STATE_DIR="/dev/null/x")
    assert result.code == 4
    assert "natscope-crash-" in result.err, "the temporary directory serves"
    Path(result.err.split()[-1]).unlink()


def test_exit_and_abort_of_typer(natscope: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    import typer

    fail_with(typer.Exit(20), monkeypatch)
    assert natscope("netcheck").code == 20
    fail_with(typer.Abort(), monkeypatch)
    assert natscope("netcheck").code == 130
    fail_with(SystemExit(3), monkeypatch)
    assert natscope("netcheck").code == 3
