"""`natscope derp serve`: the relay as a service, with derper's own flags under their own spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from natscope.apps.derp_settings import BY_FLAG, BY_NAME
from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.session import begin
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.apps.derp_values import Values
    from natscope.apps.go_flags import Taken
    from natscope.cli.render import Console

_TAKEN, _HELP = "natscope.derper", "natscope.derper.help"
_GO_HELP = "-help"


def relay_option(name: str, negative: str = "") -> Any:
    """A typer option for a setting of the relay; its help, metavar and default come from the table."""
    setting = BY_NAME[name]
    text = setting.help
    if setting.kind != "switch" and setting.default not in ("", ()):
        default = (
            ",".join(setting.default)
            if isinstance(setting.default, tuple)
            else f"{setting.default:g}"
            if isinstance(setting.default, float)
            else setting.default
        )
        text += f" [{default}]"
    metavar = None if setting.kind == "switch" else setting.metavar or "|".join(setting.choices)
    return typer.Option(
        f"{setting.flag}/{negative}" if negative else setting.flag, help=text, metavar=metavar, show_default=False
    )


class ServeCommand(TyperCommand):
    """Takes derper's flags out of the command line, in every form of Go's, before the options of ours are read."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What derper's flags said goes into `ctx.meta`. Raises `UserError`."""
        from natscope.apps.derper_flags import FLAGS
        from natscope.apps.go_flags import take

        ours, others = _places_for_stun(args)
        taken = take(others, FLAGS)
        ctx.meta[_HELP] = _GO_HELP in taken.rest
        taken.rest[:] = [word for word in taken.rest if word != _GO_HELP]
        for word in taken.rest:
            if word.startswith("-") and not word.startswith("--") and len(word) > 2:
                raise _unknown(word)
        ctx.meta[_TAKEN] = taken
        found: list[str] = super().parse_args(ctx, [*ours, *taken.rest])
        return found


def serve(
    context: typer.Context,
    config: Annotated[
        str, typer.Option("--config", help="settings in TOML; flags win over it", metavar="FILE", show_default=False)
    ] = "",
    print_config: Annotated[bool, opt.switch("print a commented file with every setting", "--print-config")] = False,
    listen: Annotated[list[str] | None, relay_option("listen")] = None,
    tls: Annotated[str | None, relay_option("tls.mode")] = None,
    hostname: Annotated[str | None, relay_option("hostname")] = None,
    cert: Annotated[str | None, relay_option("tls.cert")] = None,
    cert_key: Annotated[str | None, relay_option("tls.key")] = None,
    cert_dir: Annotated[str | None, relay_option("tls.directory")] = None,
    acme_email: Annotated[str | None, relay_option("tls.acme_email")] = None,
    acme_directory: Annotated[str | None, relay_option("tls.acme_directory")] = None,
    http: Annotated[str | None, relay_option("http")] = None,
    stun_listen: Annotated[list[str] | None, relay_option("stun.listen")] = None,
    key_file: Annotated[str | None, relay_option("key_file")] = None,
    mesh_with: Annotated[str | None, relay_option("mesh.with")] = None,
    mesh_key_file: Annotated[str | None, relay_option("mesh.key_file")] = None,
    verify_clients: Annotated[bool | None, relay_option("admission.tailscaled")] = None,
    verify_client_url: Annotated[str | None, relay_option("admission.url")] = None,
    verify_client_url_fail_open: Annotated[
        bool | None, relay_option("admission.fail_open", "--no-verify-client-url-fail-open")
    ] = None,
    rate_config: Annotated[str | None, relay_option("limits.rate_file")] = None,
    metrics: Annotated[str | None, relay_option("metrics")] = None,
    workers: Annotated[str | None, relay_option("workers")] = None,
    drain: Annotated[str | None, relay_option("drain")] = None,
    log_format: Annotated[str | None, relay_option("log_format")] = None,
    quiet: Annotated[bool, opt.switch("say warnings and errors only", "--quiet", "-q")] = False,
) -> int:
    """Serve a relay (DERP) that clients of a mesh VPN reach each other through, with STUN beside it.

    Examples:
    natscope derp serve --hostname derp.example.net  # certificate from Let's Encrypt; ports 443, 80, UDP 3478
    natscope derp serve --tls off --listen 127.0.0.1:8080  # behind a proxy that speaks TLS
    natscope derp serve -c derper.key -a :443 -hostname derp.example.net  # derper's flags, in every form

    The certificate is from an authority where --hostname is a name, your own with --cert, and otherwise self-signed:
    then its entry for the relay map, with its pin, is printed.

    SIGTERM lets the clients go within --drain seconds, a second one ends it at once. SIGHUP reads the settings, and
    the files that they name, again. Every flag of derper is taken under its own spelling or refused by name; -c is the
    key file there, our own settings are --config. Nothing is sent to anybody who did not ask, but by --mesh-with, an
    authority for the certificate, and the checks of --verify-clients and --verify-client-url.
    """
    from natscope.cli.derp_serving import run_relay

    console = begin(context).console
    if context.meta[_HELP]:
        from natscope.cli.help_text import HELP

        console.data(HELP["derp serve"])
        return exit_codes.GOOD
    if print_config:
        from natscope.apps.derp_template import template

        console.data(template())
        return exit_codes.GOOD
    taken: Taken = context.meta[_TAKEN]
    if taken.values.get("version"):
        from natscope.version import VERSION

        console.data(f"natscope {VERSION}\n")
        return exit_codes.GOOD

    def read() -> Values:
        return _settled(console, context, taken, config)

    run_relay(console, read(), quiet=quiet, read=read)
    return exit_codes.GOOD


def _settled(console: Console, context: typer.Context, taken: Taken, file: str) -> Values:
    """The settings of all layers. Raises `UserError`."""
    import os

    from natscope.apps.derp_values import read_file, settle
    from natscope.apps.derper_flags import Surroundings, meaning_of

    parameters = {
        param.name: BY_FLAG[param.opts[0]]
        for param in context.command.params
        if param.name is not None and param.opts[0] in BY_FLAG
    }
    around = Surroundings(console.environ, is_root=hasattr(os, "geteuid") and os.geteuid() == 0)
    own: dict[str, str | bool | tuple[str, ...]] = {}
    for name, setting in parameters.items():
        value = context.params[name]
        if isinstance(value, str | bool):
            own[setting.name] = value
        elif isinstance(value, list | tuple) and value:
            own[setting.name] = tuple(str(item) for item in value)
    return settle(own, meaning_of(taken, around), read_file(file) if file else None)


def _places_for_stun(words: list[str]) -> tuple[list[str], list[str]]:
    """`--stun WHERE` and all other words: `-stun` and `--stun=false` are derper's switch."""
    from natscope.apps.go_flags import SWITCH_WORDS

    ours: list[str] = []
    others: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name == "--stun" and equals and value not in SWITCH_WORDS:
            ours.append(word)
        elif word == "--stun" and rest and not rest[0].startswith("-"):
            ours.append(f"--stun={rest.pop(0)}")
        else:
            others.append(word)
    return ours, others


def _unknown(word: str) -> UserError:
    """A word in Go's form that is no flag of derper's."""
    from natscope.apps.derper_flags import FLAGS
    from natscope.apps.did_you_mean import closest

    near = closest(word.lstrip("-").partition("=")[0], [*FLAGS, *(flag[2:] for flag in BY_FLAG)])
    dash = "-" if near in FLAGS else "--"
    return UserError(
        f'no option "{word.partition("=")[0]}"' + (f". Did you mean {dash}{near}?" if near else ""),
        hint="natscope derp serve --help",
    )
