//! DeleteUser, AdminDeleteUser, and deleting attributes.

use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn names_are_free_again() {
    let world = World::of(json!({ "UsernameAttributes": ["email"] })).await;
    let sub = world.confirmed("rosa@example.org", &[]).await;
    assert_eq!(
        world.service.ok("AdminDeleteUser", world.admin("rosa@example.org", json!({}))).await,
        Value::Null
    );
    assert!(world.does_not_exist(&sub).await && world.does_not_exist("rosa@example.org").await);
    assert_ne!(world.confirmed("rosa@example.org", &[]).await, sub);
}

#[tokio::test]
async fn users_delete_themselves() {
    let world = World::new().await;
    let token = world.rosa().await;
    assert_eq!(world.service.ok("DeleteUser", json!({ "AccessToken": token })).await, Value::Null);
    assert!(world.does_not_exist("rosa").await);
    assert_eq!(world.service.fails("DeleteUser", json!({ "AccessToken": token })).await, missing_user());
    // A new user of the same name is another one.
    world.rosa().await;
    assert_eq!(world.service.fails("GetUser", json!({ "AccessToken": token })).await, missing_user());
}

async fn with_schema() -> World {
    World::with(
        TestService::builder(),
        json!({ "Schema": [
            { "Name": "name", "Required": true },
            { "Name": "born", "AttributeDataType": "String", "Mutable": false },
            { "Name": "rank", "AttributeDataType": "String", "Mutable": true, "DeveloperOnlyAttribute": true },
        ] }),
        json!({}),
    )
    .await
}

#[tokio::test]
async fn attributes_are_deleted_with_what_hangs_on_them() {
    let world = with_schema().await;
    let given = [
        ("name", "Rosa"),
        ("nickname", "R"),
        ("email", "rosa@example.org"),
        ("email_verified", "true"),
        ("phone_number", "+12065551234"),
        ("phone_number_verified", "true"),
        ("dev:custom:rank", "1"),
    ];
    world.confirmed("rosa", &given).await;
    let token = world.token("rosa").await;
    let request = json!({ "AccessToken": token, "UserAttributeNames": ["nickname", "email", "zoneinfo"] });
    assert_eq!(world.service.ok("DeleteUserAttributes", request).await, json!({}));
    let request =
        world.admin("rosa", json!({ "UserAttributeNames": ["phone_number_verified", "dev:custom:rank"] }));
    assert_eq!(world.service.ok("AdminDeleteUserAttributes", request).await, json!({}));
    let sub = world.attribute("rosa", "sub").await.unwrap();
    assert_eq!(
        world.user("rosa").await["UserAttributes"],
        attributes(&[("name", "Rosa"), ("phone_number", "+12065551234"), ("sub", &sub)])
    );
}

#[tokio::test]
async fn what_must_stay_stays() {
    let world = with_schema().await;
    world.confirmed("rosa", &[("name", "Rosa")]).await;
    let token = world.token("rosa").await;
    for (names, text) in [
        (
            json!(["nose", "nickname", "ear"]),
            "Invalid user attributes: user.nose: Attribute does not exist in the schema.\n\
             user.ear: Attribute does not exist in the schema.\n",
        ),
        (json!(["name"]), "Invalid user attributes: user.name: The attribute is required\n"),
    ] {
        let request = json!({ "AccessToken": token, "UserAttributeNames": names });
        assert_eq!(world.service.fails("DeleteUserAttributes", request).await, invalid(text));
        let request = world.admin("rosa", json!({ "UserAttributeNames": names }));
        assert_eq!(world.service.fails("AdminDeleteUserAttributes", request).await, invalid(text));
    }
    for name in ["sub", "custom:born"] {
        let request = world.admin("rosa", json!({ "UserAttributeNames": [name] }));
        assert_eq!(
            world.service.fails("AdminDeleteUserAttributes", request).await,
            invalid(&format!("Invalid user attributes: user.{name}: Attribute cannot be updated.\n"))
        );
    }
    for name in ["sub", "email_verified", "dev:custom:rank"] {
        let request = json!({ "AccessToken": token, "UserAttributeNames": [name] });
        assert_eq!(
            world.service.fails("DeleteUserAttributes", request).await,
            unauthorized("A client attempted to write unauthorized attribute")
        );
    }
}

#[tokio::test]
async fn the_last_name_to_sign_in_with_stays() {
    let world = World::of(json!({ "UsernameAttributes": ["email", "phone_number"] })).await;
    world.confirmed("rosa@example.org", &[("phone_number", "+12065551234")]).await;
    let delete = |by: &str, name: &str| {
        world
            .service
            .call("AdminDeleteUserAttributes", world.admin(by, json!({ "UserAttributeNames": [name] })))
    };
    delete("rosa@example.org", "email").await.unwrap();
    assert!(world.does_not_exist("rosa@example.org").await);
    assert_eq!(
        delete("+12065551234", "phone_number").await,
        Err(invalid("The attribute that the user signs in with cannot be removed."))
    );
}

#[tokio::test]
async fn a_deleted_alias_is_free() {
    let world = World::of(json!({ "AliasAttributes": ["email"] })).await;
    let given = [("email", "x@example.org"), ("email_verified", "true")];
    world.confirmed("rosa", &given).await;
    world
        .service
        .ok("AdminDeleteUserAttributes", world.admin("rosa", json!({ "UserAttributeNames": ["email"] })))
        .await;
    world.confirmed("luna", &given).await;
    assert_eq!(world.user("x@example.org").await["Username"], "luna");
}
