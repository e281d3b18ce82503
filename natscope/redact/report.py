"""A report without what tells who and where somebody is.

Two passes over every text: the first finds addresses and names, the second masks them, so that the same thing is the
same mask everywhere. Numbers, ports, states and words of the schema stay: the diagnosis of the result is that of the
original.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from natscope.model.report import Report
from natscope.redact.mask import Mask

VOCABULARY = frozenset(
    {
        *(
            "schema",
            "id",
            "kind",
            "probe",
            "outcome",
            "state",
            "severity",
            "certainty",
            "place",
            "code",
            "driver",
            "owner",
        ),
        *(
            "proof",
            "mapping",
            "filtering",
            "effort",
            "flag",
            "run_id",
            "started_at",
            "natscope",
            "python",
            "architecture",
        ),
        *("evidence", "hides"),
    }
)
"""Fields whose texts are words of ours: nothing in them comes from outside. In `data` and `reasons` all texts may."""
OPEN = ("data", "reasons")
SEARCHED = ("search", "domains", "zone", "domain")
"""Data whose texts are domain names although they may have no dot."""


def redact(report: Report) -> Report:
    """The masked report. Findings and verdict are those of the original, their texts masked alike."""
    tree = msgspec.to_builtins(report)
    return masked_by(Mask(texts_of(report), bare=bare_names(report), places=places(report)), tree)


def masked_by(mask: Mask, tree: Any) -> Report:
    """A report, given as builtins, masked by a mapping that other documents may share; it says so of itself."""
    report: Report = msgspec.convert(_masked(tree, mask.text), type=Report)
    return msgspec.structs.replace(report, masked=True)


def texts_of(report: Report) -> tuple[str, ...]:
    """Everything in it that may come from outside."""
    return tuple(_texts(msgspec.to_builtins(report)))


def bare_names(report: Report) -> list[str]:
    """This computer's own name, with and without its domain, search domains, issuers that are no public ones."""
    own = report.host.name
    tree = msgspec.to_builtins(report)
    found = (own, own.partition(".")[0], *_searched(tree), *_issuers(tree))
    return [name for name in found if name and not _is_address(name)]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _issuers(value: object) -> Iterator[str]:
    """A company's own, or what opens TLS on the way; those that everybody trusts are nobody's."""
    if isinstance(value, dict):
        issuer = value.get("issuer")
        if isinstance(issuer, str) and value.get("public_issuer") not in (True, "yes"):
            yield issuer
        for each in value.values():
            yield from _issuers(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _issuers(each)


def _searched(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key in SEARCHED and isinstance(each, list | tuple):
                yield from (text for text in each if isinstance(text, str) and text)
            yield from _searched(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _searched(each)


def places(report: Report) -> dict[str, str]:
    """Codes and names of regions, and nodes, with masks; none where they are the vendor's, whom everybody has.

    The number of a region is no secret and stays, so its code and its name carry it.
    """
    found: dict[str, str] = {}
    if report.relay_map.vendor:
        return found
    for relay in report.relays:
        found.setdefault(relay.region_code, f"region-{relay.region_id}")
        found.setdefault(relay.region_name, f"Region {relay.region_id}")
    nodes = {o.node: o.region_id for o in report.observations if any(char.isalpha() for char in o.node[1:-1])}
    counted: Counter[int | None] = Counter()
    for node, region in nodes.items():
        counted[region] += 1
        found.setdefault(node, f"region-{region or 0}-node-{counted[region]}")
    return found


def _texts(value: object, key: str = "") -> Iterator[str]:
    """Every text that may come from outside, keys of data included."""
    if isinstance(value, str):
        if key not in VOCABULARY:
            yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from (name,) if key in OPEN else ()
            yield from _texts(each, key if key in OPEN else name)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each, key)


def _masked(value: Any, mask: Callable[[str], str], key: str = "") -> Any:
    """The same tree; inside `OPEN` every level counts as that field."""
    if isinstance(value, str):
        return value if key in VOCABULARY else mask(value)
    if isinstance(value, dict):
        is_open = key in OPEN
        return {
            mask(name) if key == "data" else name: _masked(each, mask, key if is_open else name)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_masked(each, mask, key) for each in value]
    return value
