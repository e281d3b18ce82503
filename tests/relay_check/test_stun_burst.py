"""A limit for STUN is told from a port that answers, and from a way that loses packets."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.derp_check import StepName, StepState
from natscope.model.finding import Certainty, Severity
from natscope.model.tri import Tri
from natscope.relay_check.assemble import assemble
from natscope.stun_server.limits import DEFAULT_BURST, DEFAULT_RATE
from tests.relay_check.world import Planted, Relays, found

LIMITED = (20.0, 5)
"""A firewall's limit: five at once, twenty a second."""


def test_stun_requests_are_limited() -> None:
    check = Relays(Planted(stun_limit=LIMITED), Planted(region=2)).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity, finding.certainty) == ("NS-REL-13", Severity.WARN, Certainty.LIKELY)
    assert finding.title == "1a: UDP port 3478 answers single STUN requests, and loses most of many at once."
    assert "Other relays answer such bursts" in finding.detail
    assert check.nodes[0].step(StepName.STUN).state is StepState.WARN
    assert check.nodes[0].step(StepName.STUN).says.endswith("few at once")
    assert [node.relays for node in check.nodes] == [Tri.YES] * 2
    bursts = [o for o in check.observations if o.kind == "stun.burst"]
    per_target = {o.target: [b.data["round"] for b in bursts if b.target == o.target] for o in bursts}
    assert sorted(per_target.values()) == [[1], [1], [1, 2], [1, 2]]  # two families each
    assert all((o.data["burst"], o.data["requests"]) == (20, 20 if o.data["round"] == 1 else 23) for o in bursts)


def test_one_relay_alone_is_judged_by_its_single_answers() -> None:
    (finding,) = Relays(Planted(stun_limit=LIMITED)).check().findings
    assert (finding.id, finding.certainty) == ("NS-REL-13", Certainty.LIKELY)


def test_where_no_relay_answers_bursts_it_may_be_this_network() -> None:
    check = Relays(Planted(stun_limit=LIMITED), Planted(region=2, stun_limit=LIMITED)).check()
    (finding,) = check.findings
    assert (finding.id, finding.certainty) == ("NS-REL-13", Certainty.POSSIBLE)
    assert finding.title.startswith("1a and 2b: UDP port 3478")
    assert "may be this network" in finding.detail


@pytest.mark.parametrize("limit", [(DEFAULT_RATE, DEFAULT_BURST), (5.0, 16), (1000.0, 1000)])
def test_limits_that_few_clients_meet_are_none(limit: tuple[float, int]) -> None:
    """The first is that of natscope's own relay."""
    assert Relays(Planted(stun_limit=limit)).check().findings == ()


def test_a_burst_that_is_lost_once_is_nothing() -> None:
    """An outage of half a second: the second burst passes."""
    relays = Relays(Planted(stun_limit=LIMITED))
    record = relays.record()
    relays.net.close()
    first, second = ({"round": n, "burst": 20, "answers": a} for n, a in ((1, 3), (2, 19)))
    changed = tuple(
        msgspec.structs.replace(o, data=first if o.data["round"] == 1 else second) if o.kind == "stun.burst" else o
        for o in record.observations
    )
    assert assemble(msgspec.structs.replace(record, observations=changed)).findings == ()


def test_where_single_requests_get_lost_no_burst_is_sent() -> None:
    relays = Relays(Planted(stun_limit=LIMITED))
    relays.net.timeline.after(0.55, relays.net.hosts["relay-1a"].node.stack.udp.clear)
    check = relays.check()
    assert any(0 < stun.answered < stun.sent for stun in check.nodes[0].stun)
    assert not [o for o in check.observations if o.kind == "stun.burst"]
    assert "NS-REL-13" not in found(check)
