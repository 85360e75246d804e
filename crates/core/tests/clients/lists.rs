use std::collections::BTreeSet;

use cenote_core::testing::{TestService, text};
use serde_json::{Value, json};

use crate::invalid;

#[tokio::test]
async fn an_entry_is_short() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let client = service.client(&pool, json!({ "GenerateSecret": true })).await;
    let all = service.ok("ListUserPoolClients", json!({ "UserPoolId": pool })).await;
    let entry = json!({ "UserPoolId": pool, "ClientId": client, "ClientName": "client" });
    assert_eq!(all, json!({ "UserPoolClients": [entry] }));
    let regular = json!({ "UserPoolId": pool, "ClientType": "REGULAR" });
    assert_eq!(service.ok("ListUserPoolClients", regular).await, all);
    let registered = json!({ "UserPoolId": pool, "ClientType": "DCR" });
    assert_eq!(service.ok("ListUserPoolClients", registered).await, json!({ "UserPoolClients": [] }));
}

#[tokio::test]
async fn pages_show_every_client_once() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    service.client(&service.pool(json!({})).await, json!({})).await;
    let mut made = BTreeSet::new();
    for _ in 0..65 {
        made.insert(service.client(&pool, json!({})).await);
    }
    let mut seen = Vec::new();
    let mut request = json!({ "UserPoolId": pool });
    let mut sizes = Vec::new();
    loop {
        let answer = service.ok("ListUserPoolClients", request.clone()).await;
        let clients = answer["UserPoolClients"].as_array().unwrap();
        sizes.push(clients.len());
        seen.extend(clients.iter().map(|it| text(&it["ClientId"])));
        match answer.get("NextToken") {
            Some(next) => request["NextToken"] = next.clone(),
            None => break,
        }
    }
    assert_eq!(sizes, [60, 5]);
    assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), made);
}

#[tokio::test]
async fn tokens_are_bound_to_pool_and_type() {
    let mut service = TestService::new().await;
    service.caller.request_id = "the-request".into();
    let (pool, other) = (service.pool(json!({})).await, service.pool(json!({})).await);
    for pool in [&pool, &pool, &other, &other] {
        service.client(pool, json!({})).await;
    }
    let request = json!({ "UserPoolId": pool, "MaxResults": 1 });
    let token = text(&service.ok("ListUserPoolClients", request.clone()).await["NextToken"]);
    let bad = invalid(&format!("Paging marker {token} is invalid for request the-request"));
    let with = |member: &str, value: Value| {
        let mut request = request.clone();
        request["NextToken"] = json!(token);
        request[member] = value;
        request
    };
    assert_eq!(service.fails("ListUserPoolClients", with("UserPoolId", json!(other))).await, bad);
    assert_eq!(service.fails("ListUserPoolClients", with("ClientType", json!("REGULAR"))).await, bad);
    let garbage = invalid("Paging marker x is invalid for request the-request");
    assert_eq!(service.fails("ListUserPoolClients", with("NextToken", json!("x"))).await, garbage);
    // The size of a page may change.
    let rest = service.ok("ListUserPoolClients", with("MaxResults", json!(60))).await;
    assert_eq!(rest["UserPoolClients"].as_array().unwrap().len(), 1);
}
