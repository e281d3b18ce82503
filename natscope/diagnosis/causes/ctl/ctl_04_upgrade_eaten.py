"""A web server in front eats the upgrade.

What it is
    A relay connection begins as HTTP and asks for another protocol in its headers (`Upgrade: DERP`); the connection to
    the control server does so too (`Upgrade: tailscale-control-protocol`). A web server or load balancer in front
    (nginx, Caddy, Apache, a CDN) leaves those headers out unless it is told to pass them on, speaks HTTP/2 or 1.0 to
    what is behind it, redirects, or keeps back what comes after the answer. The web pages of the relay work then, and
    no client ever gets in.

What we look for
    - the relay's own page answers at that address, and the request to become a relay connection does not get 101, but
      426 (upgrade required), 400, a redirect, 500 or the like;
    - the same request without the upgrade gets the same answer: so what asked for it got lost on the way;
    - another relay that answers 101 in the same run.

What would contradict it
    - 502, 503 or 504: then the web server does not reach the relay at all; 404: then another web server is there;
    - TLS that somebody opens on the way (NS-ENV-05): then it may be that one.

What to do
    - nginx: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
      proxy_buffering off; proxy_read_timeout 180s;` in the location of the relay.
    - Caddy: `reverse_proxy 127.0.0.1:8080 { flush_interval -1 }`, which passes the upgrade on by itself; take out
      header rules for `Upgrade` and `Connection`.
    - Or go past it: let the relay have a port or an address of its own, and name that in the map.

How to verify
    `natscope derp check` reaches the step "101"; `natscope netcheck --https` finds nothing.

Sources
    RFC 9110 section 7.8 (Upgrade), section 15.5.22 (426); RFC 9113 section 8.6 (HTTP/2 has no Upgrade); upstream
    derp/derphttp, control/controlhttp.
"""

from __future__ import annotations

from collections.abc import Sequence

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.rel import node_words
from natscope.diagnosis.facts import Facts
from natscope.model.finding import Fix, Severity
from natscope.model.report_web import NodeCheck
from natscope.model.tri import Tri

PASS_ON = Fix(
    do="In the web server in front: pass Upgrade and Connection on for /derp (lines: natscope explain NS-CTL-04).",
    who="relay's admin",
    effort="E3",
    duration="10 min",
    undo="put the old lines back",
    verify="natscope derp check",
)
BYPASS = Fix(
    do="Or go past it: let the relay have a port or an address of its own, and name that in the map (DERPPort).",
    who="relay's admin",
    effort="E3",
    duration="30 min",
    undo="put the old entry back",
    verify="natscope derp check",
)
CAUSE = Cause(
    id="NS-CTL-04",
    title="A web server in front of a relay eats the upgrade: its pages work, and no client gets in.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin",),
    fires=("upgrade-eaten",),
    silent=("healthy", "relays-one-by-one", "wrong-certificate", "https-closed"),
    hidden_by=("NS-ENV-05", "NS-ENV-06"),
    fixes=(PASS_ON, BYPASS),
)
SWITCHING = 101
NOT_REACHED = (404, 502, 503, 504)
"""Another server answers there, or it does not reach the relay: nothing is eaten."""


def evidence(facts: Facts) -> Support:
    """A page that answers beside an upgrade that is refused, with the same request without it as the control."""
    asked = [node for node in node_words.checked(facts) if node.upgrade is not None]
    if not asked:
        return unknown("each relay by itself (--https)")
    eaten = [node for node in asked if is_eaten(node.upgrade, page_answers=_page_answers(node))]
    if not eaten:
        return NOTHING
    cited = node_words.cited(eaten)
    same = [node for node in eaten if node.upgrade_left_out == node.upgrade]
    switched = [node for node in asked if node.upgrade == SWITCHING and node.node not in {bad.node for bad in eaten}]
    it = "it" if len({node.node for node in eaten}) == 1 else "them"
    return Support(
        Tri.YES,
        tuple(grounds(status=eaten[0].upgrade or 0, same=bool(same), elsewhere=bool(switched), cited=cited)),
        title=f"{node_words.named(facts, eaten)}: a web server in front of {it} does not pass on the switch to the "
        "relay protocol (HTTP Upgrade), so no client gets in.",
        detail=_told(eaten, bool(same)),
    )


def is_eaten(status: int | None, *, page_answers: bool) -> bool:
    """Whether an answer other than 101 is that of a front before a relay that is there."""
    if status is None or status == SWITCHING or status in NOT_REACHED:
        return False
    return page_answers or status == 426


def grounds(*, status: int, same: bool, elsewhere: bool, cited: tuple[str, ...]) -> list[Ground]:
    """What speaks for it; `same`: the request without the upgrade got that answer too."""
    found = [Ground(Strength.FACT, f"the request for the upgrade was answered by HTTP {status}", cited)]
    if same:
        found.append(Ground(Strength.FACT, "the same request without the upgrade got the same answer", cited))
    if elsewhere:
        found.append(Ground(Strength.FACT, "another relay upgrades in the same run", cited))
    if same and elsewhere:
        found.append(Ground(Strength.DECISIVE, "so our request is right, and was cut short at this relay", cited))
    return found


def _page_answers(node: NodeCheck) -> bool:
    return node.status is not None and node.status <= 299


def _told(eaten: Sequence[NodeCheck], same: bool) -> str:
    statuses = " and ".join(str(status) for status in sorted({node.upgrade or 0 for node in eaten}))
    page = "The page answers; " if all(_page_answers(node) for node in eaten) else ""
    left_out = ", and without Upgrade the same" if same else ""
    return f"{page}GET /derp with `Upgrade: DERP` gets HTTP {statuses} where 101 is due{left_out}."


def against(facts: Facts) -> Support:
    """What opens TLS on the way may eat it too, and hides this."""
    return NOTHING
