"""A commented configuration file with every setting, for `natscope config template`."""

from __future__ import annotations

from natscope.apps.config_values import to_toml
from natscope.apps.settings import SETTINGS, Setting

_HEAD = """\
# natscope: configuration. Every line is the default; remove the # and change it.
# A flag wins over the environment, that over ./natscope.toml, that over this file, that over the system's file.
# `natscope config show --origin` prints what is in force and why.
"""


def template() -> str:
    """The text of the file; it is valid TOML with and without its comment signs."""
    blocks = [_HEAD]
    section = ""
    for setting in SETTINGS:
        if not setting.in_files:
            continue
        if setting.section != section:
            section = setting.section
            blocks.append(f"[{section}]\n")
        blocks.append(_block(setting))
    return "\n".join(blocks)


def _block(setting: Setting) -> str:
    notes = [setting.help]
    if setting.choices:
        notes.append("one of: " + ", ".join(setting.choices))
    if setting.high:
        notes.append(f"{setting.low:g} to {setting.high:g}")
    if setting.project:
        notes.append("also in ./natscope.toml")
    return f"# {'; '.join(notes)} ({setting.variable})\n# {setting.key} = {to_toml(setting.default)}\n"
