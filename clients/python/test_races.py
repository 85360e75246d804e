"""Many clients at the same moment: what may happen once happens once, on one instance and on three."""

import collections
import concurrent.futures
import threading

import botocore.exceptions
import pytest

from cenote import instances_of
from people import PASSWORD, Pool, attributes

TRIES = 12


@pytest.fixture(params=["sqlite", "postgres", "three instances"], scope="module")
def instances(request, tmp_path_factory):
    """Servers of one service."""
    options = []
    if request.param != "sqlite":
        options = ["--set", f"store.url={request.getfixturevalue('postgres').database()}"]
    count = 3 if request.param == "three instances" else 1
    with instances_of(tmp_path_factory.mktemp("races"), count, *options) as servers:
        yield servers


def all_at_once(instances, call):
    """Calls from many threads, spread over the instances, started together; how often each outcome came out."""
    clients = [server.client(max_pool_connections=TRIES) for server in instances]
    for api in clients:
        # Connections are open before it starts.
        api.list_user_pools(MaxResults=1)
    barrier = threading.Barrier(TRIES)

    def attempt(number):
        barrier.wait(30)
        try:
            call(clients[number % len(clients)], number)
            return "success"
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    with concurrent.futures.ThreadPoolExecutor(TRIES) as threads:
        return collections.Counter(threads.map(attempt, range(TRIES)))


def person(pool, name):
    pool.api.admin_create_user(
        UserPoolId=pool.id,
        Username=name,
        MessageAction="SUPPRESS",
        UserAttributes=attributes(email=f"{name}@example.com", email_verified="true"),
    )
    pool.api.admin_set_user_password(UserPoolId=pool.id, Username=name, Password=PASSWORD, Permanent=True)


def test_one_of_many_sign_ups_with_one_name_succeeds(instances, name):
    pool = Pool(instances[0])
    outcomes = all_at_once(
        instances,
        lambda api, number: api.sign_up(
            ClientId=pool.client_id,
            Username=name,
            Password=PASSWORD,
            UserAttributes=attributes(email=f"{name}-{number}@example.com"),
        ),
    )
    assert outcomes == {"success": 1, "UsernameExistsException": TRIES - 1}
    assert len(pool.api.list_users(UserPoolId=pool.id)["Users"]) == 1


def test_one_of_many_redemptions_of_a_code_succeeds(instances, name):
    pool = Pool(instances[0])
    person(pool, name)
    code = pool.reset_code(name)
    winners = []

    def redeem(api, number):
        password = f"Chosen-by-{number}"
        api.confirm_forgot_password(
            ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=password
        )
        winners.append(password)

    outcomes = all_at_once(instances, redeem)
    assert outcomes["success"] == 1 and outcomes.total() == TRIES, outcomes
    assert set(outcomes) <= {"success", "ExpiredCodeException", "LimitExceededException"}, outcomes
    [password] = winners
    pool.sign_in(name, password)


def test_guesses_at_a_code_are_counted_however_fast_they_come(instances, name):
    pool = Pool(instances[0])
    person(pool, name)
    code = pool.reset_code(name)
    wrong = [f"{number:06}" for number in range(TRIES + 1) if f"{number:06}" != code]
    outcomes = all_at_once(
        instances,
        lambda api, number: api.confirm_forgot_password(
            ClientId=pool.client_id, Username=name, ConfirmationCode=wrong[number], Password="Another-one-1"
        ),
    )
    assert outcomes == {"CodeMismatchException": 5, "LimitExceededException": TRIES - 5}


def test_requests_for_codes_are_counted_however_fast_they_come(instances, name):
    pool = Pool(instances[0])
    person(pool, name)
    outcomes = all_at_once(
        instances, lambda api, _: api.forgot_password(ClientId=pool.client_id, Username=name)
    )
    assert outcomes == {"success": 5, "LimitExceededException": TRIES - 5}


def test_wrong_passwords_are_counted_however_fast_they_come(instances, name):
    pool = Pool(instances[0])
    person(pool, name)
    messages = []

    def guess(api, number):
        try:
            api.initiate_auth(
                ClientId=pool.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name, "PASSWORD": f"Wrong-guess-{number}"},
            )
        except api.exceptions.NotAuthorizedException as error:
            messages.append(error.response["Error"]["Message"])
            raise

    assert all_at_once(instances, guess) == {"NotAuthorizedException": TRIES}
    # The lock after the fifth lasts a second, so on a slow machine a sixth may come after it.
    assert 5 <= messages.count("Incorrect username or password.") <= 7, messages
    assert set(messages) <= {"Incorrect username or password.", "Password attempts exceeded"}


def test_a_session_of_a_challenge_is_used_once(instances, name):
    pool = Pool(instances[0])
    pool.api.admin_create_user(
        UserPoolId=pool.id, Username=name, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    challenge = pool.api.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )
    outcomes = all_at_once(
        instances,
        lambda api, number: api.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": f"Chosen-by-{number}"},
        ),
    )
    assert outcomes == {"success": 1, "NotAuthorizedException": TRIES - 1}


def test_one_of_many_owns_an_address(instances, name):
    pool = Pool(instances[0], AliasAttributes=["email"])
    email = f"{name}@example.com"
    codes = {}
    for number in range(TRIES):
        person = f"{name}-{number}"
        pool.sign_up(person, email=email)
        codes[person] = instances[0].message("SignUp", pool=pool.id, user=person)["code"]

    def confirm(api, number):
        person = f"{name}-{number}"
        api.confirm_sign_up(ClientId=pool.client_id, Username=person, ConfirmationCode=codes[person])

    assert all_at_once(instances, confirm) == {"success": 1, "AliasExistsException": TRIES - 1}
    users = pool.api.list_users(UserPoolId=pool.id)["Users"]
    [owner] = [user["Username"] for user in users if user["UserStatus"] == "CONFIRMED"]
    assert pool.api.admin_get_user(UserPoolId=pool.id, Username=email)["Username"] == owner


def test_a_client_has_two_secrets_at_most(instances, name):
    pool = Pool(instances[0], client_options={"GenerateSecret": True})
    outcomes = all_at_once(
        instances, lambda api, _: api.add_user_pool_client_secret(UserPoolId=pool.id, ClientId=pool.client_id)
    )
    assert outcomes["success"] == 1 and outcomes.total() == TRIES, outcomes
    secrets = pool.api.list_user_pool_client_secrets(UserPoolId=pool.id, ClientId=pool.client_id)
    assert len(secrets["ClientSecrets"]) == 2


def test_a_token_that_is_revoked_while_it_is_used_works_nowhere_afterwards(instances, name):
    pool = Pool(instances[0])
    person(pool, name)
    token = pool.sign_in(name)["RefreshToken"]

    def use(api, number):
        if number == 0:
            api.revoke_token(ClientId=pool.client_id, Token=token)
        else:
            refresh(api)
            refresh(api)

    def refresh(api):
        return api.initiate_auth(
            ClientId=pool.client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}
        )

    assert set(all_at_once(instances, use)) <= {"success", "NotAuthorizedException"}
    for server in instances:
        with pytest.raises(botocore.exceptions.ClientError, match="revoked"):
            refresh(server.client())
