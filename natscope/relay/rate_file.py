"""How much each client may send, from a file in upstream's form, read at the start and again on SIGHUP.

`{"PerClientRateLimitBytesPerSec": N, "PerClientRateBurstBytes": M}`, names in any case, others passed over; 0 or
nothing is no limit. Source: upstream derp/derpserver/derpserver.go (RateConfig, LoadAndApplyRateConfig).
"""

from __future__ import annotations

import json
from typing import Any

from natscope.errors import UserError
from natscope.machines.derp.settings import RateLimit
from natscope.relay.log import Level
from natscope.relay.service import RelayService

MAX_BYTES = 64 * 1024
_MOST = (1 << 64) - 1
_RATE, _BURST = "PerClientRateLimitBytesPerSec", "PerClientRateBurstBytes"


def read_rate_file(path: str) -> RateLimit:
    """The limit in a file. Raises `UserError`."""
    try:
        with open(path, "rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"{path}: the rate limits cannot be read: {error.strerror}") from error
    if len(text) > MAX_BYTES:
        raise UserError(f"{path}: too long for a file of rate limits")
    return parse_rate(text, path)


def parse_rate(text: bytes, path: str) -> RateLimit:
    """The limit in its text. Raises `UserError`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: the rate limits are no JSON") from error
    if not isinstance(found, dict):
        raise UserError(f"{path}: the rate limits are no JSON object", hint=f'{{"{_RATE}": 1000000}}')
    fields = {name.lower(): value for name, value in found.items()}
    rate = _count(fields, _RATE, path)
    return RateLimit(bytes_per_second=rate, burst_bytes=_count(fields, _BURST, path)) if rate else RateLimit()


def _count(fields: dict[str, Any], name: str, path: str) -> int:
    value = fields.get(name.lower())
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
        raise UserError(f"{path}: {name} is no number of bytes")
    return value


class RatePart:
    """A `natscope.relay.service.Part`: a file that is wrong stops the start, and changes nothing on a reload."""

    def __init__(self, path: str) -> None:
        """An empty path: no limit, and nothing to read."""
        self.path = path
        self._service: RelayService | None = None
        self._is_limited = False

    def start(self, service: RelayService) -> None:
        """Read and apply. Raises `UserError`."""
        self._service = service
        if self.path:
            self._apply(service, read_rate_file(self.path))

    def reload(self) -> None:
        """Read again; for those who are connected, too."""
        if self._service is None or not (self.path or self._is_limited):
            return
        try:
            rate = read_rate_file(self.path) if self.path else RateLimit()
        except UserError as error:
            self._service.log.say("rate", f"the limits stay as they are: {error.message}", Level.WARNING)
            return
        self._apply(self._service, rate)

    def close(self) -> None:
        """Nothing is open."""

    def _apply(self, service: RelayService, rate: RateLimit) -> None:
        self._is_limited = rate != RateLimit()
        service.post(lambda _: service.front.relay.set_rate(rate))
        words = f"{rate.bytes_per_second} bytes a second and client" if rate.bytes_per_second else "none"
        service.log.say("rate", f"limit of what clients may send: {words}", rate=rate.bytes_per_second)
