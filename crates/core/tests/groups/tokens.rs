use cenote_core::testing::TestService;
use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::{Value, json};

use crate::world::*;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
const NAMES: [&str; 3] = ["cognito:groups", "cognito:roles", "cognito:preferred_role"];

fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// A pool where alice is in three groups.
async fn world(lambda: Option<(&FakeLambda, Value)>) -> World {
    let mut builder = TestService::builder();
    let mut pool = json!({});
    if let Some((lambda, configuration)) = lambda {
        builder = builder.lambda(&lambda.url());
        pool = json!({ "LambdaConfig": configuration });
    }
    let world = World::with(builder, pool).await;
    world.user("alice").await;
    for group in [
        json!({ "GroupName": "a", "RoleArn": role("none") }),
        json!({ "GroupName": "b", "Precedence": 9, "RoleArn": role("nine") }),
        json!({ "GroupName": "c", "Precedence": 1 }),
        json!({ "GroupName": "d", "Precedence": 0, "RoleArn": role("zero") }),
    ] {
        world.ok("CreateGroup", group.clone()).await;
        if group["GroupName"] != "d" {
            world.add("alice", group["GroupName"].as_str().unwrap()).await;
        }
    }
    world
}

/// What a token says about groups.
fn said(token: &Value) -> [Value; 3] {
    let claims = claims(token);
    NAMES.map(|name| claims.get(name).cloned().unwrap_or_default())
}

#[tokio::test]
async fn both_tokens_name_the_groups_and_the_id_token_the_roles() {
    let world = world(None).await;
    let tokens = world.sign_in("alice").await;
    let groups = json!(["c", "b", "a"]);
    assert_eq!(said(&tokens["AccessToken"]), [groups.clone(), Value::Null, Value::Null]);
    assert_eq!(said(&tokens["IdToken"]), [groups, json!([role("nine"), role("none")]), json!(role("nine"))]);
    // A refresh looks again.
    world.add("alice", "d").await;
    let fresh = world.refresh(&tokens["RefreshToken"]).await;
    assert_eq!(said(&fresh["AccessToken"])[0], json!(["d", "c", "b", "a"]));
    assert_eq!(
        said(&fresh["IdToken"])[1..],
        [json!([role("zero"), role("nine"), role("none")]), json!(role("zero"))]
    );
    for group in ["a", "b", "c", "d"] {
        world.ok("DeleteGroup", json!({ "GroupName": group })).await;
    }
    let fresh = world.refresh(&tokens["RefreshToken"]).await;
    for token in [&fresh["AccessToken"], &fresh["IdToken"]] {
        let claims = claims(token);
        assert!(NAMES.iter().all(|name| claims.get(name).is_none()), "{claims}");
    }
}

#[tokio::test]
async fn a_function_hears_of_the_groups() {
    let lambda = FakeLambda::start(|_| FakeAnswer::Echo).await.unwrap();
    for configuration in [
        json!({ "PreTokenGeneration": FUNCTION }),
        json!({ "PreTokenGenerationConfig": { "LambdaVersion": "V2_0", "LambdaArn": FUNCTION } }),
    ] {
        let world = world(Some((&lambda, configuration))).await;
        let tokens = world.sign_in("alice").await;
        let event = lambda.events().pop().unwrap();
        assert_eq!(
            event["request"]["groupConfiguration"],
            json!({
                "groupsToOverride": ["c", "b", "a"],
                "iamRolesToOverride": [role("nine"), role("none")], "preferredRole": role("nine"),
            })
        );
        assert_eq!(said(&tokens["AccessToken"])[0], json!(["c", "b", "a"]), "no answer is no change");
        world.user("bob").await;
        world.sign_in("bob").await;
        let event = lambda.events().pop().unwrap();
        assert_eq!(
            event["request"]["groupConfiguration"],
            json!({ "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null })
        );
    }
}

#[tokio::test]
async fn a_function_replaces_or_suppresses_them() {
    for (details, access, id) in [
        (json!({ "groupOverrideDetails": {} }), [Value::Null; 1], [Value::Null, Value::Null, Value::Null]),
        (
            json!({ "groupOverrideDetails": { "groupsToOverride": ["x"], "iamRolesToOverride": [role("x")] } }),
            [json!(["x"])],
            [json!(["x"]), json!([role("x")]), Value::Null],
        ),
        (
            json!({ "claimsToSuppress": ["cognito:groups"] }),
            [json!(["c", "b", "a"])],
            [Value::Null, Value::Null, Value::Null],
        ),
        (
            json!({ "claimsToSuppress": ["cognito:roles"], "claimsToAddOrOverride": { "cognito:groups": "x" } }),
            [json!(["c", "b", "a"])],
            [json!(["c", "b", "a"]), Value::Null, json!(role("nine"))],
        ),
    ] {
        let answer = json!({ "claimsOverrideDetails": details });
        let lambda = FakeLambda::start(move |_| FakeAnswer::Response(answer.clone())).await.unwrap();
        let world = world(Some((&lambda, json!({ "PreTokenGeneration": FUNCTION })))).await;
        let tokens = world.sign_in("alice").await;
        assert_eq!(said(&tokens["AccessToken"])[..1], access, "{details}");
        assert_eq!(said(&tokens["IdToken"]), id, "{details}");
    }
}
