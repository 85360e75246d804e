//! Signing in by a passkey.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cenote_core::testing::text;
use cenote_store::{Change, User};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::*;

type Outcome = Result<Value, (String, String)>;
type Tampering = Box<dyn Fn(&mut Said)>;

fn incorrect() -> (String, String) {
    error("NotAuthorizedException", "Incorrect username or password.")
}

impl World {
    /// The question for a passkey: the options, and the session.
    async fn ask(&self, client: &str, username: &str) -> (Value, Value) {
        let request = json!({
            "ClientId": client, "AuthFlow": "USER_AUTH",
            "AuthParameters": { "USERNAME": username, "PREFERRED_CHALLENGE": "WEB_AUTHN" },
        });
        let answer = self.service.ok("InitiateAuth", request).await;
        assert_eq!(answer["ChallengeName"], "WEB_AUTHN", "{answer}");
        let options = text(&answer["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]);
        (serde_json::from_str(&options).unwrap(), answer["Session"].clone())
    }

    async fn prove(&self, username: &str, session: &Value, credential: &Value) -> Outcome {
        let request = json!({
            "ClientId": self.client, "ChallengeName": "WEB_AUTHN", "Session": session,
            "ChallengeResponses": { "USERNAME": username, "CREDENTIAL": credential.to_string() },
        });
        self.service.call("RespondToAuthChallenge", request).await
    }

    /// A whole sign-in, honest but for what `change` does.
    async fn sign_in(
        &self,
        username: &str,
        authenticator: &Authenticator,
        change: impl FnOnce(&mut Said),
    ) -> Outcome {
        let (options, session) = self.ask(&self.client, username).await;
        let mut said = Said::to(&options, ORIGIN);
        change(&mut said);
        self.prove(username, &session, &authenticator.authenticate(&said)).await
    }

    async fn change(&self, username: &str, change: impl FnOnce(&mut User)) {
        let before = self.user(username).await;
        let mut after = before.clone();
        change(&mut after);
        let change = Change::update_user(&before, &after);
        self.service.service.store.commit(vec![change]).await.unwrap();
    }
}

fn signed_in(outcome: &Outcome) -> bool {
    outcome.as_ref().is_ok_and(|answer| answer["AuthenticationResult"]["AccessToken"].is_string())
}

#[tokio::test]
async fn the_question_has_cognitos_shape() {
    let world = World::new().await;
    let (one, two) = (world.passkey("alice", b"one").await, world.passkey("alice", b"two").await);
    let (mut options, _) = world.ask(&world.client, "alice").await;
    let challenge = URL_SAFE_NO_PAD.decode(options["challenge"].as_str().unwrap()).unwrap();
    assert_eq!(challenge.len(), 32);
    options["challenge"] = json!("challenge");
    let allowed = |one: &Authenticator| json!({ "type": "public-key", "id": one.id_text(), "transports": ["internal", "hybrid"] });
    assert_eq!(
        options,
        json!({
            "challenge": "challenge", "rpId": "example.com", "timeout": 180_000,
            "allowCredentials": [allowed(&one), allowed(&two)], "userVerification": "preferred",
        })
    );
}

#[tokio::test]
async fn passkeys_of_both_kinds_sign_in() {
    let world = World::new().await;
    let token = world.token("alice").await;
    for authenticator in [Authenticator::es256(b"one"), Authenticator::rs256(b"two")] {
        world.register(&token, &authenticator, |_| {}).await.unwrap();
        assert!(signed_in(&world.sign_in("alice", &authenticator, |_| {}).await));
        let handle = URL_SAFE_NO_PAD.encode(world.user("alice").await.sub.as_str());
        let with_handle =
            world.sign_in("alice", &authenticator, |said| said.user_handle = Some(handle)).await;
        assert!(signed_in(&with_handle));
    }
}

#[tokio::test]
async fn every_tampered_answer_is_refused_and_the_session_lives_on() {
    let world =
        World::with(json!({ "RelyingPartyId": RELYING_PARTY, "UserVerification": "required" }), json!({}))
            .await;
    let passkey = world.passkey("alice", b"one").await;
    world.confirmed("bob").await;
    let bobs = world.passkey("bob", b"two").await;
    let (options, session) = world.ask(&world.client, "alice").await;
    assert_eq!(options["userVerification"], "required");
    let honest = Said::to(&options, ORIGIN);
    let (earlier, _) = world.ask(&world.client, "alice").await;
    let changes: [(&str, Tampering); 10] = [
        ("type", Box::new(|said| said.kind = "webauthn.create".into())),
        ("challenge", Box::new(|said| said.challenge = "A".repeat(43))),
        ("another challenge", Box::new(move |said| said.challenge = text(&earlier["challenge"]))),
        ("origin", Box::new(|said| said.origin = "https://example.com.evil.test".into())),
        ("plain origin", Box::new(|said| said.origin = "http://app.example.com".into())),
        ("frame", Box::new(|said| said.cross_origin = true)),
        ("relying party", Box::new(|said| said.relying_party_id = "evil.test".into())),
        ("presence", Box::new(|said| said.flags = USER_VERIFIED)),
        ("verification", Box::new(|said| said.flags = USER_PRESENT)),
        ("user handle", Box::new(|said| said.user_handle = Some(URL_SAFE_NO_PAD.encode("somebody else")))),
    ];
    for (what, change) in changes {
        let mut said = honest.clone();
        change(&mut said);
        let outcome = world.prove("alice", &session, &passkey.authenticate(&said)).await;
        assert_eq!(outcome, Err(incorrect()), "{what}");
    }
    let good = passkey.authenticate(&honest);
    let mut signature = good.clone();
    signature["response"]["signature"] = json!("MAYCAQECAQE");
    let mut renamed = bobs.authenticate(&honest);
    for member in ["id", "rawId"] {
        renamed[member] = json!(passkey.id_text());
    }
    let foreign = bobs.authenticate(&honest);
    for (what, credential) in [
        ("signature", signature),
        ("another's signature", renamed),
        ("another's passkey", foreign),
        ("nothing", json!({})),
        ("no object", json!("text")),
    ] {
        assert_eq!(world.prove("alice", &session, &credential).await, Err(incorrect()), "{what}");
    }
    // Whose session it is can't be changed either.
    let other_user = world.prove("bob", &session, &bobs.authenticate(&honest)).await;
    assert_eq!(other_user, Err(error("NotAuthorizedException", "Invalid session for the user.")));
    assert!(signed_in(&world.prove("alice", &session, &good).await));
}

/// How many of the answers let alice in, all given at once.
async fn race(world: &Arc<World>, answers: Vec<(Value, Value)>) -> usize {
    let mut racing = JoinSet::new();
    for (session, answer) in answers {
        let world = Arc::clone(world);
        racing.spawn(async move { world.prove("alice", &session, &answer).await });
    }
    racing.join_all().await.iter().filter(|outcome| signed_in(outcome)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_is_good_once() {
    let world = Arc::new(World::new().await);
    let passkey = world.passkey("alice", b"one").await;
    let (options, session) = world.ask(&world.client, "alice").await;
    let answer = passkey.authenticate(&Said::to(&options, ORIGIN));
    assert_eq!(race(&world, vec![(session.clone(), answer.clone()); 8]).await, 1);
    let used =
        error("NotAuthorizedException", "Invalid session for the user, session can only be used once.");
    assert_eq!(world.prove("alice", &session, &answer).await, Err(used));
    // Nor does it answer the next question.
    let (_, next) = world.ask(&world.client, "alice").await;
    assert_eq!(world.prove("alice", &next, &answer).await, Err(incorrect()));
}

#[tokio::test]
async fn a_session_is_for_its_challenge_client_and_time() {
    let world = World::new().await;
    let passkey = world.passkey("alice", b"one").await;
    let other = world.service.client(&world.pool, json!({ "ExplicitAuthFlows": ["ALLOW_USER_AUTH"] })).await;
    let (options, session) = world.ask(&other, "alice").await;
    let answer = passkey.authenticate(&Said::to(&options, ORIGIN));
    let invalid = error("NotAuthorizedException", "Invalid session for the user.");
    assert_eq!(world.prove("alice", &session, &answer).await, Err(invalid));
    let (options, session) = world.ask(&world.client, "alice").await;
    let answer = passkey.authenticate(&Said::to(&options, ORIGIN));
    world.service.clock.advance_seconds(180);
    let expired = error("NotAuthorizedException", "Invalid session for the user, session is expired.");
    assert_eq!(world.prove("alice", &session, &answer).await, Err(expired));
    let missing = json!({
        "ClientId": world.client, "ChallengeName": "WEB_AUTHN",
        "ChallengeResponses": { "USERNAME": "alice", "CREDENTIAL": "{}" },
    });
    let told = world.service.fails("RespondToAuthChallenge", missing).await;
    assert_eq!(told, invalid_parameter("Missing required parameter Session"));
    let (_, session) = world.ask(&world.client, "alice").await;
    let missing = json!({
        "ClientId": world.client, "ChallengeName": "WEB_AUTHN", "Session": session,
        "ChallengeResponses": { "USERNAME": "alice" },
    });
    let told = world.service.fails("RespondToAuthChallenge", missing).await;
    assert_eq!(told, invalid_parameter("Missing required parameter CREDENTIAL"));
}

fn invalid_parameter(message: &str) -> (String, String) {
    invalid(message)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copied_authenticator_gives_itself_away() {
    let world = Arc::new(World::new().await);
    let token = world.token("alice").await;
    let passkey = Authenticator::es256(b"one");
    world.register(&token, &passkey, |said| said.sign_count = 3).await.unwrap();
    let at = |count: u32| world.sign_in("alice", &passkey, move |said| said.sign_count = count);
    assert!(signed_in(&at(4).await));
    assert!(signed_in(&at(9).await));
    for count in [9, 8, 4, 0] {
        assert_eq!(at(count).await, Err(incorrect()), "{count}");
    }
    assert_eq!(world.user("alice").await.passkeys[0].sign_count, 9);
    assert!(signed_in(&at(10).await));
    // Copies that answer at the same time.
    for count in 11..16 {
        let mut answers = Vec::new();
        for _ in 0..8 {
            let (options, session) = world.ask(&world.client, "alice").await;
            let mut said = Said::to(&options, ORIGIN);
            said.sign_count = count;
            answers.push((session, passkey.authenticate(&said)));
        }
        assert_eq!(race(&world, answers).await, 1);
    }
}

#[tokio::test]
async fn what_happens_meanwhile_counts() {
    let world = World::new().await;
    let passkey = world.passkey("alice", b"one").await;
    let questions = [
        world.ask(&world.client, "alice").await,
        world.ask(&world.client, "alice").await,
        world.ask(&world.client, "alice").await,
    ];
    let answer = |index: usize| {
        let (options, session) = questions[index].clone();
        (session, passkey.authenticate(&Said::to(&options, ORIGIN)))
    };
    let (session, proof) = answer(0);
    let deleted = world.user("alice").await.passkeys;
    world.change("alice", |user| user.passkeys.clear()).await;
    assert_eq!(world.prove("alice", &session, &proof).await, Err(incorrect()));
    world.change("alice", |user| user.passkeys = deleted).await;
    world.service.ok("AdminDisableUser", world.admin("alice", json!({}))).await;
    let (session, proof) = answer(1);
    let refused = world.prove("alice", &session, &proof).await;
    assert_eq!(code(refused), "NotAuthorizedException");
    world.service.ok("AdminEnableUser", world.admin("alice", json!({}))).await;
    world.service.ok("AdminUserGlobalSignOut", world.admin("alice", json!({}))).await;
    let (session, proof) = answer(2);
    assert_eq!(code(world.prove("alice", &session, &proof).await), "NotAuthorizedException");
    let (options, session) = world.ask(&world.client, "alice").await;
    world.change("alice", |user| user.status = cenote_store::UserStatus::ResetRequired).await;
    let proof = passkey.authenticate(&Said::to(&options, ORIGIN));
    assert_eq!(code(world.prove("alice", &session, &proof).await), "PasswordResetRequiredException");
    world.change("alice", |user| user.status = cenote_store::UserStatus::Confirmed).await;
    assert!(signed_in(&world.sign_in("alice", &passkey, |_| {}).await));
}

/// Who may choose a passkey: those who have one for the pool's domain.
#[tokio::test]
async fn passkeys_are_offered_to_those_who_have_one() {
    let world = World::new().await;
    let available = async |username: &str| {
        let request = json!({
            "ClientId": world.client, "AuthFlow": "USER_AUTH", "AuthParameters": { "USERNAME": username },
        });
        let answer = world.service.ok("InitiateAuth", request).await;
        let list = answer["AvailableChallenges"].as_array().unwrap().clone();
        list.contains(&json!("WEB_AUTHN"))
    };
    assert!(!available("alice").await);
    let passkey = world.passkey("alice", b"one").await;
    assert!(available("alice").await);
    world.configure(json!({ "RelyingPartyId": "example.org" })).await;
    assert!(!available("alice").await);
    world.configure(json!({ "RelyingPartyId": RELYING_PARTY })).await;
    world.change("alice", |user| user.status = cenote_store::UserStatus::ForceChangePassword).await;
    assert!(!available("alice").await);
    world.change("alice", |user| user.status = cenote_store::UserStatus::Confirmed).await;
    // Chosen from the list.
    let request = json!({
        "ClientId": world.client, "AuthFlow": "USER_AUTH", "AuthParameters": { "USERNAME": "alice" },
    });
    let choice = world.service.ok("InitiateAuth", request).await;
    assert_eq!(choice["ChallengeName"], "SELECT_CHALLENGE");
    let request = json!({
        "ClientId": world.client, "ChallengeName": "SELECT_CHALLENGE", "Session": choice["Session"],
        "ChallengeResponses": { "USERNAME": "alice", "ANSWER": "WEB_AUTHN" },
    });
    let asked = world.service.ok("RespondToAuthChallenge", request.clone()).await;
    assert_eq!(asked["ChallengeName"], "WEB_AUTHN");
    let options = text(&asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]);
    let said = Said::to(&serde_json::from_str(&options).unwrap(), ORIGIN);
    assert!(signed_in(&world.prove("alice", &asked["Session"], &passkey.authenticate(&said)).await));
    let (_, message) = world.service.fails("RespondToAuthChallenge", request).await;
    assert_eq!(message, "Invalid session for the user, session can only be used once.");
}

/// A pool in which a passkey may be two factors, and Alice, who needs two.
async fn two_factors() -> (World, Authenticator) {
    let multi = json!({
        "RelyingPartyId": RELYING_PARTY, "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
    });
    let world = World::with(multi.clone(), json!({})).await;
    let passkey = world.passkey("alice", b"one").await;
    let request = json!({
        "UserPoolId": world.pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
        "WebAuthnConfiguration": multi,
    });
    world.service.ok("SetUserPoolMfaConfig", request).await;
    (world, passkey)
}

async fn prefer(world: &World, passkey: bool) {
    let members = json!({
        "EmailMfaSettings": { "Enabled": true }, "WebAuthnMfaSettings": { "Enabled": passkey },
    });
    world.service.ok("AdminSetUserMFAPreference", world.admin("alice", members)).await;
}

#[tokio::test]
async fn a_passkey_that_verifies_its_user_is_two_factors_for_who_wants_it() {
    let (world, passkey) = two_factors().await;
    // Without a second factor one is enough.
    assert!(signed_in(&world.sign_in("alice", &passkey, |said| said.flags = USER_PRESENT).await));
    prefer(&world, true).await;
    let (options, _) = world.ask(&world.client, "alice").await;
    assert_eq!(options["userVerification"], "required");
    assert!(signed_in(&world.sign_in("alice", &passkey, |_| {}).await));
    let unverified = world.sign_in("alice", &passkey, |said| said.flags = USER_PRESENT).await;
    assert_eq!(unverified, Err(incorrect()));
    // Who needs two and did not say that the passkey is both is not offered it.
    prefer(&world, false).await;
    let request = json!({
        "ClientId": world.client, "AuthFlow": "USER_AUTH",
        "AuthParameters": { "USERNAME": "alice", "PREFERRED_CHALLENGE": "WEB_AUTHN" },
    });
    let answer = world.service.ok("InitiateAuth", request).await;
    assert_eq!(answer["ChallengeName"], "SELECT_CHALLENGE");
    assert_eq!(answer["AvailableChallenges"].as_array().unwrap().len(), 2);
}

/// What was asked for without verification does not become two factors while it is answered.
#[tokio::test]
async fn a_second_factor_that_comes_meanwhile_is_asked_for() {
    let (world, passkey) = two_factors().await;
    let (options, session) = world.ask(&world.client, "alice").await;
    prefer(&world, true).await;
    let mut said = Said::to(&options, ORIGIN);
    said.flags = USER_PRESENT;
    let outcome = world.prove("alice", &session, &passkey.authenticate(&said)).await;
    assert!(!signed_in(&outcome), "{outcome:?}");
    let (options, session) = world.ask(&world.client, "alice").await;
    prefer(&world, false).await;
    let answer = passkey.authenticate(&Said::to(&options, ORIGIN));
    assert!(!signed_in(&world.prove("alice", &session, &answer).await));
}

/// Where users are hidden a name that nobody has always gets the same answer, which could be that of a user.
#[tokio::test]
async fn names_that_nobody_has_seem_to_have_passkeys_or_not() {
    let members = json!({ "PreventUserExistenceErrors": "ENABLED" });
    let world = World::with(json!({ "RelyingPartyId": RELYING_PARTY }), members).await;
    let real = world.passkey("alice", b"sixteen bytes id").await;
    let (mut with, mut without) = (0, 0);
    for number in 0..40 {
        let name = format!("nobody{number}");
        let request = json!({
            "ClientId": world.client, "AuthFlow": "USER_AUTH",
            "AuthParameters": { "USERNAME": name, "PREFERRED_CHALLENGE": "WEB_AUTHN" },
        });
        let answer = world.service.ok("InitiateAuth", request.clone()).await;
        let again = world.service.ok("InitiateAuth", request).await;
        assert_eq!(answer["ChallengeName"], again["ChallengeName"]);
        assert_eq!(answer["AvailableChallenges"], again["AvailableChallenges"]);
        if answer["ChallengeName"] != "WEB_AUTHN" {
            without += 1;
            continue;
        }
        with += 1;
        let options = |answer: &Value| {
            let options = text(&answer["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]);
            serde_json::from_str::<Value>(&options).unwrap()
        };
        let (first, second) = (options(&answer), options(&again));
        assert_eq!(first["allowCredentials"], second["allowCredentials"]);
        assert_ne!(first["challenge"], second["challenge"]);
        let (users, session) = world.ask(&world.client, "alice").await;
        let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(members(&first), members(&users));
        assert_eq!(members(&first["allowCredentials"][0]), members(&users["allowCredentials"][0]));
        assert_eq!(text(&answer["Session"]).len(), text(&session).len());
        // Whatever is answered is wrong.
        let mut credential = real.authenticate(&Said::to(&first, ORIGIN));
        for member in ["id", "rawId"] {
            credential[member] = first["allowCredentials"][0]["id"].clone();
        }
        assert_eq!(world.prove(&name, &answer["Session"], &credential).await, Err(incorrect()));
    }
    assert!(with > 5 && without > 5, "{with} {without}");
}

/// The proof is for the pool as it is when it comes: another domain, or one that must verify its users, asks anew.
#[tokio::test]
async fn a_pool_that_asks_for_more_meanwhile_gets_it() {
    let invalid = error("NotAuthorizedException", "Invalid session for the user.");
    let world = World::new().await;
    let old = world.passkey("alice", b"one").await;
    let (options, session) = world.ask(&world.client, "alice").await;
    let answer = old.authenticate(&Said::to(&options, ORIGIN));
    world.configure(json!({ "RelyingPartyId": "example.org" })).await;
    // With a passkey for the new domain she is offered one again: that one.
    let token = world.token("alice").await;
    let new = Authenticator::es256(b"two");
    let said = Said::to(&world.start(&token).await, "https://app.example.org");
    world.complete(&token, &new.register(&said)).await.unwrap();
    assert_eq!(world.prove("alice", &session, &answer).await, Err(invalid.clone()));
    world.configure(json!({ "RelyingPartyId": RELYING_PARTY })).await;
    assert!(signed_in(&world.prove("alice", &session, &answer).await));

    let (options, session) = world.ask(&world.client, "alice").await;
    let mut said = Said::to(&options, ORIGIN);
    said.flags = USER_PRESENT;
    let unverified = old.authenticate(&said);
    world.configure(json!({ "RelyingPartyId": RELYING_PARTY, "UserVerification": "required" })).await;
    assert_eq!(world.prove("alice", &session, &unverified).await, Err(invalid));
    let verified = old.authenticate(&Said::to(&options, ORIGIN));
    assert!(signed_in(&world.prove("alice", &session, &verified).await));
}

/// A device that is named with it is the sign-in's, and is given no second key.
#[tokio::test]
async fn a_passkey_comes_from_a_device_as_well() {
    let world = World::new().await;
    let devices = json!({ "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true });
    let request = json!({ "UserPoolId": world.pool, "DeviceConfiguration": devices });
    world.service.ok("UpdateUserPool", request).await;
    let authenticator = world.passkey("alice", b"one").await;
    let signed_in =
        world.sign_in("alice", &authenticator, |_| {}).await.unwrap()["AuthenticationResult"].clone();
    let key = signed_in["NewDeviceMetadata"]["DeviceKey"].clone();
    let verifier = json!({ "Salt": STANDARD.encode([1; 16]), "PasswordVerifier": STANDARD.encode([1; 384]) });
    let request = json!({
        "AccessToken": signed_in["AccessToken"], "DeviceKey": key, "DeviceSecretVerifierConfig": verifier,
    });
    world.service.ok("ConfirmDevice", request).await;
    for (name, is_new) in [(key, false), (json!("us-east-1_0f3c9a52"), true)] {
        let (options, session) = world.ask(&world.client, "alice").await;
        let credential = authenticator.authenticate(&Said::to(&options, ORIGIN)).to_string();
        let request = json!({
            "ClientId": world.client, "ChallengeName": "WEB_AUTHN", "Session": session,
            "ChallengeResponses": { "USERNAME": "alice", "CREDENTIAL": credential, "DEVICE_KEY": name },
        });
        let answer = world.service.ok("RespondToAuthChallenge", request).await;
        let new = answer["AuthenticationResult"].get("NewDeviceMetadata");
        assert_eq!(new.is_some(), is_new, "{answer}");
    }
}
