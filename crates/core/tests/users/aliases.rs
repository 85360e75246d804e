//! Who owns an alias, and how it moves.

use serde_json::json;

use crate::world::*;

async fn world() -> World {
    World::of(json!({
        "AliasAttributes": ["email", "phone_number", "preferred_username"], "AutoVerifiedAttributes": ["email"],
    }))
    .await
}

const SHARED: [(&str, &str); 1] = [("email", "x@example.org")];

#[tokio::test]
async fn names_may_not_look_like_aliases() {
    let world = world().await;
    assert_eq!(
        world.sign_up("x@example.org", &[]).await,
        Err(invalid("Username cannot be of email format, since user pool is configured for email alias."))
    );
    assert_eq!(
        world.sign_up("+12065551234", &[]).await,
        Err(invalid(
            "Username cannot be of phone number format, since user pool is configured for phone number alias."
        ))
    );
    assert_eq!(
        world.sign_up("rosa", &[("preferred_username", "rose")]).await,
        Err(invalid(
            "Preferred username cannot be provided for unconfirmed account, since user pool is configured for preferred username alias."
        ))
    );
}

#[tokio::test]
async fn unverified_duplicates_meet_at_the_confirmation() {
    let world = world().await;
    world.unconfirmed("rosa", &SHARED).await;
    let first = world.service.code_sent_to("x@example.org").await;
    world.unconfirmed("luna", &SHARED).await;
    let second = world.service.code_sent_to("x@example.org").await;
    // Before it is verified an alias leads to nobody.
    assert_eq!(world.confirm("x@example.org", &first).await, Err(unknown_combination()));
    world.confirm("rosa", &first).await.unwrap();
    assert_eq!(world.user("x@example.org").await["Username"], "rosa");
    assert_eq!(world.confirm("luna", &second).await, Err(alias_taken("email")));
    assert_eq!(world.status("luna").await, "UNCONFIRMED");
    assert_eq!(world.confirm("luna", &second).await, Err(alias_taken("email")));

    world.service.clock.advance_seconds(60);
    let request = world.public("luna", json!({ "ConfirmationCode": second, "ForceAliasCreation": true }));
    assert_eq!(world.service.ok("ConfirmSignUp", request).await, json!({}));
    assert_eq!(world.user("x@example.org").await["Username"], "luna");
    assert_eq!(world.attribute("rosa", "email").await.as_deref(), Some("x@example.org"));
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("false"));
    assert!(world.sign_in("rosa", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_wrong_code_moves_nothing() {
    let world = world().await;
    world.confirmed("rosa", &[("email", "x@example.org"), ("email_verified", "true")]).await;
    world.unconfirmed("luna", &SHARED).await;
    let code = world.service.code_sent_to("x@example.org").await;
    let request =
        world.public("luna", json!({ "ConfirmationCode": other_than(&code), "ForceAliasCreation": true }));
    assert_eq!(world.service.fails("ConfirmSignUp", request).await, mismatch());
    assert_eq!(world.user("x@example.org").await["Username"], "rosa");
}

#[tokio::test]
async fn administrators_take_aliases_over_only_on_request() {
    let world = world().await;
    let verified = attributes(&[("email", "x@example.org"), ("email_verified", "True")]);
    let create = |name: &str, force: bool| {
        let members =
            json!({ "UserAttributes": verified, "ForceAliasCreation": force, "MessageAction": "SUPPRESS" });
        world.service.call("AdminCreateUser", world.admin(name, members))
    };
    create("rosa", false).await.unwrap();
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("true"));
    assert_eq!(create("luna", false).await, Err(alias_taken("email")));
    assert!(world.does_not_exist("luna").await);
    create("luna", true).await.unwrap();
    assert_eq!(world.user("x@example.org").await["Username"], "luna");
    assert_eq!(world.attribute("rosa", "email_verified").await.as_deref(), Some("false"));
    // Unverified values are no aliases: no conflict, nothing moves.
    let members = json!({ "UserAttributes": attributes(&SHARED), "MessageAction": "SUPPRESS" });
    world.service.ok("AdminCreateUser", world.admin("ines", members)).await;
    assert_eq!(world.user("x@example.org").await["Username"], "luna");
}

#[tokio::test]
async fn a_preferred_name_has_one_owner() {
    let world = world().await;
    world.confirmed("rosa", &[]).await;
    world.confirmed("luna", &[]).await;
    let set = |name: &str, value: &str| {
        let members = json!({ "UserAttributes": attributes(&[("preferred_username", value)]) });
        world.service.call("AdminUpdateUserAttributes", world.admin(name, members))
    };
    set("rosa", "rose").await.unwrap();
    assert_eq!(set("luna", "rose").await, Err(preferred_username_taken()));
    assert!(world.sign_in("rose", PASSWORD).await.is_ok());
    set("rosa", "").await.unwrap();
    set("luna", "rose").await.unwrap();
    assert_eq!(world.user("rose").await["Username"], "luna");
    let members = json!({
        "UserAttributes": attributes(&[("preferred_username", "rose")]), "ForceAliasCreation": true,
        "MessageAction": "SUPPRESS",
    });
    let refused = world.service.fails("AdminCreateUser", world.admin("ines", members)).await;
    assert_eq!(refused, preferred_username_taken());
}

#[tokio::test]
async fn the_user_name_comes_before_sub_and_alias() {
    let world = world().await;
    let sub = world.confirmed("rosa", &[("preferred_username", "luna")]).await;
    assert_eq!(sub, "rosa");
    assert_eq!(world.user("luna").await["Username"], "rosa");
    // Names and preferred names are one space: nobody takes the other's.
    let taken = error("UsernameExistsException", "User already exists");
    assert_eq!(world.sign_up("luna", &[]).await, Err(taken));
    world.confirmed("maria", &[]).await;
    let request = json!({
        "UserPoolId": world.pool, "Username": "maria",
        "UserAttributes": [{ "Name": "preferred_username", "Value": "rosa" }],
    });
    assert_eq!(
        world.service.fails("AdminUpdateUserAttributes", request).await,
        error("AliasExistsException", "Already found an entry for the provided username.")
    );
    let sub = world.attribute("rosa", "sub").await.unwrap();
    assert_eq!(world.user(&sub).await["Username"], "rosa");
    // Nobody may be called like somebody else's sub.
    assert_eq!(world.sign_up(&sub, &[]).await, Err(error("UsernameExistsException", "User already exists")));
}

#[tokio::test]
async fn what_is_no_identifier_leads_to_nobody() {
    let world = World::new().await;
    world.confirmed("rosa", &[("email", "rosa@example.org"), ("email_verified", "true")]).await;
    assert!(world.does_not_exist("rosa@example.org").await);
}
