"""What a stranger does first, with an unmodified boto3, on each engine."""

import datetime

import pytest

from people import NEW_PASSWORD, PASSWORD, Pool, as_dict, attributes, secret_hash


def test_a_user_signs_up_confirms_forgets_the_password_and_signs_in_with_a_new_one(either_server, name):
    pool = Pool(either_server)
    api, client_id = pool.api, pool.client_id

    signed_up = pool.sign_up(name, email=f"{name}@mail.example.com")
    assert signed_up["UserConfirmed"] is False
    assert signed_up["CodeDeliveryDetails"] == {
        "Destination": f"{name[0]}***@m***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    code = either_server.code("SignUp", pool=pool.id, to=f"{name}@mail.example.com")
    api.confirm_sign_up(ClientId=client_id, Username=name, ConfirmationCode=code)

    asked = api.forgot_password(ClientId=client_id, Username=name)
    assert asked["CodeDeliveryDetails"] == signed_up["CodeDeliveryDetails"]
    code = either_server.code("ForgotPassword", pool=pool.id)
    assert len(code) == 6 and code.isdecimal()
    # Asking changes nothing yet.
    pool.sign_in(name)
    api.confirm_forgot_password(ClientId=client_id, Username=name, ConfirmationCode=code, Password=NEW_PASSWORD)

    with pytest.raises(api.exceptions.NotAuthorizedException) as refused:
        pool.sign_in(name)
    assert refused.value.response["Error"]["Message"] == "Incorrect username or password."
    tokens = pool.sign_in(name, NEW_PASSWORD)
    assert tokens["TokenType"] == "Bearer" and tokens["ExpiresIn"] == 3600
    user = api.get_user(AccessToken=tokens["AccessToken"])
    assert user["Username"] == name
    assert as_dict(user["UserAttributes"]) == {
        "sub": signed_up["UserSub"],
        "email": f"{name}@mail.example.com",
        "email_verified": "true",
    }


def test_a_client_with_a_secret_wants_a_hash_in_every_step(either_server, name):
    pool = Pool(either_server, {"GenerateSecret": True})
    api, client_id = pool.api, pool.client_id
    described = api.describe_user_pool_client(UserPoolId=pool.id, ClientId=client_id)["UserPoolClient"]
    proof = secret_hash(name, client_id, described["ClientSecret"])
    wrong = secret_hash(name, client_id, "another secret of some length")
    who = {"ClientId": client_id, "Username": name}

    refused(api, lambda: api.sign_up(**who, Password=PASSWORD), "received")
    refused(api, lambda: api.sign_up(**who, Password=PASSWORD, SecretHash=wrong), "Unable")
    api.sign_up(**who, Password=PASSWORD, SecretHash=proof, UserAttributes=attributes(email=f"{name}@example.com"))

    code = either_server.code("SignUp", pool=pool.id)
    refused(api, lambda: api.confirm_sign_up(**who, ConfirmationCode=code), "received")
    api.confirm_sign_up(**who, ConfirmationCode=code, SecretHash=proof)

    refused(api, lambda: api.forgot_password(**who), "received")
    refused(api, lambda: api.forgot_password(**who, SecretHash=wrong), "Unable")
    api.forgot_password(**who, SecretHash=proof)
    code = either_server.code("ForgotPassword", pool=pool.id)
    redeem = {"ConfirmationCode": code, "Password": NEW_PASSWORD}
    refused(api, lambda: api.confirm_forgot_password(**who, **redeem), "received")
    refused(api, lambda: api.confirm_forgot_password(**who, **redeem, SecretHash=wrong), "Unable")
    api.confirm_forgot_password(**who, **redeem, SecretHash=proof)

    def sign_in(**parameters):
        parameters |= {"USERNAME": name, "PASSWORD": NEW_PASSWORD}
        return api.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)

    refused(api, sign_in, "received")
    refused(api, lambda: sign_in(SECRET_HASH=wrong), "Unable")
    tokens = sign_in(SECRET_HASH=proof)["AuthenticationResult"]
    refreshed = api.initiate_auth(
        ClientId=client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"], "SECRET_HASH": proof},
    )["AuthenticationResult"]
    assert refreshed["AccessToken"] != tokens["AccessToken"] and "RefreshToken" not in refreshed
    api.revoke_token(Token=tokens["RefreshToken"], ClientId=client_id, ClientSecret=described["ClientSecret"])


def refused(api, call, text):
    with pytest.raises(api.exceptions.NotAuthorizedException, match=text):
        call()


def test_either_of_two_client_secrets_makes_a_valid_hash(pool, name):
    api = pool.api
    client_id = pool.make_client(GenerateSecret=True)["ClientId"]
    first = api.describe_user_pool_client(UserPoolId=pool.id, ClientId=client_id)["UserPoolClient"]["ClientSecret"]
    added = api.add_user_pool_client_secret(UserPoolId=pool.id, ClientId=client_id)["ClientSecretDescriptor"]
    second = added["ClientSecretValue"]
    assert added["ClientSecretId"].startswith(f"{client_id}--") and second != first
    listed = api.list_user_pool_client_secrets(UserPoolId=pool.id, ClientId=client_id)["ClientSecrets"]
    assert len(listed) == 2 and not any("ClientSecretValue" in entry for entry in listed)
    with pytest.raises(api.exceptions.LimitExceededException):
        api.add_user_pool_client_secret(UserPoolId=pool.id, ClientId=client_id)

    pool.confirmed(name)
    for secret in (first, second):
        proof = secret_hash(name, client_id, secret)
        api.forgot_password(ClientId=client_id, Username=name, SecretHash=proof)

    oldest = next(entry for entry in listed if entry["ClientSecretId"] != added["ClientSecretId"])
    api.delete_user_pool_client_secret(
        UserPoolId=pool.id, ClientId=client_id, ClientSecretId=oldest["ClientSecretId"]
    )
    old, new = (secret_hash(name, client_id, secret) for secret in (first, second))
    refused(api, lambda: api.forgot_password(ClientId=client_id, Username=name, SecretHash=old), "Unable")
    api.forgot_password(ClientId=client_id, Username=name, SecretHash=new)


def test_a_hash_sent_to_a_client_without_a_secret_is_refused(pool, name):
    proof = secret_hash(name, pool.client_id, "some secret")
    with pytest.raises(pool.api.exceptions.InvalidParameterException) as refused:
        pool.api.forgot_password(ClientId=pool.client_id, Username=name, SecretHash=proof)
    assert refused.value.response["Error"]["Message"] == (
        f"App client {pool.client_id} is not configured for secret but secret hash was received"
    )


def test_both_ways_to_refresh_give_new_tokens_for_the_same_user(pool, name):
    api = pool.api
    client = pool.make_client(GenerateSecret=True)
    client_id, secret = client["ClientId"], client["ClientSecret"]
    signed_up = pool.confirmed(name)
    tokens = api.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD, "SECRET_HASH": secret_hash(name, client_id, secret)},
    )["AuthenticationResult"]
    ask = {"ClientId": client_id, "RefreshToken": tokens["RefreshToken"]}
    refused(api, lambda: api.get_tokens_from_refresh_token(**ask), "received")
    refused(api, lambda: api.get_tokens_from_refresh_token(**ask, ClientSecret=f"{secret}x"), "Unable")
    refreshed = api.get_tokens_from_refresh_token(**ask, ClientSecret=secret)["AuthenticationResult"]
    assert refreshed["AccessToken"] != tokens["AccessToken"]
    user = api.get_user(AccessToken=refreshed["AccessToken"])
    assert as_dict(user["UserAttributes"])["sub"] == signed_up["UserSub"]


def test_revoked_and_signed_out_tokens_are_dead_and_a_reset_revokes_nothing(pool, name):
    api = pool.api
    pool.confirmed(name)

    def refresh(tokens):
        return api.initiate_auth(
            ClientId=pool.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
        )["AuthenticationResult"]

    revoked, kept = pool.sign_in(name), pool.sign_in(name)
    code = pool.reset_code(name)
    api.confirm_forgot_password(
        ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=NEW_PASSWORD
    )
    assert api.get_user(AccessToken=refresh(kept)["AccessToken"])["Username"] == name

    api.revoke_token(Token=revoked["RefreshToken"], ClientId=pool.client_id)
    with pytest.raises(api.exceptions.NotAuthorizedException) as error:
        refresh(revoked)
    assert error.value.response["Error"]["Message"] == "Refresh Token has been revoked"
    with pytest.raises(api.exceptions.NotAuthorizedException) as error:
        api.get_user(AccessToken=revoked["AccessToken"])
    assert error.value.response["Error"]["Message"] == "Access Token has been revoked"
    refresh(kept)

    api.global_sign_out(AccessToken=kept["AccessToken"])
    with pytest.raises(api.exceptions.NotAuthorizedException) as error:
        refresh(kept)
    assert error.value.response["Error"]["Message"] == "Refresh Token has been revoked"

    again = pool.sign_in(name, NEW_PASSWORD)
    api.admin_user_global_sign_out(UserPoolId=pool.id, Username=name)
    with pytest.raises(api.exceptions.NotAuthorizedException):
        api.get_user(AccessToken=again["AccessToken"])


def test_a_code_works_once_and_only_the_newest(pool, name):
    api = pool.api
    pool.confirmed(name)
    first, second = pool.reset_code(name), pool.reset_code(name)

    def redeem(code, password=NEW_PASSWORD):
        api.confirm_forgot_password(
            ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=password
        )

    if first != second:
        with pytest.raises(api.exceptions.CodeMismatchException) as error:
            redeem(first)
        assert error.value.response["Error"]["Message"] == (
            "Invalid verification code provided, please try again."
        )
    # A short password is a broken constraint of the request, a weak one breaks the pool's policy.
    with pytest.raises(api.exceptions.InvalidParameterException):
        redeem(second, "short")
    with pytest.raises(api.exceptions.InvalidPasswordException) as error:
        redeem(second, "no-upper-case-1")
    assert error.value.response["Error"]["Message"] == (
        "Password does not conform to policy: Password must have uppercase characters"
    )
    redeem(second)
    with pytest.raises(api.exceptions.ExpiredCodeException) as error:
        redeem(second)
    assert error.value.response["Error"]["Message"] == "Invalid code provided, please request a code again."


def test_timestamps_become_datetimes_with_milliseconds(pool, name):
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=60)
    pool.confirmed(name)
    user = pool.api.admin_get_user(UserPoolId=pool.id, Username=name)
    described = pool.api.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    for when in (user["UserCreateDate"], user["UserLastModifiedDate"], described["CreationDate"]):
        assert isinstance(when, datetime.datetime)
        assert before < when < before + datetime.timedelta(seconds=300)
    assert user["UserCreateDate"] <= user["UserLastModifiedDate"]
