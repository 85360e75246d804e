"""Lambda triggers through the Invoke API."""

import pytest

from cenote import Cenote
from functions import CREDENTIALS, FunctionError, Functions
from people import NEW_PASSWORD, PASSWORD, Pool, as_dict


@pytest.fixture(scope="module")
def functions():
    functions = Functions()
    yield functions
    functions.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, functions):
    folder = tmp_path_factory.mktemp("triggers")
    with Cenote(folder, "--lambda-endpoint", functions.url, env=CREDENTIALS) as server:
        yield server


def test_a_function_refuses_a_sign_up_and_sees_what_the_request_carried(server, functions, name):
    def deny(event):
        raise FunctionError(f"no {event['userName']} here")

    pool = Pool(server, LambdaConfig={"PreSignUp": functions.add("deny", deny)})
    with pytest.raises(pool.api.exceptions.UserLambdaValidationException) as refused:
        pool.sign_up(
            name,
            ValidationData=[{"Name": "invitation", "Value": "42"}],
            ClientMetadata={"campaign": "spring"},
        )
    assert refused.value.response["Error"]["Message"] == f"PreSignUp failed with error no {name} here."
    with pytest.raises(pool.api.exceptions.UserNotFoundException):
        pool.api.admin_get_user(UserPoolId=pool.id, Username=name)
    [event] = functions.seen("PreSignUp_SignUp", pool)
    assert event["version"] == "1" and event["region"] == "eu-central-1" and event["userName"] == name
    assert event["callerContext"]["clientId"] == pool.client_id
    assert event["request"] == {
        "userAttributes": {"email": f"{name}@example.com"},
        "validationData": {"invitation": "42"},
        "clientMetadata": {"campaign": "spring"},
    }
    assert event["response"] == {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}


def test_a_function_confirms_a_user_at_once(server, functions, name):
    def confirm(event):
        event["response"] |= {"autoConfirmUser": True, "autoVerifyEmail": True}
        return event

    pool = Pool(server, LambdaConfig={"PreSignUp": functions.add("confirm", confirm)})
    assert pool.sign_up(name)["UserConfirmed"] is True
    user = pool.api.get_user(AccessToken=pool.sign_in(name)["AccessToken"])
    assert as_dict(user["UserAttributes"])["email_verified"] == "true"
    assert not server.messages(pool=pool.id)


def test_a_function_writes_the_message_and_never_sees_the_code(server, functions, name):
    def write(event):
        place = event["request"]["codeParameter"]
        event["response"]["emailSubject"] = f"For {event['userName']}"
        event["response"]["emailMessage"] = f"<p>Use <b>{place}</b>, {event['request']['clientMetadata']['greeting']}</p>"
        return event

    pool = Pool(server)
    pool.confirmed(name)
    pool.api.update_user_pool(
        UserPoolId=pool.id,
        AutoVerifiedAttributes=["email"],
        LambdaConfig={"CustomMessage": functions.add("write", write)},
    )
    pool.api.forgot_password(ClientId=pool.client_id, Username=name, ClientMetadata={"greeting": "Rosa"})
    message = server.message("ForgotPassword", pool=pool.id)
    assert message["subject"] == f"For {name}"
    assert message["body"] == f"<p>Use <b>{message['code']}</b>, Rosa</p>"
    [event] = functions.seen("CustomMessage_ForgotPassword", pool)
    assert event["request"]["codeParameter"] == "{####}" and message["code"] not in str(event)
    assert event["request"]["userAttributes"]["email"] == f"{name}@example.com"
    assert event["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"


def test_a_user_of_the_old_system_is_migrated_by_a_forgotten_password(server, functions, name):
    def migrate(event):
        if event["userName"] != name:
            return event
        event["response"] |= {
            "userAttributes": {"email": f"{name}@example.com", "email_verified": "true"},
            "messageAction": "SUPPRESS",
        }
        return event

    pool = Pool(server, LambdaConfig={"UserMigration": functions.add("migrate", migrate)})
    with pytest.raises(pool.api.exceptions.UserNotFoundException):
        pool.api.forgot_password(ClientId=pool.client_id, Username=f"not-{name}")
    asked = pool.api.forgot_password(
        ClientId=pool.client_id, Username=name, ClientMetadata={"tenant": "north"}
    )
    assert asked["CodeDeliveryDetails"]["AttributeName"] == "email"
    event = functions.seen("UserMigration_ForgotPassword", pool)[-1]
    assert event["userName"] == name and event["request"]["clientMetadata"] == {"tenant": "north"}
    assert event["request"].get("password") is None
    assert pool.api.admin_get_user(UserPoolId=pool.id, Username=name)["UserStatus"] == "RESET_REQUIRED"
    assert [message["purpose"] for message in server.messages(pool=pool.id)] in ([], ["ForgotPassword"])
    code = server.code("ForgotPassword", pool=pool.id, to=f"{name}@example.com")
    pool.api.confirm_forgot_password(
        ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=NEW_PASSWORD
    )
    pool.sign_in(name, NEW_PASSWORD)


def test_a_user_of_the_old_system_is_migrated_by_signing_in(server, functions, name):
    def migrate(event):
        if event["request"]["password"] != "old secret":
            raise FunctionError("wrong password")
        event["response"] |= {
            "userAttributes": {"email": f"{name}@example.com", "email_verified": "true"},
            "finalUserStatus": "CONFIRMED",
            "messageAction": "SUPPRESS",
        }
        return event

    pool = Pool(server, LambdaConfig={"UserMigration": functions.add("migrate-at-sign-in", migrate)})
    pool.sign_in(name, "old secret")
    pool.sign_in(name, "old secret")
    assert len(functions.seen("UserMigration_Authentication", pool)) == 1


def test_the_password_is_changed_even_if_the_function_after_it_fails(server, functions, name):
    def fail(event):
        if event["triggerSource"] == "PostConfirmation_ConfirmForgotPassword":
            raise FunctionError("no.")
        return event

    pool = Pool(server, LambdaConfig={"PostConfirmation": functions.add("after", fail)})
    pool.confirmed(name)
    assert len(functions.seen("PostConfirmation_ConfirmSignUp", pool)) == 1
    code = pool.reset_code(name)
    with pytest.raises(pool.api.exceptions.UserLambdaValidationException) as failed:
        pool.api.confirm_forgot_password(
            ClientId=pool.client_id,
            Username=name,
            ConfirmationCode=code,
            Password=NEW_PASSWORD,
            ClientMetadata={"from": "settings"},
        )
    assert failed.value.response["Error"]["Message"] == "PostConfirmation failed with error no.."
    [event] = functions.seen("PostConfirmation_ConfirmForgotPassword", pool)
    assert event["request"]["clientMetadata"] == {"from": "settings"}
    assert event["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"
    pool.sign_in(name, NEW_PASSWORD)


def test_a_function_that_answers_nonsense_or_is_missing_fails_the_call(server, functions, name):
    pool = Pool(server, LambdaConfig={"PreSignUp": functions.add("nonsense", lambda event: None)})
    with pytest.raises(pool.api.exceptions.InvalidLambdaResponseException):
        pool.sign_up(name)
    missing = "arn:aws:lambda:eu-central-1:123456789012:function:missing"
    pool = Pool(server, LambdaConfig={"PreSignUp": missing})
    with pytest.raises(pool.api.exceptions.UnexpectedLambdaException) as failed:
        pool.sign_up(name, PASSWORD)
    assert failed.value.response["Error"]["Message"] == (
        "PreSignUp invocation failed due to error ResourceNotFoundException."
    )
