"""NS-NAT-17: a row of this computer's table; one that may not be read is no claim."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.report_surroundings import StuckFlow
from tests.diagnosis.judging import claim, found, scene
from tests.diagnosis.surrounded import around

ID = "NS-NAT-17"


def test_a_row_is_certain_and_named() -> None:
    finding = found(scene("stuck-flow"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == "198.51.100.90:41641 sees port 1024 in place of 41641."


def test_the_command_names_the_row() -> None:
    assert (
        found(scene("stuck-flow"))[ID].fixes[0].do
        == "Delete it: sudo conntrack -D -p udp --sport 41641 -d 198.51.100.90"
    )
    six = (StuckFlow(port=5, peer="[2001:db8::7]:41641", wire_port=9),)
    over_six = claim(around("stuck-flow", computer={"stuck_flows": six}), ID)
    assert over_six is not None
    assert over_six.support.fixes is not None
    assert over_six.support.fixes[0].do == "Delete it: sudo conntrack -D -f ipv6 -p udp --sport 5 -d 2001:db8::7"
    odd = claim(around("stuck-flow", computer={"stuck_flows": (StuckFlow(port=5, peer="$(x)", wire_port=9),)}), ID)
    assert odd is not None
    assert odd.support.fixes is None, "what is no endpoint gets into no command"


def test_several_rows() -> None:
    rows = tuple(StuckFlow(port=41641, peer=f"198.51.100.{n}:41641", wire_port=1024 + n) for n in range(3))
    several = claim(around("stuck-flow", computer={"stuck_flows": rows}), ID)
    assert several is not None
    assert "and 2 other flows" in several.support.detail


def test_none_and_not_read() -> None:
    assert claim(around("stuck-flow", computer={"stuck_flows": ()}), ID) is None
    assert claim(around("stuck-flow", computer={"stuck_flows": None}), ID) is None
