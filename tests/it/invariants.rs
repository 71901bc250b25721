//! What must hold whenever an aggregate is saved.

use es_core::Snapshots;
use es_core::prelude::*;
use es_tests::stores::LosesReplies;
use es_tests::wallets::Wallet;

/// In Protean an event that broke an invariant stayed pending, and a second add wrote it.
#[tokio::test]
async fn what_breaks_an_invariant_is_not_written_by_a_second_add_either() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    let wallets = domain.repository::<Wallet>();
    let mut wallet = Wallet::open("ada", 100);
    wallets.add(&mut wallet).await?;
    let head = domain.store().head().await?;
    wallet.pay_blindly(101);

    for _ in 0..3 {
        let refused = wallets.add(&mut wallet).await.unwrap_err();
        let SaveError::Violated(violations) = refused else {
            panic!("{refused}")
        };
        let [violation] = violations.as_slice() else {
            panic!("{violations}")
        };
        assert_eq!(violation.invariant(), "never_below_zero");
        assert_eq!(violation.message(), "-1 cents are there");
    }

    assert_eq!(domain.store().head().await?, head);
    assert_eq!(wallets.get(&"ada".to_owned()).await?.cents(), 100);
    Ok(())
}

#[tokio::test]
async fn all_violations_are_told_together() -> anyhow::Result<()> {
    let wallets = Domain::builder("bank").build()?.repository::<Wallet>();
    let mut wallet = Wallet::open("ada", 0);
    wallet.pay_blindly(13);

    let refused = wallets.add(&mut wallet).await.unwrap_err();

    assert_eq!(
        refused.to_string(),
        "`bank::wallet-ada` breaks never_below_zero: -13 cents are there, never_thirteen: thirteen \
         brings bad luck"
    );
    assert!(wallets.find(&"ada".to_owned()).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn an_update_that_breaks_an_invariant_writes_nothing() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    let wallets = domain.repository::<Wallet>();
    let ada = "ada".to_owned();
    wallets.add(&mut Wallet::open("ada", 100)).await?;

    for wallets in [wallets.clone(), wallets.clone().cached(10)] {
        for _ in 0..2 {
            let refused = wallets.update(&ada, |ada| ada.pay_blindly(200)).await;
            let violated = matches!(refused, Err(UpdateError::Save(SaveError::Violated(_))));
            assert!(violated, "{refused:?}");
        }
        wallets.update(&ada, |ada| ada.pay_blindly(1)).await?;
    }

    assert_eq!(wallets.get(&ada).await?.cents(), 98);
    Ok(())
}

/// What happened has happened: an invariant that is new refuses no load.
#[tokio::test]
async fn what_is_stored_is_loaded_whatever_the_invariants_say() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    let wallets = domain.repository::<Wallet>();
    wallets.add(&mut Wallet::open("ada", 14)).await?;
    let mut unit = domain.unit_of_work();
    let handle = unit.get::<Wallet>(&"ada".to_owned()).await?;
    unit[handle].pay_blindly(1);
    assert!(matches!(unit.commit().await, Err(SaveError::Violated(_))));

    // By way of thirteen: only what is saved counts.
    unit[handle].receive(1);
    unit.commit().await?;

    let wallet = wallets
        .get_at_version(&"ada".to_owned(), Version::new(2))
        .await?;
    assert_eq!(wallet.cents(), 13);
    Ok(())
}

/// After a lost reply a snapshot held what was raised since, and a load applied it twice.
#[tokio::test]
async fn a_snapshot_holds_nothing_that_is_not_stored() -> anyhow::Result<()> {
    let (store, losses) = LosesReplies::new(MemoryStore::new());
    let domain = Domain::builder("bank")
        .event_store(store)
        .snapshots_of("wallet", Snapshots::Every(1))
        .build()?;
    let wallets = domain.repository::<Wallet>();
    let mut wallet = Wallet::open("ada", 100);

    losses.lose(usize::MAX);
    wallets.add(&mut wallet).await.unwrap_err();
    losses.lose(0);
    wallet.pay_blindly(101);
    let refused = wallets.add(&mut wallet).await;
    assert!(
        matches!(refused, Err(SaveError::Violated(_))),
        "{refused:?}"
    );
    assert_eq!(wallets.get(&"ada".to_owned()).await?.cents(), 100);

    wallet.receive(2);
    wallets.add(&mut wallet).await?;
    assert_eq!(wallets.get(&"ada".to_owned()).await?.cents(), 1);
    Ok(())
}
