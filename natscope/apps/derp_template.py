"""A commented configuration file with every setting of a relay, for `natscope derp serve --print-config`."""

from __future__ import annotations

from natscope.apps.config_values import to_toml
from natscope.apps.derp_settings import SETTINGS, RelaySetting

_HEAD = """\
# natscope derp serve --config FILE. Every line is the default; remove the # and change it.
# A flag wins over this file. SIGHUP reads certificates, the rate file and the names again.
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


def _block(setting: RelaySetting) -> str:
    notes = [setting.help]
    if setting.choices:
        notes.append("one of: " + ", ".join(setting.choices))
    if setting.high and setting.high < 1e9:
        notes.append(f"{setting.low:g} to {setting.high:g}")
    flag = f" ({setting.flag})" if setting.flag else ""
    return f"# {'; '.join(notes)}{flag}\n# {setting.key} = {to_toml(setting.default)}\n"
