"""What a relay's configuration asks of the authority."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from natscope.acme.keeper import LETS_ENCRYPT
from natscope.apps.derp_acme import kinds_of, settings_of
from natscope.machines.acme.renewal import HTTP_01, TLS_ALPN_01
from natscope.model.endpoint import Endpoint
from natscope.relay.config import RelayConfig, TlsConfig, TlsMode

ACME = TlsConfig(mode=TlsMode.ACME)


def config(
    listen: str = "0.0.0.0:443", http: str = "0.0.0.0:80", hostname: str = "a.example", tls: TlsConfig = ACME
) -> RelayConfig:
    return RelayConfig(
        listen=(Endpoint.parse(listen),), http=(Endpoint.parse(http),) if http else (), hostname=hostname, tls=tls
    )


@pytest.mark.parametrize(
    ("listen", "http", "kinds"),
    [
        ("0.0.0.0:443", "0.0.0.0:80", (TLS_ALPN_01, HTTP_01)),
        ("0.0.0.0:8443", "0.0.0.0:80", (HTTP_01, TLS_ALPN_01)),
        ("0.0.0.0:8443", "", (TLS_ALPN_01,)),
    ],
)
def test_the_proof_by_the_public_port_comes_first(listen: str, http: str, kinds: tuple[str, ...]) -> None:
    assert kinds_of(config(listen, http)) == kinds


@pytest.mark.parametrize("kind", [HTTP_01, TLS_ALPN_01])
def test_one_proof_may_be_asked_for(kind: str) -> None:
    assert kinds_of(config(tls=replace(ACME, acme_challenge=kind))) == (kind,)


def test_lets_encrypt_is_the_usual_authority() -> None:
    settings = settings_of(config())
    assert (settings.directory_url, settings.name, settings.profile) == (LETS_ENCRYPT, "a.example", "")
    assert (
        settings_of(config(tls=replace(ACME, acme_directory_url="https://ca.test/dir"))).directory_url
        == "https://ca.test/dir"
    )


def test_addresses_get_short_lived_certificates() -> None:
    assert settings_of(config(hostname="192.0.2.1")).profile == "shortlived"
    assert settings_of(config(hostname="2001:db8::1", tls=replace(ACME, acme_profile="other"))).profile == "other"
