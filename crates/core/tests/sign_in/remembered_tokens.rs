//! A token that was verified is remembered. What makes it worthless must be seen all the same, at once, on every instance
//! that remembers it.

use cenote_core::settings::IssuerForm;
use cenote_core::testing::{TestService, WireError};
use serde_json::{Value, json};

use crate::world::*;

/// Two instances that both remember alice's token.
struct Pair {
    world: World,
    other: TestService,
    tokens: Tokens,
}

impl Pair {
    async fn new() -> Self {
        let world = World::alice().await;
        let other = TestService::builder().start_beside(&world.service);
        let tokens = world.tokens("alice").await;
        let pair = Self { world, other, tokens };
        for _ in 0..2 {
            let [here, there] = pair.get_user().await;
            assert_eq!(here.as_ref().unwrap()["Username"], "alice");
            assert_eq!(here, there);
        }
        pair
    }

    async fn get_user(&self) -> [Result<Value, WireError>; 2] {
        let request = json!({ "AccessToken": self.tokens.access });
        [self.world.get_user(&self.tokens.access).await, self.other.call("GetUser", request).await]
    }

    async fn refused(&self, error: WireError) {
        assert_eq!(self.get_user().await, [Err(error.clone()), Err(error)]);
    }

    fn alice(&self) -> Value {
        json!({ "UserPoolId": self.world.pool, "Username": "alice" })
    }
}

fn revoked() -> WireError {
    not_authorized("Access Token has been revoked")
}

#[tokio::test]
async fn time_passes() {
    let pair = Pair::new().await;
    pair.world.service.clock.advance_seconds(3600);
    pair.refused(not_authorized("Access Token has expired")).await;
}

#[tokio::test]
async fn the_user_is_disabled_and_deleted() {
    let pair = Pair::new().await;
    pair.world.service.ok("AdminDisableUser", pair.alice()).await;
    pair.refused(not_authorized("User is disabled.")).await;
    // Enabled again, the tokens from before stay revoked.
    pair.other.ok("AdminEnableUser", pair.alice()).await;
    pair.refused(revoked()).await;
    pair.world.service.ok("AdminDeleteUser", pair.alice()).await;
    let gone = WireError::from(("UserNotFoundException".into(), "User does not exist.".into()));
    pair.refused(gone.clone()).await;
    // Another one of that name is somebody else.
    pair.world.confirmed("alice").await;
    pair.refused(gone).await;
}

#[tokio::test]
async fn the_sign_in_is_revoked() {
    let pair = Pair::new().await;
    let request = json!({ "ClientId": pair.world.client, "Token": pair.tokens.refresh });
    pair.other.ok("RevokeToken", request).await;
    pair.refused(revoked()).await;
}

#[tokio::test]
async fn the_user_signs_out_everywhere() {
    let pair = Pair::new().await;
    pair.world.service.ok("GlobalSignOut", json!({ "AccessToken": pair.tokens.access })).await;
    pair.refused(revoked()).await;
    // Tokens of the next sign-in are good beside it.
    let fresh = pair.world.tokens("alice").await;
    assert!(pair.world.get_user(&fresh.access).await.is_ok());
    pair.refused(revoked()).await;
    pair.world.service.ok("AdminUserGlobalSignOut", pair.alice()).await;
    assert_eq!(pair.world.get_user(&fresh.access).await, Err(revoked()));
}

#[tokio::test]
async fn what_the_user_may_read_is_what_it_is_now() {
    let pair = Pair::new().await;
    let mut request = pair.alice();
    request["UserAttributes"] = json!([{ "Name": "name", "Value": "Alice Liddell" }]);
    pair.world.service.ok("AdminUpdateUserAttributes", request).await;
    for answer in pair.get_user().await {
        let name = json!({ "Name": "name", "Value": "Alice Liddell" });
        assert!(answer.unwrap()["UserAttributes"].as_array().unwrap().contains(&name));
    }
}

#[tokio::test]
async fn another_text_is_another_token() {
    let pair = Pair::new().await;
    let (signed, signature) = pair.tokens.access.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{first}{}", &signature[1..]);
    for _ in 0..2 {
        assert_eq!(
            pair.world.get_user(&forged).await,
            Err(not_authorized("Could not verify signature for Access Token"))
        );
    }
    assert!(pair.world.get_user(&pair.tokens.access).await.is_ok());
}

#[tokio::test]
async fn the_client_and_the_pool_are_deleted() {
    let pair = Pair::new().await;
    let client = json!({ "UserPoolId": pair.world.pool, "ClientId": pair.world.client });
    pair.world.service.ok("DeleteUserPoolClient", client).await;
    let text = format!("User pool client {} does not exist.", pair.world.client);
    assert_eq!(
        pair.world.get_user(&pair.tokens.access).await,
        Err(("ResourceNotFoundException".into(), text))
    );
    pair.world.service.ok("DeleteUserPool", json!({ "UserPoolId": pair.world.pool })).await;
    assert_eq!(pair.world.get_user(&pair.tokens.access).await, Err(not_authorized("Invalid Access Token")));
}

#[tokio::test]
async fn the_pool_gets_another_issuer_and_tokens_of_either_go_on() {
    let builder = TestService::builder().settings(|settings| settings.issuer = IssuerForm::Aws);
    let world = World::with(builder, json!({}), json!({})).await;
    world.confirmed("alice").await;
    let update = |kind: &str| json!({ "UserPoolId": world.pool, "IssuerConfiguration": { "Type": kind } });
    let mut tokens = vec![world.tokens("alice").await];
    for kind in ["UPDATED", "ORIGINAL"] {
        world.service.ok("UpdateUserPool", update(kind)).await;
        tokens.push(world.tokens("alice").await);
        for one in &tokens {
            assert!(world.get_user(&one.access).await.is_ok());
        }
    }
}
