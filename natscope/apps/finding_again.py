"""Composition root of `natscope check ID`: measures again what one finding rests on, and says whether it is gone.

"Gone" takes facts that speak against the finding, measured by every probe that showed it. What another cause hides,
what was not measured and what a changed network no longer lets anybody measure is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec

from natscope.apps.policy_check import CheckRequest, measure_network
from natscope.apps.probe import asked_for, needed
from natscope.diagnosis.why import Chain, Standing, why
from natscope.model.report import Report
from natscope.netcheck.options import NetcheckOptions, with_limit
from natscope.netcheck.selection import load_all
from natscope.plugins.loader import PROBES, find
from natscope.plugins.probe import QUICK, Probe

ALWAYS = ("captive_portal",)
"""Measured beside any finding, as all quick probes are: a login page, a proxy or a VPN makes the others show
something that is not the network's."""

PORTS = ("asked_port", "old_port")
"""Fields of an observation's data that name the local port it was made with, where that matters."""


@dataclass(frozen=True, slots=True)
class Rechecked:
    """One finding, measured again. `gone` None: not known, and `open_because` says why in words where that is known.

    `probes` were chosen, all of them where that is empty. `was_there`: did the report before have it.
    """

    chain: Chain
    report: Report
    gone: bool | None
    probes: tuple[str, ...]
    was_there: bool
    interrupted: bool
    open_because: str = ""


def check_finding(cause_id: str, before: Report | None, request: CheckRequest) -> Rechecked:
    """Run the probes that the finding rested on in `before`; all of them where nothing tells which.

    Raises `UserError` and `CannotMeasure`.
    """
    loaded_map = request.loaded_map

    def measure(options: NetcheckOptions) -> tuple[Report, bool]:
        nonlocal loaded_map
        result = measure_network(replace(request, options=options, loaded_map=loaded_map))
        loaded_map = result.record.loaded_map  # fetched, or read from a pipe, once
        return result.report, result.record.interrupted

    return measured_again(cause_id, before, request.options, measure, timeout_given=request.timeout_given)


def measured_again(
    cause_id: str,
    before: Report | None,
    options: NetcheckOptions,
    measure: Callable[[NetcheckOptions], tuple[Report, bool]],
    *,
    timeout_given: bool = False,
) -> Rechecked:
    """The finding's probes first; everything, where they leave it open and that is not a matter of minutes.

    `measure` gives the report, and whether somebody ended it. Probes that the user chose are the ones that run.
    """
    rested_on: tuple[str, ...] = ()
    whole = options
    if before is not None:
        rested_on = probes_of(before, cause_id)
        whole = msgspec.structs.replace(options, source_port=port_of(before, cause_id) or options.source_port)
    chosen = whole if options.only else options_again(whole, rested_on, timeout_given=timeout_given)
    was_there = before is not None and any(finding.id == cause_id for finding in before.findings)
    found = _judged(cause_id, *measure(chosen), chosen, rested_on, was_there=was_there)
    if found.chain.standing is not Standing.UNKNOWN or found.interrupted or options.only or not chosen.only:
        return found
    if chosen.lifetime:
        return found
    chosen = with_limit(msgspec.structs.replace(chosen, only=()), timeout_given=timeout_given)
    return _judged(cause_id, *measure(chosen), chosen, rested_on, was_there=was_there)


def _judged(
    cause_id: str,
    report: Report,
    interrupted: bool,
    options: NetcheckOptions,
    rested_on: tuple[str, ...],
    *,
    was_there: bool,
) -> Rechecked:
    chain = why(report, cause_id)
    gone, because = (None, "") if interrupted else answer(chain, report, rested_on)
    return Rechecked(chain, report, gone, options.only, was_there, interrupted, because)


def probes_of(report: Report, cause_id: str) -> tuple[str, ...]:
    """The probes behind what speaks for and against a finding; empty where none is known. Raises `UserError`."""
    known = {module.name for module in find(PROBES).modules}
    seen = {observation.probe for observation in why(report, cause_id).observations.values()}
    return tuple(sorted(seen & known))


def port_of(report: Report, cause_id: str) -> int:
    """The local port that a finding is about, 0 where it is about none: another port would show nothing of it."""
    for observation in why(report, cause_id).observations.values():
        for field in PORTS:
            if isinstance(port := observation.data.get(field), int):
                return port
    return 0


def options_again(options: NetcheckOptions, rested_on: tuple[str, ...], *, timeout_given: bool) -> NetcheckOptions:
    """The options of a run of these probes, those that they build on, and those that tell what would falsify them.

    With the flags that they have, and the longer limit that slow ones need. No probes: the options as they were.
    """
    if not rested_on:
        return options
    probes = {item.probe.name: item.probe for item in load_all(find(PROBES).modules, lambda error: None)}
    for name in rested_on:
        if name in probes:
            options = asked_for(options, probes[name])
    chosen = msgspec.structs.replace(options, only=_with_company(rested_on, probes))
    return with_limit(chosen, timeout_given=timeout_given)


def _with_company(rested_on: tuple[str, ...], probes: Mapping[str, Probe]) -> tuple[str, ...]:
    quick = [name for name, probe in probes.items() if probe.profile == QUICK]
    wanted = (*rested_on, *ALWAYS, *quick)
    return tuple(sorted({name for one in wanted for name in needed(one, probes)}))


def answer(chain: Chain, report: Report, rested_on: tuple[str, ...]) -> tuple[bool | None, str]:
    """Whether a finding is gone, and why that is not known."""
    if chain.standing is Standing.CLAIMED:
        return False, ""
    if chain.standing is Standing.HIDDEN:
        return None, f"{' and '.join(chain.hidden_by)} explains what speaks for it"
    if chain.standing not in (Standing.NOT_SEEN, Standing.CONTRADICTED):
        return None, ""
    ended = {outcome.name: outcome for outcome in report.probes}
    for name in rested_on:
        if name in ended and ended[name].state != "ran":
            why_not = f": {ended[name].reason}" if ended[name].reason else ""
            return None, f"{name}, which showed it before, did not run to its end{why_not}"
    return True, ""
