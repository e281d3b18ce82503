"""Checks on presented certificates that OpenSSL does not do for us: pins, and a name other than the SNI."""

from __future__ import annotations

import hashlib
import ipaddress
import warnings
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from natscope.wire.certificate import unreadable

META_CERTIFICATE_PREFIX = "derpkey"
"""CN of the certificate with which a relay announces its key; it is no part of the chain."""
_UNREADABLE = "a presented certificate cannot be read"


def pin_refusal(presented: tuple[bytes, ...], pin_sha256: str, server_name: str) -> str:
    """Why upstream's `sha256-raw` rule refuses this chain, empty when it does not; no `server_name`, no name check."""
    try:
        return _pin_refusal(presented, pin_sha256, server_name)
    except unreadable():
        return _UNREADABLE


def _pin_refusal(presented: tuple[bytes, ...], pin_sha256: str, server_name: str) -> str:
    """Raises `unreadable()`; parts of a certificate are parsed when they are looked at."""
    parsed = [(der, x509.load_der_x509_certificate(der)) for der in presented]
    certificates = [(der, c) for der, c in parsed if not _common_name(c).startswith(META_CERTIFICATE_PREFIX)]
    if len(certificates) != 1:
        return f"a pinned server presents exactly one certificate, this one presents {len(certificates)}"
    der, certificate = certificates[0]
    if hashlib.sha256(der).hexdigest() != pin_sha256:
        return "the certificate is not the pinned one"
    now = datetime.now(UTC)
    if now < certificate.not_valid_before_utc:
        return "the pinned certificate is not valid yet (is this computer's clock right?)"
    if now > certificate.not_valid_after_utc:
        return "the pinned certificate has expired"
    if server_name and not _is_for(certificate, server_name):
        return f"the pinned certificate is not for {server_name}"
    return ""


def name_refusal(der: bytes, name: str) -> str:
    """Why a certificate, whose chain was verified already, does not stand for `name`; empty when it does."""
    try:
        is_for = _is_for(x509.load_der_x509_certificate(der), name)
    except unreadable():
        return _UNREADABLE
    return "" if is_for else f"the certificate is not for {name}"


def _common_name(certificate: x509.Certificate) -> str:
    """The CN. The relay's has 71 characters where X.520 allows 64: read it all the same, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        except unreadable():
            return ""
    return str(names[0].value) if names else ""


def _is_for(certificate: x509.Certificate, name: str) -> bool:
    """Subject alternative names only, as RFC 6125 and upstream have it: the CN is no name."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    try:
        ip = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        wanted = name.rstrip(".").lower()
        return any(_matches(pattern.rstrip(".").lower(), wanted) for pattern in names.get_values_for_type(x509.DNSName))
    return ip in names.get_values_for_type(x509.IPAddress)


def _matches(pattern: str, name: str) -> bool:
    """A `*` stands for exactly the whole first label (RFC 6125 section 6.4.3)."""
    if not pattern.startswith("*."):
        return pattern == name
    first, dot, rest = name.partition(".")
    return bool(first and dot) and rest == pattern[2:] and "." in rest
