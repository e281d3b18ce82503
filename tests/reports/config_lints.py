"""Lints of settings to draw: a problem with and without a place, none, and hostile ones."""

from __future__ import annotations

from natscope.model.config_lint import SCHEMA, ConfigLint, ConfigProblem

ERROR = ConfigProblem(
    severity="error",
    code="wrong-value",
    place="tls.mode",
    message="tls.mode must be one of auto, off",
    line=8,
    column=3,
)
WARNING = ConfigProblem(
    severity="warning", code="unknown-key", place="x", message="no such setting", hint="ascii", line=2, column=1
)
WHOLE = ConfigProblem(severity="error", code="does-not-fit", place="", message="there is no --hostname")
MIXED = ConfigLint(schema=SCHEMA, source="ci/my relay.toml", kind="relay", problems=(WARNING, ERROR, ERROR, WHOLE))
CLEAN = ConfigLint(schema=SCHEMA, source="p.toml", kind="policy", problems=())


def hostile(attack: str) -> ConfigLint:
    """The same text everywhere."""
    problem = ConfigProblem(severity=attack, code=attack, place=attack, message=attack, hint=attack, line=1)
    return ConfigLint(schema=SCHEMA, source=attack, kind=attack, problems=(problem,))
