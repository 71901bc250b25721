//! Memory: maps of encoded events.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use es_bench_race::bank::{self, Account, BankEvent};
use es_bench_race::{Contestant, Role, Work};

/// A map from accounts to their events as JSON, behind a lock, as a program has it that does without
/// a framework: decoded on load, encoded on append, the events' names within the JSON.
#[derive(Debug, Default)]
pub struct Json(Mutex<HashMap<u64, Vec<Vec<u8>>>>);

impl Json {
    fn accounts(&self) -> MutexGuard<'_, HashMap<u64, Vec<Vec<u8>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Contestant for Json {
    fn name(&self) -> String {
        "a map of JSON".into()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let events = (from..from + count).map(|nth| serde_json::to_vec(&bank::event(nth)));
        let events: Vec<_> = events.collect::<Result<_, _>>()?;
        self.accounts().entry(account).or_default().extend(events);
        Ok(Some(()))
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let event = serde_json::to_vec(&bank::event(events))?;
            self.accounts().entry(account).or_default().push(event);
        }
        Ok(Some(turns.taken()))
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let mut accounts = self.accounts();
            let stream = accounts.get_mut(&account).context("no such account")?;
            let mut state = Account::default();
            for event in stream.iter() {
                state.apply(&serde_json::from_slice(event)?);
            }
            let event = state.decide(bank::command(events))?;
            stream.push(serde_json::to_vec(&event)?);
        }
        Ok(Some(turns.taken()))
    }
}

type Encoded = (&'static str, Vec<u8>);

fn encode(event: &BankEvent) -> Result<Encoded> {
    Ok((event.kind(), event.fields()?))
}

/// Nothing but `serde_json::from_slice`, payload after payload, and for reading without decoding
/// nothing but a copy of the bytes.
#[derive(Debug, Default)]
pub struct SerdeAlone(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    accounts: HashMap<u64, Vec<Encoded>>,
    copy: Vec<u8>,
}

impl SerdeAlone {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Contestant for SerdeAlone {
    fn name(&self) -> String {
        "serde_json::from_slice or memcpy alone".into()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let events = (from..from + count).map(|nth| encode(&bank::event(nth)));
        let events: Vec<_> = events.collect::<Result<_>>()?;
        let mut held = self.held();
        held.accounts.entry(account).or_default().extend(events);
        Ok(Some(()))
    }

    /// That would measure an insertion into a map.
    async fn append_each(&self, _: Work) -> Result<Option<u64>> {
        Ok(None)
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        let held = self.held();
        let events = held.accounts.get(&account).context("no such account")?;
        let mut account = Account::default();
        for (kind, fields) in events {
            account.apply(&BankEvent::decode(kind, fields)?);
        }
        Ok(Some(account))
    }

    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        let held = self.held();
        let events = held.accounts.values().flatten();
        let mut count = 0;
        for (kind, fields) in events.take(usize::try_from(at_most)?) {
            black_box(BankEvent::decode(kind, fields)?);
            count += 1;
        }
        Ok(Some(count))
    }

    async fn read_all(&self, at_most: u64) -> Result<Option<u64>> {
        const PAGE_BYTES: usize = 1 << 20;
        let mut held = self.held();
        let Held { accounts, copy } = &mut *held;
        let mut count = 0;
        for (_, fields) in accounts.values().flatten().take(usize::try_from(at_most)?) {
            if copy.len() > PAGE_BYTES {
                black_box(&*copy);
                copy.clear();
            }
            copy.extend_from_slice(fields);
            count += 1;
        }
        Ok(Some(count))
    }
}
