"""The way from the service to the NAT."""

from __future__ import annotations

from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.translator import Nat
from natscope.machines.portmap_router.ports import NatPorts
from natscope.model.endpoint import Endpoint
from tests.machines.nat.site import PUBLIC, SECOND, config, end


def test_opening_closing_and_restarts() -> None:
    nat = Nat(config(), b"seed")
    ports = NatPorts(nat)
    mine = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"))
    theirs = Forward(transport=Transport.UDP, external_port=7000, internal=end("b:5000"))
    assert ports.open(mine, 0.0, 10.0) == Endpoint(PUBLIC, 7000)
    assert ports.open(theirs, 1.0, 10.0) is None
    ports.close(mine)
    assert ports.open(theirs, 2.0, None) == Endpoint(PUBLIC, 7000)
    assert (ports.external(), ports.restarts()) == (PUBLIC, 0)
    nat.reboot([SECOND])
    assert (ports.external(), ports.restarts()) == (SECOND, 1)
    assert nat.mappings(3.0) == []
