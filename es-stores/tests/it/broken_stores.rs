//! Stores that break one promise each: for every one, the conformance suite has a case that fails.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, SubsecRound};
use es_core::record::{
    Detail, Direction, NewEvent, NewEvents, Page, PageEvent, ReadRequest, RecordedEvent, Source,
};
use es_core::store::{
    Append, AppendError, Appended, BoxFuture, Capabilities, Durability, EventStore, EventStoreExt,
    Expected, MemoryStore, Payloads, Snapshot, SnapshotStore, StateChange, StateStore, StoreError,
    StreamAppend,
};
use es_core::stream::{Position, StreamName, Version};
use es_stores::conformance::{
    appending, categories, concurrency, expecting, keeping, paging, reading, repeating,
    several_streams, snapshots, states, waiting,
};
use futures_util::FutureExt as _;
use uuid::Uuid;

use crate::json_store::{refusal, rewrite};

macro_rules! told {
    ($($fault:ident by $group:ident::$case:ident)*) => {
        /// What a store does wrong.
        #[allow(non_camel_case_types, reason = "each is the name of a test as well")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Fault { none, $($fault),* }

        $(
            /// Where time is paused, what never comes is given up at once.
            #[tokio::test(start_paused = true)]
            async fn $fault() {
                let case = $group::$case(|| async { Broken::by(Fault::$fault) });
                let outcome = AssertUnwindSafe(case).catch_unwind().await;
                assert!(outcome.is_err(), "the suite does not tell");
            }
        )*
    };
}

told! {
    ignores_expected_versions by expecting::a_version_too_low_conflicts_and_writes_nothing
    takes_any_version_for_a_new_stream by expecting::any_version_appends_to_a_new_and_to_an_old_stream
    forgets_ids by repeating::the_same_append_again_answers_its_first_outcome
    compares_the_first_id_alone by repeating::some_events_but_not_all_conflict
    answers_the_latest_version_on_repeat by repeating::an_append_can_be_repeated_after_others_have_appended
    drops_the_last_of_a_batch by appending::versions_count_from_one_without_gaps
    writes_a_batch_one_by_one by concurrency::an_append_is_seen_whole_or_not_at_all
    writes_a_unit_stream_by_stream by several_streams::a_conflict_in_the_last_stream_writes_nothing_anywhere
    writes_units_that_it_does_not_declare by several_streams::a_unit_writes_to_all_its_streams
    counts_versions_from_zero by appending::versions_count_from_one_without_gaps
    lags_in_its_streams by appending::an_acknowledged_event_is_read_at_once
    skips_an_event_of_a_category by categories::a_category_is_in_the_order_of_positions
    ignores_the_group by categories::members_of_a_group_share_a_category_out
    shares_out_by_whole_ids by categories::compound_ids_stay_with_one_member
    says_there_is_more_for_another_member by paging::a_page_of_a_member_skips_what_is_not_its_own
    says_there_is_more_of_another_category by paging::a_page_of_a_category_skips_what_is_not_its_own
    mixes_categories_that_begin_alike by categories::categories_that_begin_alike_are_apart
    reorders_everything by appending::positions_only_grow
    shows_events_late by concurrency::followers_miss_nothing_of_many_streams
    doubles_the_last_of_a_page by paging::pages_of_any_size_give_all_events_once
    says_there_is_more_at_the_end by paging::a_page_tells_exactly_whether_there_is_more
    says_there_is_no_more by paging::a_page_tells_exactly_whether_there_is_more
    keeps_what_was_in_the_page by paging::a_page_forgets_what_was_in_it
    ignores_the_bytes_of_a_page by paging::a_page_stops_at_its_bytes
    truncates_at_a_thousand by appending::ten_thousand_events_fit_into_one_append
    begins_behind_the_first by reading::a_category_and_everything_are_read_from_a_position
    ignores_the_direction by reading::a_stream_is_read_backwards
    replays_without_times by reading::a_replay_has_what_it_looks_at
    loses_metadata by keeping::metadata_comes_back
    sorts_the_keys_of_json by keeping::json_comes_back
    loses_digits by keeping::json_comes_back
    refuses_what_is_no_json by keeping::what_is_no_json_comes_back_or_is_refused
    takes_what_is_no_json by keeping::what_is_no_json_comes_back_or_is_refused
    takes_metadata_that_is_no_object by keeping::metadata_that_is_no_object_comes_back_or_is_refused
    writes_what_stands_before_a_refused_payload by keeping::a_refused_payload_refuses_its_whole_unit
    rounds_times by keeping::times_are_kept_to_the_microsecond
    has_its_head_behind by appending::the_head_is_the_position_of_the_last_event
    has_its_head_ahead by appending::an_empty_store_has_its_head_at_the_start
    never_wakes by waiting::an_append_wakes_whoever_waits
    wakes_for_nothing by waiting::whoever_has_seen_everything_waits
    takes_older_snapshots by snapshots::an_older_snapshot_does_not_replace_a_newer
    takes_states_that_are_no_json by snapshots::a_state_that_is_no_json_is_kept_or_refused
    tells_the_last_conflict by several_streams::of_several_conflicts_the_first_is_told
    keeps_snapshots_of_another_program by snapshots::a_snapshot_of_another_program_is_replaced
    ignores_versions_of_states by states::a_stale_state_conflicts_and_writes_nothing
    forgets_ids_of_states by states::a_repeated_write_answers_its_first_outcome
    rounds_times_of_states by states::a_state_is_read_as_it_was_written
    keeps_removed_states by states::a_removed_state_is_none_and_its_version_goes_on
    writes_where_it_should_check by states::a_check_writes_nothing
    writes_states_apart by states::a_state_goes_with_its_events_or_not_at_all
    takes_states_it_does_not_declare by states::a_large_state_comes_back
}

/// Memory with one fault.
#[derive(Debug)]
struct Broken {
    inner: MemoryStore,
    fault: Fault,
    /// Whether there was an append since the last read of a stream.
    fresh: AtomicBool,
}

impl Broken {
    fn by(fault: Fault) -> Self {
        Self {
            inner: MemoryStore::new(),
            fault,
            fresh: AtomicBool::new(false),
        }
    }

    async fn append_broken(&self, append: &Append) -> Result<Vec<Appended>, AppendError> {
        if !append.states().is_empty() {
            return self.append_states_broken(append).await;
        }
        let Some(first) = append.streams().first() else {
            return self.inner.append(Arc::new(append.clone())).await;
        };
        let (stream, several) = (&first.stream, append.streams().len() > 1);
        let changed = |part: &StreamAppend| match self.fault {
            Fault::ignores_expected_versions => with_expected(part, Expected::Any),
            Fault::takes_any_version_for_a_new_stream if part.expected == Expected::Any => {
                with_expected(part, Expected::Version(Version::EMPTY))
            }
            Fault::forgets_ids => with_events(part, part.events.iter().map(with_new_id)),
            Fault::drops_the_last_of_a_batch if part.events.len() > 1 => {
                with_events(part, part.events.iter().take(part.events.len() - 1))
            }
            _ => part.clone(),
        };
        let mut unit: Vec<_> = append.streams().iter().map(changed).collect();
        if self.fault == Fault::tells_the_last_conflict {
            unit.reverse();
        }
        let unit = Append::all(unit).expect("no stream stands twice");
        match self.fault {
            Fault::writes_a_batch_one_by_one if !several && first.events.len() > 1 => {
                self.append_one_by_one(first).await
            }
            Fault::writes_a_unit_stream_by_stream if several => {
                let mut appended = Vec::new();
                for part in unit.streams() {
                    let part = Append::all(vec![part.clone()]).expect("it is one");
                    appended.extend(self.inner.append(Arc::new(part)).await?);
                }
                Ok(appended)
            }
            Fault::compares_the_first_id_alone if !several => {
                let outcome = self.inner.append(Arc::new(unit)).await;
                match (outcome, first.expected) {
                    (Err(AppendError::Conflict(_)), Expected::Version(expected))
                        if self.id_behind(stream, expected).await == first_id(first) =>
                    {
                        Ok(vec![self.last(stream).await])
                    }
                    (outcome, _) => outcome,
                }
            }
            Fault::tells_the_last_conflict => {
                let mut appended = self.inner.append(Arc::new(unit)).await?;
                appended.reverse();
                Ok(appended)
            }
            Fault::refuses_what_is_no_json | Fault::takes_metadata_that_is_no_object
                if units_events(&unit).any(|event| rewrite(event.data).is_none()) =>
            {
                Err(refusal().into())
            }
            Fault::writes_what_stands_before_a_refused_payload
                if units_events(&unit).any(|event| rewrite(event.data).is_none()) =>
            {
                let taken = first.events.iter();
                let taken = taken.take_while(|event| rewrite(event.data).is_some());
                let taken = Append::all(vec![with_events(first, taken)]).expect("it is one");
                self.inner.append(Arc::new(taken)).await?;
                Err(refusal().into())
            }
            Fault::answers_the_latest_version_on_repeat => {
                self.inner.append(Arc::new(unit)).await?;
                Ok(vec![self.last(stream).await])
            }
            _ => self.inner.append(Arc::new(unit)).await,
        }
    }

    async fn append_states_broken(&self, append: &Append) -> Result<Vec<Appended>, AppendError> {
        let mut states = append.states().to_vec();
        for write in &mut states {
            let kept = StateStore::load(&self.inner, &write.stream).await?;
            match (self.fault, &write.change) {
                (Fault::ignores_versions_of_states, _) => {
                    write.expected = kept.map_or(Version::EMPTY, |kept| kept.version);
                }
                (Fault::forgets_ids_of_states, _) => write.id = Uuid::now_v7(),
                (Fault::rounds_times_of_states, _) => write.time = write.time.trunc_subsecs(0),
                (Fault::keeps_removed_states, StateChange::Remove) => {
                    write.change =
                        StateChange::Put(kept.map_or_else(Vec::new, |it| it.data).into());
                }
                (Fault::writes_where_it_should_check, StateChange::Check) => {
                    write.change =
                        StateChange::Put(kept.map_or_else(Vec::new, |it| it.data).into());
                }
                _ => {}
            }
        }
        let streams = append.streams().to_vec();
        let of_streams = Append::all(streams).expect("no stream stands twice");
        if self.fault == Fault::writes_states_apart {
            let mut appended = self.inner.append(Arc::new(of_streams)).await?;
            tokio::task::yield_now().await;
            let of_states = Append::all(Vec::new()).expect("it is none");
            let of_states = of_states
                .with_states(states)
                .expect("no state stands twice");
            appended.extend(self.inner.append(Arc::new(of_states)).await?);
            return Ok(appended);
        }
        let unit = of_streams.with_states(states);
        let unit = unit.expect("no state stands twice");
        self.inner.append(Arc::new(unit)).await
    }

    async fn append_one_by_one(&self, part: &StreamAppend) -> Result<Vec<Appended>, AppendError> {
        let mut expected = part.expected;
        let mut appended = Vec::new();
        for event in part.events.iter() {
            let one = with_expected(&with_events(part, [event]), expected);
            let one = Append::all(vec![one]).expect("it is one");
            appended = self.inner.append(Arc::new(one)).await?;
            expected = Expected::Version(appended[0].version);
            tokio::task::yield_now().await;
        }
        Ok(appended)
    }

    async fn id_behind(&self, stream: &StreamName, version: Version) -> Option<Uuid> {
        let mut events = self.inner.read_stream(stream).from(version.next());
        let event = events.next().await.expect("memory is read");
        event.map(|event| event.id)
    }

    async fn last(&self, stream: &StreamName) -> Appended {
        let last = self.inner.read_last(stream).await.expect("memory is read");
        Appended {
            version: last.as_ref().map_or(Version::EMPTY, |last| last.version),
            position: last.map(|last| last.position),
        }
    }

    async fn read_broken(&self, request: &ReadRequest, page: &mut Page) -> Result<(), StoreError> {
        let before: Vec<_> = page.iter().map(RecordedEvent::into_owned).collect();
        let mut request = request.clone();
        let asked = request.source.clone();
        match (self.fault, &mut request.source) {
            (Fault::mixes_categories_that_begin_alike, source @ Source::Category { .. }) => {
                *source = Source::All { from: None };
            }
            (
                Fault::begins_behind_the_first,
                Source::Category {
                    from: Some(from), ..
                }
                | Source::All { from: Some(from) },
            ) => *from = from.next(),
            (
                Fault::ignores_the_group | Fault::shares_out_by_whole_ids,
                Source::Category { group, .. },
            ) => *group = None,
            (Fault::ignores_the_direction, _) => request.direction = Direction::Forwards,
            (Fault::ignores_the_bytes_of_a_page, _) => request.max_bytes = usize::MAX,
            _ => {}
        }
        self.inner.read(&request, page).await?;

        let mut more = page.has_more();
        let mut events: Vec<_> = page.iter().map(RecordedEvent::into_owned).collect();
        let len = events.len();
        match (self.fault, &asked) {
            (Fault::lags_in_its_streams, Source::Stream { .. })
                if self.fresh.swap(false, Ordering::SeqCst) =>
            {
                events.pop();
            }
            (Fault::skips_an_event_of_a_category, Source::Category { .. }) => {
                events.retain(|event| event.position != 2);
            }
            (Fault::mixes_categories_that_begin_alike, Source::Category { name, .. }) => {
                events.retain(|event| event.stream.starts_with(name.as_str()));
            }
            (
                Fault::shares_out_by_whole_ids,
                Source::Category {
                    group: Some(group), ..
                },
            ) => {
                events.retain(|event| {
                    let (_, id) = event.stream.split_once('-').expect("it is a stream");
                    group.has(id)
                });
            }
            (
                Fault::says_there_is_more_for_another_member,
                Source::Category { group: Some(_), .. },
            )
            | (
                Fault::says_there_is_more_of_another_category,
                Source::Category { group: None, .. },
            ) if len > 0 => {
                let last = events[len - 1].position;
                more |= self.inner.head().await? > last;
            }
            (Fault::reorders_everything, Source::All { .. }) if len > 1 => events.swap(0, 1),
            (Fault::shows_events_late, Source::All { .. }) if len > 1 && !more => {
                events.remove(len - 2);
            }
            (Fault::doubles_the_last_of_a_page, _) if more => events.push(events[len - 1].clone()),
            (Fault::truncates_at_a_thousand, _) => events.retain(|event| event.version <= 1_000),
            (Fault::replays_without_times, _) if request.detail == Detail::Replay => {
                for event in &mut events {
                    event.time = DateTime::UNIX_EPOCH;
                }
            }
            (Fault::keeps_what_was_in_the_page, _) => drop(events.splice(..0, before)),
            _ => {}
        }
        page.clear();
        for event in &mut events {
            self.change(event);
            push(page, event);
        }
        page.set_has_more(match self.fault {
            Fault::says_there_is_more_at_the_end => len > 0,
            Fault::says_there_is_no_more => false,
            _ => more,
        });
        Ok(())
    }
}

impl Broken {
    fn change(&self, event: &mut RecordedEvent<'_>) {
        match self.fault {
            Fault::counts_versions_from_zero => {
                event.version = event.version.previous().expect("it counts from 1");
            }
            Fault::loses_metadata => event.metadata = b"".into(),
            Fault::rounds_times => event.time = event.time.trunc_subsecs(3),
            Fault::sorts_the_keys_of_json => {
                event.data = rewrite(&event.data).expect("it is JSON").into();
            }
            Fault::loses_digits => {
                if let Ok(json) = serde_json::from_slice::<serde_json::Value>(&event.data) {
                    event.data = json.to_string().into_bytes().into();
                }
            }
            _ => {}
        }
    }
}

impl EventStore for Broken {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        self.fresh.store(true, Ordering::SeqCst);
        Box::pin(async move { self.append_broken(&append).await })
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.read_broken(request, page))
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
        Box::pin(async {
            let head = self.inner.head().await?;
            Ok(match self.fault {
                Fault::has_its_head_behind => head.previous().unwrap_or(head),
                Fault::has_its_head_ahead => head.next(),
                _ => head,
            })
        })
    }

    fn capabilities(&self) -> Capabilities {
        let multi_stream = self.fault != Fault::writes_units_that_it_does_not_declare;
        let payloads = match self.fault {
            Fault::loses_digits
            | Fault::takes_what_is_no_json
            | Fault::takes_metadata_that_is_no_object
            | Fault::takes_states_that_are_no_json
            | Fault::writes_what_stands_before_a_refused_payload => Payloads::Json,
            _ => Payloads::Bytes,
        };
        Capabilities::new(multi_stream, Durability::None).payloads(payloads)
    }

    fn wait_beyond(&self, position: Position) -> BoxFuture<'_, Result<Position, StoreError>> {
        match self.fault {
            Fault::never_wakes => Box::pin(std::future::pending()),
            Fault::wakes_for_nothing => self.head(),
            _ => self.inner.wait_beyond(position),
        }
    }

    fn snapshots(&self) -> Option<&dyn SnapshotStore> {
        Some(self)
    }

    fn states(&self) -> Option<&dyn StateStore> {
        match self.fault {
            Fault::takes_states_it_does_not_declare => None,
            _ => self.inner.states(),
        }
    }
}

impl SnapshotStore for Broken {
    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let kept = SnapshotStore::load(&self.inner, &snapshot.stream).await?;
            match self.fault {
                Fault::takes_older_snapshots => {
                    self.inner.delete(&snapshot.stream).await?;
                }
                Fault::keeps_snapshots_of_another_program
                    if kept.is_some_and(|kept| kept.version > snapshot.version) =>
                {
                    return Ok(());
                }
                _ => {}
            }
            self.inner.save(snapshot).await
        })
    }

    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        SnapshotStore::load(&self.inner, stream)
    }

    fn delete<'a>(&'a self, stream: &'a StreamName) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.inner.delete(stream)
    }

    fn delete_all(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.inner.delete_all()
    }
}

fn units_events(unit: &Append) -> impl Iterator<Item = NewEvent<'_>> {
    unit.streams().iter().flat_map(|part| part.events.iter())
}

fn with_expected(part: &StreamAppend, expected: Expected) -> StreamAppend {
    StreamAppend {
        expected,
        ..part.clone()
    }
}

fn with_events<'a>(
    part: &StreamAppend,
    wanted: impl IntoIterator<Item = NewEvent<'a>>,
) -> StreamAppend {
    let mut events = NewEvents::new();
    for event in wanted {
        events.push(event);
    }
    StreamAppend {
        events,
        ..part.clone()
    }
}

fn with_new_id(event: NewEvent<'_>) -> NewEvent<'_> {
    NewEvent {
        id: Uuid::now_v7(),
        ..event
    }
}

fn first_id(part: &StreamAppend) -> Option<Uuid> {
    part.events.iter().next().map(|event| event.id)
}

fn push(page: &mut Page, event: &RecordedEvent<'_>) {
    page.push(PageEvent {
        stream: &event.stream,
        version: event.version,
        position: event.position,
        event: NewEvent {
            id: event.id,
            time: event.time,
            event_type: &event.event_type,
            data: &event.data,
            metadata: &event.metadata,
        },
    });
}

/// Without a fault the wrapper passes, so that it is the faults that are told.
mod sound {
    use super::{Broken, Fault};

    es_stores::conformance_tests!(|| async { Broken::by(Fault::none) });
}
