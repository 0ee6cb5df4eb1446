//! The list of scenarios.

/// Makes a test of every scenario; the argument is an expression for a [`Fixture`](crate::conformance::Fixture).
#[macro_export]
macro_rules! conformance_suite {
    ($fixture:expr) => {
        $crate::conformance_suite!(@tests $fixture;
            append: one_of_two_writers_wins, a_loser_takes_its_later_appends_along, a_start_key_is_unique_per_name,
                what_a_loser_carries_is_not_kept, many_writers_never_share_a_seq, answers_survive_a_reopen;
            admission: a_limit_admits_so_many, every_end_frees_the_place, a_rate_says_when_to_come_back,
                limits_survive_a_reopen;
            journal: load_goes_on_from_where_the_caller_is, a_snapshot_replaces_what_came_before,
                logs_are_kept_by_attempt, a_blueprint_is_stored_once, the_tail_pages_by_position,
                the_tail_never_skips_a_concurrent_append;
            messages: a_message_stays_until_applied, messages_page_by_id;
            queue: ready_leased_settled, a_window_is_ordered_by_rank, reservations_are_one_nodes_alone,
                the_end_of_an_execution_empties_its_queues, polls_keep_the_latest, leases_extend;
            timers: due_pages_by_instant_and_id, a_lost_wake_up_is_found, any_wake_up_is_enough,
                the_clock_does_not_run_backwards;
            search: every_field_compares, filters_nest, pages_are_ordered, a_row_follows_its_execution,
                counts_by_status, totals_are_capped;
            index: words_are_found, the_index_has_a_position, what_is_removed_is_not_indexed;
            catalog: entries_come_and_go, a_refused_overwrite_changes_nothing, the_catalog_survives_a_reopen;
            retention: a_removed_execution_is_gone, messages_of_a_removed_execution_stay,
                a_rebuild_changes_nothing, a_check_finds_damage, a_closed_store_refuses, activity_counts;
            differential: it_answers_like_the_reference_model;
        );
    };
    (@tests $fixture:expr; $($area:ident: $($scenario:ident),+;)+) => {
        $(mod $area {
            #[allow(unused_imports)]
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                $crate::conformance::$area::$scenario(&$fixture).await;
            })+
        })+
    };
}
