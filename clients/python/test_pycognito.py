"""pycognito, unmodified: SRP as an independent client computes it."""

import json

import pytest
from pycognito import AWSSRP, Cognito
from pycognito.aws_srp import generate_hash_device
from pycognito.exceptions import ForceChangePasswordException

from people import NEW_PASSWORD, PASSWORD, Pool


def by_srp(pool, username, password, **more):
    return AWSSRP(
        username=username, password=password, pool_id=pool.id, client_id=pool.client_id, client=pool.api, **more
    )


def test_a_user_signs_in_and_is_verified(pool, name):
    pool.confirmed(name)
    user = Cognito(
        pool.id, pool.client_id, username=name, session=None, access_key="any", secret_key="any",
        boto3_client_kwargs={"endpoint_url": pool.server.url, "region_name": "eu-central-1"},
    )
    user.pool_jwk = json.loads(pool.server.get(f"/{pool.id}/.well-known/jwks.json"))
    user.authenticate(password=PASSWORD)
    assert user.get_user().email == f"{name}@example.com"
    access = user.access_token
    user.renew_access_token()
    assert user.access_token != access


@pytest.mark.parametrize("password", [PASSWORD, "Grüße-an-Köln-1", "  Inner space-1 x"], ids=["plain", "unicode", "spaces"])
def test_passwords_are_taken_as_they_are(pool, name, password):
    pool.confirmed(name, password.strip())
    tokens = by_srp(pool, name, password.strip()).authenticate_user()
    assert tokens["AuthenticationResult"]["TokenType"] == "Bearer"
    with pytest.raises(pool.api.exceptions.NotAuthorizedException, match="Incorrect username or password."):
        by_srp(pool, name, NEW_PASSWORD).authenticate_user()


def test_many_challenges_all_fit(pool, name):
    """Salts, A and B of every length and with every first bit turn up among these."""
    for number in range(12):
        pool.confirmed(f"{name}-{number}")
        by_srp(pool, f"{name}-{number}", PASSWORD).authenticate_user()


def test_a_secret_client_and_a_new_password(server, name):
    pool = Pool(server, {"GenerateSecret": True})
    secret = pool.api.describe_user_pool_client(UserPoolId=pool.id, ClientId=pool.client_id)
    secret = secret["UserPoolClient"]["ClientSecret"]
    pool.api.admin_create_user(
        UserPoolId=pool.id, Username=name, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    with pytest.raises(ForceChangePasswordException):
        by_srp(pool, name, PASSWORD, client_secret=secret).authenticate_user()
    tokens = by_srp(pool, name, PASSWORD, client_secret=secret).set_new_password_challenge(NEW_PASSWORD)
    assert "RefreshToken" in tokens["AuthenticationResult"]
    assert by_srp(pool, name, NEW_PASSWORD, client_secret=secret).authenticate_user()


def test_a_remembered_device_proves_itself_without_a_session(server, name):
    always = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
    pool = Pool(server, DeviceConfiguration=always)
    pool.confirmed(name)
    result = by_srp(pool, name, PASSWORD).authenticate_user()["AuthenticationResult"]
    key, group = result["NewDeviceMetadata"]["DeviceKey"], result["NewDeviceMetadata"]["DeviceGroupKey"]
    secret, verifier = generate_hash_device(group, key)
    pool.api.confirm_device(
        AccessToken=result["AccessToken"], DeviceKey=key, DeviceName="laptop", DeviceSecretVerifierConfig=verifier
    )
    device = {"device_key": key, "device_group_key": group}
    with pytest.raises(pool.api.exceptions.NotAuthorizedException, match="Incorrect username or password."):
        by_srp(pool, name, PASSWORD, device_password="guessed", **device).authenticate_user()
    tokens = by_srp(pool, name, PASSWORD, device_password=secret, **device).authenticate_user()
    assert "NewDeviceMetadata" not in tokens["AuthenticationResult"]
    pool.api.forget_device(AccessToken=result["AccessToken"], DeviceKey=key)
    with pytest.raises(pool.api.exceptions.ResourceNotFoundException, match="Device does not exist."):
        by_srp(pool, name, PASSWORD, device_password=secret, **device).authenticate_user()
