"""Settings of a relay that are read again: what may change, what is kept and named, what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from natscope.apps.derp_process import LIVE
from natscope.apps.derp_reread import Rereading, merged
from natscope.apps.derp_settings import BY_NAME
from natscope.apps.derp_values import Values, read_file, settle
from natscope.apps.derper_flags import Meaning
from natscope.errors import UserError
from natscope.host.real.host import build_real_host
from natscope.machines.helper.trains import MAX_RATE
from natscope.relay.config import RelayConfig, StunConfig
from natscope.relay.log import Log


class File:
    """A configuration file, one flag beside it, and what is applied and said."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.write(text)
        self.lines: list[str] = []
        self.applied: list[RelayConfig] = []
        self.refusal = ""
        log = Log(self.lines.append, build_real_host().clock.utc)
        self.rereading = Rereading(self.read(), self.read, {"HOME": str(path.parent)}, log)

    def write(self, text: str) -> None:
        self.path.write_text(text)

    def read(self) -> Values:
        return settle({"tls.mode": "off", "drain": "7"}, Meaning(), read_file(str(self.path)))

    def apply(self, config: RelayConfig) -> None:
        if self.refusal:
            raise UserError(self.refusal)
        self.applied.append(config)

    def again(self, text: str) -> list[str]:
        """What is said after a change of the file."""
        self.write(text)
        self.lines.clear()
        self.rereading.again(self.apply)
        return self.lines


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path / "derp.toml", 'home = "blank"\n')


def test_every_live_setting_exists() -> None:
    assert set(BY_NAME) > LIVE
    assert StunConfig().trains == MAX_RATE


def test_what_may_change_changes_and_a_flag_still_wins(file: File) -> None:
    text = 'home = "https://example.org/"\ndrain = 60\n[limits]\naccept_rate = 7\n'
    assert file.again(text) == ["other settings are in use: home, limits.accept_rate"]
    [config] = file.applied
    assert (config.home, config.limits.accept_rate, config.drain_s) == ("https://example.org/", 7, 7)


def test_nothing_new_is_applied_and_not_said(file: File) -> None:
    assert file.again('home = "blank"\n') == []
    assert len(file.applied) == 1


def test_what_wants_a_restart_is_named_in_one_line_and_kept(file: File) -> None:
    lines = file.again('listen = [":1"]\nmetrics = "127.0.0.1:1"\nkey_file = "x"\nhome = ""\n')
    assert lines == [
        "other settings are in use: home",
        "warning: not without a restart: listen, key_file, metrics stay as they are",
    ]
    [config] = file.applied
    assert [end.port for end in config.listen] == [443, 443]
    assert config.metrics is None
    assert "key_file" not in file.again('listen = [":1"]\n')[0]  # named as long as the file asks for it


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("home = ", "derp.toml"),
        ("hom = 1\n", 'no setting "hom"'),
        ('home = "x y"\n', "is not blank"),
        ('[mesh]\nwith = ["a"]\n', "share a key"),
        ('trusted_proxies = ["x"]\n', "no address"),
    ],
)
def test_a_broken_file_is_one_line_and_changes_nothing(file: File, text: str, words: str) -> None:
    [line] = file.again(text)
    assert line.startswith("warning: the settings stay as they are: ")
    assert words in line
    assert file.applied == []
    assert file.again('home = "blank"\n') == []


def test_what_cannot_be_applied_is_one_line_and_asked_again_the_next_time(file: File) -> None:
    file.refusal = "mesh.key: a mesh key has 64 hex digits"
    assert file.again('home = ""\n') == [f"warning: the settings stay as they are: {file.refusal}"]
    file.refusal = ""
    assert file.again('home = ""\n') == ["other settings are in use: home"]


def test_a_file_that_is_gone(file: File) -> None:
    file.path.unlink()
    file.rereading.again(file.apply)
    assert "no such file" in file.lines[-1]


def test_origins_follow_their_values(file: File) -> None:
    fresh = settle({}, Meaning(), None)
    values, kept = merged(file.read(), fresh)
    assert kept == ("tls.mode",)
    assert (values.origin("tls.mode"), values.origin("home")) == ("--tls", "home")
