"""A cloud's machine is one by its firmware, and only without a public address of its own."""

from __future__ import annotations

import msgspec

from natscope.diagnosis.causes.env.cloud_words import is_known, machine
from natscope.diagnosis.facts import Facts
from tests.diagnosis.judging import scene
from tests.diagnosis.surrounded import around, unlooked


def test_a_machine() -> None:
    ground = machine(Facts(scene("cloud-machine")))
    assert ground is not None
    assert ground.says == "this is a virtual machine of AWS"


def test_no_cloud_not_known_and_a_public_address() -> None:
    assert machine(Facts(around("cloud-machine", computer={"cloud": ""}))) is None
    assert not is_known(Facts(unlooked("cloud-machine")))
    report = scene("cloud-machine")
    public = msgspec.structs.replace(report, ipv4=msgspec.structs.replace(report.ipv4, local=("203.0.113.80",)))
    assert machine(Facts(public)) is None
