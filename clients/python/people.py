"""Pools, app clients and users to start from."""

import base64
import hashlib
import hmac

PASSWORD = "Correct-horse-1"
NEW_PASSWORD = "Battery-staple-2"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]


def secret_hash(username, client_id, secret):
    """SECRET_HASH, made as AWS's guide says."""
    digest = hmac.new(secret.encode(), (username + client_id).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def attributes(**values):
    """A list of attributes; `custom_x` stands for `custom:x`."""
    return [{"Name": name.replace("custom_", "custom:", 1), "Value": value} for name, value in values.items()]


def as_dict(listed):
    return {attribute["Name"]: attribute["Value"] for attribute in listed}


class Pool:
    """A user pool with one app client."""

    def __init__(self, server, client_options=None, **options):
        self.server = server
        self.api = server.client()
        created = self.api.create_user_pool(**{"PoolName": "tests", "AutoVerifiedAttributes": ["email"]} | options)
        self.id = created["UserPool"]["Id"]
        self.arn = created["UserPool"]["Arn"]
        self.client_id = self.make_client(**(client_options or {}))["ClientId"]

    def make_client(self, **options):
        request = {"UserPoolId": self.id, "ClientName": "tests", "ExplicitAuthFlows": FLOWS} | options
        return self.api.create_user_pool_client(**request)["UserPoolClient"]

    def sign_up(self, name, password=PASSWORD, email=None, **more):
        email = email or f"{name}@example.com"
        return self.api.sign_up(
            ClientId=self.client_id,
            Username=name,
            Password=password,
            UserAttributes=attributes(email=email, **more.pop("attributes", {})),
            **more,
        )

    def confirmed(self, name, password=PASSWORD, **more):
        """A user who signed up and redeemed the code from the mail."""
        email = more.get("email") or f"{name}@example.com"
        signed_up = self.sign_up(name, password, **more)
        code = self.server.code("SignUp", pool=self.id, to=email)
        self.api.confirm_sign_up(ClientId=self.client_id, Username=name, ConfirmationCode=code)
        return signed_up

    def sign_in(self, name, password=PASSWORD):
        answer = self.api.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
        return answer["AuthenticationResult"]

    def reset_code(self, name, email=None, **more):
        """Asks for a reset and reads the code from the mail."""
        email = email or f"{name}@example.com"
        before = self.server.messages(pool=self.id)
        self.api.forgot_password(ClientId=self.client_id, Username=name, **more)
        return self.server.code("ForgotPassword", after=before[0] if before else None, pool=self.id, to=email)
