"""resolv.conf: whom this computer asks, and whom its stub asks in turn."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from natscope.host.api import ResolverFacts
from natscope.host.real.resolv_conf import MAX_SEARCH, MAX_SERVERS, parse, read

USUAL = """# made by dhclient
domain old.test
search Corp.example. lab.test ; two of them
nameserver 192.0.2.53
nameserver 2001:db8::53  # second
nameserver fe80::1%eth0
nameserver nonsense
nameserver 192.0.2.54
options timeout:1 ndots:5
options rotate
"""


def servers(facts: ResolverFacts) -> list[str]:
    return [str(endpoint) for endpoint in facts.servers]


def test_servers_search_domains_and_options() -> None:
    facts = parse(USUAL)
    assert servers(facts) == ["192.0.2.53:53", "[2001:db8::53]:53", "[fe80::1%eth0]:53"]
    assert facts.search == ("corp.example", "lab.test")
    assert facts.ndots == 5


def test_the_last_search_line_counts_and_ndots_is_bounded() -> None:
    assert parse("search a.test\ndomain b.test\noptions ndots:99\n") == ResolverFacts(search=("b.test",), ndots=15)
    assert parse("options ndots:x\nsearch .\n") == ResolverFacts()


@given(st.text(max_size=200))
def test_any_text_is_read_within_bounds(text: str) -> None:
    facts = parse(text)
    assert len(facts.servers) <= MAX_SERVERS
    assert len(facts.search) <= MAX_SEARCH


def test_a_stub_tells_whom_it_asks(tmp_path: Path) -> None:
    stub, inner = tmp_path / "resolv.conf", tmp_path / "inner.conf"
    stub.write_text("nameserver 127.0.0.53\n")
    inner.write_text("nameserver 192.0.2.53\n")
    facts = read(str(stub), str(inner))
    assert (servers(facts), [str(e) for e in facts.behind]) == (["127.0.0.53:53"], ["192.0.2.53:53"])
    assert facts.source == str(stub)
    stub.write_text("nameserver 192.0.2.1\n")
    assert read(str(stub), str(inner)).behind == ()


def test_no_file_and_no_server(tmp_path: Path) -> None:
    assert read(str(tmp_path / "none")) == ResolverFacts()
    (tmp_path / "empty").write_text("\n")
    assert servers(read(str(tmp_path / "empty"), str(tmp_path / "none"))) == ["127.0.0.1:53"]
