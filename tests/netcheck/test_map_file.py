"""Only regular files within the size are read; everything else is one line, the near miss with a suggestion."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from natscope.errors import UserError
from natscope.netcheck.map_file import read_map_file, read_map_stdin


def message(path: Path | str, limit: int = 1000) -> str:
    with pytest.raises(UserError) as caught:
        read_map_file(str(path), limit)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_file_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(b"x" * 1000)
    assert read_map_file(str(path), 1000) == b"x" * 1000
    assert message(path, 999).endswith("m is no relay map: it is 1,000 bytes, the limit is 999 bytes")


@pytest.mark.parametrize(
    ("size", "limit", "words"),
    [
        (300 * 1024, 256 * 1024, "300 kB, the limit is 256 kB"),
        (256 * 1024 + 1, 256 * 1024, "262,145 bytes, the limit is 262,144"),
        (5_000_000, 256 * 1024, "5.0 MB, the limit is 256 kB"),
        (4_000_001, 4_000_000, "4,000,001 bytes, the limit is 4,000,000"),
    ],
)
def test_two_sizes_never_read_the_same(tmp_path: Path, size: int, limit: int, words: str) -> None:
    path = tmp_path / "m"
    with path.open("wb") as file:
        file.truncate(size)
    assert message(path, limit).endswith(f"m is no relay map: it is {words}")


def test_two_hundred_megabytes_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.json"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    monkeypatch.setattr("builtins.open", None)
    assert message(path, 4_000_000).endswith("big.json is no relay map: it is 200.0 MB, the limit is 4.0 MB")


def test_a_missing_file_with_a_near_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "derp.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert message("derp.yml") == "derp.yml: no such file. Did you mean derp.yaml?"
    assert message(tmp_path / "derp.yml") == f"{tmp_path}/derp.yml: no such file. Did you mean {tmp_path}/derp.yaml?"
    assert message("quite-different") == "quite-different: no such file"
    assert message("no/such/folder") == "no/such/folder: no such file"


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    assert message(tmp_path) == f"{tmp_path}: it is a folder"
    assert message(tmp_path / "pipe").endswith("pipe: not a regular file")
    assert message("/dev/zero") == "/dev/zero: not a regular file"
    assert message(tmp_path / "file" / "x").endswith("x: a part of the path is a file, not a folder")
    assert message("a\0b").endswith(": that is no file name")
    assert "too long" in message("x" * 5000)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.touch(mode=0)
    assert message(path) == f"{path}: this user may not read it"


def test_standard_input_is_bounded() -> None:
    asked = []

    def endless(count: int) -> bytes:
        asked.append(count)
        return b"x" * count

    with pytest.raises(UserError, match="standard input is no relay map: it is larger than"):
        read_map_stdin(endless, 1000)
    assert asked == [1001]
