"""The demo accepts the right report and refuses every wrong one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from natscope.lab.demo import DEAD, FASTEST_MS, REGIONS, SLOWEST_MS, WRONG_CERTIFICATE, problems


def relay(number: int) -> dict[str, Any]:
    ms = FASTEST_MS + (SLOWEST_MS - FASTEST_MS) * (number - 1) / (REGIONS - 1) + 0.4
    latency = {"stun_v4": ms, "stun_v6": ms, "https": ms, "icmp": None}
    return {"region_id": number, "latency_ms": latency, "error": None}


@pytest.fixture
def right() -> dict[str, Any]:
    relays = [relay(number) for number in range(1, REGIONS + 1)]
    relays[DEAD - 1]["latency_ms"] = {"stun_v4": None, "stun_v6": None, "https": None, "icmp": None}
    relays[DEAD - 1]["error"] = {"code": "no-answer", "message": "no answer"}
    relays[WRONG_CERTIFICATE - 1]["latency_ms"]["https"] = None
    relays[WRONG_CERTIFICATE - 1]["error"] = {"code": "certificate", "message": "another certificate"}
    return {"udp": "yes", "ipv4": {"works": "yes"}, "nat": {"mapping": "unknown"}, "relays": relays,
            "preferred_relay": {"region_id": 1}, "findings": [{"id": "NS-REL-01"}, {"id": "NS-REL-15"}]}  # fmt: skip


def test_the_right_report_is_right(right: dict[str, Any]) -> None:
    assert problems(right) == []


SPOILED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "udp": (lambda r: r.update(udp="unknown"), "udp is unknown"),
    "family": (lambda r: r["ipv4"].update(works="no"), "ipv4.works is no"),
    "a router": (lambda r: r["nat"].update(mapping="none"), "nat.mapping is none"),
    "a region is missing": (lambda r: r["relays"].pop(), "regions [1, 2, 3, 4, 5, 6]"),
    "no latency": (lambda r: r["relays"][0]["latency_ms"].update(stun_v4=None), "region 1: stun_v4 None ms"),
    "too fast": (lambda r: r["relays"][4]["latency_ms"].update(https=3.0), "region 5: https 3.0 ms, it takes 104 ms"),
    "another unit": (lambda r: r["relays"][1]["latency_ms"].update(stun_v4=0.035), "region 2: stun_v4 0.035 ms"),
    "living with an error": (lambda r: r["relays"][2].update(error={"message": "gone"}), "region 3: gone"),
    "the dead answers": (lambda r: r["relays"][DEAD - 1]["latency_ms"].update(https=1.0), "is dead and has latencies"),
    "the dead is well": (lambda r: r["relays"][DEAD - 1].update(error=None), "is dead and has no error"),
    "certificate": (
        lambda r: r["relays"][WRONG_CERTIFICATE - 1]["error"].update(code="tls"),
        "a wrong certificate",
    ),
    "home": (lambda r: r["preferred_relay"].update(region_id=2), "the preferred relay is 2"),
    "certificate not found": (lambda r: r["findings"].pop(0), "(NS-REL-01) is not among the findings"),
    "dead relay not found": (lambda r: r["findings"].pop(1), "(NS-REL-15) is not among the findings"),
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_wrong_report_is_refused(right: dict[str, Any], what: str) -> None:
    spoil, says = SPOILED[what]
    wrong = copy.deepcopy(right)
    spoil(wrong)
    assert any(says in line for line in problems(wrong))
