"""The promise of `natscope.report/1` and `natscope.pair/1`: what an earlier version wrote is read and drawn, and
nothing is taken away.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from natscope.cli.pair_text import draw
from natscope.cli.pen import Pen
from natscope.diagnosis.engine import diagnose
from natscope.model.pair_report import PairReport
from natscope.plugins.report_format import RenderOptions
from natscope.wire.report_json import decode_report
from natscope_reports._schema import PAIR, REPORT, Shape
from tests.reports.test_format_contract import FORMATS

KEPT = Path(__file__).parents[2] / "fixtures" / "compat"
REPORTS = sorted(path for path in KEPT.glob("*.json") if not path.name.endswith(".schema.json"))
PAIRS = sorted((KEPT / "pair").glob("*.json"))


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_kept_report_is_read_drawn_and_judged(path: Path) -> None:
    report = decode_report(path.read_bytes())
    assert report.verdict.sentence
    assert {finding.id for finding in report.findings} <= {finding.id for finding in diagnose(report).findings}
    for module in FORMATS:
        assert module.render(report, RenderOptions())


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_a_kept_pair_is_read_drawn_and_valid(path: Path) -> None:
    jsonschema.Draft202012Validator(json.loads(PAIR.file.read_bytes())).validate(json.loads(path.read_bytes()))
    pair = msgspec.json.decode(path.read_bytes(), type=PairReport)
    assert pair.sentence in " ".join(" ".join(draw(pair, 0, Pen(80, False, False))).split())


def test_pairs_of_every_kind_are_kept() -> None:
    kept = [msgspec.json.decode(path.read_bytes(), type=PairReport) for path in PAIRS]
    assert {pair.prediction.path for pair in kept} == {"direct", "relay", "unknown"}
    assert {pair.this.by for pair in kept} == {"natscope", "tailscale"}


@pytest.mark.parametrize("shape", [REPORT, PAIR], ids=lambda shape: shape.title)
def test_nothing_was_taken_away_and_no_type_changed(shape: Shape) -> None:
    before = json.loads((KEPT / shape.file.name.replace(".json", ".schema.json")).read_bytes())["$defs"]
    after = json.loads(shape.file.read_bytes())["$defs"]
    assert shape.document.__name__ in before
    assert [wrong for name in before for wrong in taken_away(name, before[name], after.get(name, {}))] == []


def taken_away(name: str, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Properties, values of enumerations and types that are not there any more, and keys that became compulsory."""
    wrong = []
    old, new = before.get("properties", {}), after.get("properties", {})
    wrong += [f"{name}.{key} is gone" for key in old.keys() - new.keys()]
    wrong += [f"{name} lacks {value}" for value in set(before.get("enum", ())) - set(after.get("enum", ()))]
    wrong += [
        f"{name}.{key} is compulsory now" for key in set(after.get("required", ())) - set(before.get("required", ()))
    ]
    for key in old.keys() & new.keys():
        kinds = [{part: told for part, told in side[key].items() if part != "default"} for side in (old, new)]
        if kinds[0] != kinds[1] and "enum" not in kinds[0]:
            wrong.append(f"{name}.{key} is another type now")
    return wrong


def test_a_broken_promise_would_be_seen() -> None:
    before = {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
    assert taken_away("X", before, {"properties": {"b": {"type": "string"}}, "required": ["a", "b"]}) == [
        "X.a is gone",
        "X.b is compulsory now",
        "X.b is another type now",
    ]
    assert taken_away("X", {"enum": ["yes", "no"]}, {"enum": ["yes"]}) == ["X lacks no"]
