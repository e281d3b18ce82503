"""Names of relays in sentences of findings."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.diagnosis.words import as_sentence, counted, enumerated
from natscope.model.report import RelayReport

MAX_ERRORS = 2


def label(relay: RelayReport) -> str:
    """Its code, else its number."""
    return relay.region_code or str(relay.region_id)


def title(relays: Sequence[RelayReport], predicate: str) -> str:
    """`fra: what is wrong.` or `fra and ams: what is wrong.`"""
    return f"{enumerated([label(relay) for relay in relays])}: {predicate}"


def errors(relays: Sequence[RelayReport]) -> str:
    """The relays' own error messages, the first few with their names where there are several."""
    told = [relay for relay in relays if relay.error is not None and relay.error.message]
    if len(relays) == 1:
        return as_sentence(told[0].error.message) if told and told[0].error else ""
    parts = [as_sentence(f"{label(relay)}: {relay.error.message}") for relay in told[:MAX_ERRORS] if relay.error]
    if len(told) > MAX_ERRORS:
        parts.append(f"And {counted(len(told) - MAX_ERRORS, 'other')}.")
    return " ".join(parts)
