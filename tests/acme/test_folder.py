"""The folder of keys: nobody else reads it, nothing in it is ever half written, one process leads."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from natscope.acme import folder as folder_module
from natscope.acme.folder import ACCOUNT, LOCK, AcmeFolder
from natscope.errors import CannotMeasure, UserError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_reads_anything(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        folder = AcmeFolder(str(tmp_path / "a" / "certs"))
        folder.write("relay.example", b"secret")
    finally:
        os.umask(old)
    assert mode(tmp_path / "a" / "certs") == 0o700
    assert mode(tmp_path / "a" / "certs" / "relay.example") == 0o600


def test_a_folder_that_others_may_enter_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    AcmeFolder(str(tmp_path))
    assert mode(tmp_path) == 0o700


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = AcmeFolder(str(tmp_path))
    folder.write("relay.example", b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotMeasure, match="no space left"):
        folder.write("relay.example", b"new")
    assert folder.read("relay.example") == b"old"
    assert os.listdir(tmp_path) == ["relay.example"]


def test_reading_removing_and_listing(tmp_path: Path) -> None:
    folder = AcmeFolder(str(tmp_path))
    assert folder.read(ACCOUNT) is None
    folder.write(ACCOUNT, b"key")
    folder.write("b+http-01", b"1")
    folder.write("-a+http-01", b"2")
    (tmp_path / ".new-x+http-01").write_bytes(b"half")
    assert folder.names("+http-01") == ["-a+http-01", "b+http-01"]
    before = folder.state("b+http-01")
    folder.write("b+http-01", b"1")
    assert folder.state("b+http-01") != before
    folder.remove("b+http-01")
    folder.remove("b+http-01")
    assert folder.state("b+http-01") is None


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a b", "x+y+z", "a\n"])
def test_names_never_lead_elsewhere(tmp_path: Path, name: str) -> None:
    folder = AcmeFolder(str(tmp_path))
    with pytest.raises(UserError):
        folder.write(name, b"x")
    with pytest.raises(UserError):
        folder.read(name)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "relay.example").write_bytes(b"x" * (folder_module.MAX_BYTES + 1))
    with pytest.raises(CannotMeasure, match="too large"):
        AcmeFolder(str(tmp_path)).read("relay.example")


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotMeasure, match="cannot keep certificates there"):
        AcmeFolder(str(tmp_path / "file" / "certs"))


def test_one_leads_until_it_is_gone(tmp_path: Path) -> None:
    first, second = AcmeFolder(str(tmp_path)), AcmeFolder(str(tmp_path))
    assert first.take_lead()
    assert first.take_lead()
    assert not second.take_lead()
    first.close()
    assert second.take_lead()
    second.close()


def test_challenges_of_a_process_that_was_killed_are_removed(tmp_path: Path) -> None:
    folder = AcmeFolder(str(tmp_path))
    for name in ("abc+http-01", "relay.example+token", "relay.example", ACCOUNT):
        folder.write(name, b"x")
    assert folder.take_lead()
    assert folder.names("") == [ACCOUNT, LOCK, "relay.example"]
    folder.close()
