//! What tokens say.

use cenote_core::testing::{START_MS, TestService, text};
use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn exactly_these_claims() {
    let world = World::alice().await;
    let tokens = world.tokens("alice").await;
    let (access, id) = (claims(&tokens.access), claims(&tokens.id));
    let now = START_MS / 1000;
    let issuer = format!("http://127.0.0.1:7665/{}", world.pool);
    let random = |claims: &Value, name: &str| {
        let text = text(&claims[name]);
        assert_eq!(text.len(), 36, "{name}");
        text
    };
    assert_eq!(
        access,
        json!({
            "sub": random(&access, "sub"), "iss": issuer, "client_id": world.client, "token_use": "access",
            "scope": "aws.cognito.signin.user.admin", "auth_time": now, "iat": now, "exp": now + 3600,
            "jti": random(&access, "jti"), "origin_jti": random(&access, "origin_jti"),
            "event_id": random(&access, "event_id"), "username": "alice",
        })
    );
    assert_eq!(
        id,
        json!({
            "sub": access["sub"], "iss": issuer, "aud": world.client, "token_use": "id",
            "auth_time": now, "iat": now, "exp": now + 3600, "jti": random(&id, "jti"),
            "origin_jti": access["origin_jti"], "event_id": access["event_id"], "cognito:username": "alice",
            "email": "alice@test.com", "email_verified": true,
        })
    );
    assert_ne!(access["jti"], id["jti"]);
    assert_ne!(access["sub"], "alice");
    let header = |token: &str| {
        use base64::Engine;
        let part = token.split('.').next().unwrap().to_owned();
        String::from_utf8(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert!(
        header(&tokens.access).starts_with("{\"kid\":\"")
            && header(&tokens.access).ends_with("\",\"alg\":\"RS256\"}")
    );
    assert_ne!(header(&tokens.access), header(&tokens.id), "two keys");
}

#[tokio::test]
async fn attributes_in_their_types_as_far_as_the_client_reads() {
    let schema = json!({ "Schema": [
        { "Name": "age", "AttributeDataType": "Number", "Mutable": true },
        { "Name": "vip", "AttributeDataType": "Boolean", "Mutable": true },
    ] });
    let members = json!({ "ReadAttributes": [
        "email", "email_verified", "address", "updated_at", "custom:age", "custom:vip", "phone_number_verified",
    ] });
    let world = World::with(TestService::builder(), schema, members).await;
    world.confirmed("alice").await;
    let attributes = [
        ("name", "Alice"),
        ("address", "1 Road"),
        ("updated_at", "1700000000"),
        ("custom:age", "41"),
        ("custom:vip", "true"),
        ("phone_number", "+12065551234"),
        ("phone_number_verified", "false"),
    ];
    let list: Vec<Value> =
        attributes.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    world
        .service
        .ok(
            "AdminUpdateUserAttributes",
            json!({ "UserPoolId": world.pool, "Username": "alice", "UserAttributes": list }),
        )
        .await;
    let id = claims(&world.tokens("alice").await.id);
    for (name, value) in [
        ("address", json!({ "formatted": "1 Road" })),
        ("updated_at", json!(1_700_000_000)),
        ("custom:age", json!("41")),
        ("custom:vip", json!("true")),
        ("phone_number_verified", json!(false)),
        ("email", json!("alice@test.com")),
    ] {
        assert_eq!(id[name], value, "{name}");
    }
    assert!(id.get("name").is_none() && id.get("phone_number").is_none());
}

#[tokio::test]
async fn validity_has_units() {
    let members = json!({
        "AccessTokenValidity": 10, "IdTokenValidity": 20,
        "TokenValidityUnits": { "AccessToken": "minutes", "IdToken": "minutes" },
    });
    let world = World::with(TestService::builder(), json!({}), members).await;
    world.confirmed("alice").await;
    let answer = world.sign_in("alice", PASSWORD).await.unwrap();
    assert_eq!(answer["AuthenticationResult"]["ExpiresIn"], 600);
    let tokens = Tokens::of(&answer);
    let lifetime =
        |token: &str| claims(token)["exp"].as_i64().unwrap() - claims(token)["iat"].as_i64().unwrap();
    assert_eq!((lifetime(&tokens.access), lifetime(&tokens.id)), (600, 1200));
}

#[tokio::test]
async fn a_unit_without_its_number_measures_the_default_number() {
    let members = json!({ "TokenValidityUnits": { "AccessToken": "days", "IdToken": "days" } });
    let world = World::with(TestService::builder(), json!({}), members).await;
    world.confirmed("alice").await;
    let answer = world.sign_in("alice", PASSWORD).await.unwrap();
    assert_eq!(answer["AuthenticationResult"]["ExpiresIn"], json!(86_400));
    let tokens = Tokens::of(&answer);
    for token in [claims(&tokens.access), claims(&tokens.id)] {
        assert_eq!(token["exp"].as_i64().unwrap() - token["iat"].as_i64().unwrap(), 86_400);
    }
}

#[tokio::test]
async fn the_user_name_of_an_address_pool_is_the_sub() {
    let world =
        World::with(TestService::builder(), json!({ "UsernameAttributes": ["email"] }), json!({})).await;
    let user = world
        .service
        .ok(
            "AdminCreateUser",
            json!({
                "UserPoolId": world.pool, "Username": "alice@test.com", "MessageAction": "SUPPRESS",
                "TemporaryPassword": TEMPORARY,
            }),
        )
        .await;
    let sub = text(&user["User"]["Username"]);
    world
        .service
        .ok(
            "AdminSetUserPassword",
            json!({ "UserPoolId": world.pool, "Username": sub, "Password": PASSWORD, "Permanent": true }),
        )
        .await;
    for name in ["alice@test.com", sub.as_str()] {
        let tokens = world.tokens(name).await;
        assert_eq!(claims(&tokens.access)["username"], sub.as_str());
        assert_eq!(claims(&tokens.id)["cognito:username"], sub.as_str());
        assert_eq!(claims(&tokens.id)["sub"], sub.as_str());
    }
}

/// Where nothing can be revoked, tokens say nothing of their family, and ID tokens have no name of their own.
#[tokio::test]
async fn a_client_that_revokes_nothing_names_no_family() {
    let world =
        World::with(TestService::builder(), json!({}), json!({ "EnableTokenRevocation": false })).await;
    world.confirmed("alice").await;
    let first = world.tokens("alice").await;
    let again = Tokens::of(&world.refresh(&first.refresh).await.unwrap());
    for tokens in [first, again] {
        let (access, id) = (claims(&tokens.access), claims(&tokens.id));
        assert!(access.get("origin_jti").is_none() && id.get("origin_jti").is_none());
        assert!(access["jti"].is_string() && id.get("jti").is_none());
        assert_eq!(access["event_id"], id["event_id"]);
    }
}
