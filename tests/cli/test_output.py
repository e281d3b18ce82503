"""Files are replaced whole or left alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from natscope.cli.output import prepare_folder, write_whole
from natscope.errors import UserError


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_whole(str(link), b"new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_failure_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "report"
    path.write_text("old")
    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="No space"):
        write_whole(str(path), b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["report"]


def test_somebody_elses_temporary_file_is_not_touched(tmp_path: Path) -> None:
    other = tmp_path / f"report.{os.getpid()}.new"
    other.write_text("theirs")
    with pytest.raises(FileExistsError):
        write_whole(str(tmp_path / "report"), b"new")
    assert other.read_text() == "theirs"


def test_a_folder_for_recordings_is_private(tmp_path: Path) -> None:
    prepare_folder("")
    prepare_folder(str(tmp_path / "runs" / "one"))
    assert stat.S_IMODE((tmp_path / "runs" / "one").stat().st_mode) == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="it is a file"):
        prepare_folder(str(tmp_path / "file"))
