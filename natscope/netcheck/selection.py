"""Which probes a run has: by name, profile, and what this host and map offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from natscope.errors import PluginError, UserError
from natscope.model.observation import ProbeOutcome
from natscope.netcheck.options import NetcheckOptions
from natscope.plugins.loader import Found, PluginModule, load
from natscope.plugins.probe import PROFILES, Probe, RunFunction, Scope


class LoadedProbe(msgspec.Struct, frozen=True):
    """A probe whose module is imported."""

    probe: Probe
    run: RunFunction


def choose_modules(found: Found, options: NetcheckOptions) -> tuple[PluginModule, ...]:
    """The modules that `--only` and `--skip` leave, nothing imported. Raises `UserError` for a name nobody has."""
    names = dict.fromkeys(module.name for module in found.modules)
    for name in (*options.only, *options.skip):
        if name not in names:
            raise UserError(f"there is no probe {name[:60]!r}", hint=f"probes are: {', '.join(names)}")
    chosen: dict[str, PluginModule] = {}
    for module in found.modules:
        wanted = not options.only or module.name in options.only
        if wanted and module.name not in options.skip:
            chosen.setdefault(module.name, module)
    return tuple(chosen.values())


def left_out(found: Found, options: NetcheckOptions) -> tuple[ProbeOutcome, ...]:
    """The probes that `--only` and `--skip` took out."""
    chosen = {module.name for module in choose_modules(found, options)}
    names = dict.fromkeys(module.name for module in found.modules)
    by = "--only" if options.only else "--skip"
    return tuple(
        ProbeOutcome(
            name=name,
            title=name.replace("_", " "),
            state="skipped",
            reason=f"left out by {'--skip' if name in options.skip else by}",
        )
        for name in names
        if name not in chosen
    )


def load_probe(module: PluginModule) -> LoadedProbe:
    """Import one. Raises `PluginError`."""
    loaded = load(module, "PROBE")
    probe, run = loaded.PROBE, getattr(loaded, "run", None)
    if not isinstance(probe, Probe) or not callable(run) or probe.profile not in PROFILES:
        raise PluginError(f"the plug-in {module.qualified} declares no usable PROBE")
    if probe.name != module.name:
        raise PluginError(f"the plug-in {module.qualified} gives its probe another name: {probe.name[:60]!r}")
    return LoadedProbe(probe, run)


def reason_to_skip(
    probe: Probe, scope: Scope, options: NetcheckOptions, capabilities: frozenset[str]
) -> ProbeOutcome | None:
    """The outcome of a probe that does not run, None when it does. A probe named by `--only` needs no profile."""
    flag, reason = probe.flag, ""
    if PROFILES.index(probe.profile) > PROFILES.index(options.profile) and probe.name not in options.only:
        reason, flag = f"belongs to the profile {probe.profile}", f"--profile {probe.profile}"
    elif missing := sorted(probe.needs - capabilities):
        reason, flag = f"this system offers no {', '.join(missing)}", ""
    elif not set(probe.families) & set(scope.families):
        reason, flag = "its address family is switched off", ""
    else:
        reason = probe.when(scope)
    if not reason:
        return None
    return ProbeOutcome(name=probe.name, title=probe.title, state="skipped", reason=reason, flag=flag)


def load_all(modules: Sequence[PluginModule], warn: Callable[[PluginError], None]) -> list[LoadedProbe]:
    """Import them; a broken one becomes a warning."""
    loaded = []
    for module in modules:
        try:
            loaded.append(load_probe(module))
        except PluginError as error:
            warn(error)
    return loaded
