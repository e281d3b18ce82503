"""What can be completed after which words, as literals.

Made by `python -m natscope.cli.generate`; do not edit.
"""

# ruff: noqa
# fmt: off

# path: (words with help, options (spellings, values, repeatable, help), values of the arguments)
# values: None for a flag, a tuple of words, or the kind of file: file, folder, any
TABLE = {
    "": ((('netcheck', 'can this network connect directly, and if not, why?'), ('status', 'how is each peer of your mesh reached, and why not directly?'), ('path', 'all about the way to one peer: candidates, history, prediction'), ('targets', 'whom would a netcheck contact, with how many packets?'), ('probe', 'one probe by itself; --list: which there are'), ('explain', 'what a finding means and what to do; --list: which there are'), ('report', 'reports in files: show one in any form, say why, compare two'), ('derp', 'relays: serve one, check whether they relay, their map'), ('stun', 'STUN: serve it, ask one server'), ('lab', 'networks to reproduce, simulated or in namespaces, each with its truth'), ('config', 'settings: what is in force, where from, a template'), ('schema', 'JSON Schema of what --json prints'), ('help', 'short texts: nat-types, relays, exit-codes, environment, …'), ('completion', 'a completion script for bash, zsh or fish'), ('version', 'the version; --json: also Python and the parts it uses')), (), ()),
    "netcheck": (
        (),
        (
            (('--derp-map',), 'file', False, 'relay map: a URL, a file, or - for standard input'),
            (('--profile',), ('quick', 'default', 'full'), False, 'how much to measure [default]'),
            (('--full',), None, False, 'same as --profile full'),
            (('--https', '--no-https'), None, False, 'measure HTTPS to every relay, not only to silent ones'),
            (('--icmp', '--no-icmp'), None, False, 'ping every relay, not only silent ones'),
            (('--hairpin', '--no-hairpin'), None, False, 'call your own public address (an attack to some firewalls)'),
            (('--lifetime', '--no-lifetime'), None, False, 'measure how long the router keeps a port (90 seconds)'),
            (('--udp-rate', '--no-udp-rate'), None, False, 'measure from which rate on UDP is dropped (sends 1 to 2 MB)'),
            (('--cross-check', '--no-cross-check'), None, False, 'ask pystun3 for a second opinion on the router (12 seconds)'),
            (('--only',), ('captive_portal', 'dns', 'fresh_port', 'host_connections', 'host_facts', 'host_firewall', 'interfaces', 'nat64', 'nat_cross_check', 'nat_filtering', 'nat_hairpin', 'nat_layers', 'nat_lifetime', 'nat_mapping', 'nat_ports', 'nat_servers', 'path_mtu', 'port_mapping', 'proxy', 'relay_health', 'relay_https', 'relay_icmp', 'relay_stun', 'route_hijack', 'shared_space', 'udp_ports', 'udp_rate'), True, 'run only these probes'),
            (('--skip',), ('captive_portal', 'dns', 'fresh_port', 'host_connections', 'host_facts', 'host_firewall', 'interfaces', 'nat64', 'nat_cross_check', 'nat_filtering', 'nat_hairpin', 'nat_layers', 'nat_lifetime', 'nat_mapping', 'nat_ports', 'nat_servers', 'path_mtu', 'port_mapping', 'proxy', 'relay_health', 'relay_https', 'relay_icmp', 'relay_stun', 'route_hijack', 'shared_space', 'udp_ports', 'udp_rate'), True, 'leave these probes out'),
            (('--gentle', '--no-gentle'), None, False, 'a quarter of the packets per second, one sample a relay'),
            (('--timeout', '-W'), 'any', False, 'limit of the run, and of fetching its map (--lifetime: 110) [5]'),
            (('-4', '--ipv4'), None, False, 'IPv4 only'),
            (('-6', '--ipv6'), None, False, 'IPv6 only'),
            (('--interface', '-i'), 'any', False, 'send through this interface only'),
            (('--source-port', '--bind-port'), 'any', False, 'local UDP port (0: any)'),
            (('--bind-address',), 'any', False, 'local address to send from'),
            (('--offline', '--no-offline'), None, False, 'fetch nothing: use the cached relay map'),
            (('--json',), None, False, 'the report as JSON, same as --format json'),
            (('--format',), ('github', 'junit', 'md', 'otlp', 'prom', 'csv', 'html', 'json', 'tailscale-json', 'tap', 'text'), False, 'output format: text, json, html, md, junit, …'),
            (('--tailscale-json',), None, False, 'JSON in the form of tailscale netcheck --format=json'),
            (('--output', '-o'), 'file', False, 'write the report to a file, whole or not at all'),
            (('--record',), 'folder', False, 'keep everything that was measured in a folder'),
            (('--pcap',), 'file', False, 'keep UDP and ICMP packets as a capture for Wireshark'),
            (('--replay',), 'folder', False, 'judge a recorded run again, without a network'),
            (('--fail-on',), ('fail', 'warn', 'never'), False, 'exit 1 from which severity on [fail]'),
            (('--quiet', '-q'), None, False, 'the answer only'),
            (('--verbose', '-v'), None, True, 'more: -v, -vv'),
            (('--debug',), None, False, 'what the program does, on standard error'),
            (('--color',), ('auto', 'always', 'never'), False, 'colour [auto]'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
            (('--no-progress',), None, False, 'show no progress'),
        ),
        (),
    ),
    "status": (
        (),
        (
            (('--watch', '-w'), None, False, 'go on: draw again at each change, or print it as a line'),
            (('--active',), None, False, 'only peers that were sent something in the last 45 s'),
            (('--peers', '--no-peers'), None, False, 'list peers [yes]'),
            (('--probe',), None, False, 'ping each peer that is not away, at most 64'),
            (('--netcheck',), None, False, "measure this side's network first"),
            (('--from',), 'file', True, 'read a saved status or netcheck report (repeat; - is stdin)'),
            (('--socket',), 'any', False, 'socket of a running tailscaled, when it is not in the usual place'),
            (('--json',), None, False, "upstream's JSON with ours beside it; --watch: a line each"),
            (('--fail-on',), ('never', 'relayed', 'offline'), False, 'exit 10 when a peer is relayed, 20 also when one is offline [never]'),
            (('--quiet', '-q'), None, False, 'the answer only'),
            (('--verbose', '-v'), None, True, 'more: -v, -vv'),
            (('--color',), ('auto', 'always', 'never'), False, 'colour [auto]'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
            (('--no-progress',), None, False, 'show no progress'),
        ),
        (),
    ),
    "path": (
        (),
        (
            (('--probe', '--no-probe'), None, False, 'ping the peer first, at most 4 times [yes]'),
            (('--netcheck',), None, False, "measure this side's network first"),
            (('--from',), 'file', True, 'read a saved status or netcheck report (repeat; - is stdin)'),
            (('--socket',), 'any', False, 'socket of a running tailscaled, when it is not in the usual place'),
            (('--json',), None, False, 'as JSON, for a program'),
            (('--verbose', '-v'), None, True, 'more: -v, -vv'),
            (('--color',), ('auto', 'always', 'never'), False, 'colour [auto]'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
            (('--no-progress',), None, False, 'show no progress'),
        ),
        'any',
    ),
    "targets": (
        (),
        (
            (('--derp-map',), 'file', False, 'relay map: a URL, a file, or - for standard input'),
            (('--profile',), ('quick', 'default', 'full'), False, 'how much to measure [default]'),
            (('--full',), None, False, 'same as --profile full'),
            (('--https', '--no-https'), None, False, 'measure HTTPS to every relay, not only to silent ones'),
            (('--icmp', '--no-icmp'), None, False, 'ping every relay, not only silent ones'),
            (('--hairpin', '--no-hairpin'), None, False, 'call your own public address (an attack to some firewalls)'),
            (('--lifetime', '--no-lifetime'), None, False, 'measure how long the router keeps a port (90 seconds)'),
            (('--udp-rate', '--no-udp-rate'), None, False, 'measure from which rate on UDP is dropped (sends 1 to 2 MB)'),
            (('--cross-check', '--no-cross-check'), None, False, 'ask pystun3 for a second opinion on the router (12 seconds)'),
            (('--only',), ('captive_portal', 'dns', 'fresh_port', 'host_connections', 'host_facts', 'host_firewall', 'interfaces', 'nat64', 'nat_cross_check', 'nat_filtering', 'nat_hairpin', 'nat_layers', 'nat_lifetime', 'nat_mapping', 'nat_ports', 'nat_servers', 'path_mtu', 'port_mapping', 'proxy', 'relay_health', 'relay_https', 'relay_icmp', 'relay_stun', 'route_hijack', 'shared_space', 'udp_ports', 'udp_rate'), True, 'run only these probes'),
            (('--skip',), ('captive_portal', 'dns', 'fresh_port', 'host_connections', 'host_facts', 'host_firewall', 'interfaces', 'nat64', 'nat_cross_check', 'nat_filtering', 'nat_hairpin', 'nat_layers', 'nat_lifetime', 'nat_mapping', 'nat_ports', 'nat_servers', 'path_mtu', 'port_mapping', 'proxy', 'relay_health', 'relay_https', 'relay_icmp', 'relay_stun', 'route_hijack', 'shared_space', 'udp_ports', 'udp_rate'), True, 'leave these probes out'),
            (('--gentle', '--no-gentle'), None, False, 'a quarter of the packets per second, one sample a relay'),
            (('--timeout', '-W'), 'any', False, 'limit of the run, and of fetching its map (--lifetime: 110) [5]'),
            (('-4', '--ipv4'), None, False, 'IPv4 only'),
            (('-6', '--ipv6'), None, False, 'IPv6 only'),
            (('--offline', '--no-offline'), None, False, 'fetch nothing: use the cached relay map'),
            (('--json',), None, False, 'as JSON, for a program'),
            (('--quiet', '-q'), None, False, 'the answer only'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
        ),
        (),
    ),
    "probe": (
        (),
        (
            (('--list', '-l'), None, False, 'all probes: what they ask, cost and belong to'),
            (('--derp-map',), 'file', False, 'relay map: a URL, a file, or - for standard input'),
            (('--gentle', '--no-gentle'), None, False, 'a quarter of the packets per second, one sample a relay'),
            (('--timeout', '-W'), 'any', False, 'limit of the run, and of fetching its map (--lifetime: 110) [5]'),
            (('-4', '--ipv4'), None, False, 'IPv4 only'),
            (('-6', '--ipv6'), None, False, 'IPv6 only'),
            (('--interface', '-i'), 'any', False, 'send through this interface only'),
            (('--source-port', '--bind-port'), 'any', False, 'local UDP port (0: any)'),
            (('--bind-address',), 'any', False, 'local address to send from'),
            (('--offline', '--no-offline'), None, False, 'fetch nothing: use the cached relay map'),
            (('--pcap',), 'file', False, 'keep UDP and ICMP packets as a capture for Wireshark'),
            (('--json',), None, False, 'as JSON, for a program'),
            (('--quiet', '-q'), None, False, 'the answer only'),
            (('--verbose', '-v'), None, True, 'more: -v, -vv'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
            (('--no-progress',), None, False, 'show no progress'),
        ),
        'any',
    ),
    "explain": (
        (),
        (
            (('--list',), None, False, 'all findings there are, a line each'),
            (('--mail',), None, False, 'a text to send to whoever can fix it'),
            (('--report',), 'file', False, 'a report whose numbers the text has'),
            (('--json',), None, False, 'as JSON, for a program'),
            (('--color',), ('auto', 'always', 'never'), False, 'colour [auto]'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
        ),
        'any',
    ),
    "report": (
        (('view', 'Show a report that somebody saved, as if it had just been measured'), ('diff', 'Say what has changed between two reports. Exit code 0: nothing that matters; 1: something')),
        (
        ),
        (),
    ),
    "report view": (
        (),
        (
            (('--format',), ('github', 'junit', 'md', 'otlp', 'prom', 'csv', 'html', 'json', 'tailscale-json', 'tap', 'text'), False, 'output format: text, json, html, md, junit, …'),
            (('--json',), None, False, 'the report as JSON, same as --format json'),
            (('--output', '-o'), 'file', False, 'write the report to a file, whole or not at all'),
            (('--why',), 'any', False, 'what a finding rests on, down to packets'),
            (('--fail-on',), ('fail', 'warn', 'never'), False, 'exit 1 from which severity on [fail]'),
            (('--color',), ('auto', 'always', 'never'), False, 'colour [auto]'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
            (('--quiet', '-q'), None, False, 'the answer only'),
            (('--verbose', '-v'), None, True, 'more: -v, -vv'),
        ),
        'file',
    ),
    "report diff": (
        (),
        (
            (('--json',), None, False, 'as JSON, for a program'),
            (('--color',), ('auto', 'always', 'never'), False, 'colour [auto]'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
            (('--verbose', '-v'), None, True, 'more: -v, -vv'),
        ),
        'any',
    ),
    "derp": (
        (('serve', 'Serve a relay (DERP) that clients of a mesh VPN reach each other through, with STUN beside it'), ('check', 'Say whether relays really relay: two clients meet through each of them, step by step'), ('map', 'The relay map: look for mistakes, show it')),
        (
        ),
        (),
    ),
    "derp serve": (
        (),
        (
            (('--config',), 'file', False, 'settings in TOML; flags win over it'),
            (('--print-config',), None, False, 'print a commented file with every setting'),
            (('--listen',), 'any', True, 'where clients come in, may be repeated [:443]'),
            (('--tls',), ('auto', 'off', 'files', 'self-signed', 'acme'), False, 'where the certificate comes from; off: plain HTTP, behind a proxy [auto]'),
            (('--hostname',), 'any', False, 'the name or address that clients know'),
            (('--cert',), 'file', False, 'certificate chain, PEM'),
            (('--cert-key',), 'file', False, 'its private key, PEM'),
            (('--cert-dir',), 'folder', False, 'where certificates that are made here are kept'),
            (('--acme-email',), 'any', False, 'whom the authority may write to'),
            (('--acme-directory',), 'any', False, "another authority than Let's Encrypt"),
            (('--http',), 'any', False, 'the plain port beside TLS: login page checks, ACME, a redirect [:80]'),
            (('--stun',), 'any', True, 'where STUN answers, off for nowhere [:3478]'),
            (('--key-file',), 'file', False, "the relay's private key, made when missing; - for a new one each time"),
            (('--mesh-with',), 'any', False, 'the other relays of this region, name or name/address-to-dial'),
            (('--mesh-key-file',), 'file', False, 'what all relays of the region know: 64 hex digits'),
            (('--verify-clients',), None, False, "let in whom this computer's tailscaled knows"),
            (('--verify-client-url',), 'any', False, 'let in whom this server allows'),
            (('--verify-client-url-fail-open', '--no-verify-client-url-fail-open'), None, False, 'let everybody in while that server does not answer'),
            (('--rate-config',), 'file', False, "what one client may send, JSON as derper's"),
            (('--metrics',), 'any', False, 'Prometheus page over HTTP'),
            (('--workers',), 'any', False, 'processes for the port: only 1 yet [1]'),
            (('--drain',), 'any', False, 'seconds to let clients go at the end [5]'),
            (('--log-format',), ('text', 'json'), False, 'how log lines look [text]'),
            (('--quiet', '-q'), None, False, 'say warnings and errors only'),
        ),
        (),
    ),
    "derp check": (
        (),
        (
            (('--derp-map',), 'file', False, 'relay map: a URL, a file, or - for standard input'),
            (('--region',), 'any', True, 'only this region, may be repeated [all]'),
            (('--node',), 'any', True, 'only this node, may be repeated [all]'),
            (('-4', '--ipv4'), None, False, 'IPv4 only'),
            (('-6', '--ipv6'), None, False, 'IPv6 only'),
            (('--key-file',), 'file', True, 'private key of a client that the relays admit, once or twice [new keys]'),
            (('--ca-file',), 'file', False, 'trust these authorities too (PEM)'),
            (('--proxy',), 'any', False, 'HTTP proxy to go through [environment]'),
            (('--volume',), 'any', False, 'sent at a stretch to see how fast it goes, 0: not [256]'),
            (('--port80',), 'any', False, 'where login page checks go [80]'),
            (('--timeout', '-W'), 'any', False, 'limit of a run [30]'),
            (('--offline', '--no-offline'), None, False, 'fetch nothing: use the cached relay map'),
            (('--json',), None, False, 'the check as JSON, same as --format json'),
            (('--format',), ('text', 'json', 'junit'), False, 'output format [text]'),
            (('--output', '-o'), 'file', False, 'write the result to a file, whole or not at all'),
            (('--fail-on',), ('fail', 'warn', 'never'), False, 'exit 1 from which severity on [fail]'),
            (('--every',), ('30s', '5m', '1h'), False, 'check again and again until stopped'),
            (('--metrics-listen',), 'any', False, 'with --every: Prometheus page over HTTP [127.0.0.1:9479]'),
            (('--quiet', '-q'), None, False, 'the answer only'),
            (('--verbose', '-v'), None, True, 'more: -v, -vv'),
            (('--color',), ('auto', 'always', 'never'), False, 'colour [auto]'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
            (('--no-progress',), None, False, 'show no progress'),
        ),
        (),
    ),
    "derp map": (
        (('lint', 'Say what is wrong or unwise in a relay map, line by line, and what to write instead'), ('show', 'Show the relay map as it is read: regions, nodes, addresses, ports. Asks no relay')),
        (
        ),
        (),
    ),
    "derp map lint": (
        (),
        (
            (('--fail-on',), ('fail', 'warn', 'never'), False, 'exit 1 from which problem on [fail]'),
            (('--json',), None, False, 'as JSON, for a program'),
            (('--color',), ('auto', 'always', 'never'), False, 'colour [auto]'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
        ),
        'file',
    ),
    "derp map show": (
        (),
        (
            (('--json',), None, False, 'as JSON, for a program'),
            (('--offline', '--no-offline'), None, False, 'fetch nothing: use the cached relay map'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
        ),
        'file',
    ),
    "stun": (
        (('serve', 'Serve STUN over UDP until SIGTERM or Ctrl-C'), ('query', 'Ask one STUN server where it sees this computer')),
        (
        ),
        (),
    ),
    "stun serve": (
        (),
        (
            (('--listen',), 'any', True, 'where to listen, may be repeated [:3478]'),
            (('--alternate',), 'any', True, 'the second address and port of a full RFC 5780 and RFC 3489 server [off]'),
            (('--helper',), None, False, 'send packets from unseen places to who asks for them'),
            (('--helper-address',), 'any', True, "this computer's second address for --helper"),
            (('--helper-peer',), 'any', True, 'another helper that sends for this one'),
            (('--helper-secret-file',), 'file', False, 'what both helpers know, 16 bytes or more'),
            (('--helper-trains',), 'any', False, 'packets per second that --helper counts to find limits of UDP, 0: none [500]'),
            (('--rate',), 'any', False, 'answers per second and source [5]'),
            (('--metrics',), 'any', False, 'Prometheus page over HTTP'),
            (('--engine',), ('auto', 'numpy', 'batch', 'portable', 'asyncio'), False, 'how to read and answer: auto takes the fastest [auto]'),
            (('--quiet', '-q'), None, False, 'the answer only'),
        ),
        (),
    ),
    "stun query": (
        (),
        (
            (('--plain',), None, False, 'only the plain request of RFC 8489'),
            (('--tailscale',), None, False, 'only the request that relays answer'),
            (('--json',), None, False, 'as JSON, for a program'),
            (('-4', '--ipv4'), None, False, 'IPv4 only'),
            (('-6', '--ipv6'), None, False, 'IPv6 only'),
            (('--timeout', '-W'), 'any', False, 'how long to wait, for the name too [3]'),
        ),
        'any',
    ),
    "lab": (
        (('list', 'List the scenarios, and in which beds each can be built'), ('show', 'Show a scenario: who stands behind whom, with addresses and what is special'), ('truth', 'Say what is true in a scenario, by its configuration: per host and per pair'), ('run', 'Run a netcheck on every host of a scenario, and hold the reports against the truth'), ('matrix', 'Run scenarios, all of them unless named, in both beds: truth, what was measured, and whether they agree'), ('up', "Build a scenario in namespaces of this kernel and leave it running; nothing of this computer's own is touched"), ('down', 'Remove the lab that is up, and whatever a killed one left'), ('status', 'Say which lab is up, what its routers have dropped and why, and whether a part of it has ended'), ('exec', 'Run a command on a host of the lab that is up; its exit code is ours'), ('shell', 'Open a shell on a host of the lab that is up')),
        (
        ),
        (),
    ),
    "lab list": (
        (),
        (
            (('--json',), None, False, 'as JSON, for a program'),
        ),
        (),
    ),
    "lab show": (
        (),
        (
            (('--svg',), None, False, 'as a picture'),
            (('--json',), None, False, 'as JSON, for a program'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
        ),
        'file',
    ),
    "lab truth": (
        (),
        (
            (('--json',), None, False, 'as JSON, for a program'),
        ),
        'file',
    ),
    "lab run": (
        (),
        (
            (('--sim',), None, False, 'in the simulator, without privileges'),
            (('--reports',), None, False, "also draw every host's report"),
            (('--report',), 'any', True, "also draw this host's report"),
            (('--json',), None, False, 'as JSON, for a program'),
            (('--ascii', '--no-ascii'), None, False, 'draw with ASCII only'),
        ),
        'file',
    ),
    "lab matrix": (
        (),
        (
            (('--sim',), None, False, 'in the simulator, without privileges'),
            (('--brief',), None, False, 'a line for each bed, and what is wrong'),
            (('--jobs',), 'any', False, 'so many stand in the kernel at once [by processors]'),
            (('--json',), None, False, 'as JSON, for a program'),
        ),
        'file',
    ),
    "lab up": (
        (),
        (
            (('--json',), None, False, 'as JSON, for a program'),
        ),
        'file',
    ),
    "lab down": (
        (),
        (
            (('--json',), None, False, 'as JSON, for a program'),
        ),
        (),
    ),
    "lab status": (
        (),
        (
            (('--json',), None, False, 'as JSON, for a program'),
        ),
        (),
    ),
    "lab exec": (
        (),
        (
            (('--json',), None, False, 'what it said, as JSON, when it has ended'),
        ),
        'any',
    ),
    "lab shell": (
        (),
        (
        ),
        'any',
    ),
    "config": (
        (('show', 'Print every setting with its value'), ('check', 'Say what is wrong with the configuration files and variables'), ('path', 'Print which files are read, lowest first'), ('template', 'Print a commented configuration file with every setting')),
        (
        ),
        (),
    ),
    "config show": (
        (),
        (
            (('--origin',), None, False, 'also where each value comes from'),
            (('--json',), None, False, 'as JSON, for a program'),
        ),
        (),
    ),
    "config check": (
        (),
        (
        ),
        (),
    ),
    "config path": (
        (),
        (
        ),
        (),
    ),
    "config template": (
        (),
        (
        ),
        (),
    ),
    "schema": (
        (),
        (
            (('--list',), None, False, 'which documents have a schema'),
        ),
        ('derp-check', 'report'),
    ),
    "help": (
        (),
        (
        ),
        ('environment', 'exit-codes', 'ipv6', 'nat-types', 'privacy', 'relays', 'udp', 'netcheck', 'status', 'path', 'targets', 'probe', 'explain', 'report', 'derp', 'stun', 'lab', 'config', 'schema', 'help', 'completion', 'version'),
    ),
    "completion": (
        (),
        (
        ),
        ('bash', 'zsh', 'fish'),
    ),
    "version": (
        (),
        (
            (('--json',), None, False, 'as JSON, for a program'),
        ),
        (),
    ),
}
