"""Proxies that the environment, the system or the network names."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, warn
from natscope.doctor.checks._words import listed
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("proxies", Group.SURROUNDINGS, 30)


def judge(facts: DoctorFacts) -> Outcome:
    """A proxy carries relays' HTTPS, never direct connections; whether it lets them through, a netcheck says."""
    odd = [proxy for proxy in facts.proxies if not proxy.usable]
    if odd:
        return warn(
            f"{odd[0].variable} names a proxy that natscope cannot use: {odd[0].url}",
            "natscope asks relays past it; what tailscaled makes of it was not tried.",
            Remedy(do="Name an http:// or https:// proxy, or unset the variable.", command=f"unset {odd[0].variable}"),
            causes=("NS-ENV-04",),
        )
    named = [f"{proxy.variable} ({proxy.url})" for proxy in facts.proxies]
    named += [f"{proxy.where}: {proxy.url or proxy.kind}" for proxy in facts.settings.proxies]
    if not named:
        return ok("no proxy is set")
    detail = "Relays are asked through it; direct connections cannot use it."
    remedies = [Remedy(do="See whether relays answer through it.", command="natscope netcheck --only proxy")]
    if facts.proxies:
        detail += " A tailscaled that systemd started does not see your shell's variables."
        remedies.append(
            Remedy(do="Where tailscaled needs it too, set it for the service.", who="you, as root",
                   command="sudo systemctl edit tailscaled  # [Service] Environment=HTTPS_PROXY=…")
        )  # fmt: skip
    return warn(f"a proxy is set: {listed(named)}", detail, *remedies, causes=("NS-ENV-04",))
