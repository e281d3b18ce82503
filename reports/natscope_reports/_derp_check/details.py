"""With `-v`: what every address of a node showed: times of each part, certificate, keys."""

from __future__ import annotations

from natscope.model.derp_check import AddressReport, CertificateReport, DerpCheck, NodeReport
from natscope.model.tri import Tri
from natscope_reports._text.ink import FAINT, NAME, Sheet
from natscope_reports._text.numbers import milliseconds

KEY = 16
"""Digits of a key that tell it apart from others."""


def draw(sheet: Sheet, check: DerpCheck) -> None:
    """A section for each node."""
    for node in check.nodes:
        sheet.heading(node.node, node.host_name)
        for address in node.addresses:
            _line(sheet, address.address, _address(sheet, address))
        for stun in node.stun:
            told = milliseconds(stun.rtt_ms) if stun.rtt_ms is not None else stun.error or "no answer"
            seen = f"sees us as {stun.mapped}" if stun.mapped else ""
            _line(sheet, f"STUN {stun.address}", sheet.dots(f"{stun.answered} of {stun.sent} answered", told, seen))
        if node.certificate is not None:
            _line(sheet, "certificate", _certificate(sheet, node.certificate))
            if node.certificate.sha256:
                sheet.line((f"    sha256-raw:{node.certificate.sha256}", FAINT))
        if node.server_keys:
            _line(sheet, "relay key", ", ".join(f"{key[:KEY]}…" for key in node.server_keys))
        _line(sheet, "steps", _evidence(node))


def _line(sheet: Sheet, label: str, text: str) -> None:
    sheet.line((f"  {label}", NAME))
    sheet.paragraph(text or "nothing", 4, FAINT)


def _address(sheet: Sheet, address: AddressReport) -> str:
    parts = [
        f"{word} {milliseconds(value)}"
        for word, value in (
            ("TCP", address.connect_ms),
            ("TLS", address.tls_ms),
            ("upgrade", address.upgrade_ms),
            ("greeting", address.greeting_ms),
        )
        if value is not None
    ]
    through = f"through the proxy {address.proxy}" if address.proxy else ""
    return sheet.dots(*parts, through, address.message)


def _certificate(sheet: Sheet, certificate: CertificateReport) -> str:
    good = {Tri.YES: "clients accept it", Tri.NO: "clients refuse it"}.get(certificate.verified, "not checked")
    return sheet.dots(
        f"for {', '.join(certificate.names) or 'no name'}",
        f"issued by {certificate.issuer}" if certificate.issuer else "",
        f"until {certificate.ends[:10]}" if certificate.ends else "",
        certificate.tls_version,
        "pinned by the map" if certificate.pinned else "",
        good,
    )


def _evidence(node: NodeReport) -> str:
    return ", ".join(f"{step.name}: {step.evidence[0]}" for step in node.steps if step.evidence)
