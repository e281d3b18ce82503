"""The table `mapping_service` of a scenario: every option reaches the router, every mistake is told."""

from __future__ import annotations

from dataclasses import fields
from ipaddress import IPv4Address

import pytest

from natscope.errors import UserError
from natscope.lab.scenario_form import MappingServiceForm, UpnpForm
from natscope.lab.scenario_mapping import __doc__ as WORDS
from natscope.lab.scenario_values import read_scenario
from natscope.machines.portmap_router.config import (
    Leases,
    Manner,
    Searches,
    Service,
    ServiceConfig,
    UpnpConfig,
    Urls,
    WanService,
)


def service(table: str, site: str = "") -> ServiceConfig | None:
    text = f'title = "T"\n[sites.home]\n{site}\nmapping_service = {table}\n[hosts.a]\nat = "home"'
    return read_scenario("t", text).sites["home"].mapping_service


def test_none_and_the_usual_one() -> None:
    assert read_scenario("t", 'title = "T"\n[sites.home]\n[hosts.a]\nat = "home"').sites["home"].mapping_service is None
    assert service("{}") == ServiceConfig()
    assert service("{ upnp = { version = 2 } }") == ServiceConfig(
        upnp=UpnpConfig(version=2, services=(WanService.IP_2,))
    )


def test_beside_a_nat_of_the_kernel() -> None:
    linux = 'kernel_nat = "fully-random"\nexternal = ["11.0.0.1"]'
    assert service("{ upnp = { version = 2 } }", linux) == service("{ upnp = { version = 2 } }")
    assert service('{ protocols = ["upnp"], max_lease_s = 300 }', linux) is not None
    assert service('{ protocols = ["nat-pmp", "pcp"] }', linux) is not None


def test_every_option() -> None:
    table = (
        '{ protocols = ["upnp", "pcp"], manner = "refused", external = "0.0.0.0", capacity = 3, min_lease_s = 9, '
        "max_lease_s = 60, taken = [7000], late_ms = 250, up_s = 500, "
        "for_others = true, other_versions = false, announces = false, upnp = "
        '{ version = 2, services = ["dslforum-ip", "wan-ppp-1"], first_down = true, leases = "invalid-args", '
        'searches = "unicast-only", search_port = 49200, useless_first = true, location_host = "10.0.0.9", '
        'urls = "absolute", same_port = true, next_host = true, name = "N", maker = "M", model = "O", server = "S" } }'
    )
    upnp = UpnpConfig(
        version=2,
        services=(WanService.DSLFORUM_IP, WanService.PPP_1),
        first_down=True,
        leases=Leases.INVALID_ARGS,
        searches=Searches.UNICAST_ONLY,
        search_port=49_200,
        useless_first=True,
        location_host=IPv4Address("10.0.0.9"),
        urls=Urls.ABSOLUTE,
        same_port=True,
        name="N",
        maker="M",
        model="O",
        server="S",
        next_host=True,
    )
    assert service(table) == ServiceConfig(
        protocols=(Service.UPNP, Service.PCP),
        manner=Manner.REFUSED,
        external=IPv4Address(0),
        capacity=3,
        min_lease_s=9,
        max_lease_s=60,
        taken=(7000,),
        late_s=0.25,
        up_s=500.0,
        for_others=True,
        other_versions=False,
        announces=False,
        upnp=upnp,
    )
    defaults = UpnpConfig()
    assert all(getattr(upnp, f.name) != getattr(defaults, f.name) for f in fields(UpnpConfig)), "an option is not tried"


def test_every_option_is_explained() -> None:
    assert WORDS is not None
    for form in (MappingServiceForm, UpnpForm):
        for name in form.__struct_fields__:
            assert f"`{name}`" in WORDS, name
    for words in (Service, Manner, Leases, Searches, WanService, Urls):
        for word in words:
            assert f"`{word}`" in WORDS, word


@pytest.mark.parametrize(
    ("table", "site", "words"),
    [
        ("{ protocols = [] }", "", "at least one protocol"),
        ('{ protocols = ["upnpp"] }', "", "upnpp"),
        ('{ external = "here" }', "", "'here' is no IPv4 address"),
        ('{ upnp = { location_host = "x" } }', "", "'x' is no IPv4 address"),
        ("{ upnp = { version = 3 } }", "", "version 1 or 2"),
        ('{ upnp = { model = "" } }', "", "1 to 64 printable characters"),
        ('{ upnp = { server = "a\\r\\nb" } }', "", "1 to 64 printable characters"),
        ("{ port = 1 }", "", "port"),
        ("{}", 'nat = "firewall"', "does not translate"),
        ("{}", 'nat = "none"', "does not translate"),
        ("{}", 'kernel_nat = "masquerade"', "opens no ports on a documentation address"),
        ("{}", 'kernel_nat = "masquerade"\nexternal = ["192.0.2.9"]', "opens no ports on a documentation address"),
        ('{ manner = "refused" }', 'kernel_nat = "masquerade"\nexternal = ["11.0.0.1"]', "has no such options"),
        ('{ protocols = ["pcp"] }', 'kernel_nat = "masquerade"\nexternal = ["11.0.0.1"]', "NAT-PMP and PCP, or"),
    ],
)
def test_mistakes(table: str, site: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as raised:
        service(table, site)
    assert "t.toml" in raised.value.message
