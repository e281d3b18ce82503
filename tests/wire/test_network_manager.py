"""What nmcli prints of devices, in its terse form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.wire.network_manager import MAX_DEVICES, ManagedDevice, read_devices

SAID = """GENERAL.DEVICE:wlan0
GENERAL.METERED:yes
IP4.ADDRESS[1]:192.168.43.10/24
IP6.ADDRESS[1]:2001\\:db8\\:\\:7/64

GENERAL.DEVICE:eth\\:0
GENERAL.METERED:no (guessed)

GENERAL.DEVICE:lo
GENERAL.METERED:unknown
IP4.ADDRESS[1]:127.0.0.1/8
"""


def test_devices_with_their_addresses() -> None:
    assert read_devices(SAID) == (
        ManagedDevice(name="wlan0", metered=True, addresses=("192.168.43.10", "2001:db8::7")),
        ManagedDevice(name="eth:0", guess="no"),
        ManagedDevice(name="lo", addresses=("127.0.0.1",)),
    )


@pytest.mark.parametrize(
    ("word", "metered", "guess"),
    [("yes", True, ""), ("no", False, ""), ("yes (guessed)", None, "yes"), ("unknown", None, ""), ("ja", None, "")],
)
def test_a_guess_is_told_apart_from_what_is_set(word: str, metered: bool | None, guess: str) -> None:
    (device,) = read_devices(f"GENERAL.DEVICE:eth0\nGENERAL.METERED:{word}\n")
    assert (device.metered, device.guess) == (metered, guess)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    read_devices(text)
    assert len(read_devices("GENERAL.DEVICE:a\n\n" * 200)) == MAX_DEVICES
