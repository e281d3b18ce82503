"""A commented configuration file with every setting, for `natscope config template`; other tables share its form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from natscope.apps.config_values import to_toml
from natscope.apps.settings import SETTINGS, Setting

_HEAD = """\
# natscope: configuration. Every line is the default; remove the # and change it.
# A flag wins over the environment, that over ./natscope.toml, that over this file, that over the system's file.
# `natscope config show --origin` prints what is in force and why.
"""


_Any = TypeVar("_Any", bound=Setting)
UNLIMITED = 1e9
"""A bound from here on is for the reader of numbers, not for people."""


def template() -> str:
    """The text of the file; it is valid TOML with and without its comment signs."""
    return commented(_HEAD, SETTINGS, _note)


def commented(head: str, settings: Iterable[_Any], note: Callable[[_Any], str]) -> str:
    """A file of any table of settings under `head`; `note` ends the comment of each."""
    blocks = [head]
    section = ""
    for setting in settings:
        if not setting.in_files:
            continue
        if setting.section != section:
            section = setting.section
            blocks.append(f"[{section}]\n")
        notes = [setting.help]
        if setting.choices:
            notes.append("one of: " + ", ".join(setting.choices))
        if 0 < setting.high < UNLIMITED:
            notes.append(f"{setting.low:g} to {setting.high:g}")
        blocks.append(f"# {'; '.join(notes)}{note(setting)}\n# {setting.key} = {to_toml(setting.default)}\n")
    return "\n".join(blocks)


def _note(setting: Setting) -> str:
    return f"{'; also in ./natscope.toml' if setting.project else ''} ({setting.variable})"
