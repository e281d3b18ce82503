"""Prometheus metrics: families of samples as text, and the page that serves them, on a listener of its own.

Source: prometheus.io, "Exposition formats", text format 0.0.4.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple

from natscope.web.server import Handler, ServerRequest, ServerResponse

COUNTER, GAUGE = "counter", "gauge"
PATH = "/metrics"
_TEXT = ("content-type", "text/plain; version=0.0.4; charset=utf-8")


class Family(NamedTuple):
    """One metric: its name, kind and words, and its samples by labels (text in braces, empty for none)."""

    name: str
    kind: str
    words: str
    samples: Mapping[str, float]


def labels(pairs: Mapping[str, str]) -> str:
    """The text in braces for a sample, values escaped as the format wants it; foreign ones are cleaned before."""
    if not pairs:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def prometheus_text(families: Iterable[Family]) -> str:
    """The text format 0.0.4."""
    lines = []
    for family in families:
        lines += [f"# HELP {family.name} {family.words}", f"# TYPE {family.name} {family.kind}"]
        lines += [f"{family.name}{labels} {_number(value)}" for labels, value in family.samples.items()]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(value)


def metrics_page(text: Callable[[], Awaitable[str]]) -> Handler:
    """A handler that answers `GET /metrics` with that text and refuses everything else."""

    async def answer(request: ServerRequest) -> ServerResponse:
        if request.path != PATH:
            return ServerResponse(404, b"metrics are at /metrics\n", (_TEXT,))
        if request.method not in ("GET", "HEAD"):
            return ServerResponse(405, b"", (("allow", "GET, HEAD"),))
        return ServerResponse(200, (await text()).encode(), (_TEXT,))

    return answer
