use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cenote_core::operations;
use cenote_core::testing::TestService;
use cenote_model::{ErrorCode, Operation};
use cenote_store::Conflict;
use cenote_store::testing::{Fault, FaultPoint};
use serde_json::json;

use crate::describe;

/// Makes the next commits fail, as many as are stored in the number.
fn faults(service: &TestService, fault: Fault) -> Arc<AtomicU32> {
    let left = Arc::new(AtomicU32::new(0));
    let injected = Arc::clone(&left);
    assert!(service.service.store.inject_faults(move |point| {
        let take = |left: u32| left.checked_sub(1);
        (point == FaultPoint::BeforeApply
            && injected.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok())
        .then_some(fault)
    }));
    left
}

#[tokio::test]
async fn an_overtaken_update_is_the_callers_to_repeat() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let client = service.client(&pool, json!({})).await;
    let before = describe(&service, &pool).await;
    let left = faults(&service, Fault::Conflict(Conflict::VersionChanged));
    for (operation, request) in [
        ("UpdateUserPool", json!({ "UserPoolId": pool, "PoolName": "other" })),
        ("SetUserPoolMfaConfig", json!({ "UserPoolId": pool })),
        ("UpdateUserPoolClient", json!({ "UserPoolId": pool, "ClientId": client })),
    ] {
        left.store(1, Ordering::SeqCst);
        let (code, _) = service.fails(operation, request.clone()).await;
        assert_eq!(code, "ConcurrentModificationException", "{operation}");
        assert_eq!(describe(&service, &pool).await, before);
        service.ok(operation, request).await;
        service.ok("UpdateUserPool", json!({ "UserPoolId": pool, "PoolName": "pool" })).await;
    }
}

#[tokio::test]
async fn what_does_not_depend_on_the_rest_is_repeated_for_the_caller() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let client = service.client(&pool, json!({ "GenerateSecret": true })).await;
    let doomed = service.client(&pool, json!({})).await;
    let of_client = json!({ "UserPoolId": pool, "ClientId": client });
    let arn = format!("arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool}");
    let attribute = json!([{ "Name": "x", "AttributeDataType": "String" }]);
    let left = faults(&service, Fault::Conflict(Conflict::VersionChanged));
    for (operation, request) in [
        ("AddCustomAttributes", json!({ "UserPoolId": pool, "CustomAttributes": attribute })),
        ("TagResource", json!({ "ResourceArn": arn, "Tags": { "a": "b" } })),
        ("UntagResource", json!({ "ResourceArn": arn, "TagKeys": ["a"] })),
        ("AddUserPoolClientSecret", of_client),
        ("DeleteUserPoolClient", json!({ "UserPoolId": pool, "ClientId": doomed })),
        ("DeleteUserPool", json!({ "UserPoolId": pool })),
    ] {
        left.store(5, Ordering::SeqCst);
        let (code, _) = service.fails(operation, request.clone()).await;
        assert_eq!(code, "TooManyRequestsException", "{operation}");
        left.store(4, Ordering::SeqCst);
        service.ok(operation, request).await;
        assert_eq!(left.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn a_taken_random_id_is_drawn_again() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let left = faults(&service, Fault::Conflict(Conflict::AlreadyExists));
    left.store(2, Ordering::SeqCst);
    service.pool(json!({})).await;
    left.store(2, Ordering::SeqCst);
    service.client(&pool, json!({})).await;
    assert_eq!(left.load(Ordering::SeqCst), 0);
}

/// The operations on secrets name our own faults differently, and none tells what went wrong.
#[tokio::test]
async fn a_failing_store_is_our_own_fault() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let client = service.client(&pool, json!({ "GenerateSecret": true })).await;
    let left = faults(&service, Fault::Unavailable);
    let of_client = json!({ "UserPoolId": pool, "ClientId": client });
    let of_pool = json!({ "UserPoolId": pool });
    for (operation, request, code) in [
        (Operation::AddUserPoolClientSecret, of_client.clone(), ErrorCode::InternalServerException),
        (Operation::UpdateUserPoolClient, of_client.clone(), ErrorCode::InternalErrorException),
        (Operation::DeleteUserPoolClient, of_client, ErrorCode::InternalErrorException),
        (Operation::UpdateUserPool, of_pool.clone(), ErrorCode::InternalErrorException),
        (Operation::DeleteUserPool, of_pool, ErrorCode::InternalErrorException),
        (Operation::CreateUserPool, json!({ "PoolName": "x" }), ErrorCode::InternalErrorException),
    ] {
        left.store(1, Ordering::SeqCst);
        let context = service.service.context(service.caller.clone());
        let error = operations::dispatch(&context, operation, request).await.unwrap_err();
        assert_eq!(error.code, code, "{}", operation.as_str());
        assert!(!error.message.unwrap().contains("injected"));
    }
    let all = service.ok("ListUserPools", json!({ "MaxResults": 60 })).await;
    assert_eq!(all["UserPools"].as_array().map(Vec::len), Some(1));
}
