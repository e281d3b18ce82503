"""Numbers of several workers as those of one relay: added up, but for what each sees whole; never going back."""

from __future__ import annotations

from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.relay.metrics import relay_metrics
from natscope.relay.worker_messages import Numbers, Sample, pack, read_from_worker
from natscope.relay.worker_metrics import WHOLE, Totals, as_samples
from natscope.web.metrics import COUNTER, GAUGE, Family
from natscope.wire.keys import PrivateKey


def told(packets: float, keys: float, by: dict[str, float] | None = None) -> list[Sample]:
    return as_samples(
        [
            Family("derp_packets_sent", COUNTER, "Packets.", {"": packets}),
            Family("derp_clients_local", GAUGE, "Keys.", {"": keys}),
            Family("derp_watchers", GAUGE, "Relays.", {"": 1}),
            Family("natscope_http_answers", COUNTER, "By status.", by or {}),
        ]
    )


def values(totals: Totals) -> dict[str, float]:
    return {f"{f.name}{labels}": value for f in totals.families() for labels, value in f.samples.items()}


def test_sums_and_what_is_whole() -> None:
    totals = Totals()
    totals.told(1, told(5, 3, {'{status="200"}': 1}))
    totals.told(2, told(7, 3, {'{status="404"}': 2, '{status="200"}': 1}))
    assert values(totals) == {
        "derp_packets_sent": 12, "derp_clients_local": 3, "derp_watchers": 2,
        'natscope_http_answers{status="200"}': 2, 'natscope_http_answers{status="404"}': 2,
    }  # fmt: skip


def test_counters_of_a_worker_that_ended_stay_and_its_gauges_go() -> None:
    totals = Totals()
    totals.told(1, told(5, 3))
    totals.told(2, told(7, 3, {'{status="404"}': 2}))
    totals.ended(2)
    totals.ended(2)
    assert values(totals)["derp_packets_sent"] == 12
    assert values(totals)["derp_watchers"] == 1
    assert values(totals)['natscope_http_answers{status="404"}'] == 2
    totals.told(2, told(1, 3))
    assert values(totals)["derp_packets_sent"] == 13


def test_all_metrics_of_a_relay_survive_the_way_and_those_that_are_whole_exist() -> None:
    front = Front(Relay(PrivateKey(bytes(range(32)))), Pages(), lambda: "now")
    families = relay_metrics(front)
    news = read_from_worker(pack(Numbers(7, as_samples(families))))
    assert isinstance(news, Numbers)
    totals = Totals()
    totals.told(1, news.families)
    assert {f.name: dict(f.samples) for f in totals.families()} == {f.name: dict(f.samples) for f in families}
    assert {f.name for f in families} | {"natscope_certificate_expires_seconds"} >= WHOLE
