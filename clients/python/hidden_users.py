"""Pools that hide their users: users of every kind, and names that nobody has."""

import collections
import random
import urllib.request
import uuid

from authenticator import Authenticator
from people import FLOWS, PASSWORD, Pool
from wire import Wire
from ways import SMS

NOBODY, CONTROL = "nobody", "nobody as well"

ORIGIN = "https://app.example.com"
MAIL, PHONE = "email", "phone_number"

# Whom a call is about: what kind of user, what it is offered to sign in with where that is told, and what the caller types.
Name = collections.namedtuple("Name", "kind offered typed")


class Site:
    """A server, one connection to it, and the pools there."""

    def __init__(self, server, users):
        self.server = server
        self.users = users
        self.wire = Wire(server)
        self.worlds = {}

    def world(self, kind):
        if kind not in self.worlds:
            self.worlds[kind] = kind(self)
        return self.worlds[kind]

    def forget(self):
        """Three hours later no attempt counts any more."""
        for method, path, body in (
            ("POST", "/_cenote/clock", b'{"advance_seconds": 10800}'),
            ("DELETE", "/_cenote/inbox.json", None),
        ):
            asked = urllib.request.Request(self.server.url + path, data=body, method=method)
            urllib.request.urlopen(asked, timeout=30).read()


class Plain:
    """Users called by their names. Contacts are verified, but those of the unconfirmed."""

    kinds = ("confirmed", "disabled", "unconfirmed", "no contact", "invited")
    flows = FLOWS
    contacts = (MAIL,)
    options = {
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
    }

    def __init__(self, site):
        self.wire = site.wire
        self.count = site.users
        options = {"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": self.flows}
        self.pool = Pool(site.server, options, **self.options)
        self.client_id = self.pool.client_id
        self.fresh = 0
        self.answers = {}
        self.prepare()
        self.users = [self.name(kind, self.make(kind)) for kind in self.kinds for _ in range(self.count)]

    def prepare(self):
        pass

    def ask(self, operation, **body):
        return self.wire.ask(operation, **body)

    def new_name(self, start="nobody"):
        """As long as every other one."""
        self.fresh += 1
        return f"{start:_<6}{self.fresh:06}"

    def make(self, kind):
        """A user of this kind: what it is called by."""
        name = self.new_name("user")
        values = {MAIL: name if "@" in name else f"{name}@example.com", PHONE: f"+1206{self.fresh:07}"}
        contacts = () if "no contact" in kind else self.contacts
        given = [{"Name": contact, "Value": values[contact]} for contact in contacts]
        if kind == "unconfirmed":
            self.ask("SignUp", ClientId=self.client_id, Username=name, Password=PASSWORD, UserAttributes=given)
            return name
        given += [{"Name": f"{contact}_verified", "Value": "true"} for contact in contacts]
        whose = {"UserPoolId": self.pool.id, "Username": name}
        first = {} if kind == "no password" else {"TemporaryPassword": PASSWORD}
        self.ask("AdminCreateUser", **whose, **first, MessageAction="SUPPRESS", UserAttributes=given)
        if kind not in ("invited", "no password"):
            self.ask("AdminSetUserPassword", **whose, Password=PASSWORD, Permanent=True)
        if "passkey" in kind:
            self.give_passkey(name)
        if "disabled" in kind:
            self.ask("AdminDisableUser", **whose)
        return name

    def give_passkey(self, name):
        parameters = {"USERNAME": name, "PASSWORD": PASSWORD}
        signed_in = self.ask(
            "InitiateAuth", ClientId=self.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )
        token = {"AccessToken": signed_in["AuthenticationResult"]["AccessToken"]}
        options = self.ask("StartWebAuthnRegistration", **token)["CredentialCreationOptions"]
        self.ask("CompleteWebAuthnRegistration", **token, Credential=Authenticator(ORIGIN).register(options))

    def name(self, kind, typed):
        return Name(kind, None, typed)

    def strangers(self, offered, count):
        """Names that were never heard of, and are offered this."""
        return [self.new_name() for _ in range(count)]

    def names(self, challenge):
        """Everybody who is offered the challenge, or everybody, and as many names of two kinds that nobody has."""
        self.answers = {}
        users = [user for user in self.users if challenge is None or challenge in user.offered]
        names = list(users)
        for offered in {user.offered for user in users}:
            strangers = self.strangers(offered, 2 * self.count)
            names += [Name((NOBODY, CONTROL)[at % 2], offered, typed) for at, typed in enumerate(strangers)]
        return names

    def once(self, name, ask):
        """What `ask` returned when it was first called for the name in this round."""
        if name not in self.answers:
            self.answers[name] = ask()
        return self.answers[name]


class Subs(Plain):
    """Users called by their sub."""

    def make(self, kind):
        whose = {"UserPoolId": self.pool.id, "Username": super().make(kind)}
        user = self.ask("AdminGetUser", **whose)
        return next(one["Value"] for one in user["UserAttributes"] if one["Name"] == "sub")

    def strangers(self, offered, count):
        return [str(uuid.UUID(int=random.getrandbits(128), version=4)) for _ in range(count)]


class Aliases(Plain):
    """Users called by their addresses, which are aliases of those who have verified them."""

    kinds = ("confirmed", "disabled", "unconfirmed", "invited")

    options = {"AliasAttributes": [MAIL]}

    def name(self, kind, typed):
        return Name(kind, None, f"{typed}@example.com")

    def strangers(self, offered, count):
        return [f"{self.new_name()}@example.com" for _ in range(count)]


class Addresses(Aliases):
    """Users whose names are their addresses."""

    options = {"UsernameAttributes": [MAIL]}

    def new_name(self, start="nobody"):
        return f"{super().new_name(start)}@example.com"

    def name(self, kind, typed):
        return Name(kind, None, typed)

    def strangers(self, offered, count):
        return [self.new_name() for _ in range(count)]


class Choice(Plain):
    """Every first factor. What a name is offered depends on it, so it is compared with names that nobody has and that are offered the
    same."""

    kinds = (*Plain.kinds, "no password", "passkey", "disabled, passkey")
    flows = (*FLOWS, "ALLOW_USER_AUTH")
    contacts = (MAIL, PHONE)

    options = {
        "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]}},
        "SmsConfiguration": SMS,
        "AutoVerifiedAttributes": [MAIL, PHONE],
    }

    def prepare(self):
        self.ask(
            "SetUserPoolMfaConfig", UserPoolId=self.pool.id, WebAuthnConfiguration={"RelyingPartyId": "example.com"}
        )
        self.known = collections.defaultdict(list)

    def name(self, kind, typed):
        return Name(kind, self.offered(typed), typed)

    def offered(self, typed):
        parameters = {"USERNAME": typed}
        asked = self.ask("InitiateAuth", ClientId=self.client_id, AuthFlow="USER_AUTH", AuthParameters=parameters)
        return tuple(asked["AvailableChallenges"])

    def strangers(self, offered, count):
        """Drawn from more of them: one in sixteen is offered the rarest."""
        known = self.known[offered]
        while len(known) < 2 * count:
            typed = self.new_name()
            self.known[self.offered(typed)].append(typed)
        return random.sample(known, count)
