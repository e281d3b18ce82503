"""A check's record in a file: whole, private, bounded; what is none is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from natscope.errors import UserError
from natscope.netcheck import record as bounded
from natscope.relay_check import record as recording
from natscope.relay_check.assemble import assemble
from tests.relay_check.world import Planted, Relays


def test_what_is_saved_is_read_and_judged_the_same(tmp_path: Path) -> None:
    relays = Relays(Planted(stun=False))
    seen = relays.record(stream_bytes=0)
    relays.net.close()
    path = recording.save(seen, str(tmp_path / "run1"))
    assert recording.load(str(tmp_path / "run1")) == recording.load(path) == seen
    assert assemble(recording.load(path)) == assemble(seen)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"schema": "natscope.run/1"}', "is of the form 'natscope.run/1'"),
        (b'{"schema": "natscope.derp-check-run/1", "record": {}}', "cannot be read"),
        (b'{"schema": "natscope.derp-check-run/1", "record": ' + b"[" * 100_000, "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_what_is_no_recording(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "derp-check.json"
    path.write_bytes(data)
    with pytest.raises(UserError, match=words):
        recording.load(str(tmp_path))


def test_one_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MAX_BYTES", 1024 * 1024)
    (tmp_path / "derp-check.json").write_bytes(b" " * (1024 * 1024 + 1))
    with pytest.raises(UserError, match="is larger than 1 MiB"):
        recording.load(str(tmp_path))
