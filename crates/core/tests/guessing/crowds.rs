//! Many guesses at the same moment.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::kinds::*;
use crate::world::*;

/// Everybody guesses at once; how often each answer came.
async fn all_at_once(world: &Arc<World>, target: &Target, guesses: Vec<String>) -> Tally {
    let mut calls = JoinSet::new();
    let start = Arc::new(tokio::sync::Barrier::new(guesses.len()));
    let may_win = guesses.contains(&target.right);
    for (turn, guess) in guesses.into_iter().enumerate() {
        // A client that hides its users does not tell that the sign-up was confirmed meanwhile: all the others are asked.
        let turn = if may_win && target.kind == Kind::SignUp { turn / 2 * 3 + turn % 2 } else { turn };
        let (world, target, start) = (Arc::clone(world), target.clone(), Arc::clone(&start));
        calls.spawn(async move {
            start.wait().await;
            world.guess(&target, turn, &guess).await
        });
    }
    let mut tally = Tally::default();
    for answer in calls.join_all().await {
        match answer {
            Answer::Right => tally.right += 1,
            Answer::Wrong => tally.wrong += 1,
            Answer::Refused => tally.refused += 1,
            Answer::Gone => tally.gone += 1,
        }
    }
    tally
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    right: usize,
    wrong: usize,
    refused: usize,
    gone: usize,
}

pub async fn wrong_guesses_of_a_crowd_share_one_budget(world: World) {
    let world = Arc::new(world);
    for kind in Kind::ALL.iter().copied() {
        let target = world.target(kind).await;
        let people = crowd(kind);
        let tally =
            all_at_once(&world, &target, (0..people).map(|number| target.wrong(number)).collect()).await;
        let expected = Tally { wrong: kind.budget(), refused: people - kind.budget(), ..Tally::default() };
        assert_eq!(tally, expected, "{kind:?}");
        assert_eq!(world.guess(&target, 0, &target.right).await, Answer::Refused, "{kind:?}");
        world.first().clock.advance_seconds(3600);
    }
}

/// So many guesses are left. Wrong ones take them, or a right one wins; what comes later is not compared.
async fn race(world: World, left: usize) {
    let world = Arc::new(world);
    // Every right password of a sign-in begins a new count: that is counted below.
    for kind in Kind::that(|kind| kind.is_code() || kind == Kind::ChangePassword) {
        let target = world.target(kind).await;
        for number in 0..kind.budget().saturating_sub(left) {
            assert_eq!(world.guess(&target, number, &target.wrong(number)).await, Answer::Wrong, "{kind:?}");
        }
        let guess = |number: usize| if number % 8 == 3 { target.right.clone() } else { target.wrong(number) };
        let tally = all_at_once(&world, &target, (0..crowd(kind)).map(guess).collect()).await;
        let compared = tally.right + tally.wrong;
        assert!((1..=left.min(kind.budget())).contains(&compared), "{kind:?}: {tally:?}");
        assert!(tally.right <= 1, "{kind:?}: {tally:?}");
        if tally.right == 0 {
            assert_eq!(world.guess(&target, 0, &target.right).await, Answer::Refused, "{kind:?}");
        }
        world.first().clock.advance_seconds(3600);
    }
}

pub async fn a_crowd_that_races_for_the_last_guess_gets_one(world: World) {
    race(world, 1).await;
}

pub async fn a_crowd_that_holds_the_right_guess_too_gets_the_budget(world: World) {
    race(world, usize::MAX).await;
}

pub async fn a_right_code_that_many_have_wins_once(world: World) {
    let world = Arc::new(world);
    for kind in Kind::that(Kind::is_code) {
        let target = world.target(kind).await;
        let people = crowd(kind) / 10;
        let tally = all_at_once(&world, &target, vec![target.right.clone(); people]).await;
        assert_eq!((tally.right, tally.wrong), (1, 0), "{kind:?}: {tally:?}");
        assert_ne!(world.guess(&target, 0, &target.right).await, Answer::Right, "{kind:?}");
        world.first().clock.advance_seconds(3600);
    }
}

/// Every right password begins a new count, so there may be as many wrong ones between two of them as a lock takes, and
/// never more.
pub async fn right_and_wrong_passwords_at_once_stay_within_the_budget(world: World) {
    let world = Arc::new(world);
    for kind in Kind::that(|kind| kind.is_password() && !kind.is_of_nobody()) {
        let target = world.target(kind).await;
        let guess =
            |number: usize| if number % 20 == 7 { target.right.clone() } else { target.wrong(number) };
        let tally = all_at_once(&world, &target, (0..crowd(kind)).map(guess).collect()).await;
        assert!(tally.wrong <= kind.budget() + tally.right * (kind.budget() - 1), "{kind:?}: {tally:?}");
        assert!(tally.refused > 0 && tally.gone == 0, "{kind:?}: {tally:?}");
        // So many wrong ones have locked the user at the end.
        assert_eq!(world.guess(&target, 0, &target.right).await, Answer::Refused, "{kind:?}: {tally:?}");
        world.first().clock.advance_seconds(3600);
    }
}

/// The turn of a guess begins when it is compared. Did it begin before, those of one user would each wait behind everybody else's
/// work, one after the other.
pub async fn whoever_waits_for_a_processor_keeps_nobody_from_waiting_too(world: World) {
    const PROCESSORS: usize = 2;
    const PEOPLE: usize = 8;
    let world = Arc::new(world);
    let target = world.target(Kind::SignIn).await;
    let compute = &world.first().service.compute;
    let busy = Arc::new(Barrier::new(PROCESSORS + 1));
    let mut others = JoinSet::new();
    for _ in 0..PROCESSORS {
        let (world, busy) = (Arc::clone(&world), Arc::clone(&busy));
        let work = move || (busy.wait(), busy.wait());
        others.spawn(async move { world.first().service.compute.run(work).await.is_ok() });
    }
    busy.wait();
    let mut guesses = JoinSet::new();
    for _ in 0..PEOPLE {
        let (world, target) = (Arc::clone(&world), target.clone());
        guesses.spawn(async move { world.guess(&target, 0, &target.right).await });
    }
    let all_wait = async {
        while compute.waiting() < PEOPLE {
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(30);
    let in_time = tokio::time::timeout(limit, all_wait).await;
    busy.wait();
    assert!(in_time.is_ok(), "some wait for a turn before they wait for a processor");
    assert_eq!(others.join_all().await, [true; PROCESSORS]);
    assert_eq!(guesses.join_all().await, [Answer::Right; PEOPLE]);
}
