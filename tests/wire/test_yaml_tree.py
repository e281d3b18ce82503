"""YAML as plain values: the values of a safe loader, places of the text, and nothing that grows."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import UserError
from natscope.wire import yaml_tree
from natscope.wire.yaml_tree import MAX_DEPTH, YamlScalar, read_yaml
from tests.wire.relay_maps import HOSTILE

values = st.recursive(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029"), max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdefgh", min_size=1, max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.text if isinstance(value, YamlScalar) else "" if value is None else value


@given(values, st.sampled_from([None, True, False]))
def test_the_values_of_the_text(value: Any, flow: Any) -> None:
    assert plain(read_yaml(yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)).value) == value


def test_quoted_and_tagged_scalars_are_told_apart() -> None:
    tree = read_yaml("[1, '1', !!str 1, !!int 1, ~, 'null', |-\n  1\n]".replace("|-\n  1\n", '"1"'))
    assert tree.value == [
        YamlScalar("1", True), YamlScalar("1", False), YamlScalar("1", False), YamlScalar("1", True), None,
        YamlScalar("null", False), YamlScalar("1", False),
    ]  # fmt: skip


def test_places() -> None:
    spot = read_yaml("a:\n  - b\n  - C: d\n").spot
    assert spot is not None
    a = spot.inside["a"]
    assert (a.key, a.key_line, a.key_column) == ("a", 1, 1)
    inner = a.inside["1"].inside["c"]
    assert (inner.key, inner.key_line, inner.key_column, inner.line, inner.column) == ("C", 3, 5, 3, 8)


def test_aliases_share_what_they_name() -> None:
    value = read_yaml("{a: &x [1], b: *x}").value
    assert isinstance(value, dict)
    assert value["a"] is value["b"]


def test_what_is_written_wins_over_what_is_merged() -> None:
    tree = read_yaml("- &x {a: 1, b: 2}\n- &y {b: 3, c: 4}\n- <<: [*x, *y]\n  a: 5\n")
    assert plain(tree.value)[2] == {"a": "5", "b": "2", "c": "4"}


def test_keys_that_stand_twice() -> None:
    tree = read_yaml("a:\n  - b: 1\n    b: 2\n")
    assert [(path, spot.line) for path, spot in tree.duplicates] == [(("a", 0, "b"), 3)]
    assert plain(tree.value) == {"a": [{"b": "2"}]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * (MAX_DEPTH + 1), "nested too deeply"),
        ("&a [*a]", "names nothing"),
        ("*a", "names nothing"),
        ("? [a]\n: 1", "where a name is wanted"),
        ("- &a x\n- *a : 2", "where a name is wanted"),
        ("!python/x 1", "tags are not part"),
        ("a\n--- b", "second document"),
        ("a: b: c", "line 1, column 5"),
        ("\x07", "control characters"),
    ],
)
def test_refused(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_yaml(text)


def test_merge_keys_cannot_grow_without_end() -> None:
    with pytest.raises(UserError, match="merge keys copy more than"):
        read_yaml((HOSTILE / "merges.yaml").read_text())


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_tree, "MAX_EVENTS", 20)
    with pytest.raises(UserError, match="more than 20 values"):
        read_yaml("[" + "1," * 30 + "1]")


def test_the_slow_parser_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x [1, 'b']\nc: {<<: {d: *x}, d: ~}\n"
    fast = read_yaml(text)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read_yaml(text) == fast
