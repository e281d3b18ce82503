"""Records on disk, and the history beside them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import UserError
from natscope.netcheck import record as records
from natscope.netcheck.assemble import assemble
from natscope.netcheck.history import History, Reading, encode_history, load_history
from natscope.netcheck.link_record import LinkRecord
from natscope.netcheck.record import decode, encode, load, save
from tests.netcheck.fake_host import LINKS, World, answer
from tests.netcheck.lab import both, loaded, measure, region

RUN = measure(World(relays={**both(1, answer(0.01)), **both(2, answer(0.02))}), loaded(region(1), region(2), region(3)))


def test_a_record_survives_the_disk(tmp_path: Path) -> None:
    path = save(RUN, str(tmp_path / "new" / "folder"))
    assert load(str(tmp_path / "new" / "folder")) == RUN
    assert load(path) == RUN
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    assert [p.name for p in (tmp_path / "new" / "folder").iterdir()] == ["run.json"]


def test_the_same_record_gives_the_same_bytes() -> None:
    assert encode(decode(encode(RUN))) == encode(RUN)
    assert assemble(decode(encode(RUN))) == assemble(RUN)


def test_link_facts_survive() -> None:
    assert LinkRecord.of(LINKS).facts() == LINKS


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cannot be read"),
        (b"{}", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"schema": "natscope.report/1"}', "not 'natscope.run/1'"),
        (b'{"schema": "natscope.run/1"}', "cannot be read"),
        (b'{"schema": "natscope.run/1", "natscope": ' + b"[" * 100_000, "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_what_is_no_record_is_one_clear_line(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(data)
    with pytest.raises(UserError, match=words) as caught:
        load(str(tmp_path))
    assert "\n" not in caught.value.message


@given(st.binary(max_size=200))
def test_garbage_raises_nothing_else(data: bytes) -> None:
    with pytest.raises(UserError):
        decode(data)


def test_missing_and_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="no recording"):
        load(str(tmp_path / "nowhere"))
    monkeypatch.setattr(records, "MAX_BYTES", 10)
    (tmp_path / "run.json").write_bytes(b"x" * 11)
    with pytest.raises(UserError, match="larger"):
        load(str(tmp_path))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        save(RUN, str(tmp_path / "file"))


def test_history(tmp_path: Path) -> None:
    history = History(home=3, readings=(Reading(at=100.0, latency_s={3: 0.01}), Reading(at=500.0, latency_s={})))
    (tmp_path / "last.json").write_bytes(encode_history(history))
    assert load_history(str(tmp_path)) == history
    assert [r.at for r in history.at(600.0).readings] == [500.0]
    assert history.at(50.0).readings == (), "a clock that went back"


@pytest.mark.parametrize("data", [b"", b"{", b'{"home": "x"}', b"\xff", b"[" * 100_000])
def test_an_unreadable_history_is_none(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "last.json").write_bytes(data)
    assert load_history(str(tmp_path)) == History()
    assert load_history(str(tmp_path / "nowhere")) == History()
    assert load_history("") == History()
