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

/// The one challenge that no session goes with: the password flow under the name of a challenge.
#[tokio::test]
async fn a_back_end_may_send_a_password_as_the_answer_to_a_challenge() {
    let world = World::alice().await;
    let request = |password: &str| {
        json!({
            "UserPoolId": world.pool, "ClientId": world.client, "ChallengeName": "ADMIN_NO_SRP_AUTH",
            "ChallengeResponses": { "USERNAME": "alice", "PASSWORD": password },
        })
    };
    let answer = world.service.ok("AdminRespondToAuthChallenge", request(PASSWORD)).await;
    assert!(world.get_user(&Tokens::of(&answer).access).await.is_ok());
    assert_eq!(world.service.fails("AdminRespondToAuthChallenge", request("Wrong-1pass")).await, incorrect());
    let mut public = request(PASSWORD);
    public.as_object_mut().unwrap().remove("UserPoolId");
    assert_eq!(
        world.service.fails("RespondToAuthChallenge", public).await,
        invalid_parameter("Initiate Auth method not supported.")
    );
    let client =
        world.service.client(&world.pool, json!({ "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"] })).await;
    let mut other = request(PASSWORD);
    other["ClientId"] = json!(client);
    assert_eq!(
        world.service.fails("AdminRespondToAuthChallenge", other).await,
        invalid_parameter("Auth flow not enabled for this client")
    );
}
