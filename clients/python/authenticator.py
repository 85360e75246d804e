"""An authenticator in software with one passkey (ES256, no attestation), and the browser before it."""

import base64
import hashlib
import json
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Authenticator:
    def __init__(self, origin):
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(20)
        self.count = 0

    def register(self, options):
        """What a browser makes of CredentialCreationOptions."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        # COSE: EC2, ES256, P-256.
        public = bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y
        data = self._data(options["rp"]["id"], ATTESTED)
        data += bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data
        said = self._said("webauthn.create", options)
        response = {"clientDataJSON": text(said), "attestationObject": text(attestation), "transports": ["internal"]}
        return self._credential(response)

    def authenticate(self, options):
        """What it makes of CREDENTIAL_REQUEST_OPTIONS, as text."""
        self.count += 1
        data, said = self._data(options["rpId"], 0), self._said("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": text(said), "authenticatorData": text(data), "signature": text(signature)}
        return json.dumps(self._credential(response))

    def _data(self, relying_party, flags):
        flags |= PRESENT | VERIFIED
        return hashlib.sha256(relying_party.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _said(self, kind, options):
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _credential(self, response):
        return {
            "id": text(self.id),
            "rawId": text(self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }
