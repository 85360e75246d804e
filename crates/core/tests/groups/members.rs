use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn adding_and_removing_twice_change_nothing() {
    let world = World::new().await;
    world.user("alice").await;
    world.group("g").await;
    let member = json!({ "Username": "alice", "GroupName": "g" });
    for _ in 0..2 {
        assert_eq!(world.ok("AdminAddUserToGroup", member.clone()).await, Value::Null);
        assert_eq!(world.groups_of("alice").await, ["g"]);
        assert_eq!(world.users_in("g").await, ["alice"]);
    }
    for _ in 0..2 {
        assert_eq!(world.ok("AdminRemoveUserFromGroup", member.clone()).await, Value::Null);
        assert_eq!(world.groups_of("alice").await, [""; 0]);
        assert_eq!(world.users_in("g").await, [""; 0]);
    }
}

#[tokio::test]
async fn a_user_has_all_its_names_here() {
    let world = World::with(
        cenote_core::testing::TestService::builder(),
        json!({ "AliasAttributes": ["email"], "UsernameConfiguration": { "CaseSensitive": false } }),
    )
    .await;
    let sub = world.user("alice").await;
    let email = json!([
        { "Name": "email", "Value": "alice@test.com" }, { "Name": "email_verified", "Value": "true" },
    ]);
    world.ok("AdminUpdateUserAttributes", json!({ "Username": "alice", "UserAttributes": email })).await;
    for (number, name) in ["ALICE", "alice@test.com", sub.as_str()].iter().enumerate() {
        world.group(&number.to_string()).await;
        world.add(name, &number.to_string()).await;
        assert_eq!(world.groups_of(name).await.len(), number + 1);
    }
    assert_eq!(world.users_in("0").await, ["alice"]);
}

#[tokio::test]
async fn the_user_must_be_there() {
    let world = World::new().await;
    world.group("g").await;
    for operation in ["AdminAddUserToGroup", "AdminRemoveUserFromGroup", "AdminListGroupsForUser"] {
        assert_eq!(
            world.fails(operation, json!({ "Username": "nobody", "GroupName": "g" })).await,
            error("UserNotFoundException", "User does not exist."),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn who_is_deleted_is_in_no_group() {
    let world = World::new().await;
    world.group("g").await;
    for name in ["alice", "bob"] {
        world.user(name).await;
        world.add(name, "g").await;
    }
    world.ok("AdminDeleteUser", json!({ "Username": "alice" })).await;
    assert_eq!(world.users_in("g").await, ["bob"]);
    let access = world.sign_in("bob").await["AccessToken"].clone();
    world.service.ok("DeleteUser", json!({ "AccessToken": access })).await;
    assert_eq!(world.users_in("g").await, [""; 0]);
    // Who comes by the same name starts anew.
    world.user("alice").await;
    assert_eq!(world.groups_of("alice").await, [""; 0]);
}

#[tokio::test]
async fn a_user_is_shown_in_a_group_as_in_every_list() {
    let world = World::new().await;
    world.user("alice").await;
    world.group("g").await;
    let before = world.ok("ListUsers", json!({})).await;
    world.add("alice", "g").await;
    let listed = world.ok("ListUsers", json!({})).await;
    assert_eq!(world.ok("ListUsersInGroup", json!({ "GroupName": "g" })).await, listed);
    assert_eq!(before, listed, "being added does not change a user");
}

#[tokio::test]
async fn a_user_is_in_a_hundred_groups_at_most() {
    let world = World::new().await;
    world.user("alice").await;
    for number in 0..102 {
        world.group(&format!("{number:03}")).await;
    }
    for number in 0..99 {
        world.add("alice", &format!("{number:03}")).await;
    }
    // Of three at once one is the hundredth.
    let add = |name: &'static str| {
        world.call("AdminAddUserToGroup", json!({ "Username": "alice", "GroupName": name }))
    };
    let outcomes = tokio::join!(add("099"), add("100"), add("101"));
    let full = Err(error("InvalidParameterException", "The user has reached the limit of 100 groups."));
    let outcomes = [outcomes.0, outcomes.1, outcomes.2];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == full).count(), 2, "{outcomes:?}");
    // What it is in already can be said again, and leaving makes room.
    world.add("alice", "000").await;
    world.ok("AdminRemoveUserFromGroup", json!({ "Username": "alice", "GroupName": "000" })).await;
    world.add("alice", "000").await;
    let id = claims(&world.sign_in("alice").await["IdToken"]);
    assert_eq!(id["cognito:groups"].as_array().unwrap().len(), 100);
}
