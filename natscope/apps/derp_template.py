"""A commented configuration file with every setting of a relay, for `natscope derp serve --print-config`."""

from __future__ import annotations

from natscope.apps.config_template import commented
from natscope.apps.derp_settings import SETTINGS, RelaySetting

_HEAD = """\
# natscope derp serve --config FILE. Every line is the default; remove the # and change it.
# A flag wins over this file. SIGHUP reads it again, and the files that it names; what needs a restart is then told.
"""


def template() -> str:
    """The text of the file; it is valid TOML with and without its comment signs."""
    return commented(_HEAD, SETTINGS, _note)


def _note(setting: RelaySetting) -> str:
    return f" ({setting.flag})" if setting.flag else ""
