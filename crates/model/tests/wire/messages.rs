//! The texts of validation failures. Those marked "live" have the form of messages reported from the real service.

use cenote_model::{DecodeError, Operation};
use serde_json::{Value, json};

fn message(operation: Operation, body: Value) -> String {
    match operation.check_request(body) {
        Err(DecodeError::Invalid(message)) => message,
        other => format!("{other:?}"),
    }
}

#[track_caller]
fn assert_message(operation: Operation, body: Value, expected: &str) {
    assert_eq!(message(operation, body), expected);
}

/// Live.
#[test]
fn empty_password_and_user_name() {
    let body = json!({"ClientId": "abc", "Username": "", "Password": ""});
    assert_message(
        Operation::SignUp,
        body,
        r"4 validation errors detected: Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6; Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$; Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+",
    );
}

#[test]
fn an_empty_password_alone_is_left_to_the_operation() {
    let body = json!({"ClientId": "abc", "Username": "rosa", "Password": ""});
    assert_message(Operation::SignUp, body, "Ok(())");
}

/// Live.
#[test]
fn a_user_pool_id_is_quoted() {
    assert_message(
        Operation::AdminConfirmSignUp,
        json!({"UserPoolId": "string", "Username": "admin@example.com"}),
        r"1 validation error detected: Value 'string' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+",
    );
}

/// Live.
#[test]
fn a_list_element_is_counted_from_one() {
    assert_message(
        Operation::CreateUserPool,
        json!({"PoolName": "pool", "Schema": [{"Name": "phone_number_verified"}]}),
        "1 validation error detected: Value 'phone_number_verified' at 'schema.1.member.name' failed to satisfy constraint: Member must have length less than or equal to 20",
    );
}

/// Live, with another name.
#[test]
fn the_pattern_comes_before_the_maximum() {
    let long = format!("{}\u{7}", "x".repeat(32));
    assert_message(
        Operation::SignUp,
        json!({"ClientId": "abc", "Username": "ada", "UserAttributes": [{"Name": "email"}, {"Name": long}]}),
        &format!(
            r"2 validation errors detected: Value '{long}' at 'userAttributes.2.member.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{{L}}\p{{M}}\p{{S}}\p{{N}}\p{{P}}\t\n\r ]+; Value '{long}' at 'userAttributes.2.member.name' failed to satisfy constraint: Member must have length less than or equal to 32"
        ),
    );
}

/// Live: all constraints of an element are named, and the list is one violation.
#[test]
fn a_list_of_strings_is_judged_as_a_whole() {
    assert_message(
        Operation::UpdateUserPoolClient,
        json!({"UserPoolId": "eu-central-1_a", "ClientId": "abc", "LogoutURLs": ["<", " ", "a b"]}),
        r"1 validation error detected: Value '[<,  , a b]' at 'logoutURLs' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+]",
    );
}

#[test]
fn a_list_of_enumerated_values() {
    assert_message(
        Operation::CreateUserPool,
        json!({"PoolName": "pool", "AliasAttributes": ["email", "nickname"]}),
        "1 validation error detected: Value '[email, nickname]' at 'aliasAttributes' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [phone_number, email, preferred_username]]",
    );
}

#[test]
fn maps_name_keys_and_values() {
    let long = "k".repeat(129);
    assert_message(
        Operation::TagResource,
        json!({
            "ResourceArn": "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_a",
            "Tags": {&long: "v", "team": "x".repeat(257)},
        }),
        &format!(
            "2 validation errors detected: Value '{{{long}=v, team={value}}}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]; Value '{{{long}=v, team={value}}}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]",
            value = "x".repeat(257)
        ),
    );
}

#[test]
fn sizes_of_lists() {
    assert_message(
        Operation::CreateUserPool,
        json!({"PoolName": "pool", "AccountRecoverySetting": {"RecoveryMechanisms": []}}),
        "1 validation error detected: Value '[]' at 'accountRecoverySetting.recoveryMechanisms' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    let mechanism = json!({"Name": "verified_email", "Priority": 1});
    assert_message(
        Operation::CreateUserPool,
        json!({
            "PoolName": "pool",
            "AccountRecoverySetting": {"RecoveryMechanisms": [&mechanism, &mechanism, &mechanism]},
        }),
        "1 validation error detected: Value at 'accountRecoverySetting.recoveryMechanisms' failed to satisfy constraint: Member must have length less than or equal to 2",
    );
}

/// The form is live.
#[test]
fn missing_members() {
    assert_message(
        Operation::GetUserAttributeVerificationCode,
        json!({"AccessToken": "a.b.c"}),
        "1 validation error detected: Value null at 'attributeName' failed to satisfy constraint: Member must not be null",
    );
    assert_message(
        Operation::ForgotPassword,
        json!({"ClientId": null}),
        "2 validation errors detected: Value null at 'clientId' failed to satisfy constraint: Member must not be null; Value at 'username' failed to satisfy constraint: Member must not be null",
    );
    assert_message(
        Operation::SignUp,
        json!({"ClientId": "abc", "Username": "ada", "UserAttributes": [{"Name": "email"}, null, {}]}),
        "2 validation errors detected: Value null at 'userAttributes.2.member' failed to satisfy constraint: Member must not be null; Value null at 'userAttributes.3.member.name' failed to satisfy constraint: Member must not be null",
    );
}

/// Live: the model does not call the code sensitive.
#[test]
fn a_confirmation_code_is_quoted() {
    assert_message(
        Operation::ConfirmSignUp,
        json!({"ClientId": "abc", "Username": "ada", "ConfirmationCode": ""}),
        r"2 validation errors detected: Value '' at 'confirmationCode' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'confirmationCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+",
    );
}

#[test]
fn enumerations_and_numbers() {
    assert_message(
        Operation::InitiateAuth,
        json!({"ClientId": "abc", "AuthFlow": "USER_LOVE"}),
        "1 validation error detected: Value 'USER_LOVE' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set: [USER_SRP_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN, CUSTOM_AUTH, ADMIN_NO_SRP_AUTH, USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH, USER_AUTH]",
    );
    for (limit, text) in [(0, "greater than or equal to 1"), (61, "less than or equal to 60")] {
        assert_message(
            Operation::ListUserPools,
            json!({"MaxResults": limit}),
            &format!(
                "1 validation error detected: Value '{limit}' at 'maxResults' failed to satisfy constraint: Member must have value {text}"
            ),
        );
    }
}

#[test]
fn several_kinds_in_member_order() {
    let message = message(
        Operation::CreateUserPoolClient,
        json!({
            "AccessTokenValidity": 0,
            "CallbackURLs": ["not a url"],
            "ClientName": "",
            "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH", "ALLOW_ANYTHING"],
            "RefreshTokenRotation": {"RetryGracePeriodSeconds": 61},
            "TokenValidityUnits": {"IdToken": "weeks"},
            "UserPoolId": "x".repeat(56),
        }),
    );
    insta::assert_snapshot!(message.replace("; ", ";\n"), @r"
    10 validation errors detected: Value '0' at 'accessTokenValidity' failed to satisfy constraint: Member must have value greater than or equal to 1;
    Value '[not a url]' at 'callbackURLs' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+];
    Value '' at 'clientName' failed to satisfy constraint: Member must have length greater than or equal to 1;
    Value '' at 'clientName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+;
    Value '[ALLOW_CLIENT_TOKEN_AUTH, ALLOW_ANYTHING]' at 'explicitAuthFlows' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [ADMIN_NO_SRP_AUTH, CUSTOM_AUTH_FLOW_ONLY, USER_PASSWORD_AUTH, ALLOW_ADMIN_USER_PASSWORD_AUTH, ALLOW_CUSTOM_AUTH, ALLOW_USER_PASSWORD_AUTH, ALLOW_USER_SRP_AUTH, ALLOW_REFRESH_TOKEN_AUTH, ALLOW_USER_AUTH, ALLOW_TOKEN_EXCHANGE_DELEGATION, ALLOW_TOKEN_EXCHANGE_IMPERSONATION, ALLOW_CLIENT_TOKEN_AUTH]];
    Value null at 'refreshTokenRotation.feature' failed to satisfy constraint: Member must not be null;
    Value '61' at 'refreshTokenRotation.retryGracePeriodSeconds' failed to satisfy constraint: Member must have value less than or equal to 60;
    Value 'weeks' at 'tokenValidityUnits.idToken' failed to satisfy constraint: Member must satisfy enum value set: [seconds, minutes, hours, days];
    Value 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+;
    Value 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' at 'userPoolId' failed to satisfy constraint: Member must have length less than or equal to 55
    ");
}

#[test]
fn a_password_has_a_minimum_only_where_it_is_set() {
    let change = json!({"AccessToken": "a.b.c", "PreviousPassword": "abc", "ProposedPassword": "abc"});
    assert_message(
        Operation::ChangePassword,
        change,
        "1 validation error detected: Value at 'proposedPassword' failed to satisfy constraint: Member must have length greater than or equal to 6",
    );
    for password in ["abc def", "pässwörter", "😀😀😀"] {
        let body = json!({"ClientId": "abc", "Username": "ada", "Password": password});
        assert_eq!(Operation::SignUp.check_request(body), Ok(()));
    }
    let spaced = json!({"ClientId": "abc", "Username": "ada", "Password": " abcdef"});
    assert_message(
        Operation::SignUp,
        spaced,
        r"1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$",
    );
}

#[test]
fn binary_members_are_measured_decoded() {
    let body = |image: String| json!({"UserPoolId": "eu-central-1_a", "ImageFile": image});
    assert_eq!(Operation::SetUICustomization.check_request(body("AAAA".repeat(131_072 / 3))), Ok(()));
    assert_message(
        Operation::SetUICustomization,
        body("AAAA".repeat(131_072 / 3 + 1)),
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=131073 cap=131073]' at 'imageFile' failed to satisfy constraint: Member must have length less than or equal to 131072",
    );
}

/// A request full of faults does not ask for an answer many times its size.
#[test]
fn messages_are_bounded() {
    let attributes: Vec<Value> = (0..10_000).map(|_| json!({})).collect();
    let text =
        message(Operation::SignUp, json!({"ClientId": "a", "Username": "a", "UserAttributes": attributes}));
    assert!(
        text.starts_with("10000 validation errors detected: Value null at 'userAttributes.1.member.name' ")
    );
    assert_eq!(text.matches("; ").count(), 99);
}
