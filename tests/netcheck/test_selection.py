"""Which probes a run has, and whom it would contact."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.errors import PluginError, UserError
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.selection import choose_modules, left_out, load_all, load_probe, reason_to_skip
from natscope.netcheck.targets import Target, targets_of
from natscope.plugins.loader import PROBES, Found, PluginModule, find
from natscope.plugins.probe import DEFAULT, FULL, QUICK, Probe, Scope
from natscope.plugins.stun_plan import ProbePlan
from tests.netcheck.lab import loaded, region, v4

FOUND = find(PROBES)
ALL = frozenset({"udp", "streams", "resolver", "links", "icmp"})


def listed(map_: LoadedMap, **options: Any) -> tuple[Target, ...]:
    return targets_of(map_, NetcheckOptions(**options), FOUND, ALL, lambda error: None)


def scope(**options: Any) -> Scope:
    return Scope(loaded(region(1)), NetcheckOptions(**options), (4, 6), ProbePlan())


def test_the_built_in_probes() -> None:
    names = [module.name for module in FOUND.modules if module.builtin]
    assert names == sorted(names)
    assert {"captive_portal", "interfaces", "relay_https", "relay_icmp", "relay_stun"} <= set(names)


@pytest.mark.parametrize("module", FOUND.modules, ids=lambda module: module.name)
def test_every_probe_declares_itself(module: PluginModule) -> None:
    probe = load_probe(module).probe
    assert probe.title
    assert probe.emits
    assert probe.profile in (QUICK, DEFAULT, FULL)
    assert set(probe.after) <= {m.name for m in FOUND.modules}
    docstring = __import__(module.qualified, fromlist=["x"]).__doc__ or ""
    for part in ("Question:", "Method:", "Can tell:", "Cannot tell:", "Disturbs:"):
        assert part in docstring, f"{module.name} does not say: {part}"


def test_only_and_skip() -> None:
    def names(**options: Any) -> list[str]:
        return [module.name for module in choose_modules(FOUND, NetcheckOptions(**options))]

    assert names(only=("relay_stun", "interfaces")) == ["interfaces", "relay_stun"]
    assert "relay_icmp" not in names(skip=("relay_icmp",))
    assert names(only=("relay_stun",), skip=("relay_stun",)) == []


def test_a_name_nobody_has() -> None:
    with pytest.raises(UserError, match="there is no probe 'relay-stun'") as caught:
        choose_modules(FOUND, NetcheckOptions(skip=("relay-stun",)))
    assert "relay_stun" in caught.value.hint


def test_what_was_left_out_is_said() -> None:
    outcomes = left_out(FOUND, NetcheckOptions(skip=("relay_icmp",)))
    assert [(o.name, o.state, o.reason) for o in outcomes] == [("relay_icmp", "skipped", "left out by --skip")]


def test_reasons_to_skip() -> None:
    full = Probe(name="x", title="x", profile=FULL)
    skipped = reason_to_skip(full, scope(), NetcheckOptions(), ALL)
    assert skipped is not None
    assert skipped.flag == "--profile full"
    assert reason_to_skip(full, scope(), NetcheckOptions(only=("x",)), ALL) is None
    assert reason_to_skip(full, scope(), NetcheckOptions(profile="full"), ALL) is None
    needy = reason_to_skip(Probe(name="x", title="x", needs=frozenset({"raw"})), scope(), NetcheckOptions(), ALL)
    assert needy is not None
    assert needy.reason == "this system offers no raw"
    never = reason_to_skip(Probe(name="x", title="x", when=lambda scope: "no"), scope(), NetcheckOptions(), ALL)
    assert never is not None
    assert never.reason == "no"


def test_broken_plug_ins_are_warnings() -> None:
    warnings: list[PluginError] = []
    broken = PluginModule(name="broken", qualified="tests.netcheck.broken_probe", builtin=False)
    empty = PluginModule(name="empty", qualified="tests.netcheck.lab", builtin=False)
    misnamed = PluginModule(name="other", qualified="tests.netcheck.raising_probe", builtin=False)
    assert load_all([broken, empty, misnamed], warnings.append) == []
    assert [warning.message.split(": ")[0] for warning in warnings] == [
        "the plug-in tests.netcheck.broken_probe cannot be loaded",
        "the plug-in tests.netcheck.lab has no PROBE",
        "the plug-in tests.netcheck.raising_probe gives its probe another name",
    ]


def test_a_built_in_probe_cannot_be_replaced() -> None:
    stranger = PluginModule(name="relay_stun", qualified="tests.netcheck.raising_probe", builtin=False)
    chosen = choose_modules(Found((*FOUND.modules, stranger)), NetcheckOptions())
    assert [m.builtin for m in chosen if m.name == "relay_stun"] == [True]


def test_targets_name_every_relay_and_what_it_gets() -> None:
    found = listed(loaded(region(1), region(2)))
    stun = [(t.host, t.port, t.packets, t.bytes, t.always) for t in found if t.probe == "relay_stun" and "." in t.host]
    assert stun == [(v4(1), 3478, 4, 160, True), (v4(2), 3478, 4, 160, True)]
    https = [(t.host, t.port, t.protocol, t.always) for t in found if t.probe == "relay_https"]
    assert https == [("r1a.relay.test", 443, "tcp", False), ("r2a.relay.test", 443, "tcp", False)]
    assert not [t for t in found if t.probe == "captive_portal"]


def test_targets_on_demand_are_certain() -> None:
    assert all(t.always for t in listed(loaded(region(1)), https=True) if t.probe == "relay_https")


def test_no_vendor_host_without_the_vendors_map() -> None:
    own = listed(loaded(region(1), vendor=False))
    assert {t.host for t in own if " " not in t.host} <= {v4(1), "2001:db8:ffff::8", "r1a.relay.test"}
    vendor = listed(loaded(region(1), vendor=True))
    assert "controlplane.tailscale.com" in {t.host for t in vendor}
    with_page = listed(loaded(region(1, node_fields={"can_port80": True}), vendor=True))
    assert "controlplane.tailscale.com" not in {t.host for t in with_page}
