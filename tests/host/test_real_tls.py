"""TLS clients of the real host: chain, name, pin, and what is said when they refuse."""

from __future__ import annotations

import hashlib
import ipaddress
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from natscope.host.api import Failure, Host, HostError, ServerTls, Stream, TlsInfo, TlsOptions
from natscope.host.real.host import build_real_host
from natscope.model.endpoint import Endpoint

LOOPBACK = ipaddress.ip_address("127.0.0.1")
NAME = "relay.test"


@pytest.fixture
def host() -> Host:
    return build_real_host()


class Authority:
    """A CA of trustme's, and files made with it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ca = trustme.CA()
        self.ca_file = str(directory / "ca.pem")
        self._ca.cert_pem.write_to_path(self.ca_file)

    def issue(self, *names: str, **options: Any) -> ServerTls:
        path = self._directory / f"{'-'.join(names)}.pem"
        self._ca.issue_cert(*names, **options).private_key_and_cert_chain_pem.write_to_path(str(path))
        return ServerTls(str(path), str(path))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def pin_of(files: ServerTls, number: int = 0) -> str:
    certificates = x509.load_pem_x509_certificates(Path(files.certificate_file).read_bytes())
    return hashlib.sha256(certificates[number].public_bytes(serialization.Encoding.DER)).hexdigest()


@asynccontextmanager
async def serving(host: Host, tls: ServerTls) -> AsyncIterator[Endpoint]:
    async def echo(stream: Stream) -> None:
        while data := await stream.read(4096):
            await stream.write(data)

    listener = await host.streams.listen(Endpoint(LOOPBACK, 0), echo, tls=tls)
    try:
        yield listener.local
    finally:
        await listener.close()


async def handshake(host: Host, tls: ServerTls, options: TlsOptions) -> TlsInfo:
    """Shake hands, echo a little, and return what was seen."""
    async with serving(host, tls) as target:
        stream = await host.streams.connect(target, timeout_s=5)
        try:
            await stream.start_tls(options)
            await stream.write(b"ping")
            assert await stream.read(10) == b"ping"
            assert stream.tls is not None
            return stream.tls
        finally:
            await stream.close()


async def refusal(host: Host, tls: ServerTls, options: TlsOptions) -> tuple[Failure, str]:
    with pytest.raises(HostError) as caught:
        await handshake(host, tls, options)
    return caught.value.failure, caught.value.message


async def test_a_trusted_chain_for_the_right_name(host: Host, authority: Authority) -> None:
    files = authority.issue(NAME)
    info = await handshake(host, files, TlsOptions(NAME, ca_file=authority.ca_file))
    assert info.version == "TLSv1.3"
    assert hashlib.sha256(info.certificates[0]).hexdigest() == pin_of(files)
    assert info.handshake_s is not None
    assert info.handshake_s > 0


async def test_large_answers_pass_through_tls(host: Host, authority: Authority) -> None:
    sent = bytes(range(256)) * 8192

    async def give(stream: Stream) -> None:
        await stream.write(sent)

    listener = await host.streams.listen(Endpoint(LOOPBACK, 0), give, tls=authority.issue(NAME))
    stream = await host.streams.connect(listener.local, timeout_s=5)
    await stream.start_tls(TlsOptions(NAME, ca_file=authority.ca_file))
    got = bytearray()
    while part := await stream.read(1000):
        got += part
    assert bytes(got) == sent
    await stream.close()
    await listener.close()


async def test_alpn_is_reported(host: Host, authority: Authority) -> None:
    files = authority.issue(NAME)
    server = ServerTls(files.certificate_file, files.key_file, alpn=("h2", "http/1.1"))
    info = await handshake(host, server, TlsOptions(NAME, ca_file=authority.ca_file, alpn=("http/1.1",)))
    assert info.alpn == "http/1.1"


async def test_an_address_is_checked_as_an_address(host: Host, authority: Authority) -> None:
    await handshake(host, authority.issue("127.0.0.1"), TlsOptions("127.0.0.1", ca_file=authority.ca_file))
    failure, words = await refusal(host, authority.issue(NAME), TlsOptions("127.0.0.1", ca_file=authority.ca_file))
    assert failure is Failure.CERTIFICATE
    assert "another address" in words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (lambda a: TlsOptions("other.test", ca_file=a.ca_file), "for another name"),
        (lambda a: TlsOptions(NAME), "not trusted"),
        (lambda a: TlsOptions(NAME, verify_name="other.test", ca_file=a.ca_file), "not for other.test"),
        (lambda a: TlsOptions(NAME, pin_sha256="ab" * 32), "not the pinned one"),
    ],
)
async def test_refusals_say_why(
    host: Host, authority: Authority, options: Callable[[Authority], TlsOptions], words: str
) -> None:
    failure, message = await refusal(host, authority.issue(NAME), options(authority))
    assert failure is Failure.CERTIFICATE
    assert words in message


async def test_an_expired_certificate(host: Host, authority: Authority) -> None:
    now = datetime.now(UTC)
    files = authority.issue(NAME, not_before=now - timedelta(days=9), not_after=now - timedelta(days=1))
    failure, words = await refusal(host, files, TlsOptions(NAME, ca_file=authority.ca_file))
    assert failure is Failure.CERTIFICATE
    assert "expired" in words
    failure, words = await refusal(host, files, TlsOptions(NAME, pin_sha256=pin_of(files)))
    assert failure is Failure.CERTIFICATE
    assert "expired" in words


async def test_the_name_to_verify_may_differ_from_the_one_in_the_sni(host: Host, authority: Authority) -> None:
    files = authority.issue("*.inside.test")
    options = TlsOptions("front.test", verify_name="a.inside.test", ca_file=authority.ca_file)
    await handshake(host, files, options)
    too_deep = TlsOptions("front.test", verify_name="a.b.inside.test", ca_file=authority.ca_file)
    assert (await refusal(host, files, too_deep))[0] is Failure.CERTIFICATE
    untrusted = TlsOptions("front.test", verify_name="a.inside.test")
    assert (await refusal(host, files, untrusted))[0] is Failure.CERTIFICATE


async def test_anything_goes_without_verification(host: Host, authority: Authority) -> None:
    await handshake(host, authority.issue(NAME), TlsOptions("other.test", verify=False))
    await handshake(host, authority.issue(NAME), TlsOptions("", verify=False))


async def test_a_server_that_speaks_no_tls(host: Host) -> None:
    async def complain(stream: Stream) -> None:
        await stream.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await stream.read(4096)

    listener = await host.streams.listen(Endpoint(LOOPBACK, 0), complain)
    stream = await host.streams.connect(listener.local, timeout_s=5)
    with pytest.raises(HostError, match="does not speak TLS") as caught:
        await stream.start_tls(TlsOptions(NAME, verify=False))
    assert caught.value.failure is Failure.TLS
    await stream.close()
    await listener.close()


async def test_a_server_that_hangs_up(host: Host) -> None:
    async def hang_up(stream: Stream) -> None:
        await stream.read(1)

    listener = await host.streams.listen(Endpoint(LOOPBACK, 0), hang_up)
    stream = await host.streams.connect(listener.local, timeout_s=5)
    with pytest.raises(HostError) as caught:
        await stream.start_tls(TlsOptions(NAME, verify=False))
    assert caught.value.failure in (Failure.RESET, Failure.TLS)
    assert await stream.read(1) == b""
    await stream.close()
    await listener.close()


async def test_a_ca_file_that_does_not_exist(host: Host, authority: Authority) -> None:
    with pytest.raises(HostError):
        await handshake(host, authority.issue(NAME), TlsOptions(NAME, ca_file="/nonexistent/ca.pem"))


async def test_a_server_certificate_that_cannot_be_read(host: Host, tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("no certificate")
    bad = ServerTls(str(tmp_path / "bad.pem"), str(tmp_path / "bad.pem"))
    with pytest.raises(HostError) as caught:
        async with serving(host, bad):
            pass
    assert caught.value.failure is Failure.TLS


# Pins: upstream net/tlsdial/tlsdial.go, sha256-raw.


def self_signed(directory: Path, cn: str, names: list[str], *, then: bytes = b"") -> ServerTls:
    """A self-signed Ed25519 certificate, followed in the file by the PEM `then`."""
    key = ed25519.Ed25519PrivateKey.generate()
    now = datetime.now(UTC)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn, _validate=False)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(2)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
            .sign(key, None)
        )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = directory / f"{cn[:20]}.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM) + then)
    return ServerTls(str(path), str(path))


def certificate_part(files: ServerTls) -> bytes:
    text = Path(files.certificate_file).read_bytes()
    return text[text.index(b"-----BEGIN CERTIFICATE") :]


async def test_a_pinned_self_signed_certificate(host: Host, tmp_path: Path) -> None:
    files = self_signed(tmp_path, "self", [NAME])
    info = await handshake(host, files, TlsOptions(NAME, pin_sha256=pin_of(files)))
    assert len(info.certificates) == 1
    await handshake(host, files, TlsOptions("", pin_sha256=pin_of(files)))
    failure, words = await refusal(host, files, TlsOptions("other.test", pin_sha256=pin_of(files)))
    assert failure is Failure.CERTIFICATE
    assert "not for other.test" in words
    failure, words = await refusal(host, files, TlsOptions(NAME))
    assert failure is Failure.CERTIFICATE
    assert "self-signed" in words


async def test_pins_are_lower_case_text(host: Host, tmp_path: Path) -> None:
    files = self_signed(tmp_path, "self", [NAME])
    assert (await refusal(host, files, TlsOptions(NAME, pin_sha256=pin_of(files).upper())))[0] is Failure.CERTIFICATE


async def test_the_relays_meta_certificate_does_not_count(host: Host, tmp_path: Path) -> None:
    meta = self_signed(tmp_path, "derpkey" + "5a" * 32, ["meta.test"])
    files = self_signed(tmp_path, "self", [NAME], then=certificate_part(meta))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        info = await handshake(host, files, TlsOptions(NAME, pin_sha256=pin_of(files)))
    assert len(info.certificates) == 2


async def test_a_pinned_server_presents_one_certificate(host: Host, tmp_path: Path) -> None:
    second = self_signed(tmp_path, "another", ["another.test"])
    files = self_signed(tmp_path, "self", [NAME], then=certificate_part(second))
    failure, words = await refusal(host, files, TlsOptions(NAME, pin_sha256=pin_of(files)))
    assert failure is Failure.CERTIFICATE
    assert "presents 2" in words
