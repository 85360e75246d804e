//! What the function at PreTokenGeneration may say of tokens, and what it may not.

use cenote_core::testing::TestService;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Map, Value, json};

use crate::world::*;

/// Nobody but the server says these.
const FIXED: [&str; 26] = [
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "client_id",
    "cognito:anything",
    "cognito:groups",
    "cognito:preferred_role",
    "cognito:roles",
    "cognito:username",
    "device_key",
    "event_id",
    "exp",
    "iat",
    "identities",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "origin_jti",
    "sub",
    "token_use",
    "username",
    "version",
];

fn version(version: &str) -> Value {
    json!({ "PreTokenGenerationConfig": { "LambdaVersion": version, "LambdaArn": FUNCTION } })
}

async fn world(lambda: &FakeLambda, configuration: Value) -> World {
    let schema = json!([
        { "Name": "level", "AttributeDataType": "String", "Mutable": true, "DeveloperOnlyAttribute": true },
    ]);
    let pool = json!({ "LambdaConfig": configuration, "Schema": schema });
    let world = World::with(TestService::builder().lambda(&lambda.url()), pool, json!({})).await;
    world.confirmed("alice").await;
    let attributes = json!([{ "Name": "dev:custom:level", "Value": "7" }]);
    let request = json!({ "UserPoolId": world.pool, "Username": "alice", "UserAttributes": attributes });
    world.service.ok("AdminUpdateUserAttributes", request).await;
    world
}

/// The claims of both tokens, access first, without what differs from token to token.
async fn said(world: &World) -> [Map<String, Value>; 2] {
    let tokens = world.tokens("alice").await;
    [&tokens.access, &tokens.id].map(|token| {
        let mut claims = claims(token).as_object().unwrap().clone();
        for drawn in ["jti", "origin_jti", "event_id"] {
            assert_eq!(claims.remove(drawn).unwrap().as_str().map(str::len), Some(36), "{drawn}");
        }
        claims
    })
}

/// A world whose function says this, and the function.
async fn answering(answer: Value, configuration: Value) -> (World, FakeLambda) {
    let lambda = FakeLambda::start(move |_| FakeAnswer::Response(answer.clone())).await.unwrap();
    (world(&lambda, configuration).await, lambda)
}

async fn said_by(answer: Value, configuration: Value) -> [Map<String, Value>; 2] {
    let (world, _lambda) = answering(answer, configuration).await;
    said(&world).await
}

fn forged() -> Value {
    FIXED.into_iter().map(|name| (name.to_owned(), json!("forged"))).collect::<Map<_, _>>().into()
}

#[tokio::test]
async fn what_is_the_servers_can_neither_be_said_nor_kept_quiet() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let plain = said(&world(&lambda, version("V1_0")).await).await;
    let both = json!({ "claimsToAddOrOverride": forged(), "claimsToSuppress": FIXED });
    let add = json!({ "claimsToAddOrOverride": forged() });
    for details in [&both, &add] {
        let older = json!({ "claimsOverrideDetails": details });
        let newer = json!({ "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": details, "accessTokenGeneration": details,
        } });
        for (answer, configuration) in [
            (older.clone(), json!({ "PreTokenGeneration": FUNCTION })),
            (older, version("V1_0")),
            (newer.clone(), version("V2_0")),
            (newer, version("V3_0")),
        ] {
            let mut now = said_by(answer, configuration.clone()).await;
            // Pools and users differ.
            for (claims, plain) in now.iter_mut().zip(&plain) {
                for name in ["iss", "sub", "aud", "client_id"] {
                    assert_ne!(claims.get(name), Some(&json!("forged")), "{name} {configuration}");
                    if let Some(value) = plain.get(name) {
                        claims.insert(name.to_owned(), value.clone());
                    }
                }
            }
            assert_eq!(now, plain, "{details} {configuration}");
        }
    }
}

#[tokio::test]
async fn each_version_changes_its_own_tokens() {
    let change = |name: &str, value: Value| json!({ "claimsToAddOrOverride": { (name): value } });
    let older = json!({ "claimsOverrideDetails": {
        "claimsToAddOrOverride": { "name": "Alice", "custom:plan": "gold", "dev:custom:level": "9", "dev:new": "x" },
        "claimsToSuppress": ["email", "custom:plan"],
    } });
    let [access, id] = said_by(older, version("V1_0")).await;
    assert_eq!((id.get("name"), id.get("email")), (Some(&json!("Alice")), None));
    // Keeping quiet wins, and what is for developers is never said.
    assert_eq!((id.get("custom:plan"), id.get("dev:custom:level")), (None, Some(&json!("7"))));
    assert!(id.get("dev:new").is_none() && access.get("name").is_none());

    let newer = json!({ "claimsAndScopeOverrideDetails": {
        "idTokenGeneration": {
            "claimsToAddOrOverride": {
                "list": [1, true, "x"], "object": { "a": { "b": 1 } }, "email_verified": false, "updated_at": 1,
                "address": { "formatted": "x" }, "phone_number_verified": true,
            },
            "claimsToSuppress": ["dev:custom:level"],
        },
        "accessTokenGeneration": change("number", json!(7.5)),
    } });
    for name in ["V2_0", "V3_0"] {
        let [access, id] = said_by(newer.clone(), version(name)).await;
        assert_eq!(access.get("number"), Some(&json!(7.5)));
        assert_eq!(
            (id.get("list"), id.get("object")),
            (Some(&json!([1, true, "x"])), Some(&json!({ "a": { "b": 1 } })))
        );
        // Their types are laid down.
        assert_eq!(id.get("email_verified"), Some(&json!(true)));
        for absent in ["updated_at", "address", "phone_number_verified", "dev:custom:level", "number"] {
            assert!(id.get(absent).is_none(), "{absent}");
        }
    }
}

#[tokio::test]
async fn scopes_are_added_and_taken_by_their_own_lists() {
    let scopes = |add: Value, suppress: Value| {
        json!({ "claimsAndScopeOverrideDetails": { "accessTokenGeneration": {
            "scopesToAdd": add, "scopesToSuppress": suppress,
            "claimsToAddOrOverride": { "scope": "forged" }, "claimsToSuppress": ["scope"],
        } } })
    };
    let own = "aws.cognito.signin.user.admin";
    for (add, suppress, expected) in [
        (json!([]), json!([]), own.to_owned()),
        (json!(["orders/read", "orders/read", own]), json!([]), format!("{own} orders/read")),
        (
            json!(["a b", "a\"b", "a\\b", "", "ä", "aws.cognito/dcr", "aws.cognito.signin.user"]),
            json!([]),
            own.into(),
        ),
        (json!(["x"]), json!([own]), "x".into()),
        (json!(["x"]), json!(["x"]), own.into()),
    ] {
        let [access, id] = said_by(scopes(add.clone(), suppress), version("V2_0")).await;
        assert_eq!(access.get("scope"), Some(&json!(expected)), "{add}");
        assert!(id.get("scope").is_none());
    }
}

/// An audience may be named, if it is the client.
#[tokio::test]
async fn the_client_may_be_the_audience_of_its_access_tokens() {
    for named in [true, false] {
        let lambda = FakeLambda::start(move |event| {
            let client = if named { event["callerContext"]["clientId"].clone() } else { json!("another") };
            FakeAnswer::Response(json!({ "claimsAndScopeOverrideDetails": {
                "accessTokenGeneration": { "claimsToAddOrOverride": { "aud": client } },
            } }))
        })
        .await
        .unwrap();
        let world = world(&lambda, version("V2_0")).await;
        let [access, _] = said(&world).await;
        assert_eq!(access.get("aud").is_some(), named);
        assert!(access.get("aud").is_none_or(|aud| *aud == world.client.as_str()));
        let event = lambda.events().remove(0);
        assert_eq!(event["request"]["scopes"], json!(["aws.cognito.signin.user.admin"]));
        assert_eq!(event["version"], "2");
    }
}

/// The older version says text only.
#[tokio::test]
async fn an_answer_of_another_type_lets_nobody_in() {
    for (value, configuration) in [
        (json!(7), json!({ "PreTokenGeneration": FUNCTION })),
        (json!(["x"]), version("V1_0")),
        (json!({ "a": 1 }), version("V1_0")),
    ] {
        let answer = json!({ "claimsOverrideDetails": { "claimsToAddOrOverride": { "level": value } } });
        let (world, _lambda) = answering(answer, configuration).await;
        let refused = world.sign_in("alice", PASSWORD).await.unwrap_err();
        assert_eq!(refused.0, "InvalidLambdaResponseException", "{value}");
    }
}

/// The source says how the sign-in came about.
#[tokio::test]
async fn the_source_says_what_tokens_are_for() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    let world = world(&lambda, version("V2_0")).await;
    let tokens = world.tokens("alice").await;
    world.refresh(&tokens.refresh).await.unwrap();
    world.invited("bob").await;
    let asked = world.sign_in("bob", TEMPORARY).await.unwrap();
    let answer = json!({ "USERNAME": "bob", "NEW_PASSWORD": PASSWORD });
    world.respond(&asked["Session"], answer).await.unwrap();
    world.tokens("bob").await;
    let sources: Vec<Value> = lambda.events().iter().map(|event| event["triggerSource"].clone()).collect();
    assert_eq!(
        sources,
        [
            "TokenGeneration_Authentication",
            "TokenGeneration_RefreshTokens",
            "TokenGeneration_NewPasswordChallenge",
            "TokenGeneration_Authentication",
        ]
    );
}
