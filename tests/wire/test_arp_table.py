"""/proc/net/arp: makers of complete entries, and nothing of strange lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natscope.wire.arp_table import read_makers

HEAD = "IP address       HW type     Flags       HW address            Mask     Device\n"
GATEWAY = "192.168.1.1      0x1         0x2         00:09:0F:12:34:56     *        eth0\n"


def test_only_the_first_half_of_complete_entries() -> None:
    pending = "192.168.1.9      0x1         0x0         00:00:00:00:00:00     *        eth0\n"
    assert read_makers(HEAD + GATEWAY + pending) == {"192.168.1.1": "00:09:0f"}


def test_cut_and_strange_lines_are_left_out() -> None:
    for length in range(len(GATEWAY)):
        assert read_makers(HEAD + GATEWAY[:length]) in ({}, {"192.168.1.1": "00:09:0f"})
    for strange in ("nowhere", "::1", "1.2.3.4.5"):
        assert read_makers(HEAD + GATEWAY.replace("192.168.1.1", strange)) == {}
    assert read_makers(HEAD + GATEWAY.replace("0x2", "two")) == {}


@given(st.text(max_size=300))
def test_garbage_never_raises(text: str) -> None:
    read_makers(HEAD + text)
