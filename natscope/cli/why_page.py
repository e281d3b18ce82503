"""The chain behind a finding on a terminal: grounds with their strength, each observation with its packets."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.cli.pen import Pen
from natscope.cli.quantities import round_trip, size
from natscope.diagnosis.cause import Ground, Strength
from natscope.diagnosis.pair.support import PairSupport
from natscope.diagnosis.why import Chain, Standing
from natscope.model.finding import Certainty
from natscope.model.observation import Observation

_STRENGTHS = {
    Strength.DECISIVE: "decides",
    Strength.FACT: "speaks for it",
    Strength.FINGERPRINT: "a hint alone",
    Strength.ABSENCE: "silence alone",
}
_STANDINGS = {
    Standing.CLAIMED: "Found: {certainty}.",
    Standing.HIDDEN: "Its grounds hold, but {hidden_by} explains them, or falsifies what they rest on.",
    Standing.CONTRADICTED: "Not found: something contradicts it.",
    Standing.NOT_SEEN: "Not found: the facts are known and do not speak for it.",
    Standing.UNKNOWN: "Not known: something is missing that would tell.",
    Standing.TWO_SIDES: "One report cannot tell: it takes the other side's too.",
}
ID = 8
"""Cells of an observation's id."""
MAX_SHOWN = 12
"""Observations of one ground; the JSON report has all."""


def draw(chain: Chain, pen: Pen) -> list[str]:
    """From the sentence to the packets."""
    support = chain.support
    title = support.title or chain.module.CAUSE.title
    told = _STANDINGS[chain.standing].format(
        certainty=support.certainty, hidden_by=", ".join(chain.hidden_by) or "another finding"
    )
    lines = [*pen.wrap(f"{chain.module.CAUSE.id}  {title}", "", role="bold"), *pen.wrap(told, "")]
    if support.detail and chain.standing is Standing.CLAIMED:
        lines += pen.wrap(support.detail, "")
    lines += _grounds("What speaks for it", support.grounds, chain, pen)
    if isinstance(support, PairSupport):
        lines += _grounds("What also speaks for it", support.also, chain, pen)
    lines += _grounds("What contradicts it", chain.against.grounds, chain, pen)
    known = chain.standing is Standing.CLAIMED and support.certainty is Certainty.CERTAIN
    missing = {} if known else dict.fromkeys((*support.missing, *chain.against.missing))
    if missing:
        heading = "What would tell more" if chain.standing is Standing.CLAIMED else "What would tell"
        lines += ["", pen.paint(heading, "bold")]
        lines += [line for words in missing for line in pen.wrap(words, "    ", first="  - ")]
    if chain.standing is Standing.TWO_SIDES:
        asks = f"natscope path PEER, or natscope pair A.json B.json --why {chain.module.CAUSE.id}, judges it"
        lines += pen.wrap(asks, "  ", first="→ ")
    lines += ["", *pen.wrap(f"natscope explain {chain.module.CAUSE.id} has the rules behind it", "", role="faint")]
    return lines


def _grounds(heading: str, grounds: tuple[Ground, ...], chain: Chain, pen: Pen) -> Iterator[str]:
    if not grounds:
        return
    yield ""
    yield pen.paint(heading, "bold")
    for ground in grounds:
        yield from pen.wrap(f"{ground.says} ({_STRENGTHS[ground.strength]})", "    ", first="  - ")
        cited = [(name, chain.observations[name]) for name in ground.evidence if name in chain.observations]
        for name, observation in cited[:MAX_SHOWN]:
            cell = pen.cell(name, max(ID, len(name) + 1))
            yield from pen.wrap(_told(observation), " " * (4 + ID), first=f"    {cell}", role="faint")
        if len(cited) > MAX_SHOWN:
            yield pen.paint(f"      and {len(cited) - MAX_SHOWN} more", "faint")


def _told(seen: Observation) -> str:
    """Kind, whom, when, from which socket, how many bytes, and what came of it."""
    parts = [seen.kind, seen.target]
    if seen.sent_ms is not None:
        parts.append(f"sent at {seen.sent_ms / 1000:.3f} s{f' from {seen.socket}' if seen.socket else ''}")
    if seen.bytes_sent:
        parts.append(f"{size(seen.bytes_sent)} out, {size(seen.bytes_received)} in")
    if seen.rtt_ms is not None:
        parts.append(f"answered after {round_trip(seen.rtt_ms / 1000)}")
    mapped = seen.data.get("mapped")
    if isinstance(mapped, str):
        parts.append(f"sees {mapped}")
    if seen.rtt_ms is None:
        parts.append(seen.summary or seen.error or str(seen.outcome))
    return " · ".join(part for part in parts if part)
