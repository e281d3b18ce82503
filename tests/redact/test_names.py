"""Names become numbered ones: whole words, everywhere the same; what everybody has stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.redact.names import NameMask, host_names_in


@pytest.mark.parametrize(
    "name",
    [
        "derp.acme.io",
        "a.b.example-corp.de",
        "_dns.acme.io",
        "xn--bcher-kva.de",
        "Relay1.ACME.io",
        "bücher.de",
        "a.xn--p1ai",
        "derp.acme.md",
        "nas.home.arpa",
        "nas.acme.zip",
    ],
)
def test_a_domain_name_is_found(name: str) -> None:
    assert list(host_names_in(f"asked https://{name}:443/derp, then {name}. (twice)")) == [name, name]


@pytest.mark.parametrize(
    "text",
    [
        "derp.yaml",
        "/etc/resolv.conf",
        "ipv4only.arpa",
        "derp1.tailscale.com",
        "eth0.100",
        "v1.102.5",
        "no dot",
        "x.invalid",
    ],
)
def test_what_is_nobodys_is_not(text: str) -> None:
    assert list(host_names_in(text)) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("names *.acme.io and .acme.io", ["acme.io", "acme.io"]),
        ("by http://acmeproxy:3128 and socks5://u:p@corp/", ["acmeproxy", "corp"]),
        ("plugins/probe.py in lib/x.so", []),
        ("http://localhost:80/", []),
    ],
)
def test_wildcards_and_hosts_of_urls_are_found(text: str, wanted: list[str]) -> None:
    assert list(host_names_in(text)) == wanted


def test_a_part_of_an_address_is_no_name() -> None:
    mask = NameMask(["cafe", "7", "81.2.69.7.dyn.acme.io"])
    assert mask.text("2a02:8108::cafe 81.2.69.7 cafe:443") == "2a02:8108::cafe 81.2.69.7 host-1:443"
    assert mask.text("from 81.2.69.7.dyn.acme.io") == "from host-3.domain-1.example"


def test_thousands_of_names_and_long_texts_are_quick_work() -> None:
    """Each word is looked up once: with an alternative a name, this would take minutes."""
    names = [f"host of nr {number}" for number in range(20_000)]
    mask = NameMask(names)
    assert mask.text(" ".join(names)).count("host-") == len(names)
    for piece in ("a-", "a.", "a@", "://a", "İ"):
        mask.text(piece * 50_000)


def test_names_of_one_domain_stay_in_one() -> None:
    mask = NameMask(["a.acme.io", "b.acme.io", "c.other.org", "laptop"])
    one, two, three, four = (mask.text(name) for name in ("a.acme.io", "b.acme.io", "c.other.org", "laptop"))
    assert one.partition(".")[2] == two.partition(".")[2] != three.partition(".")[2]
    assert len({one, two, three, four}) == 4
    assert "." not in four


def test_whole_words_in_any_case() -> None:
    mask = NameMask(["laptop"], {"fra": "region-9", "Frankfurt am Main": "Region 9"})
    assert mask.text("Laptop, laptops, my-laptop: LAPTOP.") == "host-1, laptops, my-laptop: host-1."
    assert mask.text("fra Frankfurt am Main africa") == "region-9 Region 9 africa"


def test_our_own_words_stay() -> None:
    mask = NameMask(["relay", "yes"])
    assert mask.text("the relay says yes") == "the relay says yes"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *((f"{folder}/ana/derp.yaml", f"{folder}/user/derp.yaml") for folder in ("/home", "/Users")),
        ("C:\\Users\\ana\\x", "C:\\Users\\user\\x"),
        ("C:\\Users\\Ana Maria Lopez\\x.yaml", "C:\\Users\\user\\x.yaml"),
        *((f"{folder}/Ana Lopez/derp.yaml", f"{folder}/user/derp.yaml") for folder in ("/home", "/Users")),
        *((f"{folder}/ana is no folder; see /etc", f"{folder}/user is no folder; see /etc") for folder in ("/home",)),
        ("http://ana:se/c@ret@proxy:3128/", "http://user@proxy:3128/"),
        ("http://ana:secret@proxy:3128/", "http://user@proxy:3128/"),
        ("write to ana@corp", "write to user@corp"),
    ],
)
def test_people_in_paths_urls_and_mail(text: str, wanted: str) -> None:
    assert NameMask([]).text(text) == wanted


@given(st.text(max_size=60))
def test_any_text_is_taken(text: str) -> None:
    NameMask([*host_names_in(text), text]).text(text)
