"""What a relay tells its operator: one line for each thing that happened, as text or as JSON.

No line holds a client's key in full, and none a traceback.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable
from datetime import datetime

from natscope.plugins.clean import clean


class Level(enum.StrEnum):
    """How much it matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_ORDER = tuple(Level)


class Log:
    """`write` takes a whole line; `utc` is the wall clock. May be used from any thread."""

    def __init__(
        self,
        write: Callable[[str], None],
        utc: Callable[[], datetime],
        *,
        as_json: bool = False,
        least: Level = Level.INFO,
        worker: int = 0,
    ) -> None:
        """`least`: what matters less is not said. `worker`: which of several processes says it."""
        self.as_json = as_json
        self.least = least
        self._order = _ORDER.index(least)
        self._write = write
        self._utc = utc
        self._worker = worker

    def say(self, event: str, words: str, level: Level = Level.INFO, **fields: object) -> None:
        """`event` is a stable name for programs, `words` one sentence for people."""
        if _ORDER.index(level) < self._order:
            return
        if self.as_json:
            fields = {"worker": self._worker, **fields} if self._worker else fields
            record = {"time": self._utc().isoformat(timespec="milliseconds"), "level": level.value, "event": event}
            self._write(json.dumps({**record, "words": words, **fields}, default=str))
        else:
            words = f"worker {self._worker}: {words}" if self._worker else words
            self._write(clean(words if level is Level.INFO else f"{level.value}: {words}"))

    def block(self, event: str, words: str, lines: str, **fields: object) -> None:
        """Something to be copied: `lines` as they are in text, `fields` in JSON."""
        if self.as_json:
            self.say(event, words, Level.INFO, **fields)
        elif self._order == 0:
            for line in (words, *lines.splitlines()):
                self.say(event, line)

    def failed(self, part: str, error: BaseException) -> None:
        """Something beside the relay ended with an exception."""
        words = getattr(error, "message", "") or f"{type(error).__name__}: {error}"
        self.say("failed", f"{part}: {words}", Level.ERROR, part=part)
