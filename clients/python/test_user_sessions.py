"""boto3: sign-ins that a pool keeps track of."""

import pytest
from botocore.exceptions import ClientError

from people import Pool
from ways import EVERY_FLOW, make_user, refused


def test_sessions_are_listed_and_ended(sqlite_server, name):
    pool = Pool(sqlite_server, {"ExplicitAuthFlows": EVERY_FLOW})
    api = pool.api
    make_user(pool, name)
    assert api.get_user_pool_session_configuration(UserPoolId=pool.id)["UserSessionTracking"] == "DISABLED"
    api.set_user_pool_session_configuration(
        UserPoolId=pool.id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 2}
    )
    client = {"UserPoolId": pool.id, "ClientId": pool.client_id}
    api.set_user_pool_client_session_configuration(**client, SSOSession={"MaxValidityMinutes": 5})
    assert api.get_user_pool_client_session_configuration(**client)["SSOSession"] == {"MaxValidityMinutes": 5}

    first, second, third = [pool.sign_in(name) for _ in range(3)]
    revoked = "Access Token has been revoked"
    # There is room for two: the one that was used least recently had to go.
    refused("NotAuthorizedException", revoked, lambda: api.get_user(AccessToken=first["AccessToken"]))
    sessions = api.list_user_sessions(AccessToken=third["AccessToken"])["Sessions"]
    [current] = [session for session in sessions if session["IsCurrentSession"]]
    [other] = [session for session in sessions if not session["IsCurrentSession"]]
    assert current["SessionType"] == other["SessionType"] == "TOKEN" and current["ClientId"] == pool.client_id
    assert current["LastIPAddress"] == "127.0.0.1" and other["CreateDate"] <= other["LastActiveDate"]
    with pytest.raises(ClientError):
        api.revoke_user_session(AccessToken=third["AccessToken"], SessionId=current["SessionId"])
    api.revoke_user_session(AccessToken=third["AccessToken"], SessionId=other["SessionId"])
    refused("NotAuthorizedException", revoked, lambda: api.get_user(AccessToken=second["AccessToken"]))

    user = {"UserPoolId": pool.id, "Username": name}
    [listed] = api.admin_list_user_sessions(**user)["Sessions"]
    assert listed["SessionId"] == current["SessionId"] and listed["IsCurrentSession"] is False
    api.admin_revoke_user_session(**user, SessionId=listed["SessionId"])
    assert api.admin_list_user_sessions(**user)["Sessions"] == []
    refused("NotAuthorizedException", revoked, lambda: api.get_user(AccessToken=third["AccessToken"]))
