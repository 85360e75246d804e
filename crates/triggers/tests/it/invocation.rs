//! Invocations against a local endpoint: what is sent, how often, and what comes of each answer.

use crate::common::{
    ARN, caller, in_turn, invoker, map, raw, settings, sign_up, sign_up_against, stop_clock,
};
use cenote_triggers::custom_message::{CustomMessageRequest, CustomMessageResponse, CustomMessageSource};
use cenote_triggers::event::event_document;
use cenote_triggers::pre_sign_up::{PreSignUpResponse, PreSignUpSource};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use cenote_triggers::{Caller, TriggerError, TriggerSettings};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::Instant;

fn user_lambda_validation<T>(text: &str) -> Result<T, TriggerError> {
    Err(TriggerError::UserLambdaValidation(text.to_owned()))
}

fn unexpected_lambda<T>(text: &str) -> Result<T, TriggerError> {
    Err(TriggerError::UnexpectedLambda(text.to_owned()))
}

/// The attempts and time limits of Cognito.
fn cognito_limits(endpoint: String) -> TriggerSettings {
    TriggerSettings { endpoint: Some(endpoint), ..TriggerSettings::new("us-east-1") }
}

fn throws(message: &str) -> FakeAnswer {
    FakeAnswer::FunctionError { message: message.to_owned() }
}

#[tokio::test]
async fn the_request_on_the_wire() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let invoker = invoker(settings(lambda.url()));
    for _ in 0..2 {
        assert_eq!(invoker.invoke(ARN, &caller(), &sign_up()).await, Ok(PreSignUpResponse::default()));
    }
    let requests = lambda.requests();
    assert_eq!(requests.len(), 2);
    let request = &requests[0];
    assert_eq!(request.method, "POST");
    assert_eq!(
        request.path,
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Atrigger/invocations"
    );
    let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("x-amz-invocation-type"), Some("RequestResponse"));
    assert_eq!(header("x-amz-log-type"), Some("None"));
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("host"), lambda.url().strip_prefix("http://"));
    assert_eq!(header("authorization"), None);
    assert_eq!(request.body, event_document(&caller(), &sign_up()).unwrap());
}

#[tokio::test]
async fn a_function_that_throws() {
    for (message, text) in [
        ("blocked", "PreSignUp failed with error blocked."),
        ("no.", "PreSignUp failed with error no.."),
        ("", "PreSignUp failed with error ."),
    ] {
        assert_eq!(sign_up_against(throws(message)).await, (user_lambda_validation(text), 1));
    }
}

#[tokio::test]
async fn a_function_that_fails_without_a_message() {
    let marked = [("X-Amz-Function-Error", "Unhandled")];
    for (body, text) in [
        (r#"{"errorType":"Runtime.ExitError"}"#, "PreSignUp failed with error Runtime.ExitError."),
        (r#"{"errorType":"Error","errorMessage":null}"#, "PreSignUp failed with error Error."),
        ("{}", "PreSignUp failed with error Unhandled."),
        ("null", "PreSignUp failed with error Unhandled."),
        ("", "PreSignUp failed with error Unhandled."),
        // Marked as an error: an event does not change that.
        (r#"{"response":{}}"#, "PreSignUp failed with error Unhandled."),
    ] {
        assert_eq!(
            sign_up_against(raw(200, &marked, body)).await,
            (user_lambda_validation(text), 1),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_function_that_never_answers_is_tried_three_times() {
    let _clock = stop_clock();
    let lambda = in_turn([FakeAnswer::Hang]).await;
    let start = Instant::now();
    assert_eq!(
        invoker(cognito_limits(lambda.url())).invoke(ARN, &caller(), &sign_up()).await,
        unexpected_lambda(
            "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function."
        )
    );
    assert_eq!(start.elapsed().as_secs(), 15);
    let events = lambda.events();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| *event == events[0]));
}

#[tokio::test]
async fn a_cold_start() {
    let _clock = stop_clock();
    let confirm = FakeAnswer::Response(json!({"autoConfirmUser": true}));
    let lambda = in_turn([FakeAnswer::Hang, FakeAnswer::Hang, confirm]).await;
    let response = invoker(cognito_limits(lambda.url())).invoke(ARN, &caller(), &sign_up()).await.unwrap();
    assert!(response.auto_confirm_user);
    assert_eq!(lambda.requests().len(), 3);
}

#[tokio::test]
async fn throttling_counts_among_the_three_attempts() {
    let throttled = raw(429, &[("x-amzn-ErrorType", "TooManyRequestsException")], r#"{"Type":"User"}"#);
    assert_eq!(
        sign_up_against(throttled.clone()).await,
        (unexpected_lambda("PreSignUp invocation failed due to error TooManyRequestsException."), 3)
    );
    let lambda = in_turn([throttled.clone(), throttled, FakeAnswer::Echo]).await;
    let response = invoker(settings(lambda.url())).invoke(ARN, &caller(), &sign_up()).await;
    assert_eq!(response, Ok(PreSignUpResponse::default()));
}

#[tokio::test]
async fn errors_of_lambda_are_not_retried() {
    for (status, error_type, expected) in [
        (403, Some("AccessDeniedException"), "AccessDeniedException"),
        (403, Some("AccessDeniedException:http://internal.amazon.com/coral/"), "AccessDeniedException"),
        (403, None, "AccessDeniedException"),
        (404, Some("ResourceNotFoundException"), "ResourceNotFoundException"),
        (404, None, "ResourceNotFoundException"),
        (500, Some("ServiceException"), "ServiceException"),
        (502, Some("EC2UnexpectedException"), "EC2UnexpectedException"),
        (503, None, "ServiceException"),
        (302, None, "ServiceException"),
    ] {
        let headers: Vec<_> =
            error_type.map(|error_type| ("x-amzn-ErrorType", error_type)).into_iter().collect();
        let answer = raw(status, &headers, r#"{"Type":"User","Message":"no"}"#);
        let text = format!("PreSignUp invocation failed due to error {expected}.");
        assert_eq!(sign_up_against(answer).await, (unexpected_lambda(&text), 1));
    }
}

#[tokio::test]
async fn custom_message_answers() {
    let request = CustomMessageRequest {
        source: CustomMessageSource::ForgotPassword,
        user_attributes: map([("sub", "1")]),
        client_metadata: Some(map([("campaign", "spring")])),
    };
    let lambda =
        in_turn([FakeAnswer::Event(json!(null)), FakeAnswer::Echo, FakeAnswer::Event(json!({"a": 1}))]).await;
    let invoker = invoker(settings(lambda.url()));
    assert_eq!(
        invoker.invoke(ARN, &caller(), &request).await,
        Err(TriggerError::InvalidLambdaResponse("Invalid lambda function output : Invalid JSON".to_owned()))
    );
    assert_eq!(invoker.invoke(ARN, &caller(), &request).await, Ok(CustomMessageResponse::default()));
    assert_eq!(
        invoker.invoke(ARN, &caller(), &request).await,
        Err(TriggerError::InvalidLambdaResponse("Unrecognizable lambda output".to_owned()))
    );
    let event = &lambda.events()[0];
    assert_eq!(event["triggerSource"], "CustomMessage_ForgotPassword");
    assert_eq!(event["request"]["codeParameter"], "{####}");
    assert_eq!(event["request"]["clientMetadata"], json!({"campaign": "spring"}));
}

#[tokio::test]
async fn an_administrator_creates_a_user() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Response(json!({"autoConfirmUser": true}))).await.unwrap();
    let mut request = sign_up();
    request.source = PreSignUpSource::AdminCreateUser;
    let administrator = Caller { client_id: None, ..caller() };
    let response = invoker(settings(lambda.url())).invoke(ARN, &administrator, &request).await.unwrap();
    assert!(response.auto_confirm_user, "to be ignored by the operation, not here");
    assert_eq!(lambda.events()[0]["callerContext"]["clientId"], "CLIENT_ID_NOT_APPLICABLE");
}

#[tokio::test]
async fn an_emulator_reports_errors_without_the_header() {
    let object = raw(200, &[], r#"{"errorType":"Error","errorMessage":"x"}"#);
    assert_eq!(sign_up_against(object).await, (user_lambda_validation("PreSignUp failed with error x."), 1));
    let exited = r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 1 Error: Runtime exited with error: exit status 129"}"#;
    let exited_text =
        "PreSignUp failed with error RequestId: 1 Error: Runtime exited with error: exit status 129.";
    for (status, body, text) in [
        (200, r#"{"errorType":"Error"}"#, "PreSignUp failed with error Error."),
        (200, exited, exited_text),
        (502, exited, exited_text),
        (
            200,
            "Task timed out after 3.00 seconds",
            "PreSignUp failed with error Task timed out after 3.00 seconds.",
        ),
    ] {
        assert_eq!(
            sign_up_against(raw(status, &[], body)).await,
            (user_lambda_validation(text), 1),
            "{body}"
        );
    }
    // A function may return such members in its event.
    let event = raw(200, &[], r#"{"errorType":"Error","errorMessage":"x","response":{}}"#);
    assert_eq!(sign_up_against(event).await, (Ok(PreSignUpResponse::default()), 1));
}

#[tokio::test]
async fn an_emulator_is_called_at_its_own_path() {
    let blocked = FakeAnswer::EmulatorError { message: "blocked".to_owned() };
    let lambda = FakeLambda::start(move |_| blocked.clone()).await.unwrap();
    let settings = TriggerSettings {
        endpoint: None,
        endpoints: [(ARN.to_owned(), lambda.emulator_url())].into(),
        ..settings("")
    };
    assert_eq!(
        invoker(settings).invoke(ARN, &caller(), &sign_up()).await,
        user_lambda_validation("PreSignUp failed with error blocked.")
    );
    assert_eq!(lambda.requests()[0].path, "/2015-03-31/functions/function/invocations");
}

#[tokio::test]
async fn an_emulator_gets_one_call_at_a_time() {
    let _clock = stop_clock();
    let lambda = in_turn([FakeAnswer::Hang, FakeAnswer::Echo]).await;
    let invoker = invoker(TriggerSettings { attempts: 1, ..cognito_limits(lambda.emulator_url()) });
    let (caller, request) = (caller(), sign_up());
    let mut second = Box::pin(invoker.invoke("arn:second", &caller, &request));
    tokio::select! {
        biased;
        first = invoker.invoke("arn:first", &caller, &request) => assert!(first.is_err()),
        _ = &mut second => panic!("the second call did not wait for the first"),
    }
    assert_eq!(lambda.requests().len(), 1);
    assert_eq!(second.await, Ok(PreSignUpResponse::default()));
}

#[tokio::test]
async fn an_emulator_that_is_busy_is_asked_again() {
    let lambda = in_turn([raw(400, &[], ""), FakeAnswer::Echo]).await;
    let response = invoker(settings(lambda.emulator_url())).invoke(ARN, &caller(), &sign_up()).await;
    assert_eq!(response, Ok(PreSignUpResponse::default()));
    assert_eq!(lambda.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_beyond_six_megabytes() {
    const LIMIT: usize = 6_291_556;
    let padded = |length: usize| {
        let event = r#"{"response":{}}"#;
        raw(200, &[], format!("{event}{}", " ".repeat(length - event.len())))
    };
    assert_eq!(sign_up_against(padded(LIMIT)).await, (Ok(PreSignUpResponse::default()), 1));
    assert_eq!(
        sign_up_against(padded(LIMIT + 1)).await,
        (
            user_lambda_validation(
                "PreSignUp failed with error Response payload size exceeded maximum allowed payload size (6291556 bytes).."
            ),
            1
        )
    );
}

#[tokio::test]
async fn an_endpoint_that_hangs_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hang_up = tokio::spawn(async move {
        while let Ok(connection) = listener.accept().await {
            drop(connection);
        }
    });
    for scheme in ["http", "https"] {
        assert_eq!(
            invoker(settings(format!("{scheme}://{address}"))).invoke(ARN, &caller(), &sign_up()).await,
            unexpected_lambda(
                "PreSignUp invocation failed due to error Unable to reach the Lambda endpoint."
            )
        );
    }
    hang_up.abort();
}

#[test]
fn an_invocation_can_move_between_threads() {
    fn check<T: Send>(_: T) {}
    let invoker = invoker(settings("http://localhost"));
    check(invoker.invoke(ARN, &caller(), &sign_up()));
}

#[tokio::test]
async fn aws_is_not_called_in_vain() {
    let settings = TriggerSettings::new("us-east-1");
    let invoker = invoker(settings);
    assert_eq!(
        invoker.invoke(ARN, &caller(), &sign_up()).await,
        unexpected_lambda("PreSignUp invocation failed due to error AccessDeniedException.")
    );
    assert_eq!(
        invoker.invoke("arn:aws:lambda:evil.example/:1:function:f", &caller(), &sign_up()).await,
        unexpected_lambda("PreSignUp invocation failed due to error ResourceNotFoundException.")
    );
}
