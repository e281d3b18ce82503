"""The JSON Schemas of the documents that natscope prints, generated from the model.

`python -m natscope_reports._schema` writes the shipped files again after a change of the model.
"""

from __future__ import annotations

import inspect
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from natscope.model import config_lint, derp_check, doctor, map_lint, pair_report, policy_check, preflight, report

FOLDER = Path(__file__).parent / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Shape:
    """A document: the module that describes it, with its `SCHEMA`, and its type."""

    model: ModuleType
    document: type[msgspec.Struct]

    @property
    def title(self) -> str:
        """`natscope.report/1`, what stands in the document itself."""
        return str(self.model.SCHEMA)

    @property
    def file(self) -> Path:
        """The shipped file, `natscope.report-1.json`."""
        return FOLDER / f"{self.title.replace('/', '-')}.json"

    @property
    def id(self) -> str:
        """A name that leads nowhere."""
        return f"urn:natscope:schema:{self.title.replace('/', ':')}"


REPORT = Shape(report, report.Report)
DERP_CHECK = Shape(derp_check, derp_check.DerpCheck)
DOCTOR = Shape(doctor, doctor.DoctorReport)
PREFLIGHT = Shape(preflight, preflight.Preflight)
POLICY_CHECK = Shape(policy_check, policy_check.PolicyCheck)
MAP_LINT = Shape(map_lint, map_lint.MapLint)
PAIR = Shape(pair_report, pair_report.PairReport)
CONFIG_LINT = Shape(config_lint, config_lint.ConfigLint)
SHAPES = (REPORT, DERP_CHECK, DOCTOR, PREFLIGHT, POLICY_CHECK, MAP_LINT, PAIR, CONFIG_LINT)


def build(shape: Shape = REPORT) -> dict[str, Any]:
    """The schema as a document of JSON Schema 2020-12. Descriptions are the classes' docstrings."""
    (reference,), components = msgspec.json.schema_components([shape.document], ref_template="#/$defs/{name}")
    definitions = {name: _described(part) for name, part in sorted(components.items())}
    definitions[shape.document.__name__]["properties"]["schema"] = {"const": shape.title}
    return {
        "$schema": DIALECT,
        "$id": shape.id,
        "title": shape.title,
        "description": inspect.cleandoc(shape.model.__doc__ or ""),
        **reference,
        "$defs": definitions,
    }


def text(shape: Shape = REPORT) -> str:
    """The shipped file."""
    return json.dumps(build(shape), indent=2, ensure_ascii=False) + "\n"


def _described(part: dict[str, Any]) -> dict[str, Any]:
    """Docstrings without their indentation."""
    if "description" in part:
        part = part | {"description": inspect.cleandoc(part["description"])}
    return part


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in SHAPES:
        each.file.write_text(text(each), encoding="utf-8")
        sys.stdout.write(f"{each.file.name} written\n")
