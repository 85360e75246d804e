//! Passkeys in USER_AUTH: a user who has one is compared with a name that nobody has and that seems to have one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::web_authn::testing::{Authenticator, Said};
use cenote_crypto::web_authn::{Ceremony, RegistrationAnswer};
use cenote_store::Passkey;
use serde_json::{Value, json};

use crate::world::{World, one_after_the_other};
use crate::{Seen, Work};

const RELYING_PARTY: &str = "example.com";
const ORIGIN: &str = "https://example.com";
const WITH_PASSKEY: [&str; 4] = ["alice", "disabled", "reset", "passwordless"];

/// Users with passkeys in a pool whose MFA configuration is this one.
async fn world(mfa: &str, factors: &str) -> World {
    let mut first = vec!["PASSWORD", "WEB_AUTHN"];
    if mfa != "ON" {
        first.push("EMAIL_OTP");
    }
    let policy = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": first } });
    let world = World::populated(json!({ "Policies": policy })).await;
    let mut request = json!({
        "UserPoolId": world.pool, "MfaConfiguration": mfa,
        "WebAuthnConfiguration": { "RelyingPartyId": RELYING_PARTY, "FactorConfiguration": factors },
    });
    if mfa != "OFF" {
        request["SoftwareTokenMfaConfiguration"] = json!({ "Enabled": true });
    }
    world.service.ok("SetUserPoolMfaConfig", request).await;
    let options = json!({ "rp": { "id": RELYING_PARTY }, "challenge": "AAAA" });
    let answer = Authenticator::es256(b"the passkey of alice").register(&Said::to(&options, ORIGIN));
    let ceremony = Ceremony { challenge: &[0; 3], relying_party_id: RELYING_PARTY, verify_user: false };
    let made = RegistrationAnswer::parse(&answer).unwrap().verify(&ceremony).unwrap();
    for name in WITH_PASSKEY {
        let passkey = Passkey {
            id: URL_SAFE_NO_PAD.encode(&made.id),
            public_key: URL_SAFE_NO_PAD.encode(&made.public_key),
            algorithm: -7,
            relying_party_id: RELYING_PARTY.into(),
            transports: made.transports.clone(),
            ..Passkey::default()
        };
        world.change(name, |user| user.passkeys.push(passkey)).await;
    }
    // Nothing else.
    world.change("passwordless", |user| drop(user.attributes.remove("email"))).await;
    world
}

/// A passkey that is two factors.
async fn two_factors(world: &World) {
    for name in WITH_PASSKEY {
        world
            .change(name, |user| {
                user.mfa.enabled.insert("SOFTWARE_TOKEN_MFA".into());
                user.mfa.passkey = true;
            })
            .await;
    }
}

impl World {
    async fn challenges(&self, name: &str) -> Value {
        let parameters = json!({ "USERNAME": name });
        let request =
            json!({ "ClientId": self.client, "AuthFlow": "USER_AUTH", "AuthParameters": parameters });
        self.service.ok("InitiateAuth", request).await["AvailableChallenges"].clone()
    }

    /// What the question for a passkey asks of its authenticator.
    async fn options(&self, name: &str) -> Value {
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_AUTH",
            "AuthParameters": { "USERNAME": name, "PREFERRED_CHALLENGE": "WEB_AUTHN" },
        });
        let asked = self.service.ok("InitiateAuth", request).await;
        let options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"].as_str().unwrap_or("{}");
        serde_json::from_str::<Value>(options).unwrap()["userVerification"].clone()
    }

    /// What is seen of the question for a passkey, and of wrong answers to it.
    async fn try_passkey(&self, name: &str) -> Vec<(Value, Work)> {
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_AUTH",
            "AuthParameters": { "USERNAME": name, "PREFERRED_CHALLENGE": "WEB_AUTHN" },
        });
        let (seen, work) = self.observe("InitiateAuth", request).await;
        let Seen::Other(mut asked) = seen else { panic!("{seen:?}") };
        let session = asked["Session"].take();
        let options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"].take();
        let mut options: Value = serde_json::from_str(options.as_str().unwrap()).unwrap();
        let said = Said::to(&options, ORIGIN);
        options["challenge"] = json!(options["challenge"].as_str().unwrap().len());
        let id = options["allowCredentials"][0]["id"].take();
        asked["options"] = options;
        asked["Session"] = json!(session.as_str().unwrap().len());
        let mut all = vec![(asked, work)];
        let strangers = Authenticator::es256(b"stranger").authenticate(&said);
        let mut named = strangers.clone();
        for member in ["id", "rawId"] {
            named[member] = id.clone();
        }
        let elsewhere = Said { origin: "https://example.org".into(), ..said };
        let foreign = Authenticator::es256(b"stranger").authenticate(&elsewhere);
        for credential in [named.clone(), named, strangers, foreign, json!({})] {
            let request = json!({
                "ClientId": self.client, "ChallengeName": "WEB_AUTHN", "Session": session,
                "ChallengeResponses": { "USERNAME": name, "CREDENTIAL": credential.to_string() },
            });
            let (seen, work) = self.observe("RespondToAuthChallenge", request).await;
            all.push((json!(format!("{seen:?}")), work));
        }
        all
    }
}

/// Everybody who is asked for a passkey is compared with a name that nobody has; how many were.
async fn compare(world: &World) -> usize {
    let mut compared = 0;
    for name in world.names() {
        let offered = world.challenges(name).await;
        if !offered.as_array().unwrap().contains(&json!("WEB_AUTHN")) {
            continue;
        }
        let asked = world.options(name).await;
        let mut twin = None;
        for number in 0..200 {
            let candidate = format!("not-{name}-{number}");
            if world.challenges(&candidate).await == offered && world.options(&candidate).await == asked {
                twin = Some(candidate);
                break;
            }
        }
        let twin = twin.unwrap_or_else(|| panic!("only {name} is offered {offered} with {asked}"));
        let (of_name, of_twin) = (world.try_passkey(name).await, world.try_passkey(&twin).await);
        for (number, (observed, expected)) in of_name.iter().zip(&of_twin).enumerate() {
            assert_eq!(observed, expected, "{name} and {twin}, step {number}");
        }
        compared += 1;
    }
    compared
}

#[tokio::test]
async fn nobody_stands_out_by_a_passkey() {
    let _turn = one_after_the_other().await;
    let world = world("OFF", "SINGLE_FACTOR").await;
    assert_eq!(world.challenges("passwordless").await, json!(["WEB_AUTHN"]));
    assert!(compare(&world).await >= WITH_PASSKEY.len());
}

#[tokio::test]
async fn nobody_stands_out_by_a_passkey_that_is_two_factors() {
    let _turn = one_after_the_other().await;
    for mfa in ["OPTIONAL", "ON"] {
        let world = world(mfa, "MULTI_FACTOR_WITH_USER_VERIFICATION").await;
        two_factors(&world).await;
        assert_eq!(world.options("alice").await, json!("required"));
        assert!(compare(&world).await >= WITH_PASSKEY.len(), "{mfa}");
    }
}
