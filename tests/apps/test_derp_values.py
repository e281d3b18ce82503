"""Layers of a relay's settings, and its file: what is wrong is one line with its place."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from natscope.apps.derp_settings import BY_NAME, SETTINGS
from natscope.apps.derp_template import template
from natscope.apps.derp_values import FileValues, read_file, settle
from natscope.apps.derper_flags import Meaning
from natscope.errors import UserError


def file_of(folder: Path, text: str) -> FileValues:
    path = folder / "relay.toml"
    path.write_text(text)
    return read_file(str(path))


def test_layers() -> None:
    file = FileValues({"drain": 2.0, "home": "blank", "http": ":81"}, {"drain": "f:1: drain", "home": "f:2: home"})
    meaning = Meaning({"home": "https://a.test"}, {"http": ":80", "relay": False}, {"home": "-home https://a.test"})
    values = settle({"drain": "3"}, meaning, file)
    assert values.number("drain") == 3.0
    assert values.text("home") == "https://a.test"
    assert values.text("http") == ":81"
    assert values.switch("relay") is False
    assert values.origin("home") == "-home https://a.test"
    assert values.origin("drain") == "--drain"
    assert values.is_set("relay")
    assert not values.is_set("workers")


def test_a_file(tmp_path: Path) -> None:
    values = file_of(
        tmp_path,
        'listen = ":8443"\ndrain = 1\n[stun]\nrate = 9\nlisten = ["127.0.0.1:3478"]\n[mesh]\nwith = ["a.test"]\n',
    ).values
    assert values == {
        "listen": (":8443",), "drain": 1.0, "stun.rate": 9.0, "stun.listen": ("127.0.0.1:3478",),
        "mesh.with": ("a.test",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lisen = 1", r':1: no setting "lisen"\. Did you mean listen\?'),
        ("\n[stunn]\nrate = 1", r":2: no table \[stunn\]\. Did you mean stun\?"),
        ("[stun]\nrat = 1", r':2: no setting "stun\.rat"\. Did you mean stun\.rate\?'),
        ("drain = true", r":1: drain must be a number without quotes, not true"),
        ("drain = 601", r":1: drain must be between 0 and 600"),
        ('[tls]\nmode = "magic"', r":2: tls\.mode must be one of auto"),
        ("[mesh]\nkey = 'ab'", r':2: no setting "mesh\.key"'),
        ("listen = [1]", r":1: listen must be a list of names"),
        ("= 1", r": invalid"),
        ("a." * 16_000 + "b = 1", ":1: has a key of more than 100 parts"),
        ("drain = " + "9" * 5000, ":1: has a number that is far too large"),
        ("drain = 0x" + "f" * 9999, r":1: drain must be between 0 and 600, not a number that is far too large"),
        ("a = " + "[" * 5000, r": is nested too deeply|: invalid"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=rf"relay\.toml{message}") as raised:
        file_of(tmp_path, text)
    assert "\n" not in raised.value.message


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_file(str(tmp_path / "none.toml"))
    with pytest.raises(UserError, match="is not a file"):
        read_file(str(tmp_path))
    (tmp_path / "latin.toml").write_bytes(b"home = '\xff'")
    with pytest.raises(UserError, match="UTF-8"):
        read_file(str(tmp_path / "latin.toml"))


def test_the_template_is_a_file_with_every_default(tmp_path: Path) -> None:
    text = template()
    assert tomllib.loads(text) == {name: {} for name in tomllib.loads(text)}
    bare = "\n".join(
        line.removeprefix("# ") if " = " in line and line.startswith("# ") else line for line in text.splitlines()
    )
    values = file_of(tmp_path, bare).values
    assert values == {setting.name: setting.default for setting in SETTINGS if setting.in_files}


def test_a_flag_that_does_not_fit_names_itself() -> None:
    with pytest.raises(UserError, match=r"^--workers must be a whole number"):
        settle({"workers": "many"}, Meaning(), None)


def test_every_flag_is_known_once() -> None:
    flags = [setting.flag for setting in SETTINGS if setting.flag]
    assert len(flags) == len(set(flags))
    assert len(BY_NAME) == len(SETTINGS)
