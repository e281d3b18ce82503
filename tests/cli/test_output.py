"""Files are replaced whole or left alone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from natscope.cli.output import check_destination, descriptor_of, prepare_folder, write_whole
from natscope.cli.render import Console
from natscope.cli.streams import Streams
from natscope.errors import UserError
from tests.cli.runner import Runner

BLOCKED = str(Path(__file__).parents[2] / "fixtures" / "reports" / "udp-blocked.json")


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
    other = tmp_path / f".{os.getpid()}.0.new"
    other.write_text("theirs")
    write_whole(str(tmp_path / "report"), b"new")
    assert (other.read_text(), (tmp_path / "report").read_text()) == ("theirs", "new")
    assert sorted(os.listdir(tmp_path)) == [other.name, "report"]


def test_the_longest_name_can_be_written_and_a_longer_one_is_told_before(tmp_path: Path) -> None:
    console = Console.of(Streams(None, None, None), {})
    longest = tmp_path / ("n" * os.pathconf(tmp_path, "PC_NAME_MAX"))
    check_destination(str(longest), console)
    write_whole(str(longest), b"new")
    assert longest.read_text() == "new"
    with pytest.raises(UserError, match="the name is too long"):
        check_destination(f"{longest}n", console)


def test_what_an_open_descriptor_leads_to_is_added_to(tmp_path: Path) -> None:
    """Not replaced: others write there too. Also through a link of somebody's own."""
    log, link = tmp_path / "log", tmp_path / "link"
    log.write_text("old\n")
    console = Console.of(Streams(None, None, None), {})
    with open(log, "ab") as file:
        link.symlink_to(f"/proc/self/fd/{file.fileno()}")
        names = (f"/dev/fd/{file.fileno()}", f"/proc/self/fd/{file.fileno()}", f"/dev/../dev/fd/{file.fileno()}")
        for name in (*names, str(link)):
            assert descriptor_of(name) == file.fileno()
            check_destination(name, console)
            write_whole(name, b"new\n")
    assert log.read_text() == "old\nnew\nnew\nnew\nnew\n"
    assert (descriptor_of("/dev/stdout"), descriptor_of("/dev/stderr"), descriptor_of(str(log))) == (1, 2, None)


def test_a_descriptor_that_cannot_be_written_is_told_before(tmp_path: Path) -> None:
    console = Console.of(Streams(None, None, None), {})
    with pytest.raises(UserError, match="it is not open"):
        check_destination("/dev/fd/987", console)
    with pytest.raises(UserError, match="standard output: it is closed"):
        check_destination("/dev/stdout", console)
    (tmp_path / "there").touch()
    with open(tmp_path / "there", "rb") as file, pytest.raises(UserError, match="for reading only"):
        check_destination(f"/dev/fd/{file.fileno()}", console)


@pytest.mark.parametrize("command", [("view",), ("make",)])
def test_standard_output_by_name_keeps_what_is_in_the_file(natscope: Runner, command: tuple[str, ...]) -> None:
    log = natscope.home / "log"
    log.write_text("old\n")
    with open(log, "ab") as file:
        done = subprocess.run(
            [sys.executable, "-m", "natscope", "report", *command, BLOCKED, "--json", "-q", "-o", "/dev/stdout"],
            stdout=file,
            stderr=subprocess.PIPE,
            env={**natscope.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")
    assert log.read_text(encoding="utf-8") == "old\n" + Path(BLOCKED).read_text(encoding="utf-8")


def test_a_folder_for_recordings_is_private(tmp_path: Path) -> None:
    prepare_folder("")
    prepare_folder(str(tmp_path / "runs" / "one"))
    assert stat.S_IMODE((tmp_path / "runs" / "one").stat().st_mode) == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="it is a file"):
        prepare_folder(str(tmp_path / "file"))


def test_a_folder_with_an_older_recording_is_refused(tmp_path: Path) -> None:
    prepare_folder(str(tmp_path), "run.json")
    (tmp_path / "run.json").touch()
    with pytest.raises(UserError, match="there is a recording in"):
        prepare_folder(str(tmp_path), "run.json")
    prepare_folder(str(tmp_path))
