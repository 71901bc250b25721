//! The shapes of aggregates: their ids, derives, fields and visibilities.

use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use es_core::prelude::*;
use serde::{Deserialize, Serialize};

#[event]
pub struct Begun {
    pub count: u32,
}

#[aggregate(event_sourced)]
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub(crate) struct Plain {
    count: u32,
}

#[aggregate]
impl Plain {
    #[apply]
    fn begun(&mut self, event: Begun) {
        self.count = event.count;
    }
}

#[test]
fn the_users_derives_stay() {
    let one = Plain::raise_new(Begun { count: 1 });
    let same = one.clone();

    assert!(one == same && one <= same);
    assert_eq!(HashSet::from([one.clone(), same]).len(), 1);
    assert!(format!("{one:?}").contains("count: 1"));
    assert_eq!(Plain::default().version(), 0);
    assert_eq!(one.pending_events().len(), 1);
}

/// An id that knows how to be made up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number<T>(T);

impl fmt::Display for Number<u128> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Number<u128> {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl From<Uuid> for Number<u128> {
    fn from(uuid: Uuid) -> Self {
        Self(uuid.as_u128())
    }
}

#[aggregate(event_sourced, id = Number<u128>, category = "numbered", snapshot_every = 1)]
struct Numbered {
    count: u32,
}

#[aggregate]
impl Numbered {
    #[apply]
    fn begun(event: &Begun) -> Numbered {
        Numbered { count: event.count }
    }
}

#[aggregate(event_sourced, id = u64)]
struct Counted {
    count: u32,
}

#[aggregate]
impl Counted {
    #[event(CountedBegun, name = "Begun", id = if count < 10 { 1 } else { u64::from(count) })]
    fn begin(count: u32) -> Self {
        Self { count }
    }
}

#[tokio::test]
async fn ids_are_strings_numbers_and_types_of_the_users_own() -> anyhow::Result<()> {
    let domain = Domain::builder("hygiene").build()?;
    let (mut numbered, mut counted) = (Numbered::raise_new(Begun { count: 1 }), Counted::begin(5));
    let (numbers, counts) = (
        domain.repository::<Numbered>(),
        domain.repository::<Counted>(),
    );
    numbers.add(&mut numbered).await?;
    counts.add(&mut counted).await?;

    assert_eq!(counted.id(), &1);
    assert_eq!(Counted::begin(11).id(), &11);
    assert_eq!(numbers.get(numbered.id()).await?.count, 1);
    assert_eq!(counts.get(&1).await?.count, 5);
    Ok(())
}

/// Neither `Clone` nor storable, as a field may be where snapshots are off.
#[derive(Default)]
struct Cache(Mutex<Vec<u32>>);

#[aggregate(event_sourced, snapshots = off)]
#[derive(Default)]
struct Cached {
    cache: Arc<Cache>,
    lock: Cache,
}

#[aggregate]
impl Cached {
    #[apply]
    fn begun(&mut self, event: &Begun) {
        for cache in [&*self.cache, &self.lock] {
            cache.0.lock().expect("nobody panics").push(event.count);
        }
    }
}

#[tokio::test]
async fn fields_need_not_be_storable_where_snapshots_are_off() -> anyhow::Result<()> {
    let domain = Domain::builder("hygiene").build()?;
    let repository = domain.repository::<Cached>();
    let mut cached = Cached::raise_new(Begun { count: 4 });
    repository.add(&mut cached).await?;
    for count in 0..30 {
        let raise = |cached: &mut Cached| cached.raise_(Begun { count });
        repository.update(cached.id(), raise).await?;
    }

    let read = repository.get(cached.id()).await?;
    assert_eq!(read.lock.0.lock().expect("nobody panics").len(), 31);
    Ok(())
}

trait Copying {
    fn copy(&self) -> u8;
}

impl<T> Copying for T {
    fn copy(&self) -> u8 {
        2
    }
}

#[test]
fn methods_of_the_users_own_on_every_type_change_nothing() {
    let plain = Plain::raise_new(Begun { count: 7 });

    assert_eq!(plain.copy(), 2);
    assert_eq!(plain.count, 7);
}
