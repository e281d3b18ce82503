"""Each finding of a check has its meaning, and no other; as plain text nothing of Markdown is left."""

from __future__ import annotations

import re

import pytest

from natscope.cli.relay_finding import refuse
from natscope.diagnosis.catalogue import entries
from natscope.diagnosis.causes.rel import (
    rel_01_certificate,
    rel_02_stun_closed,
    rel_04_plain_http,
    rel_11_name_filtered,
    rel_14_one_family,
    rel_15_no_answer,
    rel_16_no_connections,
)
from natscope.errors import UserError
from natscope.relay_check.meanings import MEANINGS, plain
from tests.house.tree import ROOT

SHARED = (
    rel_01_certificate, rel_02_stun_closed, rel_04_plain_http, rel_11_name_filtered, rel_14_one_family,
    rel_15_no_answer, rel_16_no_connections,
)  # fmt: skip
"""Causes of the catalogue that a check finds too; some by their id alone."""


def test_every_id_that_a_check_uses_is_explained() -> None:
    sources = (ROOT / "natscope" / "relay_check").glob("findings*.py")
    used = {name for path in sources for name in re.findall(r'"(NS-[A-Z]+-\d\d)"', path.read_text())}
    assert used | {module.CAUSE.id for module in SHARED} == set(MEANINGS)


def test_certainty_is_computed_from_grounds() -> None:
    for path in (ROOT / "natscope" / "relay_check").glob("*.py"):
        assert not re.findall(r"Certainty\.[A-Z]", path.read_text()), path.name


@pytest.mark.parametrize("name", sorted(set(MEANINGS) - {entry.id for entry in entries()}))
def test_what_a_netcheck_cannot_tell_leads_to_this_check(name: str) -> None:
    with pytest.raises(UserError) as raised:
        refuse(name.removeprefix("NS-").lower())
    assert raised.value.message == f"{name} is about a relay: a netcheck cannot tell"
    assert raised.value.hint == "natscope derp check looks for it"


def test_plain_texts_have_no_links_and_no_back_quotes() -> None:
    for meaning in MEANINGS.values():
        for text in (meaning.says, meaning.means, meaning.do):
            assert text.strip() == text != ""
            assert not set("[]`") & set(plain(text))
    assert plain("[give a `key`](#there) away") == "give a key away"
