//! Second factors in a custom sign-in that began with a proof of the password: before the functions hear of the proof.

use cenote_core::clock::Clock;
use cenote_core::testing::AuthenticatorApp;
use cenote_triggers::testing::FakeLambda;
use serde_json::{Value, json};

use super::*;

struct Custom {
    lambda: FakeLambda,
    world: World,
}

impl Custom {
    /// Functions that ask one question, in a pool with apps and mail as second factors.
    async fn new(mode: &str, client: Value) -> Self {
        let lambda = FakeLambda::start(sums(1)).await.unwrap();
        let recovery = json!({ "RecoveryMechanisms": [{ "Name": "admin_only", "Priority": 1 }] });
        let members = json!({ "AccountRecoverySetting": recovery, "LambdaConfig": functions() });
        let builder = TestService::builder().lambda(&lambda.url());
        let builder = builder.settings(|settings| settings.acr_in_every_token = true);
        let flows = json!({ "ExplicitAuthFlows": FLOWS });
        let world = World::with(builder, members, merged(flows, client)).await;
        world.confirmed("alice").await;
        let custom = Self { lambda, world };
        custom.offer(mode).await;
        custom
    }

    async fn offer(&self, mode: &str) {
        let request = json!({
            "UserPoolId": self.world.pool, "MfaConfiguration": mode, "EmailMfaConfiguration": {},
            "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        self.world.service.ok("SetUserPoolMfaConfig", request).await;
    }

    async fn switch_on(&self, factors: &[&str]) {
        let mut request = json!({ "UserPoolId": self.world.pool, "Username": "alice" });
        for factor in factors {
            request[factor] = json!({ "Enabled": true });
        }
        self.world.service.ok("AdminSetUserMFAPreference", request).await;
    }

    /// What the right proof of the password is answered.
    async fn proved(&self, password: &str) -> Value {
        let started = self.world.start_custom_with_srp("alice").await.unwrap();
        let answers = self.world.answers(&started["ChallengeParameters"], password, &self.world.now());
        self.world.prove(answers).await.unwrap()
    }

    async fn answer(&self, asked: &Value, answers: Value) -> Result<Value, WireError> {
        let request = json!({
            "ClientId": self.world.client, "ChallengeName": asked["ChallengeName"], "Session": asked["Session"],
            "ChallengeResponses": merged(json!({ "USERNAME": "alice" }), answers),
        });
        self.world.service.call("RespondToAuthChallenge", request).await
    }

    async fn code(&self) -> Value {
        json!({ "EMAIL_OTP_CODE": self.world.service.code_sent_to("alice@test.com").await })
    }

    fn code_of(&self, app: &AuthenticatorApp) -> String {
        app.code(self.world.service.clock.now_ms(), 0)
    }

    /// Answers MFA_SETUP with a new app.
    async fn set_up(&self, asked: &Value) -> (AuthenticatorApp, Value) {
        assert_eq!(asked["ChallengeName"], "MFA_SETUP", "{asked}");
        let service = &self.world.service;
        let seed = service.ok("AssociateSoftwareToken", json!({ "Session": asked["Session"] })).await;
        let app = AuthenticatorApp::new(&text(&seed["SecretCode"]));
        let verify = json!({ "Session": seed["Session"], "UserCode": self.code_of(&app) });
        let verified = service.ok("VerifySoftwareToken", verify).await;
        let finish = json!({ "ChallengeName": "MFA_SETUP", "Session": verified["Session"] });
        let answer = self.answer(&finish, json!({})).await.unwrap();
        service.clock.advance_seconds(30);
        (app, answer)
    }

    /// The right answer to the functions' question, which is how much they have heard of: what the tokens say, and what that is.
    async fn finish(&self, question: &Value) -> (Value, Vec<String>) {
        assert_eq!(question["ChallengeName"], "CUSTOM_CHALLENGE", "{question}");
        let heard = text(&question["ChallengeParameters"]["question"]).replace("say ", "");
        let answer = self.world.answer_custom(&question["Session"], "alice", &heard).await.unwrap();
        let claims = claims(&Tokens::of(&answer).access);
        let last = self.lambda.events().pop().unwrap();
        let session = last["request"]["session"].as_array().unwrap().clone();
        let names = session.iter().map(|one| text(&one["challengeName"])).collect();
        (json!([claims["acr"], claims["amr"]]), names)
    }
}

#[tokio::test]
async fn the_user_chooses_and_the_functions_hear_of_what_was_shown() {
    let custom = Custom::new("OPTIONAL", json!({})).await;
    custom.switch_on(&["EmailMfaSettings"]).await;
    custom.offer("ON").await;
    let asked = custom.proved(PASSWORD).await;
    let question = custom.answer(&asked, custom.code().await).await.unwrap();
    let (level, names) = custom.finish(&question).await;
    assert_eq!(level, json!(["urn:cognito:loa:3", ["pwd", "email_otp", "mfa"]]));
    assert_eq!(names, ["SRP_A", "PASSWORD_VERIFIER", "EMAIL_OTP", "CUSTOM_CHALLENGE"]);
}

#[tokio::test]
async fn a_factor_is_set_up_before_the_functions_go_on() {
    let custom = Custom::new("OPTIONAL", json!({})).await;
    let attributes = json!({
        "UserPoolId": custom.world.pool, "Username": "alice", "UserAttributeNames": ["email"],
    });
    custom.world.service.ok("AdminDeleteUserAttributes", attributes).await;
    custom.offer("ON").await;
    let asked = custom.proved(PASSWORD).await;
    assert_eq!(sources(&custom.lambda), ["DefineAuthChallenge_Authentication"]);
    let (app, question) = custom.set_up(&asked).await;
    let (level, names) = custom.finish(&question).await;
    assert_eq!(level, json!(["urn:cognito:loa:4", ["pwd", "otp", "mfa"]]));
    assert_eq!(names, ["SRP_A", "PASSWORD_VERIFIER", "CUSTOM_CHALLENGE"]);
    // The next time it is asked for; with a second one the user chooses.
    let back = json!({
        "UserPoolId": custom.world.pool, "Username": "alice",
        "UserAttributes": [{ "Name": "email", "Value": "alice@test.com" }],
    });
    custom.world.service.ok("AdminUpdateUserAttributes", back).await;
    custom.switch_on(&["EmailMfaSettings"]).await;
    let asked = custom.proved(PASSWORD).await;
    assert_eq!(asked["ChallengeName"], "SELECT_MFA_TYPE");
    let asked = custom.answer(&asked, json!({ "ANSWER": "SOFTWARE_TOKEN_MFA" })).await.unwrap();
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": custom.code_of(&app) });
    let question = custom.answer(&asked, code).await.unwrap();
    let (level, names) = custom.finish(&question).await;
    assert_eq!(level, json!(["urn:cognito:loa:4", ["pwd", "otp", "mfa"]]));
    assert_eq!(names, ["SRP_A", "PASSWORD_VERIFIER", "SOFTWARE_TOKEN_MFA", "CUSTOM_CHALLENGE"]);
}

#[tokio::test]
async fn a_wrong_code_is_nothing_that_functions_hear_of() {
    let custom = Custom::new("OPTIONAL", json!({})).await;
    custom.switch_on(&["EmailMfaSettings"]).await;
    let asked = custom.proved(PASSWORD).await;
    let right = custom.code().await;
    let heard = custom.lambda.events().len();
    let wrong = json!({ "EMAIL_OTP_CODE": "00000000" });
    let mismatch = custom.answer(&asked, wrong).await.unwrap_err();
    assert_eq!(mismatch.0, "CodeMismatchException");
    assert_eq!(custom.lambda.events().len(), heard);
    // The functions' own question is not answered by the session of the factor, nor the other way about.
    let answer = custom.world.answer_custom(&asked["Session"], "alice", "2").await;
    assert_eq!(answer, Err(invalid_session()));
    let question = custom.answer(&asked, right.clone()).await.unwrap();
    assert_eq!(custom.answer(&asked, right.clone()).await, Err(used()));
    let swapped = json!({ "ChallengeName": "EMAIL_OTP", "Session": question["Session"] });
    assert_eq!(custom.answer(&swapped, right).await, Err(invalid_session()));
    custom.finish(&question).await;
}

/// The functions still decide: they may refuse whoever has shown everything.
#[tokio::test]
async fn functions_have_the_last_word() {
    let custom = Custom::new("OPTIONAL", json!({})).await;
    custom.switch_on(&["EmailMfaSettings"]).await;
    let asked = custom.proved(PASSWORD).await;
    let question = custom.answer(&asked, custom.code().await).await.unwrap();
    let again = custom.world.answer_custom(&question["Session"], "alice", "wrong").await.unwrap();
    let refused = custom.world.answer_custom(&again["Session"], "alice", "wrong").await;
    assert_eq!(refused, Err(incorrect()));
}

#[tokio::test]
async fn a_temporary_password_a_second_factor_and_a_question_in_this_order() {
    let custom = Custom::new("OPTIONAL", json!({})).await;
    custom.switch_on(&["EmailMfaSettings"]).await;
    let temporary = json!({
        "UserPoolId": custom.world.pool, "Username": "alice", "Password": TEMPORARY, "Permanent": false,
    });
    custom.world.service.ok("AdminSetUserPassword", temporary).await;
    let asked = custom.proved(TEMPORARY).await;
    assert_eq!(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let asked = custom.answer(&asked, json!({ "NEW_PASSWORD": PASSWORD })).await.unwrap();
    let question = custom.answer(&asked, custom.code().await).await.unwrap();
    let (level, names) = custom.finish(&question).await;
    assert_eq!(level, json!(["urn:cognito:loa:3", ["pwd", "email_otp", "mfa"]]));
    let all = ["SRP_A", "PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED", "EMAIL_OTP", "CUSTOM_CHALLENGE"];
    assert_eq!(names, all);
}

#[tokio::test]
async fn a_client_with_custom_sign_in_only_comes_through() {
    let flows = json!({ "ExplicitAuthFlows": ["CUSTOM_AUTH_FLOW_ONLY"] });
    let custom = Custom::new("OPTIONAL", flows).await;
    let attributes = json!({
        "UserPoolId": custom.world.pool, "Username": "alice", "UserAttributeNames": ["email"],
    });
    custom.world.service.ok("AdminDeleteUserAttributes", attributes).await;
    custom.offer("ON").await;
    let asked = custom.proved(PASSWORD).await;
    let (_, question) = custom.set_up(&asked).await;
    let (level, _) = custom.finish(&question).await;
    assert_eq!(level[0], "urn:cognito:loa:4");
    // Questions alone are described by no level.
    let started = custom.world.start_custom("alice").await.unwrap();
    assert_eq!(custom.finish(&started).await.0, json!([null, null]));
}
