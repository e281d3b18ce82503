"""Do names of the mesh reach its own name server (MagicDNS), and does nobody fight over resolv.conf."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, fail, ok, skip, warn
from natscope.doctor.checks._words import no_daemon, root_remedy
from natscope.doctor.facts import Contact, DoctorFacts
from natscope.host.shared_space import MAGIC_DNS
from natscope.model.doctor import Group, Remedy
from natscope.model.mesh_status import MeshState

_SHARE = (
    "systemctl is-active -q systemd-resolved && ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf "
    "&& systemctl restart systemd-resolved tailscaled"
)
"""Without systemd-resolved the link would lead nowhere, and no name would be found at all."""

CHECK = Check("magic-dns", Group.SURROUNDINGS, 50)


def judge(facts: DoctorFacts) -> Outcome:
    """100.100.100.100 should be asked when it is wanted, and only then."""
    direct = any(server.ip == MAGIC_DNS for server in facts.resolver.servers)
    asked = direct or any(server.ip == MAGIC_DNS for server in facts.resolver.behind)
    status = facts.daemon.status
    is_up = status is not None and status.state is MeshState.RUNNING
    if direct and not is_up and (status is not None or _is_surely_absent(facts)):
        return fail(
            f"names are asked of {MAGIC_DNS}, but tailscaled is not up to answer",
            f"{facts.resolver.source or 'The resolver'} still has the mesh's name server, so no name is found at all.",
            root_remedy(facts, "Bring tailscaled up.", "tailscale up"),
            Remedy(do="Or put the network's own name server back into resolv.conf.", who="you, as root"),
            causes=("NS-CTL-10",),
        )
    missing = no_daemon(facts)
    if missing is not None:
        return missing
    assert status is not None
    prefs = facts.daemon.prefs
    if not is_up:
        return skip("tailscaled is not up, so it sets no name server")
    if status.dns_enabled is False:
        return skip("this network has no names of its own (MagicDNS is off for all)")
    if prefs is None or prefs.accepts_dns is None or status.dns_enabled is None:
        return skip(f"names of the mesh: {facts.daemon.prefs_reason or 'this tailscaled does not tell'}")
    if not prefs.accepts_dns:
        return _not_wanted(asked)
    if asked:
        return ok(f"names of the mesh are asked of {MAGIC_DNS}")
    return _fight(facts)


def _is_surely_absent(facts: DoctorFacts) -> bool:
    """No socket, and no process where processes could be looked at: some forms of Tailscale have no such socket."""
    nobody = facts.daemon.contact in (Contact.ABSENT, Contact.CLOSED)
    return nobody and not facts.setup.agents and "agents" not in facts.setup.unread


def _not_wanted(asked: bool) -> Outcome:
    if asked:
        return warn(
            f"names are asked of {MAGIC_DNS} although this node does not take the mesh's names",
            "Somebody else put it into the resolver's configuration.",
            Remedy(do="Take it out, or accept the mesh's names.", command="sudo tailscale set --accept-dns=true"),
        )
    return ok("this node does not take the mesh's names (--accept-dns=false), and nothing asks for them")


def _fight(facts: DoctorFacts) -> Outcome:
    """A stub on this computer decides by itself whom it asks for what; a plain file hides nothing."""
    stub = any(server.ip.is_loopback for server in facts.resolver.servers)
    if stub or not facts.resolver.source:
        return skip("a name server on this computer decides whom it asks for names of the mesh; it does not tell")
    keeper = facts.setup.resolver.writer if facts.setup.resolver is not None else ""
    who = f"{keeper} writes it" if keeper and keeper != "tailscale" else "somebody else writes it"
    return warn(
        f"tailscaled wants names asked of {MAGIC_DNS}, but {facts.resolver.source} does not have it",
        f"Names of peers are not found: {who}, against tailscaled.",
        root_remedy(facts, "Where systemd-resolved runs, let it keep the file: tailscaled and others then share it.",
                    f"sh -c '{_SHARE}'"),
        Remedy(do="Or go without names of the mesh.", command="sudo tailscale set --accept-dns=false"),
    )  # fmt: skip
