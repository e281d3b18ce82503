"""`natscope derp check` as a process on real sockets: every planted fault at once, and healthy relays of both makes.

All on loopback. The proxy that breaks the upgrade is a real nginx.
"""

from __future__ import annotations

import contextlib
import hashlib
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.interop.derp_check import check
from tests.interop.derp_peers import Derper, Ours, Place, Ports, region, running, wait_until_open
from tests.interop.peers import require
from tests.interop.test_derp_proxies import NGINX
from tests.relay_check.here import Here
from tests.relay_check.world import DroppingRelay, Planted

pytestmark = pytest.mark.interop

LIMIT_S = 60.0
FAULTS = [
    (1, "NS-REL-01", "1a: the certificate is for elsewhere.test, not for localhost; clients refuse it."),
    (2, "NS-REL-01", "2a: the certificate expired on 2002-01-01; clients refuse it."),
    (3, "NS-REL-02", "3a: the STUN port, UDP {stun}, does not answer."),
    (4, "NS-REL-12", "4a and 4b: these nodes of region r4 do not forward for each other: their mesh is broken."),
    (5, "NS-REL-21", "5a: lets clients in and drops their packets."),
    (6, "NS-CTL-06", "6a: the clock is 62 min behind."),
    (7, "NS-CTL-04", "7a: something in front (nginx/{nginx}) breaks the upgrade to DERP."),
    (8, "NS-REL-05", "8a: 2 servers stand behind one name, so clients that land on different ones do not meet."),
    (9, "NS-REL-19", "9a: port 80 redirects."),
]
"""Region, finding, its title: a relay of region 10 beside them is healthy."""


def told(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Each finding: id and title."""
    return {(finding["id"], finding["title"]) for finding in document["findings"]}


@contextlib.contextmanager
def nginx_without_upgrade(here: Here, folder: Path) -> Iterator[None]:
    """A relay of ours behind an nginx that passes requests on as it does by default: without Upgrade."""
    program = require("nginx")
    node = here.put(7)
    tls = here.certificate("nginx", "right")
    plain = f"127.0.0.99:{here.http}"
    stun = f"{node['IPv4']}:{here.stun}"
    flags = ("--listen", plain, "--tls", "off", "--stun", stun, "--key-file", "-", "--drain", "0")
    ours = Ours(Place(folder), Ports(), flags=flags)
    (folder / "relay.conf").write_text(
        f"server {{\n listen {node['IPv4']}:{here.https} ssl;\n ssl_certificate {tls.certificate_file};\n"
        f" ssl_certificate_key {tls.key_file};\n location / {{ proxy_pass http://{plain}; }}\n}}\n"
    )
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    command = [program, "-p", str(folder), "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
    with running(ours):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            wait_until_open(here.https, node["IPv4"])
            yield
        finally:
            process.terminate()
            process.wait(10)


def test_every_planted_fault_is_named_and_nothing_else(tmp_path: Path) -> None:
    version = subprocess.run([require("nginx"), "-v"], capture_output=True, text=True, check=True).stderr
    folder = tmp_path / "proxy"
    folder.mkdir()
    with Here.running(tmp_path) as here:
        for planted in (
            Planted(region=1, certificate="other-name"),
            Planted(region=2, certificate="expired"),
            Planted(region=3, stun=False),
            Planted(region=4),
            Planted(region=4),
            Planted(region=5, relay=DroppingRelay),
            Planted(region=6, clock_s=-3720),
        ):
            here.add(planted)
        with nginx_without_upgrade(here, folder):
            for planted in (Planted(region=8, relays=2), Planted(region=9, port80="redirects"), Planted(region=10)):
                here.add(planted)
            code, document = check(tmp_path, here.map, "--port80", str(here.http), "--volume", "20", ca=here.ca)
    words = {"stun": str(here.stun), "nginx": version.strip().rpartition("/")[2].split()[0]}
    assert told(document) == {(finding, title.format(**words)) for _, finding, title in FAULTS}
    assert code == 1
    assert all(finding["fixes"] for finding in document["findings"])
    relays = {node["node"]: node["relays"] for node in document["nodes"]}
    broken = {name for name, state in relays.items() if state == "no"}
    assert broken - {"8a"} == {"1a", "2a", "5a", "7a"}  # two clients may well meet on one of the two servers
    assert (relays["10a"], document["verdict"]["unknown"]) == ("yes", 0)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("relays"))


def pinned(node: dict[str, Any], files: Sequence[Path]) -> dict[str, Any]:
    """The node as known by an address and the pin of its self-signed certificate."""
    [file] = [path for path in files if path.is_file()]
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read_text())).hexdigest()
    return node | {"HostName": "127.0.0.1", "CertName": f"sha256-raw:{digest}"}


def test_healthy_relays_of_both_makes_are_good(place: Place) -> None:
    """A mixed mesh with an authority's certificates, and each make with a certificate that the map pins."""
    ours, theirs, own_pinned, their_pinned = (Ports() for _ in range(4))
    folders = [place.folder / name for name in ("ours", "derper")]
    for folder in folders:
        folder.mkdir()
    own_flags = ("--listen", f"127.0.0.1:{own_pinned.https}", "--stun", f"127.0.0.1:{own_pinned.stun}", "--http", "off",
                 "--key-file", "-", "--cert-dir", str(folders[0]), "--drain", "0")  # fmt: skip
    their_flags = ("-hostname", "127.0.0.1", "-certdir", str(folders[1]))
    with (
        running(Ours(place, ours, [theirs])),
        running(Derper(place, theirs, [ours])),
        running(Ours(place, own_pinned, flags=own_flags)),
        running(Derper(place, their_pinned, flags=their_flags)),
    ):
        regions = {"900": region(ours, theirs)}
        for number, ports, folder in ((901, own_pinned, folders[0]), (902, their_pinned, folders[1])):
            alone = region(ports, number=number)
            alone["Nodes"] = [pinned(alone["Nodes"][0], sorted(folder.glob("*.crt")))]
            regions[str(number)] = alone
        for node in (node for each in regions.values() for node in each["Nodes"]):
            node["IPv6"] = "none"
        code, document = check(place.folder, {"Regions": regions}, ca=place.ca)
    assert told(document) == set()
    assert (code, document["verdict"]["sentence"]) == (0, "Relays: 4 of 4 work")
    for node in document["nodes"]:
        assert {step["state"] for step in node["steps"]} <= {"ok", "not-asked"}, node["node"]
        assert node["certificate"]["pinned"] == (node["region_id"] != 900)
    for passage in document["passages"]:
        assert (passage["works"], passage["sent"], passage["arrived"]) == ("yes", 36, 36)
    assert len(document["passages"]) == 4 * 2 + 2
    assert all(p["stream_bytes_per_s"] > 0 for p in document["passages"])
