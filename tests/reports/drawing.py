"""Draws one part of the terminal report on a sheet of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from natscope.model.report import Report
from natscope.plugins.report_format import RenderOptions
from natscope_reports._text.ink import Sheet
from tests.reports.scenes import load


def scene(name: str, **changes: Any) -> Report:
    """A stored report with some fields replaced."""
    return msgspec.structs.replace(load(name), **changes)


def lines(part: Callable[[Sheet, Report], None], report: Report, **options: Any) -> list[str]:
    """The lines of one part without colour."""
    sheet = Sheet(RenderOptions(**options))
    part(sheet, report)
    return sheet.render().splitlines()
