//! What can't be guessed and might be used again.

use std::sync::Arc;

use cenote_core::testing::text;
use serde_json::json;

use crate::kinds::*;
use crate::world::*;

/// The keys of the tests, and those that take over from them one by one.
const OLD: u8 = 7;
const NEW: u8 = 8;

pub async fn a_session_serves_once_over_instances_restarts_and_new_master_keys(world: World) {
    let members = json!({ "MessageAction": "SUPPRESS", "TemporaryPassword": TEMPORARY });
    world.first().ok("AdminCreateUser", world.admin("carla", members)).await;
    let challenge = world.sign_in(0, 0, "carla", TEMPORARY).await.unwrap();
    let answer = json!({
        "ClientId": world.clients[0], "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": challenge["Session"],
        "ChallengeResponses": { "USERNAME": "carla", "NEW_PASSWORD": PASSWORD },
    });
    // An upgrade under way: the second instance seals with the new key already, and both read both.
    let world = Arc::new(world.rotated(&[OLD, NEW], &[NEW, OLD]).await);
    let mut answers = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (world, answer) = (Arc::clone(&world), answer.clone());
        answers
            .spawn(async move { world.instances[number % 2].call("RespondToAuthChallenge", answer).await });
    }
    let answers = answers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let used = (
        "NotAuthorizedException".to_owned(),
        "Invalid session for the user, session can only be used once.".to_owned(),
    );
    // Who lost by a hair finds the user changed instead.
    let lost = ("NotAuthorizedException".to_owned(), "Invalid session for the user.".to_owned());
    assert!(
        answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .all(|error| *error == used || *error == lost)
    );
    for instance in &world.instances {
        assert_eq!(instance.fails("RespondToAuthChallenge", answer.clone()).await, used);
    }
    let world = Arc::into_inner(world).unwrap().rotated(&[NEW, OLD], &[NEW, OLD]).await;
    for instance in &world.instances {
        assert_eq!(instance.fails("RespondToAuthChallenge", answer.clone()).await, used);
    }
}

pub async fn what_was_revoked_stays_so_over_instances_restarts_and_new_master_keys(mut world: World) {
    let tokens = world.tokens("alice").await;
    let signed_out = world.tokens("bob").await;
    let request = json!({ "ClientId": world.clients[0], "Token": tokens["RefreshToken"] });
    world.first().ok("RevokeToken", request).await;
    world.first().ok("AdminUserGlobalSignOut", world.admin("bob", json!({}))).await;
    let rings: [(&[u8], &[u8]); 3] =
        [(&[OLD], &[OLD]), (&[OLD, NEW], &[NEW, OLD]), (&[NEW, OLD], &[NEW, OLD])];
    for (first, second) in rings {
        world = world.rotated(first, second).await;
        for instance in &world.instances {
            for token in [&tokens, &signed_out] {
                let refused = instance.fails("GetUser", json!({ "AccessToken": token["AccessToken"] })).await;
                assert_eq!(refused.1, "Access Token has been revoked");
                let refresh = json!({
                    "ClientId": world.clients[0], "AuthFlow": "REFRESH_TOKEN_AUTH",
                    "AuthParameters": { "REFRESH_TOKEN": token["RefreshToken"] },
                });
                assert_eq!(instance.fails("InitiateAuth", refresh).await.1, "Refresh Token has been revoked");
            }
        }
    }
}

pub async fn page_tokens_work_for_an_hour_over_instances_restarts_and_new_master_keys(mut world: World) {
    let page = world.first().ok("ListUsers", json!({ "UserPoolId": world.pool, "Limit": 1 })).await;
    let next = json!({ "UserPoolId": world.pool, "PaginationToken": page["PaginationToken"] });
    world.first().clock.advance_seconds(3599);
    let rings: [(&[u8], &[u8]); 3] =
        [(&[OLD], &[OLD]), (&[OLD, NEW], &[NEW, OLD]), (&[NEW, OLD], &[NEW, OLD])];
    for (first, second) in rings {
        world = world.rotated(first, second).await;
        for instance in &world.instances {
            let users = instance.ok("ListUsers", next.clone()).await["Users"].clone();
            assert_eq!(users.as_array().unwrap().len(), 1);
        }
    }
    world.first().clock.advance_seconds(1);
    for instance in &world.instances {
        let (code, message) = instance.fails("ListUsers", next.clone()).await;
        assert_eq!(code, "InvalidParameterException");
        assert!(message.starts_with("Paging marker "), "{message}");
        assert!(message.contains(&text(&page["PaginationToken"])));
    }
}

/// Guesses at names that nobody has are counted as for users, so that nobody can tell; also while the keys change.
pub async fn names_that_nobody_has_keep_their_counts_when_master_keys_change(mut world: World) {
    for kind in Kind::that(Kind::is_of_nobody) {
        let target = world.target(kind).await;
        let mut wrong = 0;
        let rings: [(&[u8], &[u8]); 3] =
            [(&[OLD, NEW], &[NEW, OLD]), (&[NEW, OLD], &[NEW, OLD]), (&[OLD, NEW], &[OLD, NEW])];
        for (first, second) in rings {
            world = world.rotated(first, second).await;
            for turn in 0..4 {
                match world.guess(&target, turn, &target.wrong(turn)).await {
                    Answer::Wrong => wrong += 1,
                    Answer::Refused => {}
                    other => panic!("{kind:?}: {other:?}"),
                }
            }
        }
        assert_eq!(wrong, kind.budget(), "{kind:?}");
        // Passwords share one lock.
        world.first().clock.advance_seconds(3600);
    }
}
