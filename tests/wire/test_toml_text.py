"""The reader of TOML: what the standard library reads, and one error within a bound of time for everything else."""

from __future__ import annotations

import contextlib
import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.wire.toml_text import MAX_CHARACTERS, MAX_KEY_PARTS, TomlError, TomlLimit, read_toml

ROOT = Path(__file__).parents[2]
LONG = "a." * 16_000 + "b = 1"


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        (LONG, "a key of more than 100 parts", 1),
        ("x = 1\n[" + "a." * 16_000 + "b]", "a key of more than 100 parts", 2),
        ("x = 1\ny = { " + LONG + " }", "a key of more than 100 parts", 2),
        ('x = 1\n"=" . ' + LONG, "a key of more than 100 parts", 2),
        ("'#'." + LONG, "a key of more than 100 parts", 1),
        ('x = """\n"a""""\ny = { ' + LONG + " }", "a key of more than 100 parts", 3),
        ("x = '''\n'a''''\n" + LONG, "a key of more than 100 parts", 3),
        ("\nx = " + "9" * 5000, "a number that is far too large", 2),
        ("x = " + "[" * 50_000, "nested too deeply", 0),
        ("x = " + "{ a = " * 30_000, "nested too deeply", 0),
        ("#" * (MAX_CHARACTERS + 1), "larger than 256 kB", 0),
    ],
)
def test_what_would_exhaust_us_is_refused_at_once(text: str, words: str, line: int) -> None:
    start = time.process_time()
    with pytest.raises(TomlLimit, match=words) as caught:
        read_toml(text)
    assert time.process_time() - start < 2
    assert caught.value.line == line
    assert caught.value.whole.endswith(f"(at line {line})") is bool(line)


@pytest.mark.parametrize(
    "text",
    [
        "x = '" + "a." * 1000 + "'",
        'x = """\n' + "a." * 1000 + '\n"""',
        "# " + "." * 1000 + "\nx = 1",
        "x = [" + "1.5, " * 1000 + "]",
        "x = { " + ", ".join(f"a.b.c{n} = 1.5" for n in range(200)) + " }",
        ".".join(["a"] * MAX_KEY_PARTS) + " = 1",
        "x = 0x" + "f" * 5000,
    ],
)
def test_what_only_looks_long_is_read(text: str) -> None:
    assert read_toml(text) == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        'x = """' + '\\"""' * 60_000 + "\\", 'x = """' + '\\"""' * 60_000, '"""' + '\\"""' * 60_000 + "\\",
        "x = '''" + "''a" * 80_000, 'x = "' + "\\" * 200_000, "\n".join(["." * 101 + "'"] * 2000), '"' * 200_000,
        "\n".join("[" + "a." * 98 + f"k{n}]" for n in range(1200)),
    ],
)  # fmt: skip
def test_time_grows_with_the_length_alone(text: str) -> None:
    start = time.process_time()
    with contextlib.suppress(TomlError):
        read_toml(text)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("text", "words", "place"),
    [("a = \n", "invalid value", (1, 5)), ("a = 1\n[x", "expected ']'", (2, 3)), ("a = 1\na = 2", "cannot", (2, 6))],
)
def test_what_is_no_toml_has_its_place(text: str, words: str, place: tuple[int, int]) -> None:
    with pytest.raises(TomlError, match=re.escape(words)) as caught:
        read_toml(text)
    assert not isinstance(caught.value, TomlLimit)
    assert (caught.value.line, caught.value.column) == place
    assert "(at " not in caught.value.message
    assert "(at " in caught.value.whole


PIECES = st.sampled_from(
    ["a", ".", "=", "\n", '"', "'", '"""', "'''", "\\", "#", "[", "]", "{", "}", ",", " ", "1", "a = 1\n", "." * 120]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_it_is_the_standard_reader_but_for_long_keys(text: str) -> None:
    """No text that is read has such a key, none is refused that has no line of that many dots."""
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(TomlError):
            read_toml(text)
        return
    assert read_toml(text) == expected


def test_nobody_reads_toml_otherwise() -> None:
    modules = [path for folder in ("natscope", "probes", "reports") for path in (ROOT / folder).rglob("*.py")]
    found = [path.name for path in modules if "tomllib.load" in path.read_text(encoding="utf-8")]
    assert found == ["toml_text.py"]
