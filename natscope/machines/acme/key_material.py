"""Keys, certificate requests and certificates of ACME, as values. Randomness arrives as bytes.

The file of a certificate is that of Go's autocert (golang.org/x/crypto/acme/autocert, `DirCache`): the private key and
the chain, both PEM, in one file of the host's name. So an upstream relay's folder goes on being used, both ways.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from natscope.errors import NatscopeError
from natscope.machines.acme.renewal import Validity
from natscope.wire.certificate import unreadable

RANDOM_BYTES = 48
"""What a key is made of."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ACME_IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----\r?\n?", re.DOTALL)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class BundleError(NatscopeError):
    """A file that should hold a key and its certificate does not."""

    code = "certificate"


class Bundle(msgspec.Struct, frozen=True):
    """A private key and the certificates that go with it, the server's own first. `pem` holds both, the key first."""

    pem: bytes
    validity: Validity
    names: tuple[str, ...]
    issuer: str = ""


def new_key(random: bytes) -> ec.EllipticCurvePrivateKey:
    """A P-256 key out of `RANDOM_BYTES` random bytes (NIST SP 800-56A, 5.6.1.2.1: 128 bits more than the order has)."""
    if len(random) < RANDOM_BYTES:
        raise ValueError(f"a key is made of {RANDOM_BYTES} random bytes")
    return ec.derive_private_key(int.from_bytes(random) % (_ORDER - 1) + 1, ec.SECP256R1())


def key_pem(key: PrivateKey) -> bytes:
    """The unencrypted PEM form that autocert writes."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def read_key(pem: bytes) -> PrivateKey:
    """An unencrypted RSA or P-256 private key. Raises `BundleError`."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except unreadable() as error:
        raise BundleError("it holds no private key that can be read") from error
    if isinstance(key, rsa.RSAPrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise BundleError("its private key is neither RSA nor P-256")


def certificate_request(key: PrivateKey, name: str) -> x509.CertificateSigningRequest:
    """For one host name or address; the name stands where clients look for it, not in the subject."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.add_extension(_san(name), critical=False).sign(key, hashes.SHA256())


def challenge_certificate(name: str, key_authorization: str, random: bytes, now: datetime) -> bytes:
    """Key and certificate that answer TLS-ALPN-01 (RFC 8737 section 3) for `name`, as PEM. `random`: as `new_key`."""
    key = new_key(random)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key_authorization.encode())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ACME challenge")])
    octets = b"\x04\x20" + digest.finalize()  # a DER OCTET STRING of 32 bytes
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(int.from_bytes(random[:8]) + 1)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(_san(name), critical=False)
    builder = builder.add_extension(x509.UnrecognizedExtension(_ACME_IDENTIFIER, octets), critical=True)
    return key_pem(key) + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def challenge_server_name(name: str) -> str:
    """The server name with which TLS-ALPN-01 comes for a host name or an address (RFC 8738 section 6)."""
    try:
        return ipaddress.ip_address(name).reverse_pointer
    except ValueError:
        return name.lower()


def make_bundle(key: PrivateKey, chain_pem: bytes) -> Bundle:
    """A key and what the server issued for it. Raises `BundleError` where they do not go together."""
    return read_bundle(key_pem(key) + chain_pem)


def read_bundle(pem: bytes) -> Bundle:
    """Read and check: one key, at least one certificate, the first for that key. Raises `BundleError`."""
    blocks = [(match[1], match[0].strip() + b"\n") for match in _PEM.finditer(pem)]
    keys = [block for kind, block in blocks if kind.endswith(b"PRIVATE KEY")]
    chain = [block for kind, block in blocks if kind == b"CERTIFICATE"]
    if len(keys) != 1 or not chain:
        raise BundleError(f"it holds {len(keys)} private keys and {len(chain)} certificates")
    key = read_key(keys[0])
    try:
        certificates = [x509.load_pem_x509_certificate(block) for block in chain]
        own = certificates[0]
        san = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        public, issuer = _public(own.public_key()), _common_name(own.issuer)
        validity = Validity(own.not_valid_before_utc, own.not_valid_after_utc)
    except x509.ExtensionNotFound as error:
        raise BundleError("its certificate is for no name") from error
    except unreadable() as error:
        raise BundleError("its certificate cannot be read") from error
    if public != _public(key.public_key()):
        raise BundleError("its certificate is for another key")
    names = [name.lower() for name in san.get_values_for_type(x509.DNSName)]
    names += [str(ip) for ip in san.get_values_for_type(x509.IPAddress)]
    return Bundle(keys[0] + b"".join(chain), validity, tuple(names), issuer)


def _san(name: str) -> x509.SubjectAlternativeName:
    try:
        return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
    except ValueError:
        return x509.SubjectAlternativeName([x509.DNSName(name)])


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _public(key: object) -> bytes:
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise BundleError("its certificate is neither for RSA nor for P-256")
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
