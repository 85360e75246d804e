//! The exact bytes of the event documents.

use crate::common::{caller, map, sign_up};
use cenote_triggers::challenge_result::ChallengeResult;
use cenote_triggers::create_auth_challenge::CreateAuthChallengeRequest;
use cenote_triggers::custom_message::{CustomMessageRequest, CustomMessageSource};
use cenote_triggers::define_auth_challenge::DefineAuthChallengeRequest;
use cenote_triggers::event::event_document;
use cenote_triggers::post_authentication::PostAuthenticationRequest;
use cenote_triggers::post_confirmation::{PostConfirmationRequest, PostConfirmationSource};
use cenote_triggers::pre_authentication::PreAuthenticationRequest;
use cenote_triggers::pre_sign_up::PreSignUpSource;
use cenote_triggers::pre_token_generation::{
    GroupConfiguration, PreTokenGenerationV1Request, PreTokenGenerationV2Request, ScopedVersion,
    TokenGenerationSource,
};
use cenote_triggers::user_migration::{UserMigrationRequest, UserMigrationSource};
use cenote_triggers::verify_auth_challenge_response::VerifyAuthChallengeResponseRequest;
use cenote_triggers::{Caller, TriggerRequest};

#[track_caller]
fn check<R: TriggerRequest>(request: &R, version: &str, source: &str, rest: &str) {
    let document = event_document(&caller(), request).map(String::from_utf8);
    let expected = format!(
        r#"{{"version":"{version}","triggerSource":"{source}","region":"eu-central-1","userPoolId":"eu-central-1_a1B2c3D4e","userName":"rosa","callerContext":{{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"5q0rclient"}},{rest}}}"#
    );
    assert!(matches!(&document, Ok(Ok(text)) if *text == expected), "{document:?}\n{expected}");
}

#[test]
fn pre_sign_up() {
    let mut request = sign_up();
    check(
        &request,
        "1",
        "PreSignUp_SignUp",
        r#""request":{"userAttributes":{"email":"rosa@example.org"},"validationData":null},"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}"#,
    );
    request.source = PreSignUpSource::ExternalProvider;
    request.validation_data = Some(map([("captcha", "a \"b\"")]));
    request.client_metadata = Some(map([]));
    check(
        &request,
        "1",
        "PreSignUp_ExternalProvider",
        r#""request":{"userAttributes":{"email":"rosa@example.org"},"validationData":{"captcha":"a \"b\""},"clientMetadata":{}},"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}"#,
    );
}

#[test]
fn an_administrator_has_no_client() {
    let administrator = Caller { client_id: None, ..caller() };
    let mut request = sign_up();
    request.source = PreSignUpSource::AdminCreateUser;
    let document = event_document(&administrator, &request).unwrap();
    assert_eq!(
        String::from_utf8(document).unwrap(),
        r#"{"version":"1","triggerSource":"PreSignUp_AdminCreateUser","region":"eu-central-1","userPoolId":"eu-central-1_a1B2c3D4e","userName":"rosa","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"request":{"userAttributes":{"email":"rosa@example.org"},"validationData":null},"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}}"#
    );
}

#[test]
fn post_confirmation() {
    let request = |source, client_metadata| PostConfirmationRequest {
        source,
        user_attributes: map([("cognito:user_status", "CONFIRMED"), ("sub", "1")]),
        client_metadata,
    };
    check(
        &request(PostConfirmationSource::ConfirmSignUp, None),
        "1",
        "PostConfirmation_ConfirmSignUp",
        r#""request":{"userAttributes":{"cognito:user_status":"CONFIRMED","sub":"1"}},"response":{}"#,
    );
    check(
        &request(PostConfirmationSource::ConfirmForgotPassword, Some(map([("a", "b")]))),
        "1",
        "PostConfirmation_ConfirmForgotPassword",
        r#""request":{"userAttributes":{"cognito:user_status":"CONFIRMED","sub":"1"},"clientMetadata":{"a":"b"}},"response":{}"#,
    );
}

#[test]
fn authentication() {
    let before = |user_not_found| PreAuthenticationRequest {
        user_attributes: map([]),
        validation_data: Some(map([("a", "b")])),
        user_not_found,
    };
    check(
        &before(Some(true)),
        "1",
        "PreAuthentication_Authentication",
        r#""request":{"userAttributes":{},"validationData":{"a":"b"},"userNotFound":true},"response":{}"#,
    );
    check(
        &before(None),
        "1",
        "PreAuthentication_Authentication",
        r#""request":{"userAttributes":{},"validationData":{"a":"b"}},"response":{}"#,
    );
    let after = PostAuthenticationRequest {
        user_attributes: map([("sub", "1")]),
        new_device_used: false,
        client_metadata: Some(map([("a", "b")])),
    };
    check(
        &after,
        "1",
        "PostAuthentication_Authentication",
        r#""request":{"userAttributes":{"sub":"1"},"newDeviceUsed":false,"clientMetadata":{"a":"b"}},"response":{}"#,
    );
}

#[test]
fn custom_message() {
    let response = r#""response":{"smsMessage":null,"emailMessage":null,"emailSubject":null}"#;
    let placeholders = r##""codeParameter":"{####}","linkParameter":"{##Click Here##}""##;
    for (source, name) in [
        (CustomMessageSource::SignUp, "SignUp"),
        (CustomMessageSource::ResendCode, "ResendCode"),
        (CustomMessageSource::ForgotPassword, "ForgotPassword"),
        (CustomMessageSource::UpdateUserAttribute, "UpdateUserAttribute"),
        (CustomMessageSource::VerifyUserAttribute, "VerifyUserAttribute"),
        (CustomMessageSource::Authentication, "Authentication"),
    ] {
        let request = CustomMessageRequest { source, user_attributes: map([]), client_metadata: None };
        check(
            &request,
            "1",
            &format!("CustomMessage_{name}"),
            &format!(
                r#""request":{{"userAttributes":{{}},{placeholders},"usernameParameter":null}},{response}"#
            ),
        );
    }
    let invitation = CustomMessageRequest {
        source: CustomMessageSource::AdminCreateUser,
        user_attributes: map([]),
        client_metadata: Some(map([("a", "b")])),
    };
    check(
        &invitation,
        "1",
        "CustomMessage_AdminCreateUser",
        &format!(
            r#""request":{{"userAttributes":{{}},{placeholders},"usernameParameter":"{{username}}","clientMetadata":{{"a":"b"}}}},{response}"#
        ),
    );
}

#[test]
fn user_migration() {
    let response = r#""response":{"userAttributes":null,"forceAliasCreation":null,"enableSMSMFA":null,"finalUserStatus":null,"messageAction":null,"desiredDeliveryMediums":null}"#;
    let sign_in = UserMigrationRequest {
        source: UserMigrationSource::Authentication { password: "Old-passw0rd".to_owned().into() },
        validation_data: Some(map([("a", "b")])),
        client_metadata: None,
    };
    check(
        &sign_in,
        "1",
        "UserMigration_Authentication",
        &format!(
            r#""request":{{"password":"Old-passw0rd","validationData":{{"a":"b"}},"userAttributes":null}},{response}"#
        ),
    );
    assert!(!format!("{sign_in:?} {:?}", sign_in.source).contains("Old"));
    let forgotten = UserMigrationRequest {
        source: UserMigrationSource::ForgotPassword,
        validation_data: None,
        client_metadata: Some(map([("a", "b")])),
    };
    check(
        &forgotten,
        "1",
        "UserMigration_ForgotPassword",
        &format!(
            r#""request":{{"validationData":null,"userAttributes":null,"clientMetadata":{{"a":"b"}}}},{response}"#
        ),
    );
}

#[test]
fn pre_token_generation() {
    let group_configuration = GroupConfiguration {
        groups_to_override: vec!["staff".to_owned()],
        iam_roles_to_override: vec!["arn:aws:iam::1:role/r".to_owned()],
        preferred_role: None,
    };
    let groups = r#""groupConfiguration":{"groupsToOverride":["staff"],"iamRolesToOverride":["arn:aws:iam::1:role/r"],"preferredRole":null}"#;
    for (source, name) in [
        (TokenGenerationSource::HostedAuth, "HostedAuth"),
        (TokenGenerationSource::Authentication, "Authentication"),
        (TokenGenerationSource::NewPasswordChallenge, "NewPasswordChallenge"),
        (TokenGenerationSource::AuthenticateDevice, "AuthenticateDevice"),
        (TokenGenerationSource::RefreshTokens, "RefreshTokens"),
    ] {
        let request = PreTokenGenerationV1Request {
            source,
            user_attributes: map([("sub", "1")]),
            group_configuration: group_configuration.clone(),
            client_metadata: None,
        };
        check(
            &request,
            "1",
            &format!("TokenGeneration_{name}"),
            &format!(
                r#""request":{{"userAttributes":{{"sub":"1"}},{groups}}},"response":{{"claimsOverrideDetails":null}}"#
            ),
        );
    }
    for (version, number, source, name) in [
        (ScopedVersion::V2, "2", TokenGenerationSource::Authentication, "Authentication"),
        (ScopedVersion::V3, "3", TokenGenerationSource::ClientCredentials, "ClientCredentials"),
    ] {
        let request = PreTokenGenerationV2Request {
            version,
            source,
            user_attributes: map([]),
            group_configuration: group_configuration.clone(),
            scopes: vec!["openid".to_owned()],
            client_metadata: Some(map([("a", "b")])),
        };
        check(
            &request,
            number,
            &format!("TokenGeneration_{name}"),
            &format!(
                r#""request":{{"userAttributes":{{}},{groups},"scopes":["openid"],"clientMetadata":{{"a":"b"}}}},"response":{{"claimsAndScopeOverrideDetails":null}}"#
            ),
        );
    }
}

#[test]
fn custom_challenges() {
    let history = vec![
        ChallengeResult {
            challenge_name: "SRP_A".to_owned(),
            challenge_result: true,
            challenge_metadata: None,
        },
        ChallengeResult {
            challenge_name: "CUSTOM_CHALLENGE".to_owned(),
            challenge_result: false,
            challenge_metadata: Some("captcha".to_owned()),
        },
    ];
    let session = r#"[{"challengeName":"SRP_A","challengeResult":true,"challengeMetadata":null},{"challengeName":"CUSTOM_CHALLENGE","challengeResult":false,"challengeMetadata":"captcha"}]"#;
    let mut define = DefineAuthChallengeRequest {
        user_attributes: map([("sub", "1")]),
        session: history.clone(),
        client_metadata: None,
        user_not_found: None,
    };
    let response = r#""response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}"#;
    check(
        &define,
        "1",
        "DefineAuthChallenge_Authentication",
        &format!(r#""request":{{"userAttributes":{{"sub":"1"}},"session":{session}}},{response}"#),
    );
    define.session.clear();
    define.client_metadata = Some(map([("a", "b")]));
    define.user_not_found = Some(false);
    check(
        &define,
        "1",
        "DefineAuthChallenge_Authentication",
        &format!(
            r#""request":{{"userAttributes":{{"sub":"1"}},"session":[],"clientMetadata":{{"a":"b"}},"userNotFound":false}},{response}"#
        ),
    );
    check(
        &CreateAuthChallengeRequest {
            user_attributes: map([]),
            challenge_name: "CUSTOM_CHALLENGE".to_owned(),
            session: history,
            client_metadata: Some(map([("a", "b")])),
            user_not_found: Some(true),
        },
        "1",
        "CreateAuthChallenge_Authentication",
        &format!(
            r#""request":{{"userAttributes":{{}},"challengeName":"CUSTOM_CHALLENGE","session":{session},"clientMetadata":{{"a":"b"}},"userNotFound":true}},"response":{{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}}"#
        ),
    );
    check(
        &VerifyAuthChallengeResponseRequest {
            user_attributes: map([("sub", "1")]),
            private_challenge_parameters: map([("answer", "5")]),
            challenge_answer: "5".to_owned(),
            client_metadata: None,
            user_not_found: None,
        },
        "1",
        "VerifyAuthChallengeResponse_Authentication",
        r#""request":{"userAttributes":{"sub":"1"},"privateChallengeParameters":{"answer":"5"},"challengeAnswer":"5"},"response":{"answerCorrect":null}"#,
    );
}
