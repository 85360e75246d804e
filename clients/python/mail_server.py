"""A real mail server in this process, with STARTTLS and authentication, and the mailbox behind it."""

import asyncio
import datetime
import email
import email.policy
import ipaddress
import re
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cenote import wait_for
from ports import Port

USER, PASSWORD = "cenote@mail", "p@ss:word/1"


class Certificate:
    """A certificate authority that only the server under test trusts, and a certificate for 127.0.0.1 and these names."""

    def __init__(self, folder, *names):
        self.authority, self.chain, self.key = folder / "authority.pem", folder / "chain.pem", folder / "key.pem"
        authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        now = datetime.datetime.now(datetime.timezone.utc)

        def build(subject, public_key, issuer, *extensions):
            builder = (
                x509.CertificateBuilder()
                .subject_name(name(subject))
                .issuer_name(name(issuer))
                .public_key(public_key)
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=1))
            )
            for extension, critical in extensions:
                builder = builder.add_extension(extension, critical)
            return builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

        def name(text):
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        self.authority.write_bytes(
            build("tests", authority_key.public_key(), "tests", (x509.BasicConstraints(True, None), True))
        )
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        served = x509.SubjectAlternativeName([address, *map(x509.DNSName, names)])
        self.chain.write_bytes(
            build("127.0.0.1", key.public_key(), "tests", (x509.BasicConstraints(False, None), True), (served, False))
        )
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def context(self):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.chain, self.key)
        return context


class MailServer:
    """Takes mails from whoever gives the right password over TLS."""

    def __init__(self, certificate, port=None):
        self.place = port or Port()
        self.port = self.place.number
        self.mails = []
        self.logins = []
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            tls_context=certificate.context(),
            require_starttls=True,
            authenticator=self.authenticate,
            auth_required=True,
        )
        self.controller.start()

    def authenticate(self, server, session, envelope, mechanism, data):
        right = data.login == USER.encode() and data.password == PASSWORD.encode()
        self.logins.append((mechanism, right, session.ssl is not None))
        return AuthResult(success=right, handled=right)

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(0)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, mail))
        return "250 taken"

    def mail_to(self, address, seconds=40):
        """The newest mail to an address, waited for."""
        return wait_for(
            lambda: next((mail for _, to, mail in reversed(self.mails) if to == [address]), None),
            lambda: f"no mail to {address}; there are: {[to for _, to, _ in self.mails]}",
            seconds,
        )

    def close(self):
        self.controller.stop()


def code_in(text):
    [code] = re.findall(r"\b\d{6}\b", text)
    return code
