"""Composition root of the doctor: the real host, natscope itself, the checks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from natscope.apps.config import Config
from natscope.apps.doctor_own import look_at_itself
from natscope.doctor.catalogue import chosen_checks, count, judge_all
from natscope.doctor.facts import DoctorFacts
from natscope.doctor.gather import DoctorInputs, gather
from natscope.host.real.host import build_real_host
from natscope.model.doctor import SCHEMA, CheckResult, DoctorReport
from natscope.netcheck.options import MapChoice
from natscope.version import VERSION
from natscope.web.client import HttpClient


def examine(
    config: Config,
    choice: MapChoice,
    *,
    only: Sequence[str] = (),
    online: bool = False,
    environ: Mapping[str, str],
    cwd: str,
) -> DoctorReport:
    """Look at everything and judge it. Without `online` nothing leaves this computer.

    `only` are names of checks or groups. Raises `UserError` for a name that nobody has, and for a socket that is none.
    """
    modules = chosen_checks(only, online)
    facts = asyncio.run(_facts(config, choice, online, environ, cwd))
    return report_of(facts, judge_all(facts, modules), online=online)


def report_of(facts: DoctorFacts, results: Sequence[CheckResult], *, online: bool) -> DoctorReport:
    """The document."""
    return DoctorReport(
        schema=SCHEMA,
        natscope=VERSION,
        started_at=facts.now.isoformat().replace("+00:00", "Z"),
        online=online,
        counts=count(results),
        checks=tuple(results),
    )


async def _facts(config: Config, choice: MapChoice, online: bool, environ: Mapping[str, str], cwd: str) -> DoctorFacts:
    host = replace(build_real_host(), environ=dict(environ))
    return await gather(
        DoctorInputs(
            host=host,
            http=HttpClient(host),
            own=look_at_itself(config, environ, cwd),
            choice=choice,
            socket=config.text("tailscaled_socket"),
            online=online,
        )
    )
