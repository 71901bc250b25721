//! Members of a club, whose events changed over the years: versions, upcasts, retired and renamed
//! events, and how a test watches over what is stored.
//!
//! ```sh
//! cargo run --example members
//! ```

mod member;

use std::sync::Arc;

use es_core::prelude::*;
use es_core::record::{NewEvent, NewEvents};
use es_core::store::{Append, Expected};
use member::Member;

/// What the programs of earlier years stored.
const STORED: [(&str, &str); 4] = [
    ("Club.Joined.v1", r#"{"name":"Ada Byron"}"#),
    ("Club.NewsletterSent.v1", r#"{"issue":3}"#),
    (
        "Club.NameAndAddressChanged.v1",
        r#"{"last":"King","address":"12 St James's Square"}"#,
    ),
    ("Club.Resigned.v1", "{}"),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let domain = Domain::builder("club").build()?;
    println!("What was stored:");
    for (event_type, data) in STORED {
        println!("  {event_type:<30} {data}");
        store(&domain, "club::member-1", event_type, data).await?;
    }
    let members = domain.repository::<Member>();

    println!("\nHow it is read today:");
    let mut life = members.history(&1);
    while let Some(entry) = life.next().await? {
        println!("  version {}", entry.metadata.version);
        for event in &entry.events {
            println!("    {event:?}");
        }
    }

    let mut ada = members.get(&1).await?;
    println!("\n{} (version {})", ada.address(), ada.version());
    ada.move_to("Ockham Park");
    members.add(&mut ada).await?;
    println!("{} (version {})", ada.address(), ada.version());

    store(&domain, "club::member-2", "Club.Joined.v2", NEWER).await?;
    if let Err(error) = members.get(&2).await {
        println!("\nNothing is lost unseen:\n  {error}");
    }

    let mut alan = Member::join(3, "Alan", "Turing");
    members.add(&mut alan).await?;
    println!("\n{}", alan.address());
    Ok(())
}

const NEWER: &str = r#"{"first":"Mary","last":"Somerville","title":"Dr"}"#;

/// Stores an event as it is given, as a program of another year did.
async fn store(domain: &Domain, stream: &str, event_type: &str, data: &str) -> anyhow::Result<()> {
    let mut events = NewEvents::new();
    events.push(NewEvent {
        id: Uuid::now_v7(),
        time: domain.now(),
        event_type,
        data: data.as_bytes(),
        metadata: b"",
    });
    let append = Append::to(stream.parse()?, Expected::Any, events);
    domain.store().append(Arc::new(append)).await?;
    Ok(())
}
