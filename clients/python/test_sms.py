"""Text messages: in the inbox of `cenote dev`, and through a gateway's webhook."""

import hashlib
import hmac
import http.server
import json
import threading
import time

from cenote import Cenote, wait_for
from mail_server import code_in
from people import NEW_PASSWORD, PASSWORD, Pool, attributes

PHONE = "+12065551234"
SMS_CONFIGURATION = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "tests"}


def phone_pool(server):
    return Pool(server, AutoVerifiedAttributes=["phone_number"], SmsConfiguration=SMS_CONFIGURATION)


def sign_up(pool, name):
    return pool.api.sign_up(
        ClientId=pool.client_id,
        Username=name,
        Password=PASSWORD,
        UserAttributes=attributes(phone_number=PHONE),
    )["CodeDeliveryDetails"]


def test_a_password_is_reset_with_a_code_from_a_text_message(server, name):
    pool = phone_pool(server)
    masked = {"Destination": "+*******1234", "DeliveryMedium": "SMS", "AttributeName": "phone_number"}
    assert sign_up(pool, name) == masked
    code = server.code("SignUp", pool=pool.id, to=PHONE)
    pool.api.confirm_sign_up(ClientId=pool.client_id, Username=name, ConfirmationCode=code)
    assert pool.api.forgot_password(ClientId=pool.client_id, Username=name)["CodeDeliveryDetails"] == masked
    message = server.message("ForgotPassword", pool=pool.id, to=PHONE)
    assert message["channel"] == "SMS" and message["code"] in message["body"]
    pool.api.confirm_forgot_password(
        ClientId=pool.client_id, Username=name, ConfirmationCode=message["code"], Password=NEW_PASSWORD
    )
    pool.sign_in(name, NEW_PASSWORD)


class Gateway(http.server.ThreadingHTTPServer):
    """Refuses the first request of all with 503, takes every other."""

    def __init__(self):
        self.requests = []
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                gateway.requests.append((self.headers, body))
                self.send_response(503 if len(gateway.requests) == 1 else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def test_text_messages_reach_the_gateway_signed_and_again_after_a_failure(tmp_path, name):
    gateway = Gateway()
    url = f"http://127.0.0.1:{gateway.server_port}/sms"
    with Cenote(tmp_path, "--set", f"sms.webhook_url={url}", "--set", "sms.secret=shared secret") as server:
        pool = phone_pool(server)
        sign_up(pool, name)
        wait_for(lambda: len(gateway.requests) >= 2, lambda: f"{len(gateway.requests)} requests")
        (_, first), (headers, body) = gateway.requests
        assert first == body
        message = json.loads(body)
        assert set(message) == {"id", "poolId", "to", "body", "purpose"}
        assert message["to"] == PHONE and message["purpose"] == "SignUp" and message["poolId"] == pool.id
        seconds, signature = (part.split("=")[1] for part in headers["x-cenote-signature"].split(","))
        expected = hmac.new(b"shared secret", f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        assert signature == expected and abs(time.time() - int(seconds)) < 120
        pool.api.confirm_sign_up(
            ClientId=pool.client_id, Username=name, ConfirmationCode=code_in(message["body"])
        )
    gateway.shutdown()
