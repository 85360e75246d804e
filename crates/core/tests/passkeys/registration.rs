//! What a browser is told to make a passkey, and what becomes of it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tokio::task::JoinSet;

use crate::world::*;

#[tokio::test]
async fn the_options_have_cognitos_shape() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let mut options = world.start(&token).await;
    let challenge = URL_SAFE_NO_PAD.decode(options["challenge"].as_str().unwrap()).unwrap();
    assert_eq!(challenge.len(), 32);
    options["challenge"] = json!("challenge");
    let user = world.user("alice").await;
    assert_eq!(
        options,
        json!({
            "rp": { "id": "example.com", "name": "example.com" },
            "user": {
                "id": URL_SAFE_NO_PAD.encode(user.sub.as_str()), "name": "alice", "displayName": "Alice A.",
            },
            "challenge": "challenge",
            "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -257 }],
            "timeout": 60000,
            "excludeCredentials": [],
            "authenticatorSelection": {
                "requireResidentKey": true, "residentKey": "required", "userVerification": "preferred",
            },
        })
    );
    let authenticator = world.passkey("alice", b"id").await;
    let options = world.start(&token).await;
    assert_eq!(
        options["excludeCredentials"],
        json!([{ "type": "public-key", "id": authenticator.id_text() }])
    );
    // Those for another relying party are no obstacle.
    world.configure(json!({ "RelyingPartyId": "example.org", "UserVerification": "required" })).await;
    let options = world.start(&token).await;
    assert_eq!(options["rp"]["id"], "example.org");
    assert_eq!(options["excludeCredentials"], json!([]));
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
}

#[tokio::test]
async fn a_passkey_of_either_kind_is_registered() {
    let world = World::new().await;
    let token = world.token("alice").await;
    for (authenticator, algorithm) in
        [(Authenticator::es256(b"one"), -7), (Authenticator::rs256(b"two"), -257)]
    {
        let answer = world.register(&token, &authenticator, |said| said.sign_count = 5).await;
        assert_eq!(answer, Ok(json!({})));
        let user = world.user("alice").await;
        let passkey = user.passkeys.last().unwrap();
        assert_eq!(passkey.id, authenticator.id_text());
        assert_eq!((passkey.algorithm, passkey.sign_count), (algorithm, 5));
        assert_eq!(user.pending_passkey, None);
    }
    let ids: Vec<_> =
        world.list(&token).await.into_iter().map(|passkey| passkey["CredentialId"].clone()).collect();
    assert_eq!(ids, [json!(URL_SAFE_NO_PAD.encode(b"one")), json!(URL_SAFE_NO_PAD.encode(b"two"))]);
}

#[tokio::test]
async fn what_clients_leave_out_is_not_needed() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let mut credential = Authenticator::es256(b"id").register(&Said::to(&world.start(&token).await, ORIGIN));
    for member in ["rawId", "type", "authenticatorAttachment", "clientExtensionResults"] {
        credential.as_object_mut().unwrap().remove(member);
    }
    credential["response"].as_object_mut().unwrap().remove("transports");
    credential["somethingNew"] = json!({ "nested": [1] });
    assert_eq!(world.complete(&token, &credential).await, Ok(json!({})));
    let listed = world.list(&token).await.remove(0);
    assert_eq!(listed["AuthenticatorTransports"], json!([]));
    assert_eq!(listed.get("AuthenticatorAttachment"), None);
}

#[tokio::test]
async fn a_challenge_is_good_for_one_passkey() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let said = Said::to(&world.start(&token).await, ORIGIN);
    // What is refused leaves it alive.
    let foreign = Said { origin: "https://example.org".into(), ..said.clone() };
    let refused = world.complete(&token, &Authenticator::es256(b"one").register(&foreign)).await;
    assert_eq!(code(refused), "WebAuthnOriginNotAllowedException");
    world.complete(&token, &Authenticator::es256(b"one").register(&said)).await.unwrap();
    let again = world.complete(&token, &Authenticator::es256(b"two").register(&said)).await;
    assert_eq!(code(again), "WebAuthnChallengeNotFoundException");
    // A later one takes its place.
    let earlier = Said::to(&world.start(&token).await, ORIGIN);
    world.start(&token).await;
    let outdated = world.complete(&token, &Authenticator::es256(b"two").register(&earlier)).await;
    assert_eq!(code(outdated), "WebAuthnChallengeNotFoundException");
    assert_eq!(world.list(&token).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_answers_that_race_one_wins() {
    let world = Arc::new(World::new().await);
    let token = world.token("alice").await;
    for round in 0u8..5 {
        let said = Said::to(&world.start(&token).await, ORIGIN);
        let mut answers = JoinSet::new();
        for number in 0u8..8 {
            let credential = Authenticator::es256(&[round, number]).register(&said);
            let (world, token) = (Arc::clone(&world), token.clone());
            answers.spawn(async move { world.complete(&token, &credential).await });
        }
        let won = answers.join_all().await.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!((won, world.list(&token).await.len()), (1, usize::from(round) + 1));
    }
}
