"""The help of every command as literals, so that printing one imports nothing else.

Made by `python -m natscope.cli.generate`; do not edit.
"""

# ruff: noqa
# fmt: off

FIRST_CONTACT = """\
natscope says why your mesh connection is slow or relayed, and what to change.

  natscope netcheck          can this network connect directly?      2 s
  natscope status            how is each peer of your mesh reached?
  natscope ping PEER         does this peer get direct? if not, why
  natscope targets           whom would that contact, how often?

  more     path, doctor, preflight, probe, pair, check, explain, report
           make|view|redact|diff, bundle, derp serve|check, derp map lint|show,
           stun serve|query, lab
           list|show|truth|run|matrix|up|down|status|exec|shell|daemon, config
           lint|show|check|path|template, schema, help, completion, version

natscope COMMAND --help starts with examples · natscope help nat-types
"""

HELP = {
    "": """\
natscope says why your mesh connection is slow or relayed, and what to change.

  natscope netcheck                        can this network connect directly?
  natscope netcheck --derp-map derp.yaml   ask your own relays and nobody else
  natscope netcheck --json -o report.json  for a program or a support ticket

Usage: natscope COMMAND [OPTIONS]

Commands
  netcheck      can this network connect directly, and if not, why?
  ping          does this peer get direct, and if not, why?
  status        how is each peer of your mesh reached, and why not directly?
  path          all about the way to one peer: candidates, history, prediction
  doctor        natscope, tailscaled and this computer, check by check, with
                fixes
  preflight     will a mesh VPN be direct here? Before you install one
  targets       whom would a netcheck contact, with how many packets?
  probe         one probe by itself; --list: which there are
  pair          do two nodes connect directly, by their reports, and what would
                change it?
  check         a health job: does this network meet a policy? is a finding
                gone?
  explain       what a finding means and what to do; --list: which there are
  report        reports in files: make or show one in any form, say why, mask
                it, compare two
  bundle        one zip for a support ticket: report, mesh, doctor, versions;
                masked
  derp          relays: serve one, check whether they relay, their map
  stun          STUN: serve it, ask one server
  lab           networks to reproduce, simulated or in namespaces, each with its
                truth
  config        settings: what is in force, where from, a template
  schema        JSON Schema of what --json prints
  help          short texts: nat-types, relays, exit-codes, environment, …
  completion    a completion script for bash, zsh or fish
  version       the version; --json: also Python and the parts it uses

Options
  --help, -h      this text; COMMAND --help starts with examples
  --version, -V   the version

Exit codes
    0  good
    1  findings at or above --fail-on
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
  natscope help exit-codes says more
""",
    "netcheck": """\
Say whether this network lets peers connect directly, and if not, why.

  natscope netcheck                           can this network connect directly?
  natscope netcheck --derp-map derp.yaml --https
      your own relays, over UDP and HTTPS
  natscope netcheck --record run1 --json -o run1.json
      keep it; judge again: --replay run1

Usage: natscope netcheck [OPTIONS]

Asks every relay of the map over UDP (STUN), those that stay silent over HTTPS
and ping too. The map is the one you name, else that of a running tailscaled,
else Tailscale's public one. natscope targets lists whom that contacts. --full
adds what is slow or may disturb (--lifetime, --udp-rate, --hairpin); Ctrl-C
shows what is known so far.

Options are also variables and settings of a file: natscope help environment.

Options
  --derp-map URL|FILE|-         relay map: a URL, a file, or - for standard
                                input
  --profile quick|default|full  how much to measure [default]
  --full                        same as --profile full
  --https / --no-https          measure HTTPS to every relay, not only to silent
                                ones
  --icmp / --no-icmp            ping every relay, not only silent ones
  --hairpin / --no-hairpin      call your own public address (an attack to some
                                firewalls)
  --lifetime / --no-lifetime    measure how long the router keeps a port (90
                                seconds)
  --udp-rate / --no-udp-rate    measure from which rate on UDP is dropped (sends
                                1 to 2 MB)
  --cross-check / --no-cross-check
                                ask pystun3 for a second opinion on the router
                                (15 seconds)
  --only PROBE,…                run only these probes
  --skip PROBE,…                leave these probes out
  --gentle / --no-gentle        a quarter of the packets per second, one sample
                                a relay
  --timeout, -W SECONDS         limit of the run, and of fetching its map
                                (--lifetime: 110) [5]
  --ipv4, -4                    IPv4 only
  --ipv6, -6                    IPv6 only
  --interface, -i NAME          send through this interface only
  --source-port, --bind-port PORT
                                local UDP port (0: any)
  --bind-address ADDRESS        local address to send from
  --offline / --no-offline      fetch nothing: use the cached relay map
  --json                        the report as JSON, same as --format json
  --format NAME                 output format: text, json, html, md, junit, …
  --tailscale-json              JSON in the form of tailscale netcheck
                                --format=json
  --output, -o FILE             write the report to a file, whole or not at all
  --record DIR                  keep everything that was measured in a folder
  --pcap FILE                   keep UDP and ICMP packets as a capture for
                                Wireshark
  --replay DIR                  judge a recorded run again, without a network
  --redact / --no-redact        mask public addresses, names and keys in the
                                report
  --fail-on fail|warn|never     exit 1 from which severity on [fail]
  --quiet, -q                   the answer only
  --verbose, -v                 more: -v, -vv
  --debug                       what the program does, on standard error
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --no-progress                 show no progress
  --help, -h                    this text

Exit codes
    0  good
    1  findings at or above --fail-on
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "ping": """\
Ping a peer of your mesh until it answers directly; if it stays relayed, say
why.

  natscope ping nas
      does it get direct? if not, why, and what to change
  natscope ping nas --levels
      there, but unreachable: which level fails?
  natscope ping nas --no-until-direct -c 0 -i 5
      watch the path until Ctrl-C

Usage: natscope ping [OPTIONS] PEER

PEER is a name, an address of the mesh or behind a peer that routes it, or a
tag: then its first node that is online, by name. --tsmp, --icmp and --peerapi
tell no path and stop at the first pong, unless -c or --no-until-direct is
given. Reasons rest on this computer's last netcheck, whose age is shown.

Exit 0: direct, or a pong of a kind that tells no path; 11: --levels, and some
of them fail; 124: -w passed before the pings of -c were sent.

Options
  --count, -c N                 stop after so many pings, 0: never [10; with -w:
                                0]
  --interval, -i SECONDS        from one ping to the next [1]
  --wait, -W SECONDS            how long to wait for each pong [5]
  --deadline, -w SECONDS        stop after this time, however many were sent
  --size, -s BYTES              bytes of each disco ping, to test the size that
                                passes
  --until-direct / --no-until-direct
                                stop at the first direct pong [yes]
  --disco                       ping its transport, without WireGuard [this one]
  --tsmp                        ping its daemon through WireGuard
  --icmp                        ping its operating system through WireGuard
  --peerapi                     ask its daemon's HTTP server through WireGuard
  --levels                      all four in order, and which one fails first
  --netcheck                    measure this side's network when it stays
                                relayed
  --report FILE                 this side's netcheck, in place of the last one
  --socket PATH                 socket of a running tailscaled, when it is not
                                in the usual place
  --json                        one JSON document at the end
  --jsonl                       one JSON object a line, as pongs come
  --timestamps, -D              the time of day before each line, in seconds
  --quiet, -q                   the answer only
  --verbose, -v                 all that is known
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --no-progress                 show no progress
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
   10  reachable, but only relayed
   11  degraded beyond a threshold; preflight: direct with few peers only
   20  peer unreachable
  124  deadline passed
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "status": """\
Show how each peer of your mesh is reached, and why not directly.

  natscope status
      who is direct, who is relayed, and why
  natscope status --netcheck --probe
      measure this side and the round trips now
  natscope status --from status.json --from netcheck.json
      what somebody else saved

Usage: natscope status [OPTIONS]

Reads the running tailscaled; the reasons come from the last netcheck of this
computer, whose age is shown, and from what the mesh tells of the peers. -v
shows all that is known of each peer. Exit 0 also when peers are relayed, unless
--fail-on relayed (10) or offline (20) asks for more; exit 3: nothing can be
told.

Options
  --watch, -w                   go on: draw again at each change, or print it as
                                a line
  --active                      only peers that were sent something in the last
                                45 s
  --peers / --no-peers          list peers [yes]
  --probe                       ping each peer that is not away, at most 64
  --netcheck                    measure this side's network first
  --from FILE                   read a saved status or netcheck report (repeat;
                                - is stdin)
  --socket PATH                 socket of a running tailscaled, when it is not
                                in the usual place
  --json                        upstream's JSON with ours beside it; --watch: a
                                line each
  --fail-on never|relayed|offline
                                exit 10 when a peer is relayed, 20 also when one
                                is offline [never]
  --quiet, -q                   the answer only
  --verbose, -v                 all that is known
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --no-progress                 show no progress
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
   10  reachable, but only relayed
   20  peer unreachable
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "path": """\
Show all that is known of the way to one peer: candidates, history, prediction
against fact.

  natscope path nas
      which addresses were tried, which answered, and why not
  natscope path nas --netcheck                with this side measured now
  natscope path nas --from status.json --from netcheck.json
      from what somebody saved

Usage: natscope path [OPTIONS] PEER

PEER is a name, an address or a tag. Exit 0: direct; 10: only relayed; 20: no
answer, or away; 3: nothing was sent, so nothing can be told.

Options
  --probe / --no-probe          ping the peer first, at most 4 times [yes]
  --netcheck                    measure this side's network first
  --from FILE                   read a saved status or netcheck report (repeat;
                                - is stdin)
  --socket PATH                 socket of a running tailscaled, when it is not
                                in the usual place
  --json                        as JSON, for a program
  --verbose, -v                 all that is known
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --no-progress                 show no progress
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
   10  reachable, but only relayed
   20  peer unreachable
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "doctor": """\
Look at natscope, tailscaled and this computer, and say how to fix what is
wrong.

  natscope doctor
      everything, without using the network
  sudo natscope doctor --fix-commands
      only commands that would fix something
  natscope doctor --only tailscaled --json  a part, for a program

Usage: natscope doctor [OPTIONS]

Asks the running tailscaled over its socket and tries sockets on loopback;
changes nothing. What could not be checked is skipped with the reason. Exit 1: a
problem; hints alone are 0; 3: nothing asked for could be checked.

Options
  --online                      use the network too: fetch the relay map,
                                compare the clock
  --only CHECK,…                only these checks or groups (their names: -v)
  --socket PATH                 socket of a running tailscaled, when it is not
                                in the usual place
  --derp-map URL|FILE|-         relay map: a URL, a file, or - for standard
                                input
  --fix-commands                only the commands of the fixes, to read and copy
  --json                        as JSON, for a program
  --quiet, -q                   the answer only
  --verbose, -v                 more: -v, -vv
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --help, -h                    this text

Exit codes
    0  good
    1  findings at or above --fail-on
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "preflight": """\
Say whether a mesh VPN will be direct in this network, before you install one.

  natscope preflight
      direct, sometimes or relayed, and what to change first
  natscope preflight --derp-map derp.yaml  with the relays that you will use
  natscope preflight --letter
      a text to send to the network's administrator

Usage: natscope preflight [OPTIONS]

Measures as natscope netcheck does, HTTPS to every relay included, and looks at
proxies, name servers and collisions with 100.64.0.0/10. Exit 0: direct with
most peers; 11: with few; 10: relayed; 3: it cannot be told.

Options
  --derp-map URL|FILE|-         relay map: a URL, a file, or - for standard
                                input
  --timeout, -W SECONDS         limit of the run, and of fetching its map
                                (--lifetime: 110) [5]
  --ipv4, -4                    IPv4 only
  --ipv6, -6                    IPv6 only
  --interface, -i NAME          send through this interface only
  --offline / --no-offline      fetch nothing: use the cached relay map
  --json                        as JSON, for a program
  --letter                      only the text to send to whoever runs the
                                network
  --record DIR                  keep everything that was measured in a folder
  --replay DIR                  judge a recorded run again, without a network
  --quiet, -q                   the answer only
  --verbose, -v                 more: -v, -vv
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --no-progress                 show no progress
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
   10  reachable, but only relayed
   11  degraded beyond a threshold; preflight: direct with few peers only
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "targets": """\
List each host that a netcheck would contact, with packets, bytes and seconds;
sends nothing to them.

  natscope targets                       with the map that netcheck would use
  natscope targets --derp-map derp.yaml  with your own relays
  natscope targets --full --json
      everything that --full would do, for a program

Usage: natscope targets [OPTIONS]

Only the relay map is fetched, when it is not a file. The numbers are upper
bounds.

Options
  --derp-map URL|FILE|-         relay map: a URL, a file, or - for standard
                                input
  --profile quick|default|full  how much to measure [default]
  --full                        same as --profile full
  --https / --no-https          measure HTTPS to every relay, not only to silent
                                ones
  --icmp / --no-icmp            ping every relay, not only silent ones
  --hairpin / --no-hairpin      call your own public address (an attack to some
                                firewalls)
  --lifetime / --no-lifetime    measure how long the router keeps a port (90
                                seconds)
  --udp-rate / --no-udp-rate    measure from which rate on UDP is dropped (sends
                                1 to 2 MB)
  --cross-check / --no-cross-check
                                ask pystun3 for a second opinion on the router
                                (15 seconds)
  --only PROBE,…                run only these probes
  --skip PROBE,…                leave these probes out
  --gentle / --no-gentle        a quarter of the packets per second, one sample
                                a relay
  --timeout, -W SECONDS         limit of the run, and of fetching its map
                                (--lifetime: 110) [5]
  --ipv4, -4                    IPv4 only
  --ipv6, -6                    IPv6 only
  --offline / --no-offline      fetch nothing: use the cached relay map
  --json                        as JSON, for a program
  --quiet, -q                   the answer only
  --ascii / --no-ascii          draw with ASCII only
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "probe": """\
Run one probe by itself and show what it observed.

  natscope probe --list               which probes there are
  natscope probe nat_ports            which public ports do new sockets get?
  natscope probe nat_lifetime --json
      how long does the router keep them, for a program

Usage: natscope probe [OPTIONS] [NAME]

A probe observes and judges nothing: natscope netcheck says what it means.
Probes whose results it reads run too. Exit 3: it could not run, or nothing
answered.

Options
  --list, -l                    all probes: what they ask, cost and belong to
  --derp-map URL|FILE|-         relay map: a URL, a file, or - for standard
                                input
  --gentle / --no-gentle        a quarter of the packets per second, one sample
                                a relay
  --timeout, -W SECONDS         limit of the run, and of fetching its map
                                (--lifetime: 110) [5]
  --ipv4, -4                    IPv4 only
  --ipv6, -6                    IPv6 only
  --interface, -i NAME          send through this interface only
  --source-port, --bind-port PORT
                                local UDP port (0: any)
  --bind-address ADDRESS        local address to send from
  --offline / --no-offline      fetch nothing: use the cached relay map
  --pcap FILE                   keep UDP and ICMP packets as a capture for
                                Wireshark
  --json                        as JSON, for a program
  --quiet, -q                   the answer only
  --verbose, -v                 more: -v, -vv
  --ascii / --no-ascii          draw with ASCII only
  --no-progress                 show no progress
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "pair": """\
Predict from two reports whether two nodes connect directly, by which way, and
what would change that.

  natscope pair laptop.json nas.json
      reports of both: natscope netcheck --json > laptop.json
  natscope pair laptop.json nas
      the other side as a running tailscaled knows it
  natscope pair laptop.json nas.json --why NS-NAT-02
      from a finding down to the packets of both

Usage: natscope pair [OPTIONS] A.json B.json|PEER

With --node, what the mesh tells of the peer is held against its report. Reports
may also be those of tailscale netcheck --format=json. Exit codes: 0 direct, 10
relayed, 3 not known.

Options
  --node PEER                   what the node of B.json is called in the mesh
  --why ID                      what a finding of the two rests on, down to
                                packets
  --socket PATH                 socket of a running tailscaled, when it is not
                                in the usual place
  --json                        as JSON, for a program
  --quiet, -q                   the answer only
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
   10  reachable, but only relayed
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "check": """\
Check this network against a policy, for a health job; or measure one finding
again, to see whether it is gone.

  natscope check --init -o natscope-policy.toml
      a first policy from what is true now
  natscope check --policy natscope-policy.toml --format junit -o check.xml
      in CI
  natscope check NS-NAT-01
      after a change on the router: is this finding gone?

Usage: natscope check [OPTIONS] [ID]

A policy measures again while something fails; most runs, or the median of
numbers, decide. What was not measured or differs from run to run is
inconclusive, not failed. Exit codes: 0 all hold (gone), 1 something failed
(still there), 3 nothing failed, but something could not be judged.

Options
  --policy FILE                 a file of expectations (TOML)
  --init                        write a first policy from the present state
  --peer NAME                   with --init: a peer whose path to expect;
                                repeatable
  --report FILE                 with ID: the report that has the finding
  --replay FILE                 draw a result kept with --json again
  --derp-map URL|FILE|-         relay map: a URL, a file, or - for standard
                                input
  --socket PATH                 socket of a running tailscaled, when it is not
                                in the usual place
  --profile quick|default|full  how much to measure [default]
  --only PROBE,…                run only these probes
  --skip PROBE,…                leave these probes out
  --timeout, -W SECONDS         limit of the run, and of fetching its map
                                (--lifetime: 110) [5]
  --ipv4, -4                    IPv4 only
  --ipv6, -6                    IPv6 only
  --offline / --no-offline      fetch nothing: use the cached relay map
  --json                        the result as JSON, same as --format json
  --format NAME                 text, json, junit, github or md [text]
  --output, -o FILE             write the report to a file, whole or not at all
  --quiet, -q                   the answer only
  --verbose, -v                 more: -v, -vv
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --no-progress                 show no progress
  --help, -h                    this text

Exit codes
    0  good
    1  an expectation failed, or the finding is still there
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "explain": """\
Explain a finding: what it is, what speaks for and against it, what to do, how
to verify. Needs no network.

  natscope explain NS-NAT-01                  the page of one finding
  natscope explain --list                     all of them
  natscope explain NS-UDP-01 --mail --report report.json
      a letter to the administrator, with your numbers

Usage: natscope explain [OPTIONS] [ID]

Options
  --list                        all findings there are, a line each
  --mail                        a text to send to whoever can fix it
  --report FILE                 a report whose numbers the text has
  --json                        as JSON, for a program
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "report": """\
Reports in files: make one, show one again, in any form; say why; mask it;
compare two.

  natscope report make run1 --format html -o report.html
      from a recording, or from tailscale netcheck's JSON
  natscope report view report.json --why NS-NAT-01
      from the finding down to packets
  natscope report diff before.json after.json
      what has changed?

Usage: natscope report COMMAND

`natscope report FILE` is `natscope report view FILE`. FILE may be a bundle, `-`
for standard input, or `last` for what this computer's last netcheck left.

Commands
  make          Make a report, judged by this natscope: from what was measured
                earlier, or by measuring now
  view          Show a report that somebody saved, as if it had just been
                measured
  redact        Mask public addresses, names, keys and hardware addresses of a
                report, the same one everywhere
  diff          Say what has changed between two reports. Exit code 0: nothing
                that matters; 1: something

Options
  --help, -h                    this text
""",
    "report make": """\
Make a report, judged by this natscope: from what was measured earlier, or by
measuring now.

  natscope report make run1 --format html -o report.html
      from a recording: netcheck --record run1
  natscope report make netcheck.json status.json
      from tailscale netcheck --format=json, and status --json
  natscope report make --format json,html,md -o report
      measure now; report.json, report.html, report.md

Usage: natscope report make [OPTIONS] [FILE]...

FILE may also be a report or a bundle of an older natscope, or `-` for standard
input; natscope report view shows one with the findings that it has. A file that
is there is kept: --force replaces it. Exit codes are netcheck's.

Options
  --derp-map URL|FILE|-         relay map: a URL, a file, or - for standard
                                input
  --profile quick|default|full  how much to measure [default]
  --full                        same as --profile full
  --only PROBE,…                run only these probes
  --skip PROBE,…                leave these probes out
  --timeout, -W SECONDS         limit of the run, and of fetching its map
                                (--lifetime: 110) [5]
  --offline / --no-offline      fetch nothing: use the cached relay map
  --record DIR                  keep everything that was measured in a folder
  --replay DIR                  judge a recorded run again, without a network
  --format NAME                 output format: text, json, html, md, junit, …
  --json                        the report as JSON, same as --format json
  --output, -o FILE             write the report to a file, whole or not at all
  --force                       replace files that are there already
  --redact / --no-redact        mask public addresses, names and keys in the
                                report
  --fail-on fail|warn|never     exit 1 from which severity on [fail]
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --quiet, -q                   the answer only
  --verbose, -v                 more: -v, -vv
  --no-progress                 show no progress
  --help, -h                    this text

Exit codes
    0  good
    1  findings at or above --fail-on
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "report view": """\
Show a report that somebody saved, as if it had just been measured.

  natscope report view report.json            as netcheck would show it
  natscope report view report.json --format md
      for an issue
  natscope report view last --why NS-UDP-01
      of the last netcheck here; also for a finding that it does not have

Usage: natscope report view [OPTIONS] FILE

The exit code is that of the netcheck. Findings and verdict are those in the
file; --why judges again.

Options
  --format NAME                 output format: text, json, html, md, junit, …
  --json                        the report as JSON, same as --format json
  --output, -o FILE             write the report to a file, whole or not at all
  --why ID                      what a finding rests on, down to packets
  --redact / --no-redact        mask public addresses, names and keys in the
                                report
  --fail-on fail|warn|never     exit 1 from which severity on [fail]
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --quiet, -q                   the answer only
  --verbose, -v                 more: -v, -vv
  --help, -h                    this text

Exit codes
    0  good
    1  findings at or above --fail-on
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "report redact": """\
Mask public addresses, names, keys and hardware addresses of a report, the same
one everywhere.

  natscope report redact report.json -o for-a-ticket.json
      to show it to strangers
  natscope netcheck --json | natscope report redact -
      from a pipe
  natscope report view report.json --redact --format html -o report.html
      in another form

Usage: natscope report redact [OPTIONS] FILE

Private addresses, ports, times and states stay, so the diagnosis is the same.

Options
  --output, -o FILE             write the report to a file, whole or not at all
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "report diff": """\
Say what has changed between two reports. Exit code 0: nothing that matters; 1:
something.

  natscope report diff before.json after.json
      did the new router help?
  natscope report diff -v before.json after.json
      also what differs by chance, such as addresses
  natscope report diff --json before.json after.json
      for a program

Usage: natscope report diff [OPTIONS] BEFORE AFTER

Options
  --json                        as JSON, for a program
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --verbose, -v                 more: -v, -vv
  --help, -h                    this text

Exit codes
    0  good
    1  something that matters has changed
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "bundle": """\
Put all that a helper asks for into one zip on this computer, masked; nothing is
sent anywhere.

  natscope bundle
      measures, and writes natscope-bundle.zip
  natscope bundle --report report.json -o ticket.zip
      a report that is there already
  natscope report view natscope-bundle.zip    what the helper does with it

Usage: natscope bundle [OPTIONS]

In it: the report as JSON, HTML and Markdown, the mesh's status, natscope
doctor, versions, natscope's log and the end of tailscaled's, where you may read
it; packets only with --with-pcap.

Options
  --report FILE                 a report to put in, instead of measuring
  --with-pcap FILE              a capture to put in, never masked
  --redact / --no-redact        mask addresses, names and keys [yes]
  --derp-map URL|FILE|-         relay map: a URL, a file, or - for standard
                                input
  --socket PATH                 socket of a running tailscaled, when it is not
                                in the usual place
  --profile quick|default|full  how much to measure [default]
  --only PROBE,…                run only these probes
  --skip PROBE,…                leave these probes out
  --timeout, -W SECONDS         limit of the run, and of fetching its map
                                (--lifetime: 110) [5]
  --offline / --no-offline      fetch nothing: use the cached relay map
  --output, -o FILE             write the report to a file, whole or not at all
  --quiet, -q                   the answer only
  --no-progress                 show no progress
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "derp": """\
Relays: serve one, check whether they relay, their map.

  natscope derp serve --hostname derp.example.net
      a relay with a certificate from Let's Encrypt
  natscope derp check --derp-map derp.yaml    do the relays of this map relay?
  natscope derp map lint derp.yaml            what is wrong or unwise in it?

Usage: natscope derp COMMAND

Commands
  serve         Serve a relay (DERP) that clients of a mesh VPN reach each other
                through, with STUN beside it
  check         Say whether relays really relay: two clients meet through each
                of them, step by step
  map           The relay map: look for mistakes, show it

Options
  --help, -h                    this text
""",
    "derp serve": """\
Serve a relay (DERP) that clients of a mesh VPN reach each other through, with
STUN beside it.

  natscope derp serve --hostname derp.example.net
      certificate from Let's Encrypt; ports 443, 80, UDP 3478
  natscope derp serve --tls off --listen 127.0.0.1:8080
      behind a proxy that speaks TLS
  natscope derp serve -c derper.key -a :443 -hostname derp.example.net
      derper's flags, in every form

Usage: natscope derp serve [OPTIONS]

The certificate is from an authority where --hostname is a name, your own with
--cert, and otherwise self-signed: then its entry for the relay map, with its
pin, is printed.

SIGTERM lets the clients go within --drain seconds, a second one ends it at
once. SIGHUP reads the settings, and the files that they name, again. Every flag
of derper is taken under its own spelling or refused by name; -c is the key file
there, our own settings are --config. Nothing is sent to anybody who did not
ask, but by --mesh-with, an authority for the certificate, and the checks of
--verify-clients and --verify-client-url.

Options
  --config FILE                 settings in TOML; flags win over it
  --print-config                print a commented file with every setting
  --listen ADDRESS:PORT|:PORT   where clients come in, may be repeated [:443]
  --tls auto|off|files|self-signed|acme
                                where the certificate comes from; off: plain
                                HTTP, behind a proxy [auto]
  --hostname NAME               the name or address that clients know
  --cert FILE                   certificate chain, PEM
  --cert-key FILE               its private key, PEM
  --cert-dir DIR                where certificates that are made here are kept
  --acme-email ADDRESS          whom the authority may write to
  --acme-directory URL          another authority than Let's Encrypt
  --http ADDRESS:PORT|:PORT|off
                                the plain port beside TLS: login page checks,
                                ACME, a redirect [:80]
  --stun ADDRESS:PORT|:PORT|off
                                where STUN answers, off for nowhere [:3478]
  --key-file FILE               the relay's private key, made when missing; -
                                for a new one each time
  --mesh-with HOST,…            the other relays of this region, name or
                                name/address-to-dial
  --mesh-key-file FILE          what all relays of the region know: 64 hex
                                digits
  --verify-clients              let in whom this computer's tailscaled knows
  --verify-client-url URL       let in whom this server allows
  --verify-client-url-fail-open / --no-verify-client-url-fail-open
                                let everybody in while that server does not
                                answer
  --rate-config FILE            what one client may send, JSON as derper's
  --metrics ADDRESS:PORT        Prometheus page over HTTP
  --workers NUMBER              processes that share the ports (Linux); more
                                than the computer has processors gain nothing
                                [1]
  --drain SECONDS               seconds to let clients go at the end [5]
  --log-format text|json        how log lines look [text]
  --quiet, -q                   say warnings and errors only
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "derp check": """\
Say whether relays really relay: two clients meet through each of them, step by
step.

  natscope derp check --derp-map derp.yaml    all relays of your map
  natscope derp check --region fra --format junit -o relays.xml
      for CI
  natscope derp check --derp-map derp.yaml --every 30s
      a monitor, with Prometheus metrics

Usage: natscope derp check [OPTIONS]

Each node is looked at as a client would: name, TCP, certificate, upgrade, the
relay's key on repeated connections, packets of several sizes both ways, other
nodes of its region, STUN, clock, port 80. That takes seconds and about 1 MB a
node (--volume 0: 100 kB, as for Tailscale's public map). The map is found as
for netcheck. With --key-file the relay sees that client connect: use a key
whose node is not online meanwhile.

Exit 0: all relay, nothing found at or above --fail-on. 1: something was found,
or with --fail-on warn some node could not be checked. 3: no node could be
checked, because nothing answered or they admit known clients only. With --every
it runs until SIGTERM or Ctrl-C and ends with 0.

Options
  --derp-map URL|FILE|-         relay map: a URL, a file, or - for standard
                                input
  --region NUMBER|CODE          only this region, may be repeated [all]
  --node NAME|HOST              only this node, may be repeated [all]
  --ipv4, -4                    IPv4 only
  --ipv6, -6                    IPv6 only
  --key-file FILE               private key of a client that the relays admit,
                                once or twice [new keys]
  --ca-file FILE                trust these authorities too (PEM)
  --proxy environment|direct|URL
                                HTTP proxy to go through [environment]
  --volume KILOBYTES            sent at a stretch to see how fast it goes, 0:
                                not [256; public map: 0]
  --port80 PORT                 where login page checks go [80]
  --timeout, -W SECONDS         limit of a run [30]
  --offline / --no-offline      fetch nothing: use the cached relay map
  --json                        the check as JSON, same as --format json
  --format text|json|junit      output format [text]
  --output, -o FILE             write the result to a file, whole or not at all
  --fail-on fail|warn|never     exit 1 from which severity on [fail]
  --every 30s|5m|1h             check again and again until stopped
  --metrics-listen ADDRESS:PORT|off
                                with --every: Prometheus page over HTTP
                                [127.0.0.1:9479]
  --record DIR                  keep everything that was seen in a folder
  --replay DIR                  judge a recorded check again, without a network
  --quiet, -q                   the answer only
  --verbose, -v                 more: -v, -vv
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --no-progress                 show no progress
  --help, -h                    this text

Exit codes
    0  good
    1  findings at or above --fail-on
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "derp map": """\
The relay map: look for mistakes, show it.

  natscope derp map lint derp.yaml         what is wrong or unwise in it?
  natscope derp map show                   the map that netcheck would use
  natscope derp map show derp.yaml --json  Headscale's YAML as Tailscale's JSON

Usage: natscope derp map COMMAND

Commands
  lint          Say what is wrong or unwise in a relay map, line by line, and
                what to write instead
  show          Show the relay map as it is read: regions, nodes, addresses,
                ports. Asks no relay

Options
  --help, -h                    this text
""",
    "derp map lint": """\
Say what is wrong or unwise in a relay map, line by line, and what to write
instead.

  natscope derp map lint derp.yaml
      Headscale's YAML or Tailscale's JSON
  natscope derp map lint --fail-on warn derp.json
      for CI: warnings count too
  curl -s https://mesh.example.net/derpmap | natscope derp map lint -
      from a pipe

Usage: natscope derp map lint [OPTIONS] FILE|URL|-

Errors cost a node or a region: clients cannot use it, and netcheck leaves it
out. Warnings cost nothing today. Only a URL is fetched; the relays themselves
are not asked.

Options
  --fail-on fail|warn|never     exit 1 from which problem on [fail]
  --json                        as JSON, for a program
  --format NAME                 text, json, sarif or github [text]
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --help, -h                    this text

Exit codes
    0  good
    1  findings at or above --fail-on
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "derp map show": """\
Show the relay map as it is read: regions, nodes, addresses, ports. Asks no
relay.

  natscope derp map show                   the map that netcheck would use
  natscope derp map show derp.yaml         a file
  natscope derp map show derp.yaml --json  Headscale's YAML as Tailscale's JSON

Usage: natscope derp map show [OPTIONS] [FILE|URL|-]

Options
  --json                        as JSON, for a program
  --offline / --no-offline      fetch nothing: use the cached relay map
  --ascii / --no-ascii          draw with ASCII only
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "stun": """\
STUN: serve it, ask one server.

  natscope stun serve                         on UDP 3478, IPv4 and IPv6
  natscope stun query stun.example.net        where does that server see me?
  natscope stun query --tailscale derp1.example.net
      ask a relay in the form it answers

Usage: natscope stun COMMAND

Commands
  serve         Serve STUN over UDP until SIGTERM or Ctrl-C
  query         Ask one STUN server where it sees this computer

Options
  --help, -h                    this text
""",
    "stun serve": """\
Serve STUN over UDP until SIGTERM or Ctrl-C.

  natscope stun serve                         on UDP 3478, IPv4 and IPv6
  natscope stun serve --listen 192.0.2.10:3478 --alternate 192.0.2.11:3479
      for NAT tests
  natscope stun serve --listen 192.0.2.10 --helper --helper-address 192.0.2.11
      shows whom a router lets in

Usage: natscope stun serve [OPTIONS]

A valid Binding request, plain or Tailscale's, gets one XOR-MAPPED-ADDRESS (32
or 44 bytes, never above 2.2 times the request); anything else gets silence, or
error 420 for an attribute it may not ignore. Each IPv4 address and each IPv6
/64 has a bucket of 20 answers, or of 4 seconds' worth if that is more, refilled
at --rate. All together get 20,000 times that rate.

--alternate costs: two public addresses and four sockets; answers of 68 to 116
bytes to requests of 20 (factor 3.4 to 5.8, within the same bucket), so a forged
sender can be hit harder; answers from addresses and to ports that were not
asked (never below 1024, never another host). Use it where NAT behaviour is to
be tested.

--helper lets a netcheck see whose packets a router lets in: who asks, and
proves its address by a token, gets one packet from the next port, or from
--helper-address or --helper-peer, never larger than its request, never to
another host. Without one of those two only ports are told apart. It also counts
trains of packets, and sends each of them back once (--helper-trains).

Options
  --listen ADDRESS[:PORT]|:PORT
                                where to listen, may be repeated [:3478]
  --alternate ADDRESS:PORT      the second address and port of a full RFC 5780
                                and RFC 3489 server [off]
  --helper                      send packets from unseen places to who asks for
                                them
  --helper-address ADDRESS      this computer's second address for --helper
  --helper-peer ADDRESS[:PORT]  another helper that sends for this one
  --helper-secret-file FILE     what both helpers know, 16 bytes or more
  --helper-trains NUMBER        packets per second that --helper counts to find
                                limits of UDP, 0: none [500]
  --rate NUMBER                 answers per second and source [5]
  --metrics ADDRESS:PORT        Prometheus page over HTTP
  --engine auto|numpy|batch|portable|asyncio
                                how to read and answer: auto takes the fastest
                                [auto]
  --quiet, -q                   the answer only
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "stun query": """\
Ask one STUN server where it sees this computer.

  natscope stun query stun.example.net        any server, UDP 3478
  natscope stun query --tailscale derp1.example.net
      a relay
  natscope stun query '[2001:db8::1]:3479' --json
      for a program

Usage: natscope stun query [OPTIONS] HOST[:PORT]

Without --plain or --tailscale both forms are sent, up to 4 times each, and the
first answer counts.

Options
  --plain                       only the plain request of RFC 8489
  --tailscale                   only the request that relays answer
  --json                        as JSON, for a program
  --ipv4, -4                    IPv4 only
  --ipv6, -6                    IPv6 only
  --timeout, -W SECONDS         how long to wait, for the name too [3]
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab": """\
Networks to reproduce: every kind of NAT and fault, each with what is true in
it.

  natscope lab list                        which networks there are
  natscope lab run --sim symmetric-random  a netcheck on every host of one
  natscope lab show cgnat-behind-home      who stands behind whom

Usage: natscope lab COMMAND

Commands
  list          List the scenarios, and in which beds each can be built
  show          Show a scenario: who stands behind whom, with addresses and what
                is special
  truth         Say what is true in a scenario, by its configuration: per host
                and per pair
  run           Run a netcheck on every host of a scenario, and hold the reports
                against the truth
  matrix        Run scenarios, all of them unless named, in both beds: truth,
                what was measured, and whether they agree
  up            Build a scenario in namespaces of this kernel and leave it
                running; nothing of this computer's own is touched
  down          Remove the lab that is up, and whatever a killed one left
  status        Say which lab is up, what its routers have dropped and why, and
                whether a part of it has ended
  exec          Run a command on a host of the lab that is up; its exit code is
                ours
  shell         Open a shell on a host of the lab that is up
  daemon        Stand in for the tailscaled of one host of a scenario, until
                Ctrl-C

Options
  --help, -h                    this text
""",
    "lab list": """\
List the scenarios, and in which beds each can be built.

  natscope lab list                   for people
  natscope lab list --json            for programs
  natscope lab list | grep -i portal  those about one thing

Usage: natscope lab list [OPTIONS]

Options
  --json                        as JSON, for a program
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab show": """\
Show a scenario: who stands behind whom, with addresses and what is special.

  natscope lab show cgnat-behind-home         a tree
  natscope lab show cgnat-behind-home --svg > cgnat.svg
      a picture
  natscope lab show ./my.toml                 a file of your own: is it right?

Usage: natscope lab show [OPTIONS] NAME|FILE

Options
  --svg                         as a picture
  --json                        as JSON, for a program
  --ascii / --no-ascii          draw with ASCII only
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab truth": """\
Say what is true in a scenario, by its configuration: per host and per pair.

  natscope lab truth double-nat         for people
  natscope lab truth double-nat --json  for programs
  natscope lab truth pair-cones         would these two connect directly?

Usage: natscope lab truth [OPTIONS] NAME|FILE

Options
  --json                        as JSON, for a program
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab run": """\
Run a netcheck on every host of a scenario, and hold the reports against the
truth.

  natscope lab run --sim captive-portal       in the simulator
  natscope lab run captive-portal             in namespaces of this kernel
  natscope lab run --sim neighbours --report ben
      with what a user at one host would see

Usage: natscope lab run [OPTIONS] NAME|FILE

Ends with 1 when a report is wrong, or leaves unknown what can be known there.

Options
  --sim                         in the simulator, without privileges
  --reports                     also draw every host's report
  --report HOST                 also draw this host's report
  --keep DIR                    write every host's report into a folder
  --json                        as JSON, for a program
  --ascii / --no-ascii          draw with ASCII only
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab matrix": """\
Run scenarios, all of them unless named, in both beds: truth, what was measured,
and whether they agree.

  natscope lab matrix --sim
      all scenarios in the simulator, some seconds
  natscope lab matrix                         in the simulator and in namespaces
  natscope lab matrix --brief full-cone voip-helper
      two of them

Usage: natscope lab matrix [OPTIONS] [NAME|FILE]

Ends with 1 when a report is wrong, leaves unknown what can be known there, or
the beds differ.

Options
  --sim                         in the simulator, without privileges
  --brief                       a line for each bed, and what is wrong
  --jobs N                      so many stand in the kernel at once [by
                                processors]
  --json                        as JSON, for a program
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab up": """\
Build a scenario in namespaces of this kernel and leave it running; nothing of
this computer's own is touched.

  natscope lab up symmetric-random
      then: natscope lab exec alice -- natscope netcheck
  natscope lab up ./my.toml         a network of your own
  natscope lab down                 remove it again

Usage: natscope lab up [OPTIONS] NAME|FILE

Options
  --json                        as JSON, for a program
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab down": """\
Remove the lab that is up, and whatever a killed one left.

  natscope lab down          says what was removed
  natscope lab down --json   for a program
  natscope lab up full-cone  removes what was left as well

Usage: natscope lab down [OPTIONS]

Options
  --json                        as JSON, for a program
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab status": """\
Say which lab is up, what its routers have dropped and why, and whether a part
of it has ended.

  natscope lab status         for people
  natscope lab status --json  for a program
  watch natscope lab status   again and again, while something runs in it

Usage: natscope lab status [OPTIONS]

Options
  --json                        as JSON, for a program
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab exec": """\
Run a command on a host of the lab that is up; its exit code is ours.

  natscope lab exec alice -- natscope netcheck
      what alice sees
  natscope lab exec alice -- ping -c 1 192.0.2.101
      is the first relay there?
  natscope lab exec alice --json -- ip route
      exit code, output and errors, for a program

Usage: natscope lab exec [OPTIONS] HOST -- CMD

Options
  --json                        what it said, as JSON, when it has ended
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab shell": """\
Open a shell on a host of the lab that is up.

  natscope lab up full-cone  first, a lab
  natscope lab shell alice   exit leaves it
  natscope lab down          remove the lab

Usage: natscope lab shell HOST

Options
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "lab daemon": """\
Stand in for the tailscaled of one host of a scenario, until Ctrl-C.

  natscope lab daemon pair-symmetric alice --report alice.json
      then, beside it:
  natscope ping bob --socket alice.sock --report alice.json
      relayed, and why
  natscope lab daemon pair-cones alice        here bob becomes direct

Usage: natscope lab daemon [OPTIONS] NAME|FILE HOST

The other hosts are its peers. Its answers have the form of a real one's; what
becomes of pings is the scenario's truth, nothing is sent. The report is
measured in the simulator.

Options
  --socket PATH                 where to listen [HOST.sock]
  --report FILE                 also write what a netcheck of HOST says, for
                                ping --report
  --state Running|NeedsLogin|NeedsMachineAuth|Stopped|Starting
                                what it is doing [Running]
  --offline HOST                a peer that is away, may be repeated
  --expired HOST                a peer whose key has expired, may be repeated
  --quiet, -q                   the answer only
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "config": """\
Settings: what is in force, where it comes from, a commented template.

  natscope config show --origin
      every setting, its value, and which file or variable set it
  natscope config lint relay.toml
      what is wrong in one file, which need not be in force
  natscope config template         a commented file to start from

Usage: natscope config COMMAND

A flag wins over NATSCOPE_* in the environment, that over ./natscope.toml (which
may set harmless keys only), that over your file, that over the file for all
users of this computer.

Commands
  lint          Say what is wrong in one file: settings of natscope or of a
                relay, or a policy; line by line
  show          Print every setting with its value
  check         Say what is wrong with the configuration files and variables, as
                far as they alone tell
  path          Print which files are read, lowest first
  template      Print a commented configuration file with every setting

Options
  --help, -h                    this text
""",
    "config lint": """\
Say what is wrong in one file: settings of natscope or of a relay, or a policy;
line by line.

  natscope config lint relay.toml
      as natscope derp serve --config takes it
  natscope config lint natscope-policy.toml --format sarif > policy.sarif
      as natscope check --policy takes it
  natscope config lint natscope.toml --fail-on warn
      settings in a repository; also keys without effect count

Usage: natscope config lint [OPTIONS] FILE|-

The file is only read: no setting of it is put in force, no relay is started and
nothing is measured. Errors are what the command would refuse, as far as the
file alone tells; warnings are keys without effect. A relay's file is judged
without flags beside it.

Options
  --kind settings|project|relay|policy
                                whose rules, where the file does not show it
  --fail-on fail|warn|never     exit 1 from which problem on [fail]
  --json                        as JSON, for a program
  --format NAME                 text, json, sarif or github [text]
  --color auto|always|never     colour [auto]
  --ascii / --no-ascii          draw with ASCII only
  --help, -h                    this text

Exit codes
    0  good
    1  findings at or above --fail-on
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "config show": """\
Print every setting with its value.

  natscope config show                  values as they are written in a file
  natscope config show --origin         and where each comes from
  natscope config show --origin --json  for a program

Usage: natscope config show [OPTIONS]

Options
  --origin                      also where each value comes from
  --json                        as JSON, for a program
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "config check": """\
Say what is wrong with the configuration files and variables, as far as they
alone tell.

  natscope config check                       exit 0 when nothing is wrong
  NATSCOPE_NETCHECK_TIMEOUT=3 natscope config check
      with a variable
  XDG_CONFIG_HOME=. natscope config check
      a file that is not in force yet: ./natscope/config.toml

Usage: natscope config check

Options
  --help, -h                    this text

Exit codes
    0  good
    1  findings at or above --fail-on
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "config path": """\
Print which files are read, lowest first.

  natscope config path
      three lines: layer, file, is it there
  natscope config path | grep user           yours
  XDG_CONFIG_HOME=/tmp natscope config path  with another home of configuration

Usage: natscope config path

Options
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "config template": """\
Print a commented configuration file with every setting.

  natscope config template                    look at it
  natscope config template > ~/.config/natscope/config.toml
      start from it
  natscope config template | grep NATSCOPE_   the names of the variables

Usage: natscope config template

Options
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "schema": """\
Print the JSON Schema (2020-12) of a document: the report's, unless another is
named.

  natscope schema                       what netcheck --json prints
  natscope schema > report.schema.json  to check reports with
  natscope schema --list                which there are

Usage: natscope schema [OPTIONS] [NAME]

Options
  --list                        which documents have a schema
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "help": """\
Explain a topic, or list the topics.

  natscope help            the list of topics
  natscope help nat-types  what routers do, in plain words
  natscope help netcheck   the same as natscope netcheck --help

Usage: natscope help [TOPIC]

Options
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "completion": """\
Print a completion script for a shell.

  eval "$(natscope completion bash)"          now, in this bash
  natscope completion zsh > "${fpath[1]}/_natscope"
      zsh, from the next start on
  natscope completion fish > ~/.config/fish/completions/natscope.fish
      fish, from now on

Usage: natscope completion bash|zsh|fish

For bash, a file of that content in ~/.local/share/bash-
completion/completions/natscope serves every new shell.

Options
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
    "version": """\
Print the version.

  natscope version         natscope 0.1.0
  natscope version --json  also Python, the system and the parts in use
  natscope --version       the same as the first

Usage: natscope version [OPTIONS]

Options
  --json                        as JSON, for a program
  --help, -h                    this text

Exit codes
    0  good
    2  usage: a bad flag, file or value
    3  could not test: no network, nothing answered, no permission
    4  internal error of natscope
  130  interrupted (Ctrl-C, SIGTERM)
""",
}
