"""docs/relay.md: every command parses, every setting and file exists, the maps are good maps."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from natscope.apps.derp_settings import BY_NAME
from natscope.apps.derp_values import read_file
from natscope.apps.derper_flags import FLAGS
from natscope.wire.relay_map_json import read_relay_map_json
from natscope.wire.relay_map_lint import lint
from natscope.wire.relay_map_yaml import read_relay_map_yaml
from tests.docs.readme_blocks import blocks, commands, flags_in_prose
from tests.docs.test_readme import EVERYWHERE, GLOBAL_FLAGS, wrong
from tests.house.tree import ROOT

TEXT = (ROOT / "docs" / "relay.md").read_text()
PLACES = ("python3", "/opt/natscope/bin/pip", "install", "systemctl", "podman", "podman-compose", "openssl")
"""Programs of others that the page's commands begin with."""
ALLOWED = {"single-region"}
"""What may be said about the page's map: it has one region."""


def ours() -> list[list[str]]:
    """Commands of natscope, whatever folder they stand in."""
    found = []
    for words in commands(TEXT):
        if words[0] not in PLACES:
            assert words[0].rpartition("/")[2] in ("natscope", "make"), words
            cut = words.index(">") if ">" in words else len(words)
            found.append([words[0].rpartition("/")[2], *words[1:cut]])
    return found


def test_every_command_and_its_flags_exist() -> None:
    assert len(ours()) > 10
    derpers = {f"-{name}" for name in FLAGS}
    assert [words for words in ours() if wrong([w for w in words if w not in derpers])] == []


def test_flags_in_running_text_exist() -> None:
    derpers = {f"-{name}" for name in FLAGS}
    known = GLOBAL_FLAGS | EVERYWHERE | derpers | {f"-{flag}" for flag in derpers}
    assert {flag for flag in flags_in_prose(TEXT) if flag.partition("=")[0] not in known} == set()


@pytest.mark.parametrize("block", blocks(TEXT, "toml"))
def test_settings_are_settings(block: str, tmp_path: Path) -> None:
    (tmp_path / "derp.toml").write_text(block)
    assert read_file(str(tmp_path / "derp.toml")).values
    assert tomllib.loads(block)


def test_settings_in_running_text_exist() -> None:
    prose = re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    dotted = {name for name in re.findall(r"`([a-z_]+\.[a-z_]+)`", prose) if not name.startswith("derp.")}
    assert dotted - set(BY_NAME) == set()
    assert {f"tls.{name}" for name in re.findall(r"`(acme_[a-z_]+)`", prose)} - set(BY_NAME) == set()


def test_both_maps_are_good_and_the_same() -> None:
    [as_json], [as_yaml] = blocks(TEXT, "json"), blocks(TEXT, "yaml")
    first, second = read_relay_map_json(as_json.encode()), read_relay_map_yaml(as_yaml.encode())
    assert first.relay_map == second.relay_map
    for reading in (first, second):
        found = {problem.code for problem in (*reading.problems, *lint(reading))}
        assert found <= ALLOWED


def test_links_and_files_exist() -> None:
    titles = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXT.replace("\n  ", " ")):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (ROOT / "docs" / target).exists(), target
    for path in re.findall(r"\bpackaging/[\w./-]+\w", TEXT):
        assert (ROOT / path).exists(), path
