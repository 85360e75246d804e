"""Errors as clients see them: classes, texts, and what they do not tell."""

import json
import urllib.error
import urllib.request

import botocore.exceptions
import pytest

from people import NEW_PASSWORD, PASSWORD, Pool, secret_hash


def test_every_broken_constraint_is_named_in_one_message(server):
    # boto3 checks lengths itself unless it is told not to.
    api = server.client(parameter_validation=False)
    with pytest.raises(api.exceptions.InvalidParameterException) as refused:
        api.forgot_password(ClientId="a b", Username="")
    message = refused.value.response["Error"]["Message"]
    assert message.startswith("3 validation errors detected: ")
    assert "Value 'a b' at 'clientId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+]+" in message
    assert "Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1" in message
    with pytest.raises(api.exceptions.InvalidParameterException) as refused:
        api.describe_user_pool(UserPoolId="no pool id")
    assert refused.value.response["Error"]["Message"] == (
        "1 validation error detected: Value 'no pool id' at 'userPoolId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\w-]+_[0-9a-zA-Z]+"
    )


def test_unknown_pools_and_clients_are_resource_not_found(server, name):
    api = server.client()
    with pytest.raises(api.exceptions.ResourceNotFoundException) as refused:
        api.describe_user_pool(UserPoolId="eu-central-1_000000000")
    assert refused.value.response["Error"]["Message"] == "User pool eu-central-1_000000000 does not exist."
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    client_id = "0" * 26
    with pytest.raises(api.exceptions.ResourceNotFoundException) as refused:
        api.forgot_password(ClientId=client_id, Username=name)
    assert refused.value.response["Error"]["Message"] == f"User pool client {client_id} does not exist."


def test_a_client_of_another_pool_signs_nobody_in(server, pool, name):
    other = Pool(server)
    pool.confirmed(name)
    with pytest.raises(pool.api.exceptions.ResourceNotFoundException):
        pool.api.admin_initiate_auth(
            UserPoolId=pool.id,
            ClientId=other.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )
    with pytest.raises(other.api.exceptions.UserNotFoundException):
        other.sign_in(name)


def test_a_taken_username_is_refused(pool, name):
    pool.sign_up(name)
    with pytest.raises(pool.api.exceptions.UsernameExistsException) as refused:
        pool.sign_up(name)
    assert refused.value.response["Error"]["Message"] == "User already exists"


def test_a_weak_password_is_refused_with_the_rule_it_breaks(pool, name):
    for password, reason in [
        ("Sh0rt-1", "Password not long enough"),
        ("no-upper-case-1", "Password must have uppercase characters"),
        ("NO-LOWER-CASE-1", "Password must have lowercase characters"),
        ("No-Digits-Here", "Password must have numeric characters"),
        ("NoSymbolsHere1", "Password must have symbol characters"),
    ]:
        with pytest.raises(pool.api.exceptions.InvalidPasswordException) as refused:
            pool.sign_up(name, password)
        assert refused.value.response["Error"]["Message"] == f"Password did not conform with policy: {reason}"


def test_in_legacy_mode_an_unknown_user_is_told(pool):
    api = pool.api
    for call, text in [
        (lambda: pool.sign_in("nobody"), "User does not exist."),
        (lambda: api.forgot_password(ClientId=pool.client_id, Username="nobody"),
         "Username/client id combination not found."),
        (lambda: api.confirm_forgot_password(
            ClientId=pool.client_id, Username="nobody", ConfirmationCode="123456", Password=NEW_PASSWORD),
         "Username/client id combination not found."),
        (lambda: api.resend_confirmation_code(ClientId=pool.client_id, Username="nobody"),
         "Username/client id combination not found."),
    ]:
        with pytest.raises(api.exceptions.UserNotFoundException) as refused:
            call()
        assert refused.value.response["Error"]["Message"] == text


def test_where_existence_is_hidden_an_unknown_user_looks_like_a_real_one(server, name):
    pool = Pool(server, {"PreventUserExistenceErrors": "ENABLED"}, UsernameAttributes=["email"])
    api, real, unknown = pool.api, f"{name}@example.com", f"x{name}@example.com"
    api.sign_up(ClientId=pool.client_id, Username=real, Password=PASSWORD)
    code = server.code("SignUp", pool=pool.id, to=real)
    api.confirm_sign_up(ClientId=pool.client_id, Username=real, ConfirmationCode=code)

    def ask(username):
        return api.forgot_password(ClientId=pool.client_id, Username=username)

    assert set(ask(real)) == set(ask(unknown))
    assert ask(unknown)["CodeDeliveryDetails"] == ask(unknown)["CodeDeliveryDetails"] == {
        "Destination": "x***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    server.code("ForgotPassword", pool=pool.id, to=real)
    assert not server.messages(pool=pool.id, to=unknown)

    def message_of(call):
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            call()
        error = refused.value.response["Error"]
        return error["Code"], error["Message"]

    def redeem(username):
        return api.confirm_forgot_password(
            ClientId=pool.client_id, Username=username, ConfirmationCode="000000x", Password=NEW_PASSWORD
        )

    assert message_of(lambda: redeem(real)) == message_of(lambda: redeem(unknown))
    assert message_of(lambda: redeem(unknown))[0] == "CodeMismatchException"
    assert message_of(lambda: redeem(f"y{unknown}"))[0] == "ExpiredCodeException"
    assert message_of(lambda: pool.sign_in(real, "Wrong-password-1")) == message_of(lambda: pool.sign_in(unknown))
    assert message_of(lambda: pool.sign_in(unknown)) == (
        "NotAuthorizedException",
        "Incorrect username or password.",
    )


def test_the_sixth_reset_of_an_hour_is_refused_for_real_and_invented_users(server, name):
    pool = Pool(server, {"PreventUserExistenceErrors": "ENABLED"})
    pool.confirmed(name)
    for username in (name, f"{name}-unknown"):
        for _ in range(5):
            pool.api.forgot_password(ClientId=pool.client_id, Username=username)
        with pytest.raises(pool.api.exceptions.LimitExceededException) as refused:
            pool.api.forgot_password(ClientId=pool.client_id, Username=username)
        assert refused.value.response["Error"]["Message"] == "Attempt limit exceeded, please try after some time."


def test_five_wrong_passwords_lock_the_user_out(pool, name):
    pool.confirmed(name)
    for _ in range(5):
        with pytest.raises(pool.api.exceptions.NotAuthorizedException, match="Incorrect username or password."):
            pool.sign_in(name, "Wrong-password-1")
    with pytest.raises(pool.api.exceptions.NotAuthorizedException) as refused:
        pool.sign_in(name)
    assert refused.value.response["Error"]["Message"] == "Password attempts exceeded"


def test_flows_that_the_client_lacks_are_refused(pool, name):
    client_id = pool.make_client(ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"])["ClientId"]
    with pytest.raises(pool.api.exceptions.InvalidParameterException) as refused:
        pool.api.initiate_auth(
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )
    assert refused.value.response["Error"]["Message"] == "USER_PASSWORD_AUTH flow not enabled for this client"


def test_a_foreign_or_broken_token_is_refused(pool, name):
    pool.confirmed(name)
    token = pool.sign_in(name)["AccessToken"]
    head, payload, signature = token.split(".")
    for broken in ("abc", f"{head}.{payload}.{signature[::-1]}", pool.sign_in(name)["IdToken"]):
        with pytest.raises(pool.api.exceptions.NotAuthorizedException):
            pool.api.get_user(AccessToken=broken)


def test_an_operation_that_is_not_built_says_so(pool):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        pool.api.create_user_import_job(
            UserPoolId=pool.id, JobName="job", CloudWatchLogsRoleArn="arn:aws:iam::000000000000:role/logs"
        )
    assert refused.value.response["Error"]["Code"] == "UnsupportedOperationException"
    assert "CreateUserImportJob" in refused.value.response["Error"]["Message"]


def post(server, body, target="AWSCognitoIdentityProviderService.ForgotPassword", **headers):
    request = urllib.request.Request(
        server.url + "/",
        data=body,
        headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target} | headers,
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.mark.parametrize("body", [b"", b"null", b"{", b'"text"', b"[]", b'{"ClientId": "\xff"}', b"{" * 100_000])
def test_a_body_that_is_no_object_is_a_serialization_error(server, body):
    status, headers, answer = post(server, body)
    assert status == 400 and json.loads(answer)["__type"] == "SerializationException"
    assert headers["x-amzn-ErrorType"].startswith("SerializationException")


def test_an_unknown_operation_is_refused_without_a_message(server):
    status, _, body = post(server, b"{}", "AWSCognitoIdentityProviderService.NoSuchThing")
    assert status == 400 and json.loads(body) == {"__type": "UnknownOperationException"}


def test_a_body_of_ten_megabytes_is_refused_and_the_server_lives_on(server, client):
    try:
        status, _, _ = post(server, b'{"ClientId":"' + b"a" * 10_000_000 + b'"}')
        assert status == 413
    except (ConnectionError, urllib.error.URLError):
        # The server may close before everything was sent.
        pass
    client.list_user_pools(MaxResults=1)


def test_errors_carry_the_headers_that_clients_read(server):
    client_id = "0" * 26
    status, headers, body = post(server, json.dumps({"ClientId": client_id, "Username": "a"}).encode())
    answer = json.loads(body)
    assert status == 400
    assert answer == {"__type": "ResourceNotFoundException", "message": f"User pool client {client_id} does not exist."}
    assert headers["x-amzn-ErrorType"] == "ResourceNotFoundException:"
    assert headers["x-amzn-ErrorMessage"] == answer["message"]
    assert len(headers["x-amzn-RequestId"]) == 36
    assert headers["Content-Type"] == "application/x-amz-json-1.1"
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_a_secret_hash_over_another_name_is_refused(pool, name):
    client = pool.make_client(GenerateSecret=True)
    proof = secret_hash("somebody else", client["ClientId"], client["ClientSecret"])
    with pytest.raises(pool.api.exceptions.NotAuthorizedException) as refused:
        pool.api.forgot_password(ClientId=client["ClientId"], Username=name, SecretHash=proof)
    assert refused.value.response["Error"]["Message"] == (
        f"Unable to verify secret hash for client {client['ClientId']}"
    )
