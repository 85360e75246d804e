"""pycognito, unmodified, by its class Cognito: second factors, new passwords, refresh, groups, and what is refused."""

import pytest
from botocore.exceptions import ClientError
from pycognito import Cognito
from pycognito.exceptions import (
    ForceChangePasswordException,
    SMSMFAChallengeException,
    SoftwareTokenMFAChallengeException,
    TokenVerificationException,
)
from pycognito.utils import RequestsSrpAuth, TokenType
import requests

from authenticator_app import totp, wrong
from cenote import REGION
from people import NEW_PASSWORD, PASSWORD, Pool, attributes

PHONE = "+12065551234"
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "tests"}


def person(pool, name, **more):
    """A user as pycognito has one. It finds the keys for the tokens by itself."""
    endpoint = {"endpoint_url": pool.server.url, "region_name": REGION}
    return Cognito(
        pool.id, pool.client_id, username=name, access_key="any", secret_key="any", boto3_client_kwargs=endpoint, **more
    )


@pytest.fixture
def factors(server, name):
    """A pool that asks for second factors where a user has one, and a user with a telephone."""
    pool = Pool(server)
    pool.api.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        MfaConfiguration="OPTIONAL",
        SmsMfaConfiguration={"SmsConfiguration": SMS},
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    pool.confirmed(name, attributes={"phone_number": PHONE})
    return pool


def refused(code, message, call):
    with pytest.raises(ClientError) as error:
        call()
    assert (error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]) == (code, message)


def test_codes_of_an_app(factors, name):
    user = person(factors, name)
    user.authenticate(PASSWORD)
    secret = user.associate_software_token()
    refused(
        "EnableSoftwareTokenMFAException",
        "Code mismatch and fail enable Software Token MFA",
        lambda: user.verify_software_token(totp(secret, -9)),
    )
    assert user.verify_software_token(totp(secret), "phone")
    user.set_user_mfa_preference(False, True, preferred="SOFTWARE_TOKEN")

    with pytest.raises(SoftwareTokenMFAChallengeException) as asked:
        user.authenticate(PASSWORD)
    refused(
        "CodeMismatchException",
        "Invalid code received for user",
        lambda: user.respond_to_software_token_mfa_challenge(totp(secret, -9)),
    )
    right = totp(secret, 1)
    # Another process goes on with what the first one was asked.
    elsewhere = person(factors, name)
    elsewhere.respond_to_software_token_mfa_challenge(right, asked.value.get_tokens())
    assert elsewhere.get_user().email == f"{name}@example.com"
    refused(
        "NotAuthorizedException",
        "Invalid session for the user, session can only be used once.",
        lambda: user.respond_to_software_token_mfa_challenge(right),
    )
    with pytest.raises(SoftwareTokenMFAChallengeException):
        user.authenticate(PASSWORD)
    refused(
        "ExpiredCodeException",
        "Your software token has already been used once.",
        lambda: user.respond_to_software_token_mfa_challenge(right),
    )
    elsewhere.set_user_mfa_preference(False, False)
    user.authenticate(PASSWORD)


def test_codes_by_text_message(factors, name):
    user = person(factors, name)
    user.authenticate(PASSWORD)
    user.set_user_mfa_preference(True, False, preferred="SMS")
    with pytest.raises(SMSMFAChallengeException) as asked:
        user.authenticate(PASSWORD)
    assert asked.value.get_tokens()["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "+*******1234"
    code = factors.server.code("Authentication", pool=factors.id, to=PHONE)
    mismatch = ("CodeMismatchException", "Invalid code or auth state for the user.")
    refused(*mismatch, lambda: user.respond_to_sms_mfa_challenge(wrong(code)))
    user.respond_to_sms_mfa_challenge(code)
    assert user.get_user().phone_number_verified is True


def test_a_factor_that_a_user_lacks_is_not_switched_on(factors, name):
    other = f"{name}-other"
    factors.confirmed(other)
    user = person(factors, other)
    user.authenticate(PASSWORD)
    for arguments, factor in [((True, False, "SMS"), "SMS_MFA"), ((False, True, "SOFTWARE_TOKEN"), "SOFTWARE_TOKEN_MFA")]:
        refused(
            "InvalidParameterException",
            f"User does not have delivery config set to turn on {factor}",
            lambda: user.set_user_mfa_preference(*arguments),
        )


def test_second_factors_of_a_client_with_a_secret(factors, name):
    client = factors.make_client(GenerateSecret=True)
    factors.client_id = client["ClientId"]
    user = person(factors, name, client_secret=client["ClientSecret"])
    user.authenticate(PASSWORD)
    user.set_user_mfa_preference(True, False, preferred="SMS")
    with pytest.raises(SMSMFAChallengeException):
        user.authenticate(PASSWORD)
    user.respond_to_sms_mfa_challenge(factors.server.code("Authentication", pool=factors.id, to=PHONE))
    user.renew_access_token()
    user.verify_tokens()


def test_a_new_password_is_asked_for_and_then_a_second_factor(factors, name):
    other = f"{name}-invited"
    factors.api.admin_create_user(
        UserPoolId=factors.id,
        Username=other,
        TemporaryPassword=PASSWORD,
        MessageAction="SUPPRESS",
        UserAttributes=attributes(phone_number=PHONE),
    )
    user = person(factors, other)
    with pytest.raises(ForceChangePasswordException):
        user.authenticate(PASSWORD)
    refused(
        "InvalidPasswordException",
        "Password does not conform to policy: Password must have numeric characters",
        lambda: user.new_password_challenge(PASSWORD, "No-numeral"),
    )
    user.new_password_challenge(PASSWORD, NEW_PASSWORD)
    assert user.get_user().phone_number == PHONE
    user.authenticate(NEW_PASSWORD)


def test_tokens_are_renewed_until_somebody_signs_out(pool, name):
    pool.confirmed(name)
    user = person(pool, name)
    user.authenticate(PASSWORD)
    before = user.access_token, user.id_token, user.refresh_token
    assert user.check_token() is False
    user.renew_access_token()
    assert user.access_token != before[0] and user.id_token != before[1] and user.refresh_token == before[2]
    user.verify_tokens()
    access = user.access_token
    mixed = ".".join([*access.split(".")[:2], user.id_token.split(".")[2]])
    for token in (user.id_token, mixed):
        with pytest.raises(TokenVerificationException):
            user.verify_token(token, "access_token", "access")
    user.logout()
    late = person(pool, name, refresh_token=before[2], access_token=access)
    refused("NotAuthorizedException", "Refresh Token has been revoked", late.renew_access_token)
    refused("NotAuthorizedException", "Access Token has been revoked", late.get_user)


def test_an_administrator_signs_a_user_in(pool, name):
    pool.confirmed(name)
    user = person(pool, name)
    user.admin_authenticate(PASSWORD)
    assert user.access_claims["username"] == user.id_claims["cognito:username"] == name
    refused("NotAuthorizedException", "Incorrect username or password.", lambda: user.admin_authenticate(NEW_PASSWORD))


def test_requests_carry_tokens(pool, name):
    pool.confirmed(name)
    auth = RequestsSrpAuth(
        username=name, password=PASSWORD, cognito=person(pool, name), auth_token_type=TokenType.ID_TOKEN
    )
    request = requests.Request("GET", "http://localhost/", auth=auth).prepare()
    assert request.headers["Authorization"] == f"Bearer {auth.cognito_client.id_token}"


def test_groups_are_in_the_tokens(pool, name):
    pool.confirmed(name)
    for group in ("readers", "writers"):
        pool.api.create_group(UserPoolId=pool.id, GroupName=group, Description=f"all {group}", Precedence=len(group))
    user = person(pool, name)
    assert user.get_group("readers").description == "all readers"
    assert {group.group_name for group in user.get_groups()} == {"readers", "writers"}
    for group in ("readers", "writers"):
        user.admin_add_user_to_group(name, group)
    assert set(user.admin_list_groups_for_user(name)) == {"readers", "writers"}
    user.authenticate(PASSWORD)
    for claims in (user.access_claims, user.id_claims):
        assert set(claims["cognito:groups"]) == {"readers", "writers"}
    user.admin_remove_user_from_group(name, "writers")
    user.renew_access_token()
    assert user.access_claims["cognito:groups"] == ["readers"]


def test_who_may_not_sign_in_is_told_why(pool, name):
    pool.sign_up(name)
    user = person(pool, name)

    def start(password=PASSWORD):
        return lambda: user.authenticate(password)

    refused("UserNotConfirmedException", "User is not confirmed.", start())
    user.admin_confirm_sign_up()
    refused("NotAuthorizedException", "Incorrect username or password.", start(NEW_PASSWORD))
    user.authenticate(PASSWORD)
    user.admin_disable_user(name)
    refused("NotAuthorizedException", "User is disabled.", start())
    refused("NotAuthorizedException", "User is disabled.", user.renew_access_token)
    user.admin_enable_user(name)
    pool.api.admin_update_user_attributes(
        UserPoolId=pool.id, Username=name, UserAttributes=attributes(email_verified="true")
    )
    user.admin_reset_password(name)
    refused("PasswordResetRequiredException", "Password reset required for the user", start())
    code = pool.server.code("ForgotPassword", pool=pool.id)
    user.confirm_forgot_password(code, NEW_PASSWORD)
    user.authenticate(NEW_PASSWORD)
    user.delete_user()
    refused("UserNotFoundException", "User does not exist.", start(NEW_PASSWORD))
