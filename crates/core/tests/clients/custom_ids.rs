use cenote_core::testing::TestService;
use serde_json::json;

use crate::{create, describe, invalid, refused};

#[tokio::test]
async fn the_name_sets_the_id_in_dev() {
    let service = TestService::builder().settings(|settings| settings.custom_ids = true).start().await;
    let (pool, other) = (service.pool(json!({})).await, service.pool(json!({})).await);
    let named = json!({ "ClientName": "_custom_id_:my+client_1" });
    let client = create(&service, &pool, named.clone()).await;
    assert_eq!(client["ClientId"], "my+client_1");
    assert_eq!(client["ClientName"], "_custom_id_:my+client_1");
    assert_eq!(describe(&service, &pool, "my+client_1").await, client);
    let taken = invalid("An app client with the id my+client_1 already exists.");
    assert_eq!(refused(&service, &pool, named.clone()).await, taken);
    assert_eq!(refused(&service, &other, named).await, taken, "ids are unique in the whole installation");
    for name in ["_custom_id_:", "_custom_id_:a b"] {
        let (code, message) = refused(&service, &pool, json!({ "ClientName": name })).await;
        assert_eq!(code, "InvalidParameterException");
        assert!(message.contains("is no client id"), "{message}");
    }
}

#[tokio::test]
async fn the_name_is_only_a_name_in_production() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let (_, message) = refused(&service, &pool, json!({ "ClientName": "_custom_id_:x" })).await;
    assert!(message.contains("regular expression pattern"), "{message}");
    let client = create(&service, &pool, json!({ "ClientName": "_custom_id_=x" })).await;
    assert_ne!(client["ClientId"], "x");
}

/// A seed has a name and an id.
#[tokio::test]
async fn whoever_may_choose_needs_no_name_for_it() {
    use cenote_core::clients::create_with_id;
    use cenote_model::types::CreateUserPoolClientRequest;
    use cenote_store::ClientId;
    let service = TestService::new().await;
    let user_pool_id = service.pool(json!({})).await;
    let request = CreateUserPoolClientRequest {
        user_pool_id: user_pool_id.clone(),
        client_name: "web".into(),
        ..CreateUserPoolClientRequest::default()
    };
    let context = service.service.context(service.caller.clone());
    create_with_id(&context, request, Some(ClientId::new("chosen"))).await.unwrap();
    assert_eq!(describe(&service, &user_pool_id, "chosen").await["ClientName"], "web");
}
