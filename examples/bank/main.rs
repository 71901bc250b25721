//! A bank on any store: money moves, an overdraft is refused, the past is visited, two writers
//! collide.
//!
//! ```sh
//! cargo run --example bank                          # in a new temporary folder
//! cargo run --example bank -- FOLDER                # in a folder of yours
//! cargo run --example bank -- --store URI           # in any store
//! ES_ENV=postgres cargo run --example bank          # as `domain.toml` says
//! ```

mod account;
mod place;

use account::{BankAccount, BankAccountEvent};
use es_core::prelude::*;
use place::Place;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let place = Place::told()?;
    println!("A bank in {}", place.name());

    let bank = place.open().await?;
    let accounts = bank.repository();
    let id = move_money(&accounts).await?;
    ask_for_too_much(&accounts, &id).await?;

    drop(accounts);
    let (bank, reopening) = place.open_again(bank).await?;
    println!("\n{reopening}");
    let accounts = bank.repository();
    reopened(&accounts, &id).await?;
    travel_back(&accounts, &id).await?;
    collide(&accounts, &id).await
}

async fn move_money(accounts: &Repository<BankAccount>) -> anyhow::Result<Uuid> {
    println!("\nMoney moves");
    let mut account = BankAccount::open("Ada");
    accounts.add(&mut account).await?;
    println!("  {} opens account {}", account.owner(), account.id());

    account.deposit(8_000);
    account.deposit(2_000);
    accounts.add(&mut account).await?;
    println!(
        "  she pays in twice, in one commit: {}",
        money(account.balance_cents())
    );

    account.withdraw(3_000)?;
    let committed = accounts.add(&mut account).await?;
    println!(
        "  she draws 30.00: {}, version {}",
        money(account.balance_cents()),
        committed.version()
    );
    Ok(*account.id())
}

async fn ask_for_too_much(accounts: &Repository<BankAccount>, id: &Uuid) -> anyhow::Result<()> {
    println!("\nThe account says no");
    match accounts
        .update(id, |account| account.withdraw(50_000))
        .await
    {
        Err(UpdateError::Rejected(overdrawn)) => println!("  rejected: {overdrawn}"),
        other => anyhow::bail!("an overdraft was not rejected: {other:?}"),
    }
    let account = accounts.get(id).await?;
    println!("  nothing was written: version {}", account.version());
    Ok(())
}

async fn reopened(accounts: &Repository<BankAccount>, id: &Uuid) -> anyhow::Result<()> {
    let account = accounts.get(id).await?;
    println!(
        "  {} has {}",
        account.owner(),
        money(account.balance_cents())
    );
    Ok(())
}

async fn travel_back(accounts: &Repository<BankAccount>, id: &Uuid) -> anyhow::Result<()> {
    println!("\nBack in time");
    let mut times = Vec::new();
    let mut life = accounts.history(id);
    while let Some(entry) = life.next().await? {
        let (version, balance) = (entry.metadata.version, money(entry.state.balance_cents()));
        for event in &entry.events {
            println!("  version {version}: {balance:>6}  {}", words(event));
        }
        times.push(entry.metadata.time);
    }

    let before = accounts.get_at_version(id, Version::new(2)).await?;
    println!("  at version 2 she had {}", money(before.balance_cents()));
    let opening = accounts.get_as_of(id, times[0]).await?;
    println!(
        "  as of the moment she opened it: {}",
        money(opening.balance_cents())
    );
    Ok(())
}

async fn collide(accounts: &Repository<BankAccount>, id: &Uuid) -> anyhow::Result<()> {
    println!("\nTwo writers");
    let mut at_the_counter = accounts.get(id).await?;
    let mut at_the_machine = accounts.get(id).await?;

    at_the_counter.deposit(500);
    let committed = accounts.add(&mut at_the_counter).await?;
    println!(
        "  the counter pays in 5.00: version {}",
        committed.version()
    );

    at_the_machine.withdraw(2_000)?;
    match accounts.add(&mut at_the_machine).await {
        Err(SaveError::Conflict(conflict)) => println!("  the machine is late: {conflict}"),
        other => anyhow::bail!("a stale copy did not conflict: {other:?}"),
    }

    let done = accounts
        .update(id, |account| account.withdraw(2_000))
        .await?;
    println!(
        "  `update` decides on what is there now: version {}",
        done.version()
    );
    let account = accounts.get(id).await?;
    println!(
        "  {} has {}",
        account.owner(),
        money(account.balance_cents())
    );
    Ok(())
}

/// Any match over the events of an aggregate is complete, or does not compile.
fn words(event: &BankAccountEvent) -> String {
    match event {
        BankAccountEvent::Opened(opened) => format!("opened by {}", opened.owner),
        BankAccountEvent::Deposited(deposited) => format!("paid in {}", money(deposited.cents)),
        BankAccountEvent::Withdrawn(withdrawn) => format!("drew {}", money(withdrawn.cents)),
    }
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
