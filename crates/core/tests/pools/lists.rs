use std::collections::BTreeSet;

use cenote_core::testing::{TestService, text};
use serde_json::{Value, json};

use crate::function;

async fn page(service: &TestService, size: usize, token: Option<&Value>) -> Value {
    let mut request = json!({ "MaxResults": size });
    if let Some(token) = token {
        request["NextToken"] = token.clone();
    }
    service.ok("ListUserPools", request).await
}

#[tokio::test]
async fn an_entry_is_short() {
    let service = TestService::new().await;
    let members = json!({ "PoolName": "listed", "LambdaConfig": { "PreSignUp": function("pre") } });
    let pool = service.pool(members).await;
    assert_eq!(
        page(&service, 60, None).await,
        json!({ "UserPools": [{
            "Id": pool, "Name": "listed", "LambdaConfig": { "PreSignUp": function("pre") },
            "CreationDate": 1_795_449_600, "LastModifiedDate": 1_795_449_600,
        }] })
    );
}

#[tokio::test]
async fn pages_show_every_pool_once_from_the_oldest_on() {
    let service = TestService::new().await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(service.pool(json!({})).await);
        // Some share a moment.
        service.clock.advance_seconds(number % 2);
    }
    let mut seen = Vec::new();
    let mut token = None;
    loop {
        let answer = page(&service, 2, token.as_ref()).await;
        let pools = answer["UserPools"].as_array().unwrap();
        assert!(pools.len() <= 2);
        seen.extend(pools.iter().map(|it| text(&it["Id"])));
        match answer.get("NextToken") {
            Some(next) => token = Some(next.clone()),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>(), made.iter().collect::<BTreeSet<_>>());
    // The first two share a moment; their ids decide.
    assert_eq!(seen.first(), made.iter().take(2).min());

    // A pool made meanwhile comes at the end of a chain that has begun.
    let first = page(&service, 4, None).await;
    service.clock.advance_seconds(1);
    let late = service.pool(json!({})).await;
    let rest = page(&service, 4, Some(&first["NextToken"])).await;
    assert_eq!(text(&rest["UserPools"][1]["Id"]), late);
    // A full page that is the last has no token.
    assert_eq!(page(&service, 6, None).await.get("NextToken"), None);
}

#[tokio::test]
async fn tokens_are_worth_nothing_elsewhere() {
    let mut service = TestService::new().await;
    service.caller.request_id = "the-request".into();
    let pool = service.pool(json!({})).await;
    service.pool(json!({})).await;
    for _ in 0..2 {
        service.client(&pool, json!({})).await;
    }
    let of_pools = text(&page(&service, 1, None).await["NextToken"]);
    let clients = json!({ "UserPoolId": pool, "MaxResults": 1 });
    let of_clients = text(&service.ok("ListUserPoolClients", clients).await["NextToken"]);

    for token in [of_clients.as_str(), "garbage", "====", "a.b"] {
        let request = json!({ "MaxResults": 1, "NextToken": token });
        let expected = format!("Paging marker {token} is invalid for request the-request");
        assert_eq!(
            service.fails("ListUserPools", request).await,
            ("InvalidParameterException".to_owned(), expected)
        );
    }
    // An hour is all.
    service.clock.advance_seconds(3599);
    page(&service, 1, Some(&json!(of_pools))).await;
    service.clock.advance_seconds(1);
    let (code, _) = service.fails("ListUserPools", json!({ "MaxResults": 1, "NextToken": of_pools })).await;
    assert_eq!(code, "InvalidParameterException");
}

#[tokio::test]
async fn the_size_of_a_page_is_bounded() {
    let service = TestService::new().await;
    for (size, rule) in [(0, "greater than or equal to 1"), (61, "less than or equal to 60")] {
        let (code, message) = service.fails("ListUserPools", json!({ "MaxResults": size })).await;
        assert_eq!(code, "InvalidParameterException");
        assert!(message.ends_with(&format!("Member must have value {rule}")), "{message}");
    }
    let (_, message) = service.fails("ListUserPools", json!({})).await;
    assert!(message.contains("Value null at 'maxResults'"), "{message}");
}
