"""docs/relay-check.md: every finding, step and metric is on it, its commands parse, its sample is what is printed."""

from __future__ import annotations

import configparser
import re

import pytest
import yaml

from natscope.model.derp_check import StepName
from natscope.relay_check.meanings import MEANINGS
from natscope.relay_check.metrics import PREFIX, Totals, check_metrics
from tests.docs.readme_blocks import blocks, commands, flags_in_prose
from tests.docs.test_readme import EVERYWHERE, GLOBAL_FLAGS, wrong
from tests.house.tree import ROOT
from tests.reports.derp_check_goldens import GOLDEN
from tests.reports.derp_check_scenes import load

TEXT = (ROOT / "docs" / "relay-check.md").read_text()
AT = 1_767_225_600.0


def lines_of_others() -> list[list[str]]:
    """Command lines of natscope inside cron, systemd and CI."""
    bodies = [body for kind in ("cron", "ini", "yaml") for body in blocks(TEXT, kind)]
    found = re.findall(r"natscope (derp [^|>\n]*)", "\n".join(bodies))
    return [["natscope", *line.split()] for line in found]


def test_every_command_and_its_flags_exist() -> None:
    assert len(commands(TEXT)) > 6
    assert len(lines_of_others()) == 5
    assert [words for words in (*commands(TEXT), *lines_of_others()) if wrong(words[: _end(words)])] == []
    assert flags_in_prose(TEXT) - GLOBAL_FLAGS - EVERYWHERE - {"-vv"} == set()


def _end(words: list[str]) -> int:
    return words.index(">>") if ">>" in words else len(words)


def test_every_finding_has_its_row() -> None:
    rows = re.findall(r"^\| \[?(NS-[A-Z]+-\d\d)[^|]*\|([^|]+)\|([^|]+)\|([^|]+)\|$", TEXT, re.MULTILINE)
    assert {name for name, *_ in rows} == set(MEANINGS)
    assert len(rows) == len(MEANINGS)
    assert all(cell.strip() for row in rows for cell in row)


@pytest.mark.parametrize("name", MEANINGS)
def test_a_finding_links_to_its_page_where_there_is_one(name: str) -> None:
    page = (ROOT / "docs" / "causes" / f"{name}.md").exists()
    assert (f"[{name}](causes/{name}.md)" in TEXT) == page


def test_every_step_is_explained() -> None:
    section = TEXT.partition("## What is looked at")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", section, re.MULTILINE) == [str(step) for step in StepName]


def test_every_metric_is_listed_and_no_other() -> None:
    totals = Totals(load("region"), AT, runs=1)
    real = {family.name.removeprefix(PREFIX) for family in check_metrics(totals)}
    table = TEXT.partition("| metric (after")[2].partition("\n\n")[0]
    listed = {name for row in table.splitlines()[2:] for name in re.findall(r"`([a-z_0-9]+)`", row.split("|")[1])}
    assert listed == real
    assert set(re.findall(rf"{PREFIX}([a-z_]+)", "".join(blocks(TEXT, "yaml")))) <= real


def test_the_sample_is_what_is_printed() -> None:
    [sample] = blocks(TEXT, "text")
    assert sample == (GOLDEN / "many.txt").read_text(encoding="utf-8")


def test_units_and_yaml_can_be_read() -> None:
    for body in blocks(TEXT, "ini"):
        configparser.ConfigParser(strict=True, interpolation=None).read_string(body)
    assert [type(yaml.safe_load(body)) for body in blocks(TEXT, "yaml")] == [dict, dict]


def test_links_lead_somewhere() -> None:
    titles = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXT.replace("\n  ", " ")):
        path, _, anchor = target.partition("#")
        if path:
            assert (ROOT / "docs" / path).exists(), target
        else:
            assert anchor in anchors, target
