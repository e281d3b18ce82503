"""What the router says of itself, for causes that rest on its make: fingerprints, never proofs."""

from __future__ import annotations

import re

from natscope.diagnosis.cause import Ground, Strength
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.hijacks import visible
from natscope.model.observation import Outcome

FIELDS = ("name", "maker", "model", "server")
"""Of a UPnP description and of the SSDP answer, the one that says most first."""


def named(facts: Facts, pattern: re.Pattern[str]) -> Ground | None:
    """The router's UPnP texts, where one of them matches; from the gateway itself, not from a device beside it."""
    for told in facts.seen("portmap.service", Outcome.ANSWERED):
        if told.data.get("elsewhere"):
            continue
        for field in FIELDS:
            text = told.data.get(field)
            if isinstance(text, str) and pattern.search(text):
                return Ground(Strength.FINGERPRINT, f"the router calls itself {visible(text)}", (told.id,))
    return None


def is_asked(facts: Facts) -> bool:
    """Whether the router was asked what it is."""
    return bool(facts.seen("portmap.service"))
