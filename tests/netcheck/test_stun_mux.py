"""The transaction table: only a right answer from the asked address ends a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from natscope.host.api import Failure, UdpError
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.recorder import Recorder
from natscope.netcheck.stun_mux import Exchange, StunMux
from natscope.netcheck.stun_observations import record_stun
from natscope.plugins.stun_plan import PLAIN_FORM
from natscope.wire.stun.attributes import ErrorCode
from natscope.wire.stun.message import (
    MessageClass,
    decode,
    encode,
    encode_binding_error,
    encode_binding_request,
    encode_binding_success,
)
from tests.netcheck.fake_host import START, Script, World, run_virtual, silence
from tests.netcheck.lab import at

RELAY = at("198.51.100.8")
STRANGER = at("198.51.100.66", 9999)
MAPPED = at("203.0.113.7", 41641)


def ask(script: Script, *, wait_s: float = 1.0, requests: int = 1, interrupted: bool = False) -> Asked:
    """Ask the relay, wait, and record."""

    async def work() -> Asked:
        world = World(relays={RELAY: script})
        host = world.host()
        mux = StunMux(host, NetcheckOptions(), lambda: None)
        await mux.open(4)
        channel = mux.channels[4]
        exchanges = []
        for number in range(requests):
            exchanges.append(channel.ask(RELAY, probe="test", region_id=1, node="1a", round=number))
            await asyncio.sleep(0.1)
        await asyncio.sleep(wait_s)
        recorder = Recorder(START)
        await record_stun(mux, recorder, host, ended=host.clock.now(), interrupted=interrupted)
        await mux.close()
        return Asked(exchanges, recorder.observations, mux)

    return run_virtual(work())


class Asked:
    def __init__(self, exchanges: list[Exchange], observations: list[Observation], mux: StunMux) -> None:
        self.exchanges = exchanges
        self.observations = observations
        self.mux = mux

    @property
    def first(self) -> Observation:
        return self.observations[0]

    @property
    def counts(self) -> dict[str, int]:
        dropped = [o for o in self.observations if o.kind == "stun.dropped"]
        return dict(dropped[0].data["counts"]) if dropped else {}


def success(request: bytes, **how: Any) -> bytes:
    return encode_binding_success(how.get("transaction_id", request[8:20]), MAPPED)


def test_a_right_answer() -> None:
    asked = ask(lambda request, target: [(0.05, success(request), RELAY)])
    assert asked.first.outcome is Outcome.ANSWERED
    assert asked.first.rtt_ms == pytest.approx(50)
    assert asked.first.data["mapped"] == "203.0.113.7:41641"
    assert (asked.first.socket, asked.first.source) == ("192.168.1.20:41641", "198.51.100.8:3478")
    assert asked.counts == {}
    assert asked.mux.best_s == {1: pytest.approx(0.05)}


WRONG_ID = b"\x00" * 12
SILENT = Outcome.NO_ANSWER

BAD: list[tuple[str, Callable[[bytes], bytes], Endpoint, str, Outcome]] = [
    ("wrong transaction id", lambda r: success(r, transaction_id=WRONG_ID), RELAY, "unknown-transaction", SILENT),
    ("truncated attribute", lambda r: success(r)[:-3], RELAY, "malformed", Outcome.WRONG),
    ("header alone", lambda r: success(r)[:20], RELAY, "malformed", Outcome.WRONG),
    ("no address in it", lambda r: encode(MessageClass.SUCCESS, r[8:20]), RELAY, "no-address", Outcome.WRONG),
    ("other source", success, STRANGER, "other-source", Outcome.WRONG),
    ("other port", success, Endpoint(RELAY.ip, 3479), "other-source", Outcome.WRONG),
    ("garbage", lambda r: b"\xff" * 40, RELAY, "not-stun", SILENT),
    ("nothing", lambda r: b"", RELAY, "not-stun", SILENT),
    ("garbage of a stranger that quotes our id", lambda r: r[:20] + b"\xff", STRANGER, "malformed", SILENT),
    ("a stray request", lambda r: encode_binding_request(r[8:20]), RELAY, "not-an-answer", SILENT),
    ("an indication", lambda r: encode(MessageClass.INDICATION, r[8:20]), RELAY, "not-an-answer", SILENT),
    ("classic", lambda r: encode(MessageClass.SUCCESS, r[4:20][::-1]), RELAY, "not-stun", SILENT),
]


@pytest.mark.parametrize(("name", "make", "source", "reason", "outcome"), BAD, ids=[row[0] for row in BAD])
def test_bad_datagrams_are_counted_and_end_nothing(
    name: str, make: Callable[[bytes], bytes], source: Endpoint, reason: str, outcome: Outcome
) -> None:
    alone = ask(lambda request, target: [(0.05, make(request), source)])
    assert (alone.first.outcome, alone.counts) == (outcome, {reason: 1})
    assert alone.exchanges[0].answered_at is None
    before = ask(lambda request, target: [(0.05, make(request), source), (0.08, success(request), RELAY)])
    assert before.first.outcome is Outcome.ANSWERED
    assert before.first.rtt_ms == pytest.approx(80)
    assert before.counts == {reason: 1}


def test_other_source_says_who_answered_and_what() -> None:
    asked = ask(lambda request, target: [(0.05, success(request), STRANGER)])
    assert asked.first.source == str(STRANGER)
    assert asked.first.data["mapped"] == "203.0.113.7:41641"
    assert asked.first.error == "other-source"
    assert asked.mux.best_s == {}


def test_two_answers_give_one_sample() -> None:
    asked = ask(lambda request, target: [(0.05, success(request), RELAY), (0.09, success(request), RELAY)])
    assert asked.first.rtt_ms == pytest.approx(50)
    assert asked.first.data["duplicates"] == 1
    assert asked.counts == {"duplicate": 1}


def test_a_late_answer_belongs_to_its_own_request() -> None:
    delays = iter([0.15, 0.02])
    asked = ask(lambda request, target: [(next(delays), success(request), RELAY)], requests=2)
    assert [o.rtt_ms for o in asked.observations] == pytest.approx([150, 20])


def test_a_refusal_in_words() -> None:
    asked = ask(lambda r, target: [(0.05, encode_binding_error(r[8:20], ErrorCode(420, "what?")), RELAY)])
    assert (asked.first.outcome, asked.first.error) == (Outcome.REFUSED, "stun-error")
    assert asked.first.summary == "the server answered 420 what?"


def test_icmp_errors_go_to_the_request_they_quote() -> None:
    requests: list[bytes] = []

    def script(request: bytes, target: Endpoint) -> list[Any]:
        requests.append(request)
        if len(requests) < 2:
            return []
        return [(0.02, UdpError(Failure.REFUSED, target, 0.0, STRANGER.ip, requests[0], "port unreachable"))]

    asked = ask(script, requests=2)
    assert [o.outcome for o in asked.observations] == [Outcome.ICMP_ERROR, Outcome.NO_ANSWER]
    assert (asked.first.data["reporter"], asked.first.data["icmp"]) == ("198.51.100.66", "port unreachable")
    assert asked.first.summary == "an ICMP error came back from 198.51.100.66: port unreachable"


def test_icmp_errors_without_a_quote_go_to_the_last_open_request() -> None:
    asked = ask(lambda request, target: [(0.02, UdpError(Failure.REFUSED, target, 0.0))])
    assert asked.first.outcome is Outcome.ICMP_ERROR


def test_icmp_errors_about_nothing_of_ours_are_counted() -> None:
    asked = ask(lambda request, target: [(0.02, UdpError(Failure.REFUSED, STRANGER, 0.0))])
    assert (asked.first.outcome, asked.counts) == (Outcome.NO_ANSWER, {"unattributed-icmp-error": 1})


def test_an_answer_after_an_icmp_error_counts() -> None:
    asked = ask(
        lambda request, target: [
            (0.02, UdpError(Failure.REFUSED, target, 0.0, None, request)),
            (0.05, success(request), RELAY),
        ]
    )
    assert asked.first.outcome is Outcome.ANSWERED


def test_an_interrupted_request_is_not_lost() -> None:
    assert ask(silence, wait_s=0.3, interrupted=True).first.outcome is Outcome.CANCELLED
    assert ask(silence, wait_s=2.0, interrupted=True).first.outcome is Outcome.NO_ANSWER


def test_relays_get_exactly_the_tailscale_form_and_others_the_plain_one() -> None:
    async def work() -> list[bytes]:
        world = World()
        mux = StunMux(world.host(), NetcheckOptions(), lambda: None)
        await mux.open(4)
        mux.channels[4].ask(RELAY, probe="test")
        mux.channels[4].ask(STRANGER, probe="test", form=PLAIN_FORM)
        await mux.close()
        return [data for _, _, data in world.sent]

    tailscale, plain = run_virtual(work())
    assert len(tailscale) == 40
    assert decode(tailscale).software == "tailnode"
    assert decode(tailscale).fingerprint_ok
    assert len(plain) == 20
    assert tailscale[8:20] != plain[8:20]


def test_an_address_of_the_other_family_refuses_the_socket_only() -> None:
    async def work() -> StunMux:
        mux = StunMux(World().host(), NetcheckOptions(bind_address="192.168.1.20"), lambda: None)
        for family in (4, 6):
            await mux.open(family)
        await mux.close()
        return mux

    mux = run_virtual(work())
    assert list(mux.channels) == [4]
    assert mux.refused[6].failure is Failure.ADDRESS_NOT_AVAILABLE
