"""What a command reads is not what it may write over: found out before anything is measured."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from natscope.cli.output import descriptor_of
from natscope.errors import UserError

STDIN = 0
MEASURING = {
    "derp_map": "--derp-map",
    "profile": "--profile",
    "full": "--full",
    "only": "--only",
    "skip": "--skip",
    "timeout": "--timeout",
    "offline": "--offline",
    "record": "--record",
    "https": "--https",
    "icmp": "--icmp",
    "hairpin": "--hairpin",
    "lifetime": "--lifetime",
    "udp_rate": "--udp-rate",
    "cross_check": "--cross-check",
    "gentle": "--gentle",
    "only_v4": "-4",
    "only_v6": "-6",
    "interface": "--interface",
    "source_port": "--source-port",
    "bind_address": "--bind-address",
    "pcap": "--pcap",
}
"""Options that say how to measure, which a file and a recording were already."""
_SWITCHES = frozenset({"full", "only_v4", "only_v6"})
"""Those that are False, not None, where nobody gave them."""


def check_keeps(place: str, sources: Iterable[str], what: str) -> None:
    """`place` is none of the files that `what` is made from. Raises `UserError`.

    A source is a file, the folder of a recording, or `-` for what standard input is redirected to.
    """
    if place in ("", "-") or not os.path.isfile(place) or descriptor_of(place) is not None:
        return
    found = os.stat(place)
    if any(_is_made_from(found, source) for source in sources):
        raise UserError(f"{place} is what the {what} is made from", hint="name another file with -o")


def check_apart(place: str, folder: str, file_name: str) -> None:
    """`place` is not the file that a recording in `folder` will be. Raises `UserError`."""
    if place in ("", "-") or not folder:
        return
    if os.path.realpath(place) == os.path.realpath(os.path.join(folder, file_name)):
        raise UserError(f"{place} is where the recording goes", hint="name another file with -o")


def check_measured(given: Mapping[str, object], source: str, table: Mapping[str, str] = MEASURING) -> None:
    """No option says how to measure what `source` holds measured. Raises `UserError`."""
    for name, spelling in table.items():
        value = given.get(name)
        if value in (None, "", [], ()) or (value is False and name in _SWITCHES):
            continue
        spelt = f"--no-{spelling.removeprefix('--')}" if value is False else spelling
        raise UserError(f"{spelt} is for measuring, and {source} was measured already", hint="leave one out")


def _is_made_from(place: os.stat_result, source: str) -> bool:
    """Whether a file is the source, or one of a recording's folder."""
    if not source:
        return False
    try:
        if source == "-":
            return os.path.samestat(os.fstat(STDIN), place)
        if not os.path.isdir(source):
            return os.path.samestat(os.stat(source), place)
    except (OSError, ValueError):
        return False
    from natscope.netcheck.record import FILE_NAME as RUN
    from natscope.relay_check.record import FILE_NAME as CHECK

    return any(_is_made_from(place, os.path.join(source, name)) for name in (RUN, CHECK))
