"""The table of commands: name, module, what it does in a few words. A module is imported when its command is named.

Each module has `app`, a `typer.Typer`: with one command for a plain command, with several for a group. Adding a
command: its file, its row here, then `python -m natscope.cli.generate`.
"""

COMMANDS = (
    # name, module, is it a group, summary
    ("netcheck", "natscope.cli.netcheck", False, "can this network connect directly, and if not, why?"),
    ("ping", "natscope.cli.ping", False, "does this peer get direct, and if not, why?"),
    ("status", "natscope.cli.status", False, "how is each peer of your mesh reached, and why not directly?"),
    ("path", "natscope.cli.path", False, "all about the way to one peer: candidates, history, prediction"),
    ("doctor", "natscope.cli.doctor", False, "natscope, tailscaled and this computer, check by check, with fixes"),
    ("preflight", "natscope.cli.preflight", False, "will a mesh VPN be direct here? Before you install one"),
    ("targets", "natscope.cli.targets", False, "whom would a netcheck contact, with how many packets?"),
    ("probe", "natscope.cli.probe", False, "one probe by itself; --list: which there are"),
    ("pair", "natscope.cli.pair", False, "do two nodes connect directly, by their reports, and what would change it?"),
    ("check", "natscope.cli.check", False, "a health job: does this network meet a policy? is a finding gone?"),
    ("explain", "natscope.cli.explain", False, "what a finding means and what to do; --list: which there are"),
    (
        "report",
        "natscope.cli.report",
        True,
        "reports in files: make or show one in any form, say why, mask it, compare two",
    ),
    ("bundle", "natscope.cli.bundle", False, "one zip for a support ticket: report, mesh, doctor, versions; masked"),
    ("derp", "natscope.cli.derp", True, "relays: serve one, check whether they relay, their map"),
    ("stun", "natscope.cli.stun", True, "STUN: serve it, ask one server"),
    ("lab", "natscope.cli.lab", True, "networks to reproduce, simulated or in namespaces, each with its truth"),
    ("config", "natscope.cli.config", True, "settings: what is in force, where from, a template"),
    ("schema", "natscope.cli.schema", False, "JSON Schema of what --json prints"),
    ("help", "natscope.cli.help", False, "short texts: nat-types, relays, exit-codes, environment, …"),
    ("completion", "natscope.cli.completion", False, "a completion script for bash, zsh or fish"),
    ("version", "natscope.cli.version", False, "the version; --json: also Python and the parts it uses"),
)

BY_NAME = {row[0]: row for row in COMMANDS}

QUICK = {"netcheck": "natscope.cli.netcheck_flow", "status": "natscope.cli.status_flow"}
"""Commands that are parsed without typer where possible; the module has `run(session)`."""

FILE_MEANS = {"report": "view"}
"""Groups in which a file in place of a command stands for this command and the file."""
