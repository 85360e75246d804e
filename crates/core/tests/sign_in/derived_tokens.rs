//! GetDerivedToken: a token in exchange for another.

use cenote_core::testing::{TestService, WireError, merged, text};
use serde_json::{Value, json};

use crate::world::*;

const ADMIN: &str = "aws.cognito.signin.user.admin";

/// A pool where alice signs in at one client, and another exchanges her tokens.
struct Exchange {
    world: World,
    client: String,
    secret: String,
    tokens: Tokens,
}

impl Exchange {
    async fn new() -> Self {
        Self::with(json!({})).await
    }

    async fn with(members: Value) -> Self {
        let world = World::alice().await;
        let front = json!({
            "UserPoolId": world.pool, "ClientName": "exchange", "GenerateSecret": true,
            "ExplicitAuthFlows": ["ALLOW_TOKEN_EXCHANGE_IMPERSONATION", "ALLOW_TOKEN_EXCHANGE_DELEGATION"],
            "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"],
            "CallbackURLs": ["https://example.org"], "AllowedOAuthScopes": [ADMIN, "openid"],
        });
        let request = merged(front, members);
        let client = world.service.ok("CreateUserPoolClient", request).await["UserPoolClient"].clone();
        let tokens = world.tokens("alice").await;
        Self { world, client: text(&client["ClientId"]), secret: text(&client["ClientSecret"]), tokens }
    }

    async fn ask(&self, members: Value) -> Result<Value, WireError> {
        let front = json!({
            "ClientId": self.client, "ClientSecret": self.secret,
            "SubjectToken": self.tokens.access, "SubjectTokenType": "ACCESS_TOKEN",
        });
        let request = merged(front, members);
        self.world.service.call("GetDerivedToken", request).await
    }

    async fn derived(&self, members: Value) -> Value {
        self.ask(members).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn token(&self, members: Value) -> String {
        text(&self.derived(members).await["IssuedToken"])
    }

    /// A machine's token.
    async fn machine(&self) -> (String, String) {
        let request = json!({
            "UserPoolId": self.world.pool, "ClientName": "machine", "GenerateSecret": true,
            "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"],
        });
        let client = self.world.service.ok("CreateUserPoolClient", request).await["UserPoolClient"].clone();
        let request = json!({ "ClientId": client["ClientId"], "Secret": client["ClientSecret"] });
        let answer = self.world.service.ok("GetClientToken", request).await;
        (text(&client["ClientId"]), text(&answer["ClientAuthenticationResult"]["AccessToken"]))
    }
}

#[tokio::test]
async fn a_derived_token_is_the_users_by_another_client() {
    let exchange = Exchange::new().await;
    exchange.world.service.clock.advance_seconds(600);
    let answer = exchange.derived(json!({})).await;
    let token = text(&answer["IssuedToken"]);
    assert_eq!(
        answer,
        json!({
            "IssuedToken": token, "IssuedTokenType": "ACCESS_TOKEN", "TokenType": "Bearer",
            "ExpiresIn": 3000, "Scopes": [ADMIN],
        })
    );
    let (before, after) = (claims(&exchange.tokens.access), claims(&token));
    for same in ["sub", "username", "origin_jti", "event_id", "auth_time", "iss", "exp", "scope"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_ne!(before["jti"], after["jti"]);
    assert_eq!(after["client_id"], json!(exchange.client));
    assert!(after.get("act").is_none());
    assert_eq!(exchange.world.get_user(&token).await.unwrap()["Username"], "alice");

    let by_id = json!({
        "SubjectToken": exchange.tokens.id, "SubjectTokenType": "ID_TOKEN", "RequestedTokenType": "ID_TOKEN",
        "Audiences": [exchange.world.client],
    });
    let answer = exchange.derived(by_id).await;
    assert_eq!((&answer["IssuedTokenType"], &answer["TokenType"]), (&json!("ID_TOKEN"), &json!("N_A")));
    assert!(answer.get("Scopes").is_none());
    let id = claims(&text(&answer["IssuedToken"]));
    assert_eq!((&id["token_use"], &id["aud"]), (&json!("id"), &json!(exchange.world.client)));
    assert_eq!(id["email"], claims(&exchange.tokens.id)["email"]);
}

#[tokio::test]
async fn a_derived_token_dies_with_its_sign_in() {
    let exchange = Exchange::with(json!({ "EnableTokenRevocation": false, "AccessTokenValidity": 24 })).await;
    let token = exchange.token(json!({})).await;
    let again = exchange.token(json!({ "SubjectToken": token })).await;
    let revoke = json!({ "ClientId": exchange.world.client, "Token": exchange.tokens.refresh });
    exchange.world.service.ok("RevokeToken", revoke).await;
    let revoked = not_authorized("Access Token has been revoked");
    for token in [&token, &again] {
        assert_eq!(exchange.world.get_user(token).await, Err(revoked.clone()));
        assert_eq!(exchange.ask(json!({ "SubjectToken": token })).await, Err(revoked.clone()));
    }
    assert_eq!(exchange.ask(json!({})).await, Err(revoked));
    let id = json!({ "SubjectToken": exchange.tokens.id, "SubjectTokenType": "ID_TOKEN" });
    assert_eq!(exchange.ask(id).await, Err(not_authorized("Id Token has been revoked")));
}

#[tokio::test]
async fn what_is_wrong_with_a_subject_is_said() {
    let exchange = Exchange::new().await;
    let as_id = json!({ "SubjectToken": exchange.tokens.access, "SubjectTokenType": "ID_TOKEN" });
    assert_eq!(exchange.ask(as_id).await, Err(not_authorized("Invalid Id Token")));
    let as_access = json!({ "SubjectToken": exchange.tokens.id });
    assert_eq!(exchange.ask(as_access).await, Err(not_authorized("Invalid Access Token")));
    let (_, machine) = exchange.machine().await;
    assert_eq!(
        exchange.ask(json!({ "SubjectToken": machine })).await,
        Err(invalid_parameter("The subject token must be a user's."))
    );
    let user = json!({ "UserPoolId": exchange.world.pool, "Username": "alice" });
    exchange.world.service.ok("AdminUserGlobalSignOut", user.clone()).await;
    let id = json!({ "SubjectToken": exchange.tokens.id, "SubjectTokenType": "ID_TOKEN" });
    assert_eq!(exchange.ask(id.clone()).await, Err(not_authorized("Id Token has been revoked")));
    exchange.world.service.ok("AdminDisableUser", user.clone()).await;
    assert_eq!(exchange.ask(id.clone()).await, Err(not_authorized("User is disabled.")));
    exchange.world.service.ok("AdminDeleteUser", user).await;
    assert_eq!(exchange.ask(id.clone()).await.unwrap_err().0, "UserNotFoundException");
    exchange.world.service.clock.advance_seconds(3600);
    assert_eq!(exchange.ask(id).await, Err(not_authorized("Id Token has expired")));
    assert_eq!(exchange.ask(json!({})).await, Err(not_authorized("Access Token has expired")));
}

#[tokio::test]
async fn an_actor_is_named() {
    let exchange = Exchange::new().await;
    exchange.world.confirmed("bob").await;
    let bob = exchange.world.tokens("bob").await;
    let (machine, machines) = exchange.machine().await;
    let by = |actor: &str, subject: &str| json!({ "SubjectToken": subject, "ActorToken": actor, "ActorTokenType": "ACCESS_TOKEN" });
    let first = exchange.token(by(&bob.access, &exchange.tokens.access)).await;
    let bobs = json!({ "sub": claims(&bob.access)["sub"], "client_id": exchange.world.client });
    assert_eq!(claims(&first)["act"], bobs);
    assert_eq!(claims(&first)["sub"], claims(&exchange.tokens.access)["sub"]);
    let second = exchange.token(by(&machines, &first)).await;
    assert_eq!(claims(&second)["act"], json!({ "sub": machine, "client_id": machine, "act": bobs }));
    // Without another actor, nobody forgets the one before.
    assert_eq!(claims(&exchange.token(json!({ "SubjectToken": first })).await)["act"], bobs);
    for (absent, given) in [("ActorToken", "ActorTokenType"), ("ActorTokenType", "ActorToken")] {
        let mut request = by(&bob.access, &exchange.tokens.access);
        request.as_object_mut().unwrap().remove(absent);
        assert!(request.get(given).is_some());
        assert_eq!(
            exchange.ask(request).await,
            Err(invalid_parameter(&format!("Missing required parameter {absent}")))
        );
    }
    let user = json!({ "UserPoolId": exchange.world.pool, "Username": "bob" });
    exchange.world.service.ok("AdminUserGlobalSignOut", user).await;
    assert_eq!(
        exchange.ask(by(&bob.access, &exchange.tokens.access)).await,
        Err(not_authorized("Access Token has been revoked"))
    );
}

#[tokio::test]
async fn scopes_are_those_that_all_have() {
    let exchange = Exchange::new().await;
    assert_eq!(exchange.derived(json!({ "Scopes": [ADMIN, "openid"] })).await["Scopes"], json!([ADMIN]));
    assert_eq!(
        exchange.ask(json!({ "Scopes": ["openid"] })).await,
        Err(invalid_parameter("Invalid scope requested: openid"))
    );
    // Who asks for none gets those of the subject, whatever the client may ask for.
    let narrow = Exchange::with(json!({ "AllowedOAuthScopes": ["openid"] })).await;
    assert_eq!(
        narrow.ask(json!({ "Scopes": [ADMIN] })).await,
        Err(invalid_parameter(&format!("Invalid scope requested: {ADMIN}")))
    );
    for none in [json!({}), json!({ "Scopes": [] })] {
        let answer = narrow.derived(none).await;
        assert_eq!(answer["Scopes"], json!([ADMIN]));
        assert!(narrow.world.get_user(&text(&answer["IssuedToken"])).await.is_ok());
    }
    // An ID token has none to hand on.
    let by_id = json!({ "SubjectToken": exchange.tokens.id, "SubjectTokenType": "ID_TOKEN" });
    assert_eq!(exchange.derived(by_id).await["Scopes"], json!([]));
}

#[tokio::test]
async fn who_may_exchange() {
    let mut exchange =
        Exchange::with(json!({ "ExplicitAuthFlows": ["ALLOW_TOKEN_EXCHANGE_DELEGATION"] })).await;
    let actor = json!({ "ActorToken": exchange.tokens.access, "ActorTokenType": "ACCESS_TOKEN" });
    assert_eq!(
        exchange.ask(json!({})).await,
        Err(invalid_parameter("TOKEN_EXCHANGE_IMPERSONATION flow not enabled for this client"))
    );
    assert!(exchange.ask(actor.clone()).await.is_ok());
    let id = exchange.client.clone();
    let mut without = actor.clone();
    without["ClientSecret"] = Value::Null;
    let missing =
        Err(not_authorized(&format!("Client {id} is configured for secret but secret was not received")));
    assert_eq!(exchange.ask(without.clone()).await, missing);
    let mut wrong = actor.clone();
    wrong["ClientSecret"] = json!("abcdefghijklmnopqrstuvwxyz123456");
    let refused = Err(not_authorized(&format!("Unable to verify secret hash for client {id}")));
    assert_eq!(exchange.ask(wrong.clone()).await, refused);
    // Whoever signs with an access key needs no secret; a wrong one is refused all the same.
    exchange.world.service.caller.principal = Some("arn:aws:iam::000000000000:user/backend".into());
    assert!(exchange.ask(without).await.is_ok());
    assert_eq!(exchange.ask(wrong).await, refused);
    let only = json!({ "ExplicitAuthFlows": ["ALLOW_TOKEN_EXCHANGE_IMPERSONATION"] });
    let other = Exchange::with(only).await;
    let actor = json!({ "ActorToken": other.tokens.access, "ActorTokenType": "ACCESS_TOKEN" });
    assert_eq!(
        other.ask(actor).await,
        Err(invalid_parameter("TOKEN_EXCHANGE_DELEGATION flow not enabled for this client"))
    );
}

#[tokio::test]
async fn what_is_not_there_yet_is_refused() {
    let exchange = Exchange::new().await;
    for members in [
        json!({ "SubjectTokenType": "SAML2" }),
        json!({ "SubjectTokenProviderName": "Other" }),
        json!({ "Resources": ["https://api.example.org"] }),
    ] {
        let (code, message) = exchange.ask(members).await.unwrap_err();
        assert_eq!(code, "UnsupportedOperationException");
        assert!(message.contains("is not built yet"), "{message}");
    }
    let both = json!({ "Resources": ["https://api.example.org"], "Audiences": [exchange.client] });
    assert_eq!(
        exchange.ask(both).await,
        Err(invalid_parameter("Audiences and Resources cannot be specified together."))
    );
    for audience in ["nothing", "https://elsewhere.example"] {
        assert_eq!(
            exchange.ask(json!({ "Audiences": [audience] })).await,
            Err(invalid_parameter(&format!("Invalid audience requested: {audience}")))
        );
    }
}

#[tokio::test]
async fn the_lowest_tier_exchanges_nothing() {
    let service = TestService::new().await;
    let lite = service.pool(json!({ "UserPoolTier": "LITE" })).await;
    for flow in ["ALLOW_TOKEN_EXCHANGE_IMPERSONATION", "ALLOW_TOKEN_EXCHANGE_DELEGATION"] {
        let request = json!({ "UserPoolId": lite, "ClientName": "c", "ExplicitAuthFlows": [flow] });
        let (code, message) = service.fails("CreateUserPoolClient", request).await;
        assert_eq!(code, "FeatureUnavailableInTierException");
        assert!(message.ends_with("Token Exchange"), "{message}");
    }
}
