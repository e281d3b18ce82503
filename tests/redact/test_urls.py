"""Paths and queries of strangers' URLs go, those that everybody has stay."""

from __future__ import annotations

import pytest

from natscope.redact.urls import mask_urls


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://acme.io/hooks/T0KEN", "https://acme.io/…"),
        ("status 302 to http://login.hotel.io/?mac=aabbcc&ssid=Acme.", "status 302 to http://login.hotel.io/…."),
        ("(https://acme.io:8443/map?token=x)", "(https://acme.io:8443/…)"),
        ("https://acme.io?token=x", "https://acme.io/…"),
        ("https://login.tailscale.com/a/1a2b3c", "https://login.tailscale.com/…"),
        ("https://acme.io/derp?token=x", "https://acme.io/derp…"),
        ("http://192.168.1.1:5000/desc.xml?uid=x", "http://192.168.1.1:5000/…"),
    ],
)
def test_what_may_be_secret_goes(text: str, wanted: str) -> None:
    assert mask_urls(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "https://acme.io",
        "https://acme.io/ and more",
        "http://derp1.acme.io/generate_204.",
        "https://controlplane.tailscale.com/derpmap/default",
        "http://192.168.1.1:5000/rootDesc.xml",
        "http://[fe80::1]:5000/rootDesc.xml",
        "no URL",
    ],
)
def test_what_everybody_has_stays(text: str) -> None:
    assert mask_urls(text) == text
