use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::invalid;

#[tokio::test]
async fn a_pool_goes_with_its_clients() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let client = service.client(&pool, json!({})).await;
    assert_eq!(service.ok("DeleteUserPool", json!({ "UserPoolId": pool })).await, Value::Null);
    let missing = ("ResourceNotFoundException".to_owned(), format!("User pool {pool} does not exist."));
    for (operation, request) in [
        ("DescribeUserPool", json!({ "UserPoolId": pool })),
        ("DeleteUserPool", json!({ "UserPoolId": pool })),
        ("UpdateUserPool", json!({ "UserPoolId": pool })),
        ("DescribeUserPoolClient", json!({ "UserPoolId": pool, "ClientId": client })),
        ("ListUserPoolClients", json!({ "UserPoolId": pool })),
        ("CreateUserPoolClient", json!({ "UserPoolId": pool, "ClientName": "late" })),
    ] {
        assert_eq!(service.fails(operation, request).await, missing, "{operation}");
    }
}

#[tokio::test]
async fn protection_must_be_switched_off_first() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "DeletionProtection": "ACTIVE" })).await;
    let delete = json!({ "UserPoolId": pool });
    assert_eq!(
        service.fails("DeleteUserPool", delete.clone()).await,
        invalid(
            "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be \
             inactivated first."
        )
    );
    service.ok("UpdateUserPool", json!({ "UserPoolId": pool, "DeletionProtection": "INACTIVE" })).await;
    service.ok("DeleteUserPool", delete).await;
}
