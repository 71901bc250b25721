//! The behaviours that every store must show: the suite for authors of stores.
//!
//! A store's own test file is one line for each way of opening it, and whatever only that store
//! does. Turn the feature `conformance` on among the `dev-dependencies`, with `tokio` and its
//! features `macros` and `rt-multi-thread` beside it, and write, in a file below `tests/`:
//!
//! ```
//! es_stores::conformance_tests!(|| async { es_core::store::MemoryStore::new() });
//! # fn main() {}
//! ```
//!
//! This makes one `#[tokio::test]` of each case, in a module a group. A store whose data outlives
//! its value needs a [`Harness`] of its own, which owns the folder or the schema:
//!
//! ```no_run
//! # mod driver {
//! # pub use es_core::store::MemoryStore as MyStore;
//! # pub trait Open: Sized { async fn open(_: &std::path::Path) -> Result<Self, std::io::Error>; }
//! # impl Open for MyStore {
//! #     async fn open(_: &std::path::Path) -> Result<Self, std::io::Error> { Ok(Self::new()) }
//! # }
//! # }
//! # use driver::{MyStore, Open as _};
//! struct Folder(tempfile::TempDir);
//!
//! impl es_stores::conformance::Harness for Folder {
//!     type Store = MyStore;
//!
//!     async fn open(&self) -> MyStore {
//!         MyStore::open(self.0.path()).await.expect("the store opens")
//!     }
//! }
//!
//! es_stores::conformance_tests!(Folder(tempfile::tempdir().expect("there is room")));
//! # fn main() {}
//! ```
//!
//! Every case runs for every store. Where stores may differ, a store declares it by
//! [`capabilities`](EventStore::capabilities) (or by having no
//! [`snapshots`](EventStore::snapshots) or [`states`](EventStore::states)), and the case asserts the side it has declared: a store
//! without `multi_stream` must refuse a unit of several streams and write nothing. Only
//! [`Durability::None`](es_core::store::Durability::None) promises nothing, and then there is
//! nothing to assert.
//!
//! A read of a category or of everything, and `head`, may lag behind an append: the cases wait for
//! them. A read of a stream may not. All ids and times are fixed.
//!
//! Payloads, metadata and the states of snapshots come back byte for byte, JSON or not, or equal as
//! JSON where the store declares [`Payloads::Json`](es_core::store::Payloads::Json), and must then
//! refuse everything else. Apart from the cases on just this, every payload is JSON, all metadata is
//! an object or empty, and no event id stands in two streams.
#![allow(
    clippy::missing_panics_doc,
    reason = "a case panics where the store breaks its promise; that is what it is for"
)]

pub mod appending;
pub mod catalog;
pub mod categories;
pub mod concurrency;
pub mod durability;
pub mod expecting;
mod json;
pub mod keeping;
pub mod naming;
pub mod paging;
pub mod reading;
pub mod repeating;
pub mod several_streams;
pub mod snapshots;
pub mod states;
mod support;
pub mod waiting;

use es_core::store::EventStore;

/// A place for the data of one store: made anew for each case, and the owner of whatever must be
/// cleared away after it, such as a temporary folder.
///
/// A closure that answers a new store is one, for stores whose data is gone with their value.
pub trait Harness: Send + Sync {
    /// The store under test.
    type Store: EventStore;

    /// Opens the store: an empty one at first; where it is durable, the same one again each time
    /// after. The store opened before has been dropped by then. Panics where it can not.
    fn open(&self) -> impl Future<Output = Self::Store> + Send;
}

impl<F, O> Harness for F
where
    F: Fn() -> O + Send + Sync,
    O: Future<Output: EventStore> + Send,
{
    type Store = O::Output;

    fn open(&self) -> impl Future<Output = Self::Store> + Send {
        self()
    }
}

/// Makes one `#[tokio::test]` of each case of the [conformance suite](crate::conformance), in a
/// module a group. The expression makes a [`Harness`](crate::conformance::Harness) and is evaluated
/// anew for each case.
///
/// Two invocations in one file stand in a module each.
#[macro_export]
macro_rules! conformance_tests {
    ($harness:expr) => {
        $crate::__conformance_cases! { $harness;
            appending {
                versions_count_from_one_without_gaps
                an_append_answers_the_version_and_position_of_its_last_event
                streams_count_apart
                positions_only_grow
                the_first_position_lies_behind_the_start
                an_append_of_no_events_writes_nothing
                an_append_of_no_events_makes_no_stream
                an_acknowledged_event_is_read_at_once
                ten_thousand_events_fit_into_one_append
                the_head_is_the_position_of_the_last_event
                an_empty_store_has_its_head_at_the_start
            }
            expecting {
                a_version_that_holds_is_appended_behind
                a_version_too_low_conflicts_and_writes_nothing
                a_version_too_high_conflicts_and_writes_nothing
                a_stream_taken_for_new_conflicts_where_there_is_one
                a_stream_taken_for_old_conflicts_where_there_is_none
                the_largest_version_conflicts
                no_events_check_the_expected_version
                any_version_appends_to_a_new_and_to_an_old_stream
                after_a_conflict_the_next_append_goes_on_without_a_gap
            }
            repeating {
                the_same_append_again_answers_its_first_outcome
                the_append_that_began_a_stream_can_be_repeated
                an_append_can_be_repeated_after_others_have_appended
                some_events_but_not_all_conflict
                the_same_events_in_another_order_conflict
                the_same_events_behind_another_version_conflict
                a_unit_of_several_streams_can_be_repeated
                a_part_that_only_checked_answers_its_first_outcome
                a_part_that_asked_nothing_answers_the_present_version
                events_for_any_version_are_known_again_by_the_other_parts
                events_for_any_version_prove_nothing
                half_a_unit_that_stands_conflicts
            }
            several_streams {
                a_unit_writes_to_all_its_streams
                a_unit_of_no_streams_writes_nothing
                a_conflict_in_the_last_stream_writes_nothing_anywhere
                of_several_conflicts_the_first_is_told
                a_unit_without_events_only_checks
                a_unit_of_a_hundred_streams_is_written_whole
                a_part_without_events_only_checks
                a_stream_named_twice_is_refused
            }
            reading {
                an_unknown_stream_is_empty
                a_stream_is_read_from_a_version
                behind_the_end_there_is_nothing
                a_replay_has_what_it_looks_at
                a_stream_is_read_backwards
                a_category_and_everything_are_read_from_a_position
                a_category_and_everything_are_read_backwards
                a_limit_is_kept
                a_start_a_direction_and_a_limit_go_together
                events_come_one_by_one_until_there_are_none
                the_last_event_is_read_alone
                the_last_event_of_many_streams_is_read_alone
                a_name_that_is_none_is_refused
                each_event_tells_its_stream
            }
            paging {
                pages_of_any_size_give_all_events_once
                a_page_tells_exactly_whether_there_is_more
                a_page_of_a_category_skips_what_is_not_its_own
                a_page_of_a_member_skips_what_is_not_its_own
                an_empty_page_has_no_more
                a_page_forgets_what_was_in_it
                a_page_stops_at_its_bytes
                a_page_of_compressible_payloads_stops_at_its_bytes
                a_page_takes_one_event_however_large
                a_page_of_no_events_takes_one
                nothing_truncates_a_long_stream
            }
            categories {
                an_unknown_category_is_empty
                a_category_is_in_the_order_of_positions
                categories_that_begin_alike_are_apart
                a_compound_category_is_apart_from_its_parts
                no_letter_of_a_category_is_a_wildcard
                categories_differ_by_case
                members_of_a_group_share_a_category_out
                compound_ids_stay_with_one_member
                a_member_reads_its_share_in_any_way
            }
            naming {
                ids_of_any_letters_are_streams_of_their_own
                long_ids_differ_in_their_last_letter
                names_may_be_as_long_as_the_longest
                the_category_ends_at_the_first_dash
                categories_may_hold_any_letter
            }
            keeping {
                json_comes_back
                what_is_no_json_comes_back_or_is_refused
                a_refused_payload_refuses_its_whole_unit
                a_payload_of_one_byte_comes_back
                a_payload_of_eight_mebibytes_comes_back_whole
                metadata_comes_back
                no_key_of_the_metadata_is_special
                metadata_that_is_no_object_comes_back_or_is_refused
                times_are_kept_to_the_microsecond
                ids_are_kept
                types_are_kept
                every_read_gives_the_same_event_back
                the_payloads_of_a_unit_come_back
            }
            snapshots {
                a_stream_has_no_snapshot_at_first
                a_snapshot_is_loaded_as_it_was_saved
                a_state_may_be_small_or_large
                a_state_that_is_no_json_is_kept_or_refused
                a_newer_snapshot_replaces_an_older
                a_snapshot_of_the_same_version_replaces_the_one_before
                an_older_snapshot_does_not_replace_a_newer
                a_snapshot_of_another_program_is_replaced
                of_snapshots_saved_at_once_the_newest_stays
                streams_have_snapshots_apart
                a_stream_with_the_longest_name_has_a_snapshot
                deleting_tells_whether_there_was_one
                deleting_all_tells_how_many_there_were
                snapshots_are_apart_from_the_events
                snapshots_between_events_are_on_no_page
            }
            states {
                a_state_that_was_never_written_is_none
                a_state_is_read_as_it_was_written
                a_state_goes_with_its_events_or_not_at_all
                a_stale_state_conflicts_and_writes_nothing
                of_a_stream_and_a_state_that_conflict_the_stream_is_told
                a_repeated_write_answers_its_first_outcome
                a_write_that_was_written_over_conflicts
                a_removed_state_is_none_and_its_version_goes_on
                a_check_writes_nothing
                states_and_streams_of_one_name_count_apart
                states_are_listed_page_by_page_in_order
                a_large_state_comes_back
                of_many_writers_of_one_state_one_wins_each_version
                a_unit_of_states_and_streams_is_seen_whole
                states_are_there_after_reopening
            }
            catalog {
                streams_are_listed_once_with_their_last_events
                the_position_of_a_stream_is_that_of_its_last_event
                types_are_counted_by_category
                an_empty_store_lists_nothing
                snapshots_are_listed_once
            }
            concurrency {
                of_two_writers_with_one_expected_version_one_wins
                followers_miss_nothing_of_many_streams
                followers_miss_nothing_of_one_contended_stream
                writers_that_expect_nothing_all_succeed
                units_over_the_same_streams_do_not_lock_each_other_out
                a_growing_stream_is_read_without_gaps
                a_quiet_category_is_read_however_busy_others_are
                an_append_is_seen_whole_or_not_at_all
                an_append_that_is_given_up_can_be_repeated
                a_read_that_is_given_up_harms_nobody
            }
            waiting {
                whoever_is_behind_does_not_wait
                an_append_wakes_whoever_waits
                whoever_has_seen_everything_waits
                no_position_is_too_far_to_wait_behind
                a_wait_can_be_given_up
            }
            durability {
                acknowledged_events_are_there_after_reopening
                versions_and_positions_go_on_after_reopening
                a_repeated_append_is_known_after_reopening
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_cases {
    ($harness:expr; $($group:ident { $($case:ident)* })*) => {$(
        mod $group {
            #[allow(unused_imports, reason = "the harness may need none of them")]
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    $crate::conformance::$group::$case($harness).await;
                }
            )*
        }
    )*};
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed_and_documented() {
        let list = include_str!("mod.rs");
        let files = [
            include_str!("appending.rs"),
            include_str!("catalog.rs"),
            include_str!("categories.rs"),
            include_str!("concurrency.rs"),
            include_str!("durability.rs"),
            include_str!("expecting.rs"),
            include_str!("keeping.rs"),
            include_str!("naming.rs"),
            include_str!("paging.rs"),
            include_str!("reading.rs"),
            include_str!("repeating.rs"),
            include_str!("several_streams.rs"),
            include_str!("snapshots.rs"),
            include_str!("states.rs"),
            include_str!("waiting.rs"),
        ];

        let cases = files
            .iter()
            .flat_map(|file| file.split("pub async fn ").skip(1));
        for case in cases.map(|rest| rest.split('(').next().unwrap()) {
            assert!(
                list.contains(&format!("                {case}\n")),
                "`{case}` is not listed"
            );
        }
    }
}
