"""A table of foreign and own texts, and the notes below it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One text. `judgement`: good, normal, look, bad or empty. `is_name`: an address, a name, an id: drawn as code."""

    text: str
    judgement: str = ""
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`anchor` is unique on a page and made of letters and dashes; `note` stands beside the title."""

    anchor: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    notes: tuple[str, ...] = ()
