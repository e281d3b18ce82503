"""Reads a map's bytes and insists that something in it can be measured."""

from __future__ import annotations

from natscope.errors import UserError
from natscope.model.relay_map import MapProblem
from natscope.wire.relay_map_form import read_relay_map
from natscope.wire.relay_map_reading import Reading


def read_usable_map(data: bytes, name: str, *, form_name: str = "") -> Reading:
    """Read a map; `form_name` (else `name`) tells its form. Raises `UserError`, which calls the map `name`, when it is
    none or nothing in it can be used.
    """
    try:
        reading = read_relay_map(data, name=form_name or name)
    except UserError as error:
        raise UserError(f"{name} {error.message}", hint=error.hint) from None
    if not reading.relay_map.regions:
        raise _nothing_usable(reading, name)
    return reading


def without_unknown_fields(problems: tuple[MapProblem, ...]) -> tuple[MapProblem, ...]:
    """Without the fields that we do not know: a map that others maintain may gain some."""
    return tuple(problem for problem in problems if problem.code != "unknown-field")


def _nothing_usable(reading: Reading, name: str) -> UserError:
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    if not errors:
        return UserError(f"{name} has no relay: all its regions are null")
    first = errors[0]
    where = f"line {first.line}: " if first.line else f"{first.place}: "
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    count = f"its {reading.total_regions} regions" if reading.total_regions > 1 else "its region"
    message = f"{name}: no relay can be used: {count}: {where}{first.message}{more}"
    return UserError(message, hint="each mistake: natscope derp map lint FILE")
