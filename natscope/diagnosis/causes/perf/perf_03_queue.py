"""Packets wait long in a queue as soon as the line has something to do (bufferbloat).

What it is
    A modem, router or Wi-Fi card keeps packets that it cannot send at once. Where it keeps very many, each packet waits
    behind all of them: the line stays full and everything else gets slow, calls and remote desktops first. Direct
    connections and relays suffer alike, so it looks like a bad VPN. Wi-Fi with a weak signal does the same.

What we look for
    - trains of packets to a helper that come back a third of a second later than single packets do; each such train is
      a fact of its own.

What would contradict it
    - a fast train whose packets come back as soon as those of a slow one.

What to do
    - Try once with a cable, or near the access point: then it is the Wi-Fi, or not.
    - Switch on smart queue management in the router (SQM, fq_codel, CAKE), with a little less than the line's rate.
    - End uploads that run meanwhile (backups, cameras).

How to verify
    `natscope netcheck --udp-rate` no longer finds trains that come back late.

Sources
    RFC 8290 (FQ-CoDel), RFC 7567 (active queue management).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-PERF-03",
    title="Packets wait long in a queue as soon as this line has something to do (bufferbloat, or weak Wi-Fi).",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("queue-fills",),
    silent=("healthy", "udp-policed", "udp-not-policed"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Measure once by cable, or near the access point, and with no upload running.",
            who="you",
            effort="E1",
            duration="5 min",
            verify="natscope netcheck --udp-rate",
        ),
        Fix(
            do="Switch on smart queue management in the router (SQM, fq_codel, CAKE), just below the line's rate.",
            who="administrator",
            effort="E3",
            duration="15 min",
            undo="switch it off",
            verify="natscope netcheck --udp-rate",
        ),
    ),
)
WAIT_MS = 100.0
"""A train ends when a packet comes back 300 ms late; the middle of its last part is then beyond this."""
MISSING = "trains of packets to a helper (--udp-rate)"


def evidence(facts: Facts) -> Support:
    """Trains whose packets waited."""
    counted = tuple(o for o in facts.seen("udp.train", Outcome.ANSWERED) if o.data.get("parts"))
    quiet = min((trip for o in counted for trip in _trips(o)), default=None)
    if quiet is None:
        return unknown(MISSING)
    waits = [(o, max(_trips(o), default=quiet) - quiet) for o in counted if o.data.get("late")]
    waits = [(o, wait) for o, wait in waits if wait >= WAIT_MS]
    if not waits:
        return NOTHING
    grounds = tuple(Ground(Strength.FACT, f"packets of one train waited {wait:.0f} ms", (o.id,)) for o, wait in waits)
    longest, train = max((wait, o.data.get("rate")) for o, wait in waits)
    detail = f"With {train} packets of 1000 bytes a second they came back {longest:.0f} ms later than single ones."
    return Support(Tri.YES, grounds, detail=detail)


def against(facts: Facts) -> Support:
    """Nothing beyond what `evidence` looks at."""
    return NOTHING


def _trips(observation: Observation) -> list[float]:
    """Median round trips of its parts, ms."""
    parts = observation.data.get("parts")
    trips = [part[4] for part in parts if len(part) == 5] if isinstance(parts, list) else []
    return [float(trip) for trip in trips if isinstance(trip, int | float)]
