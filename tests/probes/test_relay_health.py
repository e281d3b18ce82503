"""One relay, step by step: which step fails, who says so, and that nothing hostile holds a run up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from natscope.host.api import Host, ServerTls, Stream
from natscope.host.real.host import build_real_host
from natscope.lab.loopback_certs import TestAuthority
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_nodes import interception, node_checks
from natscope.netcheck.options import NetcheckOptions
from natscope.plugins.probe import Scope
from natscope.plugins.stun_plan import ProbePlan
from natscope_probes.relay_health import contacts, when
from tests.netcheck.lab import loaded, region
from tests.probes.loopback import NAME, Seen, authority, node, run, saying, serving
from tests.web.servers import LOOPBACK
from tests.wire.chains import Chain

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: Tue, 24 Nov 2026 12:00:00 GMT\r\n\r\n"


@pytest.fixture
def host() -> Host:
    return build_real_host()


@pytest.fixture
def signed(tmp_path: Path, host: Host) -> TestAuthority:
    return authority(tmp_path, host)


async def look(*nodes: object, **options: object) -> Seen:
    return await run("relay_health", "relay.check", *nodes, **options)  # type: ignore[arg-type]


async def test_a_sound_relay(host: Host, signed: TestAuthority) -> None:
    asked: list[bytes] = []
    issued = signed.issue("good", [NAME])
    async with serving(host, saying(OK, asked=asked), issued.files) as port:
        seen = (await look(node(port, issued))).one
    assert (seen.outcome, seen.data["step"], seen.data["status"]) == (Outcome.ANSWERED, "http", 200)
    assert seen.data["issuer"] == "natscope loopback test authority"
    assert seen.data["names"] == [NAME]
    assert 29 < seen.data["days_left"] < 31
    assert abs(seen.data["clock_off_s"]) > 1000
    assert asked[0].startswith(b"GET /derp/latency-check HTTP/1.1\r\nhost: relay.test:")
    (row,) = node_checks((seen,))
    assert (row.failed_at, row.pinned, row.public_issuer) == (None, True, Tri.NO)
    assert interception((seen,), vendor=False).holds is Tri.NO


async def test_the_upgrade_is_asked_for_and_without_it_where_it_fails(host: Host, signed: TestAuthority) -> None:
    issued = signed.issue("good", [NAME])
    for eats, expected in ((True, (426, 426)), (False, (101, None))):
        asked: list[bytes] = []

        async def answer(stream: Stream, eats: bool = eats, asked: list[bytes] = asked) -> None:
            asked.append(request := await stream.read(4096))
            answers = {b"/derp/latency-check": b"200 OK", b"/derp": b"426 Upgrade Required"}
            status = answers[request.split()[1]]
            if b"upgrade: DERP" in request and not eats:
                status = b"101 Switching Protocols"
            await stream.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\n\r\n")

        async with serving(host, answer, issued.files) as port:
            seen = (await look(node(port, issued))).one
        (row,) = node_checks((seen,))
        assert (row.upgrade, row.upgrade_left_out, row.failed_at) == (*expected, None)
        assert b"connection: Upgrade\r\nupgrade" in asked[1] or b"upgrade: DERP\r\nconnection: Upgrade" in asked[1]
        assert len(asked) == (3 if eats else 2)
        assert not eats or b"upgrade" not in asked[2].lower()


async def test_the_older_path_is_tried_where_the_usual_one_is_not_there(host: Host, signed: TestAuthority) -> None:
    asked: list[bytes] = []
    issued = signed.issue("good", [NAME])
    gone = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
    async with serving(host, saying(gone, OK, asked=asked), issued.files) as port:
        seen = (await look(node(port, issued))).one
    assert [head.split()[1] for head in asked[:2]] == [b"/derp/latency-check", b"/derp/probe"]
    assert (seen.outcome, seen.data["path"]) == (Outcome.ANSWERED, "/derp/probe")


async def test_an_http_error_is_told(host: Host, signed: TestAuthority) -> None:
    issued = signed.issue("good", [NAME])
    async with serving(host, saying(b"HTTP/1.1 503 Later\r\n\r\n"), issued.files) as port:
        seen = (await look(node(port, issued))).one
    assert (seen.outcome, seen.error, seen.data["status"]) == (Outcome.REFUSED, "http-status", 503)


@pytest.mark.parametrize(
    ("names", "expired", "pinned", "code"),
    [
        ([NAME], False, False, "certificate-unknown-issuer"),
        ([NAME], True, False, "certificate-expired"),
        (["other.test"], False, False, "certificate-wrong-name"),
        ([NAME], False, True, "certificate-pin-mismatch"),
    ],
)
async def test_what_is_wrong_with_a_certificate(
    host: Host, signed: TestAuthority, names: list[str], expired: bool, pinned: bool, code: str
) -> None:
    issued = signed.issue("one", names, expired=expired)
    pin = signed.issue("other", [NAME]) if pinned else None
    async with serving(host, saying(OK), issued.files) as port:
        seen = (await look(node(port, pin))).one
    assert (seen.outcome, seen.error, seen.data["step"]) == (Outcome.WRONG, code, "certificate")
    assert seen.data["issuer"] == "natscope loopback test authority"


async def test_an_intermediate_that_is_left_out(host: Host, tmp_path: Path) -> None:
    chain = Chain(NAME)
    files = ServerTls(str(tmp_path / "leaf.pem"), str(tmp_path / "key.pem"))
    (tmp_path / "leaf.pem").write_bytes(chain.pem(chain.leaf))
    (tmp_path / "key.pem").write_bytes(chain.key_pem)
    async with serving(host, saying(OK), files) as port:
        seen = (await look(node(port))).one
    assert (seen.outcome, seen.error) == (Outcome.WRONG, "certificate-chain-incomplete")
    assert "test intermediate" in seen.summary


async def test_plain_http_where_tls_belongs(host: Host) -> None:
    async def plain(stream: Stream) -> None:
        first = await stream.read(4096)
        await stream.write(OK if first.startswith(b"GET") else b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serving(host, plain) as port:
        seen = (await look(node(port))).one
    assert (seen.outcome, seen.error) == (Outcome.WRONG, "plain-http")


async def test_a_tls_server_that_explains_itself_is_no_plain_one(host: Host) -> None:
    async def grumbling(stream: Stream) -> None:
        await stream.read(4096)
        await stream.write(b"HTTP/1.1 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")

    async with serving(host, grumbling) as port:
        assert (await look(node(port))).one.error == "tls"


async def test_a_name_that_is_filtered(host: Host, signed: TestAuthority) -> None:
    """A middle box that resets by name: other names get through to a server."""
    issued = signed.issue("good", [NAME])

    async def filtering(stream: Stream) -> None:
        first = await stream.read(4096)
        if NAME.encode() in first:
            return
        inner = await host.streams.connect(target, timeout_s=5)
        await inner.write(first)
        while data := await inner.read(4096):
            await stream.write(data)

    async with serving(host, saying(OK), issued.files) as behind:
        target = Endpoint(LOOPBACK, behind)
        async with serving(host, filtering) as port:
            seen = (await look(node(port, issued), timeout_s=4.0)).one
    assert (seen.outcome, seen.error) == (Outcome.REFUSED, "name-filtered")


@pytest.mark.parametrize(("control", "told"), [("silent", "silent"), ("reset", "fails")])
async def test_a_control_that_gets_lost_leaves_a_filtered_name_open(
    host: Host, signed: TestAuthority, control: str, told: str
) -> None:
    issued = signed.issue("good", [NAME])

    async def filtering(stream: Stream) -> None:
        first = await stream.read(4096)
        if NAME.encode() not in first and control == "silent":
            await asyncio.sleep(60)

    async with serving(host, filtering) as port:
        seen = (await look(node(port, issued), timeout_s=2.0)).one
    assert seen.error in ("reset", "closed")
    assert seen.data["other_name"] == told


async def test_a_closed_port_and_a_silent_one(host: Host) -> None:
    async def silent(stream: Stream) -> None:
        await asyncio.sleep(60)

    async with serving(host, saying(OK)) as port:
        pass
    assert (await look(node(port))).one.error == "refused"
    async with serving(host, silent) as port:
        seen = (await look(node(port), timeout_s=0.8)).one
    assert (seen.outcome, seen.data["step"]) == (Outcome.NO_ANSWER, "tls")


async def _endless(stream: Stream) -> None:
    await stream.read(4096)
    await stream.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        await stream.write(b"x-more: " + b"y" * 1000 + b"\r\n")


async def _slowly(stream: Stream) -> None:
    await stream.read(4096)
    for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 4000:
        await stream.write(bytes([byte]))
        await asyncio.sleep(0.02)


async def _garbage(stream: Stream) -> None:
    await stream.read(4096)
    await stream.write(bytes(range(256)) * 8)


@pytest.mark.parametrize(
    ("serve", "outcome", "error"),
    [
        (_endless, Outcome.WRONG, "not-http"),
        (_garbage, Outcome.WRONG, "not-http"),
        (_slowly, Outcome.NO_ANSWER, "timeout"),
    ],
)
async def test_hostile_answers_over_tls_are_bounded(
    host: Host, signed: TestAuthority, serve: object, outcome: Outcome, error: str
) -> None:
    issued = signed.issue("good", [NAME])
    async with serving(host, serve, issued.files) as port:  # type: ignore[arg-type]
        seen = await look(node(port, issued), timeout_s=1.5)
    assert (seen.one.outcome, seen.one.error) == (outcome, error)
    assert seen.one.bytes_received < 20_000


async def test_garbage_instead_of_tls(host: Host) -> None:
    async with serving(host, _garbage) as port:
        seen = (await look(node(port), timeout_s=3.0)).one
    assert (seen.outcome, seen.error) == (Outcome.WRONG, "tls")


async def test_every_node_over_every_family_it_has(host: Host) -> None:
    stun_only = node(1, stun_only=True)
    seen = await look(node(1), node(2), stun_only, families=(4, 6))
    assert [(o.region_id, o.family) for o in seen.all] == [(1, 4), (2, 4)]


def test_it_runs_on_demand_and_says_whom_it_contacts() -> None:
    map_ = loaded(region(1, 2, node_fields={"can_port80": True}), region(2, node_fields={"stun_only": True}))

    def scope(**options: object) -> Scope:
        return Scope(map_, NetcheckOptions(**options), (4, 6), ProbePlan((), 0.0, ()))  # type: ignore[arg-type]

    assert when(scope())
    assert when(scope(https=True)) == ""
    assert when(scope(profile="full")) == ""
    assert [(c.host, c.port) for c in contacts(scope())] == [
        ("r1a.relay.test", 443),
        ("r1a.relay.test", 80),
        ("r1b.relay.test", 443),
        ("r1b.relay.test", 80),
    ]
