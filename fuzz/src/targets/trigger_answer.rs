//! What a Lambda function answers. First byte: which trigger; second: how the endpoint answered.

use cenote_triggers::TriggerRequest;
use cenote_triggers::answer::Answer;
use cenote_triggers::create_auth_challenge::CreateAuthChallengeRequest;
use cenote_triggers::custom_message::CustomMessageRequest;
use cenote_triggers::define_auth_challenge::DefineAuthChallengeRequest;
use cenote_triggers::post_confirmation::PostConfirmationRequest;
use cenote_triggers::pre_authentication::PreAuthenticationRequest;
use cenote_triggers::pre_sign_up::PreSignUpRequest;
use cenote_triggers::pre_token_generation::{PreTokenGenerationV1Request, PreTokenGenerationV2Request};
use cenote_triggers::user_migration::UserMigrationRequest;
use cenote_triggers::verify_auth_challenge_response::VerifyAuthChallengeResponseRequest;

use super::{choose, chosen};

type Read = fn(&Answer) -> Option<Vec<u8>>;

const READERS: [Read; 10] = [
    read::<CustomMessageRequest>,
    read::<PostConfirmationRequest>,
    read::<PreAuthenticationRequest>,
    read::<PreSignUpRequest>,
    read::<PreTokenGenerationV1Request>,
    read::<PreTokenGenerationV2Request>,
    read::<UserMigrationRequest>,
    read::<DefineAuthChallengeRequest>,
    read::<CreateAuthChallengeRequest>,
    read::<VerifyAuthChallengeResponseRequest>,
];

/// The response as it would be written again, unless the answer was refused.
fn read<R: TriggerRequest>(answer: &Answer) -> Option<Vec<u8>> {
    match answer.read::<R>() {
        Ok(response) => Some(serde_json::to_vec(&response).expect("responses serialize")),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

/// An event without its response.
const WHOLE: &str = r#"{"version":"1","triggerSource":"","region":"","userPoolId":"","userName":"","callerContext":{},"request":{}"#;

pub(crate) fn run(data: &[u8]) {
    let Some((reader, rest)) = choose(data) else { return };
    let Some((form, body)) = choose(rest) else { return };
    let answer = Answer {
        status: [200, 200, 200, 400, 429, 500, 502, 302][form % 8],
        function_error: (form & 8 != 0).then(|| "Unhandled".to_owned()),
        error_type: (form & 16 != 0).then(|| "TooManyRequestsException:http://x".to_owned()),
        body: body.to_vec().into(),
        from_configured_endpoint: form & 32 != 0,
    };
    let _ = answer.is_throttled();
    let read = READERS[reader % READERS.len()];
    // A response that was read, written and read again is the same.
    if let Some(response) = read(&answer) {
        let body = [WHOLE.as_bytes(), br#","response":"#.as_slice(), &response, b"}"].concat();
        let again = Answer { status: 200, body: body.into(), ..Answer::default() };
        assert_eq!(read(&again), Some(response));
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    const BODIES: [&str; 10] = [
        r#"{"response":{"smsMessage":"{####}","emailMessage":"<b>{####}</b>","emailSubject":"s"}}"#,
        r#"{"version":"1","response":{}}"#,
        r#"{"response":{}}"#,
        r#"{"response":{"autoConfirmUser":true,"autoVerifyEmail":null,"autoVerifyPhone":false}}"#,
        r#"{"response":{"claimsOverrideDetails":{"claimsToAddOrOverride":{"a":"b"},"claimsToSuppress":["email"],"groupOverrideDetails":{"groupsToOverride":["g"],"iamRolesToOverride":["r"],"preferredRole":"r"}}}}"#,
        r#"{"response":{"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToAddOrOverride":{"a":[1,{"b":null}]},"claimsToSuppress":[]},"accessTokenGeneration":{"scopesToAdd":["s"],"scopesToSuppress":["t"]},"groupOverrideDetails":{}}}}"#,
        r#"{"response":{"userAttributes":{"email":"a@b.c"},"finalUserStatus":"CONFIRMED","messageAction":"SUPPRESS","desiredDeliveryMediums":["EMAIL"],"forceAliasCreation":false}}"#,
        r#"{"version":"1","triggerSource":"","region":"","userPoolId":"","userName":"","callerContext":{},"request":{},"response":{"challengeName":"CUSTOM_CHALLENGE","issueTokens":false,"failAuthentication":null}}"#,
        r#"{"version":"1","triggerSource":"","region":"","userPoolId":"","userName":"","callerContext":{},"request":{},"response":{"publicChallengeParameters":{"a":"b"},"privateChallengeParameters":{"c":"d"},"challengeMetadata":"m"}}"#,
        r#"{"version":"1","triggerSource":"","region":"","userPoolId":"","userName":"","callerContext":{},"request":{},"response":{"answerCorrect":true}}"#,
    ];
    let mut seeds: Vec<Vec<u8>> =
        BODIES.iter().enumerate().map(|(index, body)| chosen(index, chosen(0, body))).collect();
    seeds.push(chosen(0, chosen(8, r#"{"errorMessage":"no","errorType":"Error","trace":[]}"#)));
    seeds.push(chosen(1, chosen(38, "Task timed out after 3.00 seconds")));
    seeds
}
