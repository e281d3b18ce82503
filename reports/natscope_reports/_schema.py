"""The JSON Schema of the report, generated from the model.

`python -m natscope_reports._schema` writes the shipped file again after a change of the model.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from natscope.model import report as model

FILE = Path(__file__).parent / "schema" / "natscope.report-1.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "urn:natscope:schema:natscope.report:1"


def build() -> dict[str, Any]:
    """The schema as a document of JSON Schema 2020-12. Descriptions are the classes' docstrings."""
    (reference,), components = msgspec.json.schema_components([model.Report], ref_template="#/$defs/{name}")
    definitions = {name: _described(part) for name, part in sorted(components.items())}
    definitions["Report"]["properties"]["schema"] = {"const": model.SCHEMA}
    return {
        "$schema": DIALECT,
        "$id": ID,
        "title": model.SCHEMA,
        "description": inspect.cleandoc(model.__doc__ or ""),
        **reference,
        "$defs": definitions,
    }


def text() -> str:
    """The shipped file."""
    return json.dumps(build(), indent=2, ensure_ascii=False) + "\n"


def _described(part: dict[str, Any]) -> dict[str, Any]:
    """Docstrings without their indentation."""
    if "description" in part:
        part = part | {"description": inspect.cleandoc(part["description"])}
    return part


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name} written\n")
