"""The options of a mapping service: defaults, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.machines.portmap_router.config import Service, ServiceConfig, UpnpConfig, WanService


def test_the_default_is_a_usual_home_router() -> None:
    config = ServiceConfig()
    assert all(config.speaks(service) for service in Service)
    assert not ServiceConfig(protocols=(Service.PCP,)).speaks(Service.UPNP)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"protocols": ()}, "at least one"),
        ({"protocols": (Service.PCP, Service.PCP)}, "each once"),
        ({"capacity": -1}, "not negative"),
        ({"late_s": -1.0}, "not negative"),
        ({"max_lease_s": 0}, "at least 1"),
        ({"min_lease_s": 0}, "at least 1"),
        ({"min_lease_s": 60, "max_lease_s": 50}, "not the shorter"),
        ({"taken": (0,)}, "1 to 65535"),
    ],
)
def test_impossible_services(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ServiceConfig(**options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"version": 3}, "version 1 or 2"),
        ({"search_port": 0}, "1 to 65535"),
        ({"first_down": True}, "two services"),
    ],
)
def test_impossible_gateways(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        UpnpConfig(**options)


def test_leases_are_held_within_their_limits() -> None:
    config = ServiceConfig(min_lease_s=120, max_lease_s=600)
    assert [config.lease_s(asked) for asked in (1, 300, 7200)] == [120, 300, 600]


def test_one_of_two_services_may_be_down() -> None:
    assert UpnpConfig(services=(WanService.IP_1, WanService.PPP_1), first_down=True).first_down
