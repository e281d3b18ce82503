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
PIN_MISMATCH = "certificate-pin-mismatch"
UNREADABLE = "certificate-unreadable"
MAX_NAMES = 3
MAX_TEXT = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is stable; `words` is a clause for people (foreign names in it are cleaned before they are drawn)."""

    code: str
    words: str


def judge(presented: tuple[bytes, ...], name: str, now: datetime, pin_sha256: str = "") -> Problem:
    """The most telling thing wrong with what a server presented (DER, its own first) to a client expecting `name`."""
    from cryptography import x509

    try:
        chain = [x509.load_der_x509_certificate(der) for der in presented]
    except ValueError:
        return Problem(UNREADABLE, "the certificate cannot be read")
    if not chain:
        return Problem(UNREADABLE, "no certificate was shown")
    leaf = chain[0]
    if pin_sha256 and sha256(presented[0]).hexdigest() != pin_sha256:
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
    return Problem(UNKNOWN_ISSUER, "the certificate comes from an issuer that this computer does not trust")


def _names(certificate: Certificate) -> list[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
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
    from cryptography import x509

    try:
        chain = [x509.load_der_x509_certificate(der) for der in presented]
    except ValueError:
        return {}
    if not chain:
        return {}
    leaf, last = chain[0], chain[-1]
    return {
        "issuer": _name(leaf.issuer),
        "self_signed": leaf.issuer == leaf.subject,
        "names": _names(leaf)[:MAX_NAMES],
        "days_left": round((leaf.not_valid_after_utc - now).total_seconds() / 86_400, 2),
        "public_issuer": last.issuer.public_bytes() in _public_authorities(),
    }


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
