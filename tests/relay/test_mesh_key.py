"""The key that relays of one region share."""

from __future__ import annotations

from pathlib import Path

import pytest

from natscope.errors import CannotMeasure, UserError
from natscope.relay.config import MeshConfig
from natscope.relay.mesh_key import load_mesh_keys

OTHER = "fedcba9876543210" * 4
DIGITS = "0123456789abcdef" * 4


@pytest.mark.parametrize("text", [DIGITS, f" {DIGITS}\n", DIGITS.upper()])
def test_a_file_and_a_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mesh.key"
    path.write_text(text)
    assert load_mesh_keys(MeshConfig(key_file=str(path))) == (bytes.fromhex(DIGITS),)
    assert load_mesh_keys(MeshConfig(key=text)) == (bytes.fromhex(DIGITS),)


@pytest.mark.parametrize("text", [f"{DIGITS}\n{OTHER}\n", f"{DIGITS} {OTHER}", f"{DIGITS}\r\n\r\n{OTHER}"])
def test_two_keys_while_a_region_changes_its_key(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mesh.key"
    path.write_bytes(text.encode())
    assert load_mesh_keys(MeshConfig(key_file=str(path))) == (bytes.fromhex(DIGITS), bytes.fromhex(OTHER))
    assert load_mesh_keys(MeshConfig(key=f"{DIGITS}\n{DIGITS}")) == (bytes.fromhex(DIGITS),)


def test_no_key() -> None:
    assert load_mesh_keys(MeshConfig()) == ()
    assert load_mesh_keys(MeshConfig(key="0" * 64)) == ()


@pytest.mark.parametrize("text", ["", DIGITS[1:], DIGITS + "00", "g" * 64, "a b" * 32, "\xff", f"{DIGITS}\n" * 3])
def test_what_is_no_key_is_one_line_without_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mesh.key"
    path.write_text(text)
    with pytest.raises(UserError, match="64 hex digits") as raised:
        load_mesh_keys(MeshConfig(key_file=str(path)))
    assert not text or text not in raised.value.message


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="no such file"):
        load_mesh_keys(MeshConfig(key_file=str(tmp_path / "none")))
