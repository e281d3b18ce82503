"""A first policy from the present state: what is good now shall stay so; what is not known is not expected."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping

from natscope.model.report import Report
from natscope.policy.expectation import as_text
from natscope.policy.lookup import PeerFacts, value_of

STABLE = (
    ("verdict.direct", "will peers connect directly?"),
    ("udp", "does UDP come back?"),
    ("ipv6.works", ""),
    ("captive_portal", "a login page in the way?"),
    ("nat.mapping", "one public port for all peers is endpoint-independent"),
    ("nat.mapping_varies", ""),
    ("nat.filtering", "whom the router lets in"),
    ("nat.v4.cgnat", "is one of the routers the carrier's?"),
)
LATENCY_FACTOR, LATENCY_MS = 2.0, 20.0
"""A relay may become so much slower before that is a failure."""


def first_policy(report: Report, peers: Mapping[str, PeerFacts], made_by: str) -> str:
    """The file's text; it passes against the state that it was made from."""
    lines = [
        f"# What natscope check --policy expects of this network. Made by {made_by} from what it saw: take out what",
        "# may change, add what must not. Names are keys of the report: docs/report.md.",
        "",
        "[run]",
        "runs = 1          # measure so often",
        "retries = 2       # and so often more while something fails: most runs, or their median, decide",
        "tolerance = 0.1   # the share by which a number may miss",
        "",
        "[expect]",
        *_facts(report),
        *_findings(report),
        *_relays(report),
        *_peers(peers),
    ]
    return "\n".join(lines) + "\n"


def _facts(report: Report) -> Iterator[str]:
    for name, words in STABLE:
        value, _ = value_of(tuple(name.split(".")), report, {})
        if value is not None:
            line = f"{name} = {_quoted(as_text(value))}"
            yield f"{line:<42}# {words}" if words else line


def _findings(report: Report) -> Iterator[str]:
    severity, _ = value_of(("findings", "max_severity"), report, {})
    yield f"findings.max_severity = {_quoted(as_text(severity))}"


def _relays(report: Report) -> Iterator[str]:
    for relay in report.relays:
        code = relay.region_code or str(relay.region_id)
        value, _ = value_of(("relays", code, "latency_ms"), report, {})
        if isinstance(value, float) and math.isfinite(value) and _can_be_written(code):
            limit = math.ceil((value * LATENCY_FACTOR + LATENCY_MS) / 5) * 5
            line = f'relays.{_key(code)}.latency_ms = "< {limit}"'
            yield f"{line:<42}# now {value:.0f}"


def _peers(peers: Mapping[str, PeerFacts]) -> Iterator[str]:
    for name, facts in peers.items():
        if facts.path is not None and _can_be_written(name):
            yield f"peers.{_key(name)}.path = {_quoted(facts.path)}"


def _can_be_written(name: str) -> bool:
    """Half a surrogate pair is no character."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def _key(name: str) -> str:
    plain = name.replace("-", "").replace("_", "")
    return name if plain.isalnum() and plain.isascii() else _quoted(name)


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are a part of TOML's, but for pairs of surrogates and DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
