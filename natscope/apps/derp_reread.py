"""A relay's settings read again while it serves: what can change does, what cannot is named and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from natscope.apps.derp_config import relay_config
from natscope.apps.derp_process import LIVE
from natscope.apps.derp_settings import SETTINGS
from natscope.apps.derp_values import Values
from natscope.errors import NatscopeError
from natscope.relay.config import RelayConfig
from natscope.relay.log import Level, Log


def merged(current: Values, fresh: Values) -> tuple[Values, tuple[str, ...]]:
    """`fresh` where a running relay can follow, `current` elsewhere; and the names of what was kept."""
    kept = tuple(
        setting.name
        for setting in SETTINGS
        if setting.name not in LIVE and fresh.values[setting.name] != current.values[setting.name]
    )
    values = {**fresh.values, **{name: current.values[name] for name in kept}}
    origins = {name: origin for name, origin in fresh.origins.items() if name not in kept}
    origins.update({name: current.origins[name] for name in kept if name in current.origins})
    return Values(values, origins), kept


class Rereading:
    """The settings in use, and how to read them again. `read` raises `UserError`."""

    def __init__(self, values: Values, read: Callable[[], Values], environ: Mapping[str, str], log: Log) -> None:
        """`values` are in use."""
        self._values = values
        self._read = read
        self._environ = environ
        self._log = log

    def again(self, apply: Callable[[RelayConfig], None]) -> None:
        """Read and `apply`, which may raise. One line where something is wrong; then everything stays as it is."""
        try:
            values, kept = merged(self._values, self._read())
            apply(relay_config(values, self._environ))
        except NatscopeError as error:
            self._log.say("settings", f"the settings stay as they are: {error.message}", Level.WARNING)
            return
        changed = [name for name in values.values if values.values[name] != self._values.values[name]]
        self._values = values
        if changed:
            self._log.say("settings", f"other settings are in use: {', '.join(changed)}", changed=changed)
        if kept:
            words = f"not without a restart: {', '.join(kept)} stay as they are"
            self._log.say("settings-kept", words, Level.WARNING, kept=list(kept))
