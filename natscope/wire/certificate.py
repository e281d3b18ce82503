"""What is wrong with a certificate that a client refused, as a code and in words: pure.

The client's own error says that it was refused; which of several things is wrong decides who must do what, so the
certificate is read again and judged here. Source: RFC 5280 §4.1.2.5 (dates), RFC 9525 (names), upstream
net/tlsdial/tlsdial.go (`sha256-raw` pins; the certificate with a CN of `derpkey…` is not part of the chain).
"""

from __future__ import annotations

import functools
import ipaddress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name

EXPIRED = "certificate-expired"
NOT_YET = "certificate-not-yet-valid"
WRONG_NAME = "certificate-wrong-name"
SELF_SIGNED = "certificate-self-signed"
UNKNOWN_ISSUER = "certificate-unknown-issuer"
CHAIN_INCOMPLETE = "certificate-chain-incomplete"
PIN_MISMATCH = "certificate-pin-mismatch"
UNREADABLE = "certificate-unreadable"
MAX_NAMES = 3
MAX_TEXT = 100
META_PREFIX = "derpkey"
"""The CN of the certificate with which a relay announces its key begins so; it is no part of the chain."""
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is stable; `words` is a clause for people (foreign names in it are cleaned before they are drawn)."""

    code: str
    words: str


def unreadable() -> tuple[type[Exception], ...]:
    """What reading a certificate or a part of it may raise: `cryptography` has exceptions that are no `ValueError`."""
    from cryptography import exceptions, x509

    return (
        ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
        exceptions.UnsupportedAlgorithm,
    )  # fmt: skip


def judge(presented: tuple[bytes, ...], name: str, now: datetime, pin_sha256: str = "") -> Problem:
    """The most telling thing wrong with what a server presented (DER, its own first) to a client expecting `name`."""
    try:
        return _judge(presented, name, now, pin_sha256)
    except unreadable():
        return Problem(UNREADABLE, "the certificate cannot be read")


def _judge(presented: tuple[bytes, ...], name: str, now: datetime, pin_sha256: str) -> Problem:
    """Raises `unreadable()`; parts of a certificate are parsed when they are looked at."""
    chain = _chain(presented)
    if not chain:
        return Problem(UNREADABLE, "no certificate was shown")
    leaf = chain[0]
    if pin_sha256 and fingerprint(presented) != pin_sha256:
        return Problem(PIN_MISMATCH, "the certificate is not the one that the map pins")
    if now > leaf.not_valid_after_utc:
        return Problem(EXPIRED, f"the certificate expired on {leaf.not_valid_after_utc:%Y-%m-%d}")
    if now < leaf.not_valid_before_utc:
        return Problem(NOT_YET, f"the certificate is not valid before {leaf.not_valid_before_utc:%Y-%m-%d}")
    names = _names(leaf)
    if not any(_matches(pattern, name.rstrip(".").lower()) for pattern in names):
        told = ", ".join(names[:MAX_NAMES]) or "nobody"
        return Problem(WRONG_NAME, f"the certificate is for {told}, not for {name}")
    if leaf.issuer == leaf.subject:
        return Problem(SELF_SIGNED, "the certificate is self-signed")
    if _is_cut(chain):
        words = f"the server leaves out the certificate of its issuer, {_name(_last(chain).issuer)}"
        return Problem(CHAIN_INCOMPLETE, words)
    return Problem(UNKNOWN_ISSUER, "the certificate comes from an issuer that this computer does not trust")


def _is_cut(chain: list[Certificate]) -> bool:
    """Whether an intermediate certificate is missing, so that a client which trusts the root cannot get there.

    Told only of public authorities: their certificates carry proofs of the public logs (RFC 6962 §3.3), which a private
    authority's do not, and their roots sign none of a server. A private authority's missing one is an unknown issuer.
    """
    from cryptography import x509
    from cryptography.x509.oid import ExtensionOID

    last = _last(chain)
    if last.issuer == last.subject or last.issuer.public_bytes() in _public_authorities():
        return False
    try:
        chain[0].extensions.get_extension_for_oid(ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return True


def _last(chain: list[Certificate]) -> Certificate:
    """Where the way from the server's own certificate, issuer by issuer, ends in what was shown."""
    last, left = chain[0], chain[1:]
    while above := next((c for c in left if c.subject == last.issuer), None):
        last, left = above, [c for c in left if c is not above]
    return last


def _names(certificate: Certificate) -> list[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    except unreadable():
        return []
    addresses = [str(ip) for ip in names.get_values_for_type(x509.IPAddress)]
    return [pattern.rstrip(".").lower() for pattern in names.get_values_for_type(x509.DNSName)] + addresses


def _matches(pattern: str, name: str) -> bool:
    try:
        return ipaddress.ip_address(name.strip("[]")) == ipaddress.ip_address(pattern)
    except ValueError:
        pass
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:]
    return pattern == name


def describe(presented: tuple[bytes, ...], now: datetime) -> dict[str, Any]:
    """A presented chain as JSON values: issuer, names, days left, whether it ends in a publicly trusted authority."""
    try:
        return _describe(presented, now)
    except unreadable():
        return {}


def _describe(presented: tuple[bytes, ...], now: datetime) -> dict[str, Any]:
    chain = _chain(presented)
    if not chain:
        return {}
    leaf, last = chain[0], chain[-1]
    return {
        "issuer": _name(leaf.issuer),
        "self_signed": leaf.issuer == leaf.subject,
        "names": _names(leaf)[:MAX_NAMES],
        "days_left": round((leaf.not_valid_after_utc - now).total_seconds() / DAY_S, 2),
        "public_issuer": last.issuer.public_bytes() in _public_authorities(),
    }


def measure(presented: tuple[bytes, ...]) -> dict[str, Any]:
    """What else there is to know: how many certificates, their SHA-256 as a pin has it, when it ends, for how long.

    Without what cannot be read. Days are days, the end is ISO 8601.
    """
    try:
        chain = _chain(presented)
        if not chain:
            return {}
        ends = chain[0].not_valid_after_utc
        lifetime = ends - chain[0].not_valid_before_utc
    except unreadable():
        return {}
    return {
        "certificates": len(chain),
        "sha256": fingerprint(presented),
        "ends": ends.isoformat(timespec="seconds"),
        "lifetime_days": round(lifetime.total_seconds() / DAY_S, 2),
    }


def fingerprint(presented: tuple[bytes, ...]) -> str:
    """The SHA-256 of the server's own certificate, lower-case hexadecimal; it is the first that is shown."""
    return sha256(presented[0]).hexdigest() if presented else ""


def _chain(presented: tuple[bytes, ...]) -> list[Certificate]:
    """The certificates but those that only announce a relay's key. Raises `unreadable()`."""
    from cryptography import x509

    return [c for c in (x509.load_der_x509_certificate(der) for der in presented) if not _is_meta(c)]


def _is_meta(certificate: Certificate) -> bool:
    """Whether it announces a relay's key. Its CN is longer than X.520 allows: that is no news."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _name(certificate.subject).startswith(META_PREFIX)
        except unreadable():
            return False


def _name(name: Name) -> str:
    """The common name, else the organization, else all of it."""
    from cryptography.x509.oid import NameOID

    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        found = name.get_attributes_for_oid(oid)
        if found:
            return str(found[0].value)[:MAX_TEXT]
    return name.rfc4514_string()[:MAX_TEXT]


@functools.cache
def _public_authorities() -> frozenset[bytes]:
    """Subjects of the authorities that browsers trust, as certifi lists them."""
    import warnings

    import certifi
    from cryptography import x509

    with open(certifi.where(), "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old roots have serial numbers that cryptography complains of
        found = x509.load_pem_x509_certificates(file.read())
        return frozenset(certificate.subject.public_bytes() for certificate in found)
