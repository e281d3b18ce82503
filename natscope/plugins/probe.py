"""What a probe declares about itself: whom it contacts, what it costs, when it runs.

A probe module has `PROBE = Probe(...)` and `async def run(ctx: ProbeContext) -> None`
(`natscope.plugins.probe_context`). It records observations and never concludes, prints or raises to the user.
`natscope targets`, `--only`/`--skip` and the documentation are made from the declaration.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from natscope.model.endpoint import Family
from natscope.model.relay_map import LoadedMap
from natscope.plugins.stun_plan import ProbePlan

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext, ProbeOptions

QUICK, DEFAULT, FULL = PROFILES = ("quick", "default", "full")
"""Each profile runs the probes of the ones before it too."""


class Scope(msgspec.Struct, frozen=True):
    """What is known before anything is sent: enough to say whom a probe would contact."""

    loaded_map: LoadedMap
    options: ProbeOptions
    families: tuple[Family, ...]
    plan: ProbePlan


class Budget(msgspec.Struct, frozen=True):
    """An upper bound of what the probe spends, for people (`packets` and payload `bytes` sent, `seconds`).

    What look-ups of relays' names take comes on top: they are the run's, and shared.
    """

    packets: int
    bytes: int
    seconds: float


class Contact(msgspec.Struct, frozen=True):
    """A host that a probe would send to. `packets` and `bytes` are upper bounds of what is sent, `seconds` of how long.

    `always` is False for contacts that happen only when something else fails.
    """

    host: str
    port: int | None
    protocol: str
    packets: int
    bytes: int
    seconds: float
    why: str
    always: bool = True


def no_contacts(scope: Scope) -> tuple[Contact, ...]:
    """For probes that send nothing."""
    return ()


def always(scope: Scope) -> str:
    """For probes that run whenever their profile does."""
    return ""


class Probe(msgspec.Struct, frozen=True):
    """The declaration of a probe.

    `name` is the module's name and what `--only`/`--skip` take. `after` names probes that must have ended first.
    `when` gives an empty text, or the reason why the probe is skipped. `needs` are `Host.capabilities`. `emits` are
    observation kinds. `flag` is the option that makes a skipped probe run. `holds` False: the run does not wait for
    this probe when everything else is done. `slow`: it takes longer than a usual run and has a limit of its own.
    `last`: it starts when all others have ended, because it may disturb them; of two, `after` says which is first.
    `tidies_s`: so long at most it needs to take back what it made, when it is cut. `uses` names probes whose results it
    reads: they run with it when it runs alone; without any, those of `after`. `relays` False: it asks nothing of relays
    and wants no map when it runs alone.
    """

    name: str
    title: str
    profile: str = DEFAULT
    families: tuple[Family, ...] = (4, 6)
    after: tuple[str, ...] = ()
    when: Callable[[Scope], str] = always
    needs: frozenset[str] = frozenset()
    budget: Budget = Budget(0, 0, 0.0)
    contacts: Callable[[Scope], tuple[Contact, ...]] = no_contacts
    emits: tuple[str, ...] = ()
    flag: str = ""
    holds: bool = True
    slow: bool = False
    last: bool = False
    tidies_s: float = 0.0
    uses: tuple[str, ...] = ()
    relays: bool = True

    @property
    def outlasts(self) -> bool:
        """Whether it may go on when the usual limit is over."""
        return self.slow or self.last


RunFunction: TypeAlias = "Callable[[ProbeContext], Awaitable[None]]"
