"""SOAP calls to Internet Gateway Devices and what they answer, in both directions.

Source: UPnP Device Architecture 1.1 §3.2; the envelope keeps the prefixes `s:` and `u:`, because some routers fail on
any other. Which actions there are stands in `natscope.wire.portmap.igd_actions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natscope.errors import LocalError, RemoteError
from natscope.wire.portmap.bounded_xml import Node, read_xml, xml_text

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
CONTENT_TYPE = 'text/xml; charset="utf-8"'
MAX_ARGUMENTS = 32

ERRORS: dict[int, str] = {
    401: "Invalid Action",
    402: "Invalid Args",
    501: "Action Failed",
    600: "Argument Value Invalid",
    601: "Argument Value Out of Range",
    602: "Optional Action Not Implemented",
    603: "Out of Memory",
    604: "Human Intervention Required",
    605: "String Argument Too Long",
    606: "Action Not Authorized",
    713: "SpecifiedArrayIndexInvalid",
    714: "NoSuchEntryInArray",
    715: "WildCardNotPermittedInSrcIP",
    716: "WildCardNotPermittedInExtPort",
    718: "ConflictInMappingEntry",
    724: "SamePortValuesRequired",
    725: "OnlyPermanentLeasesSupported",
    726: "RemoteHostOnlySupportsWildcard",
    727: "ExternalPortOnlySupportsWildcard",
    728: "NoPortMapsAvailable",
    729: "ConflictWithOtherMechanisms",
    730: "PortMappingNotFound",
    732: "WildCardNotPermittedInIntPort",
    733: "InconsistentParameters",
}
"""Names of errors: UPnP Device Architecture, WANIPConnection:1 and :2, WANPPPConnection:1."""


@dataclass(frozen=True, slots=True)
class SoapCall:
    """A call of `action` of a service, its arguments in the order of the service's description."""

    service_type: str
    action: str
    arguments: tuple[tuple[str, str], ...] = ()

    @property
    def soap_action(self) -> str:
        """The value of the SOAPAction header, with its quotes."""
        return f'"{self.service_type}#{self.action}"'

    def argument(self, name: str) -> str | None:
        """The argument of that name, None without one."""
        return next((value for key, value in self.arguments if key == name), None)


@dataclass(frozen=True, slots=True)
class SoapResult:
    """What an action gave back, by name."""

    action: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SoapFault:
    """A refusal. `code` is None where the fault has no UPnP error in it; `words` are the device's own."""

    code: int | None
    words: str

    @property
    def name(self) -> str:
        """The error's name by the standard, else the device's words."""
        return ERRORS.get(self.code or 0, self.words)


def encode_call(call: SoapCall) -> bytes:
    """The body of the request."""
    inner = "".join(f"<{_name(key)}>{xml_text(value)}</{key}>" for key, value in call.arguments)
    return _envelope(f'<u:{_name(call.action)} xmlns:u="{_type(call.service_type)}">{inner}</u:{call.action}>')


def decode_call(body: bytes, soap_action: str) -> SoapCall:
    """A router's view of a request; raises `RemoteError` where header and body do not fit together."""
    service_type, hash_mark, action = soap_action.strip().strip('"').rpartition("#")
    if not hash_mark or not service_type or not action:
        raise RemoteError("a SOAPAction without service or action", field="SOAPAction")
    node = _only(_body(body, "SOAP request"), "SOAP request")
    if node.name != action:
        raise RemoteError("SOAPAction and body name different actions", field="SOAPAction")
    return SoapCall(service_type, action, tuple(_values(node).items()))


def encode_result(service_type: str, action: str, values: Mapping[str, str]) -> bytes:
    """The body of a successful answer."""
    inner = "".join(f"<{_name(key)}>{xml_text(value)}</{key}>" for key, value in values.items())
    return _envelope(f'<u:{_name(action)}Response xmlns:u="{_type(service_type)}">{inner}</u:{action}Response>')


def encode_fault(code: int, words: str = "") -> bytes:
    """The body of a refusal (HTTP status 500)."""
    text = xml_text(words or ERRORS.get(code, "Error"))
    return _envelope(
        "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>"
        f'<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>{code}</errorCode>'
        f"<errorDescription>{text}</errorDescription></UPnPError></detail></s:Fault>"
    )


def decode_answer(body: bytes, action: str) -> SoapResult | SoapFault:
    """The answer to a call of `action`, whatever its HTTP status was. Raises `RemoteError`."""
    node = _only(_body(body, "SOAP answer"), "SOAP answer")
    if node.name.lower() == "fault":
        return _fault(node)
    if node.name != f"{action}Response":
        raise RemoteError("an answer to another action", field="SOAP answer")
    return SoapResult(action, _values(node))


def _fault(node: Node) -> SoapFault:
    error = node.find("UPnPError")
    if error is None:
        return SoapFault(None, node.text_of("faultstring"))
    code = error.text_of("errorCode")
    number = int(code) if code.isascii() and code.isdecimal() and len(code) <= 6 else None
    return SoapFault(number, error.text_of("errorDescription"))


def _body(data: bytes, what: str) -> Node:
    root = read_xml(data, what)
    body = root.first("Body") if root.name == "Envelope" else None
    if body is None:
        raise RemoteError(f"{what} without envelope and body", field=what)
    return body


def _only(body: Node, what: str) -> Node:
    if not body.children:
        raise RemoteError(f"{what} with an empty body", field=what)
    return body.children[0]


def _values(node: Node) -> dict[str, str]:
    if len(node.children) > MAX_ARGUMENTS:
        raise RemoteError(f"more than {MAX_ARGUMENTS} arguments", field=node.name)
    values: dict[str, str] = {}
    for child in node.children:
        values.setdefault(child.name, child.text)
    return values


def _envelope(inner: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="{ENVELOPE}" s:encodingStyle="{ENCODING}">'
        f"<s:Body>{inner}</s:Body></s:Envelope>"
    ).encode()


def _name(text: str) -> str:
    if not (text.isascii() and text.isalnum() and not text[0].isdigit()):
        raise LocalError(f"{text!r} is no name of an action or argument")
    return text


def _type(text: str) -> str:
    if not text or any(c in text for c in '"<>&') or not text.isascii() or not text.isprintable():
        raise LocalError(f"{text!r} is no service type")
    return text
