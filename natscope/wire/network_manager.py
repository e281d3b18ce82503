"""What NetworkManager's `nmcli -t -f GENERAL,IP4,IP6 device show` prints of each device.

Lines `FIELD:value`, a blank line between devices; in values `:` and `\\` have a `\\` in front of them (nmcli(1),
`--escape`). GENERAL.METERED is `yes`, `no`, `yes (guessed)`, `no (guessed)` or `unknown` in the C locale (libnm-client
nmc_device_metered_to_string).
"""

from __future__ import annotations

import re

import msgspec

MAX_DEVICES = 64
FIELDS = "GENERAL.DEVICE,GENERAL.METERED,IP4.ADDRESS,IP6.ADDRESS"
"""What `read_devices` needs to be asked for."""
_ESCAPED = re.compile(r"\\(.)")
_METERED = {"yes": True, "no": False}


class ManagedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """`metered`: None where nobody has set it; `guess` is then what NetworkManager takes it for, empty for nothing.

    `addresses` are texts without prefix lengths.
    """

    name: str
    metered: bool | None = None
    guess: str = ""
    addresses: tuple[str, ...] = ()


def read_devices(text: str) -> tuple[ManagedDevice, ...]:
    """The devices with a name, at most 64; what is none of the fields is passed over."""
    found = []
    for block in text.split("\n\n")[:MAX_DEVICES]:
        fields = [
            (name, _ESCAPED.sub(r"\1", value)) for name, _, value in (s.partition(":") for s in block.split("\n"))
        ]
        told = dict(fields)
        word = told.get("GENERAL.METERED", "")
        if told.get("GENERAL.DEVICE"):
            found.append(
                ManagedDevice(
                    name=told["GENERAL.DEVICE"],
                    metered=_METERED.get(word),
                    guess=word.removesuffix(" (guessed)") if word.endswith(" (guessed)") else "",
                    addresses=tuple(
                        value.partition("/")[0]
                        for name, value in fields
                        if name.startswith(("IP4.ADDRESS[", "IP6.ADDRESS["))
                    ),
                )
            )
    return tuple(found)
