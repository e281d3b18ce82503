"""A first policy from the present state: what is good now shall stay so; what is bad or not known is not expected."""

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
_YES_FIRST, _NO_FIRST = ("yes", "no"), ("no", "yes")
_BEST_FIRST = {
    "verdict.direct": ("likely", "unlikely", "no"),
    "udp": _YES_FIRST,
    "ipv6.works": _YES_FIRST,
    "captive_portal": _NO_FIRST,
    "nat.mapping": ("none", "endpoint-independent", "address-dependent", "address-and-port-dependent"),
    "nat.mapping_varies": _NO_FIRST,
    "nat.filtering": ("endpoint-independent", "address-dependent", "address-and-port-dependent"),
    "nat.v4.cgnat": _NO_FIRST,
}
_PATHS_BEST_FIRST = ("direct", "peer-relay", "relayed", "no-answer")
"""A network that becomes better shall not fail: what is as good as now, or better, will do."""
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
            line = f"{name} = {_as_good_as(as_text(value), _BEST_FIRST[name])}"
            if as_text(value) == _BEST_FIRST[name][-1]:
                yield f"# {name} = {_quoted(_BEST_FIRST[name][0])}  # now {as_text(value)}: expected once it is better"
            else:
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
        if facts.path is not None and facts.path != "no-answer" and _can_be_written(name):
            yield f"peers.{_key(name)}.path = {_as_good_as(facts.path, _PATHS_BEST_FIRST)}"


def _as_good_as(value: str, best_first: tuple[str, ...]) -> str:
    """The word, or a list that also has the better ones."""
    if value not in best_first[1:]:
        return _quoted(value)
    return f"[{', '.join(_quoted(each) for each in best_first[: best_first.index(value) + 1])}]"


def _can_be_written(name: str) -> bool:
    """Half a surrogate pair is no character."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def _key(name: str) -> str:
    plain = name.replace("-", "").replace("_", "")
    return name if plain.isalnum() and plain.isascii() else _quoted(name)


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are a part of TOML's, but for pairs of surrogates and DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
