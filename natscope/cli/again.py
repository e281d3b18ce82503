"""The options of a command line that the next command needs too, so that it looks at the same thing."""

from __future__ import annotations

import shlex

from natscope.apps.config import Config
from natscope.apps.settings import BY_NAME

MAP = ("derp_map", "offline")
WAY = (
    *MAP,
    "netcheck.family",
    "netcheck.interface",
    "netcheck.source_port",
    "netcheck.bind_address",
    "netcheck.gentle",
)
"""What a netcheck goes through. How much it measures is for the next command to say."""
MEASURED = (*WAY, "netcheck.profile", "netcheck.only", "netcheck.skip", "netcheck.timeout")
"""Also what of it is measured."""
SOCKET = ("tailscaled_socket",)
_SPELLED = {"tailscaled_socket": "--socket"}
_FAMILIES = {"4": " -4", "6": " -6"}


def again(config: Config, names: tuple[str, ...]) -> str:
    """The flags among these settings with a blank before each; empty where files, variables or defaults set them all.

    A map from standard input cannot be had again and is left out.
    """
    return "".join(_option(config, name) for name in names if config.origins[name].layer == "flag")


def _option(config: Config, name: str) -> str:
    value = config.values[name]
    if name == "netcheck.family":
        return _FAMILIES.get(str(value), "")
    if name == "derp_map" and value == "-":
        return ""
    flag = _SPELLED.get(name) or "--" + BY_NAME[name].key.replace("_", "-")
    if isinstance(value, bool):
        return f" {flag}" if value else f" --no-{flag[2:]}"
    text = ",".join(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
    return f" {flag} {shlex.quote(text)}"
