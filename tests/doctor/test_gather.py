"""Facts from a computer: sockets on loopback, a daemon behind a table of answers, the map at hand, ways out."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from natscope.doctor import gather_daemon, gather_sockets
from natscope.doctor.checks import way_out
from natscope.doctor.facts import Contact, DaemonFacts, OwnFacts
from natscope.doctor.gather import DoctorInputs, gather
from natscope.doctor.gather_daemon import NOT_TOLD, ask_daemon
from natscope.doctor.gather_map import fetch_now, look_for_map
from natscope.doctor.gather_sockets import try_sockets
from natscope.doctor.ways import ways_out
from natscope.errors import UserError
from natscope.host.api import Datagram, EchoReply, Failure, Host, HostError, UdpError
from natscope.host.http_api import HttpRequest
from natscope.host.real.host import build_real_host
from natscope.host.system_api import Device, PolicyRule, RouteChoice, SystemFacts
from natscope.model.doctor import CheckState
from natscope.model.endpoint import IPAddress
from natscope.model.mesh_status import MeshState
from natscope.model.tri import Tri
from natscope.netcheck.map_cache import cache_path, store
from natscope.netcheck.options import MapChoice
from natscope.tailscaled.client import LOCAL_HOST
from tests.doctor.made import WELL, change
from tests.netcheck.map_http import Answer, SetClock, TableHttp, host_with
from tests.wire.local_api.recorded import body

API = f"http://{LOCAL_HOST}/localapi/v0/"
STATUS, PREFS = API + "status?peers=false", API + "prefs"
FORWARDING, GRO = API + "check-ip-forwarding", API + "check-udp-gro-forwarding"
URL = "https://mesh.example.net/derpmap"
NODE = {"Name": "1a", "RegionID": 1, "HostName": "relay1.example.net", "IPv4": "198.51.100.7"}
MAP = json.dumps({"Regions": {"1": {"RegionID": 1, "RegionCode": "a", "Nodes": [NODE]}}}).encode()


@pytest.fixture(scope="module")
def host() -> Host:
    return build_real_host()


def test_sockets_of_this_computer_work(host: Host) -> None:
    facts = asyncio.run(try_sockets(host))
    assert (facts.udp.works, facts.tcp.works, facts.errors.works) == (Tri.YES, Tri.YES, Tri.YES), facts
    assert facts.ping.works is Tri.YES or facts.ping.denied


class Refusing:
    """Sockets, streams and pings of a user who may do nothing."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure

    async def refuse(self, *_: object, **__: object) -> object:
        raise HostError(self.failure, "no")

    open = listen = connect = echo = refuse


@pytest.mark.parametrize(
    ("failure", "works", "denied"),
    [
        (Failure.PERMISSION, Tri.NO, True),
        (Failure.ADDRESS_NOT_AVAILABLE, Tri.NO, False),
        (Failure.NOT_SUPPORTED, Tri.UNKNOWN, False),
    ],
)
async def test_what_the_system_refuses(host: Host, failure: Failure, works: Tri, denied: bool) -> None:
    no = Refusing(failure)
    facts = await try_sockets(replace(host, udp=no, streams=no, icmp=no))  # type: ignore[arg-type]
    for trial in (facts.udp, facts.tcp, facts.ping, facts.errors):
        assert (trial.works, trial.denied, trial.reason) == (works, denied, "no")


class Silent:
    """UDP that swallows everything, and pings without an answer."""

    class _Socket:
        local = None

        def send(self, *_: object) -> float:
            return 0.0

        async def receive(self) -> Datagram | UdpError:
            await asyncio.sleep(60)
            raise AssertionError

        def close(self) -> None:
            return

    async def open(self, *_: object, **__: object) -> _Socket:
        return self._Socket()

    async def echo(self, *_: object, **__: object) -> EchoReply:
        raise HostError(Failure.TIMEOUT, "no answer")


async def test_silence_is_a_no_here_because_we_asked_ourselves(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather_sockets, "LIMIT_S", 0.05)
    silent = Silent()
    facts = await try_sockets(replace(host, udp=silent, icmp=silent))  # type: ignore[arg-type]
    assert (facts.udp.works, facts.errors.works, facts.ping.works) == (Tri.NO, Tri.NO, Tri.NO)
    assert facts.tcp.works is Tri.YES
    assert facts.errors.reason == "a closed port of this computer seems silent"


@contextmanager
def a_socket(tmp_path: Path) -> Iterator[str]:
    """A Unix socket that is there; the table answers in its place."""
    path = tmp_path / "ts.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        yield str(path)


async def asked(path: str, answers: dict[str, Answer]) -> DaemonFacts:
    host = host_with()
    host.environ = {}  # type: ignore[misc]
    return await ask_daemon(host, TableHttp(answers), path)


async def test_a_daemon_that_answers(tmp_path: Path) -> None:
    with a_socket(tmp_path) as path:
        facts = await asked(path, {
            STATUS: body("status-nopeers.http"), PREFS: body("prefs.http"),
            FORWARDING: body("check-ip-forwarding.http"), GRO: b'{"Warning": ""}',
        })  # fmt: skip
    assert (facts.contact, facts.socket, facts.named) == (Contact.ANSWERED, path, True)
    assert facts.status is not None
    assert facts.status.state is MeshState.RUNNING
    assert facts.prefs is not None
    assert facts.prefs.netfilter == 2
    assert facts.forwarding is not None
    assert facts.forwarding.startswith("IP forwarding is disabled")
    assert (facts.gro, facts.check_reasons) == ("", {})


async def test_an_older_daemon_does_not_know_the_checks(tmp_path: Path) -> None:
    with a_socket(tmp_path) as path:
        facts = await asked(path, {STATUS: body("status-nopeers.http"), PREFS: 403, FORWARDING: 404, GRO: b"<html>"})
    assert facts.contact is Contact.ANSWERED
    assert (facts.prefs, facts.prefs_reason) == (None, f"tailscaled at {path} does not allow this to you: sorry")
    assert (facts.forwarding, facts.check_reasons["forwarding"]) == (None, NOT_TOLD)
    assert facts.gro is None
    assert "no JSON" in facts.check_reasons["gro"]


@pytest.mark.parametrize(
    ("answer", "contact"),
    [
        (HostError(Failure.PERMISSION, "closed"), Contact.DENIED),
        (HostError(Failure.TIMEOUT, "slow"), Contact.SILENT),
        (HostError(Failure.REFUSED, "nobody"), Contact.CLOSED),
        (HostError(Failure.RESET, "bye"), Contact.ODD),
        (403, Contact.DENIED),
        (500, Contact.ODD),
        (b"<html>", Contact.ODD),
        (b'{"a": 1}', Contact.ODD),
        (b"[" + b" " * (5 << 20), Contact.ODD),
    ],
)
async def test_a_daemon_that_tells_nothing(tmp_path: Path, answer: Answer, contact: Contact) -> None:
    with a_socket(tmp_path) as path:
        facts = await asked(path, {STATUS: answer})
    assert (facts.contact, facts.status) == (contact, None)
    assert facts.reason


async def test_a_named_socket_that_is_not_there(tmp_path: Path) -> None:
    facts = await asked(str(tmp_path / "none.sock"), {STATUS: HostError(Failure.REFUSED, "there is no such socket")})
    assert (facts.contact, facts.named) == (Contact.ABSENT, True)


async def test_a_named_file_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        await asked(str(tmp_path), {})


async def test_usual_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gather_daemon, "default_socket_paths", lambda _system: (str(tmp_path / "ts.sock"),))
    monkeypatch.setattr("natscope.tailscaled.locate.default_socket_paths", lambda _system: (str(tmp_path / "ts.sock"),))
    assert (await asked("", {})).contact is Contact.ABSENT
    with a_socket(tmp_path):
        assert (await asked("", {STATUS: body("status-nopeers.http")})).contact is Contact.ANSWERED
        monkeypatch.setattr(gather_daemon, "is_trusted_socket", lambda _path: False)
        monkeypatch.setattr("natscope.tailscaled.locate.is_trusted_socket", lambda _path: False)
        facts = await asked("", {STATUS: body("status-nopeers.http")})
    assert facts.contact is Contact.UNTRUSTED
    assert "another user" in facts.reason


async def test_a_system_without_such_a_socket() -> None:
    host = host_with(system="Windows")
    host.environ = {}  # type: ignore[misc]
    assert (await ask_daemon(host, TableHttp(), "")).contact is Contact.UNSUPPORTED


def choice(tmp_path: Path, where: str = "", **more: bool) -> MapChoice:
    return MapChoice(where=where, default_url=URL, cache_dir=str(tmp_path), **more)  # type: ignore[arg-type]


NOBODY = DaemonFacts(contact=Contact.ABSENT)


def damage(path: str) -> None:
    Path(path).write_text("{")


async def test_the_map_at_hand(tmp_path: Path) -> None:
    clock = SetClock()
    host, http = host_with(clock), TableHttp()
    found = await look_for_map(host, http, choice(tmp_path), NOBODY)
    assert (found.facts.kind, found.facts.source, found.relay_map) == ("none", URL, None)
    store(str(tmp_path), URL, MAP, clock.utc() - timedelta(hours=2))
    found = await look_for_map(host, http, choice(tmp_path), NOBODY)
    assert (found.facts.kind, found.facts.regions, found.facts.age_s) == ("cache", 1, 7200.0)
    damage(cache_path(str(tmp_path), URL))
    assert "damaged" in (await look_for_map(host, http, choice(tmp_path), NOBODY)).facts.error
    assert http.asked == [], "nothing may leave the computer"


async def test_a_map_from_a_file(tmp_path: Path) -> None:
    good, bad = tmp_path / "m.json", tmp_path / "bad.json"
    good.write_bytes(MAP)
    bad.write_text("{")
    host = host_with()
    assert (await look_for_map(host, TableHttp(), choice(tmp_path, str(good)), NOBODY)).facts.regions == 1
    assert (await look_for_map(host, TableHttp(), choice(tmp_path, str(bad)), NOBODY)).facts.error
    assert (await look_for_map(host, TableHttp(), choice(tmp_path, str(tmp_path / "no")), NOBODY)).facts.error
    assert (await look_for_map(host, TableHttp(), choice(tmp_path, "-"), NOBODY)).facts.kind == "stdin"


async def test_the_map_of_a_running_tailscaled(tmp_path: Path) -> None:
    daemon = change(WELL.daemon, socket="/s")
    http = TableHttp({API + "derpmap": MAP})
    assert (await look_for_map(host_with(), http, choice(tmp_path), daemon)).facts.kind == "tailscaled"
    none = TableHttp({API + "derpmap": b"null"})
    assert (await look_for_map(host_with(), none, choice(tmp_path), daemon)).facts.kind == "none"
    refusing = TableHttp({API + "derpmap": 500})
    assert (await look_for_map(host_with(), refusing, choice(tmp_path), daemon)).facts.error


async def test_online_the_map_is_fetched_and_the_clock_compared(tmp_path: Path) -> None:
    host = host_with()
    answer = await TableHttp({URL: MAP}).fetch(request_of(URL))
    told = change(answer, headers={"date": "Tue, 24 Nov 2026 12:01:14 GMT"})
    old = await look_for_map(host, TableHttp(), choice(tmp_path), NOBODY)
    found, clock = await fetch_now(host, TableHttp({URL: told}), choice(tmp_path), old)
    assert (found.facts.kind, found.facts.regions) == ("fetched", 1)
    assert (clock.server, clock.off_s) == (URL, 74.0)
    found, clock = await fetch_now(host, TableHttp(), choice(tmp_path), old)
    assert "cannot be fetched" in found.facts.error
    assert clock.off_s is None
    assert clock.reason
    for where in ("-", "ftp://mesh.example.net/x"):
        found, clock = await fetch_now(host, TableHttp(), choice(tmp_path, where), old)
        assert found.facts.error
        assert clock.reason
    found, clock = await fetch_now(host, TableHttp({URL: 503}), choice(tmp_path), old)
    assert found.facts.error == f"{URL} answered 503"


async def test_online_a_map_that_is_no_url_asks_one_relay_for_the_time(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_bytes(MAP)
    where = choice(tmp_path, str(tmp_path / "m.json"))
    found = await look_for_map(host_with(), TableHttp(), where, NOBODY)
    page = "https://relay1.example.net/derp/latency-check"
    answer = await TableHttp({page: b""}).fetch(request_of(page))
    answer = change(answer, headers={"date": "Tue, 24 Nov 2026 12:00:00 GMT"})
    http = TableHttp({page: answer})
    same, clock = await fetch_now(host_with(), http, where, found)
    assert same is found
    assert (clock.server, clock.off_s) == ("relay1.example.net", 0.0)
    assert [request.url for request in http.asked] == [page], "nobody but a relay of the user's own map"


def request_of(url: str) -> HttpRequest:
    return HttpRequest(url=url)


class Routes:
    """A system whose routes lead where `choices` say; `marked` for the packets of an agent."""

    def __init__(self, interface: str, marked: str) -> None:
        self.interface, self.marked = interface, marked

    async def route_to(self, targets: tuple[IPAddress, ...], *, mark: int = 0) -> tuple[RouteChoice, ...]:
        return tuple(RouteChoice(target=str(t), interface=self.marked if mark else self.interface)
                     for t in targets if t.version == 4)  # fmt: skip


@pytest.mark.parametrize(
    ("device", "rule", "state"),
    [
        (Device(name="eth0", driver="ethernet"), "", CheckState.OK),
        (Device(name="wg0", driver="wireguard", addresses=("10.9.0.2",)), "", CheckState.FAIL),
        (Device(name="tailscale0", driver="tun", addresses=("100.101.7.9",)), "", CheckState.WARN),
        (Device(name="utun3", driver="tun", addresses=("198.18.0.1",)), "", CheckState.FAIL),
        (Device(name="tun0", driver="tun", addresses=("172.19.0.1",)), "lookup", CheckState.FAIL),
        (Device(name="odd0", driver=""), "", CheckState.SKIP),
    ],
)
async def test_whose_interface_carries_everything(host: Host, device: Device, rule: str, state: CheckState) -> None:
    rules = (PolicyRule(family=4, priority=9000, table=2022),) if rule else ()
    facts = SystemFacts(devices=(device,), rules=rules)
    ways = await ways_out(replace(host, system=Routes(device.name, device.name)), facts)  # type: ignore[arg-type]
    outcome = way_out.judge(change(WELL, ways=ways))
    assert outcome.state is state, outcome
    assert ("proxy program" in outcome.says) == (device.name in ("utun3", "tun0"))


async def test_an_agent_that_goes_past_the_tunnel_is_a_hint_only(host: Host) -> None:
    facts = SystemFacts(devices=(Device(name="wg0", driver="wireguard"),))
    ways = await ways_out(replace(host, system=Routes("wg0", "eth0")), facts)  # type: ignore[arg-type]
    outcome = way_out.judge(change(WELL, ways=ways))
    assert outcome.state is CheckState.WARN
    assert "go past it, by eth0" in outcome.detail


async def test_everything_at_once_asks_nobody_outside(host: Host, tmp_path: Path) -> None:
    http = TableHttp()
    environ = {"HTTPS_PROXY": "http://ana:secret@proxy.example.net:3128", "PATH": ""}
    inputs = DoctorInputs(
        host=replace(host, environ=environ), http=http, own=OwnFacts(version="1"), choice=choice(tmp_path),
        socket=str(tmp_path / "none.sock"),
    )  # fmt: skip
    facts = await gather(inputs)
    assert [request.unix_socket for request in http.asked] == [str(tmp_path / "none.sock")]
    assert [(p.variable, p.url) for p in facts.proxies] == [("HTTPS_PROXY", "http://proxy.example.net:3128")]
    assert facts.clock is None
    assert facts.own.relay_map is not None
    assert b"secret" not in json.dumps([str(facts)]).encode()
