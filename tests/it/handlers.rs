//! Handlers that do what they should not, and payloads that could never be read again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use es_core::prelude::*;

#[value]
pub struct Nested {
    pub inner: Option<Box<Self>>,
}

#[event]
pub struct Begun {}

#[event]
pub struct Counted {
    pub by: u64,
}

#[event]
pub struct Reset {}

#[event]
pub struct Measured {
    pub value: f64,
}

#[event]
pub struct Deepened {
    pub nested: Nested,
}

#[aggregate(event_sourced)]
#[derive(Debug, PartialEq)]
pub struct Meter {
    count: u64,
}

#[aggregate]
impl Meter {
    fn begin() -> Self {
        Self::raise_new(Begun {})
    }

    fn count(&mut self, by: u64) {
        self.raise_(Counted { by });
    }

    fn reset(&mut self) {
        self.raise_(Reset {});
    }

    fn measure(&mut self, value: f64) {
        self.raise_(Measured { value });
    }

    fn deepen(&mut self, depth: usize) {
        let mut nested = Nested { inner: None };
        for _ in 0..depth {
            let inner = Some(Box::new(nested));
            nested = Nested { inner };
        }
        self.raise_(Deepened { nested });
    }

    #[apply]
    fn begun(_: &Begun) -> Self {
        Self { count: 0 }
    }

    #[apply]
    fn counted(&mut self, event: &Counted) {
        assert_ne!(event.by, 13, "the meter breaks at 13");
        self.count += event.by;
    }

    #[apply]
    fn was_reset(&mut self, _: &Reset) {
        // Puts another value in the aggregate's place, with the id and version of none.
        *self = Self { count: 0 };
    }

    #[apply]
    fn measured(&mut self, _: &Measured) {}

    #[apply]
    fn deepened(&mut self, _: &Deepened) {}
}

#[tokio::test]
async fn a_handler_may_put_another_value_in_place_and_id_version_and_pending_stay()
-> anyhow::Result<()> {
    let meters = Domain::builder("lab")
        .snapshot_every(3)
        .build()?
        .repository::<Meter>();
    let mut meter = Meter::begin();
    let id = *meter.id();
    meter.count(1);
    meter.reset();
    meter.count(2);

    assert_eq!(meter.id(), &id);
    assert_eq!((meter.version(), meter.count), (Version::new(4), 2));
    assert_eq!(meter.pending_events().len(), 4);
    meters.add(&mut meter).await?;
    meters.update(&id, Meter::reset).await?;
    let mut loaded = meters.get(&id).await?;
    assert_eq!((loaded.version(), loaded.count), (Version::new(5), 0));
    loaded.count(3);
    assert_eq!(meters.add(&mut loaded).await?.version(), 6);
    Ok(())
}

#[tokio::test]
async fn what_is_pending_survives_a_handler_that_panics() -> anyhow::Result<()> {
    let meters = Domain::builder("lab").build()?.repository::<Meter>();
    let mut meter = Meter::begin();
    meter.count(1);

    let panicked = catch_unwind(AssertUnwindSafe(|| meter.count(13)));

    assert!(panicked.is_err());
    meter.count(2);
    assert_eq!(meters.add(&mut meter).await?.version(), 3);
    assert_eq!(meters.get(meter.id()).await?.count, 3);
    Ok(())
}

#[tokio::test]
async fn what_could_never_be_read_again_is_not_written() -> anyhow::Result<()> {
    let domain = Domain::builder("lab").build()?;
    let meters = domain.repository::<Meter>();
    let mut fine = Meter::begin();
    fine.measure(f64::MIN_POSITIVE);
    fine.deepen(100);
    meters.add(&mut fine).await?;
    assert_eq!(meters.get(fine.id()).await?, fine);

    let unreadable: [fn(&mut Meter); 3] = [
        |meter| meter.measure(f64::NAN),
        |meter| meter.measure(f64::INFINITY),
        |meter| meter.deepen(200),
    ];
    for raise in unreadable {
        let mut meter = Meter::begin();
        raise(&mut meter);
        let error = meters.add(&mut meter).await.unwrap_err();

        let SaveError::Encode { event, problem, .. } = &error else {
            panic!("{error}")
        };
        let told = problem.to_string();
        assert!(
            told.contains("null") || told.contains("recursion"),
            "{event}: {told}"
        );
        assert!(meters.find(meter.id()).await?.is_none());
        assert_eq!(meter.pending_events().len(), 2);
    }
    Ok(())
}
