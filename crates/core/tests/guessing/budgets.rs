//! One guess after the other.

use crate::kinds::*;
use crate::world::*;

pub async fn a_budget_is_spent_exactly_over_instances_and_restarts(mut world: World) {
    for kind in Kind::ALL.iter().copied() {
        let target = world.target(kind).await;
        for number in 0..kind.budget() {
            let answer = world.guess(&target, number, &target.wrong(number)).await;
            assert_eq!(answer, Answer::Wrong, "{kind:?}, guess {number}");
            if number == 1 {
                world = world.restarted().await;
            }
        }
        for turn in 0..8 {
            let answer = world.guess(&target, turn, &target.right).await;
            assert_eq!(answer, Answer::Refused, "{kind:?}, turn {turn}");
        }
        world = world.restarted().await;
        assert_eq!(world.guess(&target, 0, &target.right).await, Answer::Refused, "{kind:?}");
        assert_eq!(world.guess(&target, 1, &target.wrong(99)).await, Answer::Refused, "{kind:?}");
        // The lock of one kind ends before the next begins.
        world.first().clock.advance_seconds(3600);
    }
}

pub async fn a_budget_comes_back_with_time_only(world: World) {
    // That of a session does not come back.
    for kind in Kind::that(|kind| !kind.is_first_factor_code()) {
        let target = world.target(kind).await;
        for number in 0..kind.budget() {
            assert_eq!(world.guess(&target, number, &target.wrong(number)).await, Answer::Wrong, "{kind:?}");
        }
        let wait_seconds = if kind.is_password() || kind.is_second_factor() { 1 } else { 3600 };
        world.first().clock.advance_seconds(wait_seconds - 1);
        assert_eq!(world.guess(&target, 0, &target.right).await, Answer::Refused, "{kind:?}");
        world.first().clock.advance_seconds(1);
        let after = if kind.is_of_nobody() || kind == Kind::Reset {
            // A reset code is over when its guesses come back.
            world.guess(&target, 1, &target.wrong(50)).await
        } else {
            world.guess(&target, 1, &target.right).await
        };
        let expected = match kind {
            Kind::Reset | Kind::ResetOfNobody => Answer::Gone,
            _ if kind.is_of_nobody() => Answer::Wrong,
            _ => Answer::Right,
        };
        assert_eq!(after, expected, "{kind:?}");
        world.first().clock.advance_seconds(3600);
    }
}
