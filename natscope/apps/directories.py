"""Where configuration, state and cache live on this system.

On Linux the XDG rules are followed by hand, with the same answers as platformdirs (a test compares them), because
importing platformdirs costs as much as a quarter of the start-up budget; elsewhere platformdirs is asked.
"""

from __future__ import annotations

import os.path
import sys
from collections.abc import Mapping

APP = "natscope"
PROJECT_FILE = "natscope.toml"

_XDG = {
    "config": ("XDG_CONFIG_HOME", ".config"),
    "state": ("XDG_STATE_HOME", os.path.join(".local", "state")),
    "cache": ("XDG_CACHE_HOME", ".cache"),
}


def user_directory(kind: str, environ: Mapping[str, str]) -> str:
    """The user's `config`, `state` or `cache` directory for natscope; it need not exist."""
    if not sys.platform.startswith("linux"):
        import platformdirs

        return str(getattr(platformdirs, f"user_{kind}_dir")(APP, appauthor=False))
    variable, default = _XDG[kind]
    parent = environ.get(variable, "").strip()
    if not parent:
        home = environ.get("HOME", "") or os.path.expanduser("~")
        parent = os.path.join(home, default)
    return os.path.join(parent, APP)


def user_config_file(environ: Mapping[str, str]) -> str:
    """The user's configuration file."""
    return os.path.join(user_directory("config", environ), "config.toml")


def system_config_file(environ: Mapping[str, str]) -> str:
    """The configuration file for all users of this computer."""
    if not sys.platform.startswith("linux"):
        import platformdirs

        return os.path.join(platformdirs.site_config_dir(APP, appauthor=False), "config.toml")
    return "/etc/natscope/config.toml"


def project_config_file(cwd: str) -> str:
    """The file of the repository one stands in; it may set a few harmless keys only."""
    return os.path.join(cwd, PROJECT_FILE)
