"""A masked report: the same findings, and nothing of the original in any form."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from natscope.diagnosis.engine import diagnose
from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from natscope.plugins.loader import REPORTS, find, load
from natscope.plugins.report_format import REPORT, RenderOptions
from natscope.redact.addresses import _says_nothing, addresses_in
from natscope.redact.names import host_names_in
from natscope.redact.report import redact
from natscope.wire.report_json import decode_report
from tests.reports.scenes import load as load_report
from tests.reports.scenes import names

LOADED = [load(module, "FORMAT") for module in find(REPORTS).modules if module.builtin]
FORMATS = [module for module in LOADED if module.FORMAT.document == REPORT]
REAL = (
    ("198.51.100.", "81.2.69."),
    ("203.0.113.", "91.198.22."),
    ("192.0.2.", "84.19.7."),
    ("2001:db8:", "2a02:8108:"),
)
SECRETS = ("81.2.69.", "91.198.22.", "84.19.7.", "2a02:8108:", "anas-thinkpad", "acme", "b602df2847a6", "de:ad:be:ef")
NOT_NAMES = {"regions.901.nodes", "proxy"}
"""A place in a map, and a word of ours before a colon."""
NAT64 = ipaddress.IPv6Address("64:ff9b::")
"""Of RFC 6052, as in every network that has one."""
KEY = "b602df2847a6836b59cbf63ee2117f4a3abe90743b9072b85badd95f2b92471a"


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    tree = msgspec.to_builtins(value)
    return msgspec.convert(_changed(tree, change), type=type(value))


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(name): _changed(each, change) for name, each in value.items()}
    return [_changed(each, change) for each in value] if isinstance(value, list | tuple) else value


def real(name: str) -> Report:
    """A stored report as if it were somebody's: public addresses, names, keys, hardware addresses."""

    def change(text: str) -> str:
        for documentation, public in REAL:
            text = text.replace(documentation, public)
        text = re.sub(r"\blaptop\b", "anas-thinkpad", text)
        return re.sub(r"\b([a-z0-9-]+)\.example\.(net|com|org)\b", r"\1.acme.io", text)

    report: Report = with_texts(load_report(name), change)
    seen = Observation(
        id="o9999",
        kind="host.links",
        probe="links",
        outcome=Outcome.ANSWERED,
        target="derp7.acme.io:443",
        summary=f"server key {KEY} at 81.2.69.99, de:ad:be:ef:00:01, user ana@acme.io in /home/natscope-user/derp.yaml",
        data={"keys": {KEY: [f"nodekey:{KEY}"]}, "search": ["acme.lan"], "2a02:8108:7::1": "de-ad-be-ef-00-01"},
    )
    return msgspec.structs.replace(report, observations=(*report.observations, seen))


def told(report: Report) -> object:
    judged = diagnose(report)
    return [(f.id, f.severity, f.certainty, f.evidence) for f in judged.findings], judged.verdict.direct


@pytest.mark.parametrize("name", names())
def test_the_findings_are_those_of_the_original(name: str) -> None:
    report = real(name)
    assert told(redact(report)) == told(report)


@pytest.mark.parametrize(
    "name", ["udp-blocked", "map-problems", "wrong-certificate", "names-forged", "nat66", "double-nat"]
)
def test_nothing_of_the_original_is_in_any_form(name: str) -> None:
    report = diagnose(real(name))
    masked = redact(report)
    seen = 0
    for module in FORMATS:
        options = RenderOptions(verbosity=2)
        seen += any(secret in module.render(report, options).lower() for secret in SECRETS)
        text = module.render(masked, options).lower()
        assert [secret for secret in SECRETS if secret in text] == [], module.FORMAT.name
    assert seen >= 5, "without masking the test sees them"


@pytest.mark.parametrize("name", names())
def test_addresses_and_names_of_stored_reports_are_all_replaced(name: str) -> None:
    report = load_report(name)
    before = set(re.findall(r"198\.51\.100\.\d+|203\.0\.113\.\d+", msgspec.json.encode(report).decode()))
    after = msgspec.json.encode(redact(report)).decode()
    assert not before & set(re.findall(r"198\.51\.100\.\d+|203\.0\.113\.\d+", after))


@pytest.mark.parametrize("name", [name for name in names() if name != "many-regions"])
def test_no_address_and_no_name_of_a_stored_report_is_left_in_any_form(name: str) -> None:
    report = diagnose(real(name))
    text = msgspec.json.encode(report).decode()
    addresses = {ip for ip in addresses_in(text) if not (_says_nothing(ip) or ip == NAT64)}
    ours = {observation.kind for observation in report.observations} | NOT_NAMES
    hosts = {host.lower().rstrip(".") for host in host_names_in(text)} - ours
    masked = redact(report)
    for module in FORMATS:
        drawn = str(module.render(masked, RenderOptions(verbosity=2)))
        assert not addresses & set(addresses_in(drawn)), module.FORMAT.name
        left = hosts & {host.lower().rstrip(".") for host in host_names_in(drawn)}
        assert not left, module.FORMAT.name


@pytest.mark.parametrize("name", names())
def test_masking_is_pure_and_gives_a_report(name: str) -> None:
    report = load_report(name)
    once = redact(report)
    assert redact(report) == once
    assert decode_report(msgspec.json.encode(once)) == once
    assert [relay.region_id for relay in once.relays] == [relay.region_id for relay in report.relays]
    assert once.nat.v4.mapping == report.nat.v4.mapping


def test_a_masked_report_says_so_and_others_do_not_speak_of_it() -> None:
    report = load_report("healthy")
    once = redact(report)
    assert (report.is_masked, once.is_masked, redact(once).is_masked) == (False, True, True)
    assert b'"masked"' not in msgspec.json.encode(report)
    assert b'"masked":true' in msgspec.json.encode(once)
    assert decode_report(msgspec.json.encode(once).replace(b'"masked":true', b'"masked":false')).is_masked is False


def test_relays_of_a_map_of_ones_own_are_masked_too() -> None:
    report = load_report("healthy")
    own, vendor = (
        msgspec.structs.replace(report, relay_map=msgspec.structs.replace(report.relay_map, vendor=vendor))
        for vendor in (False, True)
    )
    assert (redact(own).has_masked_relays, redact(vendor).has_masked_relays) == (True, False)
    assert not own.has_masked_relays


def test_number_code_and_name_of_a_region_stay_together() -> None:
    original = load_report("healthy")
    masked = redact(original)
    assert {relay.region_code for relay in original.relays}.isdisjoint({relay.region_code for relay in masked.relays})
    for relay in masked.relays:
        assert (relay.region_code, relay.region_name) == (f"region-{relay.region_id}", f"Region {relay.region_id}")
    nodes = [(o.node, o.region_id) for o in masked.observations if o.node]
    assert nodes
    assert all(node == f"{number}a" or node.startswith(f"region-{number}-node-") for node, number in nodes)
    assert redact(masked).relays == masked.relays
