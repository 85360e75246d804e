//! GetUser and AdminGetUser, and what access tokens are refused for.

use cenote_core::testing::{TestService, text};
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn the_client_reads_standard_attributes_by_default() {
    let world = World::with(
        TestService::builder(),
        json!({ "Schema": [{ "Name": "tier", "AttributeDataType": "String", "Mutable": true }] }),
        json!({}),
    )
    .await;
    let given =
        [("name", "Rosa"), ("email", "rosa@example.org"), ("email_verified", "true"), ("custom:tier", "x")];
    world.confirmed("rosa", &given).await;
    let token = world.token("rosa").await;
    let sub = world.attribute("rosa", "sub").await.unwrap();
    assert_eq!(
        world.service.ok("GetUser", json!({ "AccessToken": token })).await,
        json!({
            "UserAttributes": attributes(&[
                ("email", "rosa@example.org"), ("email_verified", "true"), ("name", "Rosa"), ("sub", &sub),
            ]),
            "Username": "rosa",
        })
    );
}

#[tokio::test]
async fn read_attributes_bind_the_client() {
    let world = World::with(
        TestService::builder(),
        json!({ "Schema": [{ "Name": "tier", "AttributeDataType": "String", "Mutable": true }] }),
        json!({ "ReadAttributes": ["custom:tier"] }),
    )
    .await;
    world.confirmed("rosa", &[("name", "Rosa"), ("custom:tier", "x")]).await;
    let token = world.token("rosa").await;
    let user = world.service.ok("GetUser", json!({ "AccessToken": token })).await;
    let sub = world.attribute("rosa", "sub").await.unwrap();
    assert_eq!(user["UserAttributes"], attributes(&[("custom:tier", "x"), ("sub", &sub)]));
}

#[tokio::test]
async fn tokens_are_checked_by_every_operation_that_takes_one() {
    let world = World::new().await;
    let token = world.rosa().await;
    let refused = async |token: &str, expected: (String, String)| {
        for (operation, members) in [
            ("GetUser", json!({})),
            ("DeleteUser", json!({})),
            ("UpdateUserAttributes", json!({ "UserAttributes": attributes(&[("name", "N")]) })),
            ("DeleteUserAttributes", json!({ "UserAttributeNames": ["name"] })),
            ("GetUserAttributeVerificationCode", json!({ "AttributeName": "email" })),
            ("VerifyUserAttribute", json!({ "AttributeName": "email", "Code": "123456" })),
            ("ChangePassword", json!({ "PreviousPassword": PASSWORD, "ProposedPassword": NEW_PASSWORD })),
        ] {
            let mut request = members;
            request["AccessToken"] = json!(token);
            assert_eq!(world.service.fails(operation, request).await, expected, "{operation}");
        }
    };
    refused("nonsense", unauthorized("Invalid Access Token")).await;
    let id_token = text(&world.sign_in("rosa", PASSWORD).await.unwrap()["AuthenticationResult"]["IdToken"]);
    refused(&id_token, unauthorized("Invalid Access Token")).await;
    let (head, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    refused(
        &format!("{head}.{other}{}", &signature[1..]),
        unauthorized("Could not verify signature for Access Token"),
    )
    .await;
    world.service.clock.advance_seconds(3600);
    refused(&token, unauthorized("Access Token has expired")).await;
    let token = world.token("rosa").await;
    world.service.ok("AdminUserGlobalSignOut", world.admin("rosa", json!({}))).await;
    refused(&token, unauthorized("Access Token has been revoked")).await;
    let token = world.token("rosa").await;
    world.service.ok("AdminDeleteUser", world.admin("rosa", json!({}))).await;
    refused(&token, missing_user()).await;
}

#[tokio::test]
async fn the_token_of_another_pool_speaks_for_its_own_user() {
    let world = World::new().await;
    world.rosa().await;
    let pool = world.service.pool(json!({})).await;
    let client =
        world.service.client(&pool, json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"] })).await;
    let other = World { service: world.service, pool, client };
    other.confirmed("rosa", &[("name", "Other")]).await;
    let token = other.token("rosa").await;
    other.service.ok("DeleteUser", json!({ "AccessToken": token })).await;
    assert!(other.does_not_exist("rosa").await);
    let first = other.service.ok("ListUserPools", json!({ "MaxResults": 10 })).await;
    let first =
        first["UserPools"].as_array().unwrap().iter().find(|pool| pool["Id"] != other.pool.as_str()).unwrap();
    let request = json!({ "UserPoolId": first["Id"], "Username": "rosa" });
    assert_eq!(other.service.ok("AdminGetUser", request).await["Username"], "rosa");
}
