//! The administrators' operations name a pool, and the client must be of it.

use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn pool_and_client_must_belong_together() {
    let world = World::alice().await;
    let other = world.service.pool(json!({})).await;
    let request = |pool: &str, client: &str| {
        json!({
            "UserPoolId": pool, "ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "alice", "PASSWORD": PASSWORD },
        })
    };
    world.service.ok("AdminInitiateAuth", request(&world.pool, &world.client)).await;
    assert_eq!(
        world.service.fails("AdminInitiateAuth", request(&other, &world.client)).await,
        ("ResourceNotFoundException".into(), format!("User pool client {} does not exist.", world.client))
    );
    assert_eq!(
        world.service.fails("AdminInitiateAuth", request("us-east-1_Missing12", &world.client)).await,
        ("ResourceNotFoundException".into(), "User pool us-east-1_Missing12 does not exist.".into())
    );
}

#[tokio::test]
async fn a_back_end_takes_its_user_through_the_challenge() {
    let world = World::new().await;
    world.invited("alice").await;
    let parameters = json!({ "USERNAME": "alice", "PASSWORD": TEMPORARY });
    let challenge = world.admin_flow("ADMIN_USER_PASSWORD_AUTH", parameters).await.unwrap();
    let answer = world
        .service
        .ok(
            "AdminRespondToAuthChallenge",
            json!({
                "UserPoolId": world.pool, "ClientId": world.client, "ChallengeName": "NEW_PASSWORD_REQUIRED",
                "Session": challenge["Session"],
                "ChallengeResponses": { "USERNAME": "alice", "NEW_PASSWORD": PASSWORD },
            }),
        )
        .await;
    assert!(answer["AuthenticationResult"]["RefreshToken"].is_string());
}
