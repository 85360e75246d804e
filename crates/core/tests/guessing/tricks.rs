//! What might win another guess, and must not.

use cenote_core::testing::{merged, text};
use serde_json::{Value, json};

use crate::kinds::*;
use crate::world::*;

/// Everything that somebody can do who has no code and no password of the user, but an account of its own and, where the
/// guess needs one, the user's access token.
async fn every_trick(world: &World, target: &Target, turn: usize) {
    let service = &world.instances[turn % 2];
    let name = target.names[turn % target.names.len()].as_str();
    for client in 0..world.clients.len() {
        for operation in ["ForgotPassword", "ResendConfirmationCode"] {
            let _ = service.call(operation, world.public(client, name, json!({}))).await;
        }
        let _ = world.sign_in(turn % 2, client, "bob", PASSWORD).await.unwrap();
        let _ = world.sign_in(turn % 2, client, "bob", "Wrong-0ne!").await.unwrap_err();
        if !target.kind.is_of_nobody() {
            let members = json!({ "Password": PASSWORD });
            let _ = service.call("SignUp", world.public(client, name, members)).await;
        }
    }
    if target.kind.is_first_factor_code() {
        // Another session has tries of its own, and another code.
        let _ = world.target(target.kind).await;
    }
    if target.kind.is_second_factor() {
        // Who guesses at the second has the first, and signs in again and again.
        let _ = world.sign_in(turn % 2, 0, name, PASSWORD).await;
    }
    if target.token.is_empty() {
        return;
    }
    let own = |members: Value| merged(json!({ "AccessToken": target.token }), members);
    for attribute in ["email", "phone_number"] {
        let request = own(json!({ "AttributeName": attribute }));
        let _ = service.call("GetUserAttributeVerificationCode", request).await;
    }
    let rename = attributes(&[("nickname", &format!("n{turn}"))]);
    service.ok("UpdateUserAttributes", own(json!({ "UserAttributes": rename }))).await;
    service.ok("GetUser", own(json!({}))).await;
}

/// Guesses of every other kind at the same user.
async fn other_kinds(world: &World, target: &Target, turn: usize) {
    if target.kind.is_second_factor() {
        // Of another user, whom the others' codes were not sent to.
        return;
    }
    for kind in Kind::that(|kind| !kind.is_second_factor()) {
        // A wrong password of alice is no trick for who guesses at it, and locks her out of nothing else.
        let same = kind == target.kind || kind.is_password() && target.kind.is_password();
        let shares = kind.is_contact() && target.kind.is_contact();
        if same || shares || kind.is_of_nobody() != target.kind.is_of_nobody() {
            continue;
        }
        if matches!(kind, Kind::Email | Kind::PhoneNumber | Kind::ChangePassword) && target.token.is_empty() {
            continue;
        }
        if kind.is_first_factor_code() {
            // Its session is not this user's, or a guess of the same kind.
            continue;
        }
        let right = if kind.is_code() { "123456".into() } else { "any".into() };
        let other = Target { kind, right, ..target.clone() };
        if kind == Kind::SignUp {
            // Not hers: it counts against her name all the same.
            let members = json!({ "ConfirmationCode": "123456" });
            let name = &target.names[0];
            let _ = world.first().call("ConfirmSignUp", world.public(0, name, members)).await;
        } else if !(kind.is_password() && target.kind == Kind::SignUp) {
            assert_ne!(world.guess(&other, turn, &other.wrong(turn)).await, Answer::Right);
        }
    }
}

/// The newest code: the attacker may have asked for another one.
async fn right_now(world: &World, target: &Target) -> String {
    let destination = match target.kind {
        Kind::Reset | Kind::Email => "alice@example.org",
        Kind::PhoneNumber => "+15555550100",
        Kind::SignUp => "rosa@example.org",
        _ => return target.right.clone(),
    };
    let purposes: &[&str] = match target.kind {
        Kind::Reset => &["ForgotPassword"],
        Kind::SignUp => &["SignUp", "ResendCode"],
        _ => &["VerifyUserAttribute"],
    };
    let inbox = world.first().inbox().await;
    inbox
        .into_iter()
        .find(|message| message.to == destination && purposes.contains(&message.purpose.as_str()))
        .and_then(|message| message.code)
        .unwrap()
}

pub async fn nothing_that_an_attacker_can_do_gives_more_guesses(world: World) {
    for kind in Kind::ALL.iter().copied() {
        let target = world.target(kind).await;
        let mut wrong = 0;
        for turn in 0..kind.budget() + 3 {
            let current = Target { right: right_now(&world, &target).await, ..target.clone() };
            match world.guess(&current, turn, &current.wrong(turn)).await {
                Answer::Wrong => wrong += 1,
                Answer::Refused => {}
                other => panic!("{kind:?}: {other:?}"),
            }
            every_trick(&world, &target, turn).await;
            other_kinds(&world, &target, turn).await;
        }
        assert_eq!(wrong, kind.budget(), "{kind:?}");
        let right = right_now(&world, &target).await;
        assert_eq!(world.guess(&target, 0, &right).await, Answer::Refused, "{kind:?}");
        world.first().clock.advance_seconds(3600);
    }
}

pub async fn a_new_code_after_the_old_one_expired_comes_without_new_guesses(world: World) {
    let clock = &world.first().clock;
    let target = world.target(Kind::Reset).await;
    assert_eq!(world.guess(&target, 0, &target.wrong(0)).await, Answer::Wrong);
    clock.advance_seconds(59 * 60);
    for number in 1..5 {
        assert_eq!(world.guess(&target, number, &target.wrong(number)).await, Answer::Wrong);
    }
    clock.advance_seconds(61);
    // The code is over, and the first guess is an hour ago.
    let target = world.target(Kind::Reset).await;
    assert_eq!(world.guess(&target, 0, &target.wrong(0)).await, Answer::Wrong);
    assert_eq!(world.guess(&target, 1, &target.right).await, Answer::Refused);
}

pub async fn wrong_secret_hashes_cost_the_user_nothing(world: World) {
    let service = world.first();
    let members = json!({ "GenerateSecret": true, "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"] });
    let client = service.client(&world.pool, members).await;
    let target = world.target(Kind::Reset).await;
    let mut told = std::collections::BTreeSet::new();
    for number in 0..50 {
        let hash = format!("{number:043}=");
        let wrong = json!({
            "ClientId": client, "Username": "alice", "SecretHash": hash, "ConfirmationCode": target.right,
            "Password": NEW_PASSWORD,
        });
        told.insert(service.fails("ConfirmForgotPassword", wrong).await);
        let parameters = json!({ "USERNAME": "alice", "PASSWORD": PASSWORD, "SECRET_HASH": hash });
        let wrong = json!({
            "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters,
        });
        told.insert(service.fails("InitiateAuth", wrong).await);
    }
    let text_of = format!("Unable to verify secret hash for client {client}");
    assert_eq!(told.into_iter().collect::<Vec<_>>(), [("NotAuthorizedException".to_owned(), text_of)]);
    assert_eq!(world.guess(&target, 0, &target.right).await, Answer::Right);
    let user = service.ok("AdminGetUser", world.admin("alice", json!({}))).await;
    assert_eq!(text(&user["UserStatus"]), "CONFIRMED");
}
