"""docs/mesh-status.md: its screens are what is drawn, its commands parse, each key of the documents is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from natscope.cli.path_json import document as path_document
from natscope.cli.status_json import document as status_document
from natscope.mesh.overview import PeerState
from natscope.mesh.peer_path import build_path
from natscope.model.mesh_status import MeshState
from tests.cli.mesh_goldens import GOLDEN, fixed_reasons, live
from tests.docs.readme_blocks import commands, flags_in_prose
from tests.docs.test_readme import EVERYWHERE, GLOBAL_FLAGS, all_wrong
from tests.house.tree import ROOT

TEXT = (ROOT / "docs" / "mesh-status.md").read_text()
SHOWN = re.findall(r"<!-- golden: (\S+) -->\n```text\n(.*?)```", TEXT, re.DOTALL)
UPSTREAM = {"Self", "Peer", "peer"}


def test_its_commands_and_flags_exist() -> None:
    assert len(commands(TEXT)) > 6
    assert all_wrong(commands(TEXT)) == []
    ours = {flag for flag in flags_in_prose(TEXT) if flag not in ("--format=json",)}
    assert ours - GLOBAL_FLAGS - EVERYWHERE == set()


def test_its_screens_are_what_is_drawn() -> None:
    assert len(SHOWN) == 2
    for name, body in SHOWN:
        assert (ROOT / name).parent == GOLDEN
        assert body == (ROOT / name).read_text(), name


def ours(tree: Any) -> Iterator[str]:
    """Keys that are not upstream's: they begin with a small letter."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if re.fullmatch(r"[a-z_]+", key) and key not in UPSTREAM:
                yield key
            if key not in ("traffic", "counts", "rest", "details", "prediction"):
                yield from ours(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from ours(item)


def documents() -> list[Any]:
    with fixed_reasons():
        overview = live()
        view = build_path(overview, overview.lines[0], changes=())
    return [msgspec.to_builtins(document) for document in (status_document(overview), path_document(view))]


@pytest.mark.parametrize("key", sorted({key for document in documents() for key in ours(document)}))
def test_each_key_is_named(key: str) -> None:
    parts_of_fixes = {"do", "who", "effort", "duration", "undo", "verify"}
    assert key in parts_of_fixes or re.search(rf"`(natscope)?\.?{key}`", TEXT), key


@pytest.mark.parametrize("word", [*(state.value for state in PeerState), *(state.value for state in MeshState)])
def test_each_state_is_named(word: str) -> None:
    assert f"`{word}`" in TEXT
