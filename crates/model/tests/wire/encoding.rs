//! What answers look like.

use cenote_model::types::*;
use cenote_model::{ErrorCode, from_stored};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn members_without_a_value_are_left_out() {
    assert_eq!(serde_json::to_string(&GlobalSignOutResponse {}).unwrap(), "{}");
    let response = InitiateAuthResponse {
        challenge_name: Some(ChallengeNameType::NewPasswordRequired),
        challenge_parameters: Some([("USER_ID_FOR_SRP".to_owned(), "ada".to_owned())].into()),
        ..Default::default()
    };
    assert_eq!(
        serde_json::to_string(&response).unwrap(),
        r#"{"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ada"}}"#
    );
}

#[test]
fn member_names_are_exact() {
    let client = UserPoolClientType {
        callback_urls: Some(vec!["https://example.com".into()]),
        allowed_oauth_flows_user_pool_client: Some(true),
        default_redirect_uri: Some("https://example.com".into()),
        ..Default::default()
    };
    assert_eq!(
        serde_json::to_value(&client).unwrap(),
        json!({
            "CallbackURLs": ["https://example.com"],
            "AllowedOAuthFlowsUserPoolClient": true,
            "DefaultRedirectURI": "https://example.com",
        })
    );
    let header = HttpHeader { header_name: Some("a".into()), header_value: Some("b".into()) };
    assert_eq!(serde_json::to_value(&header).unwrap(), json!({"headerName": "a", "headerValue": "b"}));
}

#[test]
fn timestamps_are_seconds_without_trailing_zeros() {
    for (milliseconds, text) in [
        (1_623_956_729_320, "1623956729.32"),
        (1_623_956_730_312, "1623956730.312"),
        (1_623_956_729_000, "1623956729"),
        (0, "0"),
        (1, "0.001"),
        (-1_500, "-1.5"),
    ] {
        assert_eq!(serde_json::to_string(&Timestamp(milliseconds)).unwrap(), text);
    }
    assert_eq!(Timestamp(1_623_956_729_320).whole_seconds(), Timestamp(1_623_956_729_000));
    assert_eq!(Timestamp(-1).whole_seconds(), Timestamp(-1_000));
}

#[test]
fn timestamps_that_are_none() {
    for value in [json!("1623956729"), json!(1e300), json!(i64::MAX), json!({})] {
        assert_eq!(from_stored::<Timestamp>(value), None);
    }
}

#[test]
fn enumerations_have_names_in_both_directions() {
    assert_eq!(DefaultEmailOptionType::ConfirmWithLink.as_str(), "CONFIRM_WITH_LINK");
    assert_eq!(VerifiedAttributeType::parse("phone_number"), Some(VerifiedAttributeType::PhoneNumber));
    assert_eq!(VerifiedAttributeType::parse("PHONE_NUMBER"), None);
    assert_eq!("SMS_MFA".parse(), Ok(ChallengeNameType::SmsMfa));
    assert!("sms".parse::<ChallengeNameType>().is_err());
    assert_eq!(CustomSMSSenderLambdaVersionType::V1_0.to_string(), "V1_0");
    assert_eq!(VerifiedAttributeType::VALUES, ["phone_number", "email"]);
    assert_eq!(
        ExplicitAuthFlowsType::parse("ALLOW_CLIENT_TOKEN_AUTH"),
        Some(ExplicitAuthFlowsType::AllowClientTokenAuth)
    );
}

#[test]
fn errors_have_names_and_statuses() {
    assert_eq!(ErrorCode::NotAuthorizedException.as_str(), "NotAuthorizedException");
    for (code, status) in [
        (ErrorCode::NotAuthorizedException, 400),
        (ErrorCode::TooManyRequestsException, 400),
        (ErrorCode::UnrecognizedClientException, 400),
        (ErrorCode::ForbiddenException, 403),
        (ErrorCode::RequestEntityTooLargeException, 413),
        (ErrorCode::InternalErrorException, 500),
        (ErrorCode::InternalServerException, 500),
        (ErrorCode::ServiceUnavailableException, 503),
    ] {
        assert_eq!(code.http_status(), status, "{code:?}");
    }
    assert!(ErrorCode::ALL.is_sorted_by_key(|code| code.as_str()));
}

proptest! {
    #[test]
    fn timestamps_come_back(milliseconds in -4_000_000_000_000_i64..253_402_300_800_000) {
        let text = serde_json::to_string(&Timestamp(milliseconds)).unwrap();
        let digits = text.split_once('.').map_or("", |(_, fraction)| fraction);
        prop_assert!(digits.len() <= 3 && !digits.ends_with('0'), "{}", text);
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(from_stored::<Timestamp>(value), Some(Timestamp(milliseconds)));
    }
}
