"""Calls by which anybody can ask about a name: each makes the request about one, after what has to come before it.

Those of CUSTOM_AUTH are not among them: they take the time of the pool's functions."""

import json

from authenticator import Authenticator
from hidden_users import ORIGIN, Addresses, Aliases, Choice, Plain, Subs
from people import PASSWORD
from wire import request

WRONG_PASSWORD, WRONG_CODE = "Wrong-guess-1", "1234567"
CLIENT_PUBLIC = "2" * 700
# A device that nobody has.
DEVICE = "eu-central-1_0b9a2f6e-7d64-4a51-9c0a-5e2b7f1d8a90"


def about(world, name):
    return {"ClientId": world.client_id, "Username": name}


def start(world, flow, name, **parameters):
    """The members of a sign-in's first call."""
    return {"ClientId": world.client_id, "AuthFlow": flow, "AuthParameters": {"USERNAME": name, **parameters}}


def answer(world, challenge, name, session=None, **responses):
    """The members of an answer."""
    own = {"Session": session} if session else {}
    responses = {"USERNAME": name, **responses}
    return {"ClientId": world.client_id, "ChallengeName": challenge, "ChallengeResponses": responses, **own}


def prefer(world, name, challenge, **parameters):
    return start(world, "USER_AUTH", name, PREFERRED_CHALLENGE=challenge, **parameters)


def forgot_password(world, name):
    return request("ForgotPassword", **about(world, name))


def confirm_forgot_password(world, name):
    world.once(name, lambda: world.ask("ForgotPassword", **about(world, name)))
    return request("ConfirmForgotPassword", **about(world, name), ConfirmationCode=WRONG_CODE, Password=PASSWORD)


def resend_confirmation_code(world, name):
    return request("ResendConfirmationCode", **about(world, name))


def confirm_sign_up(world, name):
    return request("ConfirmSignUp", **about(world, name), ConfirmationCode=WRONG_CODE)


def sign_up(world, name):
    """Somebody else who claims to have the address."""
    attributes = [{"Name": "email", "Value": name}]
    return request("SignUp", **about(world, world.new_name("new")), Password=PASSWORD, UserAttributes=attributes)


def password(world, name):
    return request("InitiateAuth", **start(world, "USER_PASSWORD_AUTH", name, PASSWORD=WRONG_PASSWORD))


def srp(world, name):
    return request("InitiateAuth", **start(world, "USER_SRP_AUTH", name, SRP_A=CLIENT_PUBLIC))


def proof(world, name):
    begin = start(world, "USER_SRP_AUTH", name, SRP_A=CLIENT_PUBLIC)
    asked = world.once(name, lambda: world.ask("InitiateAuth", **begin))["ChallengeParameters"]
    return request("RespondToAuthChallenge", **answer(world, "PASSWORD_VERIFIER", name, **wrong_proof(asked)))


def wrong_proof(asked):
    return {
        "PASSWORD_CLAIM_SECRET_BLOCK": asked["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": "A" * 43 + "=",
        "TIMESTAMP": "Mon Nov 23 16:00:00 UTC 2026",
    }


def device(world, name):
    proven = {"DEVICE_KEY": DEVICE, "SRP_A": CLIENT_PUBLIC}
    return request("RespondToAuthChallenge", **answer(world, "DEVICE_SRP_AUTH", name, **proven))


def choices(world, name):
    return request("InitiateAuth", **start(world, "USER_AUTH", name))


def prefer_password(world, name):
    return request("InitiateAuth", **prefer(world, name, "PASSWORD", PASSWORD=WRONG_PASSWORD))


def prefer_srp(world, name):
    return request("InitiateAuth", **prefer(world, name, "PASSWORD_SRP", SRP_A=CLIENT_PUBLIC))


def prefer_email(world, name):
    return request("InitiateAuth", **prefer(world, name, "EMAIL_OTP"))


def prefer_sms(world, name):
    return request("InitiateAuth", **prefer(world, name, "SMS_OTP"))


def prefer_passkey(world, name):
    return request("InitiateAuth", **prefer(world, name, "WEB_AUTHN"))


def select(world, name, challenge, **responses):
    session = world.ask("InitiateAuth", **start(world, "USER_AUTH", name))["Session"]
    chosen = answer(world, "SELECT_CHALLENGE", name, session, ANSWER=challenge, **responses)
    return request("RespondToAuthChallenge", **chosen)


def select_password(world, name):
    return select(world, name, "PASSWORD", PASSWORD=WRONG_PASSWORD)


def select_email(world, name):
    return select(world, name, "EMAIL_OTP")


def select_passkey(world, name):
    return select(world, name, "WEB_AUTHN")


def preferred_proof(world, name):
    """A wrong one ends the session."""
    asked = world.ask("InitiateAuth", **prefer(world, name, "PASSWORD_SRP", SRP_A=CLIENT_PUBLIC))
    responses = wrong_proof(asked["ChallengeParameters"])
    return request("RespondToAuthChallenge", **answer(world, "PASSWORD_VERIFIER", name, asked["Session"], **responses))


def code(world, name, challenge):
    asked = world.once(name, lambda: world.ask("InitiateAuth", **prefer(world, name, challenge)))
    responses = {f"{challenge}_CODE": WRONG_CODE}
    return request("RespondToAuthChallenge", **answer(world, challenge, name, asked["Session"], **responses))


def email_code(world, name):
    return code(world, name, "EMAIL_OTP")


def sms_code(world, name):
    return code(world, name, "SMS_OTP")


def passkey(world, name):
    """Somebody else's, with the id of the one that was asked for."""

    def prove():
        asked = world.ask("InitiateAuth", **prefer(world, name, "WEB_AUTHN"))
        options = json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
        credential = json.loads(Authenticator(ORIGIN).authenticate(options))
        credential["id"] = credential["rawId"] = options["allowCredentials"][0]["id"]
        return asked["Session"], json.dumps(credential)

    session, credential = world.once(name, prove)
    return request("RespondToAuthChallenge", **answer(world, "WEB_AUTHN", name, session, CREDENTIAL=credential))


# The pool, the call, and the factor that a name must be offered for it.
CALLS = [
    *((Plain, call, None) for call in (forgot_password, confirm_forgot_password, resend_confirmation_code, confirm_sign_up)),
    *((Plain, call, None) for call in (password, srp, proof, device)),
    *((Subs, call, None) for call in (forgot_password, confirm_sign_up)),
    *((Addresses, call, None) for call in (forgot_password, password, srp)),
    *((Aliases, call, None) for call in (forgot_password, password, srp, sign_up)),
    (Choice, choices, None),
    *((Choice, call, "PASSWORD") for call in (prefer_password, prefer_srp, select_password, preferred_proof)),
    *((Choice, call, "EMAIL_OTP") for call in (prefer_email, select_email, email_code)),
    *((Choice, call, "SMS_OTP") for call in (prefer_sms, sms_code)),
    *((Choice, call, "WEB_AUTHN") for call in (prefer_passkey, select_passkey, passkey)),
]
