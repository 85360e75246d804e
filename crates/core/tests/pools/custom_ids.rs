use cenote_core::testing::{TestService, text};
use serde_json::{Value, json};

use crate::{describe, invalid};

fn tagged(id: &str) -> Value {
    json!({ "PoolName": "pool", "UserPoolTags": { "_custom_id_": id } })
}

#[tokio::test]
async fn the_tag_sets_the_id_in_dev() {
    let service = TestService::builder().settings(|settings| settings.custom_ids = true).start().await;
    let created = service.ok("CreateUserPool", tagged("eu-west-1_Example01")).await;
    assert_eq!(created["UserPool"]["Id"], "eu-west-1_Example01");
    assert_eq!(
        created["UserPool"]["Arn"],
        "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_Example01"
    );
    let shown = describe(&service, "eu-west-1_Example01").await;
    assert_eq!(shown["UserPoolTags"], json!({ "_custom_id_": "eu-west-1_Example01" }), "the tag stays");

    assert_eq!(
        service.fails("CreateUserPool", tagged("eu-west-1_Example01")).await,
        invalid("A user pool with the id eu-west-1_Example01 already exists.")
    );
    let too_long = format!("eu-west-1_{}", "x".repeat(46));
    for id in ["plain", "_x", "a_", "eu west_x", "a_b-c", too_long.as_str()] {
        assert_eq!(
            service.fails("CreateUserPool", tagged(id)).await,
            invalid(&format!(
                "The tag _custom_id_ holds no user pool id: {id} should look like us-east-1_Example01."
            ))
        );
    }
}

#[tokio::test]
async fn the_tag_is_only_a_tag_in_production() {
    let service = TestService::new().await;
    let created = service.ok("CreateUserPool", tagged("eu-west-1_Example01")).await;
    assert!(text(&created["UserPool"]["Id"]).starts_with("us-east-1_"));
    service.ok("CreateUserPool", tagged("no id at all")).await;
}
