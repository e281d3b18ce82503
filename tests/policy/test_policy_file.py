"""Policies as files: read with the line of each expectation; a mistake names its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import UserError
from natscope.policy.policy_file import MAX_BYTES, read_policy

GOOD = b"""
[run]
runs = 3
tolerance = 0.1

[expect]
udp = true
nat.mapping = "endpoint-independent"
relays.fra.latency_ms = "< 80"
peers."db-1".path = "direct"
findings = { max_severity = "warning" }
[expect.ipv6]
works = "yes"
"""


def test_every_form_of_toml() -> None:
    policy = read_policy(GOOD, "p.toml")
    assert (policy.runs, policy.retries, policy.tolerance) == (3, 2, 0.1)
    assert [(each.name, each.line) for each in policy.expectations] == [
        ("udp", 7),
        ("nat.mapping", 8),
        ("relays.fra.latency_ms", 9),
        ("peers.db-1.path", 10),
        ("findings.max_severity", 11),
        ("ipv6.works", 13),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expects nothing"),
        ("[expect]", "expects nothing"),
        ("[expect", "not TOML"),
        ("[expects]\nudp = true", "there is no [expects]"),
        ("expect = 1", "[expect] is a table"),
        ('[expect]\n\nnat.maping = "x"', "p.toml:3: nat.maping"),
        ('[expect]\nrelays.fra.latency_ms = "< 80 ms"', "p.toml:2:"),
        ("[expect]\nudp = 2026-01-01", "a word, a number"),
        ("[expect]\nudp = true\n[run]\nruns = 0", "runs must be between 1 and 20"),
        ("[expect]\nudp = true\n[run]\nruns = true", "runs must be"),
        ("[expect]\nudp = true\n[run]\nruns = 1.5", "runs must be"),
        ("[expect]\nudp = true\n[run]\ntolerance = 2", "tolerance must be"),
        ("[expect]\nudp = true\n[run]\nrun = 2", '[run] has no "run"'),
        ("[expect]\n" + "\n".join(f"relays.r{n}.loss = 0" for n in range(1001)), "the limit is 1,000"),
    ],
)
def test_a_mistake_names_its_place(text: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        read_policy(text.encode(), "p.toml")
    assert words in caught.value.message
    assert "\n" not in caught.value.message


def test_too_large_not_text_too_deep() -> None:
    for data in (b"#" * (MAX_BYTES + 1), b"\xff\xfe", b"x = " + b"[" * 100_000, b"a." * 2000 + b"b = 1",
                 b"x = " + b"9" * 4090 + b"\n" + b"y = " + b"_9" * 9, b"[expect]\nudp = 0x" + b"f" * 4000):  # fmt: skip
        with pytest.raises(UserError):
            read_policy(data, "p.toml")


@given(st.binary(max_size=100))
def test_garbage_raises_one_error(data: bytes) -> None:
    with pytest.raises(UserError):
        read_policy(data, "p.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('findings.max_severity = "!= fail"', "nothing is compared here"),
        ('findings.max_severity = ["none", "info"]', "one word is needed"),
        ('findings.absent = "!= NS-NAT-01"', "nothing is compared here"),
        ('nat.mapping = "endpoint-indepedent"', 'never "endpoint-indepedent"'),
        ('nat.mapping = "!= symetric"', 'never "symetric"'),
        ('udp = ["yes", "unknown"]', 'never "unknown"'),
        ('interrupted = "nope"', 'never "nope"'),
        ('peers.db.path = "relay"', 'never "relay"'),
        ("relays.fra.loss = nan", "not a number"),
        ("a" + ".a" * 60 + " = 1", 'no "a"'),
        ("a" + ".a" * 3000 + " = 1", "a key of more than 100 parts"),
    ],
)
def test_what_would_always_hold_or_never_is_a_mistake(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        read_policy(f"[expect]\n{text}\n".encode(), "p.toml")
    assert caught.value.message.startswith("p.toml:2:") or "a.a" in caught.value.message


def test_the_line_is_found_in_a_file_of_empty_ones() -> None:
    """White space of several lines must not be searched again from each of them."""
    (found,) = read_policy(b"\n" * 200_000 + b"[expect]\nudp = true\n", "p.toml").expectations
    assert found.line == 200_002
