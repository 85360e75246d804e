//! ListUsers: filters, attributes, pages.

use std::collections::BTreeSet;

use cenote_core::testing::{merged, text};
use serde_json::{Value, json};

use crate::world::*;

async fn list(world: &World, members: Value) -> Result<Value, (String, String)> {
    let request = merged(json!({ "UserPoolId": world.pool }), members);
    world.service.call("ListUsers", request).await
}

fn names(answer: &Value) -> Vec<String> {
    answer["Users"].as_array().unwrap().iter().map(|user| text(&user["Username"])).collect()
}

#[tokio::test]
async fn an_empty_pool_has_an_empty_list() {
    let world = World::new().await;
    assert_eq!(list(&world, json!({})).await, Ok(json!({ "Users": [] })));
    assert_eq!(
        world.service.fails("ListUsers", json!({ "UserPoolId": "us-east-1_nowhere00" })).await,
        error("ResourceNotFoundException", "User pool us-east-1_nowhere00 does not exist.")
    );
}

#[tokio::test]
async fn users_look_as_they_do_elsewhere() {
    let world = World::new().await;
    world.rosa().await;
    let user = world.user("rosa").await;
    assert_eq!(
        list(&world, json!({})).await,
        Ok(json!({ "Users": [{
            "Attributes": user["UserAttributes"],
            "Enabled": true,
            "UserCreateDate": user["UserCreateDate"],
            "UserLastModifiedDate": user["UserLastModifiedDate"],
            "UserStatus": "CONFIRMED",
            "Username": "rosa",
        }] }))
    );
}

#[tokio::test]
async fn filters_find_who_they_describe() {
    let world = World::new().await;
    world
        .confirmed(
            "rosa",
            &[("email", "rosa@example.org"), ("name", "Rosa Luna"), ("phone_number", "+12065551234")],
        )
        .await;
    world.service.clock.advance_seconds(1);
    world
        .confirmed(
            "rosalie",
            &[("email", "Rosalie@example.org"), ("given_name", "Rosa"), ("family_name", "\"Q\\\"")],
        )
        .await;
    world.service.clock.advance_seconds(1);
    world.unconfirmed("luna", &[("preferred_username", "moon")]).await;
    world.disable("luna").await;
    let sub = world.attribute("luna", "sub").await.unwrap();
    for (filter, expected) in [
        ("".to_owned(), vec!["rosa", "rosalie", "luna"]),
        (r#"username = "rosa""#.to_owned(), vec!["rosa"]),
        (r#"username ^= "rosa""#.to_owned(), vec!["rosa", "rosalie"]),
        (r#"username ^= "Rosa""#.to_owned(), vec![]),
        (r#"email ^= "rosa""#.to_owned(), vec!["rosa"]),
        (r#"email = "rosa@example.org""#.to_owned(), vec!["rosa"]),
        (r#"name = "Rosa Luna""#.to_owned(), vec!["rosa"]),
        (r#"phone_number ^= "+1""#.to_owned(), vec!["rosa"]),
        (r#"given_name="Rosa""#.to_owned(), vec!["rosalie"]),
        (r#"family_name = "\"Q\\\"""#.to_owned(), vec!["rosalie"]),
        (r#"preferred_username = "moon""#.to_owned(), vec!["luna"]),
        (r#"cognito:user_status = "unconfirmed""#.to_owned(), vec!["luna"]),
        (r#"cognito:user_status ^= "CONF""#.to_owned(), vec!["rosa", "rosalie"]),
        (r#"status = "Enabled""#.to_owned(), vec!["rosa", "rosalie"]),
        (r#"status = "Disabled""#.to_owned(), vec!["luna"]),
        (r#"status = "disabled""#.to_owned(), vec![]),
        (format!("sub = \"{sub}\""), vec!["luna"]),
        (format!("sub ^= \"{}\"", &sub[..13]), vec!["luna"]),
        (r#"email = "nobody""#.to_owned(), vec![]),
        (r#"email ^= """#.to_owned(), vec!["rosa", "rosalie"]),
    ] {
        assert_eq!(names(&list(&world, json!({ "Filter": filter })).await.unwrap()), expected, "{filter}");
    }
    assert_eq!(
        list(&world, json!({ "Filter": "custom:x = \"1\"" })).await,
        Err(invalid("Invalid search attribute: custom:x"))
    );
    assert_eq!(list(&world, json!({ "Filter": "email" })).await, Err(invalid("Error while parsing filter.")));
}

#[tokio::test]
async fn user_names_are_folded_where_case_does_not_count() {
    let world = World::of(json!({ "UsernameConfiguration": { "CaseSensitive": false } })).await;
    world.confirmed("Rosa", &[]).await;
    for filter in [r#"username = "rOSA""#, r#"username ^= "RO""#] {
        assert_eq!(names(&list(&world, json!({ "Filter": filter })).await.unwrap()), ["Rosa"]);
    }
}

#[tokio::test]
async fn filters_see_changes() {
    let world = World::new().await;
    world.rosa().await;
    let members = json!({ "UserAttributes": attributes(&[("name", "New")]) });
    world.service.ok("AdminUpdateUserAttributes", world.admin("rosa", members)).await;
    assert_eq!(names(&list(&world, json!({ "Filter": "name = \"New\"" })).await.unwrap()), ["rosa"]);
    world.service.ok("AdminDeleteUser", world.admin("rosa", json!({}))).await;
    assert_eq!(list(&world, json!({ "Filter": "name = \"New\"" })).await, Ok(json!({ "Users": [] })));
}

#[tokio::test]
async fn attributes_to_get_choose() {
    let world = World::new().await;
    world.rosa().await;
    let shown = async |wanted: Value| {
        let answer = list(&world, json!({ "AttributesToGet": wanted })).await?;
        Ok(answer["Users"][0]["Attributes"].clone())
    };
    assert_eq!(shown(json!(["email", "name"])).await, Ok(attributes(&[("email", "rosa@example.org")])));
    assert_eq!(shown(json!([])).await, Ok(json!([])));
    assert_eq!(
        shown(json!(["email", "nose"])).await,
        Err(invalid("One or more requested attributes do not exist."))
    );
}

async fn chain(world: &World, members: Value) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut request = members;
    loop {
        let answer = list(world, request.clone()).await.unwrap();
        pages.push(names(&answer));
        match answer.get("PaginationToken") {
            Some(token) => request["PaginationToken"] = token.clone(),
            None => return pages,
        }
    }
}

async fn crowd(world: &World, count: usize) {
    for number in 0..count {
        // Several in one millisecond: the sub decides their order.
        if number % 3 == 0 {
            world.service.clock.advance_seconds(1);
        }
        let members = json!({
            "MessageAction": "SUPPRESS", "TemporaryPassword": PASSWORD,
            "UserAttributes": attributes(&[("family_name", if number % 2 == 0 { "even" } else { "odd" })]),
        });
        world.service.ok("AdminCreateUser", world.admin(&format!("user{number:03}"), members)).await;
    }
}

#[tokio::test]
async fn pages_repeat_nobody_and_leave_nobody_out() {
    let world = World::new().await;
    crowd(&world, 10).await;
    for limit in [1, 3, 9, 10, 11, 60] {
        let pages = chain(&world, json!({ "Limit": limit })).await;
        assert!(pages.iter().all(|page| page.len() <= limit));
        let all: Vec<&String> = pages.iter().flatten().collect();
        assert_eq!(all.len(), 10);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 10);
    }
    let pages = chain(&world, json!({ "Limit": 2, "Filter": "family_name = \"odd\"" })).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(chain(&world, json!({ "Limit": 0 })).await.len(), 1);
}

#[tokio::test]
async fn a_chain_goes_on_while_users_come_and_go() {
    let world = World::new().await;
    crowd(&world, 6).await;
    let first = list(&world, json!({ "Limit": 3 })).await.unwrap();
    world.service.ok("AdminDeleteUser", world.admin(&names(&first)[2], json!({}))).await;
    world.service.clock.advance_seconds(1);
    world.confirmed("late", &[]).await;
    let rest =
        list(&world, json!({ "Limit": 10, "PaginationToken": first["PaginationToken"] })).await.unwrap();
    assert_eq!(names(&rest).len(), 4);
    assert!(names(&rest).iter().all(|name| !names(&first).contains(name)));
}

#[tokio::test]
async fn tokens_belong_to_their_list_and_grow_old() {
    let world = World::new().await;
    crowd(&world, 3).await;
    let token = text(&list(&world, json!({ "Limit": 1 })).await.unwrap()["PaginationToken"]);
    let marker = |token: &str| invalid(&format!("Paging marker {token} is invalid for request "));
    list(&world, json!({ "Limit": 2, "PaginationToken": token })).await.unwrap();
    for members in [
        json!({ "Filter": "family_name = \"odd\"" }),
        json!({ "AttributesToGet": [] }),
        json!({ "AttributesToGet": ["email"] }),
    ] {
        let mut members = members;
        members["PaginationToken"] = json!(token);
        assert_eq!(list(&world, members).await, Err(marker(&token)));
    }
    assert_eq!(list(&world, json!({ "PaginationToken": "forged" })).await, Err(marker("forged")));
    let other = world.service.pool(json!({})).await;
    assert_eq!(
        world.service.fails("ListUsers", json!({ "UserPoolId": other, "PaginationToken": token })).await,
        marker(&token)
    );
    world.service.clock.advance_seconds(3599);
    list(&world, json!({ "PaginationToken": token })).await.unwrap();
    world.service.clock.advance_seconds(1);
    assert_eq!(list(&world, json!({ "PaginationToken": token })).await, Err(marker(&token)));
}
