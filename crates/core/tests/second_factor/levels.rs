//! How strong a sign-in was, as its tokens say, and sign-ins that ask for a level.

use cenote_core::testing::{TestService, TestServiceBuilder, text};
use cenote_crypto::web_authn::testing::{Authenticator, Said};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

pub const LEVELS: [&str; 4] =
    ["urn:cognito:loa:1", "urn:cognito:loa:2", "urn:cognito:loa:3", "urn:cognito:loa:4"];
const ORIGIN: &str = "http://localhost";

/// A pool with every first and second factor, and alice, who has switched on none.
pub async fn world(builder: TestServiceBuilder) -> World {
    let members = json!({
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "admin_only", "Priority": 1 }] },
        "Policies": { "SignInPolicy": {
            "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"],
        } },
        "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sns" },
    });
    let world = World::with(builder, members, Offers::all("OPTIONAL")).await;
    let web_authn = json!({ "RelyingPartyId": "localhost", "UserVerification": "preferred" });
    world.set_mfa(json!({ "WebAuthnConfiguration": web_authn })).await;
    world.alice().await;
    world
}

/// The same where every token says it.
async fn open_world() -> World {
    world(TestService::builder().settings(|settings| settings.acr_in_every_token = true)).await
}

impl World {
    /// Second factors in OPTIONAL, with these members.
    pub async fn set_mfa(&self, members: Value) {
        let sns = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x" });
        let all = json!({
            "UserPoolId": self.pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
            "SmsMfaConfiguration": { "SmsConfiguration": sns },
            "SoftwareTokenMfaConfiguration": { "Enabled": true },
        });
        self.service.ok("SetUserPoolMfaConfig", merged(all, members)).await;
    }

    /// A passkey of alice's, of an authenticator that says this of itself.
    pub async fn passkey(&self, id: &[u8], attachment: Option<&str>) -> Authenticator {
        let token = self.access_token("alice").await;
        let authenticator = Authenticator::es256(id);
        let start = json!({ "AccessToken": token });
        let answer = self.service.ok("StartWebAuthnRegistration", start).await;
        let mut credential = authenticator.register(&Said::to(&answer["CredentialCreationOptions"], ORIGIN));
        credential["authenticatorAttachment"] = json!(attachment);
        let complete = json!({ "AccessToken": token, "Credential": credential });
        self.service.ok("CompleteWebAuthnRegistration", complete).await;
        authenticator
    }

    /// Answers a question for a passkey.
    pub async fn prove(&self, asked: &Value, passkey: &Authenticator) -> Answer {
        assert_eq!(asked["ChallengeName"], "WEB_AUTHN", "{asked}");
        let options = text(&asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]);
        let said = Said::to(&serde_json::from_str(&options).unwrap(), ORIGIN);
        let credential = passkey.authenticate(&said).to_string();
        self.answer(asked, "alice", json!({ "CREDENTIAL": credential })).await
    }

    /// An app of alice's, verified and not switched on, whose next code is still good.
    pub async fn alices_app(&self) -> App {
        let token = self.access_token("alice").await;
        let app = self.app(&token).await;
        self.next_step();
        app
    }

    /// Answers with the app, once more.
    pub async fn show(&self, asked: &Value, app: &App) -> Answer {
        assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA", "{asked}");
        let answer =
            self.answer(asked, "alice", json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(self, 0) })).await;
        self.next_step();
        answer
    }

    /// Answers with the code that was sent.
    pub async fn redeem(&self, asked: &Value) -> Answer {
        let (member, to) = match asked["ChallengeName"].as_str().unwrap() {
            "SMS_MFA" => ("SMS_MFA_CODE", NUMBER),
            "SMS_OTP" => ("SMS_OTP_CODE", NUMBER),
            "EMAIL_OTP" => ("EMAIL_OTP_CODE", ADDRESS),
            other => panic!("{other}: {asked}"),
        };
        self.answer(asked, "alice", json!({ member: self.code(to).await })).await
    }

    /// A sign-in toward levels that begins with the password.
    pub async fn by_password(&self, wanted: &str) -> Answer {
        let parameters = json!({
            "TARGET_ACR_VALUES": wanted, "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD,
        });
        self.choose(parameters).await
    }

    async fn refresh(&self, answer: &Value) -> Value {
        let parameters = json!({ "REFRESH_TOKEN": answer["AuthenticationResult"]["RefreshToken"] });
        let request = json!({
            "ClientId": self.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters,
        });
        self.service.ok("InitiateAuth", request).await
    }
}

pub fn enabled(factor: &str) -> Value {
    json!({ factor: { "Enabled": true } })
}

pub fn switched_off(factor: &str) -> Value {
    json!({ factor: { "Enabled": false } })
}

pub fn unreachable() -> (String, String) {
    invalid_parameter("The user has no factors that reach any of the TARGET_ACR_VALUES.")
}

#[tokio::test]
async fn every_combination_of_factors_is_its_level() {
    let world = open_world().await;
    let app = world.alices_app().await;
    let level_of = |answer: Answer| level(&answer.unwrap());
    assert_eq!(level_of(world.sign_in("alice", PASSWORD).await), json!([LEVELS[0], ["pwd"]]));
    let admin = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "alice", "PASSWORD": PASSWORD },
    });
    assert_eq!(level(&world.service.ok("AdminInitiateAuth", admin).await), json!([LEVELS[0], ["pwd"]]));
    for (challenge, method) in [("EMAIL_OTP", "email_otp"), ("SMS_OTP", "sms")] {
        let asked = world.choose(json!({ "PREFERRED_CHALLENGE": challenge })).await.unwrap();
        assert_eq!(level_of(world.redeem(&asked).await), json!([LEVELS[1], [method]]));
    }
    for (id, attachment, method) in [
        ("platform", Some("platform"), "swk"),
        ("roaming", Some("cross-platform"), "hwk"),
        ("silent", None, "swk"),
    ] {
        let passkey = world.passkey(id.as_bytes(), attachment).await;
        let asked = world.choose(json!({ "PREFERRED_CHALLENGE": "WEB_AUTHN" })).await.unwrap();
        assert_eq!(level_of(world.prove(&asked, &passkey).await), json!([LEVELS[2], [method]]), "{id}");
    }
    for (factor, method) in [("SMSMfaSettings", "sms"), ("EmailMfaSettings", "email_otp")] {
        world.prefer("alice", enabled(factor)).await;
        let asked = world.start("alice").await;
        assert_eq!(level_of(world.redeem(&asked).await), json!([LEVELS[2], ["pwd", method, "mfa"]]));
        world.prefer("alice", switched_off(factor)).await;
    }
    world.prefer("alice", enabled("SoftwareTokenMfaSettings")).await;
    let asked = world.start("alice").await;
    assert_eq!(level_of(world.show(&asked, &app).await), json!([LEVELS[3], ["pwd", "otp", "mfa"]]));
}

/// One that replaces a second factor is still one method.
#[tokio::test]
async fn a_passkey_that_is_two_factors_is_one_method() {
    let world = open_world().await;
    let passkey = world.passkey(b"one", Some("platform")).await;
    let factors = "MULTI_FACTOR_WITH_USER_VERIFICATION";
    let web_authn = json!({ "RelyingPartyId": "localhost", "FactorConfiguration": factors });
    world.set_mfa(json!({ "WebAuthnConfiguration": web_authn })).await;
    let on = json!({ "Enabled": true });
    world.prefer("alice", json!({ "SMSMfaSettings": on, "WebAuthnMfaSettings": on })).await;
    let asked = world.choose(json!({ "PREFERRED_CHALLENGE": "WEB_AUTHN" })).await.unwrap();
    assert_eq!(level(&world.prove(&asked, &passkey).await.unwrap()), json!([LEVELS[2], ["swk"]]));
}

#[tokio::test]
async fn a_new_password_and_a_factor_that_is_set_up_on_the_way_count() {
    let builder = TestService::builder().settings(|settings| settings.acr_in_every_token = true);
    let recovery = json!({ "RecoveryMechanisms": [{ "Name": "admin_only", "Priority": 1 }] });
    let members = json!({ "AccountRecoverySetting": recovery });
    let world = World::with(builder, members, Offers::all("OPTIONAL")).await;
    world.invited("bob", &[]).await;
    let asked = world.sign_in("bob", TEMPORARY).await.unwrap();
    let chosen = world.answer(&asked, "bob", json!({ "NEW_PASSWORD": PASSWORD })).await.unwrap();
    assert_eq!(level(&chosen), json!([LEVELS[0], ["pwd"]]));
    world.offer(Offers::all("ON")).await;
    let asked = world.start("bob").await;
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
    let seed = json!({ "Session": asked["Session"] });
    let seed = world.service.ok("AssociateSoftwareToken", seed).await;
    let code = App::of(&seed).code(&world, 0);
    let verify = json!({ "Session": seed["Session"], "UserCode": code });
    let verified = world.service.ok("VerifySoftwareToken", verify).await;
    let answer = world.respond("MFA_SETUP", &verified["Session"], "bob", json!({})).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[3], ["pwd", "otp", "mfa"]]));

    world.confirmed("carol", &[]).await;
    let asked = world.start("carol").await;
    let asked = world.answer(&asked, "carol", json!({ "EMAIL": ADDRESS })).await.unwrap();
    let code = json!({ "EMAIL_OTP_CODE": world.code(ADDRESS).await });
    let answer = world.answer(&asked, "carol", code).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[2], ["pwd", "email_otp", "mfa"]]));
}

#[tokio::test]
async fn the_code_of_a_sign_up_is_a_method() {
    let world = open_world().await;
    let verifying = json!({ "UserPoolId": world.pool, "AutoVerifiedAttributes": ["email"] });
    let kept = json!({ "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sns" } });
    world.service.ok("UpdateUserPool", merged(verifying, kept)).await;
    let sign_up = json!({
        "ClientId": world.client, "Username": "bob", "Password": PASSWORD,
        "UserAttributes": [{ "Name": "email", "Value": "bob@example.org" }],
    });
    world.service.ok("SignUp", sign_up).await;
    let code = world.code("bob@example.org").await;
    let confirm = json!({ "ClientId": world.client, "Username": "bob", "ConfirmationCode": code });
    let session = world.service.ok("ConfirmSignUp", confirm).await["Session"].clone();
    let request = json!({
        "ClientId": world.client, "AuthFlow": "USER_AUTH", "Session": session,
        "AuthParameters": { "USERNAME": "bob", "TARGET_ACR_VALUES": LEVELS[3] },
    });
    assert_eq!(level(&world.service.ok("InitiateAuth", request).await), json!([LEVELS[1], ["email_otp"]]));
}

/// What the pool's functions ask is no method. A password that they have proved is one; `custom.rs` of the sign-in tests proves
/// it by SRP.
#[tokio::test]
async fn no_level_describes_a_custom_sign_in() {
    let lambda = FakeLambda::start(|event: Value| {
        FakeAnswer::Response(match event["triggerSource"].as_str() {
            Some("DefineAuthChallenge_Authentication") => json!({ "issueTokens": true }),
            _ => json!({}),
        })
    });
    let lambda = lambda.await.unwrap();
    let builder = TestService::builder().settings(|settings| settings.acr_in_every_token = true);
    let world = world(builder.lambda(&lambda.url())).await;
    let functions = json!({ "UserPoolId": world.pool, "LambdaConfig": { "DefineAuthChallenge": FUNCTION } });
    world.service.ok("UpdateUserPool", functions).await;
    let request = json!({
        "ClientId": world.client, "AuthFlow": "CUSTOM_AUTH", "AuthParameters": { "USERNAME": "alice" },
    });
    assert_eq!(level(&world.service.ok("InitiateAuth", request).await), json!([null, null]));
}

#[tokio::test]
async fn who_asks_for_no_level_is_told_none() {
    let world = world(TestService::builder()).await;
    assert_eq!(level(&world.start("alice").await), json!([null, null]));
    let chosen = json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD, "MAX_AGE": "60" });
    assert_eq!(level(&world.choose(chosen).await.unwrap()), json!([null, null]));
    let answer = world.by_password(LEVELS[0]).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[0], ["pwd"]]));
    assert_eq!(level(&world.refresh(&answer).await), json!([LEVELS[0], ["pwd"]]));
}

#[tokio::test]
async fn the_first_level_that_can_be_reached_is() {
    let world = world(TestService::builder()).await;
    let unknown = format!("urn:other {}  urn:cognito:loa:5 {}", LEVELS[3], LEVELS[0]);
    // No app: what comes after the fourth level.
    assert_eq!(level(&world.by_password(&unknown).await.unwrap()), json!([LEVELS[0], ["pwd"]]));
    assert_eq!(world.by_password(LEVELS[3]).await, Err(unreachable()));
    let app = world.alices_app().await;
    let asked = world.by_password(&unknown).await.unwrap();
    assert_eq!(level(&world.show(&asked, &app).await.unwrap()), json!([LEVELS[3], ["pwd", "otp", "mfa"]]));
    // The order is the caller's.
    let lowest = format!("{} {}", LEVELS[0], LEVELS[3]);
    assert_eq!(level(&world.by_password(&lowest).await.unwrap()), json!([LEVELS[0], ["pwd"]]));
    let none = invalid_parameter("TARGET_ACR_VALUES has no ACR value of the user pool.");
    for names in ["", " ", "urn:cognito:loa", "urn:cognito:loa:1,urn:cognito:loa:2", "URN:COGNITO:LOA:1"] {
        assert_eq!(world.by_password(names).await, Err(none.clone()), "{names}");
    }
}

#[tokio::test]
async fn only_what_leads_to_the_level_is_offered() {
    let world = world(TestService::builder()).await;
    world.alices_app().await;
    world.passkey(b"one", None).await;
    let passwords = ["PASSWORD_SRP", "PASSWORD"];
    let offered = async |wanted: &str| {
        let asked = world.choose(json!({ "TARGET_ACR_VALUES": wanted })).await?;
        assert_eq!(asked["ChallengeName"], "SELECT_CHALLENGE");
        Ok::<_, (String, String)>(asked["AvailableChallenges"].clone())
    };
    let all = json!([passwords[0], passwords[1], "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]);
    assert_eq!(offered(LEVELS[0]).await, Ok(all.clone()));
    assert_eq!(offered(LEVELS[1]).await, Ok(all.clone()));
    assert_eq!(offered(LEVELS[2]).await, Ok(json!([passwords[0], passwords[1], "WEB_AUTHN"])));
    assert_eq!(offered(LEVELS[3]).await, Ok(json!(passwords)));
    // What is preferred must lead there as well.
    let by_mail = json!({ "TARGET_ACR_VALUES": LEVELS[2], "PREFERRED_CHALLENGE": "EMAIL_OTP" });
    let asked = world.choose(by_mail).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SELECT_CHALLENGE");
    let answer = world.answer(&asked, "alice", json!({ "ANSWER": "EMAIL_OTP" })).await;
    assert_eq!(answer, Err(invalid_parameter("The ANSWER is none of the AvailableChallenges.")));
    // Without second factors passwords reach the first level only.
    world.service.ok("AdminDeleteSoftwareToken", world.admin("alice", json!({}))).await;
    world.offer(Offers { sms: false, email: false, ..Offers::all("OPTIONAL") }).await;
    assert_eq!(offered(LEVELS[0]).await, Ok(all));
    assert_eq!(offered(LEVELS[1]).await, Ok(json!(["EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"])));
    assert_eq!(offered(LEVELS[2]).await, Ok(json!(["WEB_AUTHN"])));
    assert_eq!(offered(LEVELS[3]).await, Err(unreachable()));
    world.offer(Offers::all("OFF")).await;
    assert_eq!(offered(LEVELS[2]).await, Ok(json!(["WEB_AUTHN"])));
}

/// The password may come later, too, and the proof of it.
#[tokio::test]
async fn the_level_goes_with_the_session() {
    let world = world(TestService::builder()).await;
    let app = world.alices_app().await;
    let asked = world.choose(json!({ "TARGET_ACR_VALUES": LEVELS[3] })).await.unwrap();
    let asked = world.answer(&asked, "alice", json!({ "ANSWER": "PASSWORD" })).await.unwrap();
    let asked = world.answer(&asked, "alice", json!({ "PASSWORD": PASSWORD })).await.unwrap();
    assert_eq!(level(&world.show(&asked, &app).await.unwrap())[0], LEVELS[3]);
    // All or nothing: a wrong code yields nothing, and the right one after it everything.
    let asked = world.by_password(LEVELS[3]).await.unwrap();
    let wrong = json!({ "SOFTWARE_TOKEN_MFA_CODE": app.wrong(&world) });
    assert_eq!(world.answer(&asked, "alice", wrong).await, Err(wrong_totp()));
    assert_eq!(level(&world.show(&asked, &app).await.unwrap())[0], LEVELS[3]);
    // An app that is gone in between leaves nothing to show.
    let asked = world.choose(json!({ "TARGET_ACR_VALUES": LEVELS[3] })).await.unwrap();
    world.service.ok("AdminDeleteSoftwareToken", world.admin("alice", json!({}))).await;
    let password = json!({ "ANSWER": "PASSWORD", "PASSWORD": PASSWORD });
    let none = invalid_parameter("The ANSWER is none of the AvailableChallenges.");
    assert_eq!(world.answer(&asked, "alice", password).await, Err(none));
}

#[tokio::test]
async fn a_factor_that_reaches_the_level_is_asked_for_whatever_is_switched_on() {
    let world = world(TestService::builder()).await;
    let asked = world.by_password(LEVELS[2]).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SELECT_MFA_TYPE");
    assert_eq!(asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"], json!(r#"["SMS_MFA","EMAIL_OTP"]"#));
    let asked = world.answer(&asked, "alice", json!({ "ANSWER": "EMAIL_OTP" })).await.unwrap();
    let answer = world.redeem(&asked).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[2], ["pwd", "email_otp", "mfa"]]));
    // Of several the one that is preferred.
    let app = world.alices_app().await;
    let both = json!({
        "SMSMfaSettings": { "Enabled": true, "PreferredMfa": true },
        "SoftwareTokenMfaSettings": { "Enabled": true },
    });
    world.prefer("alice", both).await;
    let asked = world.by_password(LEVELS[2]).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SMS_MFA");
    let asked = world.by_password(LEVELS[3]).await.unwrap();
    assert_eq!(level(&world.show(&asked, &app).await.unwrap())[0], LEVELS[3]);
}

#[tokio::test]
async fn no_level_takes_a_second_factor_away() {
    let world = world(TestService::builder()).await;
    let app = world.alices_app().await;
    world.prefer("alice", enabled("SMSMfaSettings")).await;
    let asked = world.by_password(LEVELS[0]).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SMS_MFA");
    assert_eq!(level(&world.redeem(&asked).await.unwrap()), json!([LEVELS[2], ["pwd", "sms", "mfa"]]));
    // Nor is another one taken in its place: the app is not switched on.
    assert_eq!(world.by_password(LEVELS[3]).await, Err(unreachable()));
    world.prefer("alice", enabled("SoftwareTokenMfaSettings")).await;
    let asked = world.by_password(LEVELS[3]).await.unwrap();
    assert_eq!(level(&world.show(&asked, &app).await.unwrap())[0], LEVELS[3]);
    // A code alone is nothing that such a user begins with.
    let asked = world.choose(json!({ "TARGET_ACR_VALUES": LEVELS[1] })).await.unwrap();
    assert_eq!(asked["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD"]));
}

/// Where MFA is ON and the user has nothing to show, a level does not lead to MFA_SETUP, and does not lead around it.
#[tokio::test]
async fn nothing_is_set_up_for_a_level() {
    let world = World::new(Offers { sms: false, email: false, ..Offers::all("ON") }).await;
    world.confirmed("alice", &[]).await;
    assert_eq!(world.by_password(LEVELS[3]).await, Err(unreachable()));
    let asked = world.by_password(&format!("{} {}", LEVELS[3], LEVELS[0])).await.unwrap();
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
}

#[tokio::test]
async fn a_temporary_password_is_changed_before_the_second_factor() {
    let world = world(TestService::builder()).await;
    let app = world.alices_app().await;
    let temporary = json!({ "Password": TEMPORARY, "Permanent": false });
    world.service.ok("AdminSetUserPassword", world.admin("alice", temporary)).await;
    let parameters = json!({
        "TARGET_ACR_VALUES": LEVELS[3], "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": TEMPORARY,
    });
    let asked = world.choose(parameters).await.unwrap();
    assert_eq!(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let asked = world.answer(&asked, "alice", json!({ "NEW_PASSWORD": PASSWORD })).await.unwrap();
    assert_eq!(level(&world.show(&asked, &app).await.unwrap())[0], LEVELS[3]);
}

#[tokio::test]
async fn levels_have_the_names_that_the_pool_gives_them() {
    let world = world(TestService::builder()).await;
    let old = world.by_password(LEVELS[0]).await.unwrap();
    let kept = json!({ "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sns" } });
    let renamed =
        json!({ "UserPoolId": world.pool, "AcrConfiguration": { "Level1": { "AcrValue": "low" } } });
    world.service.ok("UpdateUserPool", merged(renamed, kept)).await;
    assert_eq!(level(&world.by_password("low").await.unwrap()), json!(["low", ["pwd"]]));
    let gone = invalid_parameter("TARGET_ACR_VALUES has no ACR value of the user pool.");
    assert_eq!(world.by_password(LEVELS[0]).await, Err(gone));
    // What was said once is said again.
    assert_eq!(level(&world.refresh(&old).await), json!([LEVELS[0], ["pwd"]]));
}

#[tokio::test]
async fn a_derived_token_says_the_same() {
    let world = world(TestService::builder()).await;
    let flows = ["ALLOW_TOKEN_EXCHANGE_IMPERSONATION"];
    let exchange = world.service.client(&world.pool, json!({ "ExplicitAuthFlows": flows })).await;
    for (answer, expected) in [
        (world.by_password(LEVELS[0]).await.unwrap(), json!([LEVELS[0], ["pwd"]])),
        (world.start("alice").await, json!([null, null])),
    ] {
        for (kind, member) in [("ACCESS_TOKEN", "AccessToken"), ("ID_TOKEN", "IdToken")] {
            let request = json!({
                "ClientId": exchange, "SubjectToken": answer["AuthenticationResult"][member],
                "SubjectTokenType": kind, "RequestedTokenType": kind,
            });
            let derived = world.service.ok("GetDerivedToken", request).await;
            let claims = claims(&derived["IssuedToken"]);
            assert_eq!(json!([claims["acr"], claims["amr"]]), expected);
        }
    }
}

/// To a client that hides its users whether a password leads on is said to who has it. So all that leads to any of the levels is
/// offered: nobody is sent to a password that leads nowhere.
#[tokio::test]
async fn who_hides_its_users_offers_what_leads_to_any_of_the_levels() {
    let world = world(TestService::builder()).await;
    let hiding = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "ExplicitAuthFlows": FLOWS,
        "PreventUserExistenceErrors": "ENABLED",
    });
    world.service.ok("UpdateUserPoolClient", hiding).await;
    let wanted = format!("{} {}", LEVELS[3], LEVELS[1]);
    let asked = world.choose(json!({ "TARGET_ACR_VALUES": wanted })).await.unwrap();
    assert_eq!(asked["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "SMS_OTP"]));
    let asked = world.answer(&asked, "alice", json!({ "ANSWER": "EMAIL_OTP" })).await.unwrap();
    assert_eq!(level(&world.redeem(&asked).await.unwrap()), json!([LEVELS[1], ["email_otp"]]));
    // The password leads as far as it can.
    let app = world.alices_app().await;
    let asked = world.by_password(&wanted).await.unwrap();
    assert_eq!(level(&world.show(&asked, &app).await.unwrap()), json!([LEVELS[3], ["pwd", "otp", "mfa"]]));
    // What leads to none is not offered.
    let asked = world.choose(json!({ "TARGET_ACR_VALUES": LEVELS[3] })).await.unwrap();
    assert_eq!(asked["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD"]));
}
