//! Which flow a client may use, and the order of checks of a password.

use cenote_core::testing::TestService;
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn a_sign_in_answers_tokens_and_empty_parameters() {
    let world = World::alice().await;
    let answer = world.sign_in("alice", PASSWORD).await.unwrap();
    let result = answer["AuthenticationResult"].as_object().unwrap();
    let members: Vec<&str> = result.keys().map(String::as_str).collect();
    assert_eq!(members, ["AccessToken", "ExpiresIn", "IdToken", "RefreshToken", "TokenType"]);
    assert_eq!((&result["ExpiresIn"], &result["TokenType"]), (&json!(3600), &json!("Bearer")));
    assert_eq!(answer["ChallengeParameters"], json!({}));
    assert_eq!(answer.as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn flows_that_are_switched_off_say_which() {
    let world = World::with(TestService::builder(), json!({}), json!({ "ExplicitAuthFlows": [] })).await;
    let password = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD });
    assert_eq!(
        world.flow("USER_PASSWORD_AUTH", password.clone()).await,
        Err(invalid_parameter("USER_PASSWORD_AUTH flow not enabled for this client"))
    );
    assert_eq!(
        world.flow("USER_AUTH", password.clone()).await,
        Err(invalid_parameter("USER_AUTH flow not enabled for this client"))
    );
    assert_eq!(
        world.admin_flow("ADMIN_USER_PASSWORD_AUTH", password.clone()).await,
        Err(invalid_parameter("Auth flow not enabled for this client"))
    );
    let other = World::new().await;
    assert_eq!(
        other.flow("USER_SRP_AUTH", json!({ "USERNAME": "alice", "SRP_A": "1" })).await,
        Err(invalid_parameter("USER_SRP_AUTH is not enabled for the client."))
    );
    assert_eq!(
        other.flow("CUSTOM_AUTH", json!({ "USERNAME": "alice" })).await,
        Err(invalid_parameter("CUSTOM_AUTH is not enabled for the client."))
    );
}

#[tokio::test]
async fn each_side_has_its_own_password_flow() {
    let world = World::alice().await;
    let password = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD });
    let wrong = invalid_parameter("Initiate Auth method not supported.");
    for flow in ["ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"] {
        assert_eq!(world.flow(flow, password.clone()).await, Err(wrong.clone()));
        assert!(world.admin_flow(flow, password.clone()).await.is_ok());
    }
    assert_eq!(world.admin_flow("USER_PASSWORD_AUTH", password).await, Err(wrong));
}

#[tokio::test]
async fn older_names_of_flows_keep_working() {
    let members = json!({ "ExplicitAuthFlows": ["USER_PASSWORD_AUTH"] });
    let world = World::with(TestService::builder(), json!({}), members).await;
    world.confirmed("alice").await;
    let tokens = world.tokens("alice").await;
    assert!(world.refresh(&tokens.refresh).await.is_ok());
    let password = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD });
    assert_eq!(
        world.admin_flow("ADMIN_NO_SRP_AUTH", password).await,
        Err(invalid_parameter("Auth flow not enabled for this client"))
    );
    let members = json!({ "ExplicitAuthFlows": ["CUSTOM_AUTH_FLOW_ONLY"] });
    let custom = World::with(TestService::builder(), json!({}), members).await;
    assert_eq!(
        custom.sign_in("alice", PASSWORD).await,
        Err(invalid_parameter("Only custom auth (lambda driven) is enabled for this client."))
    );
}

#[tokio::test]
async fn parameters_that_are_missing_are_named() {
    let world = World::alice().await;
    for (parameters, missing) in [
        (json!({}), "USERNAME"),
        (json!({ "USERNAME": "" }), "USERNAME"),
        (json!({ "UserName": "alice", "PASSWORD": PASSWORD }), "USERNAME"),
        (json!({ "USERNAME": "alice" }), "PASSWORD"),
        (json!({ "USERNAME": "alice", "PASSWORD": null }), "PASSWORD"),
    ] {
        assert_eq!(
            world.flow("USER_PASSWORD_AUTH", parameters).await,
            Err(invalid_parameter(&format!("Missing required parameter {missing}")))
        );
    }
    assert_eq!(
        world.flow("REFRESH_TOKEN_AUTH", json!({})).await,
        Err(invalid_parameter("Missing required parameter REFRESH_TOKEN"))
    );
}

#[tokio::test]
async fn the_state_of_the_user_comes_before_the_password() {
    let world = World::alice().await;
    world
        .service
        .ok("SignUp", json!({ "ClientId": world.client, "Username": "new", "Password": PASSWORD }))
        .await;
    for password in [PASSWORD, "Wrong-1pass"] {
        assert_eq!(
            world.sign_in("new", password).await,
            Err(("UserNotConfirmedException".into(), "User is not confirmed.".into()))
        );
    }
    world
        .service
        .ok("AdminResetUserPassword", json!({ "UserPoolId": world.pool, "Username": "alice" }))
        .await;
    for password in [PASSWORD, "Wrong-1pass"] {
        assert_eq!(
            world.sign_in("alice", password).await,
            Err(("PasswordResetRequiredException".into(), "Password reset required for the user".into()))
        );
    }
    world.service.ok("AdminDisableUser", json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
    assert_eq!(world.sign_in("alice", PASSWORD).await, Err(not_authorized("User is disabled.")));
}

#[tokio::test]
async fn unknown_users_are_named_or_hidden() {
    let world = World::alice().await;
    let missing = ("UserNotFoundException".to_owned(), "User does not exist.".to_owned());
    assert_eq!(world.sign_in("nobody", PASSWORD).await, Err(missing.clone()));
    // The sub is no name to sign in with.
    let user =
        world.service.ok("AdminGetUser", json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
    let sub = user["UserAttributes"].as_array().unwrap().iter().find(|it| it["Name"] == "sub").unwrap();
    assert_eq!(world.sign_in(sub["Value"].as_str().unwrap(), PASSWORD).await, Err(missing));
    let members = json!({
        "PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
    });
    let hiding = World::with(TestService::builder(), json!({}), members).await;
    assert_eq!(hiding.sign_in("nobody", PASSWORD).await, Err(incorrect()));
}

#[tokio::test]
async fn secret_hashes_are_checked_first() {
    let secret = "abcdefghijklmnopqrstuvwxyz123456";
    let world = World::with(TestService::builder(), json!({}), json!({ "ClientSecret": secret })).await;
    world.confirmed("alice").await;
    let id = world.client.clone();
    assert_eq!(
        world.sign_in("nobody", PASSWORD).await,
        Err(not_authorized(&format!(
            "Client {id} is configured with secret but SECRET_HASH was not received"
        )))
    );
    let hash = |name: &str| cenote_crypto::secret_hash::compute(name, &id, &secret.into());
    let parameters = |hash: String| json!({ "USERNAME": "alice", "PASSWORD": PASSWORD, "SECRET_HASH": hash });
    assert_eq!(
        world.flow("USER_PASSWORD_AUTH", parameters(hash("bob"))).await,
        Err(not_authorized(&format!("Unable to verify secret hash for client {id}")))
    );
    let answer = world.flow("USER_PASSWORD_AUTH", parameters(hash("alice"))).await.unwrap();
    let refresh = Tokens::of(&answer).refresh;
    // A refresh carries no name: the hash covers the user name, or the sub.
    let user =
        world.service.ok("AdminGetUser", json!({ "UserPoolId": world.pool, "Username": "alice" })).await;
    let sub = user["UserAttributes"].as_array().unwrap().iter().find(|it| it["Name"] == "sub").unwrap();
    for name in ["alice", sub["Value"].as_str().unwrap()] {
        let parameters = json!({ "REFRESH_TOKEN": refresh, "SECRET_HASH": hash(name) });
        assert!(world.flow("REFRESH_TOKEN_AUTH", parameters).await.is_ok(), "{name}");
    }
    let parameters = json!({ "REFRESH_TOKEN": refresh, "SECRET_HASH": hash("bob") });
    assert_eq!(
        world.flow("REFRESH_TOKEN_AUTH", parameters).await,
        Err(not_authorized(&format!("Unable to verify secret hash for client {id}")))
    );
}

#[tokio::test]
async fn a_second_factor_that_is_asked_for_is_not_passed_over() {
    let world = World::with(TestService::builder(), json!({}), json!({})).await;
    world.confirmed("alice").await;
    world
        .service
        .ok(
            "SetUserPoolMfaConfig",
            json!({
                "UserPoolId": world.pool, "MfaConfiguration": "ON",
                "SoftwareTokenMfaConfiguration": { "Enabled": true },
            }),
        )
        .await;
    let answer = world.sign_in("alice", PASSWORD).await.unwrap();
    assert_eq!(answer["ChallengeName"], "MFA_SETUP");
    assert!(answer.get("AuthenticationResult").is_none());
    assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
}

#[tokio::test]
async fn the_hash_comes_before_the_flow_and_the_flow_before_the_parameters() {
    let secret = "abcdefghijklmnopqrstuvwxyz123456";
    let members = json!({ "ClientSecret": secret, "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"] });
    let world = World::with(TestService::builder(), json!({}), members).await;
    let id = world.client.clone();
    let missing =
        not_authorized(&format!("Client {id} is configured with secret but SECRET_HASH was not received"));
    for flow in ["USER_PASSWORD_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH"] {
        assert_eq!(world.flow(flow, json!({})).await, Err(missing.clone()), "{flow}");
    }
    let hash = cenote_crypto::secret_hash::compute("alice", &id, &secret.into());
    assert_eq!(
        world.flow("USER_PASSWORD_AUTH", json!({ "USERNAME": "alice", "SECRET_HASH": hash })).await,
        Err(invalid_parameter("USER_PASSWORD_AUTH flow not enabled for this client"))
    );
    let public = World::new().await;
    let id = public.client.clone();
    assert_eq!(
        public.flow("REFRESH_TOKEN_AUTH", json!({ "REFRESH_TOKEN": "garbage", "SECRET_HASH": "AAAA" })).await,
        Err(invalid_parameter(&format!(
            "App client {id} is not configured for secret but secret hash was received"
        )))
    );
}

#[tokio::test]
async fn threat_protection_can_refuse() {
    use cenote_core::threat::{Observation, ThreatEngine, Verdict};

    struct Blocks;
    impl ThreatEngine for Blocks {
        fn assess(&self, _: &Observation<'_>) -> Verdict {
            Verdict::Block
        }
    }
    let builder = TestService::builder().threat(std::sync::Arc::new(Blocks));
    let world = World::with(builder, json!({}), json!({})).await;
    world.confirmed("alice").await;
    assert_eq!(
        world.sign_in("alice", PASSWORD).await,
        Err(not_authorized("Unable to process the request due to security reasons."))
    );
}
