"""boto3: every flow by which a sign-in starts, as a user calls it and as an administrator does, and refresh."""

import json

import pytest

from authenticator_app import wrong
from people import NEW_PASSWORD, PASSWORD, Pool, attributes
from ways import ADMIN, EVERY_FLOW, PUBLIC, SMS, Proof, Way, code, make_user, phone, refused, signed_in

FACTORS = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]}}


@pytest.fixture(scope="module")
def site(sqlite_server):
    """A pool that takes every first factor but passkeys, for all tests that need no other."""
    return Pool(sqlite_server, {"ExplicitAuthFlows": EVERY_FLOW}, Policies=FACTORS, SmsConfiguration=SMS)


@pytest.fixture(params=[PUBLIC, ADMIN])
def way(request, site):
    return Way(site, request.param)


@pytest.fixture
def user(site, name):
    """A user with both contacts, neither verified."""
    return make_user(site, name)


def test_a_password_is_sent(site, way, user):
    flows = ["USER_PASSWORD_AUTH"] if way.kind == PUBLIC else ["ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"]
    for flow in flows:
        signed_in(site, way.start(flow, USERNAME=user, PASSWORD=PASSWORD), user)
        with_what = "Initiate Auth method not supported."
        refused("InvalidParameterException", with_what, lambda: way.other().start(flow, USERNAME=user, PASSWORD=PASSWORD))
        missing = "Missing required parameter PASSWORD"
        refused("InvalidParameterException", missing, lambda: way.start(flow, USERNAME=user))


def test_a_password_is_proven(site, way, user):
    proof = Proof(site, user)
    asked = way.start("USER_SRP_AUTH", USERNAME=user, SRP_A=proof.public)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER" and "Session" not in asked
    signed_in(site, way.other().answer(asked, user, **proof.of(asked)), user)
    again = lambda: way.answer(asked, user, **proof.of(asked))
    refused("NotAuthorizedException", "Incorrect username or password.", again)
    refused("InvalidParameterException", "Missing required parameter SRP_A", lambda: way.start("USER_SRP_AUTH", USERNAME=user))


def test_a_first_factor_is_chosen(site, way, user):
    choices = {"PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP"}

    def select():
        asked = way.start("USER_AUTH", USERNAME=user)
        assert asked["ChallengeName"] == "SELECT_CHALLENGE" and set(asked["AvailableChallenges"]) == choices
        return asked

    signed_in(site, way.answer(select(), user, ANSWER="PASSWORD", PASSWORD=PASSWORD), user)
    asked = way.answer(select(), user, ANSWER="PASSWORD")
    assert asked["ChallengeName"] == "PASSWORD"
    signed_in(site, way.other().answer(asked, user, PASSWORD=PASSWORD), user)

    proof = Proof(site, user)
    asked = way.answer(select(), user, ANSWER="PASSWORD_SRP", SRP_A=proof.public)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER" and asked["Session"]
    signed_in(site, way.answer(asked, user, **proof.of(asked)), user)

    for factor, to, member in [
        ("EMAIL_OTP", f"{user}@example.com", "EMAIL_OTP_CODE"),
        ("SMS_OTP", phone(user), "SMS_OTP_CODE"),
    ]:
        asked = way.answer(select(), user, ANSWER=factor)
        assert asked["ChallengeName"] == factor
        assert asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == factor.removesuffix("_OTP")
        right = code(site, to)
        assert len(right) == 8
        mismatch = ("CodeMismatchException", "Invalid code or auth state for the user.")
        refused(*mismatch, lambda: way.answer(asked, user, **{member: wrong(right)}))
        signed_in(site, way.answer(asked, user, **{member: right}), user)
    with pytest.raises(site.api.exceptions.InvalidParameterException):
        way.answer(select(), user, ANSWER="WEB_AUTHN")


@pytest.mark.parametrize("factor", ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP"])
def test_a_first_factor_is_preferred(site, way, user, factor):
    proof = Proof(site, user)
    own = {"PASSWORD": {"PASSWORD": PASSWORD}, "PASSWORD_SRP": {"SRP_A": proof.public}}.get(factor, {})
    asked = way.start("USER_AUTH", USERNAME=user, PREFERRED_CHALLENGE=factor, **own)
    if factor == "PASSWORD_SRP":
        asked = way.answer(asked, user, **proof.of(asked))
    elif factor != "PASSWORD":
        assert asked["ChallengeName"] == factor
        to = f"{user}@example.com" if factor == "EMAIL_OTP" else phone(user)
        asked = way.answer(asked, user, **{f"{factor}_CODE": code(site, to)})
    signed_in(site, asked, user)


def test_the_code_of_a_sign_up_signs_in(site, name):
    site.sign_up(name)
    confirmed = site.api.confirm_sign_up(
        ClientId=site.client_id,
        Username=name,
        ConfirmationCode=site.server.code("SignUp", pool=site.id, to=f"{name}@example.com"),
    )
    session = {"Session": confirmed["Session"]}
    way = Way(site, PUBLIC)
    signed_in(site, way.start("USER_AUTH", session, USERNAME=name), name)
    with pytest.raises(site.api.exceptions.NotAuthorizedException):
        way.start("USER_AUTH", session, USERNAME=name)


def test_tokens_are_refreshed(site, way, user):
    tokens = way.start("USER_AUTH", USERNAME=user, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    token = tokens["AuthenticationResult"]["RefreshToken"]
    for flow in ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"):
        assert "RefreshToken" not in signed_in(site, way.start(flow, REFRESH_TOKEN=token), user)
        refused("NotAuthorizedException", "Invalid Refresh Token", lambda: way.start(flow, REFRESH_TOKEN=token[:-4]))
        refused("InvalidParameterException", "Missing required parameter REFRESH_TOKEN", lambda: way.start(flow))
    with pytest.raises(site.api.exceptions.NotAuthorizedException, match="Invalid Refresh Token$"):
        Way(site, way.kind, site.make_client()["ClientId"]).start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)


@pytest.mark.parametrize("grace", [0, 60])
def test_refresh_tokens_are_rotated(site, user, grace):
    client_id = site.make_client(
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": grace},
    )["ClientId"]
    way = Way(site, PUBLIC, client_id)
    first = way.start("USER_PASSWORD_AUTH", USERNAME=user, PASSWORD=PASSWORD)["AuthenticationResult"]["RefreshToken"]

    def rotate(token):
        answer = site.api.get_tokens_from_refresh_token(ClientId=client_id, RefreshToken=token)
        assert site.api.get_user(AccessToken=answer["AuthenticationResult"]["AccessToken"])["Username"] == user
        return answer["AuthenticationResult"]["RefreshToken"]

    second = rotate(first)
    reused = ("RefreshTokenReuseException", "Refresh token reuse detected")
    if grace:
        # Whoever lost the answer asks again, and gets another child.
        second = rotate(first)
    else:
        refused(*reused, lambda: rotate(first))
    third = rotate(second)
    refused(*reused, lambda: rotate(first))
    # Reuse leaves the family alive.
    assert rotate(third) != third
    unsupported = "This API does not support refresh token rotation"
    refused("UnsupportedOperationException", unsupported, lambda: way.start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=third))
    site.api.revoke_token(ClientId=client_id, Token=first)
    with pytest.raises(site.api.exceptions.NotAuthorizedException):
        rotate(third)


def test_a_new_password_is_chosen(site, way, name):
    site.api.admin_create_user(
        UserPoolId=site.id,
        Username=name,
        TemporaryPassword=PASSWORD,
        MessageAction="SUPPRESS",
        UserAttributes=attributes(email=f"{name}@example.com"),
    )
    asked = way.start("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="EMAIL_OTP")
    assert set(asked["AvailableChallenges"]) == {"PASSWORD", "PASSWORD_SRP"}
    asked = way.answer(asked, name, ANSWER="PASSWORD", PASSWORD=PASSWORD)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert json.loads(asked["ChallengeParameters"]["userAttributes"])["email"] == f"{name}@example.com"
    changed = {"NEW_PASSWORD": NEW_PASSWORD, "userAttributes.given_name": "Rosa"}
    tokens = signed_in(site, way.other().answer(asked, name, **changed), name)
    user = site.api.get_user(AccessToken=tokens["AccessToken"])
    assert {"Name": "given_name", "Value": "Rosa"} in user["UserAttributes"]
