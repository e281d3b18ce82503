"""A relay's certificate is wrong.

What it is
    The relay answers, but proves to be somebody else than the map says: the certificate has run out, is not
    valid yet, is for another name, comes from an issuer that this computer does not trust, is shown without that
    of its issuer (an incomplete chain), or differs from the one that the map pins. Clients then refuse the relay.
    Its STUN half does not use certificates and goes on working, so the relay looks alive.

What we look for
    - a TLS connection to the relay, by the host name and the `CertName` of the map, that ends in a certificate
      error.

What would contradict it
    - a request over HTTPS to the same relay that is answered in the same run;
    - a login page in between (captive portal): then it is not the relay's certificate at all.

What to do
    - Renew the certificate, or make it cover the name in the map.
    - If the chain is incomplete, let the relay show its intermediate certificates too (certbot's `fullchain.pem`).
    - For a relay without a public name, pin its certificate in the map: `CertName: sha256-raw:HEX`; when a pinned
      certificate was renewed, the pin must follow.
    - If the dates are wrong, look at the clocks first.
    - If the name in the map is wrong, correct it there.

How to verify
    `natscope netcheck --https` shows a round trip for that relay.

Sources
    RFC 9525 (which name a certificate must have), RFC 5280 section 6 (chains and dates); upstream
    tailcfg/derpmap.go, CertName.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.rel import relay_words
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.report import RelayReport
from natscope.model.tri import Tri


def _fix(do: str, duration: str, undo: str = "") -> Fix:
    return Fix(
        do=do, who="relay's admin", effort="E2", duration=duration, undo=undo, verify="natscope netcheck --https"
    )


RENEW = _fix("On the relay: renew the certificate, or make it cover the name that the map uses.", "10 min")
RENAME = _fix("Correct the relay's host name or CertName in the map.", "5 min", "put the old line back")
TRUST = _fix("On the relay: use a certificate of an authority that clients trust.", "10 min")
PIN = _fix("Pin the relay's certificate in the map (CertName: sha256-raw:HEX).", "5 min", "take the pin out")
REPIN = _fix(
    "In the map: replace the pin by that of the relay's present certificate, once its admin confirms it.", "5 min"
)
CHAIN = _fix("On the relay: serve the whole chain (`fullchain.pem`), not its own certificate alone.", "5 min")
CLOCK = _fix("Set the clocks of the relay and of this computer right.", "5 min")

FIXES = {
    "certificate-expired": (RENEW,),
    "certificate-not-yet-valid": (CLOCK, RENEW),
    "certificate-wrong-name": (RENAME, RENEW),
    "certificate-self-signed": (PIN, TRUST),
    "certificate-unknown-issuer": (PIN, TRUST),
    "certificate-chain-incomplete": (CHAIN,),
    "certificate-pin-mismatch": (REPIN,),
}
"""What to do by what the probe says is wrong; for anything else, or a mixture, the cause's own."""

CAUSE = Cause(
    id="NS-REL-01",
    title="The certificate of a relay is wrong: clients refuse it.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin",),
    fires=("wrong-certificate",),
    silent=("healthy", "dead-relay"),
    hidden_by=("NS-ENV-06", "NS-CTL-06", "NS-ENV-05"),
    fixes=(RENEW, RENAME),
)


def evidence(facts: Facts) -> Support:
    """Relays with a certificate error: a refusal in the words of the TLS library."""
    wrong = _wrong(facts)
    if not wrong:
        asked = any(facts.tcp_answered(relay).holds is not Tri.UNKNOWN for relay in facts.relays)
        return NOTHING if asked else unknown("HTTPS to the relays (--https)")
    cited = ordered(tuple(name for relay in wrong for name in (relay.error.evidence if relay.error else ())))
    none_left = all(relay in wrong for relay in facts.relays)
    return Support(
        Tri.YES,
        (Ground(Strength.DECISIVE if cited else Strength.FACT, "TLS ended in a certificate error", cited),),
        title=relay_words.title(wrong, "the certificate is wrong, so clients refuse it."),
        detail=relay_words.errors(wrong),
        severity=Severity.FAIL if none_left else Severity.WARN,
        fixes=_fixes(facts, cited),
    )


def against(facts: Facts) -> Support:
    """An answer over HTTPS from each of them."""
    wrong = _wrong(facts)
    answered = [relay for relay in wrong if relay.latency_ms.https is not None]
    if not wrong or len(answered) < len(wrong):
        return NOTHING
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "HTTPS was answered", ordered(answered[0].evidence)[:2]),))


def _fixes(facts: Facts, cited: tuple[str, ...]) -> tuple[Fix, ...] | None:
    """The fixes of the one thing that is wrong, if it is one."""
    codes = {o.error for o in facts.seen("https.latency", Outcome.WRONG) if o.id in cited}
    return FIXES.get(codes.pop()) if len(codes) == 1 else None


def _wrong(facts: Facts) -> tuple[RelayReport, ...]:
    return tuple(r for r in facts.relays if r.error is not None and r.error.code == "certificate")
