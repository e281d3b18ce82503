"""The last check and the count of all as metrics. Pure: the text and the page are `natscope.web.metrics`.

Base units as Prometheus wants them: seconds, bytes, shares. What is unknown is NaN or absent, never 0: `good != 1` is
true for a node that could not be checked, `good == 0` is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from natscope.model.derp_check import AddressReport, DerpCheck, NodeReport, StepState
from natscope.model.finding import Severity
from natscope.model.tri import Tri
from natscope.plugins.clean import clean
from natscope.relay_check.verdict import works
from natscope.web.metrics import COUNTER, GAUGE, Family, labels

PREFIX = "natscope_derp_check_"
MAX_LABEL = 120
"""Cells of a label's value; names of a map have no limit of their own."""
_GOOD = {Tri.YES: 1.0, Tri.NO: 0.0, Tri.UNKNOWN: math.nan}

Samples = dict[str, float]


@dataclass
class Totals:
    """What there is to tell: the last check that was finished, and how many there were."""

    last: DerpCheck | None = None
    ended_at: float = 0.0
    runs: int = 0
    failures: int = 0

    def add(self, check: DerpCheck, *, good: bool, at: datetime) -> None:
        """One more."""
        self.last, self.ended_at = check, at.timestamp()
        self.runs += 1
        self.failures += not good


def check_metrics(totals: Totals) -> list[Family]:
    """Everything; before the first check is over the counts alone."""
    found = [
        _family("runs_total", COUNTER, "Checks that were finished.", {"": totals.runs}),
        _family("failures_total", COUNTER, "Checks that did not end with exit code 0.", {"": totals.failures}),
    ]
    check = totals.last
    if check is not None:
        found += [
            _family("last_run_timestamp_seconds", GAUGE, "When the last check ended.", {"": totals.ended_at}),
            _family("last_run_duration_seconds", GAUGE, "How long it took.", {"": check.duration_ms / 1000}),
            _family("last_run_packets", GAUGE, "Packets that it sent.", {"": check.cost.packets_sent}),
            _family("findings", GAUGE, "What it found, by severity.", _findings(check)),
            *_nodes(check),
            *_passages(check),
        ]
    return found


def _family(name: str, kind: str, words: str, samples: Samples) -> Family:
    return Family(PREFIX + name, kind, words, samples)


def _findings(check: DerpCheck) -> Samples:
    return {
        labels({"severity": severity.value}): sum(f.severity is severity for f in check.findings)
        for severity in Severity
    }


def _nodes(check: DerpCheck) -> Iterator[Family]:
    good, steps, clocks, days = Samples(), Samples(), Samples(), Samples()
    stun, parts, keys = Samples(), Samples(), Samples()
    for node in check.nodes:
        own = _node_labels(node)
        good[labels(own)] = _GOOD[works(node)]
        for step in node.steps:
            for state in StepState:
                steps[labels(own | {"step": step.name.value, "state": state.value})] = step.state is state
        if node.clock_off_s is not None:
            clocks[labels(own)] = node.clock_off_s
        if node.certificate is not None and node.certificate.days_left is not None:
            days[labels(own)] = node.certificate.days_left
        for answer in node.stun:
            if answer.rtt_ms is not None:
                stun[labels(own | {"address": _text(answer.address)})] = answer.rtt_ms / 1000
        for address in node.addresses:
            parts |= _parts(own, address)
        if node.server_keys:
            keys[labels(own)] = len(node.server_keys)
    yield _family("good", GAUGE, "1 where the node does what the map has it for, 0 where not, NaN unknown.", good)
    yield _family("step", GAUGE, "Each step of the check: 1 for the state it is in.", steps)
    yield _family("connect_seconds", GAUGE, "Parts of connecting to an address.", parts)
    yield _family("stun_rtt_seconds", GAUGE, "Median round trip of STUN.", stun)
    yield _family("clock_offset_seconds", GAUGE, "How far the relay's clock is ahead of ours.", clocks)
    yield _family("certificate_days_left", GAUGE, "Days until the certificate ends.", days)
    yield _family("server_keys", GAUGE, "Different relays that answered behind the name.", keys)


def _parts(own: dict[str, str], address: AddressReport) -> Samples:
    times = (
        ("tcp", address.connect_ms),
        ("tls", address.tls_ms),
        ("upgrade", address.upgrade_ms),
        ("greeting", address.greeting_ms),
    )
    return {
        labels(own | {"address": _text(address.address), "part": part}): value / 1000
        for part, value in times
        if value is not None
    }


def _passages(check: DerpCheck) -> Iterator[Family]:
    arrives, loss, times, rates = Samples(), Samples(), Samples(), Samples()
    for passage in check.passages:
        own = labels(
            {"region_id": str(passage.region_id), "from": _text(passage.sender), "to": _text(passage.receiver)}
        )
        arrives[own] = _GOOD[passage.works]
        if passage.loss is not None:
            loss[own] = passage.loss
        if passage.time_ms is not None:
            times[own] = passage.time_ms / 1000
        if passage.stream_bytes_per_s is not None:
            rates[own] = passage.stream_bytes_per_s
    yield _family("packets_arrive", GAUGE, "1 where packets of a client on one node reach one on another.", arrives)
    yield _family("packet_loss_ratio", GAUGE, "Share of single packets that got lost.", loss)
    yield _family("packet_seconds", GAUGE, "Median time of a packet through the relay.", times)
    yield _family("throughput_bytes_per_second", GAUGE, "What was reached with few packets on the way.", rates)


def _node_labels(node: NodeReport) -> dict[str, str]:
    return {
        "region": _text(node.region_code),
        "region_id": str(node.region_id),
        "node": _text(node.node),
        "host": _text(node.host_name),
    }


def _text(text: str) -> str:
    return clean(text, MAX_LABEL)
