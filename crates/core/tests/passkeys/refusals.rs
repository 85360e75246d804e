//! Every refusal of a registration.

use cenote_store::UserStatus;
use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn the_pool_must_have_passkeys() {
    let world = World::bare(json!({}), json!({})).await;
    let token = world.token("alice").await;
    let not_enabled = error("WebAuthnNotEnabledException", "Passkeys are not enabled for the user pool.");
    let start = json!({ "AccessToken": token });
    assert_eq!(world.service.fails("StartWebAuthnRegistration", start.clone()).await, not_enabled);
    assert_eq!(world.complete(&token, &json!({})).await, Err(not_enabled.clone()));
    // A relying party alone does not do it.
    world.configure(json!({ "RelyingPartyId": RELYING_PARTY })).await;
    assert_eq!(world.service.fails("StartWebAuthnRegistration", start).await, not_enabled);
}

#[tokio::test]
async fn the_pool_must_have_a_relying_party() {
    for configuration in [None, Some(json!({ "UserVerification": "required" }))] {
        let factors = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"] } });
        let world = World::bare(json!({ "Policies": factors }), json!({})).await;
        if let Some(configuration) = configuration {
            world.configure(configuration).await;
        }
        let token = world.token("alice").await;
        assert_eq!(
            world.service.fails("StartWebAuthnRegistration", json!({ "AccessToken": token })).await,
            error(
                "WebAuthnConfigurationMissingException",
                "The user pool has neither a relying party ID nor a domain."
            )
        );
        let nothing = world.complete(&token, &Authenticator::es256(b"id").register(&made_up())).await;
        assert_eq!(code(nothing), "WebAuthnChallengeNotFoundException");
    }
}

/// An answer to a challenge that nobody gave.
fn made_up() -> Said {
    Said::to(&json!({ "rp": { "id": RELYING_PARTY }, "challenge": "A".repeat(43) }), ORIGIN)
}

#[tokio::test]
async fn the_challenge_must_be_known_and_young() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let missing = error(
        "WebAuthnChallengeNotFoundException",
        "The challenge was not found, or has expired. Start the registration again.",
    );
    let answer = Authenticator::es256(b"id").register(&made_up());
    assert_eq!(world.complete(&token, &answer).await, Err(missing.clone()));
    let said = Said::to(&world.start(&token).await, ORIGIN);
    assert_eq!(world.complete(&token, &answer).await, Err(missing.clone()));
    world.service.clock.advance_seconds(179);
    let credential = Authenticator::es256(b"id").register(&said);
    assert_eq!(world.complete(&token, &credential).await, Ok(json!({})));
    let said = Said::to(&world.start(&token).await, ORIGIN);
    world.service.clock.advance_seconds(180);
    let credential = Authenticator::es256(b"another").register(&said);
    assert_eq!(world.complete(&token, &credential).await, Err(missing));
}

#[tokio::test]
async fn the_challenge_belongs_to_user_and_client() {
    let world = World::new().await;
    world.confirmed("bob").await;
    let members = json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"] });
    let other = world.service.client(&world.pool, members).await;
    let (mine, others) = (world.token("alice").await, world.token_of(&other, "alice").await);
    let credential = Authenticator::es256(b"id").register(&Said::to(&world.start(&mine).await, ORIGIN));
    assert_eq!(
        world.complete(&others, &credential).await,
        Err(error(
            "WebAuthnClientMismatchException",
            "The access token is for another app client than the one that started the registration."
        ))
    );
    let bobs = world.token("bob").await;
    world.start(&bobs).await;
    assert_eq!(code(world.complete(&bobs, &credential).await), "WebAuthnChallengeNotFoundException");
    // Another token of the same user and client does.
    assert_eq!(world.complete(&world.token("alice").await, &credential).await, Ok(json!({})));
}

#[tokio::test]
async fn every_wrong_answer_has_its_error() {
    type Change = fn(&mut Said);
    let world =
        World::with(json!({ "RelyingPartyId": RELYING_PARTY, "UserVerification": "required" }), json!({}))
            .await;
    let token = world.token("alice").await;
    let honest = Authenticator::es256(b"id");
    let cases: [(&str, Change); 12] = [
        ("InvalidParameterException", |said| said.kind = "webauthn.get".into()),
        ("InvalidParameterException", |said| said.challenge = "not base64".into()),
        ("WebAuthnChallengeNotFoundException", |said| said.challenge = "A".repeat(43)),
        ("WebAuthnOriginNotAllowedException", |said| said.origin = "http://app.example.com".into()),
        ("WebAuthnOriginNotAllowedException", |said| said.origin = "https://example.com.evil.test".into()),
        ("WebAuthnOriginNotAllowedException", |said| said.origin = "http://localhost".into()),
        ("WebAuthnOriginNotAllowedException", |said| said.cross_origin = true),
        ("WebAuthnRelyingPartyMismatchException", |said| said.relying_party_id = "app.example.com".into()),
        ("InvalidParameterException", |said| said.flags = USER_VERIFIED),
        ("WebAuthnCredentialNotSupportedException", |said| said.flags = USER_PRESENT),
        // The first wrong thing is told.
        ("WebAuthnChallengeNotFoundException", |said| {
            said.challenge = "A".repeat(43);
            said.origin = "https://evil.test".into();
        }),
        ("WebAuthnOriginNotAllowedException", |said| {
            said.origin = "https://evil.test".into();
            said.relying_party_id = "evil.test".into();
            said.flags = 0;
        }),
    ];
    for (index, (expected, change)) in cases.into_iter().enumerate() {
        assert_eq!(code(world.register(&token, &honest, change).await), expected, "{index}");
    }
    let unsupported = Authenticator::es256(b"id").with_algorithm(-8);
    assert_eq!(
        world.register(&token, &unsupported, |_| {}).await,
        Err(error(
            "WebAuthnCredentialNotSupportedException",
            "The passkey's key is not supported: only ES256 and RS256 are."
        ))
    );
    assert!(world.list(&token).await.is_empty());
    assert_eq!(world.register(&token, &honest, |_| {}).await, Ok(json!({})));
}

#[tokio::test]
async fn what_is_no_credential_is_invalid() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let good = Authenticator::es256(b"id").register(&Said::to(&world.start(&token).await, ORIGIN));
    let mut other_id = good.clone();
    for member in ["id", "rawId"] {
        other_id[member] = json!("b3RoZXI");
    }
    let mut broken = good.clone();
    broken["response"]["attestationObject"] = json!("AAAA");
    for credential in [json!("text"), json!([]), json!({}), json!({ "id": "x" }), other_id, broken] {
        let outcome = world.complete(&token, &credential).await;
        assert_eq!(outcome, Err(invalid("Credential data is not valid")), "{credential}");
    }
    // It is read before the challenge is looked for.
    world.service.clock.advance_seconds(180);
    assert_eq!(code(world.complete(&token, &json!({})).await), "InvalidParameterException");
    assert_eq!(code(world.complete(&token, &good).await), "WebAuthnChallengeNotFoundException");
}

#[tokio::test]
async fn a_user_has_each_passkey_once_and_at_most_twenty() {
    let world = World::new().await;
    let token = world.token("alice").await;
    for id in 0u8..20 {
        world.register(&token, &Authenticator::es256(&[id]), |_| {}).await.unwrap();
        if id == 0 {
            let again = world.register(&token, &Authenticator::es256(&[id]), |_| {}).await;
            assert_eq!(again, Err(invalid("The user has this passkey already.")));
        }
    }
    let full = error("LimitExceededException", "The user has 20 passkeys, which is as many as there may be.");
    let start = json!({ "AccessToken": token });
    assert_eq!(world.service.fails("StartWebAuthnRegistration", start).await, full);
    // Started with room, completed without.
    let first = world.list(&token).await[0]["CredentialId"].clone();
    delete(&world, &token, &first).await.unwrap();
    let said = Said::to(&world.start(&token).await, ORIGIN);
    let mut user = world.user("alice").await;
    let before = user.clone();
    user.passkeys.push(user.passkeys[0].clone());
    let change = cenote_store::Change::update_user(&before, &user);
    world.service.service.store.commit(vec![change]).await.unwrap();
    assert_eq!(world.complete(&token, &Authenticator::es256(b"new").register(&said)).await, Err(full));
}

async fn delete(world: &World, token: &str, id: &Value) -> Result<Value, (String, String)> {
    let request = json!({ "AccessToken": token, "CredentialId": id });
    world.service.call("DeleteWebAuthnCredential", request).await
}

#[tokio::test]
async fn all_four_operations_want_a_good_token() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let calls = |token: &str| {
        [
            ("StartWebAuthnRegistration", json!({ "AccessToken": token })),
            ("CompleteWebAuthnRegistration", json!({ "AccessToken": token, "Credential": {} })),
            ("ListWebAuthnCredentials", json!({ "AccessToken": token })),
            ("DeleteWebAuthnCredential", json!({ "AccessToken": token, "CredentialId": "x" })),
        ]
    };
    let not_authorized = |message: &str| error("NotAuthorizedException", message);
    for (operation, request) in calls("rubbish") {
        assert_eq!(world.service.fails(operation, request).await, not_authorized("Invalid Access Token"));
    }
    let mut reset = world.user("alice").await;
    let before = reset.clone();
    reset.status = UserStatus::ResetRequired;
    let change = cenote_store::Change::update_user(&before, &reset);
    world.service.service.store.commit(vec![change]).await.unwrap();
    for (operation, request) in calls(&token) {
        let outcome = world.service.fails(operation, request).await;
        assert_eq!(outcome.0, "PasswordResetRequiredException", "{operation}");
    }
    world.service.ok("AdminDisableUser", world.admin("alice", json!({}))).await;
    for (operation, request) in calls(&token) {
        assert_eq!(world.service.fails(operation, request).await, not_authorized("User is disabled."));
    }
    // The model declares no better word for a user who is gone.
    world.service.ok("AdminDeleteUser", world.admin("alice", json!({}))).await;
    for (operation, request) in calls(&token) {
        let outcome = world.service.fails(operation, request).await;
        assert_eq!(outcome, not_authorized("Access Token has been revoked"), "{operation}");
    }
}
