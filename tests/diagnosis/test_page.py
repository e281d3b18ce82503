"""The offline pages: every cause has all sections, and the shipped pages are up to date."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from natscope.diagnosis.catalogue import entries
from natscope.diagnosis.page import SECTIONS, main, page, pages, read_docstring, write_pages

SHIPPED = Path(__file__).parents[2] / "docs" / "causes"


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.id)
def test_every_cause_has_its_sections(entry: Any) -> None:
    title, sections = read_docstring(entry.load())
    assert title
    assert tuple(sections) == SECTIONS
    text = page(entry.load())
    assert all(f"\n## {heading}\n" in text for heading in SECTIONS)


def test_the_shipped_pages_are_up_to_date() -> None:
    shipped = {path.name: path.read_text(encoding="utf-8") for path in SHIPPED.glob("*.md")}
    assert shipped == pages(), "run: python -m natscope.diagnosis.page docs/causes"


def test_write_pages(tmp_path: Path) -> None:
    written = write_pages(tmp_path / "new")
    assert sorted(path.name for path in written) == sorted(pages())
    assert (tmp_path / "new" / "NS-UDP-01.md").read_text(encoding="utf-8") == pages()["NS-UDP-01.md"]


def test_a_missing_or_misplaced_section_is_refused() -> None:
    cause = SimpleNamespace(id="NS-X-01")
    for wrong in ("Title.\n\nWhat it is\n    x\n", None, "\n\n".join(["T."] + [f"{s}\n    x" for s in SECTIONS[::-1]])):
        with pytest.raises(ValueError, match="NS-X-01: the docstring must have the sections"):
            read_docstring(SimpleNamespace(__doc__=wrong, CAUSE=cause))


def test_main(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "index.md").is_file()
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
