//! Whole operations, by the table that the server uses: any body gets an answer or an error that the operation declares, and
//! none breaks the server. Lines: the operation's name, a space, its body. In a body `$POOL`, `$CLIENT` and what else
//! [`Application`] knows stand for what there is at that moment, so that an input gets behind a proof that it can't compute.

mod application;

use std::cell::RefCell;

use cenote_core::clock::Clock;
use cenote_core::testing::{TestService, WireError, text as text_of};
use cenote_model::{Operation, parse_body};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use self::application::Application;
use super::sample::{Choices, document};
use super::{text, texts};

/// Inputs before everything starts anew, so that a process that runs for hours does not grow.
const INPUTS: u32 = 500;
/// Lines of an input that are looked at.
const LINES: usize = 8;
const PASSWORD: &str = "Passw0rd!";
/// Every code that is sent.
const CODE: &str = "123456";
const RELYING_PARTY: &str = "localhost";
/// What people do, from its beginning to its end.
const STORIES: &str = include_str!("stories.txt");

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

pub(crate) fn run(data: &[u8]) {
    let Some(text) = text(data) else { return };
    WORLD.with_borrow_mut(|slot| {
        let mut world = slot.take().filter(|world| world.inputs < INPUTS).unwrap_or_else(World::new);
        world.take(text);
        *slot = Some(world);
    });
}

struct World {
    runtime: Runtime,
    service: TestService,
    /// The functions of the pools, as long as they are here.
    _lambda: FakeLambda,
    inputs: u32,
    application: Application,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (lambda, service) = runtime.block_on(async {
            let lambda = FakeLambda::start(one_question).await.expect("a port");
            let builder = TestService::builder()
                .lambda(&lambda.url())
                .settings(|settings| settings.fixed_code = Some(CODE.to_owned()));
            (lambda, builder.start().await)
        });
        Self { runtime, service, _lambda: lambda, inputs: 0, application: Application::default() }
    }

    fn take(&mut self, text: &str) {
        self.prepare();
        for line in text.lines().take(LINES) {
            self.call(line);
        }
    }

    /// Whatever the input before did, there are a pool, a client and somebody signed in.
    fn prepare(&mut self) {
        self.inputs += 1;
        self.service.clock.advance_seconds(1);
        if !self.sign_in() {
            self.application = self.runtime.block_on(found(&self.service));
            assert!(self.sign_in(), "a new user signs in");
        }
    }

    fn sign_in(&mut self) -> bool {
        let line = "InitiateAuth {\"ClientId\":\"$CLIENT\",\"AuthFlow\":\"USER_PASSWORD_AUTH\",\
                    \"AuthParameters\":{\"USERNAME\":\"rosa\",\"PASSWORD\":\"Passw0rd!\"}}";
        self.call(line).is_some_and(|answer| answer.is_ok_and(|it| it.get("AuthenticationResult").is_some()))
    }

    /// What is answered to a line, if it is a request.
    fn call(&mut self, line: &str) -> Option<Result<Value, WireError>> {
        let (name, body) = line.split_once(' ')?;
        let operation = Operation::parse(name)?;
        // Within a step an app shows one code, and the next line may need another.
        self.service.clock.advance_seconds(30);
        let now_ms = self.service.clock.now_ms();
        let body = parse_body(self.application.fill_in(body, now_ms).as_bytes()).ok()?;
        // `call` panics on an error that is the server's own.
        let outcome = self.runtime.block_on(self.service.call(operation.as_str(), body));
        if let Ok(answer) = &outcome {
            self.application.learn(answer, now_ms);
        }
        Some(outcome)
    }
}

/// Functions that ask one question, to which every answer is right but `no`. After an A comes the proof.
#[expect(clippy::needless_pass_by_value, reason = "as functions are called")]
fn one_question(event: Value) -> FakeAnswer {
    let request = &event["request"];
    FakeAnswer::Response(match event["triggerSource"].as_str() {
        Some("DefineAuthChallenge_Authentication") => {
            let last =
                request["session"].as_array().and_then(|session| session.last()).unwrap_or(&Value::Null);
            if last["challengeName"] == "SRP_A" {
                json!({ "challengeName": "PASSWORD_VERIFIER" })
            } else {
                let right = last["challengeName"] == "CUSTOM_CHALLENGE" && last["challengeResult"] == true;
                json!({ "challengeName": "CUSTOM_CHALLENGE", "issueTokens": right })
            }
        }
        Some("VerifyAuthChallengeResponse_Authentication") => {
            json!({ "answerCorrect": request["challengeAnswer"] != "no" })
        }
        _ => json!({}),
    })
}

/// Founds a pool with a client and a user: every flow and factor is allowed, none is demanded.
async fn found(service: &TestService) -> Application {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    let sms = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x" });
    let members = json!({
        "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"], "SmsConfiguration": sms,
        "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false },
        "LambdaConfig": {
            "DefineAuthChallenge": function, "CreateAuthChallenge": function, "VerifyAuthChallengeResponse": function,
        },
        "Policies": { "SignInPolicy": {
            "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"],
        } },
    });
    let pool = service.pool(members).await;
    let factors = json!({
        "UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
        "SmsMfaConfiguration": { "SmsConfiguration": sms }, "SoftwareTokenMfaConfiguration": { "Enabled": true },
        "WebAuthnConfiguration": { "RelyingPartyId": RELYING_PARTY },
    });
    service.ok("SetUserPoolMfaConfig", factors).await;
    let flows = [
        "ALLOW_CUSTOM_AUTH",
        "ALLOW_USER_PASSWORD_AUTH",
        "ALLOW_ADMIN_USER_PASSWORD_AUTH",
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_USER_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_TOKEN_EXCHANGE_IMPERSONATION",
        "ALLOW_TOKEN_EXCHANGE_DELEGATION",
    ];
    let client = service.client(&pool, json!({ "ExplicitAuthFlows": flows })).await;
    let attributes = json!([
        { "Name": "email", "Value": "rosa@example.org" }, { "Name": "email_verified", "Value": "true" },
        { "Name": "phone_number", "Value": "+15555550100" }, { "Name": "phone_number_verified", "Value": "true" },
    ]);
    let user = json!({
        "UserPoolId": pool, "Username": "rosa", "UserAttributes": attributes, "MessageAction": "SUPPRESS",
    });
    let user = service.ok("AdminCreateUser", user).await;
    let attributes = user["User"]["Attributes"].as_array().expect("attributes");
    let sub = attributes.iter().find(|one| one["Name"] == "sub").expect("a sub");
    let password = json!({ "UserPoolId": pool, "Username": "rosa", "Password": PASSWORD, "Permanent": true });
    service.ok("AdminSetUserPassword", password).await;
    Application::new(pool, client, text_of(&sub["Value"]))
}

fn stories() -> Vec<&'static str> {
    STORIES.split("\n\n").collect()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = texts(&stories());
    for (index, operation) in Operation::ALL.iter().enumerate() {
        if !cenote_core::operations::is_built(*operation) {
            continue;
        }
        for number in 0..3 {
            let mut body =
                document(&format!("{operation}Request"), &mut Choices(number * 1000 + index as u64));
            for (member, value) in [
                ("UserPoolId", "$POOL"),
                ("ClientId", "$CLIENT"),
                ("Username", "rosa"),
                ("AccessToken", "$ACCESS"),
                ("RefreshToken", "$REFRESH"),
                ("Session", "$SESSION"),
                ("NextToken", ""),
                ("PaginationToken", ""),
            ] {
                if let Some(found) = body.get_mut(member) {
                    *found = json!(value);
                }
            }
            seeds.push(format!("{operation} {body}").into_bytes());
        }
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise a fuzzer would stand before closed doors.
    #[test]
    fn every_story_is_told_to_its_end() {
        let mut refused = Vec::new();
        for story in stories() {
            let mut world = World::new();
            world.prepare();
            assert!(story.lines().count() <= LINES);
            for line in story.lines() {
                let outcome = world.call(line).unwrap_or_else(|| panic!("no request: {line}"));
                refused.extend(outcome.err().map(|error| (line, error)));
            }
        }
        assert!(refused.is_empty(), "{refused:#?}");
    }
}
