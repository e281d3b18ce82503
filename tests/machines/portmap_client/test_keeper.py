"""Keeping a port open: order, fall-back, renewal, restarts, leases that run out."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.portmap_client.keeper import (
    CHECK_S,
    REFUSED_S,
    SILENT_S,
    Check,
    Keeper,
    Open,
    Release,
    Step,
    Wait,
)
from natscope.machines.portmap_client.values import MAX_LEASE_S, Protocol

PUBLIC, PRIVATE = IPv4Address("203.0.113.7"), IPv4Address("192.168.7.2")
PCP, PMP, UPNP = Protocol.PCP, Protocol.NAT_PMP, Protocol.UPNP


def keeper() -> Keeper:
    return Keeper(lambda: 0.0)


def test_all_three_are_tried_also_after_refusals() -> None:
    machine = keeper()
    assert machine.step(0) == Open(PCP)
    machine.denied(PCP, 0, silent=False)
    assert machine.step(0) == Open(PMP)
    machine.denied(PMP, 1, silent=True)
    assert machine.step(1) == Open(UPNP)
    machine.granted(UPNP, PUBLIC, 5000, 7200, 2)
    assert isinstance(machine.step(2), Wait)
    assert machine.held is not None


def test_when_nobody_grants_it_waits_for_the_first_that_may_be_asked_again() -> None:
    machine = keeper()
    machine.denied(PCP, 0, silent=False, retry_after_s=120)
    machine.denied(PMP, 0, silent=True)
    machine.denied(UPNP, 0, silent=False)
    assert machine.step(0) == Wait(120)
    assert machine.step(120) == Open(PCP)
    machine.denied(PCP, 120, silent=False)
    assert machine.step(120) == Wait(SILENT_S)
    assert machine.step(REFUSED_S) == Open(PMP)


def test_a_router_that_wants_to_be_left_alone_for_ever_is_asked_daily() -> None:
    machine = Keeper(lambda: 0.0, (PCP,))
    machine.denied(PCP, 0, silent=False, retry_after_s=4e9)
    assert machine.step(0) == Wait(86_400)
    machine.denied(PCP, 90_000, silent=False, retry_after_s=0.0)
    assert machine.step(90_000) == Wait(90_030)


def test_renewal_by_the_granted_lease_with_the_same_port() -> None:
    machine = keeper()
    machine.granted(PCP, PUBLIC, 5000, 600, 0)
    assert machine.step(0) == Wait(min(300, CHECK_S))
    assert machine.step(300) == Open(PCP, 5000)
    machine.granted(PCP, PUBLIC, 5000, 600, 300)
    assert machine.step(300) == Wait(600)


def test_a_renewal_without_an_answer_is_repeated_until_the_lease_is_over() -> None:
    machine = keeper()
    machine.granted(PMP, PUBLIC, 5000, 600, 0)
    times = []
    now = 300.0
    while machine.held is not None:
        step = machine.step(now)
        if isinstance(step, Wait):
            now = step.until
        elif isinstance(step, Check):
            machine.checked(now, restarted=False)
        elif machine.held is not None:
            times.append(now)
            machine.denied(PMP, now, silent=True)
    assert times[:3] == [300, 450, 525]
    assert now >= 600
    assert machine.step(now) == Open(PCP, 5000)  # all over again, with the port that it had


def test_a_refused_renewal_goes_on_to_the_next_protocol() -> None:
    machine = keeper()
    machine.granted(PCP, PUBLIC, 5000, 600, 0)
    machine.denied(PCP, 300, silent=False)
    assert machine.held is None
    assert machine.step(300) == Open(PMP, 5000)


def test_a_restart_is_noticed_and_mended() -> None:
    machine = keeper()
    machine.granted(PCP, PUBLIC, 5000, 7200, 0)
    assert machine.step(CHECK_S) == Check(PCP)
    machine.checked(CHECK_S, restarted=False)
    assert machine.step(CHECK_S) == Wait(2 * CHECK_S)
    machine.checked(2 * CHECK_S, restarted=True)
    assert machine.step(2 * CHECK_S) == Open(PCP, 5000)


def test_behind_a_private_address_something_better_is_looked_for() -> None:
    machine = keeper()
    machine.granted(PCP, PRIVATE, 5000, 7200, 0)
    assert machine.step(0) == Open(PMP, 5000)
    machine.granted(PMP, PRIVATE, 5000, 7200, 1)
    assert machine.step(1) == Release(PMP)
    machine.released(PMP)
    assert machine.step(1) == Open(UPNP, 5000)
    machine.granted(UPNP, PUBLIC, 5001, 7200, 2)
    assert machine.held is not None
    assert machine.held.protocol is UPNP
    assert machine.step(2) == Release(PCP)
    machine.released(PCP)
    assert isinstance(machine.step(2), Wait)


@pytest.mark.parametrize(("granted_s", "lease_s"), [(0, MAX_LEASE_S), (10**9, MAX_LEASE_S), (120, 120), (0.5, 1)])
def test_leases_are_looked_after_whatever_was_promised(granted_s: float, lease_s: float) -> None:
    machine = keeper()
    machine.granted(UPNP, PUBLIC, 5000, granted_s, 0)
    assert machine.held is not None
    assert machine.held.lease_s == lease_s


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 5000))), st.floats(0, 1))
def test_it_never_stalls_and_never_waits_for_the_past(events: list[tuple[int, float]], chance: float) -> None:
    machine = Keeper(lambda: chance)
    now = 0.0
    for kind, passed in events:
        now += passed
        step: Step = machine.step(now)
        if isinstance(step, Wait):
            assert step.until > now
        if isinstance(step, Release):
            machine.released(step.protocol)
        elif isinstance(step, Check):
            machine.checked(now, restarted=kind == 0)
        elif isinstance(step, Open) and kind == 1:
            machine.denied(step.protocol, now, silent=True)
        elif isinstance(step, Open) and kind == 2:
            machine.denied(step.protocol, now, silent=False)
        elif isinstance(step, Open):
            machine.granted(step.protocol, PRIVATE if passed > 2500 else PUBLIC, 5000, passed, now)
