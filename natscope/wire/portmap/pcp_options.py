"""Options of PCP messages: THIRD_PARTY, PREFER_FAILURE, FILTER, and those that we only carry.

Source: RFC 6887 §7.3 and §13. Each is code, reserved byte, length without padding, data, zeros up to 4 bytes.
"""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import IPAddress, unmapped
from natscope.wire.cursor import Reader, Writer

OPTIONAL_FROM = 128
"""An option below this number must be understood, or the request is refused."""
_ALL_BITS = 128
_DATA_BYTES = {1: 16, 2: 0, 3: 20}


class OptionCode(enum.IntEnum):
    """RFC 6887 §19.4."""

    THIRD_PARTY = 1
    PREFER_FAILURE = 2
    FILTER = 3


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """The request is about `internal`, not about its sender."""

    internal: IPAddress


@dataclass(frozen=True, slots=True)
class PreferFailure:
    """Refuse rather than assign another external port or address than the suggested ones."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Let only `remote` in: `prefix_bits` of it counted on 128 bits (0: no filter more), port 0: any."""

    prefix_bits: int
    remote_port: int
    remote: IPAddress


@dataclass(frozen=True, slots=True)
class OtherOption:
    """An option that we do not know."""

    code: int
    data: bytes


Option: TypeAlias = ThirdParty | PreferFailure | Filter | OtherOption


def put_address(out: Writer, ip: IPAddress, field: str) -> Writer:
    """An address in 16 bytes, IPv4 as `::ffff:a.b.c.d`."""
    if isinstance(ip, ipaddress.IPv4Address):
        out.put(bytes(10) + b"\xff\xff", field)
    return out.put(ip.packed, field)


def take_address(reader: Reader, field: str) -> IPAddress:
    """An address of 16 bytes; `::ffff:a.b.c.d` is read as IPv4."""
    return unmapped(ipaddress.IPv6Address(reader.take(16, field)))


def put_options(out: Writer, options: Iterable[Option]) -> Writer:
    """All options. Raises `LocalError` for a number that does not fit, or too much."""
    for option in options:
        code, data = _code_and_data(option)
        out.u8(code, "option code").u8(0, "reserved").u16(len(data), "option length")
        out.put(data, "option data").pad(4)
    return out


def take_options(reader: Reader) -> tuple[Option, ...]:
    """The rest of a message as options; raises `RemoteError` with the field `option` or `option data`."""
    found: list[Option] = []
    while reader.remaining:
        code = reader.u8("option code")
        reader.skip(1, "option reserved")
        length = reader.u16("option length")
        data = reader.take(length, "option data")
        reader.skip(-length % 4, "option padding")
        found.append(_option(code, data, reader.offset))
    return tuple(found)


def code_of(option: Option) -> int:
    """The number of an option."""
    return _code_and_data(option)[0]


def _code_and_data(option: Option) -> tuple[int, bytes]:
    if isinstance(option, ThirdParty):
        return OptionCode.THIRD_PARTY, put_address(Writer(), option.internal, "third party").finish()
    if isinstance(option, PreferFailure):
        return OptionCode.PREFER_FAILURE, b""
    if isinstance(option, OtherOption):
        return option.code, option.data
    if not 0 <= option.prefix_bits <= _ALL_BITS:
        raise LocalError(f"a prefix of {option.prefix_bits} bits, PCP counts 0 to 128")
    out = Writer().u8(0, "reserved").u8(option.prefix_bits, "prefix length").u16(option.remote_port, "remote port")
    return OptionCode.FILTER, put_address(out, option.remote, "remote address").finish()


def _option(code: int, data: bytes, offset: int) -> Option:
    wanted = _DATA_BYTES.get(code)
    if wanted is None:
        return OtherOption(code, data)
    if len(data) != wanted:
        raise RemoteError(f"option {code} has {len(data)} bytes, not {wanted}", offset=offset, field="option data")
    reader = Reader(data)
    if code == OptionCode.PREFER_FAILURE:
        return PreferFailure()
    if code == OptionCode.THIRD_PARTY:
        return ThirdParty(take_address(reader, "third party"))
    reader.skip(1, "reserved")
    bits, port = reader.u8("prefix length"), reader.u16("remote port")
    if bits > _ALL_BITS:
        raise RemoteError(f"a prefix of {bits} bits", offset=offset, field="option data")
    return Filter(bits, port, take_address(reader, "remote address"))
