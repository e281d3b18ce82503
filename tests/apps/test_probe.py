"""Running one probe: what it needs comes with it, its own flag is set, names may have dashes."""

from __future__ import annotations

import pytest

from natscope.apps.probe import asked_for, list_probes, needed, needs_map, probe_name
from natscope.errors import UserError
from natscope.netcheck.options import NetcheckOptions, with_limit
from natscope.netcheck.selection import load_all
from natscope.plugins.loader import PROBES, find
from natscope.plugins.probe import Probe


def probes(**after: tuple[str, ...]) -> dict[str, Probe]:
    return {name: Probe(name=name, title=name, after=before) for name, before in after.items()}


def test_what_a_probe_builds_on_comes_first_and_once() -> None:
    known = probes(a=(), b=("a",), c=("b", "a", "gone"), d=())
    assert needed("c", known) == ("b", "a", "c") or needed("c", known) == ("a", "b", "c")
    assert set(needed("c", known)) == {"a", "b", "c"}
    assert needed("d", known) == ("d",)


def test_a_circle_ends() -> None:
    assert set(needed("a", probes(a=("b",), b=("a",)))) == {"a", "b"}


def test_uses_replaces_after() -> None:
    known = probes(relay=(), other=())
    known["x"] = Probe(name="x", title="x", after=("relay", "other"), uses=("relay",))
    assert set(needed("x", known)) == {"relay", "x"}


@pytest.mark.parametrize(
    ("flag", "field"), [("--hairpin", "hairpin"), ("--lifetime", "lifetime"), ("--https", "https")]
)
def test_the_own_flag_is_set(flag: str, field: str) -> None:
    probe = Probe(name="x", title="x", flag=flag)
    assert getattr(asked_for(NetcheckOptions(), probe), field) is True
    assert asked_for(NetcheckOptions(), Probe(name="x", title="x", flag="--no-such")) == NetcheckOptions()


def test_names() -> None:
    assert probe_name("nat-ports") == probe_name("nat_ports") == "nat_ports"
    with pytest.raises(UserError, match="Did you mean relay_stun"):
        probe_name("relay_stunn")


def test_every_probe_is_listed_with_a_question_and_a_budget() -> None:
    listed = {probe.name: probe for probe in list_probes()}
    assert listed["nat_lifetime"].flag == "--lifetime"
    assert listed["nat_lifetime"].seconds > 60
    assert listed["relay_stun"].package == "natscope_probes"
    assert [name for name, probe in listed.items() if not probe.question] == []


def test_the_list_says_from_which_profile_on_a_probe_runs() -> None:
    first = {probe.name: probe.profile for probe in list_probes()}
    assert (first["relay_stun"], first["nat_ports"], first["captive_portal"]) == ("quick", "default", "default")
    assert (first["nat_burn"], first["nat_hairpin"], first["nat_own_address"]) == ("full", "full", "full")
    assert [name for name, profile in first.items() if not profile] == ["nat_cross_check"]


def test_limits() -> None:
    assert with_limit(NetcheckOptions()).whole_s == 5.0
    assert with_limit(NetcheckOptions(hairpin=True)).whole_s == 9.0
    for options, whole_s in (
        (NetcheckOptions(profile="full"), 135.0),
        (NetcheckOptions(lifetime=True), 110.0),
        (NetcheckOptions(only=("nat_lifetime",)), 110.0),
    ):
        long = with_limit(options)
        assert (long.timeout_s, long.whole_s) == (5.0, whole_s)
    given = with_limit(NetcheckOptions(profile="full", timeout_s=30.0), timeout_given=True)
    assert (given.timeout_s, given.whole_s) == (30.0, 30.0)
    given = with_limit(NetcheckOptions(lifetime=True, timeout_s=300.0), timeout_given=True)
    assert (given.timeout_s, given.whole_s) == (5.0, 300.0)
    assert with_limit(NetcheckOptions(timeout_s=90.0), timeout_given=True).timeout_s == 90.0


def test_probes_of_this_computer_want_no_map() -> None:
    loaded = {item.probe.name: item.probe for item in load_all(find(PROBES).modules, lambda error: None)}
    alone = {name for name in loaded if not needs_map(needed(name, loaded), loaded)}
    assert alone == {"interfaces", "host_facts", "host_firewall", "host_connections", "shared_space"}
