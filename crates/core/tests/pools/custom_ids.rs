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
    for id in ["plain", "_x", "a_", "eu west_x", "a_b-c", "a_b_c", "../a_b", too_long.as_str()] {
        assert_eq!(
            service.fails("CreateUserPool", tagged(id)).await,
            invalid(&format!("{id} is no user pool id. It should look like us-east-1_Example01."))
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

/// A seed has no tag.
#[tokio::test]
async fn whoever_may_choose_needs_no_tag() {
    use cenote_core::pools::create_with_id;
    use cenote_model::types::CreateUserPoolRequest;
    use cenote_store::PoolId;
    let service = TestService::new().await;
    let request = CreateUserPoolRequest { pool_name: "seeded".into(), ..CreateUserPoolRequest::default() };
    let context = service.service.context(service.caller.clone());
    create_with_id(&context, request, Some(PoolId::new("eu-west-1_Seeded"))).await.unwrap();
    let shown = describe(&service, "eu-west-1_Seeded").await;
    assert_eq!((&shown["Name"], &shown["UserPoolTags"]), (&json!("seeded"), &json!({})));
}

#[tokio::test]
async fn a_strange_region_is_not_part_of_an_id() {
    let mut service = TestService::new().await;
    for region in ["", "a_b", "../x", "eu west", "r".repeat(33).as_str()] {
        service.caller.region = region.to_owned();
        assert!(service.pool(json!({})).await.starts_with("us-east-1_"), "{region}");
    }
}
