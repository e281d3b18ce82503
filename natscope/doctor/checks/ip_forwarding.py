"""Does this computer pass packets on, where the node offers routes or an exit."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, fail, ok, skip
from natscope.doctor.checks._router import offers
from natscope.doctor.checks._words import as_root
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("ip-forwarding", Group.TAILSCALED, 110)
_SETTING = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}


def judge(facts: DoctorFacts) -> Outcome:
    """By tailscaled's own check, else by the kernel's settings."""
    what = offers(facts)
    if isinstance(what, Outcome):
        return what
    if facts.daemon.status is not None and facts.daemon.status.has_tunnel is False:
        return ok("IP forwarding is not needed: without a tunnel device tailscaled passes packets on itself")
    told = facts.daemon.forwarding
    if told is not None and not told:
        return ok(f"IP forwarding is set as needed for {what.words}")
    known = facts.setup.forwarding
    wanted = sorted(what.families)
    off = [family for family in wanted if known.get(family) is False]
    if told is None and not off:
        if any(family not in known for family in wanted):
            reason = facts.setup.unread.get("forwarding") or facts.daemon.check_reasons.get("forwarding", "not told")
            return skip(f"IP forwarding: {reason}")
        return ok(f"IP forwarding is on, as needed for {what.words}")
    families = off or wanted
    settings = " ".join(f"{_SETTING[family]}=1" for family in families)
    kept = "; ".join(f"echo {_SETTING[family]}=1" for family in families)
    reason = told.partition("\n")[0] if told else f"The kernel does not forward {' and '.join(f'IPv{f}' for f in off)}."
    return fail(
        f"this node offers {what.words}, but IP forwarding is off", reason,
        Remedy(do="Turn it on now.", who="you, as root", command=as_root(facts, f"sysctl -w {settings}")),
        Remedy(do="And at every start.", who="you, as root",
               command=f"({kept}) | {as_root(facts, 'tee -a /etc/sysctl.d/99-tailscale.conf')}"),
    )  # fmt: skip
