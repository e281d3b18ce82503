"""The links of a scenario: from milliseconds and Mbit/s of a file to the value both beds build from."""

from __future__ import annotations

from dataclasses import replace

from natscope.lab.scenario_form import LinkForm
from natscope.lab.scenario_toml import Path, Source
from natscope.sim.link import LinkSpec
from natscope.sim.meddler import MeddlerSpec
from natscope.sim.policer import BURST_S, PolicerSpec

UPLINK = LinkSpec(latency_s=0.005)
LAN = LinkSpec(latency_s=0.0005)
RELAY_STEP_MS = 10.0
"""The first relay is that far from the middle of the internet, each further one as much farther."""


def directions(
    source: Source, where: Path, base: LinkSpec, link: LinkForm, back: LinkForm
) -> tuple[LinkSpec, LinkSpec]:
    """The directions up and down: `link` changes both, `back` the second again. Raises `UserError`."""
    up = changed(source, (*where, "link"), base, link)
    return up, changed(source, (*where, "back"), up, back)


def changed(source: Source, where: Path, base: LinkSpec, form: LinkForm) -> LinkSpec:
    """A link with what a form says."""
    seconds = {"latency_s": form.latency_ms, "jitter_s": form.jitter_ms, "held_back_s": form.held_back_ms}
    seconds["ipv6_latency_s"] = form.ipv6_latency_ms
    fields: dict[str, float | int | bool | None] = {k: None if v is None else v / 1000 for k, v in seconds.items()}
    fields["rate_bps"] = None if form.rate_mbit is None else form.rate_mbit * 1e6
    fields["queue_bytes"] = None if form.queue_kbyte is None else form.queue_kbyte * 1024
    for name in ("loss", "duplication", "reordering", "mtu", "tells_mtu"):
        fields[name] = getattr(form, name)
    try:
        given = {name: value for name, value in fields.items() if value is not None}
        meddler, policer = _meddler(form) or base.meddler, _policer(form) or base.udp_policer
        return replace(base, udp_policer=policer, meddler=meddler, **given)  # type: ignore[arg-type]
    except ValueError as error:
        source.wrong(where, str(error))


def _policer(form: LinkForm) -> PolicerSpec | None:
    """None where the form names none. Raises `ValueError`."""
    if form.udp_limit_packets is None and form.udp_limit_mbit is None:
        return None
    bits = None if form.udp_limit_mbit is None else form.udp_limit_mbit * 1e6
    burst_s = BURST_S if form.udp_limit_burst_ms is None else form.udp_limit_burst_ms / 1000
    return PolicerSpec(packets_per_s=form.udp_limit_packets, bits_per_s=bits, burst_s=burst_s)


def _meddler(form: LinkForm) -> MeddlerSpec | None:
    """None where the form names none; empty lists take one away. Raises `ValueError`."""
    if form.bleaches is None and form.filters is None and form.dead_ports is None and form.resets is None:
        return None
    return MeddlerSpec(
        bleaches=form.bleaches or (), filters=form.filters or (), dead_ports=form.dead_ports or (),
        resets=form.resets or (),
    )  # fmt: skip
