"""What a back end does with users: administration, attributes, lists, aliases."""

import pytest

from people import NEW_PASSWORD, PASSWORD, Pool, as_dict, attributes


def test_an_administrator_creates_a_user_who_chooses_a_password_at_the_first_sign_in(pool, name):
    api = pool.api
    created = api.admin_create_user(
        UserPoolId=pool.id,
        Username=name,
        UserAttributes=attributes(email=f"{name}@example.com", email_verified="true"),
        DesiredDeliveryMediums=["EMAIL"],
    )["User"]
    assert created["UserStatus"] == "FORCE_CHANGE_PASSWORD" and created["Enabled"] is True
    invitation = pool.server.message("AdminCreateUser", pool=pool.id, user=name)
    assert name in invitation["body"] and invitation["code"]

    challenge = api.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": invitation["code"]},
    )
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    answer = {
        "ClientId": pool.client_id,
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": challenge["Session"],
    }
    with pytest.raises(api.exceptions.InvalidPasswordException):
        api.respond_to_auth_challenge(
            **answer, ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": "no-upper-case-1"}
        )
    responses = {"USERNAME": name, "NEW_PASSWORD": NEW_PASSWORD}
    signed_in = api.respond_to_auth_challenge(**answer, ChallengeResponses=responses)
    assert api.get_user(AccessToken=signed_in["AuthenticationResult"]["AccessToken"])["Username"] == name
    with pytest.raises(api.exceptions.NotAuthorizedException, match="session can only be used once"):
        api.respond_to_auth_challenge(**answer, ChallengeResponses=responses)
    assert api.admin_get_user(UserPoolId=pool.id, Username=name)["UserStatus"] == "CONFIRMED"


def test_an_administrator_confirms_disables_enables_resets_and_deletes(pool, name):
    api, who = pool.api, {"UserPoolId": pool.id, "Username": name}
    pool.sign_up(name)
    with pytest.raises(api.exceptions.UserNotConfirmedException, match="User is not confirmed."):
        pool.sign_in(name)
    api.admin_confirm_sign_up(**who)
    tokens = pool.sign_in(name)

    api.admin_disable_user(**who)
    with pytest.raises(api.exceptions.NotAuthorizedException, match="User is disabled."):
        pool.sign_in(name)
    with pytest.raises(api.exceptions.NotAuthorizedException):
        api.get_user(AccessToken=tokens["AccessToken"])
    api.admin_enable_user(**who)
    pool.sign_in(name)

    # The address is not verified: nobody could receive the code.
    with pytest.raises(api.exceptions.InvalidParameterException) as refused:
        api.admin_reset_user_password(**who)
    assert refused.value.response["Error"]["Message"] == (
        "Cannot reset password for the user as there is no registered/verified email or phone_number"
    )
    api.admin_update_user_attributes(**who, UserAttributes=attributes(email_verified="true"))
    api.admin_reset_user_password(**who)
    assert api.admin_get_user(**who)["UserStatus"] == "RESET_REQUIRED"
    with pytest.raises(api.exceptions.PasswordResetRequiredException) as refused:
        pool.sign_in(name)
    assert refused.value.response["Error"]["Message"] == "Password reset required for the user"
    code = pool.server.code("ForgotPassword", pool=pool.id, user=name)
    api.confirm_forgot_password(
        ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=NEW_PASSWORD
    )
    pool.sign_in(name, NEW_PASSWORD)

    api.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)
    admin = api.admin_initiate_auth(
        UserPoolId=pool.id,
        ClientId=pool.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )
    assert admin["AuthenticationResult"]["IdToken"]

    api.admin_delete_user(**who)
    with pytest.raises(api.exceptions.UserNotFoundException) as gone:
        api.admin_get_user(**who)
    assert gone.value.response["Error"]["Message"] == "User does not exist."


def test_a_user_changes_password_and_attributes_and_leaves(pool, name):
    api = pool.api
    pool.confirmed(name)
    token = pool.sign_in(name)["AccessToken"]
    api.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD)
    pool.sign_in(name, NEW_PASSWORD)
    with pytest.raises(api.exceptions.NotAuthorizedException, match="Incorrect username or password."):
        api.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD)

    changed = api.update_user_attributes(
        AccessToken=token, UserAttributes=attributes(email=f"{name}@new.example.com", given_name="Rosa")
    )
    assert [details["Destination"] for details in changed["CodeDeliveryDetailsList"]] == [f"{name[0]}***@n***"]
    seen = as_dict(api.get_user(AccessToken=token)["UserAttributes"])
    assert seen["given_name"] == "Rosa" and seen["email_verified"] == "false"
    code = pool.server.code("UpdateUserAttribute", pool=pool.id, user=name)
    api.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)
    asked = api.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    assert asked["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    seen = as_dict(api.get_user(AccessToken=token)["UserAttributes"])
    assert seen["email"] == f"{name}@new.example.com" and seen["email_verified"] == "true"

    api.delete_user_attributes(AccessToken=token, UserAttributeNames=["given_name"])
    assert "given_name" not in as_dict(api.get_user(AccessToken=token)["UserAttributes"])
    api.delete_user(AccessToken=token)
    with pytest.raises(api.exceptions.UserNotFoundException):
        api.admin_get_user(UserPoolId=pool.id, Username=name)


def test_a_code_is_sent_again_on_request_and_never_to_a_confirmed_user(pool, name):
    api = pool.api
    pool.sign_up(name)
    first = pool.server.message("SignUp", pool=pool.id, user=name)
    api.resend_confirmation_code(ClientId=pool.client_id, Username=name)
    code = pool.server.code("ResendCode", after=first, pool=pool.id, user=name)
    api.confirm_sign_up(ClientId=pool.client_id, Username=name, ConfirmationCode=code)
    with pytest.raises(api.exceptions.InvalidParameterException, match="User is already confirmed."):
        api.resend_confirmation_code(ClientId=pool.client_id, Username=name)
    with pytest.raises(api.exceptions.NotAuthorizedException) as refused:
        api.confirm_sign_up(ClientId=pool.client_id, Username=name, ConfirmationCode=code)
    assert refused.value.response["Error"]["Message"] == "User cannot be confirmed. Current status is CONFIRMED"


def test_custom_attributes_have_types_and_permissions(either_server, name):
    pool = Pool(
        either_server,
        Schema=[
            {"Name": "plan", "AttributeDataType": "String", "Mutable": True,
             "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "10"}},
            {"Name": "seats", "AttributeDataType": "Number", "Mutable": True,
             "NumberAttributeConstraints": {"MinValue": "1", "MaxValue": "99"}},
        ],
    )
    api = pool.api
    api.add_custom_attributes(
        UserPoolId=pool.id, CustomAttributes=[{"Name": "since", "AttributeDataType": "DateTime", "Mutable": True}]
    )
    schema = {a["Name"]: a for a in api.describe_user_pool(UserPoolId=pool.id)["UserPool"]["SchemaAttributes"]}
    assert schema["custom:plan"]["StringAttributeConstraints"] == {"MinLength": "2", "MaxLength": "10"}
    assert schema["custom:seats"]["NumberAttributeConstraints"] == {"MinValue": "1", "MaxValue": "99"}
    assert schema["custom:since"]["AttributeDataType"] == "DateTime"

    names = ["email", "custom:plan", "custom:seats"]
    client_id = pool.make_client(ReadAttributes=names, WriteAttributes=names)["ClientId"]
    pool.client_id = client_id
    pool.confirmed(name, attributes={"custom_plan": "gold", "custom_seats": "12"})
    token = pool.sign_in(name)["AccessToken"]
    seen = as_dict(api.get_user(AccessToken=token)["UserAttributes"])
    assert seen["custom:plan"] == "gold" and seen["custom:seats"] == "12"
    for value in ({"custom_plan": "x"}, {"custom_seats": "100"}, {"custom_seats": "many"}):
        with pytest.raises(api.exceptions.InvalidParameterException):
            api.update_user_attributes(AccessToken=token, UserAttributes=attributes(**value))
    with pytest.raises(api.exceptions.NotAuthorizedException) as refused:
        api.update_user_attributes(AccessToken=token, UserAttributes=attributes(name="Rosa"))
    assert refused.value.response["Error"]["Message"] == "A client attempted to write unauthorized attribute"


def test_an_attribute_that_the_schema_lacks_is_refused(pool, name):
    with pytest.raises(pool.api.exceptions.InvalidParameterException) as refused:
        pool.sign_up(name, attributes={"custom_nothing": "1"})
    assert refused.value.response["Error"]["Message"] == (
        "Attributes did not conform to the schema: custom:nothing: Attribute does not exist in the schema.\n"
    )


def test_paginators_see_every_pool_client_and_user_once(either_server):
    pool = Pool(either_server)
    api = pool.api
    clients = {pool.client_id} | {pool.make_client(ClientName=f"c{n}")["ClientId"] for n in range(6)}
    pages = api.get_paginator("list_user_pool_clients").paginate(
        UserPoolId=pool.id, PaginationConfig={"PageSize": 2}
    )
    assert sorted(c["ClientId"] for page in pages for c in page["UserPoolClients"]) == sorted(clients)

    created = [api.create_user_pool(PoolName=f"many{n}")["UserPool"]["Id"] for n in range(5)]
    pages = api.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 2})
    listed = [entry["Id"] for page in pages for entry in page["UserPools"]]
    assert len(listed) == len(set(listed)) and set(created) <= set(listed)
    for id in created:
        api.delete_user_pool(UserPoolId=id)
    with pytest.raises(api.exceptions.ResourceNotFoundException) as gone:
        api.describe_user_pool(UserPoolId=created[0])
    assert gone.value.response["Error"]["Message"] == f"User pool {created[0]} does not exist."

    for number in range(25):
        api.admin_create_user(UserPoolId=pool.id, Username=f"paged{number:02}", MessageAction="SUPPRESS")
    users = api.get_paginator("list_users").paginate(UserPoolId=pool.id, PaginationConfig={"PageSize": 10})
    pages = list(users)
    assert [len(page["Users"]) for page in pages] == [10, 10, 5]
    assert sorted(u["Username"] for page in pages for u in page["Users"]) == [f"paged{n:02}" for n in range(25)]


def test_list_users_filters(either_server):
    pool = Pool(either_server, Schema=[{"Name": "plan", "AttributeDataType": "String", "Mutable": True}])
    api = pool.api
    for number, family in enumerate(["Adams", "Adamson", "Brown"]):
        api.admin_create_user(
            UserPoolId=pool.id,
            Username=f"filter{number}",
            MessageAction="SUPPRESS",
            UserAttributes=attributes(
                email=f"{family.lower()}@example.com", family_name=family, custom_plan="gold" if number else "tin"
            ),
        )
    api.admin_disable_user(UserPoolId=pool.id, Username="filter2")

    def found(filter):
        return sorted(u["Username"] for u in api.list_users(UserPoolId=pool.id, Filter=filter)["Users"])

    assert found('family_name = "Adams"') == ["filter0"]
    assert found('family_name ^= "Adams"') == ["filter0", "filter1"]
    assert found('email = "brown@example.com"') == ["filter2"]
    assert found('username ^= "filter"') == ["filter0", "filter1", "filter2"]
    assert found('status = "Disabled"') == ["filter2"]
    assert found('status = "Enabled"') == ["filter0", "filter1"]
    assert found('cognito:user_status = "force_change_password"') == ["filter0", "filter1", "filter2"]
    assert found('cognito:user_status = "CONFIRMED"') == []
    assert found('custom:plan = "gold"') == ["filter1", "filter2"]
    assert found("") == ["filter0", "filter1", "filter2"]
    with pytest.raises(api.exceptions.InvalidParameterException) as refused:
        found("family_name is Adams")
    assert refused.value.response["Error"]["Message"] == "Error while parsing filter."
    only = api.list_users(UserPoolId=pool.id, AttributesToGet=["email"])["Users"]
    assert all(set(as_dict(user["Attributes"])) == {"email"} for user in only)


def test_in_a_pool_with_aliases_a_verified_address_signs_in(server, name):
    pool = Pool(server, AliasAttributes=["email", "preferred_username"])
    api, email = pool.api, f"{name}@example.com"
    with pytest.raises(api.exceptions.InvalidParameterException) as refused:
        pool.sign_up(email)
    assert refused.value.response["Error"]["Message"] == (
        "Username cannot be of email format, since user pool is configured for email alias."
    )
    pool.sign_up(name)
    with pytest.raises(api.exceptions.UserNotFoundException):
        pool.sign_in(email)
    code = server.code("SignUp", pool=pool.id, to=email)
    api.confirm_sign_up(ClientId=pool.client_id, Username=name, ConfirmationCode=code)
    assert api.get_user(AccessToken=pool.sign_in(email)["AccessToken"])["Username"] == name
    code = pool.reset_code(email, email)
    api.confirm_forgot_password(
        ClientId=pool.client_id, Username=email, ConfirmationCode=code, Password=NEW_PASSWORD
    )
    pool.sign_in(email, NEW_PASSWORD)

    # The same address for a second user: signing up works, taking the alias over does not unless it is forced.
    other = f"{name}-2"
    pool.sign_up(other, email=email)
    code = server.code("SignUp", pool=pool.id, user=other)
    with pytest.raises(api.exceptions.AliasExistsException):
        api.confirm_sign_up(ClientId=pool.client_id, Username=other, ConfirmationCode=code)
    api.confirm_sign_up(
        ClientId=pool.client_id, Username=other, ConfirmationCode=code, ForceAliasCreation=True
    )
    assert api.get_user(AccessToken=pool.sign_in(email)["AccessToken"])["Username"] == other
    before = as_dict(api.admin_get_user(UserPoolId=pool.id, Username=name)["UserAttributes"])
    assert before["email"] == email and before["email_verified"] == "false"


def test_in_a_pool_of_addresses_the_username_is_the_sub(server, name):
    pool = Pool(server, UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    api, email = pool.api, f"{name}@example.com"
    with pytest.raises(api.exceptions.InvalidParameterException, match="Username should be an email."):
        pool.api.sign_up(ClientId=pool.client_id, Username=name, Password=PASSWORD)
    api.sign_up(ClientId=pool.client_id, Username=email, Password=PASSWORD)
    with pytest.raises(api.exceptions.UsernameExistsException) as refused:
        api.sign_up(ClientId=pool.client_id, Username=email.upper(), Password=PASSWORD)
    assert refused.value.response["Error"]["Message"] == "An account with the given email already exists."
    code = server.code("SignUp", pool=pool.id, to=email)
    api.confirm_sign_up(ClientId=pool.client_id, Username=email, ConfirmationCode=code)
    user = api.get_user(AccessToken=pool.sign_in(email.upper())["AccessToken"])
    assert user["Username"] == as_dict(user["UserAttributes"])["sub"]
    code = pool.reset_code(email, email)
    api.confirm_forgot_password(
        ClientId=pool.client_id, Username=email, ConfirmationCode=code, Password=NEW_PASSWORD
    )
    pool.sign_in(email, NEW_PASSWORD)


def test_settings_of_pools_and_clients_come_back_as_they_were_given(server):
    api = server.client()
    pool = api.create_user_pool(
        PoolName="settings",
        Policies={"PasswordPolicy": {"MinimumLength": 12, "RequireLowercase": True}},
        UserPoolTags={"team": "identity"},
        DeletionProtection="ACTIVE",
    )["UserPool"]
    described = api.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]
    assert described == pool
    policy = described["Policies"]["PasswordPolicy"]
    assert policy == {
        "MinimumLength": 12,
        "RequireLowercase": True,
        "RequireUppercase": False,
        "RequireNumbers": False,
        "RequireSymbols": False,
        "TemporaryPasswordValidityDays": 7,
    }
    assert api.list_tags_for_resource(ResourceArn=pool["Arn"])["Tags"] == {"team": "identity"}
    with pytest.raises(api.exceptions.InvalidParameterException) as refused:
        api.delete_user_pool(UserPoolId=pool["Id"])
    assert refused.value.response["Error"]["Message"] == (
        "The user pool cannot be deleted because deletion protection is activated. "
        "Deletion protection must be inactivated first."
    )
    api.update_user_pool(UserPoolId=pool["Id"], DeletionProtection="INACTIVE")
    client = api.create_user_pool_client(UserPoolId=pool["Id"], ClientName="named only")["UserPoolClient"]
    assert client["RefreshTokenValidity"] == 30 and "ExplicitAuthFlows" not in client
    updated = api.update_user_pool_client(
        UserPoolId=pool["Id"],
        ClientId=client["ClientId"],
        AccessTokenValidity=10,
        TokenValidityUnits={"AccessToken": "minutes"},
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )["UserPoolClient"]
    assert updated["AccessTokenValidity"] == 10
    api.delete_user_pool_client(UserPoolId=pool["Id"], ClientId=client["ClientId"])
    api.delete_user_pool(UserPoolId=pool["Id"])
