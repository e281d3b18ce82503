"""Only an HTTP proxy leads out of this network.

What it is
    Offices and schools often let nothing out but web requests through their proxy. UDP is then dead, and TCP too,
    except what the proxy carries by CONNECT. A mesh VPN can still relay its traffic through that; direct connections
    are out of the question.

What we look for
    - a proxy in the environment (HTTPS_PROXY and its kin) that applies to relays;
    - no relay that answers over TCP without it;
    - CONNECT to a relay through it, TLS, and an answer of the relay; or the proxy's own refusal (407 wants a password,
      403 forbids).

What would contradict it
    - one relay that answers directly over TCP: then the proxy is not needed.

What to do
    - Start the VPN's agent with the same proxy variables: it then relays through the proxy.
    - Where the proxy wants a password, put it into the variable (`http://user:password@proxy:3128`).
    - Ask for UDP port 41641 and 3478 out, or for TCP 443 to the relays without proxy.

How to verify
    `natscope netcheck` shows relays behind the proxy, or directly.

Sources
    RFC 9110 section 9.3.6 (CONNECT) and 11.7 (407); upstream net/tshttpproxy. PAC scripts and SOCKS proxies are named
    in the report and not followed.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.report_web import WebReport
from natscope.model.tri import Tri

USE_IT = Fix(
    do="Start the VPN's agent with the proxy variables that this shell has; it then relays through the proxy.",
    who="you",
    effort="E2",
    duration="5 min",
    undo="start it without them",
    verify="natscope netcheck",
)
ASK = Fix(
    do="Ask for UDP ports 3478 and 41641 out, or for TCP 443 to the relays without the proxy.",
    who="administrator",
    effort="E4",
    duration="days",
    verify="natscope netcheck",
)
PASSWORD = Fix(
    do="Put name and password into the variable: HTTPS_PROXY=http://NAME:PASSWORD@PROXY:PORT.",
    who="you",
    effort="E1",
    duration="2 min",
    undo="take them out again",
    verify="natscope netcheck",
)
CAUSE = Cause(
    id="NS-ENV-04",
    title="Only the HTTP proxy leads out of this network.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("proxy-only", "proxy-password"),
    silent=("healthy", "udp-blocked"),
    hidden_by=("NS-ENV-06",),
    fixes=(USE_IT, ASK),
)
LOGIN_STATUS = 407


def evidence(facts: Facts) -> Support:
    """A relay behind the proxy, and none without it: the one is the control of the other."""
    web = facts.report.web
    if web is None:
        return unknown("the proxies of the environment")
    if web.proxy is Tri.UNKNOWN or web.direct is Tri.YES:
        return NOTHING
    behind = web.relay_by_proxy is Tri.YES
    if not behind and not web.proxy_status:
        return unknown("an answer of the proxy")
    asked = ordered(web.evidence.get("direct", ()))
    if not asked:
        return unknown("relays over TCP, without the proxy")
    silent = Ground(Strength.ABSENCE, "no relay answers over TCP without the proxy", asked)
    said = ordered(web.evidence.get("proxy", ()))
    if behind:
        strength = Strength.DECISIVE if web.direct is Tri.NO else Strength.FACT
        words = "A relay answers through it, so the VPN can relay its traffic; direct connections cannot be."
        return Support(Tri.YES, (Ground(strength, "a relay answers through the proxy", said), silent), detail=words)
    return Support(
        Tri.YES,
        (Ground(Strength.FACT, "the proxy refuses", said), silent),
        title=_refusal(web),
        fixes=(PASSWORD, ASK) if web.proxy_status == LOGIN_STATUS else (ASK,),
    )


def against(facts: Facts) -> Support:
    """An answer over UDP, or over TCP without the proxy."""
    web = facts.report.web
    if facts.udp:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "UDP gets out", facts.udp.evidence),))
    if web is not None and web.direct is Tri.YES:
        cited = ordered(web.evidence.get("direct", ()))
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "a relay answers without the proxy", cited),))
    return NOTHING


def _refusal(web: WebReport) -> str:
    if web.proxy_status == LOGIN_STATUS:
        return "The HTTP proxy wants a password, and nothing gets out without it."
    return f"The HTTP proxy refuses relays (HTTP {web.proxy_status}), and nothing gets out without it."
