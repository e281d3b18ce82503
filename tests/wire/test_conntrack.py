"""Lines of /proc/net/nf_conntrack: as the kernel prints them, cut at every place, and strange ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natscope.model.endpoint import Endpoint
from natscope.wire.conntrack import Flow, read_flows

REPLIED = (
    "ipv4     2 udp      17 117 src=192.168.1.20 dst=198.51.100.3 sport=41641 dport=3478 "
    "src=198.51.100.3 dst=203.0.113.24 sport=3478 dport=41641 [ASSURED] mark=0 zone=0 use=2"
)
STUCK = (
    "ipv4     2 udp      17 29 src=192.168.1.20 dst=198.51.100.90 sport=41641 dport=41641 [UNREPLIED] "
    "src=198.51.100.90 dst=203.0.113.24 sport=41641 dport=1024 mark=0 zone=0 use=2"
)
SIX = (
    "ipv6     10 udp      17 20 src=2001:0db8:0000:0000:0000:0000:0000:0001 "
    "dst=2001:0db8:0000:0000:0000:0000:0000:0002 sport=1 dport=2 src=2001:0db8:0000:0000:0000:0000:0000:0002 "
    "dst=2001:0db8:0000:0000:0000:0000:0000:0001 sport=2 dport=1 mark=0 use=1"
)
TCP = REPLIED.replace("udp      17", "tcp      6")


def test_what_the_kernel_prints() -> None:
    flows = list(read_flows("\n".join((TCP, REPLIED, STUCK, SIX))))
    assert [(flow.replied, flow.is_rewritten) for flow in flows] == [(True, False), (False, True), (True, False)]
    assert flows[1] == Flow(
        Endpoint.parse("192.168.1.20:41641"), Endpoint.parse("198.51.100.90:41641"),
        Endpoint.parse("203.0.113.24:1024"), replied=False,
    )  # fmt: skip


def test_a_line_cut_anywhere_is_left_out_or_the_same() -> None:
    for length in range(len(STUCK)):
        assert all(flow.source.port == 41641 for flow in read_flows(STUCK[:length]))


def test_strange_values_are_left_out() -> None:
    """One value of a line that is read otherwise."""
    assert len(list(read_flows(REPLIED))) == 1
    for right, strange in (
        ("sport=41641", "sport=99999"),
        ("sport=41641", "sport=-1"),
        ("sport=41641", "sport="),
        ("sport=41641", "sport=1 sport=2 sport=3"),
        ("src=192.168.1.20", "src=nowhere"),
    ):
        assert right in REPLIED
        assert list(read_flows(REPLIED.replace(right, strange, 1))) == [], strange


@given(st.text(alphabet=st.sampled_from("udp sport=dstrc.:0123456789[UNREPLIED]\n"), max_size=400))
def test_garbage_never_raises(text: str) -> None:
    list(read_flows(text))
