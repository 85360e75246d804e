"""pycognito's own calls about devices. They go to AWS's address whatever endpoint is set, so that name leads to the server."""

import pytest
import urllib3.util.connection
from pycognito import AWSSRP
from pycognito.exceptions import SMSMFAChallengeException

from cenote import REGION, Cenote
from mail_server import Certificate
from people import PASSWORD, Pool

HOST = f"cognito-idp.{REGION}.amazonaws.com"
PHONE = "+12065551234"
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "tests"}


@pytest.fixture
def pool(tmp_path, monkeypatch):
    certificate = Certificate(tmp_path, HOST)
    certificate.key.chmod(0o600)
    options = ["--set", f"tls.certificate_file={certificate.chain}", "--set", f"tls.key_file={certificate.key}"]
    with Cenote(tmp_path, *options) as server:
        connect = urllib3.util.connection.create_connection
        port = int(server.url.rsplit(":", 1)[1])

        def resolve(address, *arguments, **more):
            return connect(("127.0.0.1", port) if address == (HOST, 443) else address, *arguments, **more)

        monkeypatch.setattr(urllib3.util.connection, "create_connection", resolve)
        for trusting in ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(trusting, str(certificate.authority))
        pool = Pool(
            server,
            DeviceConfiguration={"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True},
        )
        pool.api.set_user_pool_mfa_config(
            UserPoolId=pool.id, MfaConfiguration="OPTIONAL", SmsMfaConfiguration={"SmsConfiguration": SMS}
        )
        yield pool


def test_a_device_is_confirmed_remembered_and_forgotten(pool, name):
    pool.confirmed(name, attributes={"phone_number": PHONE})

    def srp(**device):
        return AWSSRP(
            username=name, password=PASSWORD, pool_id=pool.id, client_id=pool.client_id, client=pool.api, **device
        )

    first = srp()
    tokens = first.authenticate_user()
    answer, secret = first.confirm_device(tokens, "laptop")
    assert answer.status_code == 200 and answer.json() == {"UserConfirmationNecessary": True}
    token, key = tokens["AuthenticationResult"]["AccessToken"], first.device_key
    device = {"device_key": key, "device_group_key": first.device_group_key, "device_password": secret}
    pool.api.set_user_mfa_preference(AccessToken=token, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})

    # Confirmed is not yet remembered.
    with pytest.raises(SMSMFAChallengeException):
        srp(**device).authenticate_user()
    assert first.update_device_status(True, token, key).startswith("<Response [200]>")
    result = srp(**device).authenticate_user()["AuthenticationResult"]
    assert "NewDeviceMetadata" not in result and result["RefreshToken"]
    with pytest.raises(pool.api.exceptions.NotAuthorizedException, match="Incorrect username or password."):
        srp(**device | {"device_password": "guessed"}).authenticate_user()
    [listed] = pool.api.list_devices(AccessToken=token)["Devices"]
    names = {attribute["Name"]: attribute["Value"] for attribute in listed["DeviceAttributes"]}
    assert listed["DeviceKey"] == key and names["device_name"] == "laptop"
    assert names["dev:device_remembered_status"] == "remembered"

    # Tokens of a device are refreshed by that device alone.
    def refresh(**parameters):
        return pool.api.initiate_auth(
            ClientId=pool.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": result["RefreshToken"], **parameters},
        )

    assert refresh(DEVICE_KEY=key)["AuthenticationResult"]["AccessToken"]
    with pytest.raises(pool.api.exceptions.NotAuthorizedException, match=r"Invalid Refresh Token\.$"):
        refresh()

    assert first.update_device_status(False, token, key).startswith("<Response [200]>")
    with pytest.raises(SMSMFAChallengeException):
        srp(**device).authenticate_user()
    assert first.forget_device(token, key).startswith("<Response [200]>")
    with pytest.raises(pool.api.exceptions.ResourceNotFoundException, match=r"Device does not exist\.$"):
        srp(**device).authenticate_user()
    assert pool.api.list_devices(AccessToken=token)["Devices"] == []
