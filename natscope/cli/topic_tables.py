"""The parts of help topics that come from tables."""

from __future__ import annotations

from natscope.apps.settings import SETTINGS
from natscope.cli.exit_codes import MEANING


def variables() -> str:
    """Each setting's variable and what it does."""
    return "\n".join(f"  {setting.variable}\n      {setting.help}" for setting in SETTINGS)


def exit_code_lines() -> str:
    """Each exit code and its meaning."""
    return "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANING.items())
