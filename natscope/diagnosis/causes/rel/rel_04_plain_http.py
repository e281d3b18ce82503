"""A relay speaks plain HTTP where the map wants TLS, or TLS where plain HTTP belongs.

What it is
    Relay clients speak TLS on a relay's port. A relay that was started on another port without certificates, or that
    stands behind a proxy which expects TLS elsewhere, answers plain HTTP there, so no client gets in, while it looks
    healthy to whoever asks it with plain HTTP. The other way round, TLS on port 80, breaks only the check for login
    pages.

What we look for
    - a TLS handshake that fails at the relay's port, and a plain HTTP request there that is answered;
    - TLS bytes in answer to a plain request on port 80.

What would contradict it
    - a TLS server that answers plain requests with an explanation (status 400).

What to do
    - Give the relay its certificate (`derper -certmode manual` also makes one for a port of its own), or let it listen
      on 443 with certificates from a public authority.
    - In the map: correct the port (`DERPPort`).

How to verify
    `natscope netcheck --https` shows a round trip for it.

Sources
    Upstream cmd/derper (`-a`: without port 443 and certificates it serves plain HTTP), tailcfg/derpmap.go (DERPPort).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.rel import node_words
from natscope.diagnosis.facts import Facts
from natscope.model.finding import Fix, Severity
from natscope.model.report_web import NodeCheck
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-REL-04",
    title="A relay speaks plain HTTP where the map wants TLS.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin",),
    fires=("relays-one-by-one",),
    silent=("healthy", "wrong-certificate"),
    hidden_by=("NS-ENV-06",),
    fixes=(
        Fix(
            do="On the relay: give it its certificate (derper -certmode manual), or correct DERPPort in the map.",
            who="relay's admin",
            effort="E3",
            duration="10 min",
            verify="natscope netcheck --https",
        ),
    ),
)
CODE = "plain-http"


def evidence(facts: Facts) -> Support:
    """The answer itself decides."""
    nodes = node_words.checked(facts)
    if not nodes:
        return unknown("each relay by itself (--https)")
    plain = [node for node in nodes if node.error == CODE]
    if not plain:
        return _tls_on_port_80(facts, nodes)
    return Support(
        Tri.YES,
        (Ground(Strength.DECISIVE, "plain HTTP was answered", node_words.cited(plain)),),
        title=f"{node_words.named(facts, plain)}: plain HTTP on the port where the map wants TLS.",
    )


def _tls_on_port_80(facts: Facts, nodes: tuple[NodeCheck, ...]) -> Support:
    wrong = [node for node in nodes if node.port80 == "tls"]
    if not wrong:
        return NOTHING
    return Support(
        Tri.YES,
        (Ground(Strength.DECISIVE, "TLS came back on port 80", node_words.cited(wrong)),),
        title=f"{node_words.named(facts, wrong)}: TLS on port 80, where plain HTTP belongs.",
        severity=Severity.INFO,
    )


def against(facts: Facts) -> Support:
    """Nothing contradicts an answer."""
    return NOTHING
