"""What a bundle says of a mesh: nothing that leads to a person, an account or a place in the network."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import msgspec
import pytest

from natscope.apps.bundle import Ingredients, log_of, make_bundle
from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.report import Report
from tests.reports.scenes import load

HOME = "/" + "home/Ana Schmidt/status.json"
KEY = "nodekey:c602df2847a6836b59cbf63ee2117f4a3abe90743b9072b85badd95f2b92471a"
PEER = {
    "ID": "nPEERcntrl",
    "PublicKey": KEY,
    "HostName": "Bärbels PC",
    "DNSName": "payroll.tail9f3c1.ts.net.",
    "TailscaleIPs": ["100.64.0.2", "fd7a:115c:a1e0::2"],
    "AllowedIPs": ["100.64.0.2/32", "129.132.0.0/16", "2a02:810d::/32"],
    "Addrs": ["81.2.69.9:41641"],
    "Tags": ["tag:salaries"],
    "sshHostKeys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKq3Xb0vJ8mN5tR7wY2zA4cE6gH8jK0lM2nO4pQ6rS8t ana@mac"],
    "natscope": {
        "why": {"sentence": "payroll is behind a firewall.", "peer_command": "natscope path payroll"},
        "details": {
            "owner": "baerbel@github",
            "grants": {"acme.io/cap/payroll": [{"to": "payroll"}]},
            "rest": {
                "Node": {
                    "StableID": "nEARLIERcntrl",
                    "DiscoKey": f"discokey:{KEY[-64:]}",
                    "Hostinfo": {"Hostname": "Gehaltsrechner", "PushDeviceToken": "tok3n", "BackendLogID": KEY[-64:]},
                }
            },
        },
    },
}
STATUS: dict[str, Any] = {
    "AuthURL": "https://login.tailscale.com/a/1a2b3c4d",
    "CurrentTailnet": {"Name": "ana.schmidt@gmail.com", "MagicDNSSuffix": "tail9f3c1.ts.net"},
    "Health": ["ana.schmidt cannot log in"],
    "User": {
        "777": {
            "LoginName": "baerbel@github",
            "DisplayName": "Bärbel Schmidt",
            "ProfilePicURL": "https://avatars.githubusercontent.com/u/998877",
        }
    },
    "Peer": {KEY: PEER},
    "natscope": {"source": HOME},
}
LOG = (
    "2026-11-29T17:00:00+0000 tailscaled[9]: magicsock: adding connection to derp-1 for [c6vMW]\n"
    f"2026-11-29T17:00:01+0000 tailscaled[9]: ping payroll ({KEY}) d:0123456789abcdef 81.2.69.9:41641\n"
    "2026-11-29T17:00:02+0000 tailscaled[9]: login of baerbel@github in tail9f3c1.ts.net \x1b[31mred\n"
)
SECRETS = (
    *("1a2b3c4d", "998877", "schmidt", "bärbel", "baerbel", "payroll", "tail9f3c1", "salaries", "npeercntrl", "aaaac3"),
    *("nearlier", "gehaltsrechner", "tok3n"),
    *("129.132", "2a02:810d", "81.2.69", "c602df28", "acme", "c6vmw"),
    "d:0123456789abcdef",
)


def documents(report: Report, *, masked: bool) -> dict[str, Any]:
    found = Ingredients(report, {"status.json": STATUS}, {"tailscaled.txt": LOG}, masked=masked)
    made = make_bundle(found, lambda shown, _: repr(shown))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture
def report() -> Report:
    """With a certificate of a company's own."""
    found = load("wrong-certificate")
    seen = Observation(
        id="o9999",
        kind="relay.check",
        probe="relay_health",
        outcome=Outcome.ANSWERED,
        node="acme-derp-1",
        summary="issued by Acme Root 2024, for *.acme.io, asked for http://portal.acme.io/?mac=1&ssid=AcmeWifi",
        data={"issuer": "Acme Root 2024", "names": ["*.acme.io", "7.69.2.81.in-addr.arpa"]},
    )
    return msgspec.structs.replace(found, observations=(*found.observations, seen))


def test_nothing_of_people_and_places_is_left(report: Report) -> None:
    plain = json.dumps(documents(report, masked=False), ensure_ascii=False).lower()
    assert [secret for secret in SECRETS if secret not in plain] == [], "without masking the test sees them"
    masked = json.dumps(documents(report, masked=True), ensure_ascii=False).lower()
    assert [secret for secret in SECRETS if secret in masked] == []
    assert "69.2.81" not in masked


def test_what_refers_to_a_peer_still_does(report: Report) -> None:
    status = json.loads(documents(report, masked=True)["status.json"])
    ((key, peer),) = status["Peer"].items()
    assert key == peer["PublicKey"] != KEY
    assert peer["TailscaleIPs"][0] == "100.64.0.2"
    assert (
        peer["natscope"]["why"]["sentence"].removesuffix(" is behind a firewall.")
        in peer["natscope"]["why"]["peer_command"]
    )


def test_a_log_is_readable_still_and_obeys_nothing(report: Report) -> None:
    log = documents(report, masked=True)["tailscaled.txt"]
    assert log.startswith("2026-11-29T17:00:00+0000 tailscaled[9]: magicsock: adding connection to derp-1 for […]\n")
    assert log.count("\n") == 3
    assert "d:…" in log
    assert "\x1b" not in documents(report, masked=False)["tailscaled.txt"]


def test_the_log_of_a_run_says_how_each_probe_ended() -> None:
    skipped = ProbeOutcome(name="nat_burn", title="early packets", state="skipped", reason="it takes some seconds")
    ran = ProbeOutcome(name="relay_stun", title="relays", state="ran", elapsed_ms=812.4, packets_sent=24)
    text = log_of(msgspec.structs.replace(load("healthy"), probes=(ran, skipped)), ["the map is old"])
    assert "probe relay_stun: ran after 812 ms, 24 packets\n" in text
    assert "probe nat_burn: skipped after 0 ms, 0 packets: it takes some seconds\n" in text
    assert "not measured: whom your router lets in: takes a helper with a second address\n" in text
    assert text.endswith("warning: the map is old\n")
    assert log_of(load("healthy"), []).endswith("no warnings\n")
