"""The relay's key in a file: made once, for its owner alone, derper's read as it is."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natscope.errors import CannotMeasure, NatscopeError, UserError
from natscope.relay.key_file import load_or_make
from natscope.wire.keys import PrivateKey

RANDOM = bytes(range(32))
DERPERS = '{\n\t"PrivateKey": "privkey:' + PrivateKey(RANDOM).data.hex() + '"\n}'
"""As upstream's json.MarshalIndent writes it."""


def test_a_new_key_is_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "relay.key"
    made = load_or_make(str(path), RANDOM)
    assert (made.is_new, made.warning, made.private.public) == (True, "", PrivateKey(RANDOM).public)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["relay.key"]
    assert path.read_text().rstrip("\n") == DERPERS
    again = load_or_make(str(path), bytes(reversed(RANDOM)))
    assert (again.is_new, again.private.public) == (False, made.private.public)


@pytest.mark.parametrize("text", [DERPERS, DERPERS.replace("PrivateKey", "privatekey"), DERPERS + "\n"])
def test_derpers_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "derper.key"
    path.write_text(text)
    path.chmod(0o600)
    assert load_or_make(str(path), bytes(32)).private.data == PrivateKey(RANDOM).data


def test_a_file_that_others_can_read_is_used_and_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "derper.key"
    path.write_text(DERPERS)
    path.chmod(0o640)
    found = load_or_make(str(path), bytes(32))
    assert "others may read this private key" in found.warning
    assert f"chmod 600 {path}" in found.warning


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "null", '{"PrivateKey": 1}', '{"PrivateKey": "privkey:00"}', "privkey:" + RANDOM.hex(), "\xff",
        json.dumps({"PrivateKey": "nodekey:" + RANDOM.hex()}), json.dumps({"PrivateKey": "privkey:" + "0" * 64}),
        "[" * 10_000,
    ],
)  # fmt: skip
def test_a_file_without_a_key_is_one_line_and_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "relay.key"
    path.write_text(text)
    with pytest.raises(UserError, match="holds no key") as raised:
        load_or_make(str(path), RANDOM)
    assert "\n" not in raised.value.message
    assert RANDOM.hex() not in raised.value.message
    assert path.read_text() == text


def test_what_is_no_file_or_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a file"):
        load_or_make(str(tmp_path), RANDOM)
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotMeasure, match="cannot be"):
        load_or_make(str(tmp_path / "file" / "relay.key"), RANDOM)


def test_a_key_that_appears_meanwhile_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "relay.key"
    real = os.link

    def slow(source: str, target: str) -> None:
        path.write_text(DERPERS)
        path.chmod(0o600)
        real(source, target)

    monkeypatch.setattr(os, "link", slow)
    found = load_or_make(str(path), bytes(reversed(RANDOM)))
    assert (found.is_new, found.private.public) == (False, PrivateKey(RANDOM).public)
    assert os.listdir(tmp_path) == ["relay.key"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_file_is_a_key_or_one_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "relay.key"
    path.write_bytes(data)
    with pytest.raises(NatscopeError):
        load_or_make(str(path), RANDOM)
