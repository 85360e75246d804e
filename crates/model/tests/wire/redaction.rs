//! `Debug` must be fit for a log: no secret, code, token, password, session, user name or attribute value.

use std::fmt::Debug;

use cenote_model::types::*;
use cenote_model::{Decode, decode_request, decode_value};
use serde_json::{Value, json};

const MARK: &str = "DoNotShowMe123456";

#[track_caller]
fn hides<T: Decode + Debug>(body: Value) {
    let count = body.to_string().matches(MARK).count();
    let decoded: T = decode_value(body).unwrap();
    for shown in [format!("{decoded:?}"), format!("{decoded:#?}")] {
        assert!(!shown.contains(MARK), "{shown}");
        assert!(shown.contains("***"), "{shown}");
    }
    assert!(count > 0);
}

#[test]
fn requests_of_users() {
    hides::<SignUpRequest>(json!({
        "ClientId": MARK, "Username": MARK, "Password": MARK, "SecretHash": MARK,
        "UserAttributes": [{"Name": "email", "Value": MARK}], "ValidationData": [{"Name": "a", "Value": MARK}],
        "ClientMetadata": {"a": MARK}, "UserContextData": {"EncodedData": MARK, "IpAddress": MARK},
    }));
    hides::<ConfirmForgotPasswordRequest>(json!({
        "ClientId": MARK, "Username": MARK, "Password": MARK, "ConfirmationCode": MARK, "SecretHash": MARK,
    }));
    hides::<ConfirmSignUpRequest>(json!({
        "ClientId": MARK, "Username": MARK, "ConfirmationCode": MARK, "Session": format!("{MARK}{MARK}"),
    }));
    hides::<InitiateAuthRequest>(json!({
        "ClientId": MARK, "AuthFlow": "USER_AUTH", "AuthParameters": {"PASSWORD": MARK, MARK: "key"}, "Session": format!("{MARK}{MARK}"),
    }));
    hides::<RespondToAuthChallengeRequest>(json!({
        "ClientId": MARK, "ChallengeName": "SMS_MFA", "ChallengeResponses": {"SMS_MFA_CODE": MARK},
    }));
    hides::<ChangePasswordRequest>(json!({
        "AccessToken": MARK, "PreviousPassword": MARK, "ProposedPassword": MARK,
    }));
    hides::<VerifyUserAttributeRequest>(json!({"AccessToken": MARK, "AttributeName": "email", "Code": MARK}));
    hides::<VerifySoftwareTokenRequest>(json!({"AccessToken": MARK, "UserCode": "123456"}));
    hides::<ConfirmDeviceRequest>(json!({
        "AccessToken": MARK, "DeviceKey": "eu_a", "DeviceSecretVerifierConfig": {"PasswordVerifier": MARK, "Salt": MARK},
    }));
    hides::<RevokeTokenRequest>(
        json!({"Token": MARK, "ClientId": MARK, "ClientSecret": format!("{MARK}{MARK}")}),
    );
    hides::<CompleteWebAuthnRegistrationRequest>(json!({"AccessToken": MARK, "Credential": {"id": MARK}}));
    let code: VerifySoftwareTokenRequest = decode_request(br#"{"UserCode": "987654"}"#).unwrap();
    assert!(!format!("{code:?}").contains("987654"));
}

#[test]
fn requests_of_administrators() {
    hides::<AdminCreateUserRequest>(json!({
        "UserPoolId": "eu_a", "Username": MARK, "TemporaryPassword": MARK,
        "UserAttributes": [{"Name": "email", "Value": MARK}],
    }));
    hides::<AdminInitiateAuthRequest>(json!({
        "UserPoolId": "eu_a", "ClientId": MARK, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": {"PASSWORD": MARK},
        "ContextData": {
            "IpAddress": MARK, "ServerName": "a", "ServerPath": "/",
            "HttpHeaders": [{"headerName": "Cookie", "headerValue": MARK}], "EncodedData": MARK,
        },
    }));
    hides::<CreateIdentityProviderRequest>(json!({
        "UserPoolId": "eu_a", "ProviderName": "Google", "ProviderType": "Google",
        "ProviderDetails": {"client_secret": MARK},
    }));
    hides::<AdminLinkProviderForUserRequest>(json!({
        "UserPoolId": "eu_a", "DestinationUser": {"ProviderAttributeValue": MARK}, "SourceUser": {},
    }));
    hides::<ListUsersRequest>(json!({
        "UserPoolId": "eu_a", "Filter": format!("email = \"{MARK}\""), "PaginationToken": MARK,
    }));
}

#[test]
fn answers() {
    hides::<InitiateAuthResponse>(json!({
        "AuthenticationResult": {"AccessToken": MARK, "IdToken": MARK, "RefreshToken": MARK},
        "ChallengeParameters": {"USERNAME": MARK}, "Session": format!("{MARK}{MARK}"),
    }));
    hides::<AssociateSoftwareTokenResponse>(json!({"SecretCode": MARK}));
    hides::<UserPoolClientType>(json!({"ClientId": MARK, "ClientSecret": format!("{MARK}{MARK}")}));
    hides::<UserType>(json!({"Username": MARK, "Attributes": [{"Name": "email", "Value": MARK}]}));
    hides::<UserImportJobType>(json!({"PreSignedUrl": MARK}));
}

/// Presence is shown, for it tells what was sent.
#[test]
fn absence_is_shown() {
    let request: InitiateAuthRequest =
        decode_request(br#"{"ClientId": "abc", "AuthFlow": "USER_AUTH"}"#).unwrap();
    assert_eq!(
        format!("{request:?}"),
        "InitiateAuthRequest { analytics_metadata: None, auth_flow: UserAuth, auth_parameters: None, client_id: ***, \
         client_metadata: None, session: None, user_context_data: None }"
    );
}

/// The text of a violation quotes what the caller sent.
#[test]
fn errors_show_no_values() {
    let body = json!({"ClientId": "a", "Username": "a", "ConfirmationCode": format!("{MARK} ")});
    let error = decode_value::<ConfirmSignUpRequest>(body).unwrap_err();
    assert!(!format!("{error:?} {error}").contains(MARK));
}
