"""Where a client hides its users, nobody can tell by the answer or by its time who exists.

Thousands of calls about users in every state and about names that nobody has, in random order, over one connection. The
answers must be the same, headers included. Of the times of each kind of user, and of all together, the shift against those of
names that nobody has is told as a confidence interval (`statistics_of_time`), so wide that one run in ten thousand has one that
misses. The test fails where an interval is beyond what is allowed. So it never fails by chance as long as the differences
there are, if any, are allowed ones; a noisy machine makes intervals wider, and then it sees less. Two kinds of names that nobody
has are compared as well: what is found of them is wrong with the test.

CENOTE_LONG=1 makes more calls, allows less, and sees smaller differences.
"""

import json
import os
import random
import socket
import time
import urllib.request

import pytest

from cenote import Cenote
from people import PASSWORD, Pool
from statistics_of_time import Comparison, median

LONG = os.environ.get("CENOTE_LONG") == "1"
# Users of each kind, and how often each is asked about before the clock goes on and the attempts are forgotten.
USERS = 60 if LONG else 30
TIMES = 4
ROUNDS = 40 if LONG else 6
# The greatest difference that is allowed, as a part of the time of a call about nobody.
ALLOWED = 0.01 if LONG else 0.05
# The chance of a false alarm in a run, shared by both ends of all its intervals.
FALSE_ALARM = 0.0001

VERIFIED = {"email": "{}@example.com", "email_verified": "true"}
# What there is to know about a user. Each has an address that is not verified, unless it says otherwise.
KINDS = {
    "confirmed": VERIFIED,
    "disabled": VERIFIED,
    "unconfirmed": {"email": "{}@example.com"},
    "no contact": {},
    "invited": VERIFIED,
}
NOBODY, CONTROL = "nobody", "nobody as well"
# All kinds of users together, compared with both kinds of names that nobody has.
ANYBODY = "anybody"


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


def content_length(head):
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])


def request(operation, body):
    body = json.dumps(body).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=any/20261123/us-east-1/cognito-idp/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0\r\nX-Amz-Date: 20261123T160000Z\r\n"
        f"X-Amz-Target: AWSCognitoIdentityProviderService.{operation}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def seen(answer):
    """What a caller sees of an answer, but for its id, its date, and the letters that are invented for a name."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    headers = sorted(line for line in headers if not line.lower().startswith(("x-amzn-requestid:", "date:")))
    body = json.loads(body) if body else None
    challenge = (body or {}).get("ChallengeParameters")
    if challenge:
        # Numbers as long as it happens, and the name.
        body["ChallengeParameters"] = sorted(challenge)
        headers = [line for line in headers if not line.lower().startswith("content-length:")]
    details = (body or {}).get("CodeDeliveryDetails")
    if details:
        masked = details["Destination"]
        details["Destination"] = "".join("x" if one.islower() else one for one in masked)
    return json.dumps([status, headers, body])


class World:
    """A pool with users of every kind."""

    def __init__(self, server):
        self.server = server
        self.wire = Wire(server)
        self.pool = Pool(server, {"PreventUserExistenceErrors": "ENABLED"})
        self.users = {kind: [self.make(kind, number) for number in range(USERS)] for kind in KINDS}
        self.fresh = 0

    def ok(self, operation, **body):
        answer, _ = self.wire.send(request(operation, body))
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        return answer

    def make(self, kind, number):
        # As long as every other name.
        name = f"{kind.replace(' ', '')[:6]:_<6}{number:06}"
        given = [{"Name": key, "Value": value.format(name)} for key, value in KINDS[kind].items()]
        whose = {"UserPoolId": self.pool.id, "Username": name}
        if kind == "unconfirmed":
            self.ok("SignUp", ClientId=self.pool.client_id, Username=name, Password=PASSWORD, UserAttributes=given)
            return name
        self.ok("AdminCreateUser", **whose, MessageAction="SUPPRESS", UserAttributes=given)
        if kind != "invited":
            self.ok("AdminSetUserPassword", **whose, Password=PASSWORD, Permanent=True)
        if kind == "disabled":
            self.ok("AdminDisableUser", **whose)
        return name

    def names(self):
        """Users of every kind, and as many names of two kinds that were never heard of."""
        chosen = dict(self.users)
        for kind in (NOBODY, CONTROL):
            chosen[kind] = [f"nobody{self.fresh + number:06}" for number in range(USERS)]
            self.fresh += USERS
        return chosen

    def forget(self):
        """Three hours later no attempt counts any more."""
        for method, path, body in (
            ("POST", "/_cenote/clock", b'{"advance_seconds": 10800}'),
            ("DELETE", "/_cenote/inbox.json", None),
        ):
            asked = urllib.request.Request(self.server.url + path, data=body, method=method)
            urllib.request.urlopen(asked, timeout=30).read()


def forgot_password(world, name):
    return request("ForgotPassword", {"ClientId": world.pool.client_id, "Username": name})


def confirm_forgot_password(world, name):
    body = {"ClientId": world.pool.client_id, "Username": name, "ConfirmationCode": "1234567", "Password": PASSWORD}
    return request("ConfirmForgotPassword", body)


def resend_confirmation_code(world, name):
    return request("ResendConfirmationCode", {"ClientId": world.pool.client_id, "Username": name})


def confirm_sign_up(world, name):
    body = {"ClientId": world.pool.client_id, "Username": name, "ConfirmationCode": "1234567"}
    return request("ConfirmSignUp", body)


def initiate_auth(world, name):
    body = {
        "ClientId": world.pool.client_id,
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": name, "PASSWORD": "Wrong-guess-1"},
    }
    return request("InitiateAuth", body)


def initiate_srp(world, name):
    parameters = {"USERNAME": name, "SRP_A": "2" * 700}
    return request(
        "InitiateAuth",
        {"ClientId": world.pool.client_id, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": parameters},
    )


OPERATIONS = [
    forgot_password,
    confirm_forgot_password,
    resend_confirmation_code,
    confirm_sign_up,
    initiate_auth,
    initiate_srp,
]


class Times:
    """Of one operation, by round and kind of user, the first call about a name apart from the others."""

    def __init__(self):
        self.rounds = []
        self.answers = {}

    def start_round(self):
        self.rounds.append({})

    def add(self, kind, first, answer, took):
        self.rounds[-1].setdefault((first, kind), []).append(took)
        self.answers.setdefault(seen(answer), set()).add(kind)

    def of(self, first, *kinds):
        """The times of these kinds of each round."""
        return [sum((one[first, kind] for kind in kinds), []) for one in self.rounds]


class Verdict:
    """What the times of an operation say: a line for each kind."""

    def __init__(self, times):
        pairs = {kind: ((NOBODY, CONTROL), (kind,)) for kind in KINDS}
        pairs[ANYBODY] = ((NOBODY, CONTROL), tuple(KINDS))
        pairs[CONTROL] = ((NOBODY,), (CONTROL,))
        tail = FALSE_ALARM / (2 * 2 * len(pairs) * len(OPERATIONS))
        self.lines, self.differences = [], []
        self.lines.append(f"{'calls':<6} {'kind':<15} {'n':>6} {'median':>9} {'shift':>10}   interval")
        for first in (True, False):
            for kind, (base, own) in pairs.items():
                base, own = times.of(first, *base), times.of(first, *own)
                compared = Comparison(base, own)
                low, high = compared.interval(tail)
                count = sum(map(len, own))
                nobody = median(sum(base, []))
                line = (
                    f"{'first' if first else 'later':<6} {kind:<15} {count:>6} {nobody / 1000:>6.0f} µs "
                    f"{compared.shift() / 1000:>+7.1f} µs   {low / 1000:+.1f} to {high / 1000:+.1f} µs"
                )
                self.lines.append(line)
                if low > ALLOWED * nobody or high < -ALLOWED * nobody:
                    self.differences.append(line)

    def __str__(self):
        return "\n".join(self.lines)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with Cenote(tmp_path_factory.mktemp("timing"), "--clock") as server:
        yield World(server)
        assert server.stop() == 0, server.read_log()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_nobody_can_tell_who_exists(world, operation):
    times = Times()
    for _ in range(ROUNDS):
        measure(world, operation, times)
    verdict = Verdict(times)
    print(f"\n{operation.__name__}\n{verdict}")
    kinds = set(KINDS) | {NOBODY, CONTROL}
    assert all(whose == kinds for whose in times.answers.values()), times.answers
    assert not verdict.differences, f"more than {ALLOWED:.0%}:\n{verdict}"


def measure(world, operation, times):
    """One round: everybody a few times, in random order."""
    world.forget()
    times.start_round()
    names = world.names()
    if operation is confirm_forgot_password:
        for name in sum(names.values(), []):
            world.wire.send(forgot_password(world, name))
    calls = [(kind, name) for kind, those in names.items() for name in those for _ in range(TIMES)]
    random.shuffle(calls)
    known = set()
    for kind, name in calls:
        answer, took = world.wire.send(operation(world, name))
        times.add(kind, name not in known, answer, took)
        known.add(name)
