"""InitiateAuth and RespondToAuthChallenge as users call them and as administrators do, and who signs in by them."""

import pytest
from botocore.exceptions import ClientError
from pycognito import AWSSRP

from people import PASSWORD, attributes

PUBLIC, ADMIN = "public", "admin"
EVERY_FLOW = [
    "ALLOW_USER_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "tests"}


class Way:
    def __init__(self, pool, kind, client_id=None):
        self.pool = pool
        self.kind = kind
        self.client_id = client_id or pool.client_id

    def _call(self, operation, **request):
        request["ClientId"] = self.client_id
        if self.kind == ADMIN:
            operation, request["UserPoolId"] = f"admin_{operation}", self.pool.id
        return getattr(self.pool.api, operation)(**request)

    def start(self, flow, more=None, /, **parameters):
        return self._call("initiate_auth", AuthFlow=flow, AuthParameters=parameters, **(more or {}))

    def answer(self, asked, username, **responses):
        """Answers what was asked, in the session that came with it, if one did."""
        session = {"Session": asked["Session"]} if "Session" in asked else {}
        return self._call(
            "respond_to_auth_challenge",
            ChallengeName=asked["ChallengeName"],
            ChallengeResponses={"USERNAME": username, **responses},
            **session,
        )

    def other(self):
        """The other way: a challenge of one is answered by the other as well."""
        return Way(self.pool, PUBLIC if self.kind == ADMIN else ADMIN, self.client_id)


class Proof:
    """The client's side of SRP for one sign-in, by pycognito's arithmetic."""

    def __init__(self, pool, username, password=PASSWORD, **device):
        self.username = username
        self.srp = AWSSRP(username, password, pool.id, pool.client_id, client=pool.api, **device)
        self.public = self.srp.get_auth_params()["SRP_A"]

    def of(self, asked):
        return self._responses(self.srp.process_challenge(asked["ChallengeParameters"], {"USERNAME": self.username}))

    def of_device(self, asked):
        return self._responses(self.srp.process_device_challenge(asked["ChallengeParameters"]))

    def _responses(self, responses):
        return {name: value for name, value in responses.items() if name != "USERNAME"}


def make_user(pool, name):
    contacts = attributes(email=f"{name}@example.com", phone_number=phone(name))
    pool.api.admin_create_user(UserPoolId=pool.id, Username=name, MessageAction="SUPPRESS", UserAttributes=contacts)
    pool.api.admin_set_user_password(UserPoolId=pool.id, Username=name, Password=PASSWORD, Permanent=True)
    return name


def phone(name):
    """A number of its own for every user."""
    return f"+1206{int(name.removeprefix('user')):07}"


_read = {}


def code(pool, to):
    """The code of the next message to somebody: every one is read, in order."""
    message = pool.server.message("Authentication", after=_read.get((pool.id, to)), pool=pool.id, to=to)
    _read[pool.id, to] = message
    return message["code"]


def signed_in(pool, answer, name):
    """Whose tokens these are, by what the server says to them."""
    assert answer["ChallengeParameters"] == {} and "ChallengeName" not in answer and "Session" not in answer
    tokens = answer["AuthenticationResult"]
    assert tokens["ExpiresIn"] == 3600 and tokens["TokenType"] == "Bearer"
    assert pool.api.get_user(AccessToken=tokens["AccessToken"])["Username"] == name
    return tokens


def refused(code, message, call):
    with pytest.raises(ClientError) as error:
        call()
    assert (error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]) == (code, message)
