//! Everything presented everywhere.

use std::collections::BTreeSet;

use cenote_core::testing::text;
use cenote_core::users;
use cenote_crypto::Purpose;
use cenote_model::types::ChallengeNameType;
use cenote_model::{DecodeError, Operation};
use cenote_store::{Change, CodePurpose};
use serde_json::{Value, json};

use crate::artefacts::{self, Artefact, Kind};
use crate::coverage::{code_kind, sealed_kinds};
use crate::places::{self, LINK, Outcome, Place};
use crate::world::*;

async fn present(world: &World, place: &Place, request: Value) -> Outcome {
    if place.operation == LINK {
        let context = world.service.service.context(world.service.caller.clone());
        let member = |name: &str| text(&request[name]);
        let (client, user, code) = (member("ClientId"), member("Username"), member("ConfirmationCode"));
        return users::confirm_by_link(&context, &client, &user, &code)
            .await
            .map_err(|error| (error.code.as_str().to_owned(), error.message.unwrap_or_default()));
    }
    world.service.call(place.operation, request).await.map(drop)
}

/// What a request must be answered that presents something in the wrong place: what the model says to its form, or else what
/// the place says.
fn expected(place: &Place, home: &Home, stage: Stage, text: &str, request: &Value) -> Vec<Outcome> {
    if let Some(operation) = Operation::parse(place.operation)
        && let Err(DecodeError::Invalid(message)) = operation.check_request(request.clone())
    {
        return vec![Err(error("InvalidParameterException", message))];
    }
    (place.refusals)(home, stage, text)
}

/// From where an artefact is presented: everywhere, if it is of the kind that is taken; else from its own home.
fn homes<'a>(world: &'a World, place: &Place, artefact: &'a Artefact) -> Vec<&'a Home> {
    if place.takes(artefact.kind) && !place.says_whose(artefact.kind) {
        world.homes.iter().collect()
    } else {
        vec![&artefact.home]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_elsewhere_is_refused_everywhere_and_stays_good_where_it_belongs() {
    let world = World::new().await;
    let artefacts = artefacts::all(&world).await;
    every_live_code_is_among(&world, &artefacts).await;
    every_challenge_is_among(&artefacts);
    let places = places::all();
    let (special, usual): (Vec<&Place>, Vec<&Place>) =
        places.iter().partition(|place| place.needs_configuration());
    let of_special = |one: &&Artefact| one.kind.needs_configuration();
    let mut refused = present_everywhere(&world, &artefacts, &usual).await;
    world.configure(true, "ON").await;
    refused += present_everywhere(&world, &artefacts, &special).await;
    assert!(refused > 7_000, "only {refused}");
    let mut used = use_rightfully(&world, artefacts.iter().filter(of_special), &places).await;
    world.configure(false, "OPTIONAL").await;
    used.extend(use_rightfully(&world, artefacts.iter().filter(|one| !of_special(one)), &places).await);
    used.extend(use_access_tokens(&world, &places).await);
    let unused: Vec<_> = places
        .iter()
        .enumerate()
        .filter(|(number, place)| place.takes.is_some() && !used.contains(number))
        .map(|(_, place)| (place.operation, place.member))
        .collect();
    assert!(unused.is_empty(), "nothing was right at {unused:?}");
}

/// Presents what is not right there; how often.
async fn present_everywhere(world: &World, artefacts: &[Artefact], places: &[&Place]) -> usize {
    let mut refused = 0;
    for artefact in artefacts {
        for place in places.iter().copied() {
            for home in homes(world, place, artefact) {
                for stage in place.stages {
                    let from = (&artefact.home, artefact.stage);
                    if artefact.forged.is_none() && place.is_right(artefact.kind, from, (home, *stage)) {
                        continue;
                    }
                    let request = (place.build)(home, &home.user(*stage), &artefact.text);
                    let expected = expected(place, home, *stage, &artefact.text, &request);
                    let outcome = present(world, place, request).await;
                    assert!(
                        expected.contains(&outcome),
                        "{artefact:?}\nat {} of {}, for {} of {home:?}:\n{outcome:?}, not one of {expected:?}",
                        place.member,
                        place.operation,
                        home.user(*stage),
                    );
                    refused += 1;
                }
            }
        }
    }
    refused
}

/// Each challenge is answered with something of its own: it belongs among the artefacts, as what the others are not.
/// ADMIN_NO_SRP_AUTH is answered with nothing, and nobody is asked for it.
fn every_challenge_is_among(artefacts: &[Artefact]) {
    let genuine = artefacts.iter().filter(|artefact| artefact.forged.is_none());
    let made: BTreeSet<&str> = genuine.filter_map(|artefact| artefact.kind.challenge()).collect();
    for name in ChallengeNameType::VALUES.iter().filter(|name| **name != "ADMIN_NO_SRP_AUTH") {
        assert!(made.contains(name), "{name}: add what answers it to the artefacts");
    }
    for purpose in [Purpose::Session, Purpose::SecretBlock, Purpose::RefreshToken] {
        for kind in sealed_kinds(purpose) {
            let is_among = artefacts.iter().any(|artefact| artefact.kind == *kind);
            assert!(is_among, "{kind:?}: add it to the artefacts");
        }
    }
}

/// No user of the homes has a code that is not presented.
async fn every_live_code_is_among(world: &World, artefacts: &[Artefact]) {
    for home in &world.homes {
        for stage in Stage::ALL {
            for purpose in world.user(home, stage).await.codes.keys() {
                let kind = code_kind(*purpose);
                let among = artefacts.iter().any(|one| {
                    (one.kind, one.stage, &one.home.pool, one.home.subject)
                        == (kind, stage, &home.pool, home.subject)
                });
                assert!(among, "{purpose:?} of {}", home.user(stage));
            }
        }
    }
}

/// Whoever can write into the database can move what is in it. A code's hash works in its own place only.
#[tokio::test]
async fn a_code_that_is_moved_in_the_database_serves_nowhere() {
    let world = World::new().await;
    let artefacts = artefacts::all(&world).await;
    let find = |kind, home: usize, stage| {
        let home = &world.homes[home];
        artefacts.iter().find(|one| one.kind == kind && one.home == *home && one.stage == stage).unwrap()
    };
    // From another purpose, another user, another pool: to what alice has.
    let moves = [
        (0, Stage::Confirmed, CodePurpose::VerifyEmail),
        (0, Stage::New, CodePurpose::SignUp),
        (2, Stage::Confirmed, CodePurpose::Reset),
        (2, Stage::Confirmed, CodePurpose::VerifyPhoneNumber),
        (3, Stage::Confirmed, CodePurpose::Reset),
        (3, Stage::Confirmed, CodePurpose::VerifyPhoneNumber),
    ];
    let home = &world.homes[0];
    for (from, stage, purpose) in moves {
        let code = world.user(&world.homes[from], stage).await.codes[&purpose].clone();
        let known = find(code_kind(purpose), from, stage).text.as_str();
        let redemptions = [
            (
                CodePurpose::Reset,
                "ConfirmForgotPassword",
                json!({
                    "ClientId": home.client, "Username": "alice", "Password": NEW_PASSWORD, "ConfirmationCode": known,
                }),
            ),
            (
                CodePurpose::VerifyPhoneNumber,
                "VerifyUserAttribute",
                json!({ "AccessToken": home.access_token, "AttributeName": "phone_number", "Code": known }),
            ),
        ];
        for (to, operation, request) in redemptions {
            let before = world.user(home, Stage::Confirmed).await;
            let mut after = before.clone();
            let own = after.codes[&to].clone();
            after.codes.insert(to, cenote_store::Code { hash: code.hash.clone(), ..own });
            let change = Change::update_user(&before, &after);
            world.service.service.store.commit(vec![change]).await.unwrap();
            let told = world.service.fails(operation, request).await;
            assert_eq!(told.0, "CodeMismatchException", "{purpose:?} of home {from} as {to:?}");
        }
    }
}

/// Everything works where it belongs, after all that. What serves once is used at one of its places, of those that were not
/// yet used if it can be; the numbers of the places that were.
async fn use_rightfully(
    world: &World,
    artefacts: impl Iterator<Item = &Artefact>,
    places: &[Place],
) -> BTreeSet<usize> {
    let mut used = BTreeSet::new();
    for artefact in artefacts.filter(|artefact| artefact.forged.is_none()) {
        let home = &artefact.home;
        if matches!(artefact.kind, Kind::Session | Kind::CustomSession | Kind::Asked(_) | Kind::SecretBlock)
            && *home == world.homes[1]
        {
            // That of the same user at another client ended with the password that was set at the first one.
            continue;
        }
        let fits = |(_, place): &(usize, &Place)| {
            place.stages.contains(&artefact.stage)
                && place.is_right(artefact.kind, (home, artefact.stage), (home, artefact.stage))
        };
        let mut at: Vec<(usize, &Place)> = places.iter().enumerate().filter(fits).collect();
        if artefact.kind.serves_once() {
            let fresh = at.iter().position(|(number, _)| !used.contains(number)).unwrap_or(0);
            at = vec![at[fresh]];
        }
        if artefact.kind == Kind::AccessToken {
            at.truncate(1);
        }
        for (number, place) in at {
            let request = (place.build)(home, &home.user(artefact.stage), &artefact.text);
            let outcome = present(world, place, request).await;
            let refusals = (place.refusals)(home, artefact.stage, &artefact.text);
            let taken = match artefact.kind {
                // The next check is what fails.
                Kind::SecretHash | Kind::ClientSecret => !refusals.contains(&outcome),
                _ => outcome.is_ok(),
            };
            assert!(taken, "{artefact:?}\nat {} of {}: {outcome:?}", place.member, place.operation);
            used.insert(number);
        }
        if artefact.kind == Kind::RefreshToken {
            // RevokeToken, the last of its places, says the same whatever it does.
            let request = json!({ "ClientId": home.client, "RefreshToken": artefact.text });
            let told = world.service.fails("GetTokensFromRefreshToken", request).await;
            assert_eq!(told, error("NotAuthorizedException", "Refresh Token has been revoked"));
        }
    }
    used
}

/// A fresh token for each place: some end it.
async fn use_access_tokens(world: &World, places: &[Place]) -> BTreeSet<usize> {
    let home = &world.homes[0];
    let mut used = BTreeSet::new();
    for (number, place) in
        places.iter().enumerate().filter(|(_, place)| place.takes == Some(Kind::AccessToken))
    {
        let user = format!("user{number}");
        world.person(&home.pool, &user, Stage::Confirmed).await;
        let token = text(&world.sign_in(&home.client, &user).await["AccessToken"]);
        let request = (place.build)(home, &user, &token);
        let outcome = present(world, place, request).await;
        let next = [
            error("ExpiredCodeException", "Invalid code provided, please request a code again."),
            error("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"),
            error("InvalidParameterException", "Credential data is not valid"),
            error("ResourceNotFoundException", "The passkey does not exist."),
            error("ResourceNotFoundException", "User session does not exist."),
            error("ResourceNotFoundException", "Device does not exist."),
            error(
                "InvalidUserPoolConfigurationException",
                "The user pool is not configured to remember devices.",
            ),
        ];
        let taken = outcome.as_ref().err().is_none_or(|error| next.contains(error));
        assert!(taken, "{}: {outcome:?}", place.operation);
        used.insert(number);
    }
    used
}
