"""`cenote serve`: who may do what is said by access keys and their policies."""

import datetime
import json
import os
import urllib.error

import botocore
import botocore.auth
import botocore.exceptions
import pytest

from cenote import REGION, Cenote, run, wait_for
from people import NEW_PASSWORD, PASSWORD, Pool


class Site:
    """A configured `cenote serve` that sends no mail."""

    def __init__(self, folder, store_url):
        self.config = folder / "cenote.toml"
        key = folder / "master.key"
        run("keys", "master", "generate", "--out", key)
        self.config.write_text(
            f"""
[server]
listen = "127.0.0.1:0"
public_url = "http://127.0.0.1:7665"
[store]
url = "{store_url}"
[keys]
master_key_file = "{key}"
[aws]
account_id = "123456789012"
[limits]
request_rates = "none"
"""
        )
        os.chmod(self.config, 0o600)
        self.policies = folder
        self.server = Cenote(folder, "--config", self.config, mode="serve")

    def key(self, name, *statements):
        """A new access key, as arguments of a client. Without statements it may do everything."""
        arguments = ["--admin"]
        if statements:
            policy = self.policies / f"{name}.json"
            policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
            arguments = ["--policy", policy]
        made = run("keys", "create", "--config", self.config, "--name", name, *arguments, "--json")
        made = json.loads(made.stdout)
        key = made["access_key_id"], made["secret_access_key"]
        # A running server sees a change within a second.
        wait_for(lambda: self.knows(key), lambda: f"the server does not know the new key {name}", 5)
        return key

    def knows(self, key):
        try:
            self.server.client(*key).list_user_pools(MaxResults=1)
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"] != "UnrecognizedClientException"
        return True


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def site(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("serve")
    if request.param == "sqlite":
        url = f"sqlite:{folder}/cenote.db"
    else:
        url = request.getfixturevalue("postgres").database()
    site = Site(folder, url)
    with site.server:
        site.root = site.server.client(*site.key("root"))
        yield site


def pool_of(site, name="first"):
    created = site.root.create_user_pool(PoolName=name)
    return created["UserPool"]["Id"], created["UserPool"]["Arn"]


def denied(call, *texts):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    for text in texts:
        assert text in error["Message"], error["Message"]


def test_a_key_may_do_what_its_policy_allows_and_nothing_else(site):
    first, arn = pool_of(site)
    second, second_arn = pool_of(site, "second")
    reader = site.server.client(
        *site.key("reader", {"Effect": "Allow", "Action": ["cognito-idp:Describe*"], "Resource": arn})
    )
    assert reader.describe_user_pool(UserPoolId=first)["UserPool"]["Arn"] == arn
    denied(
        lambda: reader.describe_user_pool(UserPoolId=second),
        "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: cognito-idp:DescribeUserPool "
        f"on resource: {second_arn} because no identity-based policy allows the cognito-idp:DescribeUserPool action",
    )
    denied(lambda: reader.delete_user_pool(UserPoolId=first), "cognito-idp:DeleteUserPool", arn)
    denied(lambda: reader.list_user_pools(MaxResults=1), "cognito-idp:ListUserPools on resource: *")
    site.root.describe_user_pool(UserPoolId=first)


def test_a_denial_outranks_every_permission(site):
    pool, arn = pool_of(site)
    key = site.key(
        "careful",
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "cognito-idp:Delete*", "Resource": arn},
    )
    careful = site.server.client(*key)
    careful.describe_user_pool(UserPoolId=pool)
    denied(lambda: careful.delete_user_pool(UserPoolId=pool), arn, "explicit deny")
    other, _ = pool_of(site, "other")
    careful.delete_user_pool(UserPoolId=other)


def test_a_pool_that_may_not_be_seen_looks_the_same_whether_it_exists_or_not(site):
    pool, arn = pool_of(site)
    nobody = site.server.client(
        *site.key("nobody", {"Effect": "Allow", "Action": "cognito-idp:ListUserPools", "Resource": "*"})
    )
    unknown = f"{REGION}_000000000"
    denied(lambda: nobody.describe_user_pool(UserPoolId=pool), arn)
    denied(lambda: nobody.describe_user_pool(UserPoolId=unknown), arn.replace(pool, unknown))


def test_a_wrong_secret_an_unknown_key_and_no_key_are_told_apart(site):
    key, secret = site.key("someone")

    def message(call):
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            call()
        return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]

    code, text = message(lambda: site.server.client(key, secret[::-1]).list_user_pools(MaxResults=1))
    assert code == "InvalidSignatureException"
    assert text.startswith("The request signature we calculated does not match the signature you provided.")
    assert message(lambda: site.server.client("AKIANOBODYSKEY000000", secret).list_user_pools(MaxResults=1)) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
    unsigned = site.server.client(signature_version=botocore.UNSIGNED)
    code, text = message(lambda: unsigned.list_user_pools(MaxResults=1))
    assert (code, text) == ("MissingAuthenticationTokenException", "Missing Authentication Token")


@pytest.mark.parametrize("minutes, text", [(-6, "Signature expired: "), (6, "Signature not yet current: ")])
def test_a_clock_that_is_more_than_five_minutes_off_is_refused(site, monkeypatch, minutes, text):
    key = site.key(f"late{minutes + 6}")
    shift = datetime.timedelta(minutes=minutes)
    real = botocore.auth.get_current_datetime

    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *args, **kwargs: real(*args, **kwargs) + shift)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        site.server.client(*key).list_user_pools(MaxResults=1)
    assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"
    assert refused.value.response["Error"]["Message"].startswith(text)


def test_a_deleted_key_is_refused(site):
    key, secret = site.key("leaver")
    client = site.server.client(key, secret)
    client.list_user_pools(MaxResults=1)
    run("keys", "delete", key, "--config", site.config)
    assert key not in run("keys", "list", "--config", site.config).stdout

    wait_for(lambda: not site.knows((key, secret)), lambda: "the deleted key still works", 5)


def test_access_keys_are_made_and_deleted_on_every_instance_at_once(tmp_path_factory, postgres):
    """However the key is changed, and whichever instance has used it just before."""
    folder = tmp_path_factory.mktemp("instances")
    site = Site(folder, postgres.database())
    (folder / "second").mkdir()
    with site.server as first, Cenote(folder / "second", "--config", site.config, mode="serve") as second:
        instances = [first, second]
        root = site.key("root")
        for number in range(3):
            allowed = {"Effect": "Allow", "Action": "cognito-idp:ListUserPools", "Resource": "*"}
            key = site.key(f"key{number}", allowed)

            def outcome(server, credentials=key):
                try:
                    server.client(*credentials).list_user_pools(MaxResults=1)
                    return "success"
                except botocore.exceptions.ClientError as error:
                    return error.response["Error"]["Code"]

            everywhere = lambda expected: all(outcome(server) == expected for server in instances)
            wait_for(lambda: everywhere("success"), lambda: "not everybody knows the new key", 5)
            denied(lambda: second.client(*key).list_user_pool_clients(UserPoolId="eu-west-1_One"))
            run("keys", "delete", "--config", site.config, key[0])
            wait_for(
                lambda: everywhere("UnrecognizedClientException"), lambda: "somebody still takes the deleted key", 5
            )
            assert [outcome(server, root) for server in instances] == ["success", "success"]


def test_users_need_no_signature_and_serve_has_no_inbox(site, name):
    pool, _ = pool_of(site)
    client_id = site.root.create_user_pool_client(
        UserPoolId=pool, ClientName="web", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    visitor = site.server.client(signature_version=botocore.UNSIGNED)
    visitor.sign_up(ClientId=client_id, Username=name, Password=PASSWORD)
    site.root.admin_confirm_sign_up(UserPoolId=pool, Username=name)
    tokens = visitor.initiate_auth(
        ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD}
    )["AuthenticationResult"]
    visitor.change_password(
        AccessToken=tokens["AccessToken"], PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD
    )
    for path in ("/_cenote/inbox", "/_cenote/inbox.json", "/_cenote/clock"):
        with pytest.raises(urllib.error.HTTPError) as missing:
            site.server.get(path)
        assert missing.value.code == 404
    assert json.loads(site.server.get("/_cenote/ready"))["status"] == "ready"
    keys = json.loads(site.server.get(f"/{pool}/.well-known/jwks.json"))["keys"]
    assert len(keys) == 2 and {key["alg"] for key in keys} == {"RS256"}


def test_serve_refuses_to_start_unsafe(tmp_path):
    config = tmp_path / "cenote.toml"
    config.write_text(f'[server]\nlisten = "127.0.0.1:0"\n[store]\nurl = "sqlite:{tmp_path}/cenote.db"\n')
    refused = run("serve", "--config", config, check=False)
    assert refused.returncode == 1 and "master" in refused.stderr and "public_url" in refused.stderr
    assert not (tmp_path / "cenote.db").exists()

    key = tmp_path / "master.key"
    run("keys", "master", "generate", "--out", key)
    with config.open("a") as file:
        file.write(f'[keys]\nmaster_key_file = "{key}"\n')
    safe = ["--set", "server.public_url=http://127.0.0.1:7665"]
    assert run("check-config", "--config", config, *safe).returncode == 0
    os.chmod(key, 0o644)
    refused = run("serve", "--config", config, *safe, check=False)
    assert refused.returncode == 1 and "master.key" in refused.stderr
    os.chmod(key, 0o600)
    refused = run("check-config", "--config", config, *safe, "--set", "server.nonsense=1", check=False)
    assert refused.returncode == 1 and "nonsense" in refused.stderr


def test_two_instances_on_one_database_are_one_service(tmp_path_factory, postgres, name):
    url = postgres.database()
    folder = tmp_path_factory.mktemp("instances")
    key = folder / "master.key"
    run("keys", "master", "generate", "--out", key)
    settings = {
        "store.url": url,
        "keys.master_key_file": key,
        # Part of every token.
        "server.public_url": "http://127.0.0.1:7665",
    }
    options = [part for setting, value in settings.items() for part in ("--set", f"{setting}={value}")]
    folders = [folder / "a", folder / "b"]
    for place in folders:
        place.mkdir()
    with Cenote(folders[0], *options) as first, Cenote(folders[1], *options) as second:
        pool = Pool(first)
        pool.confirmed(name)
        other = second.client()
        other.forgot_password(ClientId=pool.client_id, Username=name)
        code = first.code("ForgotPassword", pool=pool.id)
        other.confirm_forgot_password(
            ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=NEW_PASSWORD
        )
        tokens = pool.sign_in(name, NEW_PASSWORD)
        assert other.get_user(AccessToken=tokens["AccessToken"])["Username"] == name
        other.admin_disable_user(UserPoolId=pool.id, Username=name)
        with pytest.raises(pool.api.exceptions.NotAuthorizedException, match="User is disabled."):
            pool.sign_in(name, NEW_PASSWORD)
        with pytest.raises(pool.api.exceptions.NotAuthorizedException):
            pool.api.get_user(AccessToken=tokens["AccessToken"])
