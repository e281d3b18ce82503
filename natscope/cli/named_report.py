"""A report that a user names: a file, a bundle, `-` for standard input, or `last` for this host's last netcheck."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from natscope.apps.report_file import ReadReport, read_any_report
from natscope.cli.session import Session
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.model.report import Report

LAST = "last"


def named_report(session: Session, word: str) -> ReadReport:
    """Raises `UserError`."""
    if word == LAST:
        found = last_report(session)
        if found is None:
            raise UserError(
                "there is no last report",
                hint="natscope netcheck keeps one; not of a part (--only, -4), nor with all relays on this computer",
            )
        return ReadReport(found, LAST)
    return read_any_report(word, stdin=session.console.streams.binary_input() if word == "-" else None)


def last_report(session: Session) -> Report | None:
    """What this host's last whole netcheck left, of whatever network; None where there is none to read."""
    import asyncio

    from natscope.apps.config import state_directory
    from natscope.apps.last_report import load_last
    from natscope.host.real.host import build_real_host

    host = replace(build_real_host(), environ=dict(session.environ))
    folder = state_directory(session.config, session.environ)
    last = asyncio.run(load_last(folder, host, note=session.console.warn))
    return last.report if last is not None else None
