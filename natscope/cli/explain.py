"""`natscope explain`: what a finding means, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.session import Session, begin
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.cli.pen import Pen

app = typer.Typer(add_completion=False)


@app.command()
def explain(
    context: typer.Context,
    cause: Annotated[str, typer.Argument(metavar="[ID]", show_default=False)] = "",
    listed: Annotated[bool, opt.switch("all findings there are, a line each", "--list")] = False,
    mail: Annotated[bool, opt.switch("a text to send to whoever can fix it", "--mail")] = False,
    report: Annotated[
        str | None,
        typer.Option("--report", help="a report whose numbers the text has", metavar="FILE", show_default=False),
    ] = None,
    as_json: opt.AsJson = False,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
) -> int:
    """Explain a finding: what it is, what speaks for and against it, what to do, how to verify. Needs no network.

    Examples:
    natscope explain NS-NAT-01  # the page of one finding
    natscope explain --list  # all of them
    natscope explain NS-UDP-01 --mail --report report.json  # a letter to the administrator, with your numbers
    """
    from natscope.cli import cause_page
    from natscope.cli.pen import Pen
    from natscope.diagnosis.catalogue import entries, find

    session = begin(context)
    console = session.console
    pen = Pen(console.width, console.ascii_only, console.colour)
    if listed or not cause:
        if mail or report:
            raise UserError("--mail and --report need the id of a finding", hint="natscope explain NS-UDP-01 --mail")
        modules = [entry.load() for entry in entries()]
        if as_json:
            console.data(_json([cause_page.document(module) for module in modules]))
        else:
            console.data("\n".join(cause_page.row(module, pen) for module in modules) + "\n")
        return exit_codes.GOOD
    if (text := _of_relay_check(cause, pen, as_json=as_json)) and not (mail or report):
        console.data(text)
        return exit_codes.GOOD
    module = find(cause).load()
    if report and not mail:
        raise UserError("--report goes with --mail", hint=f"natscope report view {report} --why {module.CAUSE.id}")
    if mail:
        console.data(pen.ours(_letter(module.CAUSE.id, report, session)))
    elif as_json:
        console.data(_json(cause_page.document(module)))
    else:
        console.data("\n".join(cause_page.draw(module, pen)) + "\n")
    return exit_codes.GOOD


def _of_relay_check(cause: str, pen: Pen, *, as_json: bool) -> str:
    """What only `natscope derp check` finds; empty for a finding that has a page of its own, and for none."""
    from natscope.diagnosis.catalogue import entries
    from natscope.relay_check.meanings import MEANINGS, plain

    name = f"NS-{cause.upper().removeprefix('NS-')}"
    if name not in MEANINGS or any(entry.id == name for entry in entries()):
        return ""
    meaning = MEANINGS[name]
    says, means, do = (plain(text) for text in (meaning.says, meaning.means, meaning.do))
    if as_json:
        return _json({"id": name, "says": says, "means": means, "do": do, "found_by": "natscope derp check"})
    lines = pen.wrap(f"{name}  Of a relay: {says}", "", role="bold")
    lines += pen.wrap("found by natscope derp check", "", role="faint")
    for heading, text in (("What it means", means), ("What to do", do)):
        lines += ["", pen.paint(heading, "bold"), *pen.wrap(text, "  ")]
    return "\n".join(lines) + "\n"


def _letter(cause_id: str, report: str | None, session: Session) -> str:
    """Raises `UserError` where nobody else can do anything, and for a report without that finding."""
    from natscope.cli import cause_page
    from natscope.diagnosis.catalogue import find
    from natscope.plugins.clean import clean

    detail = ""
    if report is not None:
        from natscope.cli.named_report import named_report

        found = next((f for f in named_report(session, report).report.findings if f.id == cause_id), None)
        if found is None:
            raise UserError(f"{report} has no finding {cause_id}", hint="natscope report view FILE shows which it has")
        detail = clean(found.detail)
    text = cause_page.letter(find(cause_id).load(), detail)
    if not text:
        raise UserError(
            f"{cause_id} is yours to fix: there is nobody to write to", hint=f"natscope explain {cause_id} says how"
        )
    return text


def _json(document: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
