"""Is a tailscaled installed, does it run, may it be asked by this user."""

from __future__ import annotations

from collections.abc import Callable
from shlex import quote

from natscope.doctor.check import Check, Outcome, fail, ok, skip, warn
from natscope.doctor.checks._words import as_root, root_remedy
from natscope.doctor.facts import Contact, DaemonFacts, DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("tailscaled", Group.TAILSCALED, 10)
_OTHER_SOCKET = Remedy(do="Name its socket.", command="natscope doctor --socket PATH")


def judge(facts: DoctorFacts) -> Outcome:
    """By how asking it went."""
    daemon = facts.daemon
    if daemon.contact is Contact.ANSWERED:
        version = daemon.status.version.partition("-")[0] if daemon.status is not None else ""
        return ok(f"tailscaled {version} answers at {daemon.socket}".replace("  ", " "))
    return _WORDS[daemon.contact](facts, daemon)


def _absent(facts: DoctorFacts, daemon: DaemonFacts) -> Outcome:
    """Nothing stands at the socket's place."""
    if daemon.named:
        return fail(f"no tailscaled at {daemon.socket}", daemon.reason, *_start(facts))
    agents = facts.setup.agents
    elsewhere = next((agent.socket for agent in agents if agent.socket_here), "")
    if elsewhere:
        return warn(f"tailscaled runs with a socket of its own, {elsewhere}", "",
                    Remedy(do="Ask it there.", command=f"natscope doctor --socket {quote(elsewhere)}"))  # fmt: skip
    if agents:
        return fail(
            f"tailscaled runs (process {agents[0].pid}), but its socket is not in the usual place",
            "It may run in a container, or its folder may not be looked into by you.",
            _OTHER_SOCKET,
        )
    if "tailscaled" in facts.setup.programs or facts.setup.enabled is not None:
        return fail("tailscaled is installed, but does not run", "", *_start(facts))
    if "programs" in facts.setup.unread:
        return skip(f"no tailscaled listens in the usual place; whether one is installed: {_unread(facts)}")
    return skip("no tailscaled on this computer; natscope preflight says how one would fare in this network")


def _closed(facts: DoctorFacts, daemon: DaemonFacts) -> Outcome:
    return fail(f"tailscaled does not run: nobody listens at {daemon.socket}", "", *_start(facts))


def _denied(facts: DoctorFacts, daemon: DaemonFacts) -> Outcome:
    who = f"you are {facts.setup.user}" if facts.setup.user else "you are somebody else"
    return fail(
        f"may not talk to tailscaled: {daemon.socket} does not admit you",
        f"The socket or its folder is closed to others, and {who}.",
        Remedy(do="Ask as root.", who="you, as root", command="sudo natscope doctor"),
        Remedy(do="Or open the folder and the socket to your group."),
    )


def _untrusted(facts: DoctorFacts, daemon: DaemonFacts) -> Outcome:
    return warn(
        f"the socket {daemon.socket} was not asked: {daemon.reason}",
        "A stranger's socket could tell anything.",
        Remedy(do="If you trust that user, name it.", command=f"natscope doctor --socket {quote(daemon.socket)}"),
    )


def _silent(facts: DoctorFacts, daemon: DaemonFacts) -> Outcome:
    return fail(f"tailscaled does not answer at {daemon.socket}", daemon.reason,
                root_remedy(facts, "Start it again.", "systemctl restart tailscaled"))  # fmt: skip


def _odd(facts: DoctorFacts, daemon: DaemonFacts) -> Outcome:
    return fail(f"what answers at {daemon.socket} is no tailscaled", daemon.reason, _OTHER_SOCKET)


def _unsupported(facts: DoctorFacts, daemon: DaemonFacts) -> Outcome:
    return skip(daemon.reason or "natscope cannot ask the tailscaled of this system")


def _start(facts: DoctorFacts) -> tuple[Remedy, ...]:
    """With systemd where it has the unit; at boot too where that is off."""
    if facts.setup.enabled is None:
        return (Remedy(do="Start it the way it was installed."), _OTHER_SOCKET)
    command = "systemctl start tailscaled" if facts.setup.enabled else "systemctl enable --now tailscaled"
    return (Remedy(do="Start it.", who="you, as root", command=as_root(facts, command)),)


def _unread(facts: DoctorFacts) -> str:
    return facts.setup.unread["programs"]


_WORDS: dict[Contact, Callable[[DoctorFacts, DaemonFacts], Outcome]] = {
    Contact.ABSENT: _absent,
    Contact.CLOSED: _closed,
    Contact.DENIED: _denied,
    Contact.UNTRUSTED: _untrusted,
    Contact.SILENT: _silent,
    Contact.ODD: _odd,
    Contact.UNSUPPORTED: _unsupported,
}
