"""This network wants you to log in first (captive portal).

What it is
    Hotels, trains and guest networks answer every web request with their own page until somebody has logged in
    or agreed. Until then hardly anything else gets out, so whatever is measured says something about the login
    page, not about the network behind it.

What we look for
    - where the network announces its login page by DHCP (RFC 8910), that address, for people;
    - a request for `/generate_204` at a relay of the map in use that comes back as something else than "204,
      nothing to see", or without the answer to the challenge that was sent along.

What would contradict it
    - one challenge answered rightly: then nobody sits in between;
    - answers over UDP while a single relay's page is altered: that relay may redirect its port 80 for everybody.

What to do
    - Open any page in a browser, log in or agree, and measure again.

How to verify
    `natscope netcheck` no longer names a login page, and relays answer.

Sources
    RFC 8910 (captive portal identification); upstream net/captivedetection and cmd/derper (`/generate_204` with
    `X-Tailscale-Challenge`). A relay whose port 80 redirects looks the same to every client: then its admin is
    the one to ask.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite, host_of
from natscope.diagnosis.missing import another_relay
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-06",
    title="This network wants you to log in first (captive portal).",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("captive-portal",),
    silent=("healthy", "udp-blocked"),
    hides=("whether UDP gets out", "how your router translates (NAT type)", "relays and their certificates"),
    fixes=(
        Fix(
            do="Open any page in a browser, log in or agree, then measure again.",
            who="you",
            effort="E1",
            duration="2 min",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """An altered challenge: of several relays, or of one in a network that lets no UDP through.

    One relay alone may redirect its port 80 for everybody. While UDP gets through, nothing else is falsified.
    """
    if facts.captive_portal.holds is Tri.UNKNOWN:
        return unknown(facts.captive_portal.missing)
    if facts.captive_portal.holds is Tri.NO:
        return NOTHING
    altered = facts.seen("captive.challenge", Outcome.WRONG)
    several = len({host_of(o) for o in altered}) > 1
    decisive = several or (bool(altered) and facts.udp.holds is Tri.NO)
    ground = Ground(
        Strength.DECISIVE if decisive else Strength.FACT,
        "a test page came back altered",
        cite(altered) or facts.captive_portal.evidence,
    )
    through = facts.udp.holds is Tri.YES
    return Support(
        Tri.YES,
        (ground,),
        title=CAUSE.title
        if decisive
        else "A relay's test page came back altered: a login page, or that relay redirects.",
        detail=_detail(facts, decisive=decisive),
        severity=Severity.WARN if through else None,
        hides=() if through else None,
        missing=another_relay(facts),
    )


def _detail(facts: Facts, *, decisive: bool) -> str:
    """What was seen, and where the network says its login page is (RFC 8910)."""
    web = facts.report.web
    told = ["A relay's answer to a test page was replaced on the way."] if decisive else []
    if web is not None and web.portal_urls:
        told.append(f"The network announces its login page: {web.portal_urls[0]}")
    return " ".join(told)


def against(facts: Facts) -> Support:
    """A challenge answered rightly."""
    right = facts.seen("captive.challenge", Outcome.ANSWERED)
    if facts.captive_portal.holds is Tri.NO:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "a challenge was answered rightly", cite(right)),))
    return NOTHING if facts.captive_portal else unknown(facts.captive_portal.missing)
