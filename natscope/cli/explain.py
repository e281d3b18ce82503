"""`natscope explain`: what a finding means, offline."""

from __future__ import annotations

from typing import Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.session import Session, begin
from natscope.errors import UserError

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
    from natscope.cli import cause_page, relay_finding
    from natscope.cli.pen import Pen
    from natscope.cli.relay_finding import only_of_relays
    from natscope.diagnosis.catalogue import canonical, entries, find

    session = begin(context)
    console = session.console
    pen = Pen(console.width, console.ascii_only, console.colour)
    if listed or not cause:
        if mail or report:
            raise UserError("--mail and --report need the id of a finding", hint="natscope explain NS-UDP-01 --mail")
        found = [(entry.id, entry.load()) for entry in entries()] + [(name, None) for name in only_of_relays()]
        in_order = sorted(found, key=lambda each: each[0])
        if as_json:
            told = [relay_finding.document(name) if m is None else cause_page.document(m) for name, m in in_order]
            console.data(_json(told))
        else:
            rows = [relay_finding.row(name, pen) if m is None else cause_page.row(m, pen) for name, m in in_order]
            console.data("\n".join(rows) + "\n")
        return exit_codes.GOOD
    if (name := canonical(cause)) in only_of_relays():
        if mail or report:
            raise UserError(f"{name} is found by natscope derp check: there is no letter, and no report has it")
        text = _json(relay_finding.document(name)) if as_json else "\n".join(relay_finding.draw(name, pen)) + "\n"
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
            f"no letter is written for {cause_id}: its fixes are yours", hint=f"natscope explain {cause_id} says how"
        )
    return text


def _json(document: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
