"""The certificate with which a relay announces its key, for fast start: read from a presented chain.

It is self-signed, its CN is `derpkey` and the key in 64 hex digits, its serial number the protocol version. It proves
nothing; that the server owns the key shows when its first sealed frame opens. Source: upstream
derp/derphttp/derphttp_client.go (parseMetaCert), derp/derpserver/derpserver.go (initMetacert).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from natscope.errors import RemoteError
from natscope.wire.certificate import unreadable
from natscope.wire.keys import parse_key

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

PREFIX = "derpkey"
MAX_SERIAL_BITS = 8
MARKER = PREFIX.encode()


def server_key_of(presented: Sequence[bytes]) -> bytes:
    """The server's key (32 bytes) in a chain of DER certificates, empty where none tells one; never raises."""
    for der in presented:
        if MARKER in der:  # parsing is for the few that can be it
            key = _read(der)
            if key:
                return key
    return b""


def _read(der: bytes) -> bytes:
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the CN is longer than X.520 allows
        try:
            certificate = x509.load_der_x509_certificate(der)
            name = _common_name(certificate)
            serial = certificate.serial_number
        except unreadable():
            return b""
    if not name.startswith(PREFIX) or not 0 < serial < 1 << MAX_SERIAL_BITS:
        return b""
    try:
        return parse_key(name, PREFIX)
    except RemoteError:
        return b""


def _common_name(certificate: Certificate) -> str:
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
