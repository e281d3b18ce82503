"""A client's key from a file, in each form, and what is no key."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from natscope.apps.client_keys import MAX_BYTES, read_client_key
from natscope.errors import UserError

KEY = bytes(range(32))
TEXT = f"privkey:{KEY.hex()}"


@pytest.mark.parametrize(
    "content",
    [TEXT, f"{TEXT}\n", json.dumps({"PrivateKey": TEXT}), json.dumps({"Config": 1, "PrivateNodeKey": TEXT})],
    ids=["text", "line", "derper", "preferences"],
)
def test_forms(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    path.chmod(0o600)
    assert read_client_key(str(path)) == (KEY, "")


def test_a_key_that_others_may_read_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(TEXT)
    path.chmod(0o644)
    assert "chmod 600" in read_client_key(str(path))[1]


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\x00", b"privkey:00", f"nodekey:{KEY.hex()}".encode(), f"privkey:{bytes(32).hex()}".encode(), b"[]",
     b'{"PrivateKey": 1}', b"[" * 60_000, b" " * (2 * MAX_BYTES)],
)  # fmt: skip
def test_what_is_no_key_is_told_without_its_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(UserError, match="holds no private node key") as told:
        read_client_key(str(path))
    assert KEY.hex() not in told.value.message + told.value.hint


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("pipe", "is not a file"), (".", "is not a file"), ("none", "no such file")):
        with pytest.raises(UserError, match=words):
            read_client_key(str(tmp_path / name))
