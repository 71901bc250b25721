//! What every store on a PostgreSQL server must do beyond the conformance suite: with other
//! sessions, bad connections, restarts, and servers that refuse.

pub(crate) mod halves;
pub(crate) mod held;
pub(crate) mod large;
pub(crate) mod lost;
pub(crate) mod races;
pub(crate) mod refused;
pub(crate) mod restarted;
pub(crate) mod shared;
pub(crate) mod statements;
pub(crate) mod tls;

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use es_core::record::{NewEvent, NewEvents};
use es_core::store::{
    Append, AppendError, Appended, EventStore, EventStoreExt, Expected, StoreError, StoreErrorKind,
};
use es_core::stream::{Position, StreamName, Version};
use es_stores::conformance::Harness;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::servers::{Uri, session, until};

/// Makes one test of each case for a [`Place`].
macro_rules! tests_on_servers {
    ($place:ty) => {
        $crate::on_servers::cases! { $place;
            held {
                readers_wait_for_a_held_append_and_see_it_when_it_is_written
                readers_wait_for_a_held_append_and_go_on_when_it_is_rolled_back
                a_store_that_is_opened_meanwhile_waits_too
                a_held_append_holds_up_no_other
                readers_wait_for_each_of_several_held_appends
                a_reader_of_the_tables_holds_up_nobody
                a_transaction_elsewhere_holds_up_nobody
            }
            halves {
                long_reads_are_what_short_ones_are_together
                long_reads_lose_nothing_while_others_append
                a_gap_in_a_long_stream_is_read_as_it_is
                a_small_pool_is_not_used_up_by_one_reader
            }
            large {
                a_page_of_large_events_is_not_sent_many
            }
            lost {
                an_append_that_is_cut_in_the_middle_can_be_repeated
                an_append_that_is_cut_behind_its_commit_stands_once
                an_append_for_any_version_that_is_cut_behind_its_commit_stands_once
                a_unit_that_is_cut_behind_its_commit_stands_once
                appends_that_share_a_lost_commit_stand_once_each
                a_store_whose_connections_were_cut_works_again
                a_store_whose_sessions_were_terminated_works_again
                an_append_whose_session_is_terminated_can_be_repeated
                whoever_waits_is_woken_though_the_connections_were_cut
                no_new_connection_is_unavailable_until_there_is_one
            }
            races {
                of_two_who_append_behind_one_version_the_second_conflicts
                whoever_comes_second_with_others_harms_none_of_them
                an_append_for_any_version_waits_for_the_one_before
                the_same_append_by_two_at_a_time_stands_once
                of_two_units_that_check_what_the_other_writes_one_conflicts
                units_of_two_who_write_in_opposite_orders_are_written_one_behind_the_other
            }
            statements {
                every_statement_walks_along_an_index
            }
            restarted {
                a_store_works_again_after_a_crash_of_its_server
                what_was_acknowledged_outlives_crashes
            }
            refused {
                a_wrong_password_is_refused
                a_server_that_is_not_there_is_unavailable
                a_server_that_does_not_answer_is_unavailable
                a_database_that_is_not_there_is_told
                a_role_without_rights_is_denied
                a_server_that_only_reads_refuses_appends
                a_standby_is_read_and_refuses_appends
                a_statement_that_takes_too_long_is_given_up
                a_pool_that_is_exhausted_is_busy
                conflicts_leave_no_errors_in_the_log
            }
            shared {
                a_stream_of_another_store_is_read_at_once
                an_append_of_another_store_wakes_whoever_waits
                two_stores_never_write_one_version_twice
            }
            tls {
                connections_are_encrypted_as_the_uri_asks
                a_certificate_is_checked_as_the_uri_asks
            }
        }
    };
}

macro_rules! cases {
    ($place:ty; $($group:ident { $($case:ident)* })*) => {$(
        mod $group {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    $crate::on_servers::$group::$case::<$place>().await;
                }
            )*
        }
    )*};
}

pub(crate) use {cases, tests_on_servers};

/// A place for the data of one store on a server, cleared away when it is dropped.
pub(crate) trait Place: Harness {
    /// An empty one on the server of a superuser's URI.
    fn on(server: &Uri) -> impl Future<Output = Self> + Send;

    /// The superuser's URI of the database.
    fn uri(&self) -> Uri;

    /// What no other place is called.
    fn name(&self) -> &str;

    /// The schema that the events are in.
    fn schema(&self) -> &str;

    /// The table that the events are in.
    fn events(&self) -> String;

    /// All statements of the store.
    fn statements(&self) -> statements::Statements;

    /// Opens the store by another way than its harness does.
    fn open_by(
        &self,
        uri: &Uri,
        limits: Limits,
    ) -> impl Future<Output = Result<Self::Store, StoreError>> + Send;
}

/// What a store is opened with; what is not told is as it is by default.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) pool_size: Option<usize>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) wait_timeout: Option<Duration>,
    pub(crate) statement_timeout: Option<Duration>,
}

/// Appends of events of the type [`HELD`] wait, from before they are committed until they are let go:
/// another program's transaction that takes long.
pub(crate) struct Hold {
    session: Client,
    schema: String,
    key: i32,
}

/// The type of the events whose appends are held.
pub(crate) const HELD: &str = "Test.Held.v1";

impl Hold {
    pub(crate) async fn on(place: &impl Place) -> Self {
        let session = session(&place.uri()).await;
        let (schema, events) = (place.schema().to_owned(), place.events());
        let key = fastrand::i32(1..);
        let statements = format!(
            "CREATE TABLE {schema}.es_test_hold (rolls_back boolean);
             GRANT SELECT ON {schema}.es_test_hold TO PUBLIC;
             CREATE FUNCTION {schema}.es_test_hold() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
               PERFORM pg_advisory_xact_lock_shared(4711, {key});
               IF EXISTS (SELECT FROM {schema}.es_test_hold WHERE rolls_back) THEN
                 RAISE EXCEPTION 'rolled back by the test';
               END IF;
               RETURN NULL;
             END $$;
             CREATE TRIGGER es_test_hold AFTER INSERT ON {events} FOR EACH ROW
               WHEN (NEW.type = '{HELD}') EXECUTE FUNCTION {schema}.es_test_hold();
             SELECT pg_advisory_lock(4711, {key})"
        );
        let made = session.batch_execute(&statements).await;
        made.expect("a superuser may do this");
        Self {
            session,
            schema,
            key,
        }
    }

    /// Waits until so many appends are held.
    pub(crate) async fn holds(&self, appends: i64) {
        let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                       AND classid = 4711 AND objid = $1 AND NOT granted";
        until(async || {
            let key = u32::try_from(self.key).expect("it is positive");
            let row = self.session.query_one(waiting, &[&key]).await;
            let count: i64 = row.expect("the locks are read").get(0);
            (count >= appends).then_some(())
        })
        .await;
    }

    /// Waits until so many sessions wait for another: those whose appends are held, and whoever wants
    /// what they have.
    pub(crate) async fn keeps_waiting(&self, sessions: i64) {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock' AND strpos(query, $1) > 0";
        until(async || {
            let row = self.session.query_one(waiting, &[&self.schema]).await;
            let count: i64 = row.expect("the sessions are read").get(0);
            (count >= sessions).then_some(())
        })
        .await;
    }

    /// They commit.
    pub(crate) async fn let_go(&self) {
        let unlock = format!("SELECT pg_advisory_unlock(4711, {})", self.key);
        let unlocked = self.session.batch_execute(&unlock).await;
        unlocked.expect("the lock is held");
    }

    /// They fail, and so do all that follow.
    pub(crate) async fn roll_back(&self) {
        let fail = format!("INSERT INTO {}.es_test_hold VALUES (true)", self.schema);
        let failing = self.session.batch_execute(&fail).await;
        failing.expect("a superuser may do this");
        self.let_go().await;
    }
}

/// Events with these numbers, by which their ids are made and their payloads found.
pub(crate) fn events(event_type: &str, numbers: impl IntoIterator<Item = u64>) -> NewEvents {
    let mut events = NewEvents::new();
    for number in numbers {
        events.push(NewEvent {
            id: id(number),
            time: DateTime::from_timestamp_micros(1_718_452_800_123_456).expect("in range"),
            event_type,
            data: format!("{{\"mark\":\"{}\"}}", mark(number)).as_bytes(),
            metadata: b"",
        });
    }
    events
}

/// What stands in the payload of event `number`, and nowhere else.
pub(crate) fn mark(number: u64) -> String {
    format!("event<{number}>")
}

pub(crate) fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
}

pub(crate) fn number(id: Uuid) -> u64 {
    u64::try_from(id.as_u128() & 0xffff_ffff_ffff).expect("48 bits fit")
}

/// An ordinary event.
pub(crate) const PLAIN: &str = "Test.Happened.v1";

/// Numbers one after the other.
pub(crate) fn range(numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
    numbers.into_iter().collect()
}

/// No event.
pub(crate) const NONE: [u64; 0] = [];

pub(crate) fn at(version: u64) -> Expected {
    Expected::Version(Version::new(version))
}

/// A unit for one stream: events of a type with these numbers.
pub(crate) fn unit(
    stream: &str,
    expected: Expected,
    event_type: &str,
    numbers: impl IntoIterator<Item = u64>,
) -> Arc<Append> {
    let stream = StreamName::new(stream).expect("a proper name");
    Arc::new(Append::to(stream, expected, events(event_type, numbers)))
}

/// Appends one plain event, which must succeed.
pub(crate) async fn append(store: &impl EventStore, stream: &str, version: u64, number: u64) {
    let unit = unit(stream, at(version), PLAIN, [number]);
    let appended = store.append(unit).await;
    appended.unwrap_or_else(|error| panic!("event {number} was not appended: {error:?}"));
}

/// Repeats a unit until its outcome is known, as a domain does.
pub(crate) async fn repeat(store: &impl EventStore, unit: &Arc<Append>) -> Vec<Appended> {
    until(async || match store.append(Arc::clone(unit)).await {
        Ok(appended) => Some(appended),
        Err(AppendError::OutcomeUnknown(error) | AppendError::Store(error)) => {
            assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
            None
        }
        Err(error) => panic!("neither written nor unavailable: {error:?}"),
    })
    .await
}

/// The numbers of a stream's events; acknowledged ones are there at once.
pub(crate) async fn numbers(store: &impl EventStore, stream: &str) -> Vec<u64> {
    let events = store.read_stream(stream).collect().await;
    let events = events.unwrap_or_else(|error| panic!("could not read `{stream}`: {error:?}"));
    events.iter().map(|event| number(event.id)).collect()
}

/// The numbers of all events that are shown.
pub(crate) async fn all(store: &impl EventStore) -> Vec<u64> {
    let events = store.read_all().collect().await;
    let events = events.unwrap_or_else(|error| panic!("could not read everything: {error:?}"));
    assert!(events.is_sorted_by(|a, b| a.position < b.position));
    events.iter().map(|event| number(event.id)).collect()
}

/// The numbers of all events, once there are as many.
pub(crate) async fn all_of(store: &impl EventStore, count: usize) -> Vec<u64> {
    until(async || Some(all(store).await).filter(|all| all.len() >= count)).await
}

/// Waits until the head is so far.
pub(crate) async fn head_reaches(store: &impl EventStore, position: Option<Position>) {
    let position = position.expect("events were written");
    until(async || {
        let head = store.head().await.expect("the head is read");
        (head >= position).then_some(())
    })
    .await;
}

/// The error that `outcome` must be: nothing was written.
pub(crate) fn not_written<T: std::fmt::Debug>(outcome: Result<T, AppendError>) -> StoreError {
    match outcome {
        Err(AppendError::Store(error)) => error,
        other => panic!("expected was an error of the store, found was {other:?}"),
    }
}

/// An error is of a kind, says all of `words`, and nothing that must be kept secret.
pub(crate) fn tells(error: &StoreError, kind: StoreErrorKind, words: &[&str]) {
    let mut said = vec![format!("{error:?}")];
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        said.push(format!("{error} {error:?}"));
        source = error.source();
    }
    let said = said.join("; because: ");
    assert_eq!(error.kind(), kind, "{said}");
    for words in words {
        assert!(said.contains(words), "`{words}` is missing in: {said}");
    }
    assert!(!said.contains(SECRET), "the password shows in: {said}");
}

/// A password that must not show.
pub(crate) const SECRET: &str = "0pen5esame";
