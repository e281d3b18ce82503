"""The catalogue of causes: found by file name, imported when used.

`causes/udp/udp_01_all_blocked.py` is NS-UDP-01. A new cause is a new file and nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, cast

from natscope.diagnosis import causes
from natscope.diagnosis.cause import Cause, Support
from natscope.diagnosis.facts import Facts
from natscope.errors import UserError

_FILE = re.compile(r"(?P<group>[a-z0-9]+)_(?P<number>\d\d)_[a-z0-9_]+")


class CauseModule(Protocol):
    """What a file in `causes/` defines; its docstring is the page."""

    __doc__: str | None
    CAUSE: Cause

    def evidence(self, facts: Facts) -> Support:
        """What speaks for the cause."""
        ...

    def against(self, facts: Facts) -> Support:
        """What contradicts it."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A cause that is there: its id and the module that would be imported for it."""

    id: str
    module: str

    def load(self) -> CauseModule:
        """Import the cause."""
        return cast(CauseModule, importlib.import_module(self.module))


def entries() -> tuple[Entry, ...]:
    """All causes in the order of their ids; imports none of them."""
    return tuple(sorted(_found()))


def find(cause_id: str) -> Entry:
    """The cause with that id, in any case, with or without `NS-`; raises `UserError` for others."""
    wanted = canonical(cause_id)
    for entry in entries():
        if entry.id == wanted:
            return entry
    raise UserError(f"no cause {cause_id!r}", hint="natscope explain --list has all of them")


def canonical(cause_id: str) -> str:
    """An id as the catalogue spells it: `udp-01` is NS-UDP-01."""
    return f"NS-{cause_id.upper().removeprefix('NS-')}"


def _found() -> Iterator[Entry]:
    for group in pkgutil.iter_modules(causes.__path__):
        folders = [f"{path}/{group.name}" for path in causes.__path__]
        for module in pkgutil.iter_modules(folders):
            match = _FILE.fullmatch(module.name)
            if match is not None and match["group"] == group.name:
                cause_id = f"NS-{match['group'].upper()}-{match['number']}"
                yield Entry(cause_id, f"{causes.__name__}.{group.name}.{module.name}")
