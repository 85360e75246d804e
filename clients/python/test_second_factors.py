"""boto3: second factors set up, chosen, preferred and taken away, by users and by administrators."""

import json

import pytest

from authenticator_app import totp
from people import PASSWORD, Pool
from ways import ADMIN, EVERY_FLOW, PUBLIC, SMS, Way, code, make_user, phone, refused, signed_in

# Who resets passwords does it by neither contact, so that each may be a second factor.
ADMIN_ONLY = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}


@pytest.fixture(scope="module")
def strict(sqlite_server):
    """A pool that asks everybody for a second factor."""
    pool = Pool(sqlite_server, {"ExplicitAuthFlows": EVERY_FLOW}, AccountRecoverySetting=ADMIN_ONLY)
    pool.api.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        MfaConfiguration="ON",
        SmsMfaConfiguration={"SmsConfiguration": SMS},
        EmailMfaConfiguration={},
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    return pool


def set_up_app(pool, asked, name, way):
    """Sets an app up on the way in; its secret and the tokens."""
    assert asked["ChallengeName"] == "MFA_SETUP"
    associated = pool.api.associate_software_token(Session=asked["Session"])
    verified = pool.api.verify_software_token(
        Session=associated["Session"], UserCode=totp(associated["SecretCode"]), FriendlyDeviceName="phone"
    )
    assert verified["Status"] == "SUCCESS"
    answer = way.answer({"ChallengeName": "MFA_SETUP", "Session": verified["Session"]}, name)
    return associated["SecretCode"], signed_in(pool, answer, name)


@pytest.mark.parametrize("kind", [PUBLIC, ADMIN])
def test_an_app_is_set_up_asked_for_and_taken_away(strict, name, kind):
    api, way = strict.api, Way(strict, kind)
    api.admin_create_user(UserPoolId=strict.id, Username=name, MessageAction="SUPPRESS")
    api.admin_set_user_password(UserPoolId=strict.id, Username=name, Password=PASSWORD, Permanent=True)

    def start():
        return way.start("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)

    asked = start()
    can = json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"])
    assert set(can) == {"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}
    secret, tokens = set_up_app(strict, asked, name, way)
    for factors in (
        api.get_user_auth_factors(AccessToken=tokens["AccessToken"]),
        api.admin_get_user_auth_factors(UserPoolId=strict.id, Username=name),
    ):
        assert set(factors["ConfiguredUserAuthFactors"]) == {"PASSWORD", "SOFTWARE_TOKEN"}
        assert factors["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"] and factors["Username"] == name

    asked = start()
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert asked["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "phone"
    right = totp(secret, 1)
    mismatch = ("CodeMismatchException", "Invalid code received for user")
    refused(*mismatch, lambda: way.answer(asked, name, SOFTWARE_TOKEN_MFA_CODE=totp(secret, -9)))
    signed_in(strict, way.other().answer(asked, name, SOFTWARE_TOKEN_MFA_CODE=right), name)
    used = ("ExpiredCodeException", "Your software token has already been used once.")
    asked = start()
    refused(*used, lambda: way.answer(asked, name, SOFTWARE_TOKEN_MFA_CODE=right))

    api.admin_delete_software_token(UserPoolId=strict.id, Username=name)
    assert start()["ChallengeName"] == "MFA_SETUP"


@pytest.mark.parametrize("kind", [PUBLIC, ADMIN])
def test_a_second_factor_is_chosen_and_preferred(strict, name, kind):
    api, way = strict.api, Way(strict, kind)
    make_user(strict, name)
    to = {"SMS_MFA": phone(name), "EMAIL_OTP": f"{name}@example.com"}
    start = lambda: way.start("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)

    def answer_code(asked):
        factor = asked["ChallengeName"]
        assert asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == factor.split("_")[0]
        return signed_in(strict, way.answer(asked, name, **{f"{factor}_CODE": code(strict, to[factor])}), name)

    for choice, factor in [("SMS_MFA", "SMS_MFA"), ("EMAIL_OTP", "EMAIL_OTP"), ("EMAIL_MFA", "EMAIL_OTP")]:
        asked = start()
        assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
        assert set(json.loads(asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"])) == set(to)
        asked = way.answer(asked, name, ANSWER=choice)
        assert asked["ChallengeName"] == factor
        answer_code(asked)

    def prefer(**settings):
        api.admin_set_user_mfa_preference(UserPoolId=strict.id, Username=name, **settings)

    prefer(SMSMfaSettings={"Enabled": True}, EmailMfaSettings={"Enabled": True, "PreferredMfa": True})
    user = api.admin_get_user(UserPoolId=strict.id, Username=name)
    assert set(user["UserMFASettingList"]) == set(to) and user["PreferredMfaSetting"] == "EMAIL_OTP"
    asked = start()
    assert asked["ChallengeName"] == "EMAIL_OTP"
    tokens = answer_code(asked)
    api.set_user_mfa_preference(
        AccessToken=tokens["AccessToken"], SMSMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    asked = start()
    assert asked["ChallengeName"] == "SMS_MFA"
    answer_code(asked)
    with pytest.raises(api.exceptions.InvalidParameterException):
        prefer(SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})


@pytest.mark.parametrize("kind", [PUBLIC, ADMIN])
def test_an_address_is_set_up_as_second_factor(sqlite_server, name, kind):
    pool = Pool(sqlite_server, {"ExplicitAuthFlows": EVERY_FLOW}, AccountRecoverySetting=ADMIN_ONLY)
    pool.api.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="ON", EmailMfaConfiguration={})
    pool.api.admin_create_user(UserPoolId=pool.id, Username=name, MessageAction="SUPPRESS")
    pool.api.admin_set_user_password(UserPoolId=pool.id, Username=name, Password=PASSWORD, Permanent=True)
    way, address = Way(pool, kind), f"{name}@example.com"
    asked = way.start("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["EMAIL_OTP"]
    asked = way.answer(asked, name, EMAIL=address)
    assert asked["ChallengeName"] == "EMAIL_OTP"
    tokens = signed_in(pool, way.answer(asked, name, EMAIL_OTP_CODE=code(pool, address)), name)
    user = pool.api.get_user(AccessToken=tokens["AccessToken"])
    assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]
