"""What `natscope doctor` found: one line for each check, with its fix. `DoctorReport` is what `--json` prints."""

from __future__ import annotations

import enum

import msgspec

SCHEMA = "natscope.doctor/1"


class CheckState(enum.StrEnum):
    """How a check went. `skip`: it could not be made, or there is nothing to check; never a good sign by itself."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


class Group(enum.StrEnum):
    """Whom a check is about, in the order in which they are shown."""

    NATSCOPE = "natscope"
    TAILSCALED = "tailscaled"
    SURROUNDINGS = "surroundings"


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do, as an order. `who`: you, administrator, network's admin, … `command`: one line of a shell, empty
    where no command does it.
    """

    do: str
    who: str = "you"
    command: str = ""


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check. `name` is stable. `says` is one clause for people, of a skipped check the reason; `detail` what it
    means, in a sentence. `causes` are ids of the catalogue that say more.
    """

    name: str
    group: Group
    state: CheckState
    says: str
    detail: str = ""
    remedies: tuple[Remedy, ...] = ()
    causes: tuple[str, ...] = ()


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many checks ended how."""

    ok: int = 0
    warn: int = 0
    fail: int = 0
    skip: int = 0


class DoctorReport(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `started_at` is ISO 8601 in UTC; `online` says whether the network was used (`--online`)."""

    schema: str
    natscope: str
    started_at: str
    online: bool
    counts: Counts
    checks: tuple[CheckResult, ...]

    def check(self, name: str) -> CheckResult | None:
        """The check of that name."""
        return next((check for check in self.checks if check.name == name), None)
