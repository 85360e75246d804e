//! GetClientToken: tokens of clients themselves.

use cenote_core::clock::Clock as _;
use cenote_core::testing::{TestService, TestServiceBuilder, WireError, merged, text};
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

const SCOPE: &str = "aws.cognito/dcr/register";

/// A pool with a machine's client.
struct Machine {
    world: World,
    client: String,
    secret: String,
}

impl Machine {
    async fn new() -> Self {
        Self::with(TestService::builder(), json!({}), json!({})).await
    }

    async fn with(builder: TestServiceBuilder, pool: Value, members: Value) -> Self {
        let world = World::with(builder, pool, json!({})).await;
        let front = json!({
            "UserPoolId": world.pool, "ClientName": "machine", "GenerateSecret": true,
            "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"],
        });
        let request = merged(front, members);
        let client = world.service.ok("CreateUserPoolClient", request).await["UserPoolClient"].clone();
        Self { world, client: text(&client["ClientId"]), secret: text(&client["ClientSecret"]) }
    }

    async fn ask(&self, members: Value) -> Result<Value, WireError> {
        let request = merged(json!({ "ClientId": self.client, "Secret": self.secret }), members);
        let answer = self.world.service.call("GetClientToken", request).await?;
        Ok(answer["ClientAuthenticationResult"].clone())
    }

    async fn token(&self, members: Value) -> String {
        text(&self.ask(members).await.unwrap_or_else(|error| panic!("{error:?}"))["AccessToken"])
    }
}

#[tokio::test]
async fn a_machine_gets_an_access_token_of_its_own() {
    let machine = Machine::with(TestService::builder(), json!({}), json!({ "AccessTokenValidity": 2 })).await;
    let now = machine.world.service.clock.now_ms() / 1000;
    let answer = machine.ask(json!({})).await.unwrap();
    assert_eq!((&answer["ExpiresIn"], &answer["TokenType"]), (&json!(7200), &json!("Bearer")));
    assert!(answer.get("IdToken").is_none() && answer.get("RefreshToken").is_none());
    let token = text(&answer["AccessToken"]);
    let mut said = claims(&token);
    assert_eq!(said["jti"].as_str().unwrap().len(), 36);
    said.as_object_mut().unwrap().remove("jti");
    assert_eq!(
        said,
        json!({
            "sub": machine.client, "client_id": machine.client, "token_use": "access", "version": 2,
            "iss": format!("http://127.0.0.1:7665/{}", machine.world.pool),
            "auth_time": now, "iat": now, "exp": now + 7200,
        })
    );
    assert_ne!(machine.token(json!({})).await, token);
    // It is nobody's.
    assert_eq!(
        machine.world.get_user(&token).await,
        Err(not_authorized("Access Token does not have required scopes"))
    );
}

#[tokio::test]
async fn scopes_are_the_clients() {
    let members = json!({
        "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": [SCOPE],
    });
    let machine = Machine::with(TestService::builder(), json!({}), members).await;
    for members in [json!({}), json!({ "Scopes": [] }), json!({ "Scopes": [SCOPE] })] {
        assert_eq!(claims(&machine.token(members).await)["scope"], SCOPE);
    }
    assert_eq!(
        machine.ask(json!({ "Scopes": [SCOPE, "openid"] })).await,
        Err(invalid_parameter("Invalid scope requested: openid"))
    );
    // What speaks of a user is nothing for a machine.
    let members = json!({
        "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"],
        "CallbackURLs": ["https://example.org"],
        "AllowedOAuthScopes": ["openid", "aws.cognito.signin.user.admin"],
    });
    let machine = Machine::with(TestService::builder(), json!({}), members).await;
    assert!(claims(&machine.token(json!({})).await).get("scope").is_none());
    let admin = "aws.cognito.signin.user.admin";
    assert_eq!(
        machine.ask(json!({ "Scopes": [admin] })).await,
        Err(invalid_parameter(&format!("Invalid scope requested: {admin}")))
    );
}

#[tokio::test]
async fn only_by_the_secret_of_a_client_that_is_there_for_it() {
    let machine = Machine::new().await;
    let wrong = "abcdefghijklmnopqrstuvwxyz123456";
    assert_eq!(
        machine.ask(json!({ "Secret": wrong })).await,
        Err(not_authorized(&format!("Unable to verify secret hash for client {}", machine.client)))
    );
    assert_eq!(
        machine.ask(json!({ "ClientId": "nothing" })).await,
        Err(("ResourceNotFoundException".into(), "User pool client nothing does not exist.".into()))
    );
    let off = Err(invalid_parameter("CLIENT_TOKEN_AUTH flow not enabled for this client"));
    assert_eq!(machine.ask(json!({ "ClientId": machine.world.client })).await, off);
    let other = Machine::with(
        TestService::builder(),
        json!({}),
        json!({ "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"] }),
    )
    .await;
    assert_eq!(other.ask(json!({})).await, off);
    // No user signs in there.
    machine.world.confirmed("alice").await;
    for (flow, parameters) in [
        ("USER_PASSWORD_AUTH", json!({ "USERNAME": "alice", "PASSWORD": PASSWORD })),
        ("REFRESH_TOKEN_AUTH", json!({ "REFRESH_TOKEN": "x" })),
    ] {
        let mut parameters = parameters;
        parameters["SECRET_HASH"] = json!("x");
        let request = json!({ "ClientId": machine.client, "AuthFlow": flow, "AuthParameters": parameters });
        machine.world.service.fails("InitiateAuth", request).await;
    }
}

#[tokio::test]
async fn a_machines_client_is_nothing_else() {
    let world = World::new().await;
    let create = |members: Value| {
        let request =
            merged(json!({ "UserPoolId": world.pool, "ClientName": "c", "GenerateSecret": true }), members);
        world.service.fails("CreateUserPoolClient", request)
    };
    assert_eq!(
        create(json!({ "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"] })).await,
        invalid_parameter("ALLOW_CLIENT_TOKEN_AUTH cannot be used with other auth flows.")
    );
    assert_eq!(
        create(json!({ "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"], "GenerateSecret": false })).await,
        invalid_parameter("Client Secret is required to use ALLOW_CLIENT_TOKEN_AUTH.")
    );
}

#[tokio::test]
async fn only_the_newest_function_is_asked_about_machines() {
    let lambda = FakeLambda::start(|event| {
        if event["request"]["clientMetadata"]["refuse"].is_string() {
            return FakeAnswer::FunctionError { message: "no".into() };
        }
        FakeAnswer::Response(json!({ "claimsAndScopeOverrideDetails": { "accessTokenGeneration": {
            "claimsToAddOrOverride": { "tenant": { "id": 7 }, "sub": "somebody", "client_id": "other" },
            "scopesToAdd": ["orders/read", "aws.cognito.signin.user.admin", "openid"],
        } } }))
    });
    let lambda = lambda.await.unwrap();
    for version in ["V1_0", "V2_0", "V3_0"] {
        let configuration =
            json!({ "PreTokenGenerationConfig": { "LambdaVersion": version, "LambdaArn": FUNCTION } });
        let builder = TestService::builder().lambda(&lambda.url());
        let machine = Machine::with(builder, json!({ "LambdaConfig": configuration }), json!({})).await;
        let said = claims(&machine.token(json!({ "ClientMetadata": { "k": "v" } })).await);
        assert_eq!((&said["sub"], &said["client_id"]), (&json!(machine.client), &json!(machine.client)));
        if version != "V3_0" {
            assert!(said.get("tenant").is_none());
            assert_eq!(lambda.events().len(), 0);
            continue;
        }
        assert_eq!(said["tenant"], json!({ "id": 7 }));
        assert_eq!(said["scope"], "orders/read");
        let event = lambda.events().pop().unwrap();
        assert_eq!(event["triggerSource"], "TokenGeneration_ClientCredentials");
        assert_eq!((&event["version"], &event["userName"]), (&json!("3"), &json!(machine.client)));
        assert_eq!(event["request"]["userAttributes"], json!({}));
        assert_eq!(event["request"]["clientMetadata"], json!({ "k": "v" }));
        let (code, message) = machine.ask(json!({ "ClientMetadata": { "refuse": "x" } })).await.unwrap_err();
        assert_eq!(
            (code.as_str(), message.as_str()),
            ("NotAuthorizedException", "PreTokenGeneration failed with error no.")
        );
    }
}
