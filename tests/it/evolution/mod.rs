//! Events that changed since they were stored.

mod fields;
mod golden;
mod lock;
mod upcasts;

use std::sync::Arc;

use es_core::prelude::*;
use es_core::record::{NewEvent, NewEvents};
use es_core::store::{Append, Expected};

#[value]
pub struct RegisteredV1 {
    name: String,
}

#[value]
pub struct RegisteredV2 {
    name: String,
    currency: String,
}

#[event(version = 3, upcast(1 => add_currency, 2 => split_name))]
pub struct Registered {
    pub first: String,
    pub last: String,
    pub currency: String,
}

fn add_currency(old: RegisteredV1) -> RegisteredV2 {
    RegisteredV2 {
        name: old.name,
        currency: "EUR".into(),
    }
}

fn split_name(old: RegisteredV2) -> Registered {
    let (first, last) = old.name.split_once(' ').unwrap_or((&old.name, ""));
    Registered {
        first: first.into(),
        last: last.into(),
        currency: old.currency,
    }
}

#[aggregate(event_sourced, id = u64)]
pub struct Customer {
    first: String,
    last: String,
    currency: String,
}

#[aggregate]
impl Customer {
    pub fn register(id: u64, first: &str, last: &str) -> Self {
        let (first, last, currency) = (first.into(), last.into(), "SEK".into());
        Self::raise_new_as(
            id,
            Registered {
                first,
                last,
                currency,
            },
        )
    }

    #[apply]
    fn registered(event: Registered) -> Self {
        let Registered {
            first,
            last,
            currency,
        } = event;
        Self {
            first,
            last,
            currency,
        }
    }
}

/// Stores events as they are given, by type and payload.
async fn store(domain: &Domain, stream: &str, events: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut new = NewEvents::new();
    for (event_type, data) in events {
        let (id, time) = (Uuid::now_v7(), domain.now());
        new.push(NewEvent {
            id,
            time,
            event_type,
            data: data.as_bytes(),
            metadata: b"",
        });
    }
    let append = Append::to(stream.parse()?, Expected::Any, new);
    domain.store().append(Arc::new(append)).await?;
    Ok(())
}

/// A domain in memory with one stream.
async fn stored(name: &str, stream: &str, events: &[(&str, &str)]) -> anyhow::Result<Domain> {
    let domain = Domain::builder(name).build()?;
    store(&domain, stream, events).await?;
    Ok(domain)
}

#[tokio::test]
async fn every_stored_version_is_led_to_the_newest() -> anyhow::Result<()> {
    let domain = Domain::builder("shop").build()?;
    let stored = [
        ("Shop.Registered.v1", r#"{"name":"Ada Lovelace"}"#),
        (
            "Shop.Registered.v2",
            r#"{"name":"Ada Lovelace","currency":"GBP"}"#,
        ),
        (
            "Shop.Registered.v3",
            r#"{"first":"Ada","last":"Lovelace","currency":"USD"}"#,
        ),
    ];
    for (index, event) in stored.into_iter().enumerate() {
        store(&domain, &format!("shop::customer-{index}"), &[event]).await?;
    }
    let customers = domain.repository::<Customer>();

    for (id, currency) in [(0, "EUR"), (1, "GBP"), (2, "USD")] {
        let customer = customers.get(&id).await?;
        assert_eq!((&*customer.first, &*customer.last), ("Ada", "Lovelace"));
        assert_eq!(customer.currency, currency);
    }
    Ok(())
}

#[tokio::test]
async fn a_new_event_is_stored_in_its_newest_version() -> anyhow::Result<()> {
    let domain = Domain::builder("shop").build()?;

    domain
        .repository()
        .add(&mut Customer::register(7, "Alan", "Turing"))
        .await?;

    let last = domain.store().read_last("shop::customer-7").await?.unwrap();
    assert_eq!(last.event_type, "Shop.Registered.v3");
    Ok(())
}

#[test]
fn the_registry_knows_versions_upcasts_handlers_and_schemas() {
    let registered =
        es_core::registry::events().find(|event| event.path.ends_with("evolution::Registered"));
    let registered = registered.expect("the event is compiled in");
    assert_eq!(registered.event_type.version, 3);
    assert_eq!(registered.upcasts_from, [1, 2]);
    let schema = (registered.schema)();
    assert!(
        schema
            .get("properties")
            .and_then(|p| p.get("currency"))
            .is_some(),
        "{schema:?}"
    );

    let customer = es_core::registry::aggregates()
        .find(|aggregate| aggregate.path.ends_with("evolution::Customer"));
    let customer = customer.expect("the aggregate is compiled in");
    assert_eq!((customer.category, customer.id), ("customer", "u64"));
    let behaviour = customer.behaviour().expect("its impl is compiled in");
    let handlers: Vec<_> = behaviour
        .handlers
        .iter()
        .map(|h| (h.function, h.handles))
        .collect();
    assert_eq!(
        handlers,
        [("registered", es_core::registry::Handles::Creation)]
    );
}
