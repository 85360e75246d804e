//! What a store promises, proved on every engine.
//!
//! Each test is an async function that gets an empty store; the list below runs it on SQLite and on PostgreSQL. What only one
//! engine can do is in a file of its own.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod atomicity;
mod backup;
mod clients;
mod concurrency;
mod devices;
mod faults;
mod filters;
mod groups;
mod lifecycle;
mod messages;
mod names;
mod network;
mod pools;
mod postgres_only;
mod proxy;
mod refresh_families;
mod samples;
mod sessions;
mod sqlite_only;
mod user_sessions;
mod users;

macro_rules! contract {
    ($($module:ident: $($test:ident)*;)*) => {
        mod sqlite {$(
            mod $module {$(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::$module::$test(&cenote_store::testing::temporary_sqlite().await).await;
                }
            )*}
        )*}
        mod postgres {$(
            mod $module {$(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    if let Some(store) = cenote_store::testing::temporary_postgres().await {
                        crate::$module::$test(&store).await;
                    }
                }
            )*}
        )*}
    };
}

contract! {
    pools:
        a_pool_is_found_as_it_was_inserted
        an_insertion_needs_a_free_key
        an_update_needs_the_version_that_was_read
        a_deletion_takes_everything_in_the_pool_and_nothing_else
        a_large_pool_goes_in_portions
        a_deletion_needs_the_version_that_was_read
        pools_are_listed_by_time_then_id
        the_generation_grows_with_configuration_only
        access_keys_come_and_go
        a_value_of_meta_is_stored_once;
    clients:
        a_client_is_found_as_it_was_inserted
        clients_and_keys_need_their_pool
        an_update_and_a_deletion_need_the_version_that_was_read
        clients_are_listed_within_their_pool
        signing_keys_are_listed_oldest_first;
    users:
        a_user_is_found_as_it_was_inserted
        an_insertion_needs_the_pool_and_a_free_sub
        an_update_needs_the_version_that_was_read
        an_update_must_be_of_the_same_user
        a_deletion_needs_the_version_that_was_read
        users_are_listed_by_time_then_sub
        pages_stay_true_while_users_come_and_go
        unknown_names_are_remembered
        an_unknown_name_moves_on_with_time
        of_two_rows_of_one_unknown_name_the_later_counts
        a_name_leads_to_a_user_or_to_what_is_remembered;
    names:
        a_name_has_one_owner_in_its_pool
        one_key_can_be_names_of_several_kinds
        an_update_claims_and_releases
        released_names_are_free_within_the_same_set
        a_name_that_did_not_become_free_is_taken
        keys_are_compared_exactly;
    filters:
        every_attribute_can_be_found
        status_username_and_sub_can_be_found
        an_update_moves_what_can_be_found
        a_deletion_takes_what_can_be_found
        matches_are_listed_by_time_then_sub
        comparison_is_by_code_point;
    groups:
        a_group_is_found_as_it_was_inserted
        an_insertion_needs_the_pool_and_a_free_name
        an_update_and_a_deletion_need_the_version_that_was_read
        groups_are_listed_by_name_within_their_pool
        a_member_needs_its_user_and_its_group
        adding_and_removing_twice_is_no_conflict
        members_are_listed_from_both_sides
        a_deletion_takes_the_memberships
        a_large_group_shrinks_in_portions
        no_membership_survives_its_user_or_its_group;
    messages:
        due_messages_come_longest_waiting_first
        each_queue_is_read_by_itself
        dead_messages_go_after_a_week
        a_message_needs_a_free_id_and_its_version
        dead_messages_are_kept_apart
        the_inbox_is_filtered_newest_first;
    sessions:
        a_session_is_used_once
        revoking_twice_keeps_the_later_expiry
        a_token_holder_is_found_with_what_was_revoked
        a_sweep_removes_what_has_expired_in_portions;
    refresh_families:
        a_family_is_found_as_it_was_put
        a_family_needs_its_user_and_its_version
        families_go_with_their_user_or_when_they_expire;
    user_sessions:
        sessions_are_listed_with_their_last_use
        sessions_go_with_their_user_or_when_they_expire;
    devices:
        a_device_is_found_as_it_was_written
        devices_are_listed_by_key_and_go_with_their_user;
    atomicity:
        a_conflict_at_the_end_undoes_everything
        the_first_conflict_is_reported
        later_changes_see_earlier_ones
        nothing_at_all_is_a_success
        a_large_set_commits_whole;
    concurrency:
        each_version_of_a_user_has_one_successor
        one_of_many_claims_a_name
        one_of_many_uses_a_session
        one_of_many_rotates_a_family
        opposite_orders_do_not_block_each_other_for_good
        users_who_come_and_go_together_are_counted
        no_user_survives_its_pool
        what_was_acknowledged_is_read_at_once
        a_caller_that_stops_waiting_stops_nothing;
    faults:
        a_failure_before_the_commit_changes_nothing
        a_conflict_before_the_commit_changes_nothing
        a_lost_answer_is_an_unknown_outcome
        a_storm_of_faults_leaves_every_set_whole_or_absent;
    lifecycle:
        everything_is_there_after_reopening
        a_closed_store_refuses
        a_newer_schema_is_refused
        opening_again_changes_nothing;
}
