"""Places of keys: against the reader of the standard library, which says what the keys and values are."""

from __future__ import annotations

import json
import time
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.wire.toml_places import Place, toml_places

MIXED = '''\
# a comment with key = 1
a.b = "x # no = comment" # c = 2
"quoted \\u0041.b" = 'literal'
  [ table . "in ner" ]  # comment
\tlist = [1, "]", # c = 3
  { d = 1 }, 'x']
text = """
e = 1 ""\\"""""
inline = { f = 1, g.h = [2], 'i' = "}" }
[[array]]
j = 1979-05-27 07:32:00
[[array]]
j = 2
k = \'\'\'
[no]\'\'\'
l = true\
'''


def test_known_places() -> None:
    tomllib.loads(MIXED)
    assert toml_places(MIXED) == {
        ("a", "b"): Place(2, 1, 2, 7),
        ("a",): Place(2, 1, 2, 1),
        ("quoted A.b",): Place(3, 1, 3, 21),
        ("table", "in ner"): Place(4, 3, 4, 3),
        ("table", "in ner", "list"): Place(5, 2, 5, 9),
        ("table", "in ner", "text"): Place(7, 1, 7, 8),
        ("table", "in ner", "inline"): Place(9, 1, 9, 10),
        ("table", "in ner", "inline", "f"): Place(9, 12, 9, 16),
        ("table", "in ner", "inline", "g", "h"): Place(9, 19, 9, 25),
        ("table", "in ner", "inline", "g"): Place(9, 19, 9, 19),
        ("table", "in ner", "inline", "i"): Place(9, 30, 9, 36),
        ("array",): Place(10, 1, 10, 1),
        ("array", "j"): Place(11, 1, 11, 5),
        ("array", "k"): Place(14, 1, 14, 5),
        ("array", "l"): Place(16, 1, 16, 5),
    }


KEYS = st.text(st.sampled_from("ab-_1. \"\\#=[]{}'é"), max_size=4)
SCALARS = st.one_of(
    st.integers(-99, 99), st.booleans(), st.text(st.sampled_from("a\"'#=[]{},\\\n"), max_size=6),
    st.lists(st.text(st.sampled_from("a\"'#[]{},"), max_size=3), max_size=3),
)  # fmt: skip
TREES = st.recursive(SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)


def written(tree: dict[str, Any], path: tuple[str, ...] = ()) -> str:
    """Values first, then tables."""
    plain = [
        f"{json.dumps(key)} = {json.dumps(each)} # x = 1" for key, each in tree.items() if not isinstance(each, dict)
    ]
    tables = [(key, each) for key, each in tree.items() if isinstance(each, dict)]
    parts = ["\n".join(plain)]
    for key, each in tables:
        inner = (*path, key)
        parts.append(f"[ {' . '.join(json.dumps(part) for part in inner)} ]\n{written(each, inner)}")
    return "\r\n".join(parts)


def leaves(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {} if not path else {path: tree}
    if isinstance(tree, dict):
        for key, each in tree.items():
            found |= leaves(each, (*path, key))
    return found


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_every_key_is_found_where_its_value_stands(tree: dict[str, Any]) -> None:
    text = written(tree)
    assert tomllib.loads(text) == tree
    places = toml_places(text)
    everything = leaves(tree)
    assert set(places) == set(everything)
    lines = text.split("\n")
    for path, value in everything.items():
        if not isinstance(value, dict):
            place = places[path]
            rest = "\n".join([lines[place.value_line - 1][place.value_column - 1 :], *lines[place.value_line :]])
            assert rest.startswith(json.dumps(value))
            assert lines[place.line - 1][place.column - 1 :].startswith(json.dumps(path[-1]))


@given(st.text(st.sampled_from("ab=.[]{}\"'\\#,\n\r\t 1"), max_size=60))
def test_whatever_is_no_toml_ends(text: str) -> None:
    lines = text.split("\n")
    for place in toml_places(text).values():
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1


@pytest.mark.parametrize("part", ["a{} = 1\n", "[t{}]\n", "# x{}\n", "\n{}"])
def test_long_files_cost_their_length(part: str) -> None:
    text = "".join(part.replace("{}", str(number) if part != "\n{}" else "") for number in range(20_000))
    started = time.process_time()
    toml_places(text + "z = [" + "1," * 50_000 + "]\n")
    assert time.process_time() - started < 3
