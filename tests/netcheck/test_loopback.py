"""Netchecks over real sockets against the embedded relays, on loopback only."""

from __future__ import annotations

import asyncio
from typing import Any

from natscope.host.real.host import build_real_host
from natscope.lab.loopback import LoopbackRelays
from natscope.lab.loopback_spec import Lie, RegionSpec, RelayKind
from natscope.model.nat import Mapping
from natscope.model.observation import Outcome
from natscope.model.relay_map import LoadedMap
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.netcheck.assemble import assemble
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, find
from natscope.web.client import HttpClient


async def netcheck(*specs: RegionSpec, https: bool = False, **options: Any) -> Report:
    host = build_real_host()
    async with LoopbackRelays(host, specs, https=https) as relays:
        record = await run_probes(
            RunInputs(
                host=host,
                loaded_map=LoadedMap(relay_map=relays.relay_map(), source="loopback", kind="file"),
                options=NetcheckOptions(https=https, **options),
                history=History(),
                found=find(PROBES),
                http=lambda: HttpClient(host),
                stop=asyncio.Event(),
            )
        )
    return assemble(record)


def spec(number: int, kind: RelayKind = RelayKind.HEALTHY, **fields: Any) -> RegionSpec:
    return RegionSpec(region_id=number, kind=kind, **fields)


async def test_healthy_relays_over_both_families() -> None:
    report = await netcheck(spec(1, latency_ms=2), spec(2, latency_ms=150), spec(3, latency_ms=300))
    assert report.udp is Tri.YES
    assert report.ipv4.works is Tri.YES
    assert report.preferred_relay.region_id == 1
    assert (report.nat.v4.mapping, report.nat.v4.port_preservation) == (Mapping.UNKNOWN, Tri.UNKNOWN)
    times = [r.latency_ms.stun_v4 or 0.0 for r in report.relays]
    assert times == sorted(times)
    assert times[0] >= 2
    assert [r.samples for r in report.relays] in ([3, 3, 3], [6, 6, 6])


async def test_ailing_relays_are_told_apart() -> None:
    report = await netcheck(
        spec(1),
        spec(2, RelayKind.DEAD),
        spec(3, RelayKind.WRONG_CERTIFICATE),
        spec(4, RelayKind.EXPIRED_CERTIFICATE),
        spec(5, RelayKind.SILENT_UDP),
        spec(6, RelayKind.CLOSED_PORT),
        https=True,
    )
    errors = {r.region_id: r.error.code if r.error else None for r in report.relays}
    assert errors == {1: None, 2: "no-answer", 3: "certificate", 4: "certificate", 5: "no-answer", 6: "icmp"}
    assert report.relays[0].latency_ms.https is not None
    assert report.relays[4].latency_ms.https is not None
    bad = {o.region_id: o.error for o in report.observations if o.error.startswith("certificate")}
    assert set(bad) == {3, 4}
    assert bad[4] == "certificate-expired"


async def test_a_mapping_that_differs_by_destination() -> None:
    report = await netcheck(spec(1), spec(2, port_shift=7))
    assert report.nat.v4.mapping_varies is Tri.YES


async def test_lies_end_nothing() -> None:
    lies = [Lie.WRONG_TRANSACTION, Lie.TRUNCATED, Lie.OTHER_SOURCE]
    liars = [spec(n, lies=(lie,)) for n, lie in enumerate(lies, start=2)]
    report = await netcheck(spec(1), *liars, skip=("relay_https",))
    assert report.relays[0].loss == 0.0
    assert [r.latency_ms.stun_v4 for r in report.relays[1:]] == [None, None, None]
    counts: dict[str, int] = {}
    for observation in report.observations:
        if observation.kind == "stun.dropped":
            counts |= observation.data["counts"]
    assert set(counts) == {"unknown-transaction", "malformed", "other-source"}


async def test_doubled_and_noisy_answers_change_nothing() -> None:
    report = await netcheck(spec(1, lies=(Lie.TWICE,)), spec(2, lies=(Lie.NOISE_FIRST,)))
    assert [r.loss for r in report.relays] == [0.0, 0.0]
    assert {o.outcome for o in report.observations if o.kind == "stun.binding"} == {Outcome.ANSWERED}
