"""Composition root of `natscope check ID`: measures again what one finding rests on, and says whether it is gone.

"Gone" takes facts that speak against the finding, measured by every probe that showed it. What another cause hides,
what was not measured and what a changed network no longer lets anybody measure is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    rested_on: tuple[str, ...] = ()
    options = request.options
    if before is not None:
        rested_on = probes_of(before, cause_id)
        options = msgspec.structs.replace(options, source_port=port_of(before, cause_id) or options.source_port)
    if not options.only:
        options = options_again(options, rested_on, timeout_given=request.timeout_given)
    result = measure_network(replace(request, options=options))
    was_there = before is not None and any(finding.id == cause_id for finding in before.findings)
    chain = why(result.report, cause_id)
    gone, because = answer(chain, result.report, rested_on)
    if result.record.interrupted:
        gone, because = None, ""
    return Rechecked(chain, result.report, gone, options.only, was_there, result.record.interrupted, because)


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
