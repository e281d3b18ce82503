"""Composition root of a single probe: the probe itself, whatever it reads the results of, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from natscope.apps.did_you_mean import question
from natscope.apps.netcheck import run_netcheck
from natscope.errors import UserError
from natscope.model.observation import Observation, ProbeOutcome
from natscope.model.relay_map import LoadedMap, RelayMap, RelayNode, RelayRegion
from natscope.netcheck.options import MapChoice, NetcheckOptions, with_limit
from natscope.netcheck.progress import Progress
from natscope.netcheck.record import RunRecord
from natscope.netcheck.selection import LoadedProbe, load_all, reason_to_skip
from natscope.plugins.loader import PROBES, find
from natscope.plugins.probe import PROFILES, Probe, Scope
from natscope.plugins.stun_plan import ProbePlan

MAX_HELPERS = 32
"""Probes that one probe may need, however they refer to each other."""
SOME_RELAY = RelayNode(name="1a", region_id=1, host_name="relay.test", can_port80=True)
SOME_REGION = RelayRegion(region_id=1, region_code="r", region_name="", nodes=(SOME_RELAY,))
SOME_MAP = LoadedMap(relay_map=RelayMap(regions=(SOME_REGION,)), source="", kind="none")
"""For what a probe says of its own conditions: a relay elsewhere with all that relays offer."""
NO_MAP = LoadedMap(relay_map=RelayMap(regions=()), source="", kind="none")
"""For probes that look at this computer alone."""


@dataclass(frozen=True, slots=True)
class ProbeInfo:
    """A probe as it declares itself. `question` is what it asks, `package` who brings it.

    `profile` is the first one in which it runs without its flag, empty where none is.
    """

    name: str
    title: str
    profile: str
    flag: str
    packets: int
    seconds: float
    question: str
    package: str


@dataclass(frozen=True, slots=True)
class ProbeRun:
    """What a run gave: how the probe ended, what it observed, and the record with everything else."""

    outcome: ProbeOutcome
    observations: tuple[Observation, ...]
    record: RunRecord


def list_probes() -> tuple[ProbeInfo, ...]:
    """Every probe, by name; nothing is sent. A plug-in that cannot be loaded is left out."""
    found = find(PROBES)
    packages = {module.name: module.qualified.rpartition(".")[0] for module in found.modules}
    loaded = load_all(found.modules, lambda error: None)
    return tuple(_info(item, packages[item.probe.name]) for item in sorted(loaded, key=lambda item: item.probe.name))


def probe_name(text: str) -> str:
    """The probe meant by `nat-ports` or `nat_ports`. Raises `UserError` for one that nobody has."""
    known = [module.name for module in find(PROBES).modules]
    name = text.replace("-", "_")
    if name not in known:
        raise UserError(
            f'no probe "{text[:60]}"{question(name, known)}', hint="natscope probe --list shows all of them"
        )
    return name


def run_probe(
    name: str,
    options: NetcheckOptions,
    choice: MapChoice,
    *,
    timeout_given: bool,
    progress: Callable[[Progress], None] | None,
    environ: Mapping[str, str],
    stdin: BinaryIO | None = None,
    pcap: str = "",
) -> ProbeRun:
    """Run one probe and the ones whose results it reads; `options.only` and `skip` are not looked at.

    Raises `UserError` and `CannotMeasure` as a netcheck does.
    """
    probes = {item.probe.name: item.probe for item in load_all(find(PROBES).modules, lambda error: None)}
    if name not in probes:
        raise UserError(f"the probe {name} could not be loaded")
    chosen = msgspec.structs.replace(options, only=needed(name, probes), skip=())
    chosen = with_limit(asked_for(chosen, probes[name]), timeout_given=timeout_given)
    result = run_netcheck(
        chosen, choice, state_dir="", progress=progress, environ=environ, stdin=stdin, pcap=pcap,
        loaded_map=None if needs_map(chosen.only, probes) else NO_MAP,
    )  # fmt: skip
    outcome = next(p for p in result.record.probes if p.name == name)
    own = tuple(o for o in result.record.observations if o.probe == name)
    return ProbeRun(outcome, own, result.record)


def needed(name: str, probes: Mapping[str, Probe]) -> tuple[str, ...]:
    """The probe and what it builds on, the latter first."""
    order: dict[str, None] = {}
    waiting = [name]
    while waiting and len(order) < MAX_HELPERS:
        one = waiting.pop()
        if one in probes and one not in order:
            order[one] = None
            waiting += list(probes[one].uses or probes[one].after)
    return tuple(reversed(order))


def needs_map(names: Iterable[str], probes: Mapping[str, Probe]) -> bool:
    """Whether any of them asks relays."""
    return any(probes[name].relays for name in names)


def asked_for(options: NetcheckOptions, probe: Probe) -> NetcheckOptions:
    """The options with the probe's own flag set: who names a probe wants all of it."""
    field = probe.flag.removeprefix("--").replace("-", "_")
    if isinstance(getattr(options, field, None), bool):
        return msgspec.structs.replace(options, **{field: True})
    return options


def _info(item: LoadedProbe, package: str) -> ProbeInfo:
    probe = item.probe
    return ProbeInfo(
        name=probe.name,
        title=probe.title,
        profile=_first_profile(probe),
        flag=probe.flag,
        packets=probe.budget.packets,
        seconds=probe.budget.seconds,
        question=_question(item),
        package=package,
    )


def _first_profile(probe: Probe) -> str:
    """Told by what the probe itself says to a network that has everything."""
    for profile in PROFILES:
        options = NetcheckOptions(profile=profile)
        if reason_to_skip(probe, Scope(SOME_MAP, options, (4, 6), ProbePlan()), options, probe.needs) is None:
            return profile
    return ""


def _question(item: LoadedProbe) -> str:
    """The part of the module's docstring that says what it asks, as one line."""
    text = getattr(sys.modules.get(item.run.__module__), "__doc__", None) or ""
    _, found, rest = text.partition("Question:")
    return " ".join(rest.partition("Method:")[0].split()) if found else ""
