"""What a STUN server has seen and done, and the same as Prometheus text.

Plain integers, written by the one thread that answers and read by whoever asks.
"""

from __future__ import annotations

from natscope.machines.stun_responder import Drop
from natscope.machines.stun_usual import ANSWER_BYTES
from natscope.model.endpoint import Family
from natscope.stun_server.limits import SourceLimiter

ANSWER_KINDS = (
    "success", "error-400", "error-420",
    "helper-offer", "helper-tally", "helper-sent", "helper-peer", "helper-train", "helper-echo",
    "helper-marks", "helper-shape",
)  # fmt: skip


class Counters:
    """Counts since the start. Every reason and kind is there from the start, with zero."""

    def __init__(self) -> None:
        self.requests = 0
        """Datagrams that came, whatever they were."""
        self.request_bytes = 0
        """UDP payload, of datagrams beyond the limit only what was read."""
        self.answer_bytes = 0
        self.send_failures = 0
        self.answers: dict[str, int] = dict.fromkeys(ANSWER_KINDS, 0)
        self.drops: dict[Drop, int] = dict.fromkeys(Drop, 0)

    def count_usual(self, requests: int, request_bytes: int, answers: int, family: Family) -> None:
        """Count usual requests of one family; those without an answer were over their rate."""
        self.requests += requests
        self.request_bytes += request_bytes
        self.drops[Drop.RATE_LIMITED] += requests - answers
        self.answers["success"] += answers
        self.answer_bytes += answers * ANSWER_BYTES[family]


def prometheus_text(counters: Counters, limiter: SourceLimiter) -> str:
    """The metrics page (text format 0.0.4)."""
    answers = {f'{{kind="{kind}"}}': count for kind, count in counters.answers.items()}
    drops = {f'{{reason="{reason.value}"}}': count for reason, count in counters.drops.items()}
    families = (
        ("requests_total", "counter", "Datagrams received.", {"": counters.requests}),
        ("request_bytes_total", "counter", "UDP payload received.", {"": counters.request_bytes}),
        ("answers_total", "counter", "Answers sent.", answers),
        ("answer_bytes_total", "counter", "UDP payload sent.", {"": counters.answer_bytes}),
        ("dropped_total", "counter", "Datagrams not answered, by reason.", drops),
        ("send_failures_total", "counter", "Answers the system refused to send.", {"": counters.send_failures}),
        ("limiter_sources", "gauge", "Sources that the rate limiter remembers.", {"": len(limiter)}),
        ("limiter_evictions_total", "counter", "How often the limiter forgot sources early.", {"": limiter.evictions}),
        ("limiter_total_refused_total", "counter", "Answers not sent since all sources together were over their rate.",
         {"": limiter.total_refusals}),
    )  # fmt: skip
    lines = []
    for name, kind, text, samples in families:
        lines += [f"# HELP natscope_stun_{name} {text}", f"# TYPE natscope_stun_{name} {kind}"]
        lines += [f"natscope_stun_{name}{labels} {count}" for labels, count in samples.items()]
    return "\n".join(lines) + "\n"
