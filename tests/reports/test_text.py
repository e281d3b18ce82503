"""The format `text` is for terminals, and its import stays cheap."""

from __future__ import annotations

import subprocess
import sys

from natscope_reports.text import FORMAT


def test_format() -> None:
    assert (FORMAT.name, FORMAT.for_terminal, FORMAT.media_type) == ("text", True, "text/plain")


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, natscope_reports.text; print({'rich', 'asyncio', 'typer', 'ssl'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
