//! Sign-ins that begin with what an access token says was shown already.

use cenote_core::testing::{TestService, text};
use serde_json::{Value, json};

use crate::levels::{LEVELS, enabled, unreachable, world};
use crate::world::*;

fn invalid_token() -> (String, String) {
    not_authorized("Invalid Access Token")
}

fn met() -> (String, String) {
    invalid_parameter("The ACCESS_TOKEN already reaches the TARGET_ACR_VALUES.")
}

/// Of a sign-in that asked for the first level.
async fn low_token(world: &World) -> Value {
    world.by_password(LEVELS[0]).await.unwrap()["AuthenticationResult"]["AccessToken"].clone()
}

impl World {
    async fn step_up(&self, token: &Value, wanted: &str, more: Value) -> Answer {
        let parameters = json!({ "ACCESS_TOKEN": token, "TARGET_ACR_VALUES": wanted });
        self.choose(merged(parameters, more)).await
    }
}

#[tokio::test]
async fn only_what_is_missing_is_asked_for() {
    let world = world(TestService::builder()).await;
    let app = world.alices_app().await;
    let first = world.by_password(LEVELS[0]).await.unwrap();
    let before = &first["AuthenticationResult"];
    world.service.clock.advance_seconds(90);
    let asked = world.step_up(&before["AccessToken"], LEVELS[3], json!({})).await.unwrap();
    let answer = world.show(&asked, &app).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[3], ["pwd", "otp", "mfa"]]));
    // A sign-in of its own: all tokens are new, and the old ones stay good.
    let after = &answer["AuthenticationResult"];
    assert!(after["RefreshToken"].is_string());
    let (old, new) = (claims(&before["AccessToken"]), claims(&after["AccessToken"]));
    for claim in ["origin_jti", "event_id", "auth_time", "jti"] {
        assert_ne!(old[claim], new[claim], "{claim}");
    }
    assert_eq!(old["sub"], new["sub"]);
    for token in [before, after] {
        world.service.ok("GetUser", json!({ "AccessToken": token["AccessToken"] })).await;
    }
    // A back end does the same.
    let request = json!({
        "UserPoolId": world.pool, "ClientId": world.client, "AuthFlow": "USER_AUTH",
        "AuthParameters": {
            "USERNAME": "alice", "TARGET_ACR_VALUES": LEVELS[3], "ACCESS_TOKEN": before["AccessToken"],
        },
    });
    let asked = world.service.ok("AdminInitiateAuth", request).await;
    assert_eq!(level(&world.show(&asked, &app).await.unwrap())[0], LEVELS[3]);
}

#[tokio::test]
async fn from_every_level_to_every_higher_one() {
    let world = world(TestService::builder()).await;
    let app = world.alices_app().await;
    let passkey = world.passkey(b"one", Some("cross-platform")).await;
    // A code was shown: the password is what is missing, and for the fourth level the app.
    let asked =
        world.choose(json!({ "TARGET_ACR_VALUES": LEVELS[1], "PREFERRED_CHALLENGE": "EMAIL_OTP" })).await;
    let by_mail = world.redeem(&asked.unwrap()).await.unwrap();
    assert_eq!(level(&by_mail), json!([LEVELS[1], ["email_otp"]]));
    let by_mail = &by_mail["AuthenticationResult"]["AccessToken"];
    let password = json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD });
    let asked = world.step_up(by_mail, LEVELS[2], json!({})).await.unwrap();
    assert_eq!(asked["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD", "WEB_AUTHN"]));
    let answer = world.step_up(by_mail, LEVELS[2], password.clone()).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[2], ["email_otp", "pwd", "mfa"]]));
    let asked = world.step_up(by_mail, LEVELS[3], password.clone()).await.unwrap();
    let answer = world.show(&asked, &app).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[3], ["email_otp", "pwd", "otp", "mfa"]]));
    // A passkey: password and app.
    let asked =
        world.choose(json!({ "TARGET_ACR_VALUES": LEVELS[2], "PREFERRED_CHALLENGE": "WEB_AUTHN" })).await;
    let by_passkey = world.prove(&asked.unwrap(), &passkey).await.unwrap();
    let by_passkey = &by_passkey["AuthenticationResult"]["AccessToken"];
    let asked = world.step_up(by_passkey, LEVELS[3], password).await.unwrap();
    let answer = world.show(&asked, &app).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[3], ["hwk", "pwd", "otp", "mfa"]]));
    // The password: a second factor, or the passkey for who prefers it, or a code where a code is enough.
    let low = low_token(&world).await;
    let asked = world.step_up(&low, LEVELS[1], json!({})).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SELECT_MFA_TYPE");
    let preferred = |challenge: &str| json!({ "PREFERRED_CHALLENGE": challenge });
    let asked = world.step_up(&low, LEVELS[2], preferred("WEB_AUTHN")).await.unwrap();
    let answer = world.prove(&asked, &passkey).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[2], ["pwd", "hwk", "mfa"]]));
    let asked = world.step_up(&low, LEVELS[1], preferred("SMS_OTP")).await.unwrap();
    let answer = world.redeem(&asked).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[2], ["pwd", "sms", "mfa"]]));
    // What was shown is not asked for again.
    let asked = world.step_up(&low, LEVELS[3], preferred("PASSWORD")).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
}

/// The passkey is all that is left where the pool offers no second factor.
#[tokio::test]
async fn a_passkey_steps_up_where_there_is_nothing_else() {
    let world = world(TestService::builder()).await;
    let passkey = world.passkey(b"one", None).await;
    world.offer(Offers::all("OFF")).await;
    let low = low_token(&world).await;
    let both = format!("{} {}", LEVELS[2], LEVELS[0]);
    let asked = world.step_up(&low, &both, json!({})).await.unwrap();
    assert_eq!(asked["AvailableChallenges"], json!(["EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]));
    let asked = world.answer(&asked, "alice", json!({ "ANSWER": "WEB_AUTHN" })).await.unwrap();
    let answer = world.prove(&asked, &passkey).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[2], ["pwd", "swk", "mfa"]]));
    assert_eq!(world.step_up(&low, LEVELS[3], json!({})).await, Err(unreachable()));
}

/// A step-up is no way to make new tokens of old ones.
#[tokio::test]
async fn a_level_that_is_reached_already_is_refused() {
    let world = world(TestService::builder()).await;
    let low = low_token(&world).await;
    assert_eq!(world.step_up(&low, LEVELS[0], json!({})).await, Err(met()));
    let preferred = json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" });
    assert_eq!(world.step_up(&low, LEVELS[0], preferred).await, Err(met()));
    // No app: of these the first that can be reached is the first level.
    let list = format!("{} {}", LEVELS[3], LEVELS[0]);
    assert_eq!(world.step_up(&low, &list, json!({})).await, Err(met()));
    assert_eq!(world.step_up(&low, LEVELS[3], json!({})).await, Err(unreachable()));
    let app = world.alices_app().await;
    let asked = world.step_up(&low, &list, json!({})).await.unwrap();
    let high = world.show(&asked, &app).await.unwrap()["AuthenticationResult"]["AccessToken"].clone();
    for wanted in LEVELS {
        assert_eq!(world.step_up(&high, wanted, json!({})).await, Err(met()), "{wanted}");
    }
}

/// Who signed in before a second factor was required shows it now, whatever level it asks for. It sets none up by a token.
#[tokio::test]
async fn a_required_second_factor_is_asked_for() {
    let world = world(TestService::builder()).await;
    let low = low_token(&world).await;
    world.prefer("alice", enabled("SMSMfaSettings")).await;
    let asked = world.step_up(&low, LEVELS[0], json!({})).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SMS_MFA");
    let answer = world.redeem(&asked).await.unwrap();
    assert_eq!(level(&answer), json!([LEVELS[2], ["pwd", "sms", "mfa"]]));

    let world = World::new(Offers { sms: false, email: false, ..Offers::all("OPTIONAL") }).await;
    world.confirmed("alice", &[]).await;
    let low = low_token(&world).await;
    world.offer(Offers { sms: false, email: false, ..Offers::all("ON") }).await;
    assert_eq!(world.step_up(&low, LEVELS[0], json!({})).await, Err(met()));
    assert_eq!(world.step_up(&low, LEVELS[3], json!({})).await, Err(unreachable()));
}

/// A sign-in that is too old, that asked for no level or whose level has another name now earns no credit.
#[tokio::test]
async fn without_credit_everything_is_shown_again() {
    let world = world(TestService::builder()).await;
    let app = world.alices_app().await;
    let low = low_token(&world).await;
    world.service.clock.advance_seconds(60);
    let age = |seconds: &str| json!({ "MAX_AGE": seconds });
    let asked = world.step_up(&low, LEVELS[3], age("60")).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let from_scratch = async |asked: Value| {
        assert_eq!(asked["ChallengeName"], "SELECT_CHALLENGE");
        assert_eq!(asked["AvailableChallenges"], json!(["PASSWORD_SRP", "PASSWORD"]));
        let password = json!({ "ANSWER": "PASSWORD", "PASSWORD": PASSWORD });
        let asked = world.answer(&asked, "alice", password).await.unwrap();
        let answer = world.show(&asked, &app).await.unwrap();
        assert_eq!(level(&answer), json!([LEVELS[3], ["pwd", "otp", "mfa"]]));
        answer["AuthenticationResult"]["AccessToken"].clone()
    };
    let high = from_scratch(world.step_up(&low, LEVELS[3], age("59")).await.unwrap()).await;
    // Even one that reached the level.
    world.service.clock.advance_seconds(60);
    from_scratch(world.step_up(&high, LEVELS[3], age("0")).await.unwrap()).await;
    let plain = world.start("alice").await["AuthenticationResult"]["AccessToken"].clone();
    from_scratch(world.step_up(&plain, LEVELS[3], json!({})).await.unwrap()).await;
    // A name that is gone: nothing is left to ask, so everything is.
    let kept = json!({ "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sns" } });
    let renamed =
        json!({ "UserPoolId": world.pool, "AcrConfiguration": { "Level4": { "AcrValue": "gold" } } });
    world.service.ok("UpdateUserPool", merged(renamed, kept)).await;
    let asked = world.step_up(&high, "gold", json!({})).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SELECT_CHALLENGE");
    // The methods count all the same.
    let swapped =
        json!({ "UserPoolId": world.pool, "AcrConfiguration": { "Level1": { "AcrValue": "tin" } } });
    world.service.ok("UpdateUserPool", swapped).await;
    let asked = world.step_up(&low, LEVELS[3], json!({})).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
}

#[tokio::test]
async fn a_password_that_was_changed_is_shown_again() {
    let world = world(TestService::builder()).await;
    world.alices_app().await;
    let low = low_token(&world).await;
    world.service.clock.advance_seconds(1);
    for permanent in [true, false] {
        let members = json!({ "Password": "An0ther-Passw0rd!", "Permanent": permanent });
        world.service.ok("AdminSetUserPassword", world.admin("alice", members)).await;
        let asked = world.step_up(&low, LEVELS[3], json!({})).await.unwrap();
        assert_eq!(asked["ChallengeName"], "SELECT_CHALLENGE", "permanent: {permanent}");
    }
}

#[tokio::test]
async fn a_token_of_somebody_or_something_else_is_refused() {
    let world = world(TestService::builder()).await;
    world.alices_app().await;
    let low = low_token(&world).await;
    world.confirmed("bob", &[]).await;
    // Whom it does not name: somebody, or nobody.
    for name in ["bob", "nobody"] {
        let outcome = world.step_up(&low, LEVELS[3], json!({ "USERNAME": name })).await;
        assert_eq!(outcome, Err(invalid_token()), "{name}");
    }
    let other = world.service.client(&world.pool, json!({ "ExplicitAuthFlows": FLOWS })).await;
    let elsewhere = World { client: other, pool: world.pool.clone(), service: world.service };
    assert_eq!(elsewhere.step_up(&low, LEVELS[3], json!({})).await, Err(invalid_token()));
    let answer = elsewhere.by_password(LEVELS[0]).await.unwrap()["AuthenticationResult"].clone();
    for (member, error) in [("IdToken", "Invalid Access Token"), ("RefreshToken", "Invalid Access Token")] {
        let outcome = elsewhere.step_up(&answer[member], LEVELS[3], json!({})).await;
        assert_eq!(outcome, Err(not_authorized(error)), "{member}");
    }
    let missing = invalid_parameter("Missing required parameter TARGET_ACR_VALUES");
    let outcome = elsewhere.choose(json!({ "ACCESS_TOKEN": answer["AccessToken"] })).await;
    assert_eq!(outcome, Err(missing));
    for age in ["", "-1", "1.5", "+1", " 1", "99999999999999999999", "soon"] {
        let outcome = elsewhere.choose(json!({ "MAX_AGE": age })).await;
        assert_eq!(outcome, Err(invalid_parameter("MAX_AGE must be a whole number of seconds.")), "{age}");
    }
}

/// One by which somebody else acts for the user.
#[tokio::test]
async fn a_delegated_token_is_refused() {
    let world = world(TestService::builder()).await;
    world.alices_app().await;
    let scope = "aws.cognito.signin.user.admin";
    let members = json!({
        "ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_TOKEN_EXCHANGE_IMPERSONATION", "ALLOW_TOKEN_EXCHANGE_DELEGATION"],
        "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"],
        "CallbackURLs": ["https://example.org"], "AllowedOAuthScopes": [scope],
    });
    let low = low_token(&world).await;
    let exchange = world.service.client(&world.pool, members).await;
    let exchange = World { client: exchange, pool: world.pool.clone(), service: world.service };
    let request = json!({
        "ClientId": exchange.client, "SubjectToken": low, "SubjectTokenType": "ACCESS_TOKEN",
    });
    let own = exchange.service.ok("GetDerivedToken", request.clone()).await["IssuedToken"].clone();
    let asked = exchange.step_up(&own, LEVELS[3], json!({})).await.unwrap();
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let actor = json!({ "ActorToken": low, "ActorTokenType": "ACCESS_TOKEN" });
    let request = merged(request, actor);
    let delegated = exchange.service.ok("GetDerivedToken", request).await["IssuedToken"].clone();
    exchange.service.ok("GetUser", json!({ "AccessToken": delegated })).await;
    assert_eq!(exchange.step_up(&delegated, LEVELS[3], json!({})).await, Err(invalid_token()));
}

#[tokio::test]
async fn a_token_that_is_not_good_any_more_is_refused() {
    let world = world(TestService::builder()).await;
    world.alices_app().await;
    let revoked = world.by_password(LEVELS[0]).await.unwrap()["AuthenticationResult"].clone();
    let revoke = json!({ "ClientId": world.client, "Token": revoked["RefreshToken"] });
    world.service.ok("RevokeToken", revoke).await;
    let outcome = world.step_up(&revoked["AccessToken"], LEVELS[3], json!({})).await;
    assert_eq!(outcome, Err(not_authorized("Access Token has been revoked")));
    let low = low_token(&world).await;
    world.service.ok("AdminDisableUser", world.admin("alice", json!({}))).await;
    let outcome = world.step_up(&low, LEVELS[3], json!({})).await;
    assert_eq!(outcome, Err(not_authorized("User is disabled.")));
    world.service.ok("AdminEnableUser", world.admin("alice", json!({}))).await;
    let low = low_token(&world).await;
    world.service.clock.advance_seconds(3600);
    let outcome = world.step_up(&low, LEVELS[3], json!({})).await;
    assert_eq!(outcome, Err(not_authorized("Access Token has expired")));
}

/// What ends the sign-in of the token ends the step-up that began with it.
#[tokio::test]
async fn a_step_up_ends_with_its_token() {
    for operation in
        ["RevokeToken", "GlobalSignOut", "AdminUserGlobalSignOut", "AdminDisableUser", "AdminSetUserPassword"]
    {
        let world = world(TestService::builder()).await;
        let app = world.alices_app().await;
        let first = world.by_password(LEVELS[0]).await.unwrap()["AuthenticationResult"].clone();
        let asked = world.step_up(&first["AccessToken"], LEVELS[3], json!({})).await.unwrap();
        world.service.clock.advance_seconds(1);
        let request = match operation {
            "RevokeToken" => json!({ "ClientId": world.client, "Token": first["RefreshToken"] }),
            "GlobalSignOut" => json!({ "AccessToken": first["AccessToken"] }),
            "AdminSetUserPassword" => {
                world.admin("alice", json!({ "Password": "An0ther-Passw0rd!", "Permanent": true }))
            }
            _ => world.admin("alice", json!({})),
        };
        world.service.ok(operation, request).await;
        assert_eq!(world.show(&asked, &app).await, Err(invalid_session()), "{operation}");
    }
}

/// A session of a step-up is good once, for its user and its client, like all others.
#[tokio::test]
async fn the_session_of_a_step_up_is_one_of_the_challenge() {
    let world = world(TestService::builder()).await;
    let app = world.alices_app().await;
    world.confirmed("bob", &[]).await;
    let low = low_token(&world).await;
    let asked = world.step_up(&low, LEVELS[3], json!({})).await.unwrap();
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": app.code(&world, 0) });
    assert_eq!(world.answer(&asked, "bob", code.clone()).await, Err(invalid_session()));
    let other =
        world.respond("SMS_MFA", &asked["Session"], "alice", json!({ "SMS_MFA_CODE": "123456" })).await;
    assert_eq!(other, Err(invalid_session()));
    assert!(has_tokens(&world.show(&asked, &app).await.unwrap()));
    assert_eq!(world.answer(&asked, "alice", code).await, Err(used_session()));
}

/// By a name that is an alias.
#[tokio::test]
async fn the_user_may_be_named_by_its_alias() {
    let members = json!({
        "AliasAttributes": ["email"],
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "admin_only", "Priority": 1 }] },
    });
    let world = World::with(TestService::builder(), members, Offers::all("OPTIONAL")).await;
    world.confirmed("alice", &[("email", ADDRESS), ("email_verified", "true")]).await;
    let app = world.alices_app().await;
    let low = low_token(&world).await;
    let asked = world.step_up(&low, LEVELS[3], json!({ "USERNAME": ADDRESS })).await.unwrap();
    let sub = text(&claims(&low)["sub"]);
    let outcome = world.step_up(&low, LEVELS[3], json!({ "USERNAME": sub })).await;
    assert_eq!(outcome, Err(invalid_token()), "no sign-in name");
    assert_eq!(level(&world.show(&asked, &app).await.unwrap())[0], LEVELS[3]);
}
