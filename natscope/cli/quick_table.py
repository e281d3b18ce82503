"""The options of commands whose start is measured in milliseconds, as literals.

Made by `python -m natscope.cli.generate`; do not edit.
"""

# ruff: noqa
# fmt: off

# kinds: value, list, count, yes and no (a flag that sets True or False)
OPTIONS = {
    "netcheck": {
        '--derp-map': ('derp_map', 'value'),
        '--profile': ('profile', 'value'),
        '--full': ('full', 'yes'),
        '--https': ('https', 'yes'),
        '--no-https': ('https', 'no'),
        '--icmp': ('icmp', 'yes'),
        '--no-icmp': ('icmp', 'no'),
        '--hairpin': ('hairpin', 'yes'),
        '--no-hairpin': ('hairpin', 'no'),
        '--lifetime': ('lifetime', 'yes'),
        '--no-lifetime': ('lifetime', 'no'),
        '--udp-rate': ('udp_rate', 'yes'),
        '--no-udp-rate': ('udp_rate', 'no'),
        '--cross-check': ('cross_check', 'yes'),
        '--no-cross-check': ('cross_check', 'no'),
        '--only': ('only', 'list'),
        '--skip': ('skip', 'list'),
        '--gentle': ('gentle', 'yes'),
        '--no-gentle': ('gentle', 'no'),
        '--timeout': ('timeout', 'value'),
        '-W': ('timeout', 'value'),
        '-4': ('only_v4', 'yes'),
        '--ipv4': ('only_v4', 'yes'),
        '-6': ('only_v6', 'yes'),
        '--ipv6': ('only_v6', 'yes'),
        '--interface': ('interface', 'value'),
        '-i': ('interface', 'value'),
        '--source-port': ('source_port', 'value'),
        '--bind-port': ('source_port', 'value'),
        '--bind-address': ('bind_address', 'value'),
        '--offline': ('offline', 'yes'),
        '--no-offline': ('offline', 'no'),
        '--json': ('as_json', 'yes'),
        '--format': ('format_name', 'value'),
        '--tailscale-json': ('tailscale_json', 'yes'),
        '--output': ('output', 'value'),
        '-o': ('output', 'value'),
        '--record': ('record', 'value'),
        '--pcap': ('pcap', 'value'),
        '--replay': ('replay', 'value'),
        '--redact': ('redact', 'yes'),
        '--no-redact': ('redact', 'no'),
        '--fail-on': ('fail_on', 'value'),
        '--quiet': ('quiet', 'yes'),
        '-q': ('quiet', 'yes'),
        '--verbose': ('verbose', 'count'),
        '-v': ('verbose', 'count'),
        '--debug': ('debug', 'yes'),
        '--color': ('color', 'value'),
        '--ascii': ('ascii_only', 'yes'),
        '--no-ascii': ('ascii_only', 'no'),
        '--no-progress': ('no_progress', 'yes'),
    },
}

DEFAULTS = {
    "netcheck": {'derp_map': None, 'profile': None, 'full': False, 'https': None, 'icmp': None, 'hairpin': None, 'lifetime': None, 'udp_rate': None, 'cross_check': None, 'only': (), 'skip': (), 'gentle': None, 'timeout': None, 'only_v4': False, 'only_v6': False, 'interface': None, 'source_port': None, 'bind_address': None, 'offline': None, 'as_json': False, 'format_name': None, 'tailscale_json': False, 'output': None, 'record': None, 'pcap': None, 'replay': None, 'redact': None, 'fail_on': None, 'quiet': False, 'verbose': 0, 'debug': False, 'color': None, 'ascii_only': None, 'no_progress': False},
}
