"""Behind loss what is said about names, proxies, clocks and relays stays right or becomes unknown."""

from __future__ import annotations

import pytest

from natscope.lab.build_sim import sim_reports
from natscope.lab.scenario_values import read_scenario
from natscope.lab.truth import Agreement, Comparison, compare
from natscope.plugins.scenario import scenario_file

SEEDS = range(1, 3)
LOSS = (0.02, 0.1)
CLAIMS = ("dns", "dns_invented", "dns_forged", "dns_ipv6_withheld", "dns_search_trap", "proxy", "relay_by_proxy")
MORE = ("clock", "tls_intercepted")
CAUSES = ("NS-CTL-06", "NS-CTL-09", "NS-CTL-10", "NS-ENV-04", "NS-ENV-05", "NS-REL-04", "NS-REL-14")
SCENARIOS = (
    "dns-hangs",
    "dns-invents",
    "dns-lies",
    "dns-no-ipv6",
    "dns-search-trap",
    "port-restricted",
    "relay-clock",
    "relay-one-family",
    "relay-plain-http",
    "tcp-443-by-proxy",
    "tls-opened",
)
CLAIMED = ("dns", "clock")
SOUND = '\ndns = "answers"\ndns_invented = "no"\ndns_forged = "no"\ndns_ipv6_withheld = "no"\nclock = "yes"\n'
SOUND += f"no_findings = {list(CAUSES)!r}\n".replace("'", '"')


def lossy(name: str, loss: float) -> str:
    """The scenario's text with loss on the way of its first site, or of its host."""
    text = scenario_file(name).read()
    if name == "port-restricted":
        kept = [line for line in text.splitlines() if not line.startswith(("no_findings", "findings", *CLAIMED))]
        text = "\n".join(kept) + SOUND
    table = next(t for t in ("[sites.", "[hosts.") if t in text)
    head, _, rest = text.partition(table)
    line, _, rest = rest.partition("\n")
    return f"{head}{table}{line}\nlink = {{ loss = {loss} }}\n{rest}"


def wrong(name: str, loss: float, seed: int) -> list[Comparison]:
    """Claims about the surroundings that a run got wrong; what it does not find is not wrong behind loss."""
    scenario = read_scenario(name, lossy(name, loss))
    found = compare(scenario, sim_reports(scenario, seed))
    mine = [c for c in found if c.what in CLAIMS + MORE or c.what.removeprefix("finding ") in CAUSES]
    missed = [c for c in mine if c.what.startswith("finding") and c.truth == "found"]
    return [c for c in mine if c.agreement is Agreement.WRONG and c not in missed]


@pytest.mark.parametrize("loss", LOSS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_no_wrong_word(name: str, loss: float) -> None:
    assert [(seed, c) for seed in SEEDS for c in wrong(name, loss, seed)] == []
