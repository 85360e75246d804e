//! Listing and deleting.

use cenote_core::testing::{START_MS, merged};
use serde_json::{Value, json};

use crate::world::*;

async fn page(world: &World, token: &str, members: Value) -> Value {
    let request = merged(json!({ "AccessToken": token }), members);
    world.service.ok("ListWebAuthnCredentials", request).await
}

#[tokio::test]
async fn a_passkey_is_described() {
    let world = World::new().await;
    let token = world.token("alice").await;
    assert_eq!(page(&world, &token, json!({})).await, json!({ "Credentials": [] }));
    let aaguid = *b"\xba\xda\x55\x66\xa7\xaa\x40\x1f\xbd\x96\x45\x61\x9a\x55\x12\x0d";
    let authenticator = Authenticator::es256(b"id").with_aaguid(aaguid);
    world.register(&token, &authenticator, |_| {}).await.unwrap();
    let described = json!({
        "CredentialId": authenticator.id_text(), "FriendlyCredentialName": "1Password",
        "RelyingPartyId": "example.com", "AuthenticatorAttachment": "platform",
        "AuthenticatorTransports": ["internal", "hybrid"], "CreatedAt": START_MS / 1000,
    });
    assert_eq!(page(&world, &token, json!({})).await, json!({ "Credentials": [described] }));
    world.service.clock.advance_seconds(1);
    world.passkey("alice", b"anonymous").await;
    assert_eq!(world.list(&token).await[1]["FriendlyCredentialName"], "Passkey");
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let world = World::new().await;
    let token = world.token("alice").await;
    for id in 0u8..5 {
        world.register(&token, &Authenticator::es256(&[id]), |_| {}).await.unwrap();
        // Some are made in the same instant.
        world.service.clock.advance_seconds(i64::from(id % 2));
    }
    let all = world.list(&token).await;
    assert_eq!(all.len(), 5);
    for size in 1..=6 {
        let (mut found, mut next) = (Vec::new(), json!(null));
        loop {
            let answer = page(&world, &token, json!({ "MaxResults": size, "NextToken": next })).await;
            let part = answer["Credentials"].as_array().unwrap();
            assert!(part.len() <= size);
            found.extend(part.clone());
            let Some(token) = answer.get("NextToken") else { break };
            next = token.clone();
        }
        assert_eq!(found, all, "{size}");
    }
    let whole = page(&world, &token, json!({ "MaxResults": 0 })).await;
    assert_eq!(whole["Credentials"].as_array().unwrap(), &all);
    assert_eq!(whole.get("NextToken"), None);
    // A page token is the user's own.
    let next = page(&world, &token, json!({ "MaxResults": 1 })).await["NextToken"].clone();
    world.confirmed("bob").await;
    let request = json!({ "AccessToken": world.token("bob").await, "NextToken": next });
    let (code, _) = world.service.fails("ListWebAuthnCredentials", request).await;
    assert_eq!(code, "InvalidParameterException");
}

#[tokio::test]
async fn a_deleted_passkey_is_gone() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let (one, two) = (world.passkey("alice", b"one").await, world.passkey("alice", b"two").await);
    let delete = |token: String, id: String| {
        let request = json!({ "AccessToken": token, "CredentialId": id });
        world.service.call("DeleteWebAuthnCredential", request)
    };
    let missing = error("ResourceNotFoundException", "The passkey does not exist.");
    world.confirmed("bob").await;
    let bobs = world.token("bob").await;
    assert_eq!(delete(bobs, one.id_text()).await, Err(missing.clone()));
    assert_eq!(delete(token.clone(), one.id_text()).await, Ok(json!({})));
    assert_eq!(delete(token.clone(), one.id_text()).await, Err(missing));
    let left = world.list(&token).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["CredentialId"], two.id_text());
    // It may be made again.
    assert_eq!(world.register(&token, &one, |_| {}).await, Ok(json!({})));
}
