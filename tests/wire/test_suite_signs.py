"""Fingerprints of security suites: whole names, names that the system cut, and nothing of others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.wire.suite_signs import CUT, MODULES, PROCESSES, module_names, suites_of

TABLE = "dsa_filter 98304 2 - Live 0x0000000000000000 (OE)\nnf_tables 311296 9 nft_ct, Live 0x0000000000000000\n"


def test_processes_and_modules() -> None:
    assert suites_of((), ("bash", "OpenSnitchd\n")) == (("OpenSnitch", "the process opensnitchd"),)
    assert suites_of(module_names(TABLE), ("ds_agent",)) == (
        ("Trend Micro Deep Security", "the kernel module dsa_filter"),
    )
    assert suites_of(("nf_tables",), ("tailscaled", "kesld", "avp")) == ()


@pytest.mark.parametrize("known", sorted(PROCESSES))
def test_a_name_that_was_cut_is_known_and_a_shorter_one_is_not(known: str) -> None:
    for kept in (CUT, CUT + 1, len(known)):
        assert [name for name, _ in suites_of((), (known[:kept],))] == [PROCESSES[known]]
    if len(known) > CUT:
        assert PROCESSES[known] not in dict(suites_of((), (known[: CUT - 1],))) or known[: CUT - 1] in PROCESSES


def test_names_are_as_they_can_be_found() -> None:
    assert all(name == name.lower() for name in PROCESSES)
    assert all(name == name.strip() and " " not in name for name in MODULES)


@given(st.text(max_size=300), st.lists(st.text(max_size=40), max_size=20))
def test_garbage_never_raises(text: str, names: list[str]) -> None:
    suites_of(module_names(text), names)
