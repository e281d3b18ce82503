"""Scenario files: every mistake is one sentence with the file and the line, and what is right is read rightly."""

from __future__ import annotations

import ipaddress
from ipaddress import ip_address

import pytest

from natscope.errors import UserError
from natscope.lab.scenario import Bed, KernelNat, Scenario, Site
from natscope.lab.scenario_map import read_relay_map, relay_map
from natscope.lab.scenario_toml import Source
from natscope.lab.scenario_truth import RelayFault
from natscope.lab.scenario_values import read_scenario
from natscope.machines.nat.config import Hairpin, NatConfig
from natscope.machines.nat.egress import Egress
from natscope.model.nat import Filtering, Mapping
from natscope.sim.meddler import MeddlerSpec
from natscope.sim.policer import PolicerSpec

HEAD = 'title = "x"\n'


def read(text: str) -> Scenario:
    return read_scenario("x", HEAD + text)


MISTAKES = [
    ("no TOML", "sites = [", "x.toml:2: no valid TOML"),
    ("brackets", "color = " + "[" * 50_000, "x.toml: is nested too deeply"),
    ("long key", "a." * 16_000 + "b = 1", "x.toml:2: has a key of more than 100 parts"),
    ("long key in a text", 'a = """\n' + "a." * 16_000 + 'b = 1\n"""', "x.toml:2: a: there is no such key"),
    ("header in a text", 'a = """\n[ "' + " " * 50_000 + '"b\n"""', "x.toml:2: a: there is no such key"),
    ("digits", "seed = " + "9" * 5000, "x.toml:2: has a number that is far too large"),
    ("large number", "[hosts.a]\n[sites.h]\ncount = 0x" + "f" * 9999, "x.toml:4: sites.h.count: a number that is"),
    ("large numbers", "[hosts.a]\ntaken = [1, 0x" + "f" * 9999 + "]", "x.toml:3: hosts.a.taken: a number that is"),
    ("no host", "", "x.toml: there is no host"),
    ("unknown key", "[hosts.a]\n[sites.h]\nnta = 1", "x.toml:4: sites.h.nta: there is no such key"),
    ("unknown head", "foo = 1\n[hosts.a]", "x.toml:2: foo: there is no such key"),
    ("unknown group", "[host.a]", "x.toml:2: host: there is no such key"),
    ("none behind it", '[hosts.a]\n[sites.s]\nnat = "none"\nresolver = true', "x.toml:5: sites.s.resolver: a"),
    ("multicast", '[sites.s]\nhardware = "01:09:0f"\n[hosts.a]\nat = "s"', "x.toml:3: sites.s.hardware: three"),
    ("a whole address", '[sites.s]\nhardware = "00:09:0f:0"\n[hosts.a]\nat = "s"', "x.toml:3: sites.s.hardware: three"),
    ("wrong type", "[hosts.a]\nmeasured = 3", "x.toml:3: hosts.a.measured: expected `bool`"),
    ("nested", '[hosts.a]\n[sites.h.nat]\nhairpin = "maybe"', "x.toml:4: sites.h.nat.hairpin: invalid enum value"),
    ("bad name", "[hosts.Alice]", "x.toml:2: hosts.Alice: a name is"),
    ("name of two", "[hosts.a]\n[relays.a]", "x.toml:3: relays.a: that name belongs to hosts"),
    ("reserved", "[hosts.internet]", "x.toml:2: hosts.internet: that name belongs to natscope"),
    ("no such site", '[hosts.a]\nat = "h"', "x.toml:3: hosts.a.at: there is no site called 'h'"),
    ("no such site above", '[hosts.a]\n[sites.h]\nat = "g"', "x.toml:4: sites.h.at: there is no site called 'g'"),
    ("circle", '[hosts.a]\n[sites.g]\nat = "h"\n[sites.h]\nat = "g"', "x.toml:4: sites.g.at: the sites hang on each"),
    ("kind", '[hosts.a]\n[sites.h]\nnat = "full-cnoe"', "x.toml:4: sites.h.nat: there is no kind of NAT called"),
    ("two NATs", '[hosts.a]\n[sites.h]\nnat = "pf"\nkernel_nat = "masquerade"', "x.toml:4: sites.h.nat: a site has"),
    ("contradiction", "[hosts.a]\n[sites.h.nat]\nstride = 0", "x.toml:3: sites.h.nat: stride and capacity"),
    ("dmz", '[hosts.a]\n[sites.h.nat]\ndmz = "b"', "x.toml:4: sites.h.nat.dmz: there is no host called 'b'"),
    ("dmz elsewhere", '[hosts.a]\n[sites.h.nat]\ndmz = "a"', "x.toml:4: sites.h.nat.dmz: a has no IPv4 address at h"),
    ("one-to-one", '[hosts.a]\n[sites.h]\nnat = "one-to-one"', "x.toml:4: sites.h.nat: a one-to-one NAT needs"),
    ("ports", '[hosts.a]\n[sites.h]\nallow = { udp = ["dns"] }', "x.toml:4: sites.h.allow.udp: 'dns' is no port"),
    ("router", '[hosts.a]\n[sites.h]\nnat = "none"\nportal = "page"', "x.toml:5: sites.h.portal: a router that only"),
    ("loss", "[hosts.a]\nlink = { loss = 2 }", "x.toml:3: hosts.a.link: loss, duplication and reordering are chances"),
    ("lan", '[hosts.a]\n[sites.h]\nlan = "all"', "x.toml:4: sites.h.lan: 'all' is no IPv4 prefix"),
    ("small lan", '[hosts.a]\n[sites.h]\nlan = "10.0.0.0/30"', "x.toml:4: sites.h.lan: 10.0.0.0/30 is too small"),
    ("twice", '[hosts.a]\nipv4 = "11.0.0.1"\n[hosts.b]\nipv4 = "11.0.0.1"', "x.toml:5: hosts.b.ipv4: 11.0.0.1 is used"),
    ("not inside", '[sites.h]\n[hosts.a]\nat = "h"\nipv4 = "11.0.0.1"', "x.toml:5: hosts.a.ipv4: 11.0.0.1 is not in"),
    ("no address", "[hosts.a]\nipv4 = false\nipv6 = false", "x.toml:2: hosts.a: it has no address at internet"),
    ("no IPv6 there", '[sites.h]\n[hosts.a]\nat = "h"\nipv6 = "2001:db8::9"', "x.toml:5: hosts.a.ipv6: there is no"),
    ("IPv6 above", '[hosts.a]\n[sites.g]\n[sites.h]\nat = "g"\nipv6 = "open"', "x.toml:6: sites.h.ipv6: there is no"),
    ("full LAN", '[sites.h]\nlan = "10.0.0.0/29"\n' + "".join(f'[hosts.a{n}]\nat = "h"\n' for n in range(6)),
     "x.toml:14: hosts.a5.ipv4: no IPv4 address is left"),
    ("carries by cable", '[hosts.a]\n[sites.h]\ncarries = ["10.0.0.0/8"]', "x.toml:4: sites.h.carries: only a tunnel"),
    ("carries what", '[sites.h]\ntunnel = "t"\ncarries = ["all"]\n[hosts.a]\nat = "h"', "x.toml:4: sites.h.carries: "),
    ("relay nowhere", '[hosts.a]\n[relays.r]\nat = "h"', "x.toml:4: relays.r.at: there is no site called 'h'"),
    ("taken", "[hosts.a]\ntaken = [70000]", "x.toml:3: hosts.a.taken: 70000 is no port"),
    ("source port", "[netcheck]\nsource_port = -1\n[hosts.a]", "x.toml:3: netcheck.source_port: a port is"),
    ("shut out", "[hosts.a]\n[sites.h.nat]\nshuts_out_s = -1", "x.toml:3: sites.h.nat: shuts_out_s is no"),
    ("truth of nobody", "[hosts.a]\n[truth.b]", "x.toml:3: truth.b: there is no such host"),
    ("truth of no relay", '[hosts.a]\n[truth.a]\nhome = "r"', "x.toml:3: truth.a: there is no relay called 'r'"),
    ("unknown without a word", '[hosts.a]\n[truth.a]\nudp = "unknown"', "x.toml:4: truth.a.udp: say why nobody there"),
    ("unknowable", '[hosts.a]\n[truth.a]\nunknowable.nta = "x"', "x.toml:4: truth.a.unknowable: 'nta' is no field"),
    ("pair", '[hosts.a]\n[truth.pairs."a b"]\ndirect = "yes"', 'x.toml:3: truth.pairs.a b: a pair is the names'),
    ("lies", 'dns = "lie"\n[hosts.a]', 'x.toml:2: dns: dns = "lie" or "invent" and dns_lies go together'),
    ("relay on", '[hosts.a]\n[relays.r]\non = "b"', "x.toml:4: relays.r.on: there is no host b with an IPv4 address"),
    ("no proxy", '[hosts.a]\n[sites.h]\nhttp_proxy = "b"', "x.toml:4: sites.h.http_proxy: there is no host called 'b'"),
    ("far proxy", '[hosts.a]\n[sites.h]\nhttp_proxy = "a"', "x.toml:4: sites.h.http_proxy: a has no IPv4 address at h"),
    ("mixed ports", '[hosts.a]\n[relays.r]\nudp = "silent"\ntcp = "closed"', "x.toml:3: relays.r: one port silent"),
    ("fault", '[[faults]]\nkind = "crash"\nat_s = 1\non = "a"\n[hosts.a]', "x.toml:2: faults: a fault of kind crash"),
    ("profile", '[hosts.a]\n[netcheck]\nprofile = "slow"', "x.toml:4: netcheck.profile: a profile is one of"),
    ("port", "[hosts.a]\n[netcheck]\nsource_port = 70000", "x.toml:4: netcheck.source_port: a port is"),
    ("dead port", "[hosts.a]\nlink = { dead_ports = [0] }", "x.toml:3: hosts.a.link: dead_ports are"),
    ("stuck to oneself", '[hosts.a]\nstuck_to = "a"', "x.toml:3: hosts.a.stuck_to: another host on the internet"),
    ("stuck to a relay", '[hosts.a]\nstuck_to = "relay1"', "x.toml:3: hosts.a.stuck_to: another host on the internet"),
    ("pool of a router", '[hosts.a]\n[sites.h]\nnat = "firewall"\ncount = 2', "x.toml:5: sites.h.count: a NAT has"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "words"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_sentence_with_its_line(name: str, text: str, words: str) -> None:
    with pytest.raises(UserError) as raised:
        read(text)
    assert raised.value.message.startswith(words), raised.value.message
    assert "\n" not in raised.value.message


def test_a_wrong_word_is_told_the_right_ones() -> None:
    with pytest.raises(UserError) as raised:
        read('[hosts.a]\n[truth.a]\nudp = "maybe"')
    assert raised.value.hint == "one of: yes, no, unknown"
    with pytest.raises(UserError) as raised:
        read('[hosts.a]\n[sites.h]\nnat = "full-cnoe"')
    assert "did you mean 'full-cone'" in raised.value.message


def test_a_line_is_found_in_every_spelling_or_its_table_is() -> None:
    text = 'a = 1\n[sites."home"]\nnat = "pf"\n[x]\ny.z = 2\n[[list]]\nkey = 3\n'
    source = Source("f", text)
    assert source.at(("sites", "home", "nat")) == "f:3"
    assert source.at(("sites", "home", "deep", "down")) == "f:2"
    assert source.at(("x", "y", "z")) == "f:5"
    assert source.at(("list", "key")) == "f:7"
    assert source.at(("nowhere",)) == "f"


def test_everything_has_a_default() -> None:
    scenario = read("[hosts.a]")
    assert list(scenario.relays) == ["relay1", "relay2", "relay3"]
    assert [r.link.latency_s for r in scenario.relays.values()] == [0.01, 0.02, 0.03]
    assert str(scenario.hosts["a"].address(4)) == "203.0.113.10"
    assert scenario.can(Bed.SIM)
    assert scenario.can(Bed.KERNEL)


def test_addresses_are_the_ones_that_the_documentation_promises() -> None:
    scenario = read(
        '[sites.inner]\nat = "outer"\nipv6 = "open"\n[sites.outer]\ncount = 2\nlan = "100.64.0.0/10"\n'
        'ipv6 = "firewall"\n[sites.wall]\nnat = "firewall"\n[hosts.a]\nat = "inner"\n[hosts.b]\nat = "wall"\n'
        '[servers.s]\nkind = "coturn"\n'
    )
    outer, inner = scenario.sites["outer"], scenario.sites["inner"]
    assert list(scenario.sites) == ["outer", "wall", "inner"]
    assert [str(ip) for ip in outer.external] == ["203.0.113.10", "203.0.113.11"]
    assert outer.nat is not None
    assert outer.nat.external == outer.external
    assert (str(inner.wan), str(outer.gateway)) == ("100.64.0.10", "100.64.0.1")
    assert (str(outer.prefix), str(inner.prefix)) == ("2001:db8:0:1::/64", "2001:db8:0:2::/64")
    a, b = scenario.hosts["a"], scenario.hosts["b"]
    assert (str(a.address(4)), str(a.address(6))) == ("192.168.1.10", "2001:db8:0:2::10")
    assert str(b.address(4)) == "203.0.113.13"
    assert scenario.sites["wall"].external == ()
    assert [str(ip) for ip in scenario.servers["s"].addresses] == ["198.51.100.10", "192.0.2.10"]


def test_a_nat_is_a_preset_with_what_is_different() -> None:
    scenario = read(
        '[sites.h.nat]\nkind = "restricted"\nmapping = "address-dependent"\nhairpin = "external-source"\n'
        'lifetimes = { udp_s = 20 }\nforwards = [{ transport = "udp", external_port = 7, host = "a", port = 9 }]\n'
        'not_from = ["10.0.0.0/8"]\n[hosts.a]\nat = "h"\n'
    )
    nat = scenario.sites["h"].nat
    assert nat is not None
    assert (nat.mapping, nat.filtering) == (Mapping.ADDRESS_DEPENDENT, Filtering.ADDRESS_DEPENDENT)
    assert (nat.hairpin, nat.lifetimes.udp_s, nat.lifetimes.icmp_s) == (Hairpin.EXTERNAL_SOURCE, 20, 60)
    assert str(nat.forwards[0].internal) == "192.168.1.10:9"
    assert nat.not_from == (ipaddress.ip_network("10.0.0.0/8"),)


def test_links_have_two_directions() -> None:
    scenario = read(
        "[hosts.a]\nlink = { latency_ms = 7, rate_mbit = 2, loss = 0.1 }\nback = { loss = 0 }\n"
        "[relays.r]\nlatency_ms = 60\nback_latency_ms = 5\n"
    )
    host, relay = scenario.hosts["a"], scenario.relays["r"]
    assert (host.link.latency_s, host.link.rate_bps, host.link.loss) == (0.007, 2e6, 0.1)
    assert (host.back.latency_s, host.back.loss) == (0.007, 0)
    assert (relay.link.latency_s, relay.back.latency_s) == (0.06, 0.005)


def test_links_may_limit_udp_by_bits_or_by_packets() -> None:
    scenario = read(
        "[hosts.a]\nlink = { udp_limit_mbit = 2, queue_kbyte = 64 }\n"
        "back = { udp_limit_packets = 50, udp_limit_burst_ms = 100 }\n"
    )
    host = scenario.hosts["a"]
    assert host.link.udp_policer == PolicerSpec(bits_per_s=2e6)
    assert host.link.queue_bytes == host.back.queue_bytes == 64 * 1024
    assert host.back.udp_policer == PolicerSpec(packets_per_s=50, burst_s=0.1)
    with pytest.raises(UserError, match="either packets or bits"):
        read("[hosts.a]\nlink = { udp_limit_mbit = 2, udp_limit_packets = 50 }\n")


def test_ways_may_be_congested_for_a_while() -> None:
    scenario = read('[[faults]]\nkind = "congestion"\nat_s = 5\nlasts_s = 9\non = "a"\nslower_by_ms = 40\n[hosts.a]\n')
    assert scenario.faults[0].slower_by_s == 0.04
    assert "as long as at the start" in scenario.cannot[Bed.KERNEL]
    with pytest.raises(UserError, match="a fault of kind congestion befalls one of: a"):
        read('[[faults]]\nkind = "congestion"\nat_s = 5\non = "b"\n[hosts.a]\n')


def test_several_runs_are_for_the_simulator() -> None:
    scenario = read("[netcheck]\nearlier = 2\n[hosts.a]\n")
    assert scenario.how.earlier == 2
    assert scenario.cannot == {Bed.KERNEL: "it measures each host once"}


def test_a_host_may_have_a_security_suite() -> None:
    assert read('[hosts.a]\nsuite = "OpenSnitch"\n').hosts["a"].suite == "OpenSnitch"


def test_links_may_meddle_with_packets() -> None:
    scenario = read('[hosts.a]\nlink = { bleaches = ["ecn"], filters = ["stun"] }\nback = { bleaches = [] }\n')
    host = scenario.hosts["a"]
    assert host.link.meddler == MeddlerSpec(bleaches=("ecn",), filters=("stun",))
    assert host.back.meddler == MeddlerSpec()
    with pytest.raises(UserError, match="marks that can be bleached: ecn, dscp"):
        read('[hosts.a]\nlink = { bleaches = ["tos"] }\n')


def test_a_relay_on_a_host_has_its_addresses() -> None:
    found = read('[sites.h]\n[hosts.a]\nat = "h"\n[relays.r]\non = "a"\n')
    assert (found.relays["r"].on, found.relays["r"].at) == ("a", "h")
    assert found.relays["r"].ipv4 == found.hosts["a"].address(4)
    assert found.relays["r"].ipv6 is None


@pytest.mark.parametrize("ipv6", ["none", "open", "broken"])
def test_only_a_firewall_forgets_silent_flows(ipv6: str) -> None:
    text = '[sites.h]\nipv6 = "{}"\nipv6_silence_s = 20\n[hosts.a]\nat = "h"'
    assert silence_of(read(text.format("firewall")).sites["h"]) == 20
    assert silence_of(read(text.format("nat66")).sites["h"]) == 20
    with pytest.raises(UserError, match="IPv6 firewall"):
        read(text.format(ipv6))


def silence_of(site: Site) -> float:
    assert site.nat_6 is not None
    return site.nat_6.lifetimes.udp_s


def test_an_ipv6_firewall_may_let_out_less() -> None:
    text = '[sites.h]\nipv6 = "{}"\nallow_ipv6 = {{ udp = ["53"] }}\n[hosts.a]\nat = "h"'
    site = read(text.format("firewall")).sites["h"]
    assert site.nat_6 == NatConfig(mapping=Mapping.NONE, egress=Egress(udp=((53, 53),)))
    assert site.nat is not None
    assert site.nat.egress == Egress()
    with pytest.raises(UserError, match="IPv6 firewall"):
        read(text.format("open"))
    with pytest.raises(UserError, match="our own router"):
        read(text.format("firewall").replace("ipv6 =", 'kernel_nat = "masquerade"\nipv6 =', 1))


def test_ipv6_that_is_translated_has_two_prefixes() -> None:
    scenario = read('[sites.one]\n[sites.h]\nipv6 = "nat66"\n[hosts.a]\nat = "h"')
    site, host = scenario.sites["h"], scenario.hosts["a"]
    assert (str(site.prefix), str(site.routed_6)) == ("fd00:db8:0:1::/64", "2001:db8:0:1::/64")
    assert (str(site.gateway_6), str(host.address(6))) == ("fd00:db8:0:1::1", "fd00:db8:0:1::10")
    assert site.nat_6 == NatConfig(external=(ip_address("2001:db8:0:1::1"),))
    for key in ('kernel_nat = "masquerade"', "mapping_service = {}"):
        with pytest.raises(UserError, match="NAT66 goes with our own NAT"):
            read(f'[sites.h]\nipv6 = "nat66"\n{key}\n[hosts.a]\nat = "h"')


def test_ipv6_may_be_slower_on_a_link_and_names_may_be_filtered() -> None:
    host = read('[hosts.a]\nlink = { ipv6_latency_ms = 40, resets = ["relay1.test"] }\nback = { resets = [] }\n').hosts[
        "a"
    ]
    assert (host.link.latency_s, host.link.ipv6_latency_s, host.back.ipv6_latency_s) == (0.005, 0.04, 0.04)
    assert (host.link.meddler, host.back.meddler) == (MeddlerSpec(resets=("relay1.test",)), MeddlerSpec())


def test_a_map_may_have_fields_that_are_wrong() -> None:
    text = "[hosts.a]\n[relays.one]\n[relays.two]\n"
    scenario = read(text + 'node = { CanPort80 = "yes", STUNPort = 3479 }\n')
    found, problems = read_relay_map(scenario)
    assert [node.stun_port for region in found.regions for node in region.nodes] == [0, 3479]
    assert [(p.place, p.severity) for p in problems] == [("$.Regions.2.Nodes[0].CanPort80", "error")]
    assert read_relay_map(read(text)) == (relay_map(read(text)), ())


def test_a_nat_of_the_kernel_has_a_model_of_it() -> None:
    site = read('[sites.h]\nkernel_nat = "fully-random"\n[hosts.a]\nat = "h"').sites["h"]
    assert (site.kernel_nat, site.kind) == (KernelNat.FULLY_RANDOM, "linux-fully-random")


def test_beds_and_truth_are_read() -> None:
    scenario = read(
        '[beds]\nkernel = "no"\n[hosts.a]\n[hosts.b]\n[truth.a]\nudp = "no"\nrelays = { relay1 = "dns" }\n'
        '[truth.pairs."a b"]\ndirect = "luck"\nby = "punch"\n'
    )
    assert scenario.cannot == {Bed.KERNEL: "no"}
    assert scenario.truth["a"].relays == {"relay1": RelayFault.DNS}
    assert (scenario.pairs[0].first, scenario.pairs[0].second, scenario.pairs[0].by) == ("a", "b", "punch")


def test_a_group_is_unknowable_but_for_what_the_file_claims() -> None:
    text = '[hosts.a]\n[truth.a]\nlayers = 1\n[truth.a.unknowable]\nnat = "so"\ncgnat = "and so"'
    truth = read(text).truth["a"]
    assert "layers" not in truth.unknowable
    assert (truth.unknowable["mapping"], truth.unknowable["cgnat"]) == ("so", "and so")
    assert (truth.claims()["mapping"], truth.claims()["rfc3489_name"], truth.claims()["layers"]) == ("unknown",) * 2 + (
        1,
    )
