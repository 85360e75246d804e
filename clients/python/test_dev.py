"""What `cenote dev` offers test suites: seed, clock, reset, fixed codes and ids; and TLS."""

import json
import urllib.request

import botocore.exceptions
import pytest

from cenote import Cenote
from mail_server import Certificate
from people import NEW_PASSWORD, PASSWORD, Pool, as_dict

POOL, CLIENT = "eu-central-1_Example01", "exampleclientid00000000000"
SEED = f"""
pools:
  - Id: {POOL}
    PoolName: example
    AutoVerifiedAttributes: [email]
    Clients:
      - {{ ClientId: {CLIENT}, ClientName: web, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH] }}
    Users:
      - Username: alice
        Password: "{PASSWORD}"
        UserAttributes: {{ email: alice@example.com, email_verified: "true" }}
"""


def sign_in(api, name, password=PASSWORD):
    return api.initiate_auth(
        ClientId=CLIENT, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": password}
    )["AuthenticationResult"]


def post(server, path, body=None):
    data = json.dumps(body).encode() if body is not None else b""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(server.url + path, data=data, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


@pytest.fixture
def seeded(tmp_path):
    seed = tmp_path / "pools.yaml"
    seed.write_text(SEED)
    with Cenote(tmp_path, "--seed", seed, "--clock", "--fixed-code", "123456") as server:
        yield server


def test_a_seed_makes_fixed_ids_and_applying_it_again_changes_nothing(seeded):
    api = seeded.client()
    before = api.describe_user_pool(UserPoolId=POOL)["UserPool"]
    alice = api.admin_get_user(UserPoolId=POOL, Username="alice")
    sign_in(api, "alice")
    api.admin_set_user_password(UserPoolId=POOL, Username="alice", Password=NEW_PASSWORD, Permanent=True)
    changed = api.admin_get_user(UserPoolId=POOL, Username="alice")
    assert seeded.stop() == 0
    seeded.start()
    api = seeded.client()
    assert api.describe_user_pool(UserPoolId=POOL)["UserPool"] == before
    again = api.admin_get_user(UserPoolId=POOL, Username="alice")
    assert as_dict(again["UserAttributes"]) == as_dict(alice["UserAttributes"])
    assert again["UserLastModifiedDate"] == changed["UserLastModifiedDate"]
    sign_in(api, "alice", NEW_PASSWORD)


def test_a_suite_moves_the_clock_past_the_life_of_a_code(seeded):
    api = seeded.client()
    started = json.loads(seeded.get("/_cenote/clock"))["now"]
    api.forgot_password(ClientId=CLIENT, Username="alice")
    redeem = {"ClientId": CLIENT, "Username": "alice", "ConfirmationCode": "123456", "Password": NEW_PASSWORD}
    post(seeded, "/_cenote/clock", {"advance_seconds": 3601})
    assert json.loads(seeded.get("/_cenote/clock"))["now"] >= started + 3601
    with pytest.raises(api.exceptions.ExpiredCodeException):
        api.confirm_forgot_password(**redeem)
    api.forgot_password(ClientId=CLIENT, Username="alice")
    api.confirm_forgot_password(**redeem)
    tokens = sign_in(api, "alice", NEW_PASSWORD)
    post(seeded, "/_cenote/clock", {"advance_seconds": 3601})
    with pytest.raises(api.exceptions.NotAuthorizedException) as refused:
        api.get_user(AccessToken=tokens["AccessToken"])
    assert refused.value.response["Error"]["Message"] == "Access Token has expired"


def test_a_reset_goes_back_to_the_seed(seeded):
    api = seeded.client()
    api.admin_create_user(UserPoolId=POOL, Username="bob", MessageAction="SUPPRESS")
    other = api.create_user_pool(PoolName="other")["UserPool"]["Id"]
    api.admin_set_user_password(UserPoolId=POOL, Username="alice", Password=NEW_PASSWORD, Permanent=True)
    api.forgot_password(ClientId=CLIENT, Username="alice")
    seeded.message("ForgotPassword", pool=POOL)
    post(seeded, "/_cenote/reset")
    assert [user["Username"] for user in api.list_users(UserPoolId=POOL)["Users"]] == ["alice"]
    assert [pool["Id"] for pool in api.list_user_pools(MaxResults=10)["UserPools"]] == [POOL]
    assert other not in str(api.list_user_pools(MaxResults=10))
    assert seeded.messages() == []
    sign_in(api, "alice")


def test_other_local_cognitos_ways_of_naming_ids_work(server):
    api = server.client()
    pool = api.create_user_pool(PoolName="named", UserPoolTags={"_custom_id_": "eu-central-1_Named0001"})["UserPool"]
    assert pool["Id"] == "eu-central-1_Named0001"
    client = api.create_user_pool_client(UserPoolId=pool["Id"], ClientName="_custom_id_:namedclient1")
    assert client["UserPoolClient"]["ClientId"] == "namedclient1"


def test_a_second_start_finds_the_data_again(tmp_path, name):
    with Cenote(tmp_path) as server:
        pool = Pool(server)
        pool.confirmed(name)
        tokens = pool.sign_in(name)
        assert server.stop() == 0
        server.start()
        api = server.client()
        pool.api = api
        pool.sign_in(name)
        # The refresh token, and the key that sealed it, are there as well.
        api.initiate_auth(
            ClientId=pool.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
        )


def test_a_client_that_trusts_the_authority_talks_over_tls(tmp_path, name):
    certificate = Certificate(tmp_path)
    options = ["--set", f"tls.certificate_file={certificate.chain}", "--set", f"tls.key_file={certificate.key}"]
    certificate.key.chmod(0o600)
    with Cenote(tmp_path, *options) as server:
        assert server.url.startswith("https://127.0.0.1:")
        api = server.client(verify=str(certificate.authority))
        created = api.create_user_pool(PoolName="over tls")["UserPool"]
        assert api.describe_user_pool(UserPoolId=created["Id"])["UserPool"]["Name"] == "over tls"
        # A client that does not trust it sends nothing.
        with pytest.raises(botocore.exceptions.SSLError):
            server.client().list_user_pools(MaxResults=1)
