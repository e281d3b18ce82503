"""A relay's ACME certificate: what it answers while a proof is given, also in processes beside, and what it shows."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from natscope.acme.folder import AcmeFolder
from natscope.acme.keeper import AcmeSettings
from natscope.apps.derp_process import expiry
from natscope.host.real.relay_hello import HelloContext
from natscope.machines.acme.dialogue import PutUp
from natscope.machines.acme.renewal import HTTP_01, TLS_ALPN_01
from natscope.relay.acme_certificates import META_LOOK_S, AcmeCertificates
from tests.acme.paper import PaperHttp, paper_host
from tests.machines.acme.fake_server import DIRECTORY, TOKEN, FakeAcme

NAME = "relay.example"
PAGE = PutUp(HTTP_01, NAME, TOKEN, f"{TOKEN}.thumb")
PROOF = PutUp(TLS_ALPN_01, NAME, TOKEN, f"{TOKEN}.thumb")


class Bench:
    """Certificates with the authority on paper; `changes` are the contexts that the relay was given."""

    def __init__(self, folder: Path, *, is_shared: bool = False, kinds: tuple[str, ...] = (TLS_ALPN_01,)) -> None:
        host, self.clock = paper_host()
        self.answers: dict[str, str] = {}
        self.lines: list[str] = []
        self.changes: list[ssl.SSLContext] = []
        self.server = FakeAcme()
        settings = AcmeSettings(name=NAME, directory_url=DIRECTORY, kinds=kinds)
        self.certificates = AcmeCertificates(
            host, PaperHttp(self.server), str(folder), settings, bytes(32), self.answers, self._say,
            is_shared=is_shared,
        )  # fmt: skip

    def _say(self, event: str, words: str, *, is_trouble: bool) -> None:
        self.lines.append(words)

    async def turns(self, count: int) -> None:
        task = asyncio.ensure_future(self.certificates.keep(self.changes.append))
        for _ in range(count):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def shown(context: ssl.SSLContext, *protocols: str) -> list[str]:
    """The names (and the relay's key) of what a client is shown; raises `ssl.SSLError` where there is nothing."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    plain.check_hostname, plain.verify_mode = False, ssl.CERT_NONE
    if protocols:
        plain.set_alpn_protocols(list(protocols))
    client = plain.wrap_bio(to_client, to_server, server_hostname=NAME)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    if isinstance(context, HelloContext):
        first = to_server.read()
        chosen = context.chosen(first)
        assert chosen is not None
        to_server.write(first)
        context = chosen
    server = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for side in (server, client):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    import warnings

    from cryptography import x509

    from natscope.host.real.tls import TlsContexts

    found = []
    for der in TlsContexts().describe(client).certificates:
        certificate = x509.load_der_x509_certificate(der)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = [str(attribute.value) for attribute in certificate.subject]
        found += names or certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value.get_values_for_type(x509.DNSName)
    return found


async def test_before_the_first_certificate_handshakes_fail(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLError):
        shown(Bench(tmp_path).certificates.context())


@pytest.mark.parametrize("kind", [HTTP_01, TLS_ALPN_01])
async def test_the_certificate_comes_with_the_relays_key(tmp_path: Path, kind: str) -> None:
    bench = Bench(tmp_path, kinds=(kind,))
    await bench.turns(400)
    assert shown(bench.changes[-1], "http/1.1") == [NAME, "derpkey" + "00" * 32]
    assert bench.answers == {}
    assert not isinstance(bench.certificates.context(), HelloContext)
    again = Bench(tmp_path)
    assert shown(again.certificates.context())[0] == NAME


async def test_the_relay_knows_when_its_certificate_ends(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert expiry(bench.certificates) == []
    await bench.turns(400)
    facts = bench.certificates.facts
    assert facts is not None
    assert facts.names == (NAME,)
    assert facts.begins <= bench.clock.utc() < facts.expires
    for certificates in (bench.certificates, Bench(tmp_path).certificates):  # the second one finds it in the folder
        [family] = expiry(certificates)
        assert family.name == "natscope_certificate_expires_seconds"
        assert family.samples == {"": facts.expires.timestamp()}


async def test_a_proof_stands_beside_the_certificate(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.turns(400)
    await bench.certificates.put_up(PROOF)
    context = bench.certificates.context()
    assert shown(context, "acme-tls/1") == ["ACME challenge"]
    assert shown(context, "http/1.1")[0] == NAME
    bench.certificates.take_down(PROOF)
    assert shown(bench.certificates.context(), "acme-tls/1")[0] == NAME


async def test_a_page_is_answered_while_it_is_asked_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.certificates.put_up(PAGE)
    assert bench.answers == {TOKEN: f"{TOKEN}.thumb"}
    bench.certificates.take_down(PAGE)
    assert bench.answers == {}


@pytest.mark.parametrize("challenge", [PAGE, PROOF], ids=lambda c: c.kind)
async def test_a_process_beside_answers_too(tmp_path: Path, challenge: PutUp) -> None:
    leader, follower = Bench(tmp_path, is_shared=True), Bench(tmp_path, is_shared=True)
    before = leader.clock.passed_s
    await leader.certificates.put_up(challenge)
    assert leader.clock.passed_s - before >= 2  # the other one looks every second
    follower.certificates.follow()
    follower.certificates.follow()
    if challenge is PAGE:
        assert follower.answers == leader.answers != {}
    else:
        assert shown(follower.certificates.context(), "acme-tls/1") == ["ACME challenge"]
    leader.certificates.take_down(challenge)
    follower.certificates.follow()
    assert follower.answers == {}
    assert not isinstance(follower.certificates.context(), HelloContext)


async def test_alone_nothing_of_a_challenge_is_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.certificates.put_up(PAGE)
    await bench.certificates.put_up(PROOF)
    assert AcmeFolder(str(tmp_path)).names("") == []


async def test_the_announcement_of_the_key_is_renewed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.turns(400)
    count = len(bench.changes)
    bench.clock.passed_s += timedelta(days=8).total_seconds()
    await bench.turns(20)
    assert len(bench.changes) > count
    assert bench.clock.passed_s >= META_LOOK_S


async def test_reload_tries_again_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.server.faults["/dir"] = [bench.server.problem("serverInternal", "not today", 500)]
    assert not await bench.certificates.keeper.try_once()
    bench.certificates.reload()
    assert bench.certificates.keeper.renewal.wait_s(bench.clock.utc()) == 0.0
