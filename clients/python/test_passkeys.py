"""boto3: passkeys, by an authenticator in software."""

import json

import pytest

from authenticator import Authenticator
from people import PASSWORD, Pool
from ways import ADMIN, EVERY_FLOW, PUBLIC, Way, make_user, refused, signed_in

INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture(scope="module")
def pool(sqlite_server):
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool = Pool(sqlite_server, {"ExplicitAuthFlows": EVERY_FLOW}, Policies=factors)
    configuration = {"RelyingPartyId": "example.com", "UserVerification": "required"}
    pool.api.set_user_pool_mfa_config(UserPoolId=pool.id, WebAuthnConfiguration=configuration)
    return pool


@pytest.mark.parametrize("kind", [PUBLIC, ADMIN])
def test_a_passkey_is_made_used_and_given_up(pool, name, kind):
    api, way = pool.api, Way(pool, kind)
    make_user(pool, name)
    token = {"AccessToken": pool.sign_in(name)["AccessToken"]}
    passkeys = [Authenticator("https://app.example.com") for _ in range(2)]

    def register(passkey):
        options = api.start_web_authn_registration(**token)["CredentialCreationOptions"]
        assert options["rp"]["id"] == "example.com" and options["user"]["name"] == name
        credential = passkey.register(options)
        api.complete_web_authn_registration(**token, Credential=credential)
        return credential["id"]

    ids = [register(passkey) for passkey in passkeys]
    with pytest.raises(api.exceptions.WebAuthnOriginNotAllowedException):
        register(Authenticator("https://elsewhere.org"))
    listed = api.list_web_authn_credentials(**token)["Credentials"]
    assert {one["CredentialId"] for one in listed} == set(ids)
    assert all(one["RelyingPartyId"] == "example.com" for one in listed)
    factors = api.get_user_auth_factors(**token)["ConfiguredUserAuthFactors"]
    assert "WEB_AUTHN" in factors

    def ask():
        asked = way.start("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="WEB_AUTHN")
        assert asked["ChallengeName"] == "WEB_AUTHN"
        options = json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
        assert {one["id"] for one in options["allowCredentials"]} == set(ids)
        return asked, options

    for passkey in passkeys * 2:
        asked, options = ask()
        proof = passkey.authenticate(options)
        signed_in(pool, way.other().answer(asked, name, CREDENTIAL=proof), name)
        used = "Invalid session for the user, session can only be used once."
        refused("NotAuthorizedException", used, lambda: way.answer(asked, name, CREDENTIAL=proof))

    asked = way.answer(way.start("USER_AUTH", USERNAME=name), name, ANSWER="WEB_AUTHN")
    options = json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    other_question = {**options, "challenge": ask()[1]["challenge"]}
    stranger = Authenticator("https://app.example.com")
    stranger.id = passkeys[0].id
    # A proof for another question, one by another key, and one by a copy that has counted less.
    for proof in (passkeys[0].authenticate(other_question), stranger.authenticate(options)):
        refused(*INCORRECT, lambda: way.answer(asked, name, CREDENTIAL=proof))
    passkeys[0].count = 0
    refused(*INCORRECT, lambda: way.answer(asked, name, CREDENTIAL=passkeys[0].authenticate(options)))
    passkeys[0].count = 99
    signed_in(pool, way.answer(asked, name, CREDENTIAL=passkeys[0].authenticate(options)), name)

    for credential in ids:
        api.delete_web_authn_credential(**token, CredentialId=credential)
    with pytest.raises(api.exceptions.ResourceNotFoundException):
        api.delete_web_authn_credential(**token, CredentialId=ids[0])
    assert api.list_web_authn_credentials(**token)["Credentials"] == []
    left = way.start("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="WEB_AUTHN")
    assert set(left["AvailableChallenges"]) == {"PASSWORD", "PASSWORD_SRP"}
    signed_in(pool, way.answer(left, name, ANSWER="PASSWORD", PASSWORD=PASSWORD), name)
