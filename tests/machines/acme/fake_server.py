"""An ACME server on paper: it checks signatures and nonces as RFC 8555 wants it and issues with its own authority."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from acme import jws
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from josepy.jwk import JWK

from natscope.machines.acme.dialogue import Answer, Ask

ROOT = "https://acme.test"
DIRECTORY = f"{ROOT}/dir"
TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
PREFIX = "urn:ietf:params:acme:error:"


class FakeAcme:
    """`proof` is asked for each challenge that is to be validated; `faults` answer a path instead, once each."""

    def __init__(
        self, *, kinds: tuple[str, ...] = ("http-01", "tls-alpn-01", "dns-01"),
        proof: Callable[[str], str] = lambda kind: "", days: float = 90, now: datetime | None = None,
    ) -> None:  # fmt: skip
        self.kinds = kinds
        self.proof = proof
        self.days = days
        self.now = now or datetime(2026, 1, 1, tzinfo=UTC)
        self.faults: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, str]] = []
        self.posted: dict[str, Any] = {}
        self.accounts: list[str] = []
        self.issued = 0
        self.polls_before_valid = 1
        self._nonces: set[str] = set()
        self._numbers = itertools.count(1)
        self._key: JWK | None = None
        self._name = ""
        self._order = "pending"
        self._proved = ""
        self._polls = 0
        self._certificate = b""
        self._authority = ec.generate_private_key(ec.SECP256R1())

    def answer(self, ask: Ask) -> Answer:
        path = ask.url.removeprefix(ROOT)
        self.asked.append((ask.method, path))
        if self.faults.get(path):
            return self.faults[path].pop(0)
        if ask.method == "HEAD":
            return self._answer(200, b"")
        if ask.method == "GET":
            names = ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange")
            return self._answer(200, {name: f"{ROOT}/{name}" for name in names})
        signed = jws.JWS.json_loads(ask.body.decode())
        header = signed.signature.combined
        nonce = base64.urlsafe_b64encode(header.nonce).decode().rstrip("=")
        if nonce not in self._nonces:
            return self.problem("badNonce", "too old")
        self._nonces.discard(nonce)
        assert header.url == ask.url
        if path == "/newAccount":
            self._key = header.jwk
            assert header.kid is None
        else:
            assert header.kid == f"{ROOT}/account/1"
        assert self._key is not None
        assert signed.verify(self._key)
        self.posted[path] = json.loads(signed.payload or b"null")
        return self._post(path)

    def problem(self, kind: str, detail: str, status: int = 400, **headers: str) -> Answer:
        return self._answer(status, {"type": PREFIX + kind, "detail": detail}, **headers)

    @property
    def thumbprint(self) -> str:
        assert self._key is not None
        return base64.urlsafe_b64encode(self._key.thumbprint()).decode().rstrip("=")

    def _post(self, path: str) -> Answer:
        if path == "/newAccount":
            self.accounts.append(self.thumbprint)
            return self._answer(201, {"status": "valid"}, location=f"{ROOT}/account/1")
        if path == "/newOrder":
            self._name = self.posted[path]["identifiers"][0]["value"]
            self._order, self._proved, self._polls = "pending", "", 0
            return self._answer(201, self._order_document(), location=f"{ROOT}/order/1")
        if path == "/authz/1":
            return self._answer(200, self._authorization())
        if path.startswith("/challenge/"):
            reason = self.proof(path.rpartition("/")[2])
            self._proved = reason or "valid"
            return self._answer(200, {"type": path.rpartition("/")[2], "url": ROOT + path, "token": TOKEN})
        if path == "/finalize/1":
            self._issue()
            return self._answer(200, self._order_document())
        if path == "/order/1":
            return self._answer(200, self._order_document())
        if path == "/certificate/1":
            return self._answer(200, self._certificate)
        return self.problem("malformed", f"no {path}", 404)

    def _authorization(self) -> dict[str, Any]:
        challenges = [
            {"type": kind, "url": f"{ROOT}/challenge/{kind}", "token": TOKEN, "status": "pending"}
            for kind in self.kinds
        ]
        status = "pending"
        if self._proved:
            self._polls += 1
            if self._polls >= self.polls_before_valid:
                status = "valid" if self._proved == "valid" else "invalid"
        if status == "valid":
            self._order = "ready"
        elif status == "invalid":
            challenges[0] |= {"status": "invalid", "error": {"type": PREFIX + "unauthorized", "detail": self._proved}}  # type: ignore[dict-item]
        identifier = {"type": "dns", "value": self._name}
        return {"identifier": identifier, "status": status, "challenges": challenges}

    def _order_document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "status": self._order,
            "identifiers": [{"type": "dns", "value": self._name}],
            "authorizations": [f"{ROOT}/authz/1"],
            "finalize": f"{ROOT}/finalize/1",
        }
        return document | ({"certificate": f"{ROOT}/certificate/1"} if self._order == "valid" else {})

    def _issue(self) -> None:
        text = self.posted["/finalize/1"]["csr"]
        request = x509.load_der_x509_csr(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        assert request.is_signature_valid
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Paper CA")])
        builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(issuer)
        builder = builder.public_key(request.public_key()).serial_number(next(self._numbers))
        builder = builder.not_valid_before(self.now).not_valid_after(self.now + timedelta(days=self.days))
        for extension in request.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        certificate = builder.sign(self._authority, hashes.SHA256())
        self._certificate = certificate.public_bytes(serialization.Encoding.PEM)
        self._order = "valid"
        self.issued += 1

    def _answer(self, status: int, body: object, **headers: str) -> Answer:
        nonce = f"nonce{next(self._numbers):011d}"
        self._nonces.add(nonce)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(status, {"replay-nonce": nonce, **headers}, data)
