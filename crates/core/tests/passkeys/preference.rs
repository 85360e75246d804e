//! Passkeys in the place of a second factor: who may switch that on.

use cenote_core::testing::merged;
use serde_json::{Value, json};

use crate::world::*;

async fn mfa(world: &World, web_authn: Value) {
    let mut request = json!({
        "UserPoolId": world.pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {},
    });
    request["WebAuthnConfiguration"] = web_authn;
    world.service.ok("SetUserPoolMfaConfig", request).await;
}

async fn set(world: &World, token: &str, members: Value) -> Result<Value, (String, String)> {
    let own = merged(json!({ "AccessToken": token }), members.clone());
    let by_user = world.service.call("SetUserMFAPreference", own).await;
    let by_admin = world.service.call("AdminSetUserMFAPreference", world.admin("alice", members)).await;
    assert_eq!(by_user, by_admin);
    by_user
}

#[tokio::test]
async fn a_passkey_may_be_two_factors_where_the_pool_says_so() {
    let world = World::new().await;
    let token = world.token("alice").await;
    let on = json!({ "WebAuthnMfaSettings": { "Enabled": true }, "EmailMfaSettings": { "Enabled": true } });
    let single = invalid(
        "Passkey MFA needs the FactorConfiguration MULTI_FACTOR_WITH_USER_VERIFICATION of the user pool.",
    );
    mfa(&world, json!({ "RelyingPartyId": RELYING_PARTY })).await;
    assert_eq!(set(&world, &token, on.clone()).await, Err(single.clone()));
    mfa(&world, json!({ "RelyingPartyId": RELYING_PARTY, "FactorConfiguration": "SINGLE_FACTOR" })).await;
    assert_eq!(set(&world, &token, on.clone()).await, Err(single));
    let multi = json!({ "RelyingPartyId": RELYING_PARTY, "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION" });
    mfa(&world, multi).await;
    let start = world.start(&token).await;
    assert_eq!(start["authenticatorSelection"]["userVerification"], "preferred");
    assert_eq!(set(&world, &token, on).await, Ok(json!({})));
    assert!(world.user("alice").await.mfa.passkey);
    // It is no factor of the list.
    let user = world.service.ok("GetUser", json!({ "AccessToken": token })).await;
    assert_eq!(user["UserMFASettingList"], json!(["EMAIL_OTP"]));
    // Those who use it as two factors must be verified by it.
    let start = world.start(&token).await;
    assert_eq!(start["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(set(&world, &token, json!({ "WebAuthnMfaSettings": {} })).await, Ok(json!({})));
    assert!(world.user("alice").await.mfa.passkey);
    assert_eq!(
        set(&world, &token, json!({ "WebAuthnMfaSettings": { "Enabled": false } })).await,
        Ok(json!({}))
    );
    assert!(!world.user("alice").await.mfa.passkey);
}

#[tokio::test]
async fn another_factor_stays_beside_it() {
    let world = World::new().await;
    let token = world.token("alice").await;
    mfa(&world, json!({ "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION" })).await;
    let alone = invalid("Passkey MFA needs another MFA method beside it.");
    let passkey = |on: bool| json!({ "WebAuthnMfaSettings": { "Enabled": on } });
    let email = |on: bool| json!({ "EmailMfaSettings": { "Enabled": on } });
    assert_eq!(set(&world, &token, passkey(true)).await, Err(alone.clone()));
    set(&world, &token, email(true)).await.unwrap();
    set(&world, &token, passkey(true)).await.unwrap();
    assert_eq!(set(&world, &token, email(false)).await, Err(alone));
    let both =
        json!({ "WebAuthnMfaSettings": { "Enabled": false }, "EmailMfaSettings": { "Enabled": false } });
    assert_eq!(set(&world, &token, both).await, Ok(json!({})));
}
