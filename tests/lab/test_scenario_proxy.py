"""Which hosts of a scenario find a proxy, and where; what relays are pinned to."""

from __future__ import annotations

from pathlib import Path

from natscope.lab.scenario_map import relay_map
from natscope.lab.scenario_proxy import environment, proxies_on, proxy_of
from natscope.lab.scenario_values import read_scenario
from natscope.lab.tls_inspector import NAME, inspector_certificate, relay_pin
from natscope.sim.authority import Authority

TEXT = """
title = "t"
[sites.office]
http_proxy = "proxy"
[sites.home]
[hosts.proxy]
also = ["office"]
[hosts.alice]
at = "office"
[hosts.bob]
at = "home"
[relays]
relay1 = { pinned = true }
relay2 = {}
"""


def test_hosts_of_the_site_find_it_and_nobody_else() -> None:
    scenario = read_scenario("t", TEXT)
    assert str(proxy_of(scenario, scenario.hosts["alice"])) == "192.168.1.10:3128"
    assert environment(scenario, scenario.hosts["alice"])["HTTPS_PROXY"] == "http://192.168.1.10:3128"
    assert environment(scenario, scenario.hosts["bob"]) == {}
    assert environment(scenario, scenario.hosts["proxy"]) == {}
    assert [site.name for site in proxies_on(scenario, scenario.hosts["proxy"])] == ["office"]


def test_the_map_pins_what_the_relay_will_present(tmp_path: Path) -> None:
    scenario = read_scenario("t", TEXT)
    first, second = (region.nodes[0] for region in relay_map(scenario).regions)
    presented = Authority(scenario.seed, tmp_path).issue(["relay1.test"])
    assert first.cert_name == f"sha256-raw:{presented.pin}"
    assert second.cert_name == ""
    assert relay_pin(scenario.relays["relay1"], scenario.seed + 1) != presented.pin


def test_the_inspector_has_an_authority_of_its_own(tmp_path: Path) -> None:
    from cryptography import x509

    files = inspector_certificate(read_scenario("t", TEXT), tmp_path)
    shown = x509.load_pem_x509_certificate(Path(files.certificate_file).read_bytes())
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["relay1.test", "relay2.test"]
    assert NAME in shown.issuer.rfc4514_string()
