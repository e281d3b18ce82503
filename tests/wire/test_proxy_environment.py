"""Proxy variables: which one counts, and that credentials stay out of texts."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.wire.proxy_environment import NamedProxy, Proxy, choose_proxy, named_proxies

TEXT = st.text(max_size=60)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"https_proxy": "http://proxy.test:3128", "HTTPS_PROXY": "http://b.test"}, Proxy("http", "proxy.test", 3128)),
        ({"ALL_PROXY": "https://u%40x:p%3A@proxy.test"}, Proxy("https", "proxy.test", 443, "u@x", "p:")),
        ({"https_proxy": "http://proxy.test:3128", "no_proxy": ".test"}, None),
        (
            {"https_proxy": "http://proxy.test:3128", "NO_PROXY": "192.0.2.0/24,other.test"},
            Proxy("http", "proxy.test", 3128),
        ),
    ],
)
def test_the_environment_names_the_proxy(environ: dict[str, str], expected: Proxy | None) -> None:
    assert choose_proxy("https", "relay.test", 443, environ) == expected


@given(TEXT, TEXT)
def test_any_text_is_read_or_refused(proxy: str, exempt: str) -> None:
    with contextlib.suppress(RemoteError):
        choose_proxy("https", "relay.test", 443, {"https_proxy": proxy, "no_proxy": exempt})
    named_proxies({"https_proxy": proxy})


def test_all_variables_are_told_without_credentials() -> None:
    environ = {
        "HTTPS_PROXY": "http://me:secret@proxy.test:3128",
        "ALL_PROXY": "socks5h://me:secret@socks.test:1080",
        "http_proxy": "nonsense://",
        "no_proxy": "x",
    }
    assert named_proxies(environ) == (
        NamedProxy("HTTPS_PROXY", "http://proxy.test:3128", True),
        NamedProxy("http_proxy", "nonsense://", False),
        NamedProxy("ALL_PROXY", "socks5h://socks.test:1080", False),
    )
