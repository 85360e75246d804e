//! Devices beside second factors that are chosen or set up on the way, and beside levels.

use cenote_core::clock::Clock;
use cenote_core::testing::AuthenticatorApp;
use serde_json::{Value, json};

use super::*;

const LEVELS: [&str; 4] =
    ["urn:cognito:loa:1", "urn:cognito:loa:2", "urn:cognito:loa:3", "urn:cognito:loa:4"];

fn bypass(on: bool) -> Value {
    json!({ "ChallengeRequiredOnNewDevice": on, "DeviceOnlyRememberedOnUserPrompt": false })
}

/// A pool with apps and mail as second factors, which nobody must have, where every token says how strong its sign-in was.
async fn world(configuration: Value) -> World {
    let recovery = json!({ "RecoveryMechanisms": [{ "Name": "admin_only", "Priority": 1 }] });
    let builder = TestService::builder().settings(|settings| settings.acr_in_every_token = true);
    let world = world_of(configuration, builder, json!({ "AccountRecoverySetting": recovery })).await;
    let flows = FLOWS.iter().chain(&["ALLOW_USER_AUTH"]).collect::<Vec<_>>();
    let client = json!({ "UserPoolId": world.pool, "ClientId": world.client, "ExplicitAuthFlows": flows });
    world.service.ok("UpdateUserPoolClient", client).await;
    world.factors("OPTIONAL").await;
    world
}

impl World {
    async fn factors(&self, mode: &str) {
        let request = json!({
            "UserPoolId": self.pool, "MfaConfiguration": mode, "EmailMfaConfiguration": {},
            "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        self.service.ok("SetUserPoolMfaConfig", request).await;
    }

    /// An app of alice's, verified.
    async fn app(&self, access_token: &str) -> AuthenticatorApp {
        let request = json!({ "AccessToken": access_token });
        let app = AuthenticatorApp::new(&text(
            &self.service.ok("AssociateSoftwareToken", request).await["SecretCode"],
        ));
        let request = json!({ "AccessToken": access_token, "UserCode": self.code_of(&app) });
        self.service.ok("VerifySoftwareToken", request).await;
        self.service.clock.advance_seconds(30);
        app
    }

    fn code_of(&self, app: &AuthenticatorApp) -> String {
        app.code(self.service.clock.now_ms(), 0)
    }

    async fn switch_on(&self, factors: &[&str]) {
        let mut request = json!({ "UserPoolId": self.pool, "Username": "alice" });
        for factor in factors {
            request[factor] = json!({ "Enabled": true });
        }
        self.service.ok("AdminSetUserMFAPreference", request).await;
    }

    async fn answer_to(&self, asked: &Value, answers: Value) -> Result<Value, WireError> {
        let name = text(&asked["ChallengeName"]);
        self.answer_device(&name, &asked["Session"], merged(json!({ "USERNAME": "alice" }), answers)).await
    }

    /// Chooses the app, and shows it.
    async fn choose_app(&self, asked: &Value, app: &AuthenticatorApp) -> Value {
        assert_eq!(asked["ChallengeName"], "SELECT_MFA_TYPE", "{asked}");
        let asked = self.answer_to(asked, json!({ "ANSWER": "SOFTWARE_TOKEN_MFA" })).await.unwrap();
        self.show(&asked, app).await
    }

    async fn show(&self, asked: &Value, app: &AuthenticatorApp) -> Value {
        assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA", "{asked}");
        let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": self.code_of(app) });
        let answer = self.answer_to(asked, code).await.unwrap();
        self.service.clock.advance_seconds(30);
        answer
    }

    async fn by_level(&self, level: &str, more: Value) -> Value {
        let parameters = json!({
            "USERNAME": "alice", "TARGET_ACR_VALUES": level, "PREFERRED_CHALLENGE": "PASSWORD",
            "PASSWORD": PASSWORD,
        });
        self.flow("USER_AUTH", merged(parameters, more)).await.unwrap()
    }
}

/// Level, methods and device of the tokens, and whether the device is new.
fn told(answer: &Value) -> Value {
    let claims = claims(&Tokens::of(answer).access);
    let is_new = answer["AuthenticationResult"].get("NewDeviceMetadata").is_some();
    json!([claims["acr"], claims["amr"], claims["device_key"], is_new])
}

#[tokio::test]
async fn a_device_stands_in_for_the_choice_and_is_no_method() {
    let world = world(bypass(true)).await;
    let (phone, tokens) = world.phone("alice").await;
    let app = world.app(&tokens.access).await;
    world.switch_on(&["SoftwareTokenMfaSettings", "EmailMfaSettings"]).await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let answer = world.proved(&asked, "alice", &phone).await.unwrap();
    assert_eq!(told(&answer), json!([LEVELS[0], ["pwd"], phone.key, false]));
    // Without it the user chooses, and gets another device.
    let asked = world.sign_in("alice", PASSWORD).await.unwrap();
    let answer = world.choose_app(&asked, &app).await;
    let other = claims(&Tokens::of(&answer).access)["device_key"].clone();
    assert_ne!(other, json!(phone.key));
    assert_eq!(told(&answer), json!([LEVELS[3], ["pwd", "otp", "mfa"], other, true]));
    // One that is not remembered stands in for nothing, and stays the sign-in's.
    let mut request = world.of_user("alice", &phone.key);
    request["DeviceRememberedStatus"] = json!("not_remembered");
    world.service.ok("AdminUpdateDeviceStatus", request).await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let answer = world.choose_app(&asked, &app).await;
    assert_eq!(told(&answer), json!([LEVELS[3], ["pwd", "otp", "mfa"], phone.key, false]));
}

#[tokio::test]
async fn a_device_that_stands_in_for_nothing_proves_itself_after_the_choice() {
    let world = world(bypass(false)).await;
    let (phone, tokens) = world.phone("alice").await;
    let app = world.app(&tokens.access).await;
    world.switch_on(&["SoftwareTokenMfaSettings", "EmailMfaSettings"]).await;
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let asked = world.choose_app(&asked, &app).await;
    let answer = world.proved(&asked, "alice", &phone).await.unwrap();
    assert_eq!(told(&answer), json!([LEVELS[3], ["pwd", "otp", "mfa"], phone.key, false]));
    let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
    let asked = world.answer_to(&asked, json!({ "ANSWER": "EMAIL_OTP" })).await.unwrap();
    let code = json!({ "EMAIL_OTP_CODE": world.service.code_sent_to("alice@test.com").await });
    let asked = world.answer_to(&asked, code).await.unwrap();
    assert!(text(&asked["Session"]).len() < 2048);
    // Forgotten between the choice and the proof.
    world.service.ok("AdminForgetDevice", world.of_user("alice", &phone.key)).await;
    assert_eq!(world.begin_proof("alice", &asked["Session"], &phone.key).await, Err(missing()));
}

#[tokio::test]
async fn a_device_goes_along_while_a_factor_is_set_up() {
    for replaces in [true, false] {
        let world = world(bypass(replaces)).await;
        let (phone, _) = world.phone("alice").await;
        world
            .service
            .ok(
                "AdminDeleteUserAttributes",
                json!({
                    "UserPoolId": world.pool, "Username": "alice", "UserAttributeNames": ["email"],
                }),
            )
            .await;
        world.factors("ON").await;
        let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
        if replaces {
            // It stands in for the factor that is not there.
            let answer = world.proved(&asked, "alice", &phone).await.unwrap();
            assert_eq!(told(&answer), json!([LEVELS[0], ["pwd"], phone.key, false]));
            continue;
        }
        assert_eq!(asked["ChallengeName"], "MFA_SETUP");
        let seed = json!({ "Session": asked["Session"] });
        let seed = world.service.ok("AssociateSoftwareToken", seed).await;
        let app = AuthenticatorApp::new(&text(&seed["SecretCode"]));
        let verify = json!({ "Session": seed["Session"], "UserCode": world.code_of(&app) });
        let verified = world.service.ok("VerifySoftwareToken", verify).await;
        let finish = json!({ "ChallengeName": "MFA_SETUP", "Session": verified["Session"] });
        let asked = world.answer_to(&finish, json!({})).await.unwrap();
        let answer = world.proved(&asked, "alice", &phone).await.unwrap();
        assert_eq!(told(&answer), json!([LEVELS[3], ["pwd", "otp", "mfa"], phone.key, false]));
        // An address, by its code, leads there as well.
        let request = json!({ "UserPoolId": world.pool, "Username": "alice" });
        world.service.ok("AdminDeleteSoftwareToken", request).await;
        let asked = world.sign_in_with("alice", &phone.key).await.unwrap();
        let asked = world.answer_to(&asked, json!({ "EMAIL": "alice@example.org" })).await.unwrap();
        let code = json!({ "EMAIL_OTP_CODE": world.service.code_sent_to("alice@example.org").await });
        let asked = world.answer_to(&asked, code).await.unwrap();
        let answer = world.proved(&asked, "alice", &phone).await.unwrap();
        assert_eq!(told(&answer), json!([LEVELS[2], ["pwd", "email_otp", "mfa"], phone.key, false]));
    }
}

/// A level that needs a factor has it shown, and a remembered device proves itself after it.
#[tokio::test]
async fn no_level_is_reached_by_a_device() {
    let world = world(bypass(true)).await;
    let (phone, tokens) = world.phone("alice").await;
    let app = world.app(&tokens.access).await;
    world.switch_on(&["SoftwareTokenMfaSettings"]).await;
    let key = json!({ "DEVICE_KEY": phone.key });
    let asked = world.by_level(LEVELS[3], key.clone()).await;
    let asked = world.show(&asked, &app).await;
    let answer = world.proved(&asked, "alice", &phone).await.unwrap();
    assert_eq!(told(&answer), json!([LEVELS[3], ["pwd", "otp", "mfa"], phone.key, false]));
    // Where the level needs none it stands in for the one that is switched on.
    let asked = world.by_level(LEVELS[0], key.clone()).await;
    let low = world.proved(&asked, "alice", &phone).await.unwrap();
    assert_eq!(told(&low), json!([LEVELS[0], ["pwd"], phone.key, false]));
    // A step-up from there asks for the factor, whatever the level, and the device stands in for nothing.
    let token = &low["AuthenticationResult"]["AccessToken"];
    for level in [LEVELS[0], LEVELS[3]] {
        let parameters = json!({ "USERNAME": "alice", "TARGET_ACR_VALUES": level, "ACCESS_TOKEN": token });
        let asked = world.flow("USER_AUTH", merged(parameters.clone(), key.clone())).await.unwrap();
        let asked = world.show(&asked, &app).await;
        let answer = world.proved(&asked, "alice", &phone).await.unwrap();
        assert_eq!(told(&answer), json!([LEVELS[3], ["pwd", "otp", "mfa"], phone.key, false]));
        let unknown = json!({ "DEVICE_KEY": "us-east-1_0f3c9a52" });
        assert_eq!(world.flow("USER_AUTH", merged(parameters, unknown)).await, Err(missing()));
    }
}

/// However a sign-in begins, a device that is known goes along, and is given no second key.
#[tokio::test]
async fn a_code_comes_from_a_device_as_well() {
    let first = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } });
    let world = world_of(bypass(false), TestService::builder(), json!({ "Policies": first })).await;
    let flows = FLOWS.iter().chain(&["ALLOW_USER_AUTH"]).collect::<Vec<_>>();
    let client = json!({ "UserPoolId": world.pool, "ClientId": world.client, "ExplicitAuthFlows": flows });
    world.service.ok("UpdateUserPoolClient", client).await;
    let (phone, _) = world.phone("alice").await;
    let key = |key: &str| json!({ "DEVICE_KEY": key });
    let choose = async |more: Value| {
        world.flow("USER_AUTH", merged(json!({ "USERNAME": "alice" }), more)).await.unwrap()
    };
    let by_code = async |start: Value, answer: Value| {
        let asked = choose(merged(start, json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" }))).await;
        let code = json!({ "EMAIL_OTP_CODE": world.service.code_sent_to("alice@test.com").await });
        world.answer_to(&asked, merged(code, answer)).await.unwrap()
    };
    let own = json!([null, null, phone.key, false]);
    // Named at the start or with the code: remembered, it proves itself, after the code and not instead.
    for (start, answer) in [(key(&phone.key), json!({})), (json!({}), key(&phone.key))] {
        let asked = by_code(start, answer).await;
        assert_eq!(told(&world.proved(&asked, "alice", &phone).await.unwrap()), own);
    }
    // The start is enough for a password that is chosen later, too.
    let asked = choose(key(&phone.key)).await;
    let password = json!({ "ANSWER": "PASSWORD", "PASSWORD": PASSWORD });
    let asked = world.answer_to(&asked, password).await.unwrap();
    assert_eq!(told(&world.proved(&asked, "alice", &phone).await.unwrap()), own);
    // One that is nobody's, another user's, or no key is none.
    let (others, _) = world.phone("bob").await;
    for foreign in ["us-east-1_0f3c9a52", &others.key, "no key", ""] {
        for (start, answer) in [(key(foreign), json!({})), (json!({}), key(foreign))] {
            let told = told(&by_code(start, answer).await);
            assert_ne!(told[2], json!(foreign));
            assert_eq!(told[3], true, "{foreign}");
        }
    }
    let mut status = world.of_user("alice", &phone.key);
    status["DeviceRememberedStatus"] = json!("not_remembered");
    world.service.ok("AdminUpdateDeviceStatus", status).await;
    assert_eq!(told(&by_code(json!({}), key(&phone.key)).await), own);
}
