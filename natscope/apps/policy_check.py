"""Composition root of `natscope check --policy`: measures as often as a policy wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from natscope.apps.mesh_status import SightOptions
from natscope.apps.netcheck import NetcheckRun, run_netcheck
from natscope.diagnosis import catalogue
from natscope.diagnosis.why import Standing, why
from natscope.errors import CannotMeasure, NatscopeError, RefusedError, UserError
from natscope.host.real.host import build_real_host
from natscope.mesh.pinging import PingPlan
from natscope.model.mesh_ping import PingOutcome
from natscope.model.policy_check import SCHEMA, PolicyCheck, Result
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.options import MapChoice, NetcheckOptions
from natscope.netcheck.progress import Progress
from natscope.policy.expectation import Expectation
from natscope.policy.judge import Run, judge, worst
from natscope.policy.lookup import PeerFacts, peers_wanted
from natscope.policy.policy_file import Policy
from natscope.version import VERSION

if TYPE_CHECKING:
    from natscope.apps.mesh_ping import PingStart
    from natscope.mesh.levels import LevelResult
    from natscope.model.mesh_ping import PingShot
    from natscope.model.report import Report

PING_INTERVAL_S = 0.5
_PATHS = {PingOutcome.DIRECT: "direct", PingOutcome.RELAYED: "relayed", PingOutcome.NO_ANSWER: "no-answer"}


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """How to measure. `progress` is told what a netcheck does. `loaded_map` is taken in place of `choice`.

    `timeout_given`: the user set the time limit, which then holds for slow probes too.
    """

    options: NetcheckOptions
    choice: MapChoice
    state_dir: str
    environ: Mapping[str, str]
    socket: str = ""
    stdin: BinaryIO | None = None
    timeout_given: bool = False
    loaded_map: LoadedMap | None = None
    progress: Callable[[Progress], None] | None = None


class _Silent:
    """Pings are shown to nobody."""

    def begin(self, start: PingStart) -> None:
        """Nothing."""

    def shot(self, shot: PingShot) -> None:
        """Nothing."""

    def level(self, result: LevelResult) -> None:
        """Nothing."""


def check_policy(policy: Policy, request: CheckRequest) -> PolicyCheck:
    """Measure until everything passes, or the policy's runs are used up. Raises `UserError` and `CannotMeasure` (map).

    Ctrl-C ends it: what was not measured by then is inconclusive.
    """
    check_ids(policy)
    clock = build_real_host().clock
    started, at = clock.now(), clock.utc()
    runs: list[Run] = []
    interrupted = False
    while not interrupted:
        run, interrupted, loaded_map = measure(policy, request)
        request = replace(request, loaded_map=loaded_map)  # fetched once for all runs
        runs.append(run)
        results = judge(policy, runs)
        enough = len(runs) >= policy.runs
        if enough and (worst(results) is Result.PASSED or len(runs) >= policy.runs + policy.retries):
            break
    last = next((run.report for run in reversed(runs) if run.report is not None), None)
    return PolicyCheck(
        schema=SCHEMA,
        natscope=VERSION,
        policy=policy.name,
        started_at=at.isoformat(timespec="milliseconds"),
        duration_ms=round((clock.now() - started) * 1000, 3),
        runs=len(runs),
        interrupted=interrupted,
        result=worst(results),
        sentence=_sentence(policy, [each.result for each in results], interrupted=interrupted),
        verdict=last.verdict.sentence if last is not None else "",
        expectations=results,
    )


def measure_network(request: CheckRequest) -> NetcheckRun:
    """One netcheck."""
    return run_netcheck(
        request.options,
        request.choice,
        loaded_map=request.loaded_map,
        state_dir=request.state_dir,
        progress=request.progress,
        environ=request.environ,
        stdin=request.stdin,
    )


def measure(policy: Policy, request: CheckRequest) -> tuple[Run, bool, LoadedMap | None]:
    """One run, whether somebody ended it, and its relay map. A netcheck only where more than peers are asked for."""
    paths = [expectation.path for expectation in policy.expectations]
    report: Report | None = None
    loaded_map = request.loaded_map
    if any(path[0] != "peers" for path in paths):
        result = measure_network(request)
        report, loaded_map = result.report, result.record.loaded_map
        if result.record.interrupted:
            return Run(report, {}), True, loaded_map
    peers: dict[str, PeerFacts] = {}
    for name in peers_wanted(paths):
        peers[name], interrupted = ping_peer(name, policy.pings, request)
        if interrupted:
            return Run(report, peers), True, loaded_map
    return Run(report, peers, open_findings(policy, report)), False, loaded_map


def check_ids(policy: Policy) -> None:
    """Raises `UserError` for an id that no finding has: it would be absent for ever."""
    for expectation in policy.expectations:
        for cause_id in _ids_of(expectation):
            try:
                catalogue.find(cause_id)
            except UserError as error:
                place = f"{policy.name}:{expectation.line}" if expectation.line else policy.name
                raise UserError(f"{place}: {expectation.name}: {error.message}", hint=error.hint) from error


def open_findings(policy: Policy, report: Report | None) -> dict[str, str]:
    """Of the findings that shall be absent: those that the report cannot tell, with what would."""
    found: dict[str, str] = {}
    if report is None:
        return found
    absent = [each for each in policy.expectations if each.path == ("findings", "absent")]
    for cause_id in {name for each in absent for name in each.words}:
        chain = why(report, cause_id)
        if chain.standing is Standing.TWO_SIDES:
            found[cause_id] = "it takes the other side's report too"
        elif chain.standing is Standing.UNKNOWN:
            missing = [*chain.support.missing, *chain.against.missing]
            found[cause_id] = missing[0] if missing else "it was not measured"
        elif chain.standing is Standing.HIDDEN:
            found[cause_id] = f"{' and '.join(chain.hidden_by)} explains what speaks for it"
    return found


def _ids_of(expectation: Expectation) -> tuple[str, ...]:
    return expectation.words if expectation.path in (("findings", "absent"), ("findings", "allowed")) else ()


def ping_peer(name: str, pings: int, request: CheckRequest) -> tuple[PeerFacts, bool]:
    """Up to `pings` pings until direct. A peer or a daemon that is not there is not known, with its reason."""
    from natscope.apps.mesh_ping import run_ping

    options = SightOptions(environ=request.environ, state_dir=request.state_dir, socket=request.socket)
    plan = PingPlan(count=pings, interval_s=PING_INTERVAL_S)
    try:
        run = run_ping(options, name, plan, _Silent(), levels=False)
    except (CannotMeasure, RefusedError, UserError) as error:
        return PeerFacts(reason=error.message), False
    summary = run.summary
    answered = [shot.answer for shot in run.shots if not shot.answer.error]
    relay = answered[-1].relay_code if answered else None
    reason = _reason(run.error)
    if run.start.target.is_this:
        return PeerFacts(reason="it is this computer"), run.interrupted
    path = None if run.error is not None else _PATHS.get(summary.outcome)
    if path == "relayed" and answered and answered[-1].peer_relay:
        path = "peer-relay"
    return PeerFacts(path, summary.median_ms, summary.loss, relay or None, reason), run.interrupted


def _reason(error: NatscopeError | None) -> str:
    return error.message if error is not None else ""


def _sentence(policy: Policy, results: list[Result], *, interrupted: bool) -> str:
    failed, open_ = (sum(r is wanted for r in results) for wanted in (Result.FAILED, Result.INCONCLUSIVE))
    count = len(results)
    stopped = "; stopped before the end" if interrupted else ""
    if failed:
        rest = f", {open_} could not be judged" if open_ else ""
        return f"{failed} of {count} expectations of {policy.name} failed{rest}{stopped}."
    if open_:
        return f"{open_} of {count} expectations of {policy.name} could not be judged{stopped}."
    return f"All {count} expectations of {policy.name} hold{stopped}."
