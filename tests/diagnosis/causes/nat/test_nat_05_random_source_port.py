"""NS-NAT-05: symmetric, and a name; never more than possible, and not where the ports have a pattern."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.nat import PortAllocation
from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene, with_observations
from tests.reports.nat_scenes import with_nat

ID = "NS-NAT-05"


def telling(**data: str) -> Report:
    """The scene, its router calling itself something else."""

    def change(observation: Observation) -> Observation:
        if observation.kind != "portmap.service":
            return observation
        return Observation(id=observation.id, kind=observation.kind, probe="port_mapping", outcome=Outcome.ANSWERED,
                           data={"protocol": "upnp"} | data)  # fmt: skip

    return with_observations(scene("random-source-port"), change)


def test_a_name_is_never_more_than_possible() -> None:
    finding = found(scene("random-source-port"))[ID]
    assert finding.certainty is Certainty.POSSIBLE
    assert "pfSense router" in finding.detail
    assert "static port" in finding.fixes[0].do


def test_the_server_line_alone_does_it() -> None:
    assert claim(telling(server="FreeBSD/14.0 UPnP/1.1 MiniUPnPd/2.3.3"), ID) is not None


def test_other_names_and_devices_beside_the_gateway_do_not() -> None:
    assert claim(telling(server="Linux/5.4 UPnP/1.1 MiniUPnPd/2.3.3", name="FRITZ!Box"), ID) is None
    assert claim(telling(name="OPNsense", elsewhere="192.168.1.9:1900"), ID) is None


def test_what_contradicts() -> None:
    report = scene("random-source-port")
    assert claim(with_nat(report, mapping_varies=Tri.NO), ID) is None
    assert claim(with_nat(report, mapping_varies=Tri.UNKNOWN), ID) is None
    assert claim(with_nat(report, port_allocation=PortAllocation.SEQUENTIAL), ID) is None
