"""Requests as bytes over one connection, and what a caller sees of their answers."""

import json
import socket
import time


class Wire:
    """One connection. Requests are bytes made beforehand, so that little but the server takes time."""

    def __init__(self, server):
        host, port = server.url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        """The answer as bytes, and how long it took in nanoseconds."""
        answer = b""
        started = time.perf_counter_ns()
        self.socket.sendall(data)
        while True:
            answer += self.socket.recv(65536)
            head, separator, body = answer.partition(b"\r\n\r\n")
            if separator and len(body) == content_length(head):
                return answer, time.perf_counter_ns() - started

    def ask(self, operation, **body):
        """What is in the answer, which must be a good one."""
        answer, _ = self.send(request(operation, **body))
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        return json.loads(answer.partition(b"\r\n\r\n")[2] or b"null")


def content_length(head):
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])


def request(operation, **body):
    body = json.dumps(body).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=any/20261123/us-east-1/cognito-idp/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0\r\nX-Amz-Date: 20261123T160000Z\r\n"
        f"X-Amz-Target: AWSCognitoIdentityProviderService.{operation}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def seen(answer):
    """What a caller sees of an answer, but for its id, its date, what is drawn, and the letters that are invented for a name."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    headers = sorted(line for line in headers if not line.lower().startswith(("x-amzn-requestid:", "date:")))
    body = json.loads(body) if body else {}
    challenge = body.get("ChallengeParameters")
    if challenge:
        # Numbers as long as it happens, and the name.
        body["ChallengeParameters"] = sorted(challenge)
        headers = [line for line in headers if not line.lower().startswith("content-length:")]
    for drawn in ("Session", "UserSub"):
        if drawn in body:
            body[drawn] = len(body[drawn])
    details = body.get("CodeDeliveryDetails")
    if details:
        masked = details["Destination"]
        details["Destination"] = "".join("x" if one.islower() else one for one in masked)
    return json.dumps([status, headers, body])
