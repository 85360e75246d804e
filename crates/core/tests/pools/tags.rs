use cenote_core::testing::{TestService, text};
use serde_json::{Map, Value, json};

use crate::{describe, invalid, refused};

fn many(count: usize) -> Value {
    Value::Object((0..count).map(|number| (format!("k{number}"), json!("v"))).collect::<Map<_, _>>())
}

#[tokio::test]
async fn tags_of_a_pool_and_of_its_arn_are_the_same() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "UserPoolTags": { "a": "1" } })).await;
    let arn = text(&describe(&service, &pool).await["Arn"]);
    let list = json!({ "ResourceArn": arn });
    assert_eq!(service.ok("ListTagsForResource", list.clone()).await, json!({ "Tags": { "a": "1" } }));

    let tag = json!({ "ResourceArn": arn, "Tags": { "a": "2", "b": "" } });
    assert_eq!(service.ok("TagResource", tag).await, json!({}));
    assert_eq!(describe(&service, &pool).await["UserPoolTags"], json!({ "a": "2", "b": "" }));

    let untag = json!({ "ResourceArn": arn, "TagKeys": ["a", "never"] });
    assert_eq!(service.ok("UntagResource", untag).await, json!({}));
    assert_eq!(service.ok("ListTagsForResource", list.clone()).await, json!({ "Tags": { "b": "" } }));

    let other = json!({ "UserPoolId": pool, "UserPoolTags": { "c": "3" } });
    service.ok("UpdateUserPool", other).await;
    assert_eq!(service.ok("ListTagsForResource", list).await, json!({ "Tags": { "c": "3" } }));
}

#[tokio::test]
async fn fifty_tags_are_enough() {
    let service = TestService::new().await;
    let text_of_limit = "A user pool can have no more than 50 tags.";
    assert_eq!(
        refused(&service, json!({ "UserPoolTags": many(51) })).await,
        ("UserPoolTaggingException".to_owned(), text_of_limit.to_owned())
    );
    let pool = service.pool(json!({ "UserPoolTags": many(50) })).await;
    let arn = text(&describe(&service, &pool).await["Arn"]);
    let same = json!({ "ResourceArn": arn, "Tags": { "k1": "w" } });
    service.ok("TagResource", same).await;
    let more = json!({ "ResourceArn": arn, "Tags": { "more": "w" } });
    assert_eq!(service.fails("TagResource", more).await, invalid(text_of_limit));
}

#[tokio::test]
async fn only_our_own_arns_name_anything() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let arn = text(&describe(&service, &pool).await["Arn"]);
    for wrong in [
        arn.replace("000000000000", "123456789012"),
        arn.replace("us-east-1:", "eu-west-1:"),
        format!("{arn}x"),
        arn.replace("userpool", "identitypool"),
    ] {
        let expected = ("ResourceNotFoundException".to_owned(), format!("Resource {wrong} does not exist."));
        assert_eq!(service.fails("ListTagsForResource", json!({ "ResourceArn": wrong })).await, expected);
    }
}
