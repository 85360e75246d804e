//! Whoever guesses: at codes and passwords, alone and in crowds, on one instance and on several, before and after a restart,
//! with every trick that might win another try. The budgets are those of `limits` in the settings.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod budgets;
mod coverage;
mod crowds;
mod guesses;
mod kinds;
mod migration;
mod replays;
mod tricks;
mod world;

macro_rules! on_each_engine {
    ($($module:ident: $($test:ident)*;)*) => {
        mod sqlite {$(
            mod $module {$(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $test() {
                    crate::$module::$test(crate::world::World::on_sqlite().await).await;
                }
            )*}
        )*}
        mod postgres {$(
            mod $module {$(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $test() {
                    if let Some(world) = crate::world::World::on_postgres().await {
                        crate::$module::$test(world).await;
                    }
                }
            )*}
        )*}
    };
}

on_each_engine! {
    budgets:
        a_budget_is_spent_exactly_over_instances_and_restarts
        a_budget_comes_back_with_time_only;
    crowds:
        wrong_guesses_of_a_crowd_share_one_budget
        a_crowd_that_races_for_the_last_guess_gets_one
        a_crowd_that_holds_the_right_guess_too_gets_the_budget
        a_right_code_that_many_have_wins_once
        right_and_wrong_passwords_at_once_stay_within_the_budget
        whoever_waits_for_a_processor_keeps_nobody_from_waiting_too;
    tricks:
        nothing_that_an_attacker_can_do_gives_more_guesses
        a_new_code_after_the_old_one_expired_comes_without_new_guesses
        wrong_secret_hashes_cost_the_user_nothing;
    replays:
        a_session_serves_once_over_instances_restarts_and_new_master_keys
        what_was_revoked_stays_so_over_instances_restarts_and_new_master_keys
        page_tokens_work_for_an_hour_over_instances_restarts_and_new_master_keys
        names_that_nobody_has_keep_their_counts_when_master_keys_change;
}
