"""Every check on made facts: what it says when all is well, of what is wrong, and of what nobody told."""

from __future__ import annotations

import ast
import inspect
import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from natscope.diagnosis.catalogue import entries
from natscope.doctor.catalogue import CheckModule, all_checks, chosen_checks, judge_all
from natscope.doctor.facts import (
    ClockFacts,
    ConfigFacts,
    Contact,
    DoctorFacts,
    FolderFacts,
    MapFacts,
    PartFacts,
    ProxySetting,
    Trial,
)
from natscope.errors import UserError
from natscope.host.api import DefaultRoute, LinkFacts, ResolverFacts
from natscope.host.settings_api import NetworkSettings, SystemProxy
from natscope.host.setup_api import AgentProcess, Offload, ResolverFile
from natscope.host.system_api import Device, FirewallFacts, SystemRoute
from natscope.model.doctor import CheckState
from natscope.model.mesh_status import MeshState
from natscope.model.packet_filter import RuleSet
from natscope.model.report_surroundings import WayReport
from natscope.model.tri import Tri
from tests.doctor.made import (
    ETH0,
    MESH_IP,
    NOW,
    THIS,
    TUNNEL,
    WELL,
    change,
    servers,
    with_daemon,
    with_own,
    with_prefs,
    with_setup,
    with_sockets,
    with_status,
    with_system,
    with_this,
    without_daemon,
)  # fmt: skip

OK, WARN, FAIL, SKIP = CheckState.OK, CheckState.WARN, CheckState.FAIL, CheckState.SKIP
NO, UNKNOWN = Trial(works=Tri.NO, reason="it is silent"), Trial(reason="it was not tried")
DENIED = Trial(works=Tri.NO, denied=True, reason="not permitted")
ROUTER = {"advertised": ("192.168.50.0/24",)}
TUN_WAY = WayReport(family=4, interface="wg0", driver="wireguard", tunnel=Tri.YES, owner="vpn", relays=1, of=1)


def with_map(**fields: Any) -> DoctorFacts:
    return with_own(relay_map=change(MapFacts(source="/m.yaml", kind="file", regions=2), **fields))


def config(error: str = "", warnings: tuple[str, ...] = ()) -> ConfigFacts:
    return ConfigFacts(layer="user", path="/c", there=True, error=error, warnings=warnings)


def with_way(**fields: Any) -> DoctorFacts:
    return change(WELL, ways=(change(TUN_WAY, **fields),))  # type: ignore[no-any-return]


def router(gro: str | None = "", forwarding: str | None = "", **setup: Any) -> DoctorFacts:
    facts = with_setup(**setup)
    daemon = change(WELL.daemon, gro=gro, forwarding=forwarding, prefs=change(WELL.daemon.prefs, **ROUTER))
    return change(facts, daemon=daemon)  # type: ignore[no-any-return]


def uplink_mtu(mtu: int, tunnel: int = 1280, family: int = 4) -> DoctorFacts:
    links = LinkFacts(interfaces=(change(ETH0, mtu=mtu), change(TUNNEL, mtu=tunnel)),
                      default_routes=(DefaultRoute(family, "eth0", None, 100),))  # type: ignore[arg-type]  # fmt: skip
    return change(WELL, links=links)  # type: ignore[no-any-return]


def resolv(*addresses: str, writer: str = "", behind: tuple[str, ...] = (), daemon: Any = WELL.daemon) -> DoctorFacts:
    facts = ResolverFacts(servers=servers(*addresses), behind=servers(*behind), source="/etc/resolv.conf")
    setup = change(WELL.setup, resolver=ResolverFile(writer=writer))
    return change(WELL, resolver=facts, setup=setup, daemon=daemon)  # type: ignore[no-any-return]


STOPPED = with_status(state=MeshState.STOPPED).daemon
LOGGED_OUT = with_status(state=MeshState.NEEDS_LOGIN, has_node_key=False, this=None, addresses=())
WG = Device(name="wg0", driver="wireguard", addresses=("10.9.0.2",))

CASES: list[tuple[str, DoctorFacts, CheckState, str]] = [
    ("program", WELL, OK, "all parts load"),
    ("program", with_own(parts=(PartFacts(name="aiodns", error="ImportError: x"),)), FAIL, "aiodns cannot be loaded"),
    ("program", with_own(version=""), SKIP, "did not look"),
    ("extras", WELL, OK, "numpy"),
    ("extras", with_own(parts=(PartFacts(name="scapy", extra="packets"),)), SKIP, "scapy (natscope[packets])"),
    ("extras", with_own(parts=(PartFacts(name="numpy", extra="fast", version="2", error="bad ABI"),)), WARN, "numpy"),
    ("extras", with_own(parts=()), SKIP, "none"),
    ("plugins", WELL, OK, "38 plug-ins load"),
    ("plugins", with_own(strangers=2), OK, "2 of them from other packages"),
    ("plugins", with_own(broken_plugins=("the plug-in x cannot be loaded: boom",)), WARN, "1 of 39"),
    ("settings", WELL, OK, "/u/config.toml"),
    ("settings", with_own(configs=(ConfigFacts(layer="user", path="/c", there=False),)), OK, "defaults"),
    ("settings", with_own(configs=()), SKIP, "not looked at"),
    ("folders", with_own(folders=()), SKIP, "not looked at"),
    ("plugins", with_own(plugins=0), SKIP, "not looked for"),
    ("other-vpns", with_system(devices=()), SKIP, "tells no interfaces"),
    ("shared-space", change(WELL, links=LinkFacts()), SKIP, "tells no interfaces"),
    ("settings", with_own(configs=(config(error="/c:3: bad"),)), FAIL, "/c:3"),
    ("settings", with_own(configs=(config(error="a"),) * 2), FAIL, "settings"),
    ("settings", with_own(configs=(config(warnings=("w",)),)), WARN, "effect"),
    ("folders", WELL, OK, "can be written"),
    ("folders", with_own(folders=(FolderFacts(kind="cache", path="/c", writable=False, reason="r"),)), WARN, "/c"),
    ("relay-map", WELL, OK, "9 regions, copy kept 2 h ago"),
    ("relay-map", with_map(), OK, "2 regions, file, /m.yaml"),
    ("relay-map", with_map(kind="tailscaled"), OK, "2 regions, of tailscaled"),
    ("relay-map", with_map(error="it is no map"), FAIL, "it is no map"),
    ("relay-map", with_map(kind="cache", error="/c is damaged"), WARN, "/c is damaged"),
    ("relay-map", with_map(kind="cache", age_s=40 * 86_400.0), WARN, "40 d ago"),
    ("relay-map", with_map(kind="none", regions=0), SKIP, "no relay map is kept yet"),
    ("relay-map", with_map(kind="stdin", regions=0), SKIP, "by a netcheck alone"),
    ("relay-map", with_own(relay_map=None), SKIP, "not looked for"),
    ("sockets", WELL, OK, "UDP and TCP"),
    ("sockets", with_sockets(udp=NO), FAIL, "UDP on loopback does not work"),
    ("sockets", with_sockets(udp=NO, tcp=NO), FAIL, "UDP and TCP on loopback do not work"),
    ("sockets", with_sockets(tcp=UNKNOWN), SKIP, "TCP: it was not tried"),
    ("ping", WELL, OK, "without root"),
    ("ping", with_sockets(ping=DENIED), WARN, "may not ping"),
    ("ping", with_sockets(ping=NO), WARN, "it is silent"),
    ("ping", with_sockets(ping=UNKNOWN), SKIP, "not tried"),
    ("icmp-errors", WELL, OK, "reach the socket"),
    ("icmp-errors", with_sockets(errors=NO), WARN, "it is silent"),
    ("icmp-errors", with_sockets(errors=UNKNOWN), SKIP, "not tried"),
    ("firewall-rules", WELL, OK, "0 rules"),
    ("firewall-rules", change(WELL, firewall=FirewallFacts(reason="only root may")), WARN, "no permission"),
    ("firewall-rules", change(WELL, firewall=FirewallFacts(rules=RuleSet(), partly="ip6 is odd")), WARN, "ip6 is"),
    ("firewall-rules", change(with_setup(is_root=True), firewall=FirewallFacts(reason="no nft")), SKIP, "no nft"),
    ("udp-buffers", WELL, OK, "4 MB"),
    ("udp-buffers", with_system(receive_buffer_max=212_992), WARN, "213 kB"),
    ("udp-buffers", with_system(receive_buffer_max=None), SKIP, "not told"),
    ("clock", WELL, OK, "kept right"),
    ("clock", with_system(clock_synchronised=False), WARN, "nothing keeps"),
    ("clock", with_system(clock_synchronised=None, unread={"clock_synchronised": "no call"}), SKIP, "no call"),
    ("clock-online", WELL, OK, "0 s from mesh.example.net"),
    ("clock-online", change(WELL, clock=ClockFacts(server="x", off_s=74.0)), FAIL, "74 s behind x's"),
    ("clock-online", change(WELL, clock=ClockFacts(server="x", off_s=-74.0)), FAIL, "74 s ahead of x's"),
    ("clock-online", change(WELL, clock=ClockFacts(server="x", reason="x is silent")), SKIP, "x is silent"),
    ("clock-online", change(WELL, clock=None), SKIP, "no server was asked"),
    ("tailscaled", WELL, OK, "tailscaled 1.102.5 answers at /var/run"),
    ("tailscaled", without_daemon(), SKIP, "no tailscaled on this computer"),
    ("tailscaled", without_daemon(unread={"programs": "not read here"}), SKIP, "not read here"),
    ("tailscaled", without_daemon(programs={"tailscaled": "/x"}, enabled=False), FAIL, "installed, but does not run"),
    ("tailscaled", without_daemon(agents=(AgentProcess(pid=9, socket="/t/s", socket_here=True),)), WARN, "/t/s"),
    ("tailscaled", without_daemon(agents=(AgentProcess(pid=9, socket="/in/a/container"),)), FAIL, "process 9"),
    ("tailscaled", without_daemon(agents=(AgentProcess(pid=9),)), FAIL, "process 9"),
    ("tailscaled", with_daemon(contact=Contact.ABSENT, named=True, socket="/x", status=None), FAIL, "at /x"),
    ("tailscaled", with_daemon(contact=Contact.CLOSED, status=None), FAIL, "nobody listens"),
    ("tailscaled", with_daemon(contact=Contact.DENIED, status=None), FAIL, "does not admit you"),
    ("tailscaled", with_daemon(contact=Contact.UNTRUSTED, status=None, reason="uid 7"), WARN, "uid 7"),
    ("tailscaled", with_daemon(contact=Contact.SILENT, status=None), FAIL, "does not answer"),
    ("tailscaled", with_daemon(contact=Contact.ODD, status=None, reason="a web page"), FAIL, "is no tailscaled"),
    ("tailscaled", with_daemon(contact=Contact.UNSUPPORTED, status=None, reason="a pipe"), SKIP, "a pipe"),
    ("state", WELL, OK, "up as laptop.mesh.example"),
    ("state", with_status(state=MeshState.STOPPED), WARN, "is stopped"),
    ("state", LOGGED_OUT, FAIL, "is logged out"),
    ("state", with_status(state=MeshState.NEEDS_APPROVAL), FAIL, "waits for approval"),
    ("state", with_status(state=MeshState.STARTING), WARN, "starting"),
    ("state", with_status(state=MeshState.IN_USE_OTHER_USER), FAIL, "another user"),
    ("state", with_status(state=MeshState.UNKNOWN, state_word="Dreaming"), FAIL, "Dreaming"),
    ("state", without_daemon(), SKIP, "no tailscaled is here"),
    ("health", WELL, OK, "warns of nothing"),
    ("health", with_status(health=("something that nobody knows",)), WARN, "1 thing"),
    ("health", with_status(health=("The network is down.", "b")), FAIL, "2 things"),
    ("health", with_status(state=MeshState.STOPPED, health=("Tailscale is stopped.",)), OK, "nothing but its state"),
    ("health", with_daemon(status=None, contact=Contact.SILENT), SKIP, "could not be asked"),
    ("version", WELL, OK, "1.102.5"),
    ("version", with_status(newer_version="1.104.0"), WARN, "there is 1.104.0"),
    ("version", with_setup(agents=(AgentProcess(pid=17, replaced=True),)), WARN, "old one still runs (process 17)"),
    ("version", with_status(version=""), SKIP, "does not tell"),
    ("version", without_daemon(), SKIP, "no tailscaled is here"),
    ("start-at-boot", WELL, OK, "starts at boot"),
    ("start-at-boot", with_setup(enabled=False), WARN, "not started at boot"),
    ("start-at-boot", with_setup(enabled=None), SKIP, "no unit"),
    ("start-at-boot", with_setup(enabled=None, unread={"enabled": "closed"}), SKIP, "closed"),
    ("start-at-boot", without_daemon(), SKIP, "no tailscaled is here"),
    ("rights", WELL, OK, "ana is the operator"),
    ("rights", with_setup(is_root=True), OK, "root may"),
    ("rights", with_prefs(operator=""), OK, "ana may read what natscope needs of tailscaled, and ping"),
    ("rights", with_daemon(prefs=None, prefs_reason="it said no"), SKIP, "it said no"),
    ("tunnel", WELL, OK, "tailscale0"),
    ("tunnel", with_status(has_tunnel=False), WARN, "userspace"),
    ("tunnel", change(WELL, links=change(WELL.links, interfaces=(ETH0,))), WARN, "no interface here"),
    ("tunnel", with_status(has_tunnel=None), SKIP, "does not tell"),
    ("tunnel", with_status(state=MeshState.STOPPED), SKIP, "is stopped"),
    ("mtu", WELL, OK, "the tunnel (tailscale0 1280) fits the uplink (eth0 1500)"),
    ("mtu", without_daemon(), OK, "a mesh VPN's usual 1280"),
    ("mtu", uplink_mtu(1340), OK, "fits"),
    ("mtu", uplink_mtu(1339), WARN, "cut in pieces on eth0"),
    ("mtu", uplink_mtu(1359, family=6), WARN, "cut in pieces on eth0"),
    ("mtu", uplink_mtu(1360, family=6), OK, "fits"),
    ("mtu", uplink_mtu(1500, tunnel=1500), FAIL, "is too large for eth0"),
    ("mtu", change(WELL, links=LinkFacts()), SKIP, "no interface with a default route"),
    ("key-expiry", WELL, OK, "in 171 days"),
    ("key-expiry", with_this(key_expiry=None), OK, "has no end"),
    ("key-expiry", with_this(key_expiry=NOW + timedelta(days=14)), OK, "in 14 days"),
    ("key-expiry", with_this(key_expiry=NOW + timedelta(days=13, hours=23)), WARN, "in 13 days, on 2026-12-13"),
    ("key-expiry", with_this(key_expiry=NOW + timedelta(hours=5)), WARN, "in 5 h"),
    ("key-expiry", with_this(key_expiry=NOW - timedelta(seconds=1)), FAIL, "expired on 2026-11-29"),
    ("key-expiry", with_this(key_expiry=None, is_expired=True), FAIL, "has expired"),
    ("key-expiry", LOGGED_OUT, SKIP, "not logged in"),
    ("shields-up", WELL, OK, "may connect"),
    ("shields-up", with_prefs(shields_up=True), WARN, "lets nobody in"),
    ("shields-up", with_daemon(prefs=None, prefs_reason="it said no"), SKIP, "it said no"),
    ("ip-forwarding", WELL, SKIP, "offers no routes"),
    ("ip-forwarding", router(), OK, "route 192.168.50.0/24"),
    ("ip-forwarding", router(forwarding="IP forwarding is disabled.\nSee x"), FAIL, "IP forwarding is off"),
    ("ip-forwarding", router(forwarding=None), OK, "is on"),
    ("ip-forwarding", change(router(forwarding="IP forwarding is disabled."), daemon=change(
        router().daemon, status=change(WELL.daemon.status, has_tunnel=False))), OK, "is not needed"),
    ("ip-forwarding", change(router(forwarding=None), setup=change(WELL.setup, forwarding={4: False})), FAIL, "is off"),
    ("ip-forwarding", change(router(forwarding=None), setup=change(WELL.setup, forwarding={})), SKIP, "not told"),
    ("ip-forwarding", with_daemon(prefs=None, prefs_reason="it said no"), SKIP, "it said no"),
    ("udp-gro", WELL, SKIP, "offers no routes"),
    ("udp-gro", router(), OK, "as it should be"),
    ("udp-gro", router(gro="UDP GRO forwarding is suboptimally configured on eth0"), WARN, "off at eth0"),
    ("udp-gro", router(gro=None), OK, "is on at eth0"),
    ("udp-gro", router(gro=None, offloads={}), SKIP, "the driver does not tell"),
    ("udp-gro", router(gro=None, offloads={"eth0": Offload(udp_gro_forwarding=False)}), SKIP, "the tunnel device"),
    ("udp-gro", router(gro=None, offloads={"eth0": Offload(udp_gro_forwarding=False),
                                           "tailscale0": Offload(udp_segmentation=True)}), WARN, "off at eth0"),
    ("udp-gro", router(gro=None, offloads={"eth0": Offload(udp_gro_forwarding=True, gro_list=True),
                                           "tailscale0": Offload(udp_segmentation=False)}), OK, "does not matter"),
    ("way-out", WELL, OK, "IPv4 by eth0"),
    ("way-out", with_way(), FAIL, "a VPN carries everything: packets leave through wg0"),
    ("way-out", with_way(agent_interface="eth0"), WARN, "a VPN carries everything"),
    ("way-out", with_way(owner="proxy", signs=("an interface called Meta",)), FAIL, "a proxy program carries"),
    ("way-out", with_way(owner="overlay"), WARN, "an exit node of the mesh"),
    ("way-out", with_way(failure="there is no route"), FAIL, "no default route"),
    ("way-out", with_way(tunnel=Tri.UNKNOWN), SKIP, "does not tell what that is"),
    ("way-out", change(WELL, ways=()), SKIP, "does not tell"),
    ("other-vpns", WELL, OK, "no other VPN"),
    ("other-vpns", with_system(devices=(*WELL.system.devices, WG)), OK, "wg0 (WireGuard)"),
    ("other-vpns", with_system(devices=(*WELL.system.devices, WG), routes=(
        SystemRoute(family=4, destination="100.64.0.0/12", interface="wg0"),)), WARN, "100.64.0.0/12 by wg0"),
    ("other-vpns", with_system(devices=(*WELL.system.devices, WG), routes=(
        SystemRoute(family=4, destination="0.0.0.0/0", interface="wg0"),)), OK, "wg0 (WireGuard)"),
    ("other-vpns", with_system(unread={"devices": "closed"}), SKIP, "closed"),
    ("proxies", WELL, OK, "no proxy"),
    ("proxies", change(WELL, proxies=(ProxySetting(variable="HTTPS_PROXY", url="http://p:1"),)), WARN, "http://p:1"),
    ("proxies", change(WELL, proxies=(ProxySetting(variable="ALL_PROXY", url="socks5://p:1", usable=False),)), WARN,
     "natscope cannot use"),
    ("proxies", change(WELL, settings=NetworkSettings(proxies=(SystemProxy(where="GNOME", kind="wpad"),))), WARN,
     "GNOME: wpad"),
    ("resolver", WELL, OK, "127.0.0.53, which asks 100.100.100.100; /etc/resolv.conf is kept by systemd-resolved"),
    ("resolver", resolv("192.168.1.1"), OK, "signed by nobody"),
    ("resolver", resolv("127.0.0.1"), WARN, "this computer itself"),
    ("resolver", change(WELL, resolver=ResolverFacts()), SKIP, "does not tell them"),
    ("magic-dns", WELL, OK, "100.100.100.100"),
    ("magic-dns", resolv("100.100.100.100", writer="tailscale"), OK, "100.100.100.100"),
    ("magic-dns", resolv("192.168.1.1", writer="NetworkManager"), WARN, "does not have it"),
    ("magic-dns", resolv("127.0.0.53", behind=("192.168.1.1",)), SKIP, "decides whom it asks"),
    ("magic-dns", resolv("100.100.100.100", daemon=STOPPED), FAIL, "not up to answer"),
    ("magic-dns", change(without_daemon(), resolver=resolv("100.100.100.100").resolver), FAIL, "not up to answer"),
    ("magic-dns", change(without_daemon(unread={"agents": "not read"}), resolver=resolv("100.100.100.100").resolver),
     SKIP, "no tailscaled is here"),
    ("magic-dns", with_prefs(accepts_dns=False), WARN, "although"),
    ("magic-dns", change(with_prefs(accepts_dns=False), resolver=resolv("10.0.0.1").resolver), OK, "dns=false"),
    ("magic-dns", with_status(dns_enabled=False), SKIP, "off for all"),
    ("magic-dns", with_daemon(prefs=None, prefs_reason="it said no"), SKIP, "it said no"),
    ("magic-dns", change(resolv("192.168.1.1"), daemon=STOPPED), SKIP, "is not up"),
    ("magic-dns", without_daemon(), SKIP, "no tailscaled is here"),
    ("shared-space", WELL, OK, "nothing but a mesh"),
    ("shared-space", change(WELL, links=change(WELL.links, interfaces=(
        change(ETH0, addresses=(ipaddress.ip_address("100.70.1.2"),)), TUNNEL))), WARN, "100.70.1.2 on eth0"),
    ("shared-space", with_system(unread={"routes": "closed"}), SKIP, "closed"),
]  # fmt: skip

BY_NAME: dict[str, CheckModule] = {module.CHECK.name: module for module in all_checks()}


@pytest.mark.parametrize(
    ("name", "facts", "state", "words"), CASES, ids=[f"{c[0]}-{c[2]}-{n}" for n, c in enumerate(CASES)]
)
def test_a_check(name: str, facts: DoctorFacts, state: CheckState, words: str) -> None:
    outcome = BY_NAME[name].judge(facts)
    assert (outcome.state, words in outcome.says) == (state, True), outcome
    if state in (OK, SKIP):
        assert not outcome.causes
    else:
        assert outcome.remedies, "a hint or a problem without a fix"


def test_what_nobody_knows_leads_to_the_log() -> None:
    known, unknown = "Tailscale couldn't listen for incoming UDP connections.", "something that nobody knows"
    for health, fixes in (((known,), 1), ((known, unknown), 2), ((unknown, "another"), 1)):
        facts = with_status(health=health)
        remedies = BY_NAME["health"].judge(facts).remedies
        assert len(remedies) == fixes
        assert ("journalctl" in remedies[-1].command) == (unknown in health)
        bare = BY_NAME["health"].judge(change(facts, setup=change(WELL.setup, enabled=None))).remedies
        assert ("log of tailscaled" in bare[-1].do, bare[-1].command) == (unknown in health, "")


def makers(module: CheckModule) -> set[CheckState]:
    """The states that a check's source can make, also through a name that it chooses."""
    source = Path(inspect.getsourcefile(module) or "")  # type: ignore[arg-type]
    names = {node.id for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Name)}
    return {state for state in CheckState if str(state) in names}


def test_every_state_that_a_check_can_make_is_tried() -> None:
    tried: dict[str, set[CheckState]] = {}
    for name, _, state, _ in CASES:
        tried.setdefault(name, set()).add(state)
    untried = {name: makers(module) - tried.get(name, set()) for name, module in BY_NAME.items()}
    assert {name: states for name, states in untried.items() if states} == {}


def test_on_a_computer_where_all_is_well_nothing_is_wrong() -> None:
    results = judge_all(WELL, all_checks())
    assert [result.name for result in results if result.state in (WARN, FAIL)] == []


def test_what_nobody_told_is_never_good() -> None:
    """Facts that are empty: no check may call anything well but what needs no facts."""
    results = judge_all(DoctorFacts(now=NOW), all_checks())
    good = {result.name for result in results if result.state is OK}
    assert good == {"proxies"}, "the environment is always known"


def test_names_are_unique_and_causes_exist() -> None:
    assert len(BY_NAME) == len(all_checks()) >= 25
    known = {entry.id for entry in entries()} | {"NS-CTL-05"}
    assert {cause for _, facts, _, _ in CASES for r in judge_all(facts, all_checks()) for cause in r.causes} <= known


def test_a_choice_of_checks() -> None:
    assert [m.CHECK.name for m in chosen_checks(["clock", "mtu"], online=False)] == ["clock", "mtu"]
    assert {m.CHECK.group for m in chosen_checks(["tailscaled"], online=False)} == {"tailscaled"}
    assert "clock-online" not in [m.CHECK.name for m in chosen_checks([], online=False)]
    assert "clock-online" in [m.CHECK.name for m in chosen_checks([], online=True)]
    with pytest.raises(UserError, match='no check "clok"'):
        chosen_checks(["clok"], online=False)


def test_root_needs_no_sudo() -> None:
    for is_root, start in ((True, "timedatectl"), (False, "sudo timedatectl")):
        facts = change(with_system(clock_synchronised=False), setup=change(WELL.setup, is_root=is_root))
        assert BY_NAME["clock"].judge(facts).remedies[0].command.startswith(start)


def test_the_tunnel_is_known_by_its_address_not_its_name() -> None:
    other = change(WELL, links=change(WELL.links, interfaces=(ETH0, change(TUNNEL, name="utun7"))))
    assert "utun7" in BY_NAME["tunnel"].judge(other).says
    assert MESH_IP in TUNNEL.addresses
    assert THIS.name


def test_names_of_others_cannot_break_out_of_a_command() -> None:
    evil = "x; rm -rf /"
    agent = AgentProcess(pid=9, socket=evil, socket_here=True)
    links = LinkFacts(interfaces=(change(ETH0, name=evil, mtu=1300), change(TUNNEL, mtu=1280)),
                      default_routes=(DefaultRoute(4, evil, None, 1),))  # fmt: skip
    worlds = [
        without_daemon(agents=(agent,)), change(WELL, links=links), change(router(gro="off"), links=links),
        with_map(source=evil, error="bad"), change(with_prefs(operator=""), setup=change(WELL.setup, user=evil)),
        with_daemon(contact=Contact.UNTRUSTED, status=None, socket=evil),
    ]  # fmt: skip
    seen = 0
    for facts in worlds:
        for result in judge_all(facts, all_checks()):
            for remedy in result.remedies:
                if evil in remedy.command:
                    seen += 1
                    assert f"'{evil}'" in remedy.command or f"'{evil}" in remedy.command, remedy.command
    assert seen >= 6


def test_names_are_left_alone_where_systemd_resolved_does_not_run() -> None:
    facts = resolv("192.168.1.1", writer="NetworkManager")
    command = BY_NAME["magic-dns"].judge(facts).remedies[0].command
    assert command.startswith("sudo sh -c 'systemctl is-active -q systemd-resolved && ln -sf ")
