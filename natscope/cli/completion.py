"""`natscope completion`."""

from __future__ import annotations

from typing import Annotated

import typer

from natscope.apps.did_you_mean import question
from natscope.cli.completion_scripts import SCRIPTS
from natscope.cli.session import console_of
from natscope.errors import UserError

app = typer.Typer(add_completion=False)


@app.command()
def completion(
    context: typer.Context, shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish", show_default=False)]
) -> None:
    """Print a completion script for a shell.

    Examples:
    eval "$(natscope completion bash)"  # now, in this bash
    natscope completion zsh > "${fpath[1]}/_natscope"  # zsh, from the next start on
    natscope completion fish > ~/.config/fish/completions/natscope.fish  # fish, from now on

    For bash, a file of that content in ~/.local/share/bash-completion/completions/natscope serves every new shell.
    """
    script = SCRIPTS.get(shell)
    if script is None:
        known = ", ".join(SCRIPTS)
        raise UserError(f'no completion for "{shell}"{question(shell, SCRIPTS)}', hint=f"there is one for {known}")
    console_of(context).data(script)
