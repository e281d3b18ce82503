"""Certificates in files: for whom, until when, changed, broken; self-signed ones with their pin."""

from __future__ import annotations

import asyncio
import datetime
import os
import ssl
import stat
from datetime import UTC, timedelta
from pathlib import Path

import pytest
import trustme

from natscope.errors import CannotMeasure, UserError
from natscope.relay.certificate_facts import facts_of
from natscope.relay.certificate_files import LOOK_S, FileCertificates, Pair
from natscope.relay.meta_certificate import RENEW_AFTER, meta_certificate
from natscope.relay.self_signed import find_or_make, make
from natscope.relay.tls_context import server_context
from natscope.wire.derp.meta_certificate import server_key_of

KEY = bytes(range(32))
NOW = datetime.datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=100)


class Wall:
    """A clock that stands; `asked_s` are the sleeps that it was asked for, none of which takes any time."""

    def __init__(self) -> None:
        self.at = NOW
        self.asked_s: list[float] = []

    def now(self) -> float:
        return 0.0

    def utc(self) -> datetime.datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.asked_s.append(seconds)
        await asyncio.sleep(0)

    async def sleeps(self, count: int) -> None:
        """Until others have slept so many times more, if they ever do."""
        until = len(self.asked_s) + count
        for _ in range(100):
            if len(self.asked_s) < until:
                await asyncio.sleep(0)


class Said(list[tuple[str, bool]]):
    def __call__(self, words: str, is_bad: bool) -> None:
        self.append((words, is_bad))


def write(folder: Path, *names: str, begins: datetime.datetime = NOW, expires: datetime.datetime = LATER) -> Pair:
    issued = trustme.CA().issue_cert(*names, not_before=begins, not_after=expires)
    pair = Pair(str(folder / "relay.crt"), str(folder / "relay.key"))
    Path(pair.certificate).write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    Path(pair.key).write_bytes(issued.private_key_pem.bytes())
    return pair


def presented(context: ssl.SSLContext, name: str | None = "relay.test") -> list[bytes]:
    """The chain that a client of that context gets, its own certificate first."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    ends = [ssl.MemoryBIO() for _ in range(2)]
    ours = client.wrap_bio(ends[0], ends[1], server_hostname=name)
    theirs = context.wrap_bio(ends[1], ends[0], server_side=True)
    for _ in range(4):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                if side is ours:  # the server's own complaint comes before its alert is read
                    raise
    chain = ours._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
    return [certificate.public_bytes(2) for certificate in chain]


def test_the_relays_key_stands_behind_the_chain(tmp_path: Path) -> None:
    files = FileCertificates(write(tmp_path, "relay.test"), KEY, Wall(), said := Said())
    chain = presented(files.context())
    assert server_key_of(chain) == KEY
    assert server_key_of(chain[:-1]) == b""
    assert facts_of(ssl.DER_cert_to_PEM_cert(chain[0]).encode(), "x").names == ("relay.test",)
    assert said == []


def test_only_the_right_name_is_served(tmp_path: Path) -> None:
    pair = write(tmp_path, "relay.test")
    context = FileCertificates(pair, KEY, Wall(), Said(), hostname="relay.test", checks_name=True).context()
    assert presented(context, "RELAY.test")
    for name in ("other.test", None):
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized"):
            presented(context, name)
    assert presented(FileCertificates(pair, KEY, Wall(), Said(), hostname="relay.test").context(), "other.test")


def test_a_changed_file_is_taken_and_a_broken_one_is_not(tmp_path: Path) -> None:
    wall, said, changed = Wall(), Said(), list[ssl.SSLContext]()
    pair = write(tmp_path, "relay.test")
    files = FileCertificates(pair, KEY, wall, said)
    first = files.facts.pin
    files.look_again(changed.append)
    assert changed == []
    write(tmp_path, "relay.test")
    files.look_again(changed.append)
    assert len(changed) == 1
    assert files.context() is changed[0]
    assert files.facts.pin != first
    assert said.pop() == (f"certificate read again from {pair.certificate}", False)
    kept = files.facts.pin
    for broken in (b"", b"garbage", Path(pair.certificate).read_bytes()[:200]):
        Path(pair.certificate).write_bytes(broken)
        files.look_again(changed.append)
        files.look_again(changed.append)  # said once
        words, is_bad = said.pop()
        assert is_bad
        assert words.endswith("; the old certificate stays")
        assert said == []
    os.unlink(pair.certificate)
    files.look_again(changed.append)
    assert "no such file" in said.pop()[0]
    assert files.facts.pin == kept
    assert len(changed) == 1


async def test_changed_files_are_found_without_a_signal(tmp_path: Path) -> None:
    """`keep` looks by itself, again and again: the clock of this test lets no time pass in between."""
    said, changed = Said(), list[ssl.SSLContext]()
    pair = write(tmp_path, "relay.test")
    files = FileCertificates(pair, KEY, wall := Wall(), said)
    keeping = asyncio.ensure_future(files.keep(changed.append))
    try:
        for count in (1, 2):
            before = files.facts.pin
            await wall.sleeps(5)
            assert (len(changed), said) == (count - 1, [])
            write(tmp_path, "relay.test")
            os.utime(pair.certificate, (count, count))  # however coarse the times of this file system are
            await wall.sleeps(5)
            assert len(changed) == count
            assert files.facts.pin != before
            assert said.pop() == (f"certificate read again from {pair.certificate}", False)
        assert set(wall.asked_s) == {LOOK_S}
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


def test_a_key_of_another_certificate(tmp_path: Path) -> None:
    pair = write(tmp_path, "relay.test")
    Path(pair.key).write_bytes(trustme.CA().issue_cert("relay.test").private_key_pem.bytes())
    with pytest.raises(UserError, match="belongs to another certificate"):
        FileCertificates(pair, KEY, Wall(), Said())


def test_a_key_with_a_password_asks_nobody(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    pair = write(tmp_path, "relay.test")
    key = serialization.load_pem_private_key(Path(pair.key).read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"secret")
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    Path(pair.key).write_bytes(key.private_bytes(pem, pkcs8, locked))
    with pytest.raises(UserError, match="protected by a password"):
        FileCertificates(pair, KEY, Wall(), Said())


@pytest.mark.parametrize("data", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_one_line(tmp_path: Path, data: bytes) -> None:
    pair = write(tmp_path, "relay.test")
    Path(pair.certificate).write_bytes(data)
    with pytest.raises(UserError, match=r"relay\.crt: is no PEM certificate"):
        FileCertificates(pair, KEY, Wall(), Said())
    with pytest.raises(CannotMeasure, match="no such file"):
        FileCertificates(Pair(str(tmp_path / "none"), pair.key), KEY, Wall(), Said())


def test_the_meta_certificate_is_renewed(tmp_path: Path) -> None:
    wall, said, changed = Wall(), Said(), list[ssl.SSLContext]()
    files = FileCertificates(write(tmp_path, "relay.test"), KEY, wall, said)
    wall.at += RENEW_AFTER - timedelta(seconds=1)
    files.look_again(changed.append)
    assert changed == []
    wall.at += timedelta(seconds=1)
    files.look_again(changed.append)
    assert server_key_of(presented(changed[0])) == KEY
    assert [words for words, _ in said if "read again" in words] == []


@pytest.mark.parametrize(
    ("names", "begins", "expires", "words"),
    [
        (("other.test",), -1, 100, "is for other.test: clients that look for a.relay.test refuse it"),
        (("a.relay.test",), -9, -1, "has expired on"),
        (("a.relay.test",), 1, 100, "which is in the future"),
        (("a.relay.test",), -9, 5, "expires on"),
        (("*.relay.test",), -9, 100, ""),
    ],
)
def test_doubts_are_said(tmp_path: Path, names: tuple[str, ...], begins: int, expires: int, words: str) -> None:
    pair = write(tmp_path, *names, begins=NOW + timedelta(days=begins), expires=NOW + timedelta(days=expires))
    FileCertificates(pair, KEY, Wall(), said := Said(), hostname="a.relay.test")
    assert [text for text, is_bad in said if is_bad] == [text for text, _ in said]
    assert len(said) == bool(words)
    assert words in "".join(text for text, _ in said)


def test_a_name_that_must_be_served_and_is_not_covered(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is for other\.test, not for relay\.test"):
        FileCertificates(write(tmp_path, "other.test"), KEY, Wall(), Said(), hostname="relay.test", checks_name=True)


def test_a_self_signed_certificate_is_made_once(tmp_path: Path) -> None:
    pair = Pair(str(tmp_path / "new" / "relay.crt"), str(tmp_path / "new" / "relay.key"))
    facts, is_new = find_or_make(pair, ["192.0.2.1", "2001:db8::1", "relay.test"], Wall())
    assert is_new
    assert stat.S_IMODE(os.stat(pair.key).st_mode) == 0o600
    assert sorted(facts.names) == ["192.0.2.1", "2001:db8::1", "relay.test"]
    assert facts.begins < NOW < NOW + timedelta(days=3000) < facts.expires
    assert find_or_make(pair, ["other.test"], Wall()) == (facts, False)
    context = FileCertificates(pair, KEY, Wall(), Said()).context()
    chain = presented(context)
    assert len(chain) == 2  # itself and the relay's key: what a pin allows
    os.unlink(pair.key)
    with pytest.raises(UserError, match=r"relay\.key: is missing"):
        find_or_make(pair, ["relay.test"], Wall())


def test_a_pin_is_what_clients_compare(tmp_path: Path) -> None:
    import hashlib

    chain, key = make(["192.0.2.1"], NOW)
    der = presented(server_context(chain + meta_certificate(KEY, NOW), key))[0]
    assert facts_of(chain, "x").pin == hashlib.sha256(der).hexdigest()


def test_where_none_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotMeasure, match="cannot be written"):
        find_or_make(Pair(str(tmp_path / "file" / "a.crt"), str(tmp_path / "file" / "a.key")), ["a.test"], Wall())


def test_old_tls_and_other_protocols_are_refused() -> None:
    chain, key = make(["192.0.2.1"], NOW)
    context = server_context(chain, key)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_alpn_protocols(["h2", "http/1.1"])
    ends = [ssl.MemoryBIO() for _ in range(2)]
    ours, theirs = client.wrap_bio(ends[0], ends[1]), context.wrap_bio(ends[1], ends[0], server_side=True)
    for _ in range(3):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ours.selected_alpn_protocol() == "http/1.1"
