"""boto3: devices, as their users look after them and as administrators do."""

import pytest
from pycognito.aws_srp import generate_hash_device

from people import PASSWORD, Pool
from ways import ADMIN, EVERY_FLOW, PUBLIC, Proof, Way, make_user, refused, signed_in


@pytest.mark.parametrize("kind", [PUBLIC, ADMIN])
def test_a_device_is_looked_after_and_proves_itself(sqlite_server, name, kind):
    pool = Pool(
        sqlite_server,
        {"ExplicitAuthFlows": EVERY_FLOW},
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False},
    )
    api, way = pool.api, Way(pool, kind)
    make_user(pool, name)
    start = lambda **more: way.start("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD, **more)
    tokens = start()["AuthenticationResult"]
    key, group = (tokens["NewDeviceMetadata"][member] for member in ("DeviceKey", "DeviceGroupKey"))
    secret, verifier = generate_hash_device(group, key)
    confirm = {"AccessToken": tokens["AccessToken"], "DeviceSecretVerifierConfig": verifier, "DeviceName": "laptop"}
    refused("InvalidParameterException", "Invalid device key given.", lambda: api.confirm_device(DeviceKey="eu-central-1_0", **confirm))
    assert api.confirm_device(DeviceKey=key, **confirm)["UserConfirmationNecessary"] is False
    with pytest.raises(api.exceptions.DeviceKeyExistsException):
        api.confirm_device(DeviceKey=key, **confirm)

    proof = Proof(pool, name, device_key=key, device_group_key=group, device_password=secret)
    asked = start(DEVICE_KEY=key)
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    asked = way.answer(asked, name, DEVICE_KEY=key, SRP_A=proof.public)
    assert asked["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
    again = signed_in(pool, way.other().answer(asked, name, **proof.of_device(asked)), name)
    assert "NewDeviceMetadata" not in again
    refreshed = api.get_tokens_from_refresh_token(
        ClientId=pool.client_id, RefreshToken=again["RefreshToken"], DeviceKey=key
    )
    assert refreshed["AuthenticationResult"]["AccessToken"]
    without = lambda: way.start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=again["RefreshToken"])
    refused("NotAuthorizedException", "Invalid Refresh Token.", without)

    user, admin = {"AccessToken": again["AccessToken"]}, {"UserPoolId": pool.id, "Username": name}
    for listed, one in [
        (api.list_devices(**user), api.get_device(**user, DeviceKey=key)),
        (api.admin_list_devices(**admin), api.admin_get_device(**admin, DeviceKey=key)),
    ]:
        assert [device["DeviceKey"] for device in listed["Devices"]] == [key]
        assert one["Device"] == listed["Devices"][0]
        # Whole seconds, unlike the others.
        created, used = (one["Device"][f"Device{what}Date"] for what in ("Create", "LastAuthenticated"))
        assert created.replace(microsecond=0) <= used == used.replace(microsecond=0)
    api.admin_update_device_status(**admin, DeviceKey=key, DeviceRememberedStatus="not_remembered")
    assert "AuthenticationResult" in start(DEVICE_KEY=key)
    api.update_device_status(**user, DeviceKey=key, DeviceRememberedStatus="remembered")
    assert start(DEVICE_KEY=key)["ChallengeName"] == "DEVICE_SRP_AUTH"
    forget = (lambda: api.forget_device(**user, DeviceKey=key)) if kind == PUBLIC else (
        lambda: api.admin_forget_device(**admin, DeviceKey=key))
    forget()
    refused("ResourceNotFoundException", "Device does not exist.", forget)
    refused("ResourceNotFoundException", "Device does not exist.", lambda: start(DEVICE_KEY=key))
