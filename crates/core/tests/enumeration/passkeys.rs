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

async fn world() -> World {
    let world = World::populated(json!({
        "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"] } },
    }))
    .await;
    let request =
        json!({ "UserPoolId": world.pool, "WebAuthnConfiguration": { "RelyingPartyId": RELYING_PARTY } });
    world.service.ok("SetUserPoolMfaConfig", request).await;
    let options = json!({ "rp": { "id": RELYING_PARTY }, "challenge": "AAAA" });
    let answer = Authenticator::es256(b"the passkey of alice").register(&Said::to(&options, ORIGIN));
    let ceremony = Ceremony { challenge: &[0; 3], relying_party_id: RELYING_PARTY, verify_user: false };
    let made = RegistrationAnswer::parse(&answer).unwrap().verify(&ceremony).unwrap();
    for name in ["alice", "disabled", "reset"] {
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
    world
}

impl World {
    async fn challenges(&self, name: &str) -> Value {
        let parameters = json!({ "USERNAME": name });
        let request =
            json!({ "ClientId": self.client, "AuthFlow": "USER_AUTH", "AuthParameters": parameters });
        self.service.ok("InitiateAuth", request).await["AvailableChallenges"].clone()
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

#[tokio::test]
async fn nobody_stands_out_by_a_passkey() {
    let _turn = one_after_the_other().await;
    let world = world().await;
    for name in ["alice", "disabled", "reset"] {
        let offered = world.challenges(name).await;
        assert!(offered.as_array().unwrap().contains(&json!("WEB_AUTHN")), "{offered}");
        let mut twin = None;
        for number in 0..100 {
            let candidate = format!("not-{name}-{number}");
            if world.challenges(&candidate).await == offered {
                twin = Some(candidate);
                break;
            }
        }
        let twin = twin.unwrap_or_else(|| panic!("only a real user is offered {offered}"));
        let (of_name, of_twin) = (world.try_passkey(name).await, world.try_passkey(&twin).await);
        for (number, (observed, expected)) in of_name.iter().zip(&of_twin).enumerate() {
            assert_eq!(observed, expected, "{name} and {twin}, step {number}");
        }
    }
}
