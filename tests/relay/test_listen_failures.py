"""Where a relay cannot listen, a hint says what to do."""

from __future__ import annotations

import pytest

from natscope.host.api import Failure, HostError
from natscope.relay.listen_failures import explained


@pytest.mark.parametrize(
    ("failure", "doing", "message", "hint"),
    [
        (Failure.PERMISSION, "cannot listen on TCP 0.0.0.0:443", "below 1024 need a privilege", "CAP_NET_BIND_SERVICE"),
        (Failure.ADDRESS_IN_USE, "cannot listen on TCP [::]:443", "[::]:443: another", "ss -ltnp 'sport = :443'"),
        (Failure.ADDRESS_IN_USE, "cannot listen on UDP [::]:3479", "3479: another", "ss -lunp 'sport = :3479'"),
        (Failure.PERMISSION, "cannot listen on TCP 0.0.0.0:8443", "why", ""),
        (Failure.OTHER, "something else", "something else: why", ""),
    ],
)  # fmt: skip
def test_hints(failure: Failure, doing: str, message: str, hint: str) -> None:
    found = explained(HostError(failure, f"{doing}: why"))
    assert (found.failure, message in found.message) == (failure, True)
    assert hint in found.hint
    assert bool(hint) == bool(found.hint)
