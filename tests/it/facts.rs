//! Fact events: the whole state after each commit, for consumers outside.

use es_core::prelude::*;
use es_tests::places::Place;
use es_tests::wallets::Wallet;

use crate::on_stores::on_every_store;

on_every_store! {
    each_commit_leaves_one_fact_in_a_stream_of_its_own
}

async fn each_commit_leaves_one_fact_in_a_stream_of_its_own(place: &Place) -> anyhow::Result<()> {
    let domain = Domain::builder("bank")
        .event_store(place.open().await?)
        .build()?;
    let context = Context::new().correlation_id("request-7");
    let wallets = domain.with_context(context).repository::<Wallet>();
    let mut wallet = Wallet::open("ada", 100);
    wallet.pay_blindly(10);
    wallets.add(&mut wallet).await?;
    // The same instance again, which in Protean failed: the fact had advanced its version.
    wallet.pay_blindly(20);
    wallets.add(&mut wallet).await?;
    wallets.add(&mut wallet).await?;

    let facts = domain
        .store()
        .read_stream("bank::wallet:fact-ada")
        .collect()
        .await?;

    let states: Vec<_> = facts
        .iter()
        .map(|fact| String::from_utf8_lossy(&fact.data))
        .collect();
    let compact: Vec<_> = states.iter().map(|state| state.replace(' ', "")).collect();
    assert_eq!(compact, [r#"{"cents":90}"#, r#"{"cents":70}"#]);
    assert!(
        facts
            .iter()
            .all(|fact| fact.event_type == "Bank.WalletFact.v1")
    );
    let metadata = facts[0].metadata()?;
    assert_eq!(metadata.correlation_id(), Some("request-7"));
    let own = domain
        .store()
        .read_stream("bank::wallet-ada")
        .collect()
        .await?;
    assert_eq!(own.len(), 3);
    assert!(facts[0].position > own[1].position && facts[0].position < own[2].position);
    assert_eq!(facts[1].time, own[2].time);
    assert_eq!(wallets.get(&"ada".to_owned()).await?.version(), 3);
    Ok(())
}

#[event]
struct Noted {
    note: Option<String>,
}

#[aggregate(event_sourced, fact_events, fact_version = 2, snapshots = off)]
struct Note {
    text: Option<String>,
}

#[aggregate]
impl Note {
    fn new(note: Option<String>) -> Self {
        Self::raise_new(Noted { note })
    }

    #[apply]
    fn noted(event: Noted) -> Self {
        Self { text: event.note }
    }
}

/// Its state was read back to be sure, which an aggregate without snapshots can not.
#[tokio::test]
async fn a_fact_needs_no_snapshots() -> anyhow::Result<()> {
    let domain = Domain::builder("notes").build()?;
    let mut note = Note::new(None);

    domain.repository().add(&mut note).await?;

    let fact = domain
        .store()
        .read_last(format!("notes::note:fact-{}", note.id()))
        .await?
        .expect("there is one");
    assert_eq!(fact.event_type, "Notes.NoteFact.v2");
    assert_eq!(&*fact.data, br#"{"text":null}"#);
    assert_eq!(domain.repository::<Note>().get(note.id()).await?.text, None);
    Ok(())
}
