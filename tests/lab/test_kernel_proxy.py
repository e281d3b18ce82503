"""The proxy of a kernel lab, and the router that opens TLS, judged by curl."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from natscope.lab.kernel.bed import Running
from tests.interop import peers
from tests.lab.kernel_lab import lab_of

pytestmark = pytest.mark.kernel

SITES = """
[sites.office]
allow = { udp = [], tcp = [], icmp = false }
http_proxy = "proxy"
[sites.school]
allow = { udp = [], tcp = [], icmp = false }
http_proxy = "guard"
proxy_password = true
[sites.bank]
opens_tls = true
[hosts.proxy]
also = ["office"]
[hosts.guard]
also = ["school"]
[hosts.alice]
at = "office"
[hosts.bob]
at = "school"
[hosts.carol]
at = "bank"
[relays]
relay1 = {}
"""
URL = "https://relay1.test/derp/latency-check"


@pytest.fixture(scope="module")
def lab() -> Iterator[Running]:
    with lab_of(SITES) as running:
        yield running


def curl(lab: Running, host: str, *options: str) -> tuple[int, str, str]:
    """Exit code, what was written, and the complaint."""
    peers.require("curl")
    argv = ("curl", "-sS", "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code} %{http_connect}", *options, URL)
    done = lab.exec(host, argv)
    return done.returncode, done.stdout, done.stderr


def test_curl_gets_through_by_the_environment(lab: Running) -> None:
    assert curl(lab, "alice")[:2] == (0, "200 200")


def test_nothing_gets_out_without_it(lab: Running) -> None:
    address = ("--noproxy", "*", "--resolve", "relay1.test:443:192.0.2.101", "--max-time", "2")
    assert curl(lab, "alice", *address)[0] == 28


def test_the_password_is_wanted_and_does(lab: Running) -> None:
    code, written, complaint = curl(lab, "bob")
    assert (code, written) == (56, "000 407"), complaint
    assert curl(lab, "bob", "--proxy-user", "guest:letmein")[:2] == (0, "200 200")


def test_the_proxy_itself_and_the_rest_of_the_internet_have_none(lab: Running) -> None:
    assert curl(lab, "proxy")[:2] == (0, "200 000")


def test_the_inspector_is_distrusted_and_answers_in_the_relays_place(lab: Running) -> None:
    assert curl(lab, "carol")[0] == 60
    assert curl(lab, "carol", "--insecure")[:2] == (0, "200 000")
