"""What a certificate says: for whom it is, until when, and its pin."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from natscope.errors import UserError
from natscope.wire.certificate import unreadable


@dataclass(frozen=True, slots=True)
class Facts:
    """A leaf certificate. `names` are DNS names and addresses as texts, `pin` is 64 hex digits (`sha256-raw`)."""

    pin: str
    names: tuple[str, ...]
    begins: datetime
    expires: datetime

    def covers(self, name: str) -> bool:
        """Whether it is for that name or address; a `*` stands for one label."""
        wanted = name.rstrip(".").lower()
        return any(_matches(known.rstrip(".").lower(), wanted) for known in self.names)


def facts_of(chain: bytes, what: str) -> Facts:
    """The first certificate of a PEM text. Raises `UserError` that names `what`."""
    try:
        certificate = x509.load_pem_x509_certificate(chain)
        names = _names(certificate)
        begins, expires = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except unreadable() as error:
        raise UserError(f"{what}: is no PEM certificate") from error
    der = certificate.public_bytes(serialization.Encoding.DER)
    return Facts(hashlib.sha256(der).hexdigest(), names, begins, expires)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Alternative names only: a common name is no name any more (RFC 6125)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = (str(ip) for ip in found.get_values_for_type(x509.IPAddress))
    return (*found.get_values_for_type(x509.DNSName), *addresses)


def _matches(known: str, wanted: str) -> bool:
    if not known.startswith("*."):
        return known == wanted
    first, dot, rest = wanted.partition(".")
    return bool(first and dot) and rest == known[2:] and "." in rest
