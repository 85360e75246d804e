"""Mails over a real mail server."""

import urllib.parse

import pytest

import mail_server
from cenote import Cenote, wait_for
from mail_server import Certificate, MailServer, code_in
from people import NEW_PASSWORD, Pool
from ports import Port


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("certificate"))


def smtp_url(port, password=mail_server.PASSWORD):
    user, password = (urllib.parse.quote(text, safe="") for text in (mail_server.USER, password))
    return f"smtp://{user}:{password}@127.0.0.1:{port}?tls=required"


def start(folder, certificate, port, *arguments):
    # The variable by which programs on Linux are told of more authorities.
    trust = {"SSL_CERT_FILE": str(certificate.authority)}
    return Cenote(folder, "--smtp", smtp_url(port), *arguments, env=trust)


def test_codes_travel_as_html_and_text_over_tls_with_a_password(tmp_path, certificate, name):
    mails = MailServer(certificate)
    with start(tmp_path, certificate, mails.port, "--set", "email.from=Example <no-reply@example.org>") as server:
        pool = Pool(server)
        address = f"{name}@example.com"
        pool.sign_up(name)
        mail = mails.mail_to(address)
        pool.api.confirm_sign_up(
            ClientId=pool.client_id,
            Username=name,
            ConfirmationCode=code_in(mail.get_body(("plain",)).get_content()),
        )
        pool.api.forgot_password(ClientId=pool.client_id, Username=name)
        mail = wait_for(
            lambda: next((m for _, _, m in mails.mails if "reset" in m["Subject"]), None),
            lambda: f"no reset among {[m['Subject'] for _, _, m in mails.mails]}",
        )
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
        assert code_in(plain) == code_in(html)
        assert mail["From"] == "Example <no-reply@example.org>" and mail["To"] == address
        assert mail["Date"] and mail["Message-ID"]
        pool.api.confirm_forgot_password(
            ClientId=pool.client_id, Username=name, ConfirmationCode=code_in(html), Password=NEW_PASSWORD
        )
        pool.sign_in(name, NEW_PASSWORD)
        assert mails.logins and all(right and encrypted for _, right, encrypted in mails.logins)
        assert code_in(html) not in server.read_log() and address not in server.read_log()
    mails.close()


def test_a_mail_server_that_is_down_delays_the_mail_and_nothing_else(tmp_path, certificate, name):
    port = Port()
    with start(tmp_path, certificate, port.number) as server:
        pool = Pool(server)
        pool.sign_up(name)
        wait_for(lambda: "delivery.failed_temporarily" in server.read_log(), server.read_log)
        mails = MailServer(certificate, port)
        code = code_in(mails.mail_to(f"{name}@example.com").get_body(("plain",)).get_content())
        pool.api.confirm_sign_up(ClientId=pool.client_id, Username=name, ConfirmationCode=code)
        assert len(mails.mails) == 1
        mails.close()


def test_a_message_that_waits_survives_a_crash(tmp_path, certificate, name):
    port = Port()
    with start(tmp_path, certificate, port.number) as server:
        pool = Pool(server)
        pool.sign_up(name)
        wait_for(lambda: "delivery.failed_temporarily" in server.read_log(), server.read_log)
        server.kill()
        mails = MailServer(certificate, port)
        server.start()
        # A message that was being sent when the process died is taken up again when its lease of a minute ends.
        mail = mails.mail_to(f"{name}@example.com", 90)
        code = code_in(mail.get_body(("plain",)).get_content())
        server.client().confirm_sign_up(ClientId=pool.client_id, Username=name, ConfirmationCode=code)
        mails.close()


def test_a_mail_server_with_a_certificate_of_nobody_gets_no_password(tmp_path, tmp_path_factory, certificate, name):
    stranger = Certificate(tmp_path_factory.mktemp("stranger"))
    mails = MailServer(stranger)
    with start(tmp_path, certificate, mails.port) as server:
        Pool(server).sign_up(name)
        wait_for(lambda: "delivery.failed_temporarily" in server.read_log(), server.read_log)
        assert not mails.logins and not mails.mails
    mails.close()
